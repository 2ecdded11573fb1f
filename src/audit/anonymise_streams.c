/* SPDX-License-Identifier: ISC
 *
 * TCP streams of leasequery (RFC 6926 §6.1: a length of 16 bits in front of each message), as capture/stream reads
 * them: a message that is whole is rewritten, in whichever segments and copies of them it stands. A stream that
 * begins in the middle, or has a hole, is zeroed up to where the next message can be told by its cookie.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit/anonymise_internal.h"
#include "base/buf.h"
#include "dhcp/name.h"

enum {
    STREAMS_MAX = 256,
    WINDOW = CAPTURE_STREAM_WINDOW,
    PIECES_MAX = 4096,
    PAST = 65536, /* octets that may be sent again */
    LENGTH = 2,
    COOKIE_AT = LENGTH + 236,
    COOKIE = 4,
    TCP_SEQUENCE = 4,
    TCP_FLAGS = 13,
    SYN = 0x02,
};

struct stream {
    struct stream *next;
    uint64_t key[2], reverse[2];
    uint32_t first, wanted; /* sequence numbers: of its first octet, of the next that is expected */
    uint32_t done;          /* up to here it is rewritten */
    bool in_step, hidden;   /* hidden: TLS began */
    struct anonymise_piece *pieces; /* in the order in which they came */
    size_t pieces_n;
    struct buf raw;  /* from done on, as it was */
    struct buf past; /* up to done, as it is now */
};

struct anonymise_streams {
    struct stream *streams; /* the one used last first */
    size_t n;
};

/* RFC 9293 §3.4: numbers are compared around the circle. */
static int32_t ahead(uint32_t sequence, uint32_t of)
{
    return (int32_t)(sequence - of);
}

struct anonymise_streams *anonymise_streams_new(void)
{
    return calloc(1, sizeof(struct anonymise_streams));
}

static void stream_free(struct stream *s)
{
    while (s->pieces) {
        struct anonymise_piece *piece = s->pieces;
        s->pieces = piece->next;
        anonymise_piece_done(piece);
    }
    buf_clear(&s->raw);
    buf_clear(&s->past);
    free(s);
}

void anonymise_streams_free(struct anonymise_streams *streams)
{
    while (streams && streams->streams) {
        struct stream *s = streams->streams;
        streams->streams = s->next;
        stream_free(s);
    }
    free(streams);
}

/* ---- putting octets back ---- */

/* The octets from s->done on go into every segment that has some of them. */
static void put_back(const struct stream *s, const struct anonymise_piece *p, struct slice octets)
{
    int32_t skip = ahead(s->done, p->offset); /* octets of the piece that are in front of them */
    struct slice part = skip < 0 ? slice_from(octets, (size_t)-skip) : octets;
    size_t at = skip > 0 ? (size_t)skip : 0;
    if (at >= p->n || !part.n)
        return;
    size_t n = part.n < p->n - at ? part.n : p->n - at;
    memcpy(p->held->data + p->at + at, part.p, n);
}

/* What was rewritten long ago is not kept; a copy of it is zeroed. */
static void remember(struct stream *s, struct slice octets)
{
    struct slice end = slice_from(octets, octets.n > PAST ? octets.n - PAST : 0);
    size_t held = buf_size(&s->past), too_many = held + end.n > PAST ? held + end.n - PAST : 0;
    buf_consume(&s->past, too_many);
    buf_append(&s->past, end);
}

static void resolve(struct stream *s, struct slice octets)
{
    for (struct anonymise_piece **at = &s->pieces; *at;) {
        struct anonymise_piece *p = *at;
        put_back(s, p, octets);
        if (ahead(p->offset + p->n, s->done + (uint32_t)octets.n) > 0) {
            at = &p->next;
            continue;
        }
        *at = p->next;
        s->pieces_n--;
        anonymise_piece_done(p);
    }
    remember(s, octets);
    s->done += (uint32_t)octets.n;
    buf_consume(&s->raw, octets.n);
}

static void resolve_zeros(struct anonymise_context *context, struct stream *s, size_t n)
{
    while (n) {
        size_t part = n < sizeof context->whole ? n : sizeof context->whole;
        memset(context->whole, 0, part);
        resolve(s, (struct slice){ context->whole, part });
        n -= part;
    }
}

/* ---- messages ---- */

static bool is_message(const uint8_t *at)
{
    size_t length = (size_t)at[0] << 8 | at[1];
    return length >= COOKIE_AT - LENGTH + COOKIE && (at[LENGTH] == 1 || at[LENGTH] == 2) &&
           at[LENGTH + 2] <= 16;
}

static void find_step(struct anonymise_context *context, struct stream *s)
{
    struct slice all = buf_slice(&s->raw);
    for (size_t at = 0; all.n >= COOKIE_AT + COOKIE && at <= all.n - COOKIE_AT - COOKIE; at++)
        if (memcmp(all.p + at + COOKIE_AT, "\x63\x82\x53\x63", COOKIE) == 0 &&
            is_message(all.p + at)) {
            s->in_step = true;
            resolve_zeros(context, s, at);
            return;
        }
    if (all.n >= COOKIE_AT + COOKIE)
        resolve_zeros(context, s, all.n - (COOKIE_AT + COOKIE - 1));
}

/* RFC 7724 §7.2: a server's DHCPTLS without a refusing status; both directions go on in TLS. */
static void look_for_tls(struct anonymise_streams *streams, const struct dhcp_packet *packet,
                         struct stream *s)
{
    struct slice status = dhcp_packet_value(packet, DHCP_O_STATUS);
    if (packet->type != DHCP_TLS || packet->op != DHCP_BOOTREPLY || (status.n && status.p[0]))
        return;
    s->hidden = true;
    for (struct stream *other = streams->streams; other; other = other->next)
        if (memcmp(other->key, s->reverse, sizeof other->key) == 0)
            other->hidden = true;
}

static bool take_message(struct anonymise_streams *streams, struct anonymise_context *context,
                         struct stream *s)
{
    struct slice all = buf_slice(&s->raw);
    if (all.n < LENGTH)
        return false;
    size_t n = (size_t)all.p[0] << 8 | all.p[1];
    if (all.n - LENGTH < n)
        return false;
    context->room.packet = (struct dhcp_packet){ 0 };
    if (n)
        memcpy(context->whole, all.p + LENGTH, n);
    anonymise_message(context->map, &context->room, context->whole, n);
    look_for_tls(streams, &context->room.packet, s);
    const uint8_t length[LENGTH] = { (uint8_t)(n >> 8), (uint8_t)n };
    resolve(s, (struct slice){ length, LENGTH });
    resolve(s, (struct slice){ context->whole, n });
    return true;
}

static void read_messages(struct anonymise_streams *streams, struct anonymise_context *context,
                          struct stream *s)
{
    do {
        if (s->hidden)
            resolve_zeros(context, s, buf_size(&s->raw));
        else if (!s->in_step)
            find_step(context, s);
    } while (!s->hidden && s->in_step && take_message(streams, context, s));
}

/* ---- segments ---- */

/* Octets of a segment that continue what is there. */
static bool pull(struct stream *s)
{
    for (const struct anonymise_piece *p = s->pieces; p; p = p->next) {
        int32_t known = ahead(s->wanted, p->offset);
        if (known < 0 || (uint32_t)known >= p->n)
            continue;
        buf_append(&s->raw, (struct slice){ p->held->data + p->at + known, p->n - (size_t)known });
        s->wanted = p->offset + p->n;
        return !s->raw.failed;
    }
    return false;
}

static void advance(struct anonymise_streams *streams, struct anonymise_context *context,
                    struct stream *s)
{
    while (pull(s))
        read_messages(streams, context, s);
}

/* Nothing comes that would fill the first hole. */
static void skip_hole(struct stream *s)
{
    uint32_t nearest = s->pieces->offset;
    for (const struct anonymise_piece *p = s->pieces; p; p = p->next)
        if (ahead(p->offset, nearest) < 0)
            nearest = p->offset;
    if (ahead(nearest, s->wanted) > 0)
        s->wanted = nearest;
    s->done = s->wanted;
    s->in_step = false;
}

/* Without memory for what it holds. */
static void abandon(struct stream *s)
{
    while (s->pieces) {
        struct anonymise_piece *piece = s->pieces;
        s->pieces = piece->next;
        memset(piece->held->data + piece->at, 0, piece->n);
        anonymise_piece_done(piece);
    }
    s->pieces_n = 0;
    s->hidden = true;
    buf_clear(&s->raw);
    s->done = s->wanted;
}

/* A message that is cut off keeps its length: it is seen to be one. */
static void flush(struct anonymise_streams *streams, struct anonymise_context *context,
                  struct stream *s)
{
    advance(streams, context, s);
    for (;;) {
        if (s->raw.failed)
            abandon(s);
        struct slice all = buf_slice(&s->raw);
        if (s->in_step && !s->hidden && all.n >= LENGTH) {
            const uint8_t length[LENGTH] = { all.p[0], all.p[1] };
            resolve(s, (struct slice){ length, LENGTH });
        }
        resolve_zeros(context, s, buf_size(&s->raw));
        if (!s->pieces)
            return;
        skip_hole(s);
        advance(streams, context, s);
    }
}

static void drop(struct anonymise_streams *streams, struct anonymise_context *context,
                 struct stream *s)
{
    struct stream **at = &streams->streams;
    flush(streams, context, s);
    while (*at && *at != s)
        at = &(*at)->next;
    if (*at)
        *at = s->next;
    streams->n--;
    stream_free(s);
}

static bool holds(const struct stream *s, const struct anonymise_held *held)
{
    for (const struct anonymise_piece *p = s->pieces; p; p = p->next)
        if (p->held == held)
            return true;
    return false;
}

void anonymise_streams_give_up(struct anonymise_streams *streams, struct anonymise_context *context,
                               const struct anonymise_held *held)
{
    for (struct stream *s = streams->streams; s; s = s->next)
        if (!held || holds(s, held))
            flush(streams, context, s);
}

static struct stream *stream_new(struct anonymise_streams *streams,
                                 struct anonymise_context *context, uint32_t first, bool in_step)
{
    struct stream *last = streams->streams;
    while (last && last->next)
        last = last->next;
    if (last && streams->n >= STREAMS_MAX)
        drop(streams, context, last);
    struct stream *made = calloc(1, sizeof *made);
    if (!made)
        return NULL;
    made->first = made->wanted = made->done = first;
    made->in_step = in_step;
    buf_init(&made->raw, (size_t)4 * WINDOW);
    buf_init(&made->past, PAST);
    made->next = streams->streams;
    streams->streams = made;
    streams->n++;
    return made;
}

static struct stream *find(struct anonymise_streams *streams, const uint64_t key[2])
{
    for (struct stream **at = &streams->streams; *at; at = &(*at)->next) {
        struct stream *s = *at;
        if (memcmp(s->key, key, sizeof s->key) != 0)
            continue;
        *at = s->next; /* to the front */
        s->next = streams->streams;
        streams->streams = s;
        return s;
    }
    return NULL;
}

/* What is behind s->done waits; what is in front of it is a copy. */
static bool hold(struct stream *s, struct anonymise_held *held, size_t at, uint32_t sequence,
                 uint32_t n)
{
    struct slice past = buf_slice(&s->past);
    uint8_t *octets = held->data + at;
    int32_t old = ahead(s->done, sequence);
    uint32_t copied = old <= 0 ? 0 : (uint32_t)old < n ? (uint32_t)old : n;
    for (uint32_t i = 0; i < copied; i++) {
        size_t back = (size_t)old - i; /* octets from the end of what was rewritten */
        octets[i] = back <= past.n ? past.p[past.n - back] : 0;
    }
    if (copied == n)
        return true;
    s->pieces_n++;
    return anonymise_piece_add(&s->pieces, held, at + copied, sequence + copied, n - copied);
}

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

int anonymise_streams_add(struct anonymise_streams *streams, struct anonymise_context *context,
                          struct anonymise_held *held, const struct capture_packet *p)
{
    const uint8_t *tcp = held->data + p->payload_at;
    size_t header = (size_t)(tcp[12] >> 4) * 4, n = p->payload.n - header;
    uint64_t ends = (uint64_t)p->source_address << 32 | p->destination_address;
    uint64_t back = (uint64_t)p->destination_address << 32 | p->source_address;
    uint32_t ports = be32(tcp), turned = ports << 16 | ports >> 16;
    const uint64_t key[2] = { ends, ports }, reverse[2] = { back, turned };
    bool syn = tcp[TCP_FLAGS] & SYN;
    uint32_t first = be32(tcp + TCP_SEQUENCE) + syn;
    struct stream *s = find(streams, key);
    if (s && syn && s->first != first) {
        drop(streams, context, s);
        s = NULL;
    }
    if (!s && !syn && !n)
        return 0;
    if (!s && !(s = stream_new(streams, context, first, syn)))
        return -ENOMEM;
    memcpy(s->key, key, sizeof key);
    memcpy(s->reverse, reverse, sizeof reverse);
    if (n && !hold(s, held, p->payload_at + header, first, (uint32_t)n))
        return -ENOMEM;
    advance(streams, context, s);
    if (s->pieces_n > PIECES_MAX || s->raw.failed || ahead(first, s->wanted) > WINDOW)
        flush(streams, context, s);
    return 0;
}
