/* SPDX-License-Identifier: ISC
 *
 * audit: captured messages to what every client, server and relay agent gives away. Pure: no I/O, no clock.
 *
 * new, then for each message see, then finish, then read the fields; see and finish may follow again (live).
 * Memory grows with clients, not messages, and is capped. Everything is freed as a whole.
 */
#pragma once

#include "audit/attack.h"
#include "audit/claim.h"
#include "audit/conduct.h"
#include "audit/dns.h"
#include "audit/fingerprint.h"
#include "audit/link.h"
#include "audit/message.h"
#include "audit/presence.h"
#include "audit/server.h"
#include "audit/trait.h"
#include "base/arena.h"

struct audit_options {
    uint32_t clients_max;              /* 1,000,000 */
    double threshold;                  /* links are told from this probability on; 0.5 */
    const struct fingerprints *prints; /* lives longer than the audit */
    /* The maker of the first 24 bits of a hardware address, empty when unknown; may be NULL. */
    struct slice (*maker)(void *owner, const uint8_t oui[3]);
    void *owner;
};
void audit_options_init(struct audit_options *out);

struct audit_file {
    struct slice name; /* as given */
    uint32_t network;  /* what its messages belong to at first */
    bool by_subnet;    /* no --network named it: subnets seen in it are networks of their own */
    uint32_t subnets;  /* index plus 1 of the newest one, through next; 0: one subnet at most */
};

enum { AUDIT_SUBNETS_MAX = 8 };

struct audit_subnet {
    uint32_t subnet, mask;
};

struct audit_network {
    struct slice name;     /* as given, the file's, or "FILE 192.0.2.0/24" */
    bool named;            /* by the operator: shown in clear */
    uint32_t file;         /* of by_subnet ones; UINT32_MAX: it is no single file's */
    uint32_t subnet, mask; /* as far as servers told (option 1), 0: unknown */
    struct audit_subnet more[AUDIT_SUBNETS_MAX]; /* of one that the operator named */
    uint8_t more_n;
    uint32_t next; /* of the file's, index plus 1 */
    uint32_t clients;
    bool guessed; /* the mask is a guess (24 bits): only a relay agent's address was seen */
};

struct audit_habits { /* of the IP and DHCP header: A16, 5.2, links */
    uint8_t ttl;      /* of its own messages, 0: unknown */
    bool ttl_varies;
    uint16_t secs_max;
    bool secs_counts; /* secs rises within an exchange */
    bool xid_sequential,
        xid_repeats; /* the next exchange has the last xid plus a little, or the same */
    bool ip_id_zero, ip_id_sequential;
    bool broadcast; /* flag */
    uint32_t last_xid;
    uint16_t last_ip_id;
    uint32_t exchanges;
};

struct audit_client {
    uint32_t number; /* index of audit.clients */
    uint32_t
        device; /* number of the first client that is the same device, by links; its own: none */
    uint8_t htype,
        hlen; /* hlen 0: it never told its hardware address, and is known by its client-id */
    uint8_t hardware[16];
    struct slice client_id; /* of hlen 0 */
    uint64_t messages;      /* of its own and to it */
    int64_t first_us, last_us;
    struct audit_trait *traits;
    struct audit_stay *stays;
    struct audit_claims *claims;   /* NULL: none */
    struct audit_noted *noted;     /* what the attacks noted of answers; NULL: nothing */
    struct audit_conduct *conduct; /* NULL: it sent nothing itself */
    struct audit_habits habits;
    struct fingerprint_guess *guess; /* 5.2; NULL: none */
    struct audit_findings dns;       /* 5.7: DNS updates with its address */
    struct audit_attack attacks[AUDIT_ATTACKS];
    double bits; /* own_bits of its identifiers in sum, at most log2 of the number of clients */
    uint32_t dropped;          /* identifiers and stays beyond their bounds */
    struct audit_notes *notes; /* audit_internal.h: what is needed while messages pass */
};

struct audit_fault { /* malformed messages: counted, the first ones kept */
    struct audit_place place;
    const char *what;
};
enum { AUDIT_FAULTS_MAX = 1000 };

struct audit {
    struct audit_options options;
    struct arena memory; /* of all that lives as long as the audit */
    struct audit_file *files;
    struct audit_network *networks;
    struct audit_client **clients;
    struct audit_server *servers;
    struct audit_relay *relays;
    struct audit_link *links;
    struct audit_listener *listeners; /* 5.6, by rising k; the last one's is n */
    struct audit_fault *faults;
    struct audit_rule_tally *tallies; /* RFC 7844: AUDIT_RULES of them; NULL before audit_finish */
    struct audit_dns_record *dns;
    size_t files_n, networks_n, clients_n, servers_n, relays_n, links_n, listeners_n,
        listeners_size, faults_n, dns_n;
    uint64_t messages, faults_all;
    uint64_t links_passed_over; /* pairs that share something, beyond those that linking looks at */
    uint64_t clients_beyond;    /* messages of clients beyond the cap */
    struct audit_asked *asked;  /* leasequeries and TLS, attack_leasequery.c's own; NULL: none */
    struct audit_index
        *index; /* audit_internal.h: clients by hardware, values, holders of addresses */
};

/* NULL: out of memory. */
struct audit *audit_new(const struct audit_options *options);
void audit_free(struct audit *audit);
/* A network with a name of the operator's; the same name gives the same one. Negative: -ENOMEM. */
MUST_USE int64_t audit_network_add(struct audit *audit, struct slice name, bool named);
/* A file or interface; its messages belong to network, or to one of its own when that is negative. */
MUST_USE int64_t audit_file_add(struct audit *audit, struct slice name, int64_t network);
/* 0 or -ENOMEM. */
MUST_USE int audit_see(struct audit *audit, uint32_t file, const struct capture_message *captured);
/* Links, verdicts, strategies, conformance over what was seen so far. 0 or -ENOMEM. */
MUST_USE int audit_finish(struct audit *audit);

/* For the parts of an audit: */
struct audit_client *audit_client_find(const struct audit *audit, uint8_t htype,
                                       struct slice chaddr);
/* The address is in the network's subnet; false also when no server has told its mask. */
bool audit_network_has(const struct audit *audit, uint32_t network, uint32_t address);
/* A copy in the audit's memory; false without memory. */
MUST_USE bool audit_keep(struct audit *audit, struct slice octets, struct slice *out);
