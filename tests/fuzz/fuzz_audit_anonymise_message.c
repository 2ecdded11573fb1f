/* SPDX-License-Identifier: ISC
 *
 * A message that was rewritten has its options, lengths and flaws where they were.
 */
#include "property.h"

#include <string.h>

#include "audit/anonymise_message.h"

static struct dhcp_packet was, is;
static struct anonymise_room room;
static uint8_t rooms[2][65536];
static struct anonymise_map map;

static void compare(void)
{
    must(was.options_n == is.options_n && was.type == is.type && was.overload == is.overload);
    must(was.op == is.op && was.htype == is.htype && was.hlen == is.hlen && was.secs == is.secs);
    for (size_t i = 0; i < was.options_n; i++) {
        const struct dhcp_option *a = &was.options[i], *b = &is.options[i];
        must(a->code == b->code && a->at == b->at && a->area == b->area);
        must(a->pieces == b->pieces && a->value.n == b->value.n);
    }
    must(was.flaws_n == is.flaws_n);
    for (size_t i = 0; i < was.flaws_n; i++)
        must(was.flaws[i].at == is.flaws[i].at && was.flaws[i].what == is.flaws[i].what);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t key[ANONYMISE_KEY];
    if (!map.tails[0][0] && !map.tails[0][1])
        anonymise_map_init(&map, key);
    if (!size || size > ANONYMISE_MESSAGE_MAX)
        return 0;
    uint8_t *message = malloc(size);
    must(message != NULL);
    memcpy(message, data, size);
    anonymise_message(&map, &room, message, size);
    dhcp_packet_parse((struct slice){ data, size }, rooms[0], &was);
    dhcp_packet_parse((struct slice){ message, size }, rooms[1], &is);
    compare();
    free(message);
    return 0;
}
