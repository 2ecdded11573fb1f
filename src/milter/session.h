/* SPDX-License-Identifier: ISC
 *
 * milter/session: one connection of an MTA, many messages (the milter protocol, versions 2 to 6).
 *
 * A pure state machine: bytes, answers and time go in; packets go into a buffer of the caller's, and
 * what is to be verified, questions and events come out of milter_next. No socket, no clock, no log.
 * Signing is pure and happens here; verifying needs DNS and is the caller's (verify/verification.h):
 * the session says what to feed it, and is told what came of it.
 *
 *   n = milter_input(...); while (milter_next(...)) switch (want.kind) {
 *   VERIFY:      a verification begins (verification_new)
 *   FIELD:       verification_field(bytes); HEADER_END, BODY likewise
 *   VERDICT:     verification_end; its on_done gathers and calls milter_verified, later or at once
 *   ABORT:       verification_free: the message is given up, or the verdict was used
 *   EVENT:       milter_event_log (milter/events.h)
 *   CLOSE:       what was written is sent, then the connection ends }
 *
 * When one of the verification's calls fails, milter_unverified says so; of it comes only ABORT then.
 *
 * Files: session.c (packets, the table of commands, wants), envelope.c (connection and envelope),
 * content.c (header and body), sign.c (the signatures of one message), finish.c (what is answered).
 */
#pragma once

#include "base/buf.h"
#include "milter/message.h"
#include "milter/setup.h"
#include "net/address.h"

#define MILTER_WANTS_MAX  12
#define MILTER_OUTPUT_MAX ((size_t)256 * 1024) /* more never waits in the buffer for one message */
#define MILTER_ID_MAX     17                   /* 16 hex digits and a NUL */
#define MILTER_HOST_MAX   256
#define MILTER_PACKET_MAX ((size_t)1024 * 1024 + 64 * 1024) /* of a payload; then a fault */

enum milter_state {
    MILTER_START,     /* nothing said yet: the negotiation must come first */
    MILTER_READY,     /* between messages */
    MILTER_ENVELOPE,  /* MAIL was seen */
    MILTER_HEADER,    /* a header field was seen */
    MILTER_BODY,      /* the header is complete */
    MILTER_VERIFYING, /* the message is complete: its verdict is awaited */
    MILTER_CLOSING,   /* nothing more is heard */
    MILTER_STATE_COUNT,
};

enum milter_event {
    MILTER_EVENT_NEGOTIATED, /* version, actions, steps of the session */
    MILTER_EVENT_MESSAGE,    /* a message was answered: message.report */
    MILTER_EVENT_ABORTED,    /* a message was given up by the MTA */
    MILTER_EVENT_HAZARD,     /* signed, and the next hop may break it: message.report.hazards */
    MILTER_EVENT_REFUSED,    /* a packet that cannot be: close_reason; CLOSE follows */
};

enum milter_want_kind {
    MILTER_WANT_VERIFY,
    MILTER_WANT_FIELD,
    MILTER_WANT_HEADER_END,
    MILTER_WANT_BODY,
    MILTER_WANT_VERDICT,
    MILTER_WANT_ABORT,
    MILTER_WANT_EVENT,
    MILTER_WANT_CLOSE,
};

struct milter_want {
    enum milter_want_kind kind;
    enum milter_event event;
    struct slice bytes; /* FIELD: "Name: value", folds with CRLF; BODY. Valid until milter_next */
};

struct milter_session {
    const struct milter_setup *setup;
    struct buf *out; /* the caller's */
    char id[MILTER_ID_MAX];
    enum milter_state state;
    int64_t now_us, wall_s, idle_due_us, progress_due_us;
    const char *close_reason; /* static text */

    uint32_t version, actions, steps; /* as agreed */
    uint32_t messages;                /* begun */

    char host[MILTER_HOST_MAX];    /* what the MTA calls the client */
    struct address client;         /* n is 0: unknown */
    struct milter_macros macros;   /* of the connection */
    bool macros_fresh;             /* of the client that comes next */
    struct milter_message message; /* of the last one after its end, too, for the event */
    bool verifying;                /* VERIFY came, ABORT not yet */
    bool verify_failed;            /* milter_unverified was called */

    struct buf held;  /* a packet that is not whole, or is being handled */
    size_t held_used; /* octets of it that are handled */
    struct buf field; /* scratch: the field of a FIELD want */
    size_t body_left; /* octets of a body's packet that are still to come */

    struct milter_want wants[MILTER_WANTS_MAX];
    uint8_t wants_first, wants_n;
};

/* id: for the log. out must stay the session's until milter_clear. */
void milter_init(struct milter_session *s, const struct milter_setup *setup,
                 const char id[MILTER_ID_MAX], struct buf *out, int64_t now_us);
/* Frees. Emits nothing: an open verification is given up by the caller. */
void milter_clear(struct milter_session *s);

/* Takes what it can and returns how many: at most one packet; fewer than given, with wants or none:
 * call milter_next until it is false, then again with the rest. 0 only behind a CLOSE. What is not
 * a whole packet is taken and kept, but for bodies: they go on at once. wall_s: seconds since 1970, for t=. */
size_t milter_input(struct milter_session *s, struct slice bytes, int64_t now_us, int64_t wall_s);
/* The answer to VERDICT; pointers in it are read now and not kept. */
void milter_verified(struct milter_session *s, const struct milter_verified *verified,
                     int64_t now_us);
/* The verification failed on our side (negative: -ENOMEM, ...): any time between VERIFY and the
 * answer to VERDICT, and it is that answer. */
void milter_unverified(struct milter_session *s, int error, int64_t now_us);
/* Idle connections are closed, and an MTA that waits for a verdict is told that it comes. */
void milter_tick(struct milter_session *s, int64_t now_us);
int64_t milter_deadline(const struct milter_session *s); /* of the next tick; 0: none */
bool milter_next(struct milter_session *s, struct milter_want *out);

/* The MTA's connection ended, or must end (static text): what is open is given up. */
void milter_hangup(struct milter_session *s, const char *reason);
bool milter_idle(const struct milter_session *s); /* no message: may be closed without a loss */
