/* SPDX-License-Identifier: ISC
 *
 * Messages for the tests of the audit: said() begins one, option() adds, see() shows it to an audit.
 */
#pragma once

#include <stdlib.h>

#include "audit/audit.h"

struct saying {
    uint8_t octets[4096];
    size_t n;
    struct capture_message captured;
};

static inline void put32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* An Ethernet client's message; the last octet of its address is `who`. */
static inline struct saying said(uint8_t op, uint8_t type, uint8_t who, uint32_t xid)
{
    struct saying s = { .octets = { op, 1, 6, 0 }, .n = 240 };
    static const uint8_t hardware[5] = { 0x3c, 0x07, 0x54, 0, 0 };
    put32(s.octets + 4, xid);
    memcpy(s.octets + 28, hardware, sizeof hardware);
    s.octets[33] = who;
    put32(s.octets + 236, DHCP_COOKIE);
    s.captured = (struct capture_message){ .kind = CAPTURE_UDP,
                                           .time_ns = CAPTURE_NO_TIME,
                                           .ttl = 64,
                                           .source_port = op == 1 ? 68 : 67,
                                           .destination_port = op == 1 ? 67 : 68,
                                           .destination = UINT32_MAX };
    if (type) {
        s.octets[s.n++] = 53;
        s.octets[s.n++] = 1;
        s.octets[s.n++] = type;
    }
    return s;
}

static inline struct saying ask(uint8_t type, uint8_t who, uint32_t xid)
{
    return said(DHCP_BOOTREQUEST, type, who, xid);
}

static inline struct saying answer(uint8_t type, uint8_t who, uint32_t xid, uint32_t yiaddr)
{
    struct saying s = said(DHCP_BOOTREPLY, type, who, xid);
    put32(s.octets + 16, yiaddr);
    return s;
}

static inline void option(struct saying *s, uint8_t code, struct slice value)
{
    s->octets[s->n++] = code;
    s->octets[s->n++] = (uint8_t)value.n;
    memcpy(s->octets + s->n, value.p, value.n);
    s->n += value.n;
}

static inline void option32(struct saying *s, uint8_t code, uint32_t value)
{
    uint8_t octets[4];
    put32(octets, value);
    option(s, code, (struct slice){ octets, 4 });
}

/* The answer as it reaches a client on 192.0.2.0/24 and the like. */
static inline struct saying give(uint8_t type, uint8_t who, uint32_t xid, uint32_t yiaddr)
{
    struct saying s = answer(type, who, xid, yiaddr);
    option32(&s, DHCP_O_SERVER_ID, (yiaddr & 0xffffff00) | 1);
    option32(&s, DHCP_O_SUBNET_MASK, 0xffffff00);
    option32(&s, DHCP_O_LEASE_TIME, 600);
    return s;
}

static inline void see_at(struct audit *audit, uint32_t file, struct saying s, int64_t second)
{
    s.octets[s.n++] = 255;
    s.captured.frame = audit->messages + 1;
    s.captured.time_ns = second < 0 ? CAPTURE_NO_TIME : second * 1000000000;
    s.captured.payload = guarded((struct slice){ s.octets, s.n });
    assert_int_equal(audit_see(audit, file, &s.captured), 0);
}

static inline void see(struct audit *audit, uint32_t file, struct saying s)
{
    see_at(audit, file, s, -1);
}

static inline struct audit *new_audit(uint32_t clients_max)
{
    struct audit_options options;
    audit_options_init(&options);
    if (clients_max)
        options.clients_max = clients_max;
    struct audit *audit = audit_new(&options);
    assert_non_null(audit);
    return audit;
}

/* One file of this network ("": of its own). */
static inline uint32_t add_file(struct audit *audit, const char *name, const char *network)
{
    int64_t of = network[0] ? audit_network_add(audit, slice_of_str(network), true) : (int64_t)-1;
    int64_t file = audit_file_add(audit, slice_of_str(name), of);
    assert_true(file >= 0);
    return (uint32_t)file;
}

/* DISCOVER to ACK. */
static inline void join(struct audit *audit, uint32_t file, uint8_t who, uint32_t xid,
                        uint32_t address)
{
    struct saying request = ask(DHCP_REQUEST, who, xid);
    option32(&request, DHCP_O_REQUESTED_ADDRESS, address);
    option32(&request, DHCP_O_SERVER_ID, (address & 0xffffff00) | 1);
    see(audit, file, ask(DHCP_DISCOVER, who, xid));
    see(audit, file, give(DHCP_OFFER, who, xid, address));
    see(audit, file, request);
    see(audit, file, give(DHCP_ACK, who, xid, address));
}

static inline struct audit_client *client_of(const struct audit *audit, uint8_t who)
{
    const uint8_t hardware[6] = { 0x3c, 0x07, 0x54, 0, 0, who };
    return audit_client_find(audit, 1, (struct slice){ hardware, 6 });
}
