/* SPDX-License-Identifier: ISC */
#include "milter/wire.h"

#include "base/reader.h"

enum wire_framing wire_packet_parse(struct slice bytes, size_t max, struct wire_packet *out,
                                    size_t *used)
{
    struct reader r = reader_of(bytes);
    size_t length = reader_be32(&r);
    uint8_t command;
    if (r.bad)
        return WIRE_PARTIAL;
    if (length == 0)
        return WIRE_EMPTY;
    command = reader_u8(&r);
    if (r.bad)
        return WIRE_PARTIAL;
    if (length - 1 > max) {
        *out = (struct wire_packet){ command, { NULL, length - 1 } };
        return WIRE_TOO_BIG;
    }
    if (reader_left(&r) < length - 1)
        return WIRE_PARTIAL;
    *out = (struct wire_packet){ command, reader_bytes(&r, length - 1) };
    *used = WIRE_LENGTH + length;
    return WIRE_WHOLE;
}

static bool fault_at(struct fault *why, struct slice payload, struct slice rest, const char *what)
{
    *why = (struct fault){ payload.n - rest.n, what };
    return false;
}

bool wire_string_next(struct slice *rest, struct slice *out)
{
    struct slice head, tail;
    if (!slice_cut(*rest, 0, &head, &tail))
        return false;
    *out = head;
    *rest = tail;
    return true;
}

bool wire_negotiation_parse(struct slice payload, struct wire_negotiation *out, struct fault *why)
{
    struct reader r = reader_of(payload);
    struct wire_negotiation n;
    n.version = reader_be32(&r);
    n.actions = reader_be32(&r);
    n.steps = reader_be32(&r);
    if (r.bad)
        return fault_at(why, payload, (struct slice){ 0 }, "a negotiation has three numbers");
    *out = n;
    return true;
}

/* host NUL, family, and for a family that is known: port (2 octets), address NUL */
bool wire_connect_parse(struct slice payload, struct wire_connect *out, struct fault *why)
{
    struct slice rest = payload;
    struct wire_connect c = { .family = 'U' };
    struct reader r;
    if (!wire_string_next(&rest, &c.host))
        return fault_at(why, payload, rest, "the host name has no end");
    r = reader_of(rest);
    c.family = reader_u8(&r);
    if (r.bad)
        return fault_at(why, payload, rest, "no address family");
    rest = slice_from(rest, 1);
    if (c.family == 'U') {
        *out = c;
        return true;
    }
    if (c.family != '4' && c.family != '6' && c.family != 'L')
        return fault_at(why, payload, rest, "an address family that nobody knows");
    c.port = reader_be16(&r);
    if (r.bad)
        return fault_at(why, payload, rest, "no port");
    rest = slice_from(rest, 2);
    if (!wire_string_next(&rest, &c.address))
        return fault_at(why, payload, rest, "the address has no end");
    *out = c;
    return true;
}

/* name NUL value NUL. Only the last NUL ends the value. */
bool wire_header_parse(struct slice payload, struct wire_header *out, struct fault *why)
{
    struct slice rest = payload, name;
    if (!wire_string_next(&rest, &name))
        return fault_at(why, payload, rest, "the field name has no end");
    if (rest.n == 0 || rest.p[rest.n - 1] != 0)
        return fault_at(why, payload, (struct slice){ 0 }, "the field value has no end");
    *out = (struct wire_header){ name, slice_first(rest, rest.n - 1) };
    return true;
}

/* --- to the MTA --- */

static void append_be32(struct buf *out, uint32_t n)
{
    uint8_t octets[4] = { (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };
    buf_append(out, (struct slice){ octets, sizeof octets });
}

/* Length and letter of a packet whose payload has n octets. */
static void start_packet(struct buf *out, uint8_t letter, size_t n)
{
    append_be32(out, (uint32_t)(n + 1));
    buf_append_byte(out, letter);
}

static void append_string(struct buf *out, struct slice s)
{
    buf_append(out, s);
    buf_append_byte(out, 0);
}

void wire_symbols_append(struct buf *symbols, enum wire_stage stage, const char *names)
{
    append_be32(symbols, stage);
    append_string(symbols, slice_of_str(names));
}

void wire_write_negotiation(struct buf *out, const struct wire_negotiation *agreed,
                            struct slice symbols)
{
    start_packet(out, WIRE_NEGOTIATE, 3 * sizeof(uint32_t) + symbols.n);
    append_be32(out, agreed->version);
    append_be32(out, agreed->actions);
    append_be32(out, agreed->steps);
    buf_append(out, symbols);
}

void wire_write_reply(struct buf *out, enum wire_reply reply)
{
    start_packet(out, (uint8_t)reply, 0);
}

/* The part of a text that a string of the protocol can hold. */
static struct slice before_nul(struct slice text)
{
    struct slice head, tail;
    (void)slice_cut(text, 0, &head, &tail); /* without one, head is all of it */
    return head;
}

static void write_text(struct buf *out, uint8_t letter, struct slice text)
{
    text = before_nul(text);
    start_packet(out, letter, text.n + 1);
    append_string(out, text);
}

void wire_write_code(struct buf *out, struct slice text)
{
    write_text(out, 'y', text);
}

void wire_write_quarantine(struct buf *out, struct slice reason)
{
    write_text(out, 'q', reason);
}

static size_t count_cr(struct slice s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] == '\r';
    return n;
}

/* MTAs write the line ends of folds themselves: what they are given has LF (a CR would be doubled). */
static void append_value(struct buf *out, struct slice value)
{
    struct slice head = value, tail = value;
    while (slice_cut(tail, '\r', &head, &tail))
        buf_append(out, head);
    append_string(out, head);
}

static void write_field(struct buf *out, uint8_t letter, uint32_t number, const char *name,
                        struct slice value)
{
    struct slice n = slice_of_str(name);
    value = before_nul(value);
    start_packet(out, letter, sizeof number + n.n + 1 + value.n - count_cr(value) + 1);
    append_be32(out, number);
    append_string(out, n);
    append_value(out, value);
}

void wire_write_insert(struct buf *out, uint32_t at, const char *name, struct slice value)
{
    write_field(out, 'i', at, name, value);
}

void wire_write_change(struct buf *out, uint32_t index, const char *name, struct slice value)
{
    write_field(out, 'm', index, name, value);
}
