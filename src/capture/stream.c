/* SPDX-License-Identifier: ISC */
#include "capture/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    SEGMENTS_MAX = 1024,      /* held of a stream: each is walked past */
    LENGTH = 2,               /* octets in front of a message */
    COOKIE_AT = LENGTH + 236, /* RFC 2131 §2: the fixed part, then the magic cookie */
    COOKIE = 4,
    FAR = 1 << 24, /* more than a window holds (RFC 7323 §2.3), much less than half the circle */
    READY_MAX = 4 * 65536,
    FRONT_SEGMENTS = 32, /* held of a stream without SYN while its beginning is looked for, */
    FRONT_OCTETS = 65536,
    FRONT_MAX = FRONT_OCTETS + 65536, /* and one more */
};
#define PATIENCE_NS (INT64_C(60) * 1000000000)

/* RFC 9293 §3.4: numbers are compared around the circle. */
static int32_t ahead(uint32_t sequence, uint32_t of)
{
    return (int32_t)(sequence - of);
}

void capture_stream_init(struct capture_stream *stream, uint32_t number, uint32_t first,
                         bool in_step)
{
    *stream = (struct capture_stream){ .number = number,
                                       .first = first,
                                       .next = first,
                                       .in_step = in_step,
                                       .front = !in_step,
                                       .now_ns = CAPTURE_NO_TIME };
    buf_init(&stream->ready, READY_MAX);
}

static void drop_first(struct capture_stream *s)
{
    struct capture_segment *first = s->held;
    s->held = first->after;
    if (s->held)
        s->held->before = NULL;
    else
        s->held_last = NULL;
    s->held_n--;
    s->held_octets -= first->n;
    free(first);
}

void capture_stream_clear(struct capture_stream *s)
{
    while (s->held)
        drop_first(s);
    buf_clear(&s->ready);
}

void capture_stream_stop(struct capture_stream *s)
{
    capture_stream_clear(s);
    s->given = 0;
    s->lost = NULL;
    s->front = false;
    s->stopped = true;
}

size_t capture_stream_memory(const struct capture_stream *s)
{
    return s->ready.cap + s->held_octets + s->held_n * sizeof(struct capture_segment);
}

static void insert(struct capture_stream *s, struct capture_segment *made)
{
    struct capture_segment *before = s->held_last;
    while (before && ahead(made->sequence, before->sequence) < 0)
        before = before->before;
    made->before = before;
    made->after = before ? before->after : s->held;
    *(made->after ? &made->after->before : &s->held_last) = made;
    *(before ? &before->after : &s->held) = made;
    s->held_n++;
    s->held_octets += made->n;
}

static bool is_held(const struct capture_stream *s, uint32_t sequence, size_t n)
{
    for (const struct capture_segment *h = s->held_last; h; h = h->before)
        if (ahead(sequence, h->sequence) >= 0 && (size_t)ahead(sequence, h->sequence) + n <= h->n)
            return true;
    return false;
}

bool capture_stream_fits(const struct capture_stream *s, uint32_t sequence)
{
    return ahead(sequence, s->next) > -FAR;
}

int capture_stream_hold(struct capture_stream *s, const struct capture_message *about,
                        uint32_t sequence, struct slice octets)
{
    uint32_t behind = sequence + (uint32_t)octets.n;
    if (s->stopped && ahead(behind, s->next) > 0)
        s->next = behind;
    bool old = !s->front && ahead(behind, s->next) <= 0;
    if (s->stopped || old || is_held(s, sequence, octets.n))
        return 0;
    struct capture_segment *made = malloc(sizeof *made + octets.n);
    if (!made)
        return -ENOMEM;
    *made =
        (struct capture_segment){ .about = *about, .sequence = sequence, .n = (uint32_t)octets.n };
    memcpy(made->octets, octets.p, octets.n);
    insert(s, made);
    return 0;
}

/* Appends the first held segment to what is ready, without the octets that are there. */
static void pull(struct capture_stream *s)
{
    struct capture_segment *h = s->held;
    size_t known = (size_t)ahead(s->next, h->sequence);
    if (known < h->n) {
        if (h->about.frame >= s->about.frame)
            s->about = h->about;
        s->mark = buf_size(&s->ready);
        s->mark_at = 0;
        if (h->about.payload_at && h->about.frame == s->about.frame)
            s->mark_at = h->about.payload_at + known;
        buf_append(&s->ready, (struct slice){ h->octets + known, h->n - known });
        s->next = h->sequence + h->n;
    }
    drop_first(s);
}

static void drop_ready(struct capture_stream *s, size_t n)
{
    buf_consume(&s->ready, n);
    if (n > s->mark) {
        s->mark_at += s->mark_at ? n - s->mark : 0;
        s->mark = 0;
    } else {
        s->mark -= n;
    }
}

static bool is_message(const uint8_t *at)
{
    size_t length = (size_t)at[0] << 8 | at[1];
    uint8_t op = at[LENGTH], hlen = at[LENGTH + 2];
    return length >= COOKIE_AT - LENGTH + COOKIE && (op == 1 || op == 2) && hlen <= 16;
}

/* Drops what stands before the next message that can be told by its cookie. */
static void find_step(struct capture_stream *s)
{
    struct slice all = buf_slice(&s->ready);
    size_t from = COOKIE_AT;
    while (from + COOKIE <= all.n) {
        const uint8_t *cookie = memmem(all.p + from, all.n - from, "\x63\x82\x53\x63", COOKIE);
        if (!cookie)
            break;
        if (is_message(cookie - COOKIE_AT)) {
            s->in_step = true;
            drop_ready(s, (size_t)(cookie - all.p) - COOKIE_AT);
            return;
        }
        from = (size_t)(cookie - all.p) + 1;
    }
    if (all.n >= COOKIE_AT + COOKIE) /* the next cookie may be cut in two */
        drop_ready(s, all.n - (COOKIE_AT + COOKIE - 1));
}

static bool read_message(struct capture_stream *s, struct capture_message *out)
{
    if (!s->in_step)
        find_step(s);
    struct slice all = buf_slice(&s->ready);
    if (!s->in_step || all.n < LENGTH)
        return false;
    size_t n = (size_t)all.p[0] << 8 | all.p[1];
    if (all.n - LENGTH < n)
        return false;
    *out = s->about;
    out->kind = CAPTURE_TCP;
    out->stream = s->number;
    out->payload = (struct slice){ all.p + LENGTH, n };
    out->payload_at = n && s->mark_at && s->mark <= LENGTH ? s->mark_at + LENGTH - s->mark : 0;
    s->given = LENGTH + n;
    return true;
}

/* Messages one behind the other that end where the octets do, as their sender sends them. */
static bool are_messages(struct slice all)
{
    size_t at = 0;
    while (all.n - at > LENGTH) {
        size_t n = (size_t)all.p[at] << 8 | all.p[at + 1];
        if (n == 0 || n > all.n - at - LENGTH)
            return false;
        at += LENGTH + n;
    }
    return at == all.n;
}

static bool begins_message(struct slice all)
{
    return are_messages(all) || (all.n >= COOKIE_AT + COOKIE && is_message(all.p) &&
                                 memcmp(all.p + COOKIE_AT, "\x63\x82\x53\x63", COOKIE) == 0);
}

/* What is held from the first octet to the first hole begins with a message. */
static bool is_front_found(const struct capture_stream *s)
{
    CLEANUP(buf_clear) struct buf run;
    uint32_t next = s->held->sequence;
    buf_init(&run, FRONT_MAX);
    for (const struct capture_segment *h = s->held; h && ahead(h->sequence, next) <= 0;
         h = h->after) {
        size_t known = (size_t)ahead(next, h->sequence);
        if (known >= h->n)
            continue;
        buf_append(&run, (struct slice){ h->octets + known, h->n - known });
        next = h->sequence + h->n;
    }
    return !run.failed && begins_message(buf_slice(&run));
}

/* Enough came, or no more will. */
static bool is_front_over(const struct capture_stream *s)
{
    const struct capture_segment *h = s->held;
    return s->closing || s->has_fin || s->held_n > FRONT_SEGMENTS ||
           s->held_octets > FRONT_OCTETS ||
           (s->now_ns != CAPTURE_NO_TIME && h->about.time_ns != CAPTURE_NO_TIME &&
            s->now_ns > h->about.time_ns && s->now_ns - h->about.time_ns > PATIENCE_NS);
}

/* Without a SYN the first segment seen need not be the first one sent: they are held until the first of
 * them begins with a message. */
static bool leave_front(struct capture_stream *s)
{
    bool found = s->held && is_front_found(s);
    if (s->held && !found && !is_front_over(s))
        return false;
    if (!s->held && !s->closing)
        return false;
    s->front = false;
    s->in_step = found;
    s->lost = "a stream begins in the middle";
    if (s->held) {
        s->first = s->next = s->held->sequence;
        s->about = s->held->about;
    }
    return true;
}

bool capture_stream_syn(struct capture_stream *s, uint32_t first)
{
    if (s->front && (!s->held || ahead(first, s->held->sequence) <= 0) &&
        ahead(first, s->next) > -CAPTURE_STREAM_WINDOW) {
        s->first = s->next = first;
        s->front = false;
        s->in_step = true;
    }
    return s->first == first;
}

/* Whoever sent what is behind it, or received it, will not send it again. */
static bool is_hole_lost(const struct capture_stream *s)
{
    const struct capture_segment *h = s->held;
    if (s->closing || s->held_octets > CAPTURE_STREAM_WINDOW || s->held_n > SEGMENTS_MAX ||
        ahead(h->sequence, s->next) > CAPTURE_STREAM_WINDOW)
        return true;
    return s->has_acknowledged && ahead(s->acknowledged, h->sequence) >= 0 &&
           s->now_ns != CAPTURE_NO_TIME && h->about.time_ns != CAPTURE_NO_TIME &&
           s->now_ns > h->about.time_ns && s->now_ns - h->about.time_ns > PATIENCE_NS;
}

static void skip_hole(struct capture_stream *s)
{
    drop_ready(s, buf_size(&s->ready));
    s->lost = "a stream has a hole";
    s->about = s->held->about;
    s->next = s->held->sequence;
    s->in_step = false;
}

static bool tell_loss(struct capture_stream *s, struct capture_message *out)
{
    *out = s->about;
    out->kind = CAPTURE_LOSS;
    out->stream = s->number;
    out->what = s->lost;
    out->payload_at = 0;
    s->lost = NULL;
    return true;
}

static void end(struct capture_stream *s, const char *lost)
{
    capture_stream_stop(s);
    s->lost = lost;
}

/* True: something changed, and there may be more to give. */
static bool advance(struct capture_stream *s)
{
    if (s->stopped)
        return false;
    if (s->front)
        return leave_front(s);
    if (s->ready.failed)
        end(s, "no memory for a stream");
    else if (s->held && ahead(s->held->sequence, s->next) <= 0)
        pull(s);
    else if (s->held && is_hole_lost(s))
        skip_hole(s);
    else if (s->closing || (s->has_fin && ahead(s->next, s->fin) >= 0))
        end(s, s->in_step && buf_size(&s->ready) ? "a stream ends inside a message" : NULL);
    else
        return false;
    return true;
}

bool capture_stream_next(struct capture_stream *s, struct capture_message *out)
{
    drop_ready(s, s->given);
    s->given = 0;
    do {
        if (s->lost)
            return tell_loss(s, out);
        if (!s->stopped && read_message(s, out))
            return true;
    } while (advance(s));
    return false;
}
