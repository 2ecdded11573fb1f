/* SPDX-License-Identifier: ISC
 *
 * auth/dovecot_internal: the dovecot backend as its two files see it: dovecot.c (the connection,
 * its greeting and its return) and dovecot_ask.c (the questions on it).
 */
#pragma once

#include <sys/queue.h>

#include "auth/backend.h"
#include "auth/dovecot_wire.h"
#include "base/clock.h"
#include "net/conn.h"

#define DOVECOT_OPEN_MAX    10000 /* questions and exchanges, wherever they stand */
#define DOVECOT_WAITING_MAX 1000  /* asked while there is no connection */
#define DOVECOT_WAIT_US     (5 * US_PER_S)
#define DOVECOT_ANSWER_US   (30 * US_PER_S)
#define DOVECOT_BUCKETS     1024

enum dovecot_state { DOVECOT_DOWN, DOVECOT_CONNECTING, DOVECOT_GREETING, DOVECOT_UP };

enum dovecot_stage {
    DOVECOT_WAITING, /* for a connection */
    DOVECOT_ASKED,   /* for Dovecot's reply */
    DOVECOT_IDLE,    /* for the client's response */
    DOVECOT_STAGES,
};

struct dovecot_ask { /* one question or exchange; q->backend_data */
    TAILQ_ENTRY(dovecot_ask) link;
    struct dovecot_ask *next; /* of the same bucket */
    struct auth_question *question;
    enum dovecot_stage stage;
    bool exchange;      /* may be challenged */
    uint32_t id;        /* on this connection; 0: none, or that connection is gone */
    int64_t since_us;   /* when the stage began */
    struct buf request; /* while it waits */
    uint8_t name[AUTH_NAME_MAX];
    size_t name_n;
};
TAILQ_HEAD(dovecot_list, dovecot_ask);

struct dovecot_backend {
    struct auth_backend base;
    struct address address;
    struct conn_owner owner;
    struct conn *conn;
    enum dovecot_state state;
    bool version_seen;
    bool complained; /* that it is down was logged */
    int64_t back_off_us;
    int64_t up_us, lost_us, heard_us;
    struct loop_timer timer;                    /* DOWN: try again; CONNECTING, GREETING: give up */
    struct buf offered;                         /* MECH names so far, a space before each */
    struct buf mechanisms;                      /* of the last whole greeting */
    struct loop_timer overdue;                  /* of the oldest question */
    struct dovecot_list stages[DOVECOT_STAGES]; /* each in order of since_us */
    size_t open_n, waiting_n;
    uint32_t last_id;
    struct dovecot_ask *buckets[DOVECOT_BUCKETS];
};

static inline struct dovecot_backend *dovecot_of(struct auth_backend *b)
{
    return CONTAINER_OF(b, struct dovecot_backend, base);
}

/* dovecot.c: closes, answers what is open, and comes back later. reason: static text. */
void dovecot_disconnect(struct dovecot_backend *d, const char *reason);

/* dovecot_ask.c */
void dovecot_ask_init(struct dovecot_backend *d);
void dovecot_ask_send_waiting(struct dovecot_backend *d);
/* Questions that were sent are answered "unavailable"; exchanges will be when they go on. */
void dovecot_ask_lose(struct dovecot_backend *d, const char *reason);
void dovecot_ask_drop_all(struct dovecot_backend *d);
/* OK, CONT, FAIL. Ids that are not open (cancelled, timed out) are ignored. */
void dovecot_ask_reply(struct dovecot_backend *d, const struct dovecot_line *line);

void dovecot_password(struct auth_backend *b, struct auth_question *q,
                      const struct auth_facts *facts, const struct auth_password *p);
void dovecot_exchange(struct auth_backend *b, struct auth_question *q,
                      const struct auth_facts *facts, struct slice mechanism, struct slice initial);
void dovecot_proceed(struct auth_backend *b, struct auth_question *q, struct slice response);
void dovecot_cancel(struct auth_backend *b, struct auth_question *q);
