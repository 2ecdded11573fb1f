/* SPDX-License-Identifier: ISC
 *
 * Linking over clients that say what the input says: links are in order and each once, devices are what the links join,
 * and judging again changes nothing and needs no more memory.
 *
 * Input: messages, each WHO TYPE NETWORK MINUTES LENGTH OPTIONS. WHO: last octet of chaddr; TYPE: bit 7: of a server,
 * whose yiaddr is 192.0.2.(WHO % 8); NETWORK: bit 0 of two; MINUTES: since the message before.
 */
#include "property.h"

#include <string.h>

#include "audit/audit.h"
#include "base/reader.h"

static struct slice message_of(uint8_t who, uint8_t type, struct slice options, uint8_t room[512])
{
    bool server = type & 0x80;
    *room = server ? DHCP_BOOTREPLY : DHCP_BOOTREQUEST;
    memcpy(room + 1, "\1\6\0", 3);
    room[7] = who;
    if (server)
        memcpy(room + 16, (uint8_t[]){ 192, 0, 2, who % 8 }, 4);
    memcpy(room + 28, (uint8_t[]){ 2, 0, 0x5e, 0, 0x53, who }, 6);
    memcpy(room + 236, (uint8_t[]){ 0x63, 0x82, 0x53, 0x63, 53, 1, type & 15 }, 7);
    if (options.n)
        memcpy(room + 243, options.p, options.n);
    return (struct slice){ room, 243 + options.n };
}

static void see_all(struct audit *audit, struct slice input)
{
    struct reader in = reader_of(input);
    struct capture_message message = { .kind = CAPTURE_UDP };
    int64_t now_s = 1600000000;
    while (reader_left(&in) >= 5) {
        uint8_t room[512] = { 0 };
        uint8_t who = reader_u8(&in), type = reader_u8(&in), network = reader_u8(&in);
        now_s += reader_u8(&in) * 60;
        size_t n = reader_u8(&in);
        n = n < reader_left(&in) ? n : reader_left(&in);
        message.payload = message_of(who, type, reader_bytes(&in, n), room);
        message.source_port = type & 0x80 ? 67 : 68;
        message.destination_port = type & 0x80 ? 68 : 67;
        message.time_ns = now_s * 1000000000;
        message.frame++;
        must(audit_see(audit, network & 1, &message) == 0);
    }
}

static void check(const struct audit *audit)
{
    for (size_t i = 0; i < audit->links_n; i++) {
        const struct audit_link *link = &audit->links[i], *before = link - 1;
        bool cloned = link->reading == AUDIT_LINK_CLONED;
        must(link->a < link->b && link->b < audit->clients_n && link->kinds);
        must(i == 0 || before->a < link->a || (before->a == link->a && before->b < link->b));
        must(link->probability >= 0 && link->probability < 1);
        must(cloned || link->probability >= audit->options.threshold);
        must(cloned || audit->clients[link->a]->device == audit->clients[link->b]->device);
        must(link->evidence.n > 0);
    }
    for (size_t i = 0; i < audit->clients_n; i++) {
        uint32_t device = audit->clients[i]->device;
        must(device <= i && audit->clients[device]->device == device);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct audit_options options;
    audit_options_init(&options);
    options.threshold = 0.1;
    struct audit *audit = audit_new(&options);
    must(audit != NULL);
    must(audit_file_add(audit, SLICE("home"), audit_network_add(audit, SLICE("home"), true)) == 0);
    must(audit_file_add(audit, SLICE("work"), audit_network_add(audit, SLICE("work"), true)) == 1);
    see_all(audit, (struct slice){ data, size });
    must(audit_finish(audit) == 0);
    check(audit);
    size_t n = audit->links_n, used = audit->memory.used;
    must(audit_links_judge(audit) == 0);
    must(audit->links_n == n && audit->memory.used == used);
    check(audit);
    audit_free(audit);
    return 0;
}
