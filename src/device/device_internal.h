/* SPDX-License-Identifier: ISC
 *
 * What the files of this room share.
 */
#pragma once

#include "base/reader.h"
#include "device/device.h"

#define TABLE_DEVICE  "device"
#define TABLE_PLACE   "place"
#define TABLE_ACCOUNT "account"
#define TABLE_ALIAS   "alias"
#define TABLE_LICENCE "licence"
#define TABLE_HISTORY "history"

#define DEVICE_VALUE_MAX 4096 /* of any record */

/* ---- what may stand in a record ---- */

bool device_account_ok(struct slice account); /* 1 to DEVICE_ACCOUNT_MAX bytes, no NUL */
bool device_type_ok(struct slice type);       /* 1 to DEVICE_TYPE_MAX of A-Z, 0-9, "-", "_" */
bool device_key_ok(const struct device_key *key);
/* At most max bytes of UTF-8 without control characters; may be empty. */
bool device_text_ok(struct slice text, size_t max);
/* A location as parse and write of a record keep it. */
bool device_location_ok(const struct device_location *l);
bool device_event_ok(const struct device_event *event);

/* ---- bytes of records: big-endian, appended; read with the reader's own sticky `bad` ---- */

void device_put_u64(struct buf *out, uint64_t value);
void device_put_u32(struct buf *out, uint32_t value);
void device_put_short(struct buf *out, struct slice s); /* 1 n, n bytes */
void device_put_token(struct buf *out, const struct pseudonym *token);
void device_put_network(struct buf *out, const struct device_network *n);
void device_put_location(struct buf *out, const struct device_location *l);
/* Of keys, so that earlier times come first. */
void device_put_time(struct buf *out, int64_t wall_us);

uint64_t device_read_u64(struct reader *r);
struct slice device_read_short(struct reader *r);
void device_read_token(struct reader *r, struct pseudonym *out);
void device_read_network(struct reader *r, struct device_network *out);
void device_read_location(struct reader *r, struct device_location *out);
int64_t device_read_time(struct reader *r);

/* "account NUL", the beginning of all keys of an account. */
void device_put_account(struct buf *out, struct slice account);
/* -EINVAL for what can be no key, else 0 or -ENOMEM. */
MUST_USE int device_put_key(struct buf *out, const struct device_key *key);
MUST_USE bool device_read_key(struct slice bytes, struct device_key *out);

/* ---- registry.c ---- */

/* As store_each, for the records of one account in a table, or of all accounts when it is empty. No
 * record is there for what can be no account. */
MUST_USE int device_each_record(struct store *store, const char *table, struct slice account,
                                bool (*each)(void *context, struct slice key, struct slice value),
                                void *context);

struct device_row {
    struct device device;
    uint8_t version;    /* 0: there is no record yet */
    struct slice later; /* what a later version added behind, in bytes */
    struct buf bytes;   /* device_row_clear */
};
/* 0 with a row that is all zero when there is no record; *row must be cleared in any case. */
MUST_USE int device_row_load(struct store *store, const struct device_key *key,
                             struct device_row *row);
MUST_USE int device_row_save(struct store *store, const struct device_key *key,
                             const struct device_row *row);
void device_row_clear(struct device_row *row);
MUST_USE int device_row_delete(struct store *store, const struct device_key *key);
MUST_USE bool device_value_parse(struct slice value, struct device *out);
/* As device_each for one account; what cannot be read is left out silently. */
MUST_USE int device_walk(struct store *store, struct slice account,
                         bool (*each)(void *context, const struct device_key *key,
                                      const struct device *device),
                         void *context);
/* Too old to be there; approved ones and revocations in force never are. */
bool device_aged(const struct device *device, int64_t age_us, int64_t wall_us);
void device_count(int64_t *first_us, int64_t *last_us, uint64_t *count, int64_t wall_us);
bool device_older(int64_t last_us, int64_t age_us, int64_t wall_us); /* age 0: never */

/* ---- the other tables ---- */

struct device_places { /* of an account, the aged left out */
    bool any, this_one;
};
MUST_USE int device_places_read(struct store *store, struct slice account,
                                const struct device_network *network, int64_t age_us,
                                int64_t wall_us, struct device_places *out);
/* One success from there; *is_new: it was no known place. */
MUST_USE int device_place_learn(struct store *store, const struct device_event *event,
                                const struct device_bounds *bounds, bool *is_new);
MUST_USE int device_place_put(struct store *store, struct slice account,
                              const struct device_network *network,
                              const struct device_place *place);
MUST_USE bool device_place_parse(struct slice key, struct slice value, struct slice *account,
                                 struct device_network *network, struct device_place *out);

struct device_account { /* table "account": who has had a success */
    int64_t first_us, last_us;
};
/* 0, ERR_NOT_FOUND or another error. */
MUST_USE int device_account_load(struct store *store, struct slice account,
                                 struct device_account *out);
MUST_USE int device_account_save(struct store *store, struct slice account,
                                 const struct device_account *value);
MUST_USE int device_account_mark(struct store *store, struct slice account, int64_t wall_us);
/* Has the account a record, a device or a place? */
MUST_USE int device_account_known(struct store *store, struct slice account, bool *out);

/* Equal: typed is a name of its own again. Nothing when the account has too many. */
MUST_USE int device_alias_teach(struct store *store, struct slice typed, struct slice account);
/* The account's record and the names that lead to it. n: how many went, added. */
MUST_USE int device_account_delete(struct store *store, struct slice account, uint64_t *n);
MUST_USE int device_alias_each(struct store *store, struct slice account,
                               bool (*each)(void *context, struct slice typed), void *context);
/* A key of table "account": typed is empty for the account's own record. */
MUST_USE bool device_account_key_parse(struct slice key, struct slice *account,
                                       struct slice *typed);
MUST_USE bool device_account_value_parse(struct slice value, struct device_account *out);

/* In a list for the account or for "*", under any of the tokens? which: the first such. */
MUST_USE int device_licensed(struct store *store, const struct device_key *key,
                             const struct pseudonym *tokens, size_t n, bool *out, size_t *which);
/* The same token under another key of the secret file: lists follow it. */
MUST_USE int device_licence_move(struct store *store, const struct device_key *key,
                                 const struct pseudonym *from, int64_t wall_us);
MUST_USE bool device_licence_parse(struct slice key, struct slice value, struct device_key *out,
                                   int64_t *wall_us);

/* Adds, unless the same stands there; trims. */
MUST_USE int device_history_add(struct store *store, struct slice account,
                                const struct device_history_entry *entry);
MUST_USE bool device_history_parse(struct slice key, struct slice value, struct slice *account,
                                   struct device_history_entry *out);

/* Words of the backup. */
const char *device_shape_text(enum device_shape shape);
MUST_USE bool device_shape_parse(struct slice text, enum device_shape *out);
const char *device_kind_text(enum device_event_kind kind);
MUST_USE bool device_kind_parse(struct slice text, enum device_event_kind *out);
MUST_USE bool device_alert_parse(struct slice text, enum device_alert *out);

/* ---- deleting what was found: keys are gathered in a walk and deleted behind it ---- */

struct device_doomed {
    struct buf keys; /* 2 n, n bytes each */
    size_t n;
};
void device_doomed_init(struct device_doomed *d);
void device_doomed_add(struct device_doomed *d, struct slice key);
/* Deletes all, adds their number to *n (NULL is fine), and clears. */
MUST_USE int device_doomed_delete(struct store *store, const char *table, struct device_doomed *d,
                                  uint64_t *n);
