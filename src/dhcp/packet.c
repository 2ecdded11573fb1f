/* SPDX-License-Identifier: ISC */
#include "dhcp/packet.h"

#include <string.h>

#include "dhcp/flaws.h"
#include "dhcp/name.h"

enum { PAD = 0, END = 255 };
enum { OVERLOAD_FILE = 1, OVERLOAD_SNAME = 2 }; /* bits of 52's value (RFC 2132 §9.3) */

/* One field with options: RFC 2132 §2's code, length, value, from at to end. */
struct walk {
    struct slice whole;
    size_t at, end;
    enum dhcp_area area;
};

struct piece {
    uint8_t code;
    size_t at; /* of its code octet */
    struct slice value;
};

enum step {
    PIECE,
    ENDED,
    STOPPED /* without END */,
    OVERRUN /* the same, and *out has its code */
};

static enum step next_piece(struct walk *walk, struct piece *out)
{
    const uint8_t *p = walk->whole.p;
    while (walk->at < walk->end && p[walk->at] == PAD)
        walk->at++;
    if (walk->at == walk->end)
        return STOPPED;
    *out = (struct piece){ .code = p[walk->at], .at = walk->at };
    if (out->code == END)
        return ENDED;
    size_t left = walk->end - walk->at;
    if (left < 2 || p[walk->at + 1] > left - 2)
        return OVERRUN;
    out->value = (struct slice){ p + walk->at + 2, p[walk->at + 1] };
    walk->at += 2 + out->value.n;
    return PIECE;
}

/* RFC 2131 §4.1: the options field is read first, then file, then sname. False: no field is left. */
static bool walk_next_area(struct walk *walk, uint8_t overload)
{
    if (walk->area == DHCP_IN_OPTIONS && overload & OVERLOAD_FILE) {
        walk->area = DHCP_IN_FILE;
        walk->at = DHCP_FILE_AT;
        walk->end = DHCP_FIXED_SIZE;
        return true;
    }
    if (walk->area != DHCP_IN_SNAME && overload & OVERLOAD_SNAME) {
        walk->area = DHCP_IN_SNAME;
        walk->at = DHCP_SNAME_AT;
        walk->end = DHCP_FILE_AT;
        return true;
    }
    return false;
}

static struct walk walk_of(struct slice message)
{
    return (struct walk){ message, DHCP_OPTIONS_AT, message.n, DHCP_IN_OPTIONS };
}

/* The next piece of any field; false when there is no more. */
static bool next_of_all(struct walk *walk, uint8_t overload, struct piece *out)
{
    while (next_piece(walk, out) != PIECE)
        if (!walk_next_area(walk, overload))
            return false;
    return true;
}

/* The number of size octets at an offset; 0 when it is cut. */
static uint32_t number(struct slice message, size_t at, size_t size)
{
    uint32_t value = 0;
    if (message.n < at + size)
        return 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | message.p[at + i];
    return value;
}

/* The octets from at on, fewer than n when they are cut. */
static struct slice octets(struct slice message, size_t at, size_t n)
{
    return slice_first(slice_from(message, at), n);
}

/* RFC 2131 §2, figure 1. */
static void parse_fixed(struct slice m, struct dhcp_packet *out)
{
    out->whole = m;
    out->op = (uint8_t)number(m, 0, 1);
    out->htype = (uint8_t)number(m, 1, 1);
    out->hlen = (uint8_t)number(m, 2, 1);
    out->hops = (uint8_t)number(m, 3, 1);
    out->xid = number(m, 4, 4);
    out->secs = (uint16_t)number(m, 8, 2);
    out->flags = (uint16_t)number(m, 10, 2);
    out->ciaddr = number(m, 12, 4);
    out->yiaddr = number(m, 16, 4);
    out->siaddr = number(m, 20, 4);
    out->giaddr = number(m, 24, 4);
    out->chaddr = octets(m, 28, out->hlen < DHCP_CHADDR_MAX ? out->hlen : DHCP_CHADDR_MAX);
    out->sname = octets(m, DHCP_SNAME_AT, DHCP_FILE_AT - DHCP_SNAME_AT);
    out->file = octets(m, DHCP_FILE_AT, DHCP_FIXED_SIZE - DHCP_FILE_AT);
    out->cookie = number(m, DHCP_FIXED_SIZE, 4) == DHCP_COOKIE;
}

/* A piece goes to its option, or is a new one. An option in pieces has the first one's octets and the
 * length of all until join() puts them together. */
static void take(struct dhcp_packet *out, const struct piece *piece, enum dhcp_area area)
{
    uint8_t index = out->index[piece->code];
    if (index == 0) {
        struct dhcp_option *new = &out->options[out->options_n++];
        new->code = piece->code;
        new->area = (uint8_t)area;
        new->pieces = 1;
        new->at = (uint32_t)piece->at;
        new->value = piece->value;
        out->index[piece->code] = (uint8_t)out->options_n;
        return;
    }
    struct dhcp_option *known = &out->options[index - 1];
    if (piece->code == DHCP_O_TYPE && known->pieces == 1)
        dhcp_flaw(out, piece->at, "option 53 (DHCP Msg Type) twice");
    if (piece->code == DHCP_O_OVERLOAD && known->pieces == 1 && area == DHCP_IN_OPTIONS)
        dhcp_flaw(out, piece->at, "option 52 (Overload) twice");
    known->pieces++;
    known->value.n += piece->value.n;
}

/* All options of one field. The result says that some code came again. */
static bool take_area(struct dhcp_packet *out, struct walk *walk)
{
    struct piece piece;
    enum step step;
    bool again = false;
    while ((step = next_piece(walk, &piece)) == PIECE) {
        /* RFC 2131 §4.1: only the option field says which others hold options. */
        if (piece.code == DHCP_O_OVERLOAD && walk->area != DHCP_IN_OPTIONS)
            dhcp_flaw(out, piece.at, "option 52 (Overload) inside an overloaded field");
        again |= out->index[piece.code] != 0;
        take(out, &piece, walk->area);
    }
    if (step == OVERRUN)
        dhcp_flaw(out, walk->at, dhcp_option_misfit(piece.code));
    if (step != ENDED) {
        static const char *const texts[] = { "no END", "no END in file", "no END in sname" };
        dhcp_flaw(out, walk->at, texts[walk->area]);
    }
    return again;
}

/* RFC 2132 §9.3: one octet, 1 to 3. */
static uint8_t read_overload(struct dhcp_packet *out)
{
    const struct dhcp_option *option = dhcp_packet_option(out, DHCP_O_OVERLOAD);
    if (!option)
        return 0;
    bool one = option->pieces == 1 && option->value.n == 1;
    if (one && option->value.p[0] >= 1 && option->value.p[0] <= 3)
        return option->value.p[0];
    dhcp_flaw(out, option->at, "bad option 52 (Overload): not one octet of 1 to 3");
    return 0;
}

/* RFC 3396 §7: the pieces of one code are one value, in the order in which they were read. */
static void join(struct dhcp_packet *out, uint8_t *room)
{
    size_t used = 0;
    for (size_t i = 0; i < out->options_n; i++) {
        struct dhcp_option *option = &out->options[i];
        if (option->pieces < 2)
            continue;
        size_t n = option->value.n;
        option->value = (struct slice){ room + used, 0 };
        used += n;
    }
    struct walk walk = walk_of(out->whole);
    struct piece piece;
    while (next_of_all(&walk, out->overload, &piece)) {
        struct dhcp_option *option = &out->options[out->index[piece.code] - 1];
        if (option->pieces < 2)
            continue;
        if (piece.value.n)
            memcpy(room + (option->value.p - room) + option->value.n, piece.value.p, piece.value.n);
        option->value.n += piece.value.n;
    }
}

static void parse_options(struct dhcp_packet *out, uint8_t *room)
{
    struct walk walk = walk_of(out->whole);
    bool again = take_area(out, &walk);
    out->overload = read_overload(out);
    while (walk_next_area(&walk, out->overload))
        again |= take_area(out, &walk);
    if (again)
        join(out, room);
    struct slice type = dhcp_packet_value(out, DHCP_O_TYPE);
    out->type = type.n ? type.p[0] : 0;
}

void dhcp_packet_parse(struct slice message, uint8_t *room, struct dhcp_packet *out)
{
    out->overload = out->type = 0;
    out->options_n = out->flaws_n = 0;
    memset(out->index, 0, sizeof out->index);
    parse_fixed(message, out);
    dhcp_flaws_fixed(out);
    if (!out->cookie)
        return;
    parse_options(out, room);
    dhcp_flaws_options(out);
}

const struct dhcp_option *dhcp_packet_option(const struct dhcp_packet *packet, uint8_t code)
{
    uint8_t index = packet->index[code];
    return index ? &packet->options[index - 1] : NULL;
}

struct slice dhcp_packet_value(const struct dhcp_packet *packet, uint8_t code)
{
    const struct dhcp_option *option = dhcp_packet_option(packet, code);
    return option ? option->value : (struct slice){ 0 };
}

bool dhcp_packet_address(const struct dhcp_packet *packet, uint8_t code, uint32_t *out)
{
    struct slice value = dhcp_packet_value(packet, code);
    if (value.n < 4)
        return false;
    *out = number(value, 0, 4);
    return true;
}

size_t dhcp_option_offset(const struct dhcp_packet *packet, const struct dhcp_option *option,
                          size_t i)
{
    size_t behind = option->at + 2 + (i < option->value.n ? i : option->value.n);
    if (option->pieces < 2)
        return behind;
    struct walk walk = walk_of(packet->whole);
    struct piece piece;
    while (next_of_all(&walk, packet->overload, &piece)) {
        if (piece.code != option->code)
            continue;
        if (i < piece.value.n)
            return piece.at + 2 + i;
        i -= piece.value.n;
        behind = piece.at + 2 + piece.value.n;
    }
    return behind;
}
