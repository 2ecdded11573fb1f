/* SPDX-License-Identifier: ISC
 *
 * pcapng files (draft-ietf-opsawg-pcapng), block by block.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/err.h"
#include "capture/records_internal.h"

enum {
    BLOCK_MIN = 12, /* type, length, length again */
    BLOCK_MAX = 16 * 1024 * 1024,
    PIECE = 64 * 1024,
    INTERFACES_MAX = 65536, /* of one section */
};
#define BYTE_ORDER_MAGIC UINT32_C(0x1a2b3c4d)
#define NS_PER_S         1000000000

enum block_type { /* §4 */
                  BLOCK_INTERFACE = 1,
                  BLOCK_PACKET = 2, /* obsolete */
                  BLOCK_SIMPLE = 3,
                  BLOCK_ENHANCED = 6,
                  BLOCK_SECTION = 0x0a0d0d0a,
};

enum option { /* §3.5, §4.2 */
              OPTION_END = 0,
              OPTION_TSRESOL = 9,
              OPTION_FCSLEN = 13,
              OPTION_TSOFFSET = 14,
};

struct block {
    uint32_t type;
    uint32_t length;   /* all of it */
    uint64_t at;       /* in the file */
    struct slice body; /* between the lengths */
};

/* §4.2, if_tsresol: a power of ten, or of two with the top bit. */
static void read_resolution(uint8_t octet, struct pcapng_interface *out)
{
    uint8_t exponent = octet & 0x7f;
    out->binary = octet & 0x80;
    out->exponent = exponent;
    out->units = 0;
    if (out->binary && exponent < 64)
        out->units = UINT64_C(1) << exponent;
    if (out->binary || exponent > 19)
        return;
    out->units = 1;
    for (uint8_t i = 0; i < exponent; i++)
        out->units *= 10;
}

static void read_option(bool big, uint16_t code, struct slice value, struct pcapng_interface *out)
{
    if (code == OPTION_TSRESOL && value.n == 1)
        read_resolution(value.p[0], out);
    if (code == OPTION_FCSLEN && value.n == 1)
        out->fcs = value.p[0];
    if (code == OPTION_TSOFFSET && value.n == 8) {
        uint64_t high = load32(value.p + (big ? 0 : 4), big);
        uint64_t low = load32(value.p + (big ? 4 : 0), big);
        out->offset = (int64_t)(high << 32 | low);
    }
}

/* §3.5. False: *why_at is the offset of the option that is wrong. */
static bool read_options(bool big, struct slice s, struct pcapng_interface *out, size_t *why_at)
{
    size_t at = 0;
    while (s.n - at >= 4) {
        uint16_t code = load16(s.p + at, big), n = load16(s.p + at + 2, big);
        if (code == OPTION_END)
            return true;
        *why_at = at;
        if (n > s.n - at - 4)
            return false;
        read_option(big, code, (struct slice){ s.p + at + 4, n }, out);
        at += 4 + (((size_t)n + 3) & ~(size_t)3);
        if (at > s.n) /* without the padding of the last */
            return true;
    }
    return true;
}

static int add_interface(struct pcapng_file *f, const struct pcapng_interface *made)
{
    if (f->n == INTERFACES_MAX)
        return ERR_TOO_BIG;
    if (f->n == f->room) {
        uint32_t room = f->room ? f->room * 2 : 4;
        void *grown = reallocarray(f->interfaces, room, sizeof *f->interfaces);
        if (!grown)
            return -ENOMEM;
        f->interfaces = grown;
        f->room = room;
    }
    f->interfaces[f->n++] = *made;
    return 0;
}

/* §4.2: link type, reserved, snap length, options. */
static int read_interface(struct capture_records *records, const struct block *b, struct buf *why)
{
    struct pcapng_interface made = { .units = 1000000 /* without if_tsresol */ };
    size_t at = 0;
    if (b->body.n < 8)
        return records_damage(b->at, why, "an interface block that is too short");
    made.link = load16(b->body.p, records->big);
    made.snap = load32(b->body.p + 4, records->big);
    if (!read_options(records->big, slice_from(b->body, 8), &made, &at))
        return records_damage(b->at + 16 + at, why, "an option of an interface does not fit");
    int error = add_interface(&records->pcapng, &made);
    if (error == ERR_TOO_BIG)
        return records_damage(b->at, why, "more interfaces than any host has");
    if (error)
        buf_append_str(why, err_text(error));
    return error;
}

/* 64 bits of units so small are less than a second. */
static uint64_t tiny_time(const struct pcapng_interface *i, uint64_t units)
{
    __extension__ unsigned __int128 ns = units;
    if (i->binary)
        return (uint64_t)(ns * NS_PER_S >> i->exponent);
    for (uint8_t e = 9; e < i->exponent && ns; e++)
        ns /= 10;
    return (uint64_t)ns;
}

static int64_t time_of(const struct pcapng_interface *i, uint64_t units)
{
    uint64_t seconds = 0, ns = 0;
    int64_t sum = 0;
    if (i->units) {
        __extension__ unsigned __int128 rest = units % i->units;
        seconds = units / i->units;
        ns = (uint64_t)(rest * NS_PER_S / i->units);
    } else {
        ns = tiny_time(i, units);
    }
    if (seconds > INT64_MAX || __builtin_add_overflow((int64_t)seconds, i->offset, &sum))
        sum = seconds <= INT64_MAX && i->offset < 0 ? INT64_MIN : INT64_MAX;
    return records_time(sum, ns);
}

/* What the three kinds of packet have in common: captured octets at an offset of the body. */
struct packet {
    uint32_t interface;
    size_t header; /* octets in front of the data */
    uint32_t captured, length;
    bool timed;
    uint64_t time;
};

/* A packet record that says what cannot be, in a block that is whole: it is counted and passed over, and the
 * end says so. */
static int pass_over(struct capture_records *records, uint64_t at, const char *what)
{
    records->number++;
    bool first = buf_size(&records->damage) == 0;
    return first && records_damage(at, &records->damage, what) > 0; /* it is negative: go on */
}

static int give(struct capture_records *records, const struct block *b, const struct packet *p,
                struct capture_frame *out)
{
    const struct pcapng_file *f = &records->pcapng;
    if (p->interface >= f->n)
        return pass_over(records, b->at + 8, "a frame of an interface that is not described");
    if (p->captured > b->body.n - p->header)
        return pass_over(records, b->at + 8, "a frame longer than its block");
    const struct pcapng_interface *i = f->interfaces + p->interface;
    uint32_t captured = p->captured < CAPTURE_FRAME_MAX ? p->captured : CAPTURE_FRAME_MAX;
    *out = (struct capture_frame){
        .number = ++records->number,
        .time_ns = p->timed ? time_of(i, p->time) : CAPTURE_NO_TIME,
        .interface = f->before + p->interface,
        .link = i->link,
        .data = { b->body.p + p->header, captured },
        .length = p->length < p->captured ? p->captured : p->length,
        .fcs = i->fcs,
    };
    return 1;
}

/* §4.3: interface, time (high, low), captured, length, data, options. The obsolete Packet Block (appendix A)
 * has the interface in 16 bits and a count of drops in the rest. */
static int read_packet(struct capture_records *records, const struct block *b,
                       struct capture_frame *out)
{
    const uint8_t *h = b->body.p;
    bool big = records->big;
    if (b->body.n < 20)
        return pass_over(records, b->at, "a packet block that is too short");
    struct packet p = {
        .interface = b->type == BLOCK_PACKET ? load16(h, big) : load32(h, big),
        .header = 20,
        .captured = load32(h + 12, big),
        .length = load32(h + 16, big),
        .timed = true,
        .time = (uint64_t)load32(h + 4, big) << 32 | load32(h + 8, big),
    };
    return give(records, b, &p, out);
}

/* §4.4: the length and the data of a frame of the first interface, cut at its snap length. */
static int read_simple(struct capture_records *records, const struct block *b,
                       struct capture_frame *out)
{
    const struct pcapng_file *f = &records->pcapng;
    if (b->body.n < 4)
        return pass_over(records, b->at, "a packet block that is too short");
    uint32_t length = load32(b->body.p, records->big), snap = f->n ? f->interfaces[0].snap : 0;
    struct packet p = { .header = 4, .captured = length, .length = length };
    if (snap && snap < p.captured)
        p.captured = snap;
    return give(records, b, &p, out);
}

/* §4.1: a section has its byte order and its interfaces. The order was found with the block's head. */
static int read_section(struct capture_records *records, const struct block *b, struct buf *why)
{
    struct pcapng_file *f = &records->pcapng;
    if (b->body.n < 16)
        return records_damage(b->at, why, "a section header that is too short");
    if (load16(b->body.p + 4, records->big) != 1)
        return records_damage(b->at + 12, why, "a version of pcapng that is not known");
    f->before += f->n;
    f->n = 0;
    return 0;
}

/* 1: a frame; 0: none, go on. */
static int read_block(struct capture_records *records, const struct block *b,
                      struct capture_frame *out, struct buf *why)
{
    switch (b->type) {
    case BLOCK_SECTION: return read_section(records, b, why);
    case BLOCK_INTERFACE: return read_interface(records, b, why);
    case BLOCK_ENHANCED:
    case BLOCK_PACKET: return read_packet(records, b, out);
    case BLOCK_SIMPLE: return read_simple(records, b, out);
    default: return 0;
    }
}

static bool is_known(uint32_t type)
{
    return type == BLOCK_SECTION || type == BLOCK_INTERFACE || type == BLOCK_ENHANCED ||
           type == BLOCK_PACKET || type == BLOCK_SIMPLE;
}

/* Type and length, without taking them. 0: the end. */
static int peek_block(struct capture_records *records, struct block *out, struct buf *why)
{
    struct slice head;
    int got = capture_input_peek(records->in, BLOCK_MIN, &head);
    if (got == 0 && head.n == 0)
        return 0;
    if (got <= 0)
        return records_take(records, BLOCK_MIN, "a block's header", &head, why);
    if (memcmp(head.p, "\x0a\x0d\x0d\x0a", 4) == 0) {
        records->big = load32(head.p + 8, true) == BYTE_ORDER_MAGIC;
        if (!records->big && load32(head.p + 8, false) != BYTE_ORDER_MAGIC)
            return records_damage(records->at + 8, why, "a section of no byte order");
    }
    *out = (struct block){ .type = load32(head.p, records->big),
                           .length = load32(head.p + 4, records->big),
                           .at = records->at };
    if (out->length < BLOCK_MIN || out->length % 4)
        return records_damage(out->at + 4, why, "a block's length that cannot be");
    if (is_known(out->type) && out->length > BLOCK_MAX)
        return records_damage(out->at + 4, why, "a block longer than any");
    return 1;
}

static int check_trailer(const struct capture_records *records, const struct block *b,
                         const uint8_t *trailer, struct buf *why)
{
    if (load32(trailer, records->big) == b->length)
        return 0;
    return records_damage(b->at + b->length - 4, why, "the two lengths of a block differ");
}

static int take_block(struct capture_records *records, struct block *b, struct capture_frame *out,
                      struct buf *why)
{
    struct slice whole;
    int got = records_take(records, b->length, "a block", &whole, why);
    if (got < 0)
        return got;
    int error = check_trailer(records, b, whole.p + whole.n - 4, why);
    if (error)
        return error;
    b->body = (struct slice){ whole.p + 8, whole.n - BLOCK_MIN };
    return read_block(records, b, out, why);
}

/* A block of no interest, of any length. */
static int skip_block(struct capture_records *records, const struct block *b, struct buf *why)
{
    struct slice piece;
    for (uint64_t left = b->length - 4; left;) {
        size_t n = left < PIECE ? (size_t)left : PIECE;
        int got = records_take(records, n, "a block", &piece, why);
        if (got < 0)
            return got;
        left -= n;
    }
    int got = records_take(records, 4, "a block", &piece, why);
    return got < 0 ? got : check_trailer(records, b, piece.p, why);
}

int pcapng_next(struct capture_records *records, struct capture_frame *out, struct buf *why)
{
    for (;;) {
        struct block b = { 0 };
        int got = peek_block(records, &b, why);
        if (got == 0 && buf_size(&records->damage)) {
            buf_append(why, buf_slice(&records->damage));
            return ERR_FORMAT;
        }
        if (got <= 0)
            return got;
        got = is_known(b.type) ? take_block(records, &b, out, why) : skip_block(records, &b, why);
        if (got)
            return got;
    }
}
