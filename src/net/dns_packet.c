/* SPDX-License-Identifier: ISC */
#include "net/dns_packet.h"

#include <string.h>

#include "base/reader.h"

enum {
    HEADER = 12,
    NAME_MAX_WIRE = 255, /* RFC 1035 §3.1 */
    POINTER = 0xc0,
    POINTER_MASK = 0x3fff,
    CLASS_IN = 1,
    FLAG_RESPONSE = 0x8000,
    FLAG_TRUNCATED = 0x0200,
    RCODE_MASK = 0x0f,
    RCODE_NXDOMAIN = 3,
    TYPE_NS = 2,
    TYPE_CNAME = 5,
    TYPE_SOA = 6,
    TYPE_PTR = 12,
    SOA_NUMBERS = 20 /* octets of them behind its two names */
};

struct wire_name { /* labels with their lengths, lower case, with the root's 0 */
    uint8_t octets[NAME_MAX_WIRE];
    size_t n;
};

struct record {
    struct wire_name owner;
    uint16_t type, class;
    uint32_t ttl;
    size_t rdata_at; /* in the packet: names inside may point back */
    struct slice rdata;
};

/* A place in the packet. Once bad it stays bad. */
struct cursor {
    struct slice packet;
    size_t at;
    const char *bad;
};

static void give_up(struct cursor *c, const char *what)
{
    if (!c->bad)
        c->bad = what;
}

static struct slice take(struct cursor *c, size_t n)
{
    if (c->bad || c->packet.n - c->at < n) {
        give_up(c, "the packet ends too soon");
        return (struct slice){ 0 };
    }
    struct slice got = { c->packet.p + c->at, n };
    c->at += n;
    return got;
}

static uint16_t take_be16(struct cursor *c)
{
    struct reader r = reader_of(take(c, 2));
    return reader_be16(&r);
}

static uint32_t take_be32(struct cursor *c)
{
    struct reader r = reader_of(take(c, 4));
    return reader_be32(&r);
}

static uint8_t take_u8(struct cursor *c)
{
    struct reader r = reader_of(take(c, 1));
    return reader_u8(&r);
}

static void append_label(struct cursor *c, uint8_t length, struct wire_name *out)
{
    if (length > 63)
        give_up(c, "an unknown kind of label");
    struct slice label = take(c, length);
    if (c->bad || out->n + 1 + label.n >= NAME_MAX_WIRE) {
        give_up(c, "a name is too long");
        return;
    }
    out->octets[out->n++] = length;
    for (size_t i = 0; i < label.n; i++)
        out->octets[out->n++] = ascii_lower(label.p[i]);
}

/* RFC 1035 §4.1.4. A pointer must lead to before the piece that it stands in, so this ends. */
static void take_name(struct cursor *c, struct wire_name *out)
{
    struct cursor piece = *c;
    size_t began = c->at;
    bool jumped = false;
    out->n = 0;
    for (uint8_t length; (length = take_u8(&piece)) != 0 && !piece.bad;) {
        if (length < POINTER) {
            append_label(&piece, length, out);
            continue;
        }
        size_t to = ((size_t)length << 8 | take_u8(&piece)) & POINTER_MASK;
        if (!jumped)
            c->at = piece.at;
        jumped = true;
        if (to >= began) {
            give_up(&piece, "a pointer that leads forward");
            break;
        }
        piece.at = began = to;
    }
    out->octets[out->n++] = 0;
    if (!jumped)
        c->at = piece.at;
    if (piece.bad)
        give_up(c, piece.bad);
}

static void take_record(struct cursor *c, struct record *out)
{
    take_name(c, &out->owner);
    out->type = take_be16(c);
    out->class = take_be16(c);
    out->ttl = take_be32(c);
    if (out->ttl > INT32_MAX)
        out->ttl = 0; /* RFC 2181 §8 */
    size_t n = take_be16(c);
    out->rdata_at = c->at;
    out->rdata = take(c, n);
}

static bool same_name(const struct wire_name *a, const struct wire_name *b)
{
    return a->n == b->n && memcmp(a->octets, b->octets, a->n) == 0;
}

/* A name inside a record's RDATA: the packet is cut at the end of the RDATA. */
static void name_in(const struct cursor *c, const struct record *r, size_t at,
                    struct wire_name *out, struct cursor *end)
{
    *end = (struct cursor){ .packet = slice_first(c->packet, r->rdata_at + r->rdata.n),
                            .at = r->rdata_at };
    (void)take(end, at);
    take_name(end, out);
}

struct answer { /* of one name of the chain */
    size_t n;
    uint32_t ttl;
    bool alias;
    struct wire_name target;
};

static void note(const struct cursor *c, const struct record *r, uint16_t type, struct answer *a,
                 struct cursor *bad)
{
    if (r->type == type) {
        a->n++;
    } else if (r->type == TYPE_CNAME && !a->alias) {
        name_in(c, r, 0, &a->target, bad);
        a->alias = true;
    } else {
        return;
    }
    if (r->ttl < a->ttl)
        a->ttl = r->ttl;
}

/* Walks the answer section: what it has for this name. c stands behind the section at the end. */
static void look_for(struct cursor *c, size_t records, const struct wire_name *name, uint16_t type,
                     struct answer *out)
{
    *out = (struct answer){ .ttl = UINT32_MAX };
    while (records-- && !c->bad) {
        struct record r;
        struct cursor inner = { 0 };
        take_record(c, &r);
        if (c->bad || r.class != CLASS_IN || !same_name(&r.owner, name))
            continue;
        note(c, &r, type, out, &inner);
        if (inner.bad)
            give_up(c, inner.bad);
    }
}

/* Where a name stands in the RDATA of a type that may be compressed (RFC 3597 §4); -1: nowhere. */
static int name_offset(uint16_t type)
{
    switch (type) {
    case TYPE_NS:
    case TYPE_CNAME:
    case TYPE_PTR: return 0;
    case POSTERN_DNS_TYPE_MX: return 2;
    default: return -1;
    }
}

static bool keep_rdata(const struct cursor *c, const struct record *r, struct arena *arena,
                       struct postern_octets *out)
{
    int at = name_offset(r->type);
    *out = (struct postern_octets){ .p = r->rdata.p, .n = r->rdata.n };
    if (at < 0)
        return true;
    struct wire_name name;
    struct cursor end;
    name_in(c, r, (size_t)at, &name, &end);
    uint8_t *whole = end.bad ? NULL : arena_alloc(arena, (size_t)at + name.n);
    if (!whole)
        return false;
    if (r->rdata.p)
        memcpy(whole, r->rdata.p, (size_t)at);
    memcpy(whole + at, name.octets, name.n);
    *out = (struct postern_octets){ .p = whole, .n = (size_t)at + name.n };
    return true;
}

/* c: at the answer section. */
static const struct postern_octets *collect(struct cursor *c, const struct wire_name *name,
                                            uint16_t type, size_t n, struct arena *arena)
{
    struct postern_octets *rdata = arena_alloc(arena, n * sizeof *rdata);
    if (!rdata)
        return NULL;
    for (size_t i = 0; i < n && !c->bad;) {
        struct record r;
        take_record(c, &r);
        if (r.class != CLASS_IN || r.type != type || !same_name(&r.owner, name))
            continue;
        if (!keep_rdata(c, &r, arena, &rdata[i++]))
            return NULL;
    }
    return rdata;
}

/* RFC 2308 §5: the lesser of the SOA's own TTL and its MINIMUM; 0: there is no SOA. c: at the
 * authority section. */
static uint32_t negative_ttl(struct cursor *c, size_t records)
{
    while (records-- && !c->bad) {
        struct record r;
        take_record(c, &r);
        if (c->bad || r.type != TYPE_SOA || r.rdata.n < SOA_NUMBERS)
            continue;
        struct reader last = reader_of(slice_from(r.rdata, r.rdata.n - 4));
        uint32_t minimum = reader_be32(&last);
        return minimum < r.ttl ? minimum : r.ttl;
    }
    return 0;
}

struct packet_header {
    uint16_t flags, questions, answers, authorities;
};

static void take_header(struct cursor *c, struct packet_header *out)
{
    (void)take_be16(c); /* the id is the resolver's affair */
    out->flags = take_be16(c);
    out->questions = take_be16(c);
    out->answers = take_be16(c);
    out->authorities = take_be16(c);
    (void)take_be16(c);
    if (out->questions != 1)
        give_up(c, "not one question");
    if (!(out->flags & FLAG_RESPONSE))
        give_up(c, "not a response");
    if (out->flags & FLAG_TRUNCATED)
        give_up(c, "a truncated answer");
}

static void take_question(struct cursor *c, uint16_t type, struct wire_name *name)
{
    take_name(c, name);
    if (take_be16(c) != type)
        give_up(c, "an answer to another question");
    (void)take_be16(c); /* class */
}

/* Follows the aliases to the name that has data or nothing. True when there were any. */
static bool follow(struct cursor *at, const struct packet_header *h, uint16_t type,
                   struct wire_name *name, struct answer *found)
{
    struct cursor start = *at;
    uint32_t ttl = UINT32_MAX;
    for (unsigned aliases = 0;; aliases++) {
        *at = start;
        look_for(at, h->answers, name, type, found);
        if (found->ttl < ttl)
            ttl = found->ttl;
        found->ttl = ttl;
        if (aliases == DNS_PACKET_ALIASES_MAX && !found->n)
            give_up(at, "aliases without end");
        if (at->bad || found->n || !found->alias)
            return aliases > 0;
        *name = found->target;
    }
}

static void negative(struct cursor *c, const struct packet_header *h, const struct answer *found,
                     struct postern_dns_response *out)
{
    out->ttl = negative_ttl(c, h->authorities);
    if (found->ttl < out->ttl)
        out->ttl = found->ttl;
}

static bool read_answer(struct cursor *c, uint16_t type, struct arena *arena,
                        struct postern_dns_response *out)
{
    struct packet_header h;
    struct wire_name name;
    struct answer found;
    take_header(c, &h);
    unsigned rcode = h.flags & RCODE_MASK;
    if (!c->bad && rcode != 0 && rcode != RCODE_NXDOMAIN) {
        *out = (struct postern_dns_response){ .answer = POSTERN_DNS_SERVFAIL,
                                              .why = "the server refused or failed" };
        return true;
    }
    take_question(c, type, &name);
    struct cursor answers = *c;
    bool alias = follow(c, &h, type, &name, &found);
    if (c->bad)
        return false;
    *out = (struct postern_dns_response){ .answer = POSTERN_DNS_NODATA, .ttl = found.ttl };
    if (found.n) {
        out->answer = POSTERN_DNS_DATA;
        out->rdata = collect(&answers, &name, type, found.n, arena);
        out->rdata_n = found.n;
        if (!out->rdata)
            give_up(c, "out of memory, or a broken name");
        return out->rdata != NULL;
    }
    negative(c, &h, &found, out);
    out->dangling = rcode == RCODE_NXDOMAIN && alias;
    if (rcode == RCODE_NXDOMAIN && !alias)
        out->answer = POSTERN_DNS_NXDOMAIN;
    return true;
}

bool dns_packet_read(struct slice packet, uint16_t type, struct arena *arena,
                     struct postern_dns_response *out, struct fault *why)
{
    struct cursor c = { .packet = packet };
    struct postern_dns_response read = { 0 };
    if (read_answer(&c, type, arena, &read)) {
        *out = read;
        return true;
    }
    *why = (struct fault){ .at = c.at, .what = c.bad };
    return false;
}
