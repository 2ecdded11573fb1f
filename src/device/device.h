/* SPDX-License-Identifier: ISC
 *
 * device: the registry of devices: (account, type, pseudonym), never a clear token, kept apart
 * from anything that authenticates (draft-storey-smtp-client-id-13 §7: not WITH credentials).
 */
#pragma once

#include "base/buf.h"
#include "privacy/pseudonym.h"
#include "store/store.h"

#define DEVICE_ACCOUNT_MAX 255
#define DEVICE_TYPE_MAX    16

struct device_key {
    struct slice account; /* canonical: device_account_write */
    struct slice type;    /* upper case */
    struct pseudonym token;
};

struct device {
    int64_t first_us, last_us; /* wall clock: first and last success */
    uint64_t count;            /* successes */
};

/* The canonical form of an account name: ASCII lower case, "@realm" added when it has no domain
 * and realm is given. out: at most DEVICE_ACCOUNT_MAX bytes; false when longer or empty. */
MUST_USE bool device_account_write(struct slice typed, struct slice realm, struct buf *out);

/* One success, inside a write transaction of the caller. */
MUST_USE int device_record_success(struct store *store, const struct device_key *key,
                                   int64_t wall_us);
/* 0, ERR_NOT_FOUND or another error. */
MUST_USE int device_find(struct store *store, const struct device_key *key, struct device *out);
/* Every device of an account, or of all when account is empty. */
MUST_USE int device_each(struct store *store, struct slice account,
                         bool (*each)(void *context, const struct device_key *key,
                                      const struct device *device),
                         void *context);

/* The record that a worker sends to the keeper: one success, as bytes. parse∘write is equal. */
struct device_success {
    struct device_key key;
    int64_t wall_us;
};
#define DEVICE_SUCCESS_MAX 512
void device_success_write(struct buf *out, const struct device_success *success);
/* Slices point into bytes. */
MUST_USE bool device_success_parse(struct slice bytes, struct device_success *out,
                                   struct fault *why);
