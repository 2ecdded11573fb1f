/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "auth/file_internal.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/secret.h"

#define LOOK_EVERY_US US_PER_S

static struct file_stamp stamp_of(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return (struct file_stamp){ .error = errno };
    return (struct file_stamp){
        .device = st.st_dev, .inode = st.st_ino, .size = st.st_size, .changed = st.st_mtim
    };
}

static bool same_stamp(const struct file_stamp *a, const struct file_stamp *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec &&
           a->error == b->error;
}

/* A broken new file leaves the old one in force, and is complained about once. */
static void reload(struct file_backend *f)
{
    struct buf why;
    buf_init(&why, 1024);
    struct passwd_file *accounts = passwd_load(f->base.path, &why);
    if (accounts) {
        passwd_free(f->accounts);
        f->accounts = accounts;
        LOG(L_NOTICE, "auth.reload", FIELD_STR("outcome", "loaded"),
            FIELD_STR("file", f->base.path), FIELD_NUM("accounts", passwd_count(accounts)));
    } else {
        LOG(L_WARN, "auth.reload", FIELD_STR("outcome", "kept-old"),
            FIELD("reason", buf_slice(&why)));
    }
    buf_clear(&why);
}

void file_look(struct file_backend *f)
{
    int64_t now_us = loop_now_us(f->base.loop);
    if (now_us < f->look_again_us)
        return;
    f->look_again_us = now_us + LOOK_EVERY_US;
    struct file_stamp stamp = stamp_of(f->base.path);
    if (same_stamp(&stamp, &f->stamp))
        return;
    f->stamp = stamp;
    reload(f);
}

static const struct passwd_entry *find_with_realm(const struct file_backend *f, struct slice name)
{
    struct buf full;
    buf_init(&full, AUTH_NAME_MAX);
    buf_append(&full, name);
    buf_append_byte(&full, '@');
    buf_append_str(&full, f->base.realm);
    const struct passwd_entry *entry =
        full.failed ? NULL : passwd_find(f->accounts, buf_slice(&full));
    buf_clear(&full);
    return entry;
}

const struct passwd_entry *file_find(const struct file_backend *f, struct slice name)
{
    const struct passwd_entry *entry = passwd_find(f->accounts, name);
    struct slice bare = auth_bare_name(&f->base, name);
    if (!entry && bare.n < name.n)
        entry = passwd_find(f->accounts, bare);
    else if (!entry && f->base.realm && !slice_has(name, '@'))
        entry = find_with_realm(f, name);
    return entry;
}

bool file_may_act_as(const struct file_backend *f, struct slice name, struct slice authorize)
{
    return authorize.n == 0 || auth_same_name(&f->base, name, authorize);
}

static struct slice file_mechanisms(struct auth_backend *b, bool channel_binding)
{
    struct file_backend *f = file_of(b);
    file_look(f);
    if (!passwd_has_scram(f->accounts))
        return SLICE("PLAIN LOGIN");
    return channel_binding ? SLICE("SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN")
                           : SLICE("SCRAM-SHA-256 PLAIN LOGIN");
}

static int file_exists(struct auth_backend *b, struct slice name)
{
    struct file_backend *f = file_of(b);
    file_look(f);
    return file_find(f, name) != NULL;
}

static void file_cancel(struct auth_backend *b UNUSED, struct auth_question *q)
{
    if (q->id == FILE_CHECK)
        file_password_cancel(q);
    else
        file_exchange_cancel(q);
}

void file_free_if_done(struct file_backend *f)
{
    if (!f->closed || f->jobs)
        return;
    passwd_free(f->accounts);
    cache_free(f->cache);
    scram_library_free(f->scram);
    secret_wipe(f->salt_key, sizeof f->salt_key);
    free(f);
}

static void file_close(struct auth_backend *b)
{
    struct file_backend *f = file_of(b);
    auth_backend_clear(b);
    f->closed = true;
    file_free_if_done(f);
}

static const struct auth_ops file_ops = {
    .close = file_close,
    .mechanisms = file_mechanisms,
    .exists = file_exists,
    .check = file_password,
    .exchange = file_exchange,
    .proceed = file_exchange_proceed,
    .cancel = file_cancel,
};

struct auth_backend *file_open(const struct auth_setup *setup, const char *path, struct buf *why)
{
    struct file_backend *f = calloc(1, sizeof *f);
    if (!f || !auth_backend_init(&f->base, &file_ops, setup, path) ||
        !(f->scram = scram_library_new())) {
        buf_append_str(why, "auth: out of memory");
        if (f)
            file_close(&f->base);
        return NULL;
    }
    memcpy(f->salt_key, setup->salt_key, sizeof f->salt_key);
    f->cache = cache_new(setup->cache_key, setup->cache_us);
    f->stamp = stamp_of(path);
    f->look_again_us = loop_now_us(setup->loop) + LOOK_EVERY_US;
    f->accounts = passwd_load(path, why);
    if (f->accounts)
        return &f->base;
    file_close(&f->base);
    return NULL;
}
