/* SPDX-License-Identifier: ISC
 *
 * audit/audit_internal: what the files of this room that note messages share, and nobody else needs.
 */
#pragma once

#include "audit/audit.h"
#include "audit/table.h"

enum {
    AUDIT_NETWORKS_MAX = 4096, /* that subnets make; further ones count as their file's */
    AUDIT_MESSAGE_MAX = 65536, /* octets; the longest datagram and TCP message */
    AUDIT_HELD_MAX = 1024,     /* messages that wait for their network to be told */
    AUDIT_HELD_SIZE = 1536,    /* octets; longer ones do not wait */
    AUDIT_HELD_PER_CLIENT = 4, /* one more, and none of them waits any longer */
    AUDIT_NAMELESS_MAX = 64,   /* recent exchanges of clients without a hardware address */
};
#define AUDIT_EXCHANGE_US 60000000 /* an exchange is over when nothing was said for so long */

/* Tags of audit_hash; values use their kind. */
enum {
    AUDIT_TAG_CLIENT = 1000,
    AUDIT_TAG_CLIENT_ID,
    AUDIT_TAG_HOLDER,
    AUDIT_TAG_JOINT,
    AUDIT_TAG_HABIT
};

struct audit_holding { /* who had an address on a network last */
    uint32_t address, network;
    struct audit_client *client;
    bool claimed_only;
    uint64_t turn; /* of audit.messages: the later, the higher */
};

struct
    audit_held { /* a client's message; which of its file's networks it was sent on, the answer tells */
    struct capture_message captured;
    struct audit_client *client; /* NULL: free */
    uint32_t file;
    uint8_t octets[AUDIT_HELD_SIZE];
};

struct audit_nameless { /* a client without hardware address, and what it is answered by */
    uint32_t xid;
    struct audit_client *client;
};

struct audit_index {
    uint8_t key[AUDIT_HASH_KEY];
    struct audit_table clients, values, holders, guesses;
    size_t clients_size, files_size, networks_size, dns_size, servers_size,
        relays_size;                         /* of the arrays */
    size_t subnets;                          /* networks that subnets made */
    struct audit_held *held[AUDIT_HELD_MAX]; /* used in turn; made when first needed */
    size_t held_n, held_next;
    struct audit_nameless nameless[AUDIT_NAMELESS_MAX]; /* used in turn */
    size_t nameless_next;
    struct dhcp_packet packet, held_packet; /* the ones at hand */
    uint8_t room[AUDIT_MESSAGE_MAX], held_room[AUDIT_HELD_SIZE];
};

struct audit_notes {        /* of one client */
    uint64_t hash;          /* of what it is known by */
    int64_t exchange_us;    /* last word of its last exchange */
    uint32_t exchanges;     /* how many there were */
    uint32_t xid, last_xid; /* of the last one and the one before */
    uint32_t file, network; /* where it was seen last */
    uint32_t own; /* messages that it sent itself, not through a relay agent: for habits */
    uint32_t habits_exchange; /* number of the exchange that habits.c saw last */
    uint16_t last_secs;
    bool secs_seen; /* in this exchange */
    bool closed;    /* the last exchange has its ACK or NAK */
    bool told;      /* its network was told by an answer */
    uint8_t held_n;
    uint16_t held[AUDIT_HELD_PER_CLIENT];
};

/* audit.c */
/* Grows a malloc'd array so that it has room for one more. 0 or -ENOMEM. */
MUST_USE int audit_grow(void **array, size_t *size, size_t n, size_t item);
struct audit_message audit_message_of(uint32_t file, const struct capture_message *captured,
                                      const struct dhcp_packet *packet);
MUST_USE int audit_deliver(struct audit *audit, struct audit_client *client,
                           const struct audit_message *message);

/* client.c: who a message is from, for or about; *out NULL: nobody, or one beyond the cap. */
MUST_USE int audit_client_of(struct audit *audit, const struct audit_message *message,
                             struct audit_client **out);
/* The message is of the client's last exchange. */
bool audit_exchange_goes_on(const struct audit_client *client, const struct audit_message *message);
void audit_exchange_see(struct audit_client *client, const struct audit_message *message);

/* network.c: what the message tells of its network; -1: nothing; -ENOMEM. */
MUST_USE int64_t audit_network_told(struct audit *audit, const struct audit_message *message);
/* Where it most likely belongs when nothing tells; -ENOMEM. */
MUST_USE int64_t audit_network_guess(struct audit *audit, const struct audit_client *client,
                                     const struct audit_message *message);
void audit_network_learn(struct audit *audit, const struct audit_message *message);

/* held.c: finds the message's network and delivers it, now or when its answer comes. */
MUST_USE int audit_place_message(struct audit *audit, struct audit_client *client,
                                 struct audit_message *message);
/* Nobody waits any longer. */
MUST_USE int audit_held_release(struct audit *audit);

/* habits.c */
void audit_habits_see(struct audit_client *client, const struct audit_message *message);
/* What they come to, as an identifier. 0 or -ENOMEM. */
MUST_USE int audit_habits_trait(struct audit *audit, struct audit_client *client);

/* value.c: the one value with these octets, made when it is not there. NULL: out of memory. */
struct audit_value *audit_value_of(struct audit *audit, enum identifier_kind kind,
                                   struct slice octets);
/* NULL: nobody has it. */
struct audit_value *audit_value_find(const struct audit *audit, enum identifier_kind kind,
                                     struct slice octets);

/* guess.c: audit_client.guess of every client. 0 or -ENOMEM. */
MUST_USE int audit_guesses_judge(struct audit *audit);

/* entropy.c: what each identifier tells, over all clients. 0 or -ENOMEM. */
MUST_USE int audit_entropy_judge(struct audit *audit);
