/* SPDX-License-Identifier: ISC
 *
 * store: ordered tables of bytes with transactions. One interface; engine: store/lmdb.c.
 *
 * One writer (the keeper), any number of readers in any process. A process opens it after its
 * last fork. Writes are in one transaction at a time and are on disk when store_commit returns 0.
 */
#pragma once

#include "base/buf.h"

#define STORE_KEY_MAX 511

struct store;

enum store_mode { STORE_READ, STORE_WRITE };

/* directory: created 0700 when missing (STORE_WRITE). 0, or negative with a text from err_text;
 * -EACCES and its kin name the directory's own trouble. map_bytes: the largest size, 1 GiB by
 * default (0). */
MUST_USE int store_open(const char *directory, enum store_mode mode, uint64_t map_bytes,
                        struct store **out);
void store_close(struct store *store); /* aborts an open transaction; NULL is fine */

/* table: static name, at most 16 tables. found: copied into *out (freed with buf_clear by the
 * caller). 0, ERR_NOT_FOUND, or another error. Outside a write transaction it reads a snapshot of
 * its own; inside, what was written is seen. */
MUST_USE int store_get(struct store *store, const char *table, struct slice key, struct buf *out);

MUST_USE int store_begin(struct store *store); /* a write transaction */
MUST_USE int store_put(struct store *store, const char *table, struct slice key,
                       struct slice value);
MUST_USE int store_delete(struct store *store, const char *table, struct slice key);
MUST_USE int store_commit(struct store *store); /* synced */
void store_abort(struct store *store);

MUST_USE int store_make(struct store *store,
                        const char *table); /* when missing, empty; as a write */

/* One snapshot for all reads until store_snapshot_end, cheap: its transaction is kept and renewed. A
 * table that this process reads for the first time is read from the snapshot of that moment. Not
 * inside a write transaction; not twice at a time. */
MUST_USE int store_snapshot_begin(struct store *store);
void store_snapshot_end(struct store *store); /* without a snapshot nothing happens */

/* Calls each(context, key, value) for every key that starts with prefix, in order, in one
 * snapshot, until it returns false. The slices live during the call only. */
MUST_USE int store_each(struct store *store, const char *table, struct slice prefix,
                        bool (*each)(void *context, struct slice key, struct slice value),
                        void *context);
/* The same for every key from `from` on (empty: all). */
MUST_USE int store_each_from(struct store *store, const char *table, struct slice from,
                             bool (*each)(void *context, struct slice key, struct slice value),
                             void *context);
