/* SPDX-License-Identifier: ISC
 *
 * The embedded engine. One file, DIRECTORY/store.mdb, with its lock beside it. A table is a named
 * database of LMDB; its handle is opened with the first use and kept for the life of the store.
 */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lmdb.h>

#include "base/check.h"
#include "base/err.h"
#include "base/reader.h"

#define FORMAT_VERSION 1
#define TABLES_MAX     17 /* 16, and meta */
#define MAP_DEFAULT    (UINT64_C(1) << 30)
#define FILE_NAME      "store.mdb"
#define LOCK_SUFFIX    "-lock"
#define META_TABLE     "meta"

struct table {
    const char *name;
    MDB_dbi handle;
    bool fresh; /* opened by the open write transaction: gone if that is aborted */
};

struct store {
    MDB_env *env;
    MDB_txn *writer;  /* the open write transaction */
    MDB_txn *reader;  /* kept between reads, reset: it holds a slot, not a snapshot */
    unsigned reading; /* walks under way */
    bool snapshot;    /* the reader stands on one */
    bool stale;       /* a table was opened since: the snapshot does not know its handle */
    struct table tables[TABLES_MAX];
    size_t tables_n;
};

static int error_of(int rc)
{
    switch (rc) {
    case MDB_SUCCESS: return 0;
    case MDB_NOTFOUND: return ERR_NOT_FOUND;
    case MDB_MAP_FULL:
    case MDB_DBS_FULL:
    case MDB_READERS_FULL:
    case MDB_TXN_FULL: return ERR_FULL;
    case MDB_BAD_VALSIZE: return ERR_TOO_BIG;
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_INCOMPATIBLE: return ERR_FORMAT;
    default: return rc > 0 ? -rc : ERR_STORE;
    }
}

static MDB_val val_of(struct slice s)
{
    MDB_val v = { .mv_size = s.n };
    memcpy(&v.mv_data, &s.p, sizeof s.p); /* LMDB's type has no const; it only reads */
    return v;
}

static struct slice slice_of_val(const MDB_val *v)
{
    return (struct slice){ v->mv_data, v->mv_size };
}

static int check_key(struct slice key)
{
    if (key.n == 0)
        return -EINVAL;
    return key.n > STORE_KEY_MAX ? ERR_TOO_BIG : 0;
}

/* ---- tables ---- */

static bool table_find(const struct store *store, const char *name, MDB_dbi *out)
{
    for (size_t i = 0; i < store->tables_n; i++)
        if (strcmp(store->tables[i].name, name) == 0) {
            *out = store->tables[i].handle;
            return true;
        }
    return false;
}

static void table_keep(struct store *store, const char *name, MDB_dbi handle, bool fresh)
{
    CHECK(store->tables_n < TABLES_MAX);
    store->tables[store->tables_n++] = (struct table){ name, handle, fresh };
}

static int table_for_write(struct store *store, const char *name, bool create, MDB_dbi *out)
{
    if (table_find(store, name, out))
        return 0;
    MDB_dbi handle;
    int rc = mdb_dbi_open(store->writer, name, create ? MDB_CREATE : 0, &handle);
    if (rc)
        return error_of(rc);
    table_keep(store, name, handle, true);
    *out = handle;
    return 0;
}

/* Another process has made the map larger: take its size. Not while something points into it. */
static int begin_read(struct store *store, MDB_txn **out)
{
    int rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, out);
    if (rc == MDB_MAP_RESIZED && !store->reading && !store->snapshot) {
        rc = mdb_env_set_mapsize(store->env, 0);
        if (!rc)
            rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, out);
    }
    return error_of(rc);
}

/* In a transaction of its own: a handle outlives the one that opened it only by a commit. */
static int table_for_read(struct store *store, const char *name, MDB_dbi *out)
{
    if (store->writer)
        return table_for_write(store, name, false, out);
    if (table_find(store, name, out))
        return 0;
    MDB_txn *txn;
    MDB_dbi handle;
    int error = begin_read(store, &txn);
    if (error)
        return error;
    int rc = mdb_dbi_open(txn, name, 0, &handle);
    if (rc) {
        mdb_txn_abort(txn);
        return error_of(rc);
    }
    rc = mdb_txn_commit(txn);
    if (rc)
        return error_of(rc);
    table_keep(store, name, handle, false);
    store->stale = true;
    *out = handle;
    return 0;
}

/* The write transaction has ended: LMDB keeps or forgets the handles it opened, and so do we. */
static void tables_settle(struct store *store, bool committed)
{
    size_t kept = 0;
    for (size_t i = 0; i < store->tables_n; i++) {
        struct table t = store->tables[i];
        if (t.fresh && !committed)
            continue;
        t.fresh = false;
        store->tables[kept++] = t;
    }
    store->tables_n = kept;
}

/* ---- reading ---- */

static int reader_begin(struct store *store)
{
    store->stale = false;
    if (!store->reader)
        return begin_read(store, &store->reader);
    int rc = mdb_txn_renew(store->reader);
    if (rc == 0)
        return 0;
    mdb_txn_abort(store->reader);
    store->reader = NULL;
    return begin_read(store, &store->reader);
}

int store_snapshot_begin(struct store *store)
{
    CHECK(!store->writer && !store->snapshot);
    int error = reader_begin(store);
    store->snapshot = !error;
    return error;
}

void store_snapshot_end(struct store *store)
{
    if (store->snapshot && store->reader)
        mdb_txn_reset(store->reader);
    store->snapshot = false;
}

/* The snapshot's transaction, or NULL: there is none, or it cannot say. */
static MDB_txn *snapshot_txn(struct store *store)
{
    if (!store->snapshot || (store->stale && store->reading))
        return NULL;
    if (store->stale) {
        store_snapshot_end(store);
        store->snapshot = reader_begin(store) == 0;
    }
    return store->snapshot ? store->reader : NULL;
}

static int get_in(MDB_txn *txn, MDB_dbi handle, struct slice key, struct buf *out)
{
    MDB_val k = val_of(key), v;
    int rc = mdb_get(txn, handle, &k, &v);
    if (rc)
        return error_of(rc);
    buf_consume(out, buf_size(out));
    buf_append(out, slice_of_val(&v));
    return out->failed ? ERR_TOO_BIG : 0;
}

int store_get(struct store *store, const char *table, struct slice key, struct buf *out)
{
    MDB_dbi handle = 0;
    MDB_txn *own = NULL;
    int error = check_key(key);
    if (!error)
        error = table_for_read(store, table, &handle);
    if (error)
        return error;
    if (store->writer)
        return get_in(store->writer, handle, key, out);
    MDB_txn *txn = snapshot_txn(store);
    if (txn)
        return get_in(txn, handle, key, out);
    error = store->snapshot ? begin_read(store, &own) : reader_begin(store);
    if (error)
        return error;
    error = get_in(own ? own : store->reader, handle, key, out);
    if (own)
        mdb_txn_abort(own);
    else
        mdb_txn_reset(store->reader);
    return error;
}

struct walk {
    struct slice from, prefix;
    bool (*each)(void *context, struct slice key, struct slice value);
    void *context;
};

static int walk(MDB_cursor *cursor, const struct walk *w)
{
    MDB_val k = val_of(w->from), v = { 0 };
    int rc = mdb_cursor_get(cursor, &k, &v, w->from.n ? MDB_SET_RANGE : MDB_FIRST);
    while (rc == 0 && slice_starts(slice_of_val(&k), w->prefix)) {
        if (!w->each(w->context, slice_of_val(&k), slice_of_val(&v)))
            return 0;
        rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
    }
    return rc == MDB_NOTFOUND ? 0 : error_of(rc);
}

static int each_in(struct store *store, const char *table, const struct walk *w)
{
    MDB_dbi handle = 0;
    MDB_txn *own = NULL;
    MDB_cursor *cursor;
    int error = table_for_read(store, table, &handle);
    if (error)
        return error == ERR_NOT_FOUND ? 0 : error;
    MDB_txn *txn = store->writer ? store->writer : snapshot_txn(store);
    if (!txn) {
        error = begin_read(store, &own);
        if (error)
            return error;
    }
    error = error_of(mdb_cursor_open(own ? own : txn, handle, &cursor));
    if (!error) {
        store->reading++;
        error = walk(cursor, w);
        store->reading--;
        mdb_cursor_close(cursor);
    }
    mdb_txn_abort(own);
    return error;
}

int store_each(struct store *store, const char *table, struct slice prefix,
               bool (*each)(void *context, struct slice key, struct slice value), void *context)
{
    const struct walk w = { prefix, prefix, each, context };
    return prefix.n > STORE_KEY_MAX ? 0 : each_in(store, table, &w); /* no key is that long */
}

int store_each_from(struct store *store, const char *table, struct slice from,
                    bool (*each)(void *context, struct slice key, struct slice value),
                    void *context)
{
    const struct walk w = { slice_first(from, STORE_KEY_MAX), { 0 }, each, context };
    return each_in(store, table, &w);
}

/* ---- writing ---- */

int store_begin(struct store *store)
{
    CHECK(!store->writer && !store->snapshot);
    int rc = mdb_txn_begin(store->env, NULL, 0, &store->writer);
    if (rc == MDB_MAP_RESIZED && !store->reading) {
        rc = mdb_env_set_mapsize(store->env, 0);
        if (!rc)
            rc = mdb_txn_begin(store->env, NULL, 0, &store->writer);
    }
    if (rc)
        store->writer = NULL;
    return error_of(rc);
}

int store_make(struct store *store, const char *table)
{
    MDB_dbi handle;
    CHECK(store->writer);
    return table_for_write(store, table, true, &handle);
}

int store_put(struct store *store, const char *table, struct slice key, struct slice value)
{
    MDB_dbi handle;
    CHECK(store->writer);
    int error = check_key(key);
    if (!error)
        error = table_for_write(store, table, true, &handle);
    if (error)
        return error;
    MDB_val k = val_of(key), v = val_of(value);
    return error_of(mdb_put(store->writer, handle, &k, &v, 0));
}

int store_delete(struct store *store, const char *table, struct slice key)
{
    MDB_dbi handle;
    CHECK(store->writer);
    int error = check_key(key);
    if (!error)
        error = table_for_write(store, table, false, &handle);
    if (error)
        return error;
    MDB_val k = val_of(key);
    return error_of(mdb_del(store->writer, handle, &k, NULL));
}

int store_commit(struct store *store)
{
    CHECK(store->writer);
    int rc = mdb_txn_commit(TAKE(store->writer)); /* ends it, whatever comes back */
    tables_settle(store, rc == 0);
    return error_of(rc);
}

void store_abort(struct store *store)
{
    if (!store->writer)
        return;
    mdb_txn_abort(TAKE(store->writer));
    tables_settle(store, false);
}

/* ---- opening ---- */

static int check_version(struct slice value)
{
    struct reader r = reader_of(value);
    uint32_t version = reader_be32(&r);
    return r.bad || version != FORMAT_VERSION ? ERR_FORMAT : 0;
}

static int write_version(struct store *store)
{
    static const uint8_t version[4] = { 0, 0, 0, FORMAT_VERSION };
    MDB_stat main_stat;
    int rc = mdb_env_stat(store->env, &main_stat);
    if (rc)
        return error_of(rc);
    if (main_stat.ms_entries > 0)
        return ERR_FORMAT; /* it has tables, but not of ours */
    return store_put(store, META_TABLE, SLICE("format"), (struct slice){ version, 4 });
}

static int settle_version(struct store *store, enum store_mode mode)
{
    struct buf value;
    buf_init(&value, 64);
    int error = mode == STORE_WRITE ? store_begin(store) : 0;
    if (error)
        return error;
    error = store_get(store, META_TABLE, SLICE("format"), &value);
    if (error == ERR_NOT_FOUND && mode == STORE_WRITE)
        error = write_version(store);
    else if (!error)
        error = check_version(buf_slice(&value));
    buf_clear(&value);
    if (mode == STORE_READ)
        return error;
    if (!error)
        return store_commit(store);
    store_abort(store);
    return error;
}

/* So that the new files' names survive a power cut as well as what is in them. */
static int sync_directory(const char *directory)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int error = fsync(fd) ? -errno : 0;
    (void)close(fd); /* only read from */
    return error;
}

static int env_open(MDB_env *env, const char *directory, enum store_mode mode, uint64_t map_bytes)
{
    char path[PATH_MAX];
    struct stat st;
    unsigned flags = MDB_NOSUBDIR | MDB_NOTLS | (mode == STORE_READ ? MDB_RDONLY : 0);
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    int n = snprintf(path, sizeof path, "%s/" FILE_NAME, directory);
    if (n < 0 || (size_t)n + sizeof LOCK_SUFFIX > sizeof path)
        return -ENAMETOOLONG;
    if (mode == STORE_WRITE && mkdir(directory, 0700) && errno != EEXIST)
        return -errno;
    if (mode == STORE_READ && stat(path, &st))
        return errno == ENOENT ? ERR_NOT_FOUND : -errno;
    if (mode == STORE_READ && st.st_size == 0)
        return ERR_NOT_FOUND; /* its writer is about to make it */
    if (mode == STORE_WRITE && map_bytes == 0)
        map_bytes = MAP_DEFAULT;
    int rc = mdb_env_set_maxdbs(env, TABLES_MAX);
    if (!rc && map_bytes) /* a reader takes the file's */
        rc = mdb_env_set_mapsize(env, (map_bytes + page - 1) / page * page);
    if (!rc)
        rc = mdb_env_open(env, path, flags, 0600);
    if (!rc)
        rc = mdb_reader_check(env, NULL); /* slots of processes that were killed */
    if (rc)
        return error_of(rc);
    return mode == STORE_WRITE ? sync_directory(directory) : 0;
}

int store_open(const char *directory, enum store_mode mode, uint64_t map_bytes, struct store **out)
{
    struct store *store = calloc(1, sizeof *store);
    if (!store)
        return -ENOMEM;
    int error = error_of(mdb_env_create(&store->env));
    if (!error)
        error = env_open(store->env, directory, mode, map_bytes);
    if (!error)
        error = settle_version(store, mode);
    if (error) {
        store_close(store);
        return error;
    }
    *out = store;
    return 0;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    store_abort(store);
    mdb_txn_abort(store->reader);
    if (store->env)
        mdb_env_close(store->env);
    free(store);
}
