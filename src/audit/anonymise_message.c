/* SPDX-License-Identifier: ISC */
#include "audit/anonymise_message.h"

#include <string.h>

#include "audit/anonymise_option.h"

#define XID_AT       4
#define ADDRESSES_AT 12
#define CHADDR_AT    28
#define COOKIE_AT    236
#define OPTION_PAD   0
#define OPTION_END   255

struct
    values { /* of each code: where its new octets begin, how many there are, how many went out */
    uint32_t at[256], n[256], out[256];
};

/* n octets at `at` are copied as far as the message goes. */
static void copy(struct slice from, uint8_t *to, size_t at, size_t n)
{
    struct slice part = slice_first(slice_from(from, at), n);
    if (part.n)
        memcpy(to + at, part.p, part.n);
}

/* ---- the fixed part ---- */

static struct anonymise_owner owner_of(const struct anonymise_map *map,
                                       const struct dhcp_packet *packet)
{
    struct anonymise_owner owner = { .n = packet->chaddr.n };
    if (!owner.n || owner.n > sizeof owner.before)
        return (struct anonymise_owner){ 0 };
    memcpy(owner.before, packet->chaddr.p, owner.n);
    memcpy(owner.behind, packet->chaddr.p, owner.n);
    anonymise_hardware(map, owner.behind, owner.n);
    return owner;
}

/* Boot ROMs take four octets of their address for a transaction's number, in either order. */
static void replace_xid(const struct anonymise_owner *owner, uint8_t xid[4])
{
    for (size_t at = 0; at + 4 <= owner->n; at++) {
        const uint8_t *b = owner->before + at, *a = owner->behind + at;
        const uint8_t back[4] = { b[3], b[2], b[1], b[0] }, turned[4] = { a[3], a[2], a[1], a[0] };
        bool forward = memcmp(xid, b, 4) == 0;
        if (forward || memcmp(xid, back, 4) == 0) {
            memcpy(xid, forward ? a : turned, 4);
            return;
        }
    }
}

static void write_fixed(const struct anonymise_map *map, const struct anonymise_owner *owner,
                        struct slice whole, uint8_t *out)
{
    copy(whole, out, 0, ADDRESSES_AT);
    if (whole.n >= XID_AT + 4)
        replace_xid(owner, out + XID_AT);
    for (size_t at = ADDRESSES_AT; at < CHADDR_AT && at + 4 <= whole.n; at += 4) {
        copy(whole, out, at, 4);
        anonymise_addresses(map, out + at, 4);
    }
    if (owner->n)
        memcpy(out + CHADDR_AT, owner->behind, owner->n);
}

/* sname, file: text up to a NUL. */
static void write_field(const struct anonymise_map *map, const struct anonymise_owner *owner,
                        struct slice field, uint8_t *out)
{
    struct slice text, rest;
    (void)slice_cut(field, 0, &text, &rest);
    if (text.n) {
        memcpy(out, text.p, text.n);
        anonymise_owned(map, owner, out, text.n);
    }
}

/* ---- options ---- */

static void replace_values(const struct anonymise_map *map, const struct anonymise_owner *owner,
                           struct anonymise_room *room, struct values *values)
{
    uint32_t at = 0;
    for (size_t i = 0; i < room->packet.options_n; i++) {
        const struct dhcp_option *option = &room->packet.options[i];
        uint32_t n = (uint32_t)option->value.n;
        if (n > sizeof room->values - at)
            return;
        values->at[option->code] = at;
        values->n[option->code] = n;
        if (n)
            memcpy(room->values + at, option->value.p, n);
        anonymise_option(map, owner, option->code, room->values + at, n);
        at += n;
    }
}

/* One area as dhcp_packet_parse walks it: codes and lengths stay, each piece gets the next octets of its code. */
static void write_area(const struct anonymise_room *room, struct values *values, struct slice area,
                       uint8_t *out)
{
    for (size_t at = 0; at < area.n;) {
        uint8_t code = out[at] = area.p[at];
        if (code == OPTION_END)
            return;
        if (code == OPTION_PAD || at + 1 == area.n) {
            at++;
            continue;
        }
        uint8_t n = out[at + 1] = area.p[at + 1];
        if (n > area.n - at - 2)
            return;
        if (n && values->out[code] + n <= values->n[code])
            memcpy(out + at + 2, room->values + values->at[code] + values->out[code], n);
        values->out[code] += n;
        at += 2u + n;
    }
}

static void write_options(struct anonymise_room *room, struct values *values, struct slice whole)
{
    const struct dhcp_packet *packet = &room->packet;
    copy(whole, room->out, COOKIE_AT, DHCP_OPTIONS_AT - COOKIE_AT);
    write_area(room, values, slice_from(whole, DHCP_OPTIONS_AT), room->out + DHCP_OPTIONS_AT);
    if (packet->overload & 1)
        write_area(room, values, packet->file, room->out + DHCP_FILE_AT);
    if (packet->overload & 2)
        write_area(room, values, packet->sname, room->out + DHCP_SNAME_AT);
}

void anonymise_message(const struct anonymise_map *map, struct anonymise_room *room,
                       uint8_t *message, size_t n)
{
    struct values values = { 0 };
    const struct slice whole = { message, n };
    const struct dhcp_packet *packet = &room->packet;
    if (!n || n > ANONYMISE_MESSAGE_MAX)
        return;
    dhcp_packet_parse(whole, room->joined, &room->packet);
    const struct anonymise_owner owner = owner_of(map, packet);
    memset(room->out, 0, n);
    write_fixed(map, &owner, whole, room->out);
    if (!(packet->overload & 2))
        write_field(map, &owner, packet->sname, room->out + DHCP_SNAME_AT);
    if (!(packet->overload & 1))
        write_field(map, &owner, packet->file, room->out + DHCP_FILE_AT);
    if (packet->cookie) {
        replace_values(map, &owner, room, &values);
        write_options(room, &values, whole);
    }
    memcpy(message, room->out, n);
}
