/* SPDX-License-Identifier: ISC
 *
 * device: the registry of devices and places, and what is known about an account.
 *
 * A device is (account, type, pseudonym), never a clear token; a place is (account, IPv4 /24 or
 * IPv6 /48). Both are learned from successes only, and kept apart from anything that authenticates
 * (draft-storey-smtp-client-id-13 §7: not WITH credentials). Keyed by the canonical account.
 *
 * Files: account.c (names), network.c, registry.c (devices), place.c, alias.c (typed → canonical),
 * licence.c, history.c, apply.c (one event into the store), facts.c (reading for one AUTH),
 * event.c (worker → keeper as bytes), backup.c and restore.c (export, import), forget.c (ageing,
 * erasing), shape.c (what a token looks like), text.c (words), codec.c (bytes of records).
 * The policy on top: counters.h, policy.h.
 */
#pragma once

#include "base/buf.h"
#include "net/address.h"
#include "privacy/pseudonym.h"
#include "store/store.h"

#define DEVICE_ACCOUNT_MAX 255
#define DEVICE_TYPE_MAX    16
#define DEVICE_LABEL_MAX   64 /* octets of UTF-8 without control characters */
#define DEVICE_HISTORY_MAX \
    200                       /* entries an account; the oldest goes, of failures past half of it */
#define DEVICE_ALIASES_MAX 64 /* an account; later ones are not learned */

/* ---- keys ---- */

struct device_key {
    struct slice account; /* canonical: device_account_write */
    struct slice type;    /* upper case */
    struct pseudonym token;
};

/* The canonical form of an account name as far as spelling goes: ASCII lower case, "@realm" added
 * when it has no domain and realm is given. out: at most DEVICE_ACCOUNT_MAX bytes; false when
 * longer or empty. Aliases are device_alias_find's. */
MUST_USE bool device_account_write(struct slice typed, struct slice realm, struct buf *out);

struct device_network { /* IPv4 /24 or IPv6 /48 */
    uint8_t family;     /* 4, 6; 0: none (a UNIX socket) */
    uint8_t bytes[6];   /* 3 or 6 of them */
};
#define DEVICE_NETWORK_TEXT_MAX 48
struct device_network device_network_of(const struct address *a);
bool device_network_equal(const struct device_network *a, const struct device_network *b);
/* "192.0.2.0/24", "2001:db8:1::/48", "local". Returns out, NUL-terminated. */
const char *device_network_text(const struct device_network *n, char out[DEVICE_NETWORK_TEXT_MAX]);
MUST_USE bool device_network_parse(struct slice text, struct device_network *out);

/* Where an address is, as far as the operator's databases tell. */
struct device_location {
    char country[3];             /* ISO 3166-1, or "" */
    char name[32];               /* of the operator's table, cut; or "" */
    uint32_t as;                 /* autonomous system; 0: unknown */
    bool has_position;           /* the three below */
    int32_t latitude, longitude; /* 1/1000 degree */
    uint32_t radius;             /* accuracy, kilometres */
};

/* ---- records ---- */

enum device_state { DEVICE_NONE, DEVICE_PENDING, DEVICE_KNOWN, DEVICE_APPROVED, DEVICE_REVOKED };
const char *device_state_text(enum device_state state); /* "pending", ... ; "none" */
MUST_USE bool device_state_parse(struct slice text, enum device_state *out); /* not "none" */

enum device_shape { /* what the token looked like at enrolment; all that is kept of it */
                    DEVICE_SHAPE_PLAIN,
                    DEVICE_SHAPE_UUID,
                    DEVICE_SHAPE_HARDWARE, /* like a hardware address: oui is set */
};
/* Looks at a clear token while its line is parsed. oui: 3 bytes, written for HARDWARE. */
enum device_shape device_shape_of(struct slice token, uint8_t oui[3]);

struct device {
    enum device_state state;
    int64_t first_us, last_us;       /* wall clock: first and last success */
    uint64_t count;                  /* successes */
    struct device_network network;   /* of the last success */
    struct device_location location; /* of the last success */
    int64_t revoked_until_us;        /* REVOKED by a limit: known again after it; 0: for good */
    enum device_state revoked_from;  /* what it is again then */
    enum device_shape shape;
    uint8_t oui[3];
    char label[DEVICE_LABEL_MAX + 1];
};

struct device_place {
    int64_t first_us, last_us;
    uint64_t count;
};

/* A lapsed revocation is followed: what the device is at wall_us. */
enum device_state device_state_at(const struct device *device, int64_t wall_us);

/* Makes the tables that are missing, in a write transaction of its own: readers look for them in
 * vain each time otherwise. */
MUST_USE int device_prepare(struct store *store);
/* 0, ERR_NOT_FOUND or another error. */
MUST_USE int device_find(struct store *store, const struct device_key *key, struct device *out);
/* Every device of an account, or of all when account is empty. */
MUST_USE int device_each(struct store *store, struct slice account,
                         bool (*each)(void *context, const struct device_key *key,
                                      const struct device *device),
                         void *context);
MUST_USE int device_place_each(struct store *store, struct slice account,
                               bool (*each)(void *context, struct slice account,
                                            const struct device_network *network,
                                            const struct device_place *place),
                               void *context);

/* ---- reading for one AUTH ---- */

/* What the registry says about one attempt, from one snapshot of the store. */
struct device_facts {
    char account[DEVICE_ACCOUNT_MAX + 1]; /* canonical, aliases followed; "" when unusable */
    bool account_known;                   /* has a device or a place, or had a success before */
    enum device_state device; /* NONE: not of this account; a lapsed revocation is followed */
    size_t token;  /* which of the question's tokens the record (or the licence) is under; or 0 */
    bool licensed; /* in a list for this account or for "*" */
    bool place_known, has_places;
    uint32_t devices;                   /* known and approved ones of the account */
    struct device_network last_network; /* of this device */
    struct device_location last_location;
    int64_t last_us;
    bool failed; /* the store could not say: all else but account is empty */
};

struct device_question {
    struct slice typed;             /* the name as the client gave it */
    struct slice realm;             /* the default one, or empty */
    struct slice type;              /* upper case; empty: no identity is presented */
    const struct pseudonym *tokens; /* of the newest key first; those of older keys behind */
    size_t tokens_n;
    struct device_network network;
    int64_t device_age_us, place_age_us; /* older ones are as if they were not there */
    int64_t wall_us;
};
/* store NULL: failed. Never fails otherwise than by out->failed. */
void device_facts_read(struct store *store, const struct device_question *question,
                       struct device_facts *out);

/* ---- what a worker tells the keeper ---- */

enum device_event_kind {
    DEVICE_EVENT_SUCCESS, /* an AUTH that policy accepted: device, place, alias are learned */
    DEVICE_EVENT_FAILURE, /* for the account's history only (flag 4, user-log) */
    DEVICE_EVENT_REVOKE,  /* by a limit: until revoke_until_us */
    DEVICE_EVENT_ALERT,   /* nothing is written but the history; the keeper sends the alert */
};

enum device_alert { /* see submit/alert.h */
                    DEVICE_ALERT_NONE,
                    DEVICE_ALERT_NEW_DEVICE, /* first success of a new device or from a new place */
                    DEVICE_ALERT_WRONG_DEVICE, /* right password, unwelcome device */
                    DEVICE_ALERT_ATTACK,       /* attack mode entered */
                    DEVICE_ALERT_REVOKED,
                    DEVICE_ALERT_TWO_PLACES,
                    DEVICE_ALERT_MANY_ACCOUNTS, /* one token, many accounts */
                    DEVICE_ALERT_LIMIT,         /* any other limit with `then: alert` */
                    DEVICE_ALERT_COUNT,
};
const char *device_alert_text(enum device_alert alert); /* "new-device", ... */

/* May a device become known by itself? A pure function, asked by policy and again by the keeper
 * inside its transaction. */
struct device_enrolment {
    enum { DEVICE_ENROL_OPEN, DEVICE_ENROL_FIRST, DEVICE_ENROL_CLOSED } mode;
    uint32_t first; /* N */
};
enum device_state device_enrol(const struct device_enrolment *e, bool licensed, uint32_t devices,
                               bool has_places, bool place_known);

struct device_event {
    enum device_event_kind kind;
    struct slice account; /* canonical spelling of what the backend said; SUCCESS follows it */
    struct slice typed; /* SUCCESS: canonical spelling of what was typed, an alias when it differs;
                           * empty when it is not the account's own (an authorization identity) */
    struct slice type;  /* upper case; empty: no identity */
    struct pseudonym token;
    struct pseudonym replaces; /* the same token under an older key; key 0: none */
    struct device_network network;
    struct device_location location;
    enum device_shape shape;
    uint8_t oui[3];
    int64_t wall_us;
    bool record_device; /* SUCCESS: the type's flags allow a record */
    bool learn_place;   /* SUCCESS */
    bool user_log;      /* an entry for `postern device history` */
    struct device_enrolment enrolment;
    int64_t revoke_until_us;
    enum device_alert alert; /* ALERT, SUCCESS, REVOKE */
    struct slice reason; /* for history and alert: the rule's or limit's name; cut at 64 bytes */
};
#define DEVICE_REASON_MAX 64
#define DEVICE_EVENT_MAX  1024

/* As bytes; both ends are processes of the same service. parse∘write is equal. What can be no event
 * sets out->failed. */
void device_event_write(struct buf *out, const struct device_event *event);
/* Slices point into bytes. */
MUST_USE bool device_event_parse(struct slice bytes, struct device_event *out, struct fault *why);

struct device_bounds {
    uint32_t devices, places; /* per account */
    int64_t device_age_us, place_age_us;
};
struct device_applied {              /* what an event changed, for the log and the alerts */
    enum device_state before, after; /* of the device; NONE: no such record */
    bool new_place;
    bool evicted;           /* another device went: */
    struct device_key gone; /* its slices live until the next call with the same buf */
};
/* One event, inside a write transaction of the caller. evicted: scratch for out->gone. Least
 * recently successful goes first when an account has too many: pending ones, then known ones, then
 * revoked ones; approved ones never (then a new one is not recorded). Failures never create or
 * evict a device, and leave an entry only with accounts that are known. -EINVAL: no such event;
 * ERR_FORMAT: a record of its own cannot be read. */
MUST_USE int device_apply(struct store *store, const struct device_event *event,
                          const struct device_bounds *bounds, struct buf *evicted,
                          struct device_applied *out);
/* Ages out up to `most` records that are too old, of up to 64 times as many, from where the last
 * call ended (cursor: at most STORE_KEY_MAX bytes, empty at the start and when a round is done).
 * Approved devices stay, and revoked ones until they are as old. History ages as devices do. Inside
 * a write transaction of the caller. */
MUST_USE int device_forget_old(struct store *store, const struct device_bounds *bounds,
                               int64_t wall_us, uint32_t most, struct buf *cursor);

/* ---- the operator's commands, each inside a write transaction of the caller ---- */

/* approve, revoke (until_us 0: for good), or put back to known/pending. The record is created when
 * missing (approving ahead of the first success: count 0). -EINVAL: DEVICE_NONE. */
MUST_USE int device_set_state(struct store *store, const struct device_key *key,
                              enum device_state state, int64_t until_us, int64_t wall_us);
/* label: "" removes. ERR_NOT_FOUND, -EINVAL for what is no label. */
MUST_USE int device_set_label(struct store *store, const struct device_key *key,
                              struct slice label);
MUST_USE int device_forget(struct store *store, const struct device_key *key);
MUST_USE int device_place_forget(struct store *store, struct slice account,
                                 const struct device_network *network);

/* Licence tokens established outside of the session (draft -13 §6.3-4). account: canonical or "*". */
MUST_USE int device_licence_put(struct store *store, const struct device_key *key, int64_t wall_us);
MUST_USE int device_licence_delete(struct store *store, const struct device_key *key);
MUST_USE int device_licence_each(struct store *store, struct slice account,
                                 bool (*each)(void *context, const struct device_key *key,
                                              int64_t wall_us),
                                 void *context);

/* ERR_NOT_FOUND: none. Appends the canonical name to out. */
MUST_USE int device_alias_find(struct store *store, struct slice typed, struct buf *out);

struct device_history_entry {
    int64_t wall_us;
    enum device_event_kind kind;
    enum device_alert alert;
    struct slice type;
    struct pseudonym token; /* key 0: no identity */
    struct device_network network;
    struct device_location location;
    struct slice reason;
};
/* Oldest first. */
MUST_USE int device_history_each(struct store *store, struct slice account,
                                 bool (*each)(void *context,
                                              const struct device_history_entry *entry),
                                 void *context);

/* All that is kept about an account (devices, places, aliases, licences, history) as lines of JSON,
 * one record each, times in microseconds; account empty: about all. ERR_FORMAT: a record could not
 * be read; the others were shown. The inverse adds or replaces, in a write transaction of the
 * caller (store NULL: it is only checked): 0, -EINVAL with *why for what is no record, or another
 * error. */
MUST_USE int device_export(struct store *store, struct slice account,
                           bool (*line)(void *context, struct slice json), void *context);
MUST_USE int device_import_line(struct store *store, struct slice json, struct fault *why);
#define DEVICE_LINE_MAX 4096 /* of JSON; a record needs less */
/* The right to be forgotten: everything about it goes. *n: records. In a write transaction of the
 * caller. */
MUST_USE int device_erase(struct store *store, struct slice account, uint64_t *n);
