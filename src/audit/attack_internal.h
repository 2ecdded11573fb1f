/* SPDX-License-Identifier: ISC
 *
 * audit/attack_internal: what the ten judges of RFC 7819 §5 share: how one is proved, what a client's identity is,
 * and what was noted while messages passed.
 */
#pragma once

#include "audit/audit.h"
#include "dhcp/client_id.h"
#include "dhcp/fqdn.h"

/* A text that is only made when the evidence is new. */
enum audit_saying_form { SAYING_NOTHING, SAYING_VALUE, SAYING_ADDRESS, SAYING_TEXT, SAYING_KEPT };
struct audit_saying {
    enum audit_saying_form form;
    enum identifier_kind kind;
    const struct audit_value *value;
    uint32_t address;
    struct slice text; /* the caller's, until the proof was given */
};
struct audit_saying saying_value(const struct audit_value *value);
struct audit_saying saying_address(enum identifier_kind kind, uint32_t address);
struct audit_saying saying_text(enum identifier_kind kind, struct slice text);
/* text lives as long as the audit. */
struct audit_saying saying_kept(enum identifier_kind kind, struct slice text);
struct audit_saying saying_network(const struct audit *audit, uint32_t network);
/* "02:00:5e:..": room is the caller's. */
struct audit_saying saying_hardware(const struct audit_client *client, char room[48]);

struct audit_proof {
    enum audit_verdict verdict;
    struct audit_place place;
    const char *what; /* static */
    struct audit_saying value, other;
};

enum { AUDIT_JUDGE_TEXTS = 16 };

/* One client before the ten judges. */
struct audit_judge {
    struct audit *audit;
    struct audit_client *client;
    const struct audit_attack *before; /* of the last time: its texts are used again */
    const uint32_t *link_heads;        /* by client: 1 + index of link_chain; NULL: no links */
    const uint32_t *link_chain;        /* entry 2 i and 2 i + 1 are link i's: 1 + the next */
    bool weighing;
    enum audit_verdict verdict;
    uint16_t n;
    uint32_t dropped;
    struct audit_evidence gathered[AUDIT_EVIDENCE_MAX];
    struct {
        const struct audit_value *value;
        struct slice text;
    } texts[AUDIT_JUDGE_TEXTS]; /* of this client, so that its ten attacks share them */
    uint8_t texts_n;
    struct buf scratch;
    int error; /* sticky: -ENOMEM */
};

/* While weighing, the verdict is the strongest proof's; then the proofs of that strength are gathered. */
void audit_prove(struct audit_judge *judge, const struct audit_proof *proof);
/* Names that the client itself tells: option 12, and 81 without flags. */
typedef void audit_name_visit(struct audit_judge *judge, const struct audit_trait *trait,
                              struct slice name);
void audit_each_name(struct audit_judge *judge, audit_name_visit visit);
/* Its host name says what a table of ours knows: ours is static. */
void audit_prove_host_name(struct audit_judge *judge, const struct audit_trait *trait,
                           const char *what, const char *ours);
/* The DUIDs of its client identifiers (61, RFC 4361). */
typedef void audit_duid_visit(struct audit_judge *judge, const struct audit_trait *trait,
                              const struct dhcp_duid *duid);
void audit_each_duid(struct audit_judge *judge, audit_duid_visit visit);
/* The name in a value of ID_CLIENT_FQDN, as far as it can be read. */
struct slice audit_fqdn_name(const struct audit_value *value, struct dhcp_fqdn *room);
/* Makes findings of what was gathered. 0 or -ENOMEM. */
MUST_USE int audit_findings_set(struct audit *audit, struct audit_findings *to,
                                const struct audit_evidence *at, uint16_t n);
bool audit_place_equal(const struct audit_place *a, const struct audit_place *b);
/* The next link of the client: *at starts at 0. NULL: no more. */
const struct audit_link *audit_judge_link(const struct audit_judge *judge, uint32_t *at);

void audit_judge_device(struct audit_judge *judge);      /* 5.1 */
void audit_judge_system(struct audit_judge *judge);      /* 5.2 */
void audit_judge_location(struct audit_judge *judge);    /* 5.3 */
void audit_judge_visited(struct audit_judge *judge);     /* 5.4 */
void audit_judge_identity(struct audit_judge *judge);    /* 5.5 */
void audit_judge_pervasive(struct audit_judge *judge);   /* 5.6 */
void audit_judge_name(struct audit_judge *judge);        /* 5.7 */
void audit_judge_correlation(struct audit_judge *judge); /* 5.8 */
void audit_judge_tracking(struct audit_judge *judge);    /* 5.9 */
void audit_judge_leasequery(struct audit_judge *judge);  /* 5.10 */

/* A link as a join of sightings: by an identifier, by less, or not at all (two devices with one identity). */
enum audit_join { AUDIT_JOIN_NONE, AUDIT_JOIN_WEAK, AUDIT_JOIN_IDENTITY };
enum audit_join audit_link_join(const struct audit_link *link);
const struct audit_client *audit_link_other(const struct audit_judge *judge,
                                            const struct audit_link *link);
void audit_prove_link(struct audit_judge *judge, const struct audit_link *link,
                      enum audit_verdict verdict);
/* The client, itself or as one that it is linked with, was seen on several networks: what says so of itself; of a
 * link; of a weak link, which makes it possible. */
struct audit_networks_texts {
    const char *own, *linked, *weak;
};
void audit_prove_networks(struct audit_judge *judge, const struct audit_networks_texts *texts);

/* 5.6, over all clients. 0 or -ENOMEM. */
MUST_USE int audit_listeners_judge(struct audit *audit);
/* 5.10: queries that named no hardware address find their clients. 0 or -ENOMEM. */
MUST_USE int audit_leasequeries_resolve(struct audit *audit);

/* 5.5: how far a trait is a stable identity of its client, and why; static. NULL: it is none. */
struct audit_identity {
    enum audit_verdict verdict;
    const char *what;
};
struct audit_identity audit_identity_of(const struct audit_trait *trait);
/* The kinds that can be one, the strongest first; AUDIT_IDENTITY_KINDS of them. */
enum { AUDIT_IDENTITY_KINDS = 8 };
extern const enum identifier_kind audit_identity_kinds[AUDIT_IDENTITY_KINDS];

/* Sub-options of 82 with a kind of their own: circuit-id, remote-id, link-selection, subscriber-id; and all others. */
enum { AUDIT_SHOWN = ID_RELAY_INFORMATION - ID_CIRCUIT_ID + 1 };

/* Noted of one client while messages passed. */
enum { AUDIT_QUERIES_MAX = 4 };
enum audit_told { /* what the answer to a leasequery discloses */
                  AUDIT_TOLD_ADDRESS,
                  AUDIT_TOLD_HARDWARE,
                  AUDIT_TOLD_CLIENT_ID,
                  AUDIT_TOLD_RELAY,
                  AUDIT_TOLD_TIMES,
                  AUDIT_TOLD,
};
struct audit_query { /* a leasequery about the client; its answer, or both */
    bool has_asked, has_answered;
    uint8_t
        type; /* DHCP_LEASEQUERY, DHCP_BULKLEASEQUERY, DHCP_ACTIVELEASEQUERY; 0: the question was not seen */
    uint8_t answer; /* DHCP_LEASEACTIVE, ... */
    uint32_t requestor;
    struct audit_place asked, answered;
    struct audit_place told[AUDIT_TOLD]; /* n 0: it did not tell */
    uint32_t address;                    /* told; 0: none */
};
struct audit_answer { /* to a client's name, 81 (RFC 4702) */
    bool seen;
    struct audit_place place;
    struct slice name; /* of the audit's memory */
};
struct audit_noted {
    struct audit_query queries[AUDIT_QUERIES_MAX];
    uint32_t queries_n, queries_dropped;
    struct audit_answer wished;    /* the client asks that its name be published (S, or not N) */
    struct audit_answer offered;   /* an OFFER says that the server will */
    struct audit_answer published; /* an ACK says that the server does (S), or that it does PTR */
    struct audit_answer refused;   /* an ACK, or an OFFER before one, says N */
    bool published_all;            /* S: address and pointer */
    struct audit_place
        shown[AUDIT_SHOWN]; /* option 82 in what went to the client, by sub-option; n 0: not seen */
};
/* NULL: out of memory. */
struct audit_noted *audit_noted_of(struct audit *audit, struct audit_client *client);
/* 5.3: option 82 in what goes to a client. */
MUST_USE int audit_shown_see(struct audit *audit, struct audit_client *client,
                             const struct audit_message *message);
/* Where a trait is proved: 82 where it was shown to the client first, if it was. */
struct audit_place audit_shown_place(const struct audit_trait *trait);
MUST_USE int audit_names_see(struct audit *audit, struct audit_client *client,
                             const struct audit_message *message);
MUST_USE int audit_leasequeries_see(struct audit *audit, struct audit_client *client,
                                    const struct audit_message *message);
