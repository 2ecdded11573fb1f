/* SPDX-License-Identifier: ISC */
#include "milter/session.h"

#include <errno.h>

#include "base/attribute.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/reader.h"
#include "milter/session_internal.h"

#define IN(state) (1u << MILTER_##state)

enum {
    VERSION_LEAST = 2,
    VERSION_MOST = 6,
    PROGRESS_US =
        5 * US_PER_S, /* MTAs wait minutes for the end's answer; each of these renews it */
    MESSAGE = IN(ENVELOPE) | IN(HEADER) | IN(BODY),
    NEGOTIATED = IN(READY) | MESSAGE | IN(VERIFYING),
};

static command_handler on_negotiate, on_nothing, on_abort, on_quit;

/* When each command is heard. In another state the message that is open is given up, as libmilter
 * does; a command that then fits is heard, any other ends the connection. A reply is left out where
 * the MTA agreed not to wait for it. */
/* clang-format off */
static const struct command_row {
    uint8_t command;
    command_handler *handler;
    unsigned states;
    uint32_t no_reply;
} commands[] = {
    { WIRE_NEGOTIATE,  on_negotiate,  IN(START),                            0                        },
    { WIRE_MACROS,     milter_on_macros,     NEGOTIATED,                           0                        },
    { WIRE_CONNECT,    milter_on_connect,    IN(READY),                            WIRE_NO_REPLY_CONNECT    },
    { WIRE_HELO,       on_nothing,    IN(READY),                            WIRE_NO_REPLY_HELO       },
    { WIRE_MAIL,       milter_on_mail,       IN(READY),                            WIRE_NO_REPLY_MAIL       },
    { WIRE_RCPT,       on_nothing,    IN(ENVELOPE),                         WIRE_NO_REPLY_RCPT       },
    { WIRE_DATA,       on_nothing,    IN(ENVELOPE),                         WIRE_NO_REPLY_DATA       },
    { WIRE_UNKNOWN,    on_nothing,    IN(READY) | IN(ENVELOPE),             WIRE_NO_REPLY_UNKNOWN    },
    { WIRE_HEADER,     milter_on_header,     IN(ENVELOPE) | IN(HEADER),            WIRE_NO_REPLY_HEADER     },
    { WIRE_HEADER_END, milter_on_header_end, IN(ENVELOPE) | IN(HEADER),            WIRE_NO_REPLY_HEADER_END },
    { WIRE_BODY,       milter_on_body,       MESSAGE,                              WIRE_NO_REPLY_BODY       },
    { WIRE_END,        milter_on_end,        MESSAGE,                              0                        },
    { WIRE_ABORT,      on_abort,      NEGOTIATED,                           0                        },
    { WIRE_QUIT_NEXT,  milter_on_quit_next,  NEGOTIATED,                           0                        },
    { WIRE_QUIT,       on_quit,       IN(START) | NEGOTIATED,               0                        },
};
/* clang-format on */

void milter_init(struct milter_session *s, const struct milter_setup *setup,
                 const char id[MILTER_ID_MAX], struct buf *out, int64_t now_us)
{
    *s = (struct milter_session){ .setup = setup, .out = out, .now_us = now_us };
    (void)slice_keep(slice_of_str(id), s->id, sizeof s->id - 1); /* that long by contract */
    buf_init(&s->held, WIRE_LENGTH + 1 + MILTER_PACKET_MAX);
    buf_init(&s->field, 2 * MILTER_PACKET_MAX);
    milter_message_init(&s->message);
    s->idle_due_us = now_us + setup->conf->timeouts.idle_us;
}

void milter_clear(struct milter_session *s)
{
    milter_message_forget(&s->message);
    buf_clear(&s->held);
    buf_clear(&s->field);
}

/* --- wants --- */

static struct milter_want *add_want(struct milter_session *s, enum milter_want_kind kind)
{
    CHECK(s->wants_n < MILTER_WANTS_MAX);
    struct milter_want *w = &s->wants[(s->wants_first + s->wants_n++) % MILTER_WANTS_MAX];
    *w = (struct milter_want){ .kind = kind };
    return w;
}

void milter_session_want(struct milter_session *s, enum milter_want_kind kind, struct slice bytes)
{
    add_want(s, kind)->bytes = bytes;
}

void milter_session_event(struct milter_session *s, enum milter_event event)
{
    add_want(s, MILTER_WANT_EVENT)->event = event;
}

/* What wants pointed into has been fetched. Given back now: what comes next may be long in coming. */
static void release(struct milter_session *s)
{
    buf_consume(&s->held, s->held_used);
    s->held_used = 0;
    buf_consume(&s->field, buf_size(&s->field));
}

bool milter_next(struct milter_session *s, struct milter_want *out)
{
    if (s->wants_n == 0) {
        release(s);
        return false;
    }
    *out = s->wants[s->wants_first];
    s->wants_first = (uint8_t)((s->wants_first + 1) % MILTER_WANTS_MAX);
    s->wants_n--;
    return true;
}

static bool feeds_verification(enum milter_want_kind kind)
{
    switch (kind) {
    case MILTER_WANT_VERIFY:
    case MILTER_WANT_FIELD:
    case MILTER_WANT_HEADER_END:
    case MILTER_WANT_BODY:
    case MILTER_WANT_VERDICT: return true;
    case MILTER_WANT_ABORT:
    case MILTER_WANT_EVENT:
    case MILTER_WANT_CLOSE: break;
    }
    return false;
}

/* Wants of a verification that has failed are not handed out any more. */
static void drop_wants(struct milter_session *s)
{
    uint8_t n = s->wants_n;
    s->wants_n = 0;
    for (uint8_t i = 0; i < n; i++) {
        struct milter_want w = s->wants[(s->wants_first + i) % MILTER_WANTS_MAX];
        if (!feeds_verification(w.kind))
            s->wants[(s->wants_first + s->wants_n++) % MILTER_WANTS_MAX] = w;
    }
}

static void close_session(struct milter_session *s, const char *reason)
{
    if (s->state == MILTER_CLOSING)
        return;
    if (s->message.open)
        milter_message_over(s, MILTER_EVENT_ABORTED);
    s->close_reason = reason;
    s->state = MILTER_CLOSING;
    milter_session_want(s, MILTER_WANT_CLOSE, (struct slice){ 0 });
}

enum handled milter_session_refuse(struct milter_session *s, const char *reason)
{
    if (s->state != MILTER_CLOSING) {
        if (s->message.open)
            milter_message_over(s, MILTER_EVENT_ABORTED);
        s->close_reason = reason;
        milter_session_event(s, MILTER_EVENT_REFUSED);
        close_session(s, reason);
    }
    return HANDLED_SILENT;
}

/* --- commands that are about the connection itself --- */

bool milter_session_leading_space(const struct milter_session *s)
{
    return s->steps & WIRE_LEADING_SPACE;
}

/* What is needed of the MTA's macros, whatever it would send by itself. */
static void wanted_symbols(struct buf *out)
{
    wire_symbols_append(out, WIRE_STAGE_CONNECT, "{daemon_name}");
    wire_symbols_append(out, WIRE_STAGE_MAIL, "{auth_type} {auth_authen}");
    wire_symbols_append(out, WIRE_STAGE_END, "i");
    wire_symbols_append(out, WIRE_STAGE_HEADER_END, "i");
}

/* Replies are waited for only where one may say more than "go on": at the end of the header (nothing
 * to do: the body need not come) and of the message. A step may be asked for only if offered. */
static enum handled on_negotiate(struct milter_session *s, struct slice payload)
{
    const uint32_t must = WIRE_ADD_HEADERS | WIRE_CHANGE_HEADERS;
    const uint32_t steps = WIRE_NO_HELO | WIRE_NO_RCPT | WIRE_NO_DATA | WIRE_NO_UNKNOWN |
                           WIRE_NO_REPLY_CONNECT | WIRE_NO_REPLY_HELO | WIRE_NO_REPLY_MAIL |
                           WIRE_NO_REPLY_RCPT | WIRE_NO_REPLY_DATA | WIRE_NO_REPLY_UNKNOWN |
                           WIRE_NO_REPLY_HEADER | WIRE_NO_REPLY_BODY | WIRE_LEADING_SPACE;
    struct wire_negotiation n;
    struct fault why;
    struct buf symbols;
    if (!wire_negotiation_parse(payload, &n, &why))
        return milter_session_refuse(s, why.what);
    if (n.version < VERSION_LEAST)
        return milter_session_refuse(s, "a version of the protocol below 2");
    if ((n.actions & must) != must)
        return milter_session_refuse(s, "the MTA would not have header fields added and deleted");
    n.version = n.version < VERSION_MOST ? n.version : VERSION_MOST;
    n.actions &= must | WIRE_QUARANTINE | WIRE_SET_SYMBOLS;
    n.steps &= steps;
    buf_init(&symbols, 512);
    if ((n.actions & WIRE_SET_SYMBOLS) && n.version == VERSION_MOST)
        wanted_symbols(&symbols);
    wire_write_negotiation(s->out, &n, buf_slice(&symbols));
    buf_clear(&symbols);
    s->version = n.version;
    s->actions = n.actions;
    s->steps = n.steps;
    s->state = MILTER_READY;
    milter_session_event(s, MILTER_EVENT_NEGOTIATED);
    return HANDLED_SILENT;
}

static enum handled on_nothing(struct milter_session *s UNUSED, struct slice payload UNUSED)
{
    return HANDLED;
}

static enum handled on_abort(struct milter_session *s, struct slice payload UNUSED)
{
    if (s->message.open)
        milter_message_over(s, MILTER_EVENT_ABORTED);
    else
        milter_message_forget(&s->message);
    return HANDLED_SILENT;
}

static enum handled on_quit(struct milter_session *s, struct slice payload UNUSED)
{
    close_session(s, "the MTA has ended it");
    return HANDLED_SILENT;
}

/* --- packets --- */

static const struct command_row *find_row(uint8_t command)
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        if (commands[i].command == command)
            return &commands[i];
    return NULL;
}

/* May the command be heard? NULL: it has been refused. */
static const struct command_row *admit(struct milter_session *s, uint8_t command)
{
    const struct command_row *row = find_row(command);
    if (!row) {
        (void)milter_session_refuse(s, "a command that nobody knows");
        return NULL;
    }
    if (!(row->states & (1u << s->state)) && s->message.open)
        milter_message_over(s, MILTER_EVENT_ABORTED);
    if (row->states & (1u << s->state))
        return row;
    (void)milter_session_refuse(s, "a command out of its order");
    return NULL;
}

static void run_packet(struct milter_session *s, const struct wire_packet *packet)
{
    const struct command_row *row = admit(s, packet->command);
    if (row && row->handler(s, packet->payload) == HANDLED && !(s->steps & row->no_reply))
        wire_write_reply(s->out, WIRE_REPLY_CONTINUE);
}

/* A body is taken as it comes: held back until its packet is whole it would be 64 KiB of each of a thousand
 * connections. */
static size_t begin_body(struct milter_session *s, struct slice bytes)
{
    struct reader r = reader_of(bytes);
    size_t size = reader_be32(&r);
    if (reader_u8(&r) != WIRE_BODY || r.bad || !admit(s, WIRE_BODY))
        return 0;
    s->body_left = size - 1;
    return WIRE_LENGTH + 1;
}

static size_t go_on_with_body(struct milter_session *s, struct slice bytes)
{
    struct slice part = slice_first(bytes, s->body_left);
    s->body_left -= part.n;
    if (milter_on_body(s, part) == HANDLED && !s->body_left && !(s->steps & WIRE_NO_REPLY_BODY))
        wire_write_reply(s->out, WIRE_REPLY_CONTINUE);
    return part.n;
}

/* Handles the packet at the start of bytes. Returns its size, or that of the part which was handled; 0:
 * more must come. */
static size_t handle_packet(struct milter_session *s, struct slice bytes)
{
    struct wire_packet packet;
    size_t used = 0;
    switch (wire_packet_parse(bytes, MILTER_PACKET_MAX, &packet, &used)) {
    case WIRE_WHOLE: run_packet(s, &packet); return used;
    case WIRE_PARTIAL: return begin_body(s, bytes);
    case WIRE_TOO_BIG: (void)milter_session_refuse(s, "a packet that is too big"); break;
    case WIRE_EMPTY: (void)milter_session_refuse(s, "a packet without a command"); break;
    }
    return 0;
}

/* Octets until the packet that has begun is whole, or its size can be told. */
static size_t octets_missing(struct slice held)
{
    struct reader r = reader_of(held);
    size_t size = reader_be32(&r);
    if (held.n < WIRE_LENGTH + 1)
        return WIRE_LENGTH + 1 - held.n;
    return WIRE_LENGTH + size - held.n;
}

/* A packet that is whole in what came is handled where it stands; only a part is copied. */
static size_t take(struct milter_session *s, struct slice bytes)
{
    size_t used;
    if (s->body_left)
        return go_on_with_body(s, bytes);
    if (buf_size(&s->held)) {
        bytes = slice_first(bytes, octets_missing(buf_slice(&s->held)));
        buf_append(&s->held, bytes);
        s->held_used = s->held.failed ? 0 : handle_packet(s, buf_slice(&s->held));
    } else if ((used = handle_packet(s, bytes)) > 0) {
        return used;
    } else if (s->state != MILTER_CLOSING) {
        buf_append(&s->held, bytes);
    }
    if (s->held.failed)
        (void)milter_session_refuse(s, "no memory for a packet");
    return bytes.n;
}

size_t milter_input(struct milter_session *s, struct slice bytes, int64_t now_us, int64_t wall_s)
{
    s->now_us = now_us;
    s->wall_s = wall_s;
    release(s);
    if (s->state == MILTER_CLOSING || bytes.n == 0)
        return 0;
    s->idle_due_us = now_us + s->setup->conf->timeouts.idle_us;
    return take(s, bytes);
}

/* --- answers and time --- */

void milter_verified(struct milter_session *s, const struct milter_verified *verified,
                     int64_t now_us)
{
    s->now_us = now_us;
    if (s->state == MILTER_VERIFYING)
        milter_finish(s, verified);
}

void milter_unverified(struct milter_session *s, int error, int64_t now_us)
{
    s->now_us = now_us;
    if (!s->verifying || s->verify_failed)
        return;
    s->verify_failed = true;
    if (error == -E2BIG || error == ERR_TOO_BIG)
        s->message.header_over = true; /* its sender's doing, not a failure here */
    else
        s->message.report.error = error;
    drop_wants(s);
    if (s->state == MILTER_VERIFYING)
        milter_finish(s, NULL);
}

void milter_tick(struct milter_session *s, int64_t now_us)
{
    s->now_us = now_us;
    if (s->state == MILTER_CLOSING)
        return;
    if (s->state == MILTER_VERIFYING) {
        if (now_us < s->progress_due_us)
            return;
        wire_write_reply(s->out, WIRE_REPLY_PROGRESS);
        s->progress_due_us = now_us + PROGRESS_US;
    } else if (now_us >= s->idle_due_us) {
        close_session(s, "the MTA said nothing for too long");
    }
}

int64_t milter_deadline(const struct milter_session *s)
{
    if (s->state == MILTER_CLOSING)
        return 0;
    return s->state == MILTER_VERIFYING ? s->progress_due_us : s->idle_due_us;
}

void milter_session_await_verdict(struct milter_session *s)
{
    s->state = MILTER_VERIFYING;
    s->progress_due_us = s->now_us + PROGRESS_US;
    milter_session_want(s, MILTER_WANT_VERDICT, (struct slice){ 0 });
}

void milter_hangup(struct milter_session *s, const char *reason)
{
    close_session(s, reason);
}

bool milter_idle(const struct milter_session *s)
{
    return !s->message.open;
}
