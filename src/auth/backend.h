/* SPDX-License-Identifier: ISC
 *
 * auth/backend: what auth.c and the backends share; nobody outside the room includes it.
 *
 * auth.c has checked every question before a backend sees it: it is open, names and passwords are
 * not empty, hold no NUL and keep to their bounds, and the mechanism is one that was offered.
 */
#pragma once

#include "auth/auth.h"
#include "auth/sasl.h"

#define AUTH_NAME_MAX SASL_NAME_MAX

struct auth_password { /* slices of the asker, gone when the call returns */
    struct slice authorize, name, password;
};

struct auth_ops {
    void (*close)(struct auth_backend *); /* frees it */
    struct slice (*mechanisms)(struct auth_backend *, bool channel_binding);
    int (*exists)(struct auth_backend *, struct slice name);
    void (*check)(struct auth_backend *, struct auth_question *, const struct auth_facts *,
                  const struct auth_password *);
    /* NULL where there are no exchanges. */
    void (*exchange)(struct auth_backend *, struct auth_question *, const struct auth_facts *,
                     struct slice mechanism, struct slice initial);
    void (*proceed)(struct auth_backend *, struct auth_question *, struct slice response);
    /* q->backend_data is set: lets go of it. */
    void (*cancel)(struct auth_backend *, struct auth_question *);
};

struct auth_later; /* an answer that waits for the end of the turn */

struct auth_backend { /* embedded in each backend */
    const struct auth_ops *ops;
    struct loop *loop;
    struct thread_pool *threads;
    char *path;  /* owned copies */
    char *realm; /* NULL: none */
    char *service;
    struct auth_later *first, *last, *spare;
    size_t spare_n;
    struct loop_task answer_task;
};

/* For the backends' own open: copies what the setup has. False without memory. */
MUST_USE bool auth_backend_init(struct auth_backend *b, const struct auth_ops *ops,
                                const struct auth_setup *setup, const char *path);
/* Drops answers that wait and frees the copies. */
void auth_backend_clear(struct auth_backend *b);

/* Answers now; q may be gone afterwards. Never from inside an asking call. */
void auth_answer_now(struct auth_question *q, const struct auth_answer *answer);
/* Answers at the end of the turn; the answer's slices are copied (account and name are cut at
 * AUTH_NAME_MAX). */
void auth_answer_later(struct auth_backend *b, struct auth_question *q,
                       const struct auth_answer *answer);
void auth_fail_later(struct auth_backend *b, struct auth_question *q, const char *reason);
void auth_unavailable_later(struct auth_backend *b, struct auth_question *q, const char *reason);

/* The account of name and of name@realm is one: are the two the same? */
bool auth_same_name(const struct auth_backend *b, struct slice x, struct slice y);
/* Without "@realm", when that is the default realm. */
struct slice auth_bare_name(const struct auth_backend *b, struct slice name);

struct auth_backend *dovecot_open(const struct auth_setup *setup, const char *path,
                                  struct buf *why);
struct auth_backend *file_open(const struct auth_setup *setup, const char *path, struct buf *why);
struct auth_backend *saslauthd_open(const struct auth_setup *setup, const char *path,
                                    struct buf *why);
