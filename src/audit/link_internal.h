/* SPDX-License-Identifier: ISC
 *
 * audit/link_internal: what the files of linking share. One call of audit_links_judge:
 *
 *   link_keys.c     what each client has in common with others: items, sorted into groups of equal ones
 *   link_pairs.c    pairs of clients of one group, each once, within a bound
 *   link_ladder.c   what speaks for a pair: one function per rung, and what speaks against it
 *   link_common.c   how common is what a pair shares
 *   link_presence.c were both active at once, and what that means
 *   link_name.c     the host name that a client gives itself, and whether it tells it from others
 *   link.c          the sum, the probability, the links, the devices
 */
#pragma once

#include <sodium.h>

#include "audit/audit.h"

/* What candidates for a link have in common. */
enum link_key {
    LINK_KEY_IDENTITY, /* a DUID, UUID or opaque client-id */
    LINK_KEY_HARDWARE, /* an address: carried in a client-id, or its own */
    LINK_KEY_NAME,     /* the first label, lower case */
    LINK_KEY_TAIL,     /* the last 3 octets: of a host name, or of the own hardware address */
    LINK_KEY_ADDRESS,  /* brought along, or held */
    LINK_KEY_HABIT,    /* fingerprint and network */
    LINK_KEYS,
};

/* Of the keys that are no symmetrical matter: who says it of itself, and who it is about. */
enum link_role { LINK_SAYS, LINK_OWNS };

struct link_item {
    uint64_t hash;   /* keyed: of the octets in common. Rungs look at the octets themselves again */
    int64_t time_us; /* when the client came */
    union {
        int64_t gone_us; /* LINK_KEY_HABIT: when it was seen last on that network */
        double share;    /* LINK_KEY_NAME, the first of a group: see link_name_share */
    };
    uint32_t client;
    uint8_t key, role;
};

enum { LINK_CLIENTS_LEAST = 50 }; /* a capture with fewer says little of how many there are */

struct link_pair {
    uint32_t a, b; /* a < b */
};

struct link_work {
    struct audit *audit;
    uint8_t secret[crypto_shorthash_KEYBYTES];
    struct link_item *items; /* sorted by key, hash, role, time */
    size_t items_n, items_size;
    struct link_pair *pairs; /* sorted, each once */
    size_t pairs_n, pairs_size, pairs_max;
    uint64_t passed_over; /* pairs that share something, and were not looked at */
    double prior;         /* nats */
};

/* Grows a malloc'd array so that it has room for one more. 0 or -ENOMEM. */
MUST_USE int link_grow(void **array, size_t *size, size_t n, size_t item);

/* link_keys.c */
MUST_USE int link_items_gather(struct link_work *work);
/* The items [*first, returned) that have this in common; none: an empty range. */
size_t link_items_find(const struct link_work *work, enum link_key key, struct slice octets,
                       size_t *first);
/* DUID, UUID or opaque client-id in a value, without IAID; empty: it is none, or one that many have. */
struct slice link_identity(const struct audit_value *value);
/* Another hardware address than the client's own inside its client-id; empty: none. */
struct slice link_carried(const struct audit_client *client, const struct audit_value *value);
/* What a client of unknown name speaks like; false: it said too little. */
struct link_habit {
    const struct audit_value *parameters, *vendor_class, *max_size;
    uint8_t ttl;
};
MUST_USE bool link_habit_of(const struct audit_client *client, struct link_habit *out);
struct slice link_habit_octets(const struct link_habit *habit, uint32_t network, uint8_t room[32],
                               const struct link_work *work);

/* link_common.c */
void link_names_measure(struct link_work *work);
/* The share of clients that have this name and are surely different devices; below 0: a generic name. */
double link_name_share(const struct link_work *work, struct slice name);
/* How many had this address one after the other, at least 1: it may be any of them. */
double link_owners(const struct link_work *work, uint32_t address);
/* How many others that speak so come to the network by chance within the gap. */
double link_habit_chance(const struct link_work *work, const struct link_habit *habit,
                         uint32_t network, int64_t came_us, int64_t gap_us);

/* link_pairs.c */
enum {
    LINK_GROUP_ALL = 16
}; /* in a larger group, each is paired with the first and the one before */
enum { LINK_PAIRS_PER_CLIENT = 8, LINK_PAIRS_LEAST = 1024 };
MUST_USE int link_pairs_make(struct link_work *work);

/* link_ladder.c */
struct link_step {
    double ratio;     /* nats */
    const char *what; /* static */
    struct audit_place at_a, at_b;
    const struct audit_value *value_a,
        *value_b;     /* what it is about there; NULL: address, or nothing */
    uint32_t address; /* 0: none */
};
struct link_ladder {
    struct link_step steps[AUDIT_LINK_KINDS]; /* of the kinds below */
    unsigned kinds;                           /* 1 << enum audit_link_kind */
    double against;                           /* <= 0: nats; only counts for weak evidence */
};
enum { LINK_STRONG = 1 << AUDIT_LINK_DUID | 1 << AUDIT_LINK_OTHER_HARDWARE };
void link_climb(const struct link_work *work, const struct audit_client *a,
                const struct audit_client *b, struct link_ladder *out);

/* link_name.c */
enum { LINK_LABEL_MAX = 63 };
struct link_name {
    char text[LINK_LABEL_MAX + 1]; /* first label, lower case */
    size_t n;
};
/* The name that a host name or FQDN says; false: none, or no client said it. */
MUST_USE bool link_name_of(const struct audit_trait *trait, struct link_name *out);
/* A system or maker puts it into every box. */
bool link_name_generic(const struct link_name *name);
/* The 3 octets in hex at its end ("esp_07aefb", "hub-02005e07aefb"); false: it ends otherwise. */
MUST_USE bool link_name_tail(struct slice label, uint8_t out[3]);

/* link_presence.c */
/* Both were active on one network at one time: *at_a and *at_b are where each was seen there. */
MUST_USE bool link_at_once(const struct audit_client *a, const struct audit_client *b,
                           struct audit_place *at_a, struct audit_place *at_b);
/* The same, but each anywhere. */
bool link_active_together(const struct audit_client *a, const struct audit_client *b);
/* Two with one identity that were active at once: two interfaces, or a clone. */
enum audit_link_reading link_reading(const struct link_work *work, const struct audit_client *a,
                                     const struct audit_client *b);
/* Both said something of this kind, and never the same. */
bool link_differ(const struct audit_client *a, const struct audit_client *b,
                 enum identifier_kind kind);
bool link_names_differ(const struct audit_client *a, const struct audit_client *b);
