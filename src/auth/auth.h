/* SPDX-License-Identifier: ISC
 *
 * auth: who checks a password. One interface, three backends.
 *
 * Files: auth.c (the dispatch, and answers that wait for the end of the turn), sasl.c; dovecot*.c;
 * saslauthd.c; file*.c with passwd*.c, verifier.c, scram.c; cache.c.
 *
 * PLAIN and LOGIN are read by the session (smtp side), which asks auth_check with the name and the
 * password; every other mechanism is a SASL exchange that the backend leads. One answer follows
 * each question, never from inside the asking call, unless the question was cancelled.
 */
#pragma once

#include "base/buf.h"
#include "net/address.h"
#include "net/threads.h"

struct auth_backend;
struct ssl_st;

#define AUTH_MECHANISM_MAX 20 /* RFC 4422 §3.1 */
#define AUTH_MESSAGE_MAX   (12288 / 4 * 3)

enum auth_outcome {
    AUTH_OK,
    AUTH_CHALLENGE,   /* only in an exchange */
    AUTH_FAILED,      /* wrong name, wrong password, bad message: all alike for the client */
    AUTH_UNAVAILABLE, /* 454: the backend cannot say now */
};

struct auth_facts { /* of the session that asks; valid until the answer */
    struct address peer, local;
    struct slice session;  /* its id */
    struct slice clientid; /* "TYPE:pseudonym" or empty */
    bool tls;
    struct ssl_st *ssl; /* for channel binding; may be NULL */
};

struct auth_answer {
    enum auth_outcome outcome;
    struct slice account;   /* OK: as the backend spells it */
    struct slice challenge; /* CHALLENGE: raw bytes, to be sent in base64 */
    struct slice name;      /* FAILED, where the mechanism showed it: the name that was tried */
    const char *reason;     /* static text for the operator's log, not for the client */
};

struct auth_question { /* embedded in the asker, who keeps it until the answer or auth_cancel */
    void (*on_answer)(struct auth_question *, const struct auth_answer *);
    struct auth_question *next; /* the backend's */
    void *backend_data;         /* the backend's */
    uint32_t id;                /* the backend's */
    bool open;                  /* asked and not answered */
};

struct auth_setup {
    struct loop *loop;
    struct thread_pool *threads;
    const char *spec;         /* dovecot:PATH | file:PATH | saslauthd:PATH */
    const char *realm;        /* default realm or NULL */
    int64_t cache_us;         /* verified passwords; 0: off */
    const uint8_t *cache_key; /* 32 random bytes for the cache's hashes */
    const uint8_t *salt_key;  /* 32 stable bytes for unknown users' SCRAM salts */
    const char *service;      /* "smtp" */
};

/* NULL: *why has a line for the operator. */
struct auth_backend *auth_open(const struct auth_setup *setup, struct buf *why);
/* Open questions get no answer; exchanges must have been cancelled. Hashes that still run free what
 * they need when they are done, so the pool goes last. NULL is fine. */
void auth_close(struct auth_backend *backend);

/* Mechanisms offered now, space-separated, in order of strength, e.g. "SCRAM-SHA-256-PLUS
 * SCRAM-SHA-256 PLAIN LOGIN"; -PLUS only with channel_binding. Empty while a backend that must say
 * is away. Valid until the next turn of the loop. */
struct slice auth_mechanisms(struct auth_backend *backend, bool channel_binding);

/* Does the name (as typed) have an account? 1 yes, 0 no, -1 the backend cannot say. */
int auth_account_exists(struct auth_backend *backend, struct slice name);

/* A name and a password, as PLAIN or LOGIN gave them. authorize: the authzid, empty or a name to
 * act as (refused unless equal, or the backend knows better). mechanism: "PLAIN" or "LOGIN".
 * Everything is copied before it returns. */
void auth_check(struct auth_backend *backend, struct auth_question *q,
                const struct auth_facts *facts, struct slice mechanism, struct slice authorize,
                struct slice name, struct slice password);

/* Starts another mechanism. initial: the client's first message; p NULL: none was sent. */
void auth_exchange(struct auth_backend *backend, struct auth_question *q,
                   const struct auth_facts *facts, struct slice mechanism, struct slice initial);
/* The client's response to the last CHALLENGE, which answered q. */
void auth_continue(struct auth_backend *backend, struct auth_question *q, struct slice response);
/* The client gave up, or is gone: no answer follows. Idempotent. */
void auth_cancel(struct auth_backend *backend, struct auth_question *q);
