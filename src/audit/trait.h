/* SPDX-License-Identifier: ISC
 *
 * audit/trait: what was disclosed of a client: values by kind, where first and last, by whom, and how many
 * bits each tells. Each distinct value is kept once in the audit (audit/value.c), so that "who else has it"
 * is one look: linking and surprisal live on that.
 */
#pragma once

#include "audit/evidence.h"
#include "base/buf.h"

struct audit;
struct audit_client;
struct audit_message;

#define AUDIT_VALUE_MAX       1024 /* octets kept; a longer one is cut, and known by its hash */
#define AUDIT_TRAITS_PER_KIND 8    /* distinct values of a kind of one client; more are counted */

struct audit_value {
    enum identifier_kind kind;
    uint32_t clients;           /* distinct clients that have it */
    struct slice octets;        /* as on the wire, see below */
    struct audit_trait *traits; /* of these clients, the latest first: through next_of_value */
    uint64_t hash;              /* of kind and octets, keyed */
};
/* Octets are the option's value, but: ID_HARDWARE_ADDRESS htype and chaddr; the addresses 4 octets;
 * ID_OPTION_ORDER the codes of all options; ID_CLIENT_FQDN with its flags (but E) and return codes zero, so
 * that question and answer are one value; ID_RELAY_INFORMATION the sub-option with its code and length;
 * ID_HEADER_HABITS a descriptor of our own. */

enum audit_discloser {
    AUDIT_BY_CLIENT = 1,
    AUDIT_BY_SERVER = 2,
    AUDIT_BY_RELAY = 4,
    AUDIT_BY_LEASEQUERY = 8
};

struct audit_trait { /* this client had this value */
    struct audit_value *value;
    struct audit_client *client;
    struct audit_trait *next;          /* of the client, in order of first appearance */
    struct audit_trait *next_of_value; /* another client with the same value */
    struct audit_place first, last;
    int64_t first_us, last_us; /* AUDIT_NO_TIME when no message of it had one */
    uint32_t count;            /* messages */
    uint32_t network;          /* of the first */
    float own_bits;     /* see struct audit_identifier; of the one that stands for its kind */
    uint16_t sightings; /* exchanges (of any network), at most 65535 */
    uint16_t exchange;  /* number of the last one, as the client counts */
    uint8_t kind, type; /* of the value; message type (53) of the first */
    uint8_t by;         /* enum audit_discloser, of all messages */
    bool to_client;     /* 82: seen in a message toward the client */
    bool several_networks;
};

enum audit_stability {
    AUDIT_ONCE,    /* one sighting: nothing can be said */
    AUDIT_STABLE,  /* several sightings, one value */
    AUDIT_CHANGED, /* it was seen to change */
};

/* One row of a client's identifiers: what its values come to. */
struct audit_identifier {
    enum identifier_kind kind;
    uint32_t values;            /* distinct */
    struct audit_trait *traits; /* the first one; others of the kind by audit_trait_next */
    enum audit_stability stability;
    bool across_hardware; /* another client (chaddr) has the same value */
    bool across_networks; /* the same value on more than one network */
    bool universal;       /* it holds a universally administered hardware address */
    bool local;           /* it holds a locally administered one */
    double bits; /* surprisal within the audit: -log2 of the share of clients with this value */
    double
        own_bits; /* what it adds to those counted before: dependent fields are not counted twice */
};

/* The client's first trait of a kind, NULL: none; and the next of the same kind. */
struct audit_trait *audit_trait_first(const struct audit_client *client, enum identifier_kind kind);
struct audit_trait *audit_trait_next(const struct audit_trait *trait);
/* Every identifier that the message discloses, noted with its client. 0 or -ENOMEM. */
MUST_USE int audit_traits_see(struct audit *audit, struct audit_client *client,
                              const struct audit_message *message);
/* Rows of one client; at most ID_KIND_COUNT. Returns how many. After audit_finish. */
size_t audit_identifiers(const struct audit *audit, const struct audit_client *client,
                         struct audit_identifier out[ID_KIND_COUNT]);
/* Of the values of a kind, from its first trait on, the one that fewest clients have: it stands for the kind. */
const struct audit_trait *audit_rarest(const struct audit_trait *first);
/* What a value is in words: decoded text in clear, without control characters (host names, civic addresses,
 * client identifiers with their DUID, addresses dotted). */
void audit_value_text(const struct audit_value *value, struct buf *out);
/* The hardware address inside it, when it has one (61, DUID, chaddr); false: none. */
MUST_USE bool audit_value_hardware(const struct audit_value *value, uint8_t out[6]);
