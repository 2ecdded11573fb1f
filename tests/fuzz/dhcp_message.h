/* SPDX-License-Identifier: ISC
 *
 * What holds of every message that was parsed; a second walk over its options, as plain as can be, says
 * so piece by piece.
 */
#pragma once

#include <string.h>

#include "dhcp/packet.h"
#include "property.h"

/* What the second walk has of each code so far. */
struct plain {
    const struct dhcp_packet *packet;
    size_t pieces[256], got[256], codes;
};

static inline void plain_piece(struct plain *plain, size_t at)
{
    const uint8_t *p = plain->packet->whole.p + at;
    const struct dhcp_option *option = dhcp_packet_option(plain->packet, p[0]);
    must(option != NULL);
    if (plain->pieces[p[0]]++ == 0) {
        plain->codes++;
        must(option->at == at);
    }
    must(p[1] <= option->value.n && plain->got[p[0]] <= option->value.n - p[1]);
    must(p[1] == 0 || memcmp(option->value.p + plain->got[p[0]], p + 2, p[1]) == 0);
    plain->got[p[0]] += p[1];
}

static inline void plain_area(struct plain *plain, size_t at, size_t end)
{
    const uint8_t *p = plain->packet->whole.p;
    while (at < end && p[at] != 255) {
        if (p[at] == 0) {
            at++;
            continue;
        }
        if (at + 1 >= end || at + 2 + p[at + 1] > end)
            return;
        plain_piece(plain, at);
        at += 2 + (size_t)p[at + 1];
    }
}

/* Each piece is in its option, and nothing else is: RFC 2131 §4.1's order, RFC 3396's joining. */
static inline void check_pieces(const struct dhcp_packet *packet)
{
    struct plain plain = { .packet = packet };
    plain_area(&plain, 240, packet->whole.n);
    const struct dhcp_option *overload = dhcp_packet_option(packet, 52);
    bool counts = overload && plain.pieces[52] == 1 && plain.got[52] == 1;
    uint8_t fields = counts && overload->value.p[0] <= 3 ? overload->value.p[0] : 0;
    must(packet->overload == fields);
    if (fields & 1)
        plain_area(&plain, 108, 236);
    if (fields & 2)
        plain_area(&plain, 44, 108);
    must(plain.codes == packet->options_n);
    for (size_t i = 0; i < packet->options_n; i++) {
        const struct dhcp_option *option = &packet->options[i];
        must(option->pieces == plain.pieces[option->code]);
        must(option->value.n == plain.got[option->code]);
    }
}

static inline void check_offset(const struct dhcp_packet *packet, const struct dhcp_option *option,
                                size_t i)
{
    size_t at = dhcp_option_offset(packet, option, i);
    must(at < packet->whole.n && packet->whole.p[at] == option->value.p[i]);
}

static inline void check_option(const struct dhcp_packet *packet, const struct dhcp_option *option,
                                struct slice room)
{
    struct slice whole = packet->whole;
    must(option->code != 0 && option->code != 255);
    must(option->at + 2 <= whole.n && whole.p[option->at] == option->code);
    must(inside(whole, option->value) || (option->pieces > 1 && inside(room, option->value)));
    if (option->value.n) {
        check_offset(packet, option, 0);
        check_offset(packet, option, option->value.n / 2);
        check_offset(packet, option, option->value.n - 1);
    }
    must(dhcp_option_offset(packet, option, SIZE_MAX) <= whole.n);
}

static inline void check_options(const struct dhcp_packet *packet, struct slice room)
{
    for (size_t i = 0; i < packet->options_n; i++) {
        const struct dhcp_option *option = &packet->options[i];
        must(dhcp_packet_option(packet, option->code) == option); /* none is there twice */
        must(i == 0 || option->area >= packet->options[i - 1].area);
        check_option(packet, option, room);
    }
    check_pieces(packet);
}

static inline void check_fixed(const struct dhcp_packet *packet)
{
    struct slice whole = packet->whole;
    must(inside(whole, packet->chaddr) && packet->chaddr.n <= 16 &&
         packet->chaddr.n <= packet->hlen);
    must(inside(whole, packet->sname) && packet->sname.n <= 64);
    must(inside(whole, packet->file) && packet->file.n <= 128);
    must(packet->cookie || (packet->options_n == 0 && packet->type == 0 && packet->overload == 0));
    must(packet->overload <= 3 && packet->flaws_n <= DHCP_FLAWS_MAX);
    must((whole.n < DHCP_FIXED_SIZE) <= (packet->flaws_n > 0));
    must((packet->hlen > 16) <= (packet->flaws_n > 0));
    for (size_t i = 0; i < packet->flaws_n; i++)
        must(is_fault(whole, &packet->flaws[i]));
}

/* Any octets are a message. */
static inline void check_message(struct slice message)
{
    static struct dhcp_packet packet;
    if (message.n > UINT16_MAX)
        return;
    uint8_t *room = malloc(message.n ? message.n : 1);
    must(room != NULL);
    memset(&packet, 0xa5, sizeof packet); /* a packet is used again and again */
    dhcp_packet_parse(message, room, &packet);
    must(packet.whole.p == message.p && packet.whole.n == message.n);
    check_fixed(&packet);
    if (packet.cookie)
        check_options(&packet, (struct slice){ room, message.n });
    free(room);
}
