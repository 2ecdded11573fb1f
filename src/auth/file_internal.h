/* SPDX-License-Identifier: ISC
 *
 * auth/file_internal: the file backend as its three files see it: file.c (the account file and the
 * interface), file_check.c (PLAIN and LOGIN), file_scram.c (SCRAM).
 */
#pragma once

#include <sys/stat.h>

#include "auth/backend.h"
#include "auth/cache.h"
#include "auth/passwd.h"
#include "auth/scram.h"

struct file_stamp { /* of the file when it was last read */
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed;
    int error;
};

struct file_backend {
    struct auth_backend base;
    struct passwd_file *accounts;
    struct cache *cache; /* NULL: off */
    struct scram_library *scram;
    struct file_stamp stamp;
    int64_t look_again_us;
    uint8_t salt_key[32];
    unsigned jobs; /* on the pool */
    bool closed;   /* the last job frees it */
};

enum { FILE_CHECK, FILE_EXCHANGE }; /* auth_question.id: what backend_data is */

static inline struct file_backend *file_of(struct auth_backend *b)
{
    return CONTAINER_OF(b, struct file_backend, base);
}

/* Reads the file again when it has changed; looks at most once a second. */
void file_look(struct file_backend *f);
/* As typed; or with the default realm where the file has it and the client does not, or the other
 * way round. NULL when there is none. */
const struct passwd_entry *file_find(const struct file_backend *f, struct slice name);
bool file_may_act_as(const struct file_backend *f, struct slice name, struct slice authorize);
/* Frees it when it is closed and nothing runs any more. */
void file_free_if_done(struct file_backend *f);

void file_password(struct auth_backend *b, struct auth_question *q, const struct auth_facts *facts,
                   const struct auth_password *p);
void file_password_cancel(struct auth_question *q);
void file_exchange(struct auth_backend *b, struct auth_question *q, const struct auth_facts *facts,
                   struct slice mechanism, struct slice initial);
void file_exchange_proceed(struct auth_backend *b, struct auth_question *q, struct slice response);
void file_exchange_cancel(struct auth_question *q);
