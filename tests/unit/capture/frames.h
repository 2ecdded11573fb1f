/* SPDX-License-Identifier: ISC
 *
 * Frames and capture files, put together octet by octet.
 */
#pragma once

#include "check.h"

#include "base/buf.h"
#include "capture/capture.h"

enum { MADE_MAX = 4 * 1024 * 1024 };

struct made {
    uint8_t *p; /* owned */
    size_t n;
    bool big; /* byte order of what put16 and put32 write */
};

static inline void made_init(struct made *m)
{
    *m = (struct made){ .p = test_malloc(MADE_MAX) };
}

static inline void made_clear(struct made *m)
{
    test_free(m->p);
    m->p = NULL;
}

static inline struct slice made_slice(const struct made *m)
{
    return (struct slice){ m->p, m->n };
}

static inline void put_slice(struct made *m, struct slice s)
{
    assert_true(m->n + s.n <= MADE_MAX);
    if (s.n)
        memcpy(m->p + m->n, s.p, s.n);
    m->n += s.n;
}

static inline void put_number(struct made *m, uint64_t value, size_t n)
{
    for (size_t i = 0; i < n; i++)
        m->p[m->n++] = (uint8_t)(value >> 8 * (m->big ? n - 1 - i : i));
}

static inline void put16(struct made *m, uint32_t value)
{
    put_number(m, value, 2);
}

static inline void put32(struct made *m, uint32_t value)
{
    put_number(m, value, 4);
}

static inline void put_pcap_header(struct made *m, uint32_t magic, uint32_t link)
{
    put32(m, magic);
    put16(m, 2);
    put16(m, 4);
    put32(m, 0);
    put32(m, 0);
    put32(m, 65535);
    put32(m, link);
}

static inline void put_pcap_frame(struct made *m, uint32_t seconds, uint32_t fraction,
                                  struct slice frame)
{
    put32(m, seconds);
    put32(m, fraction);
    put32(m, (uint32_t)frame.n);
    put32(m, (uint32_t)frame.n);
    put_slice(m, frame);
}

/* A pcapng block, its length on both sides and its padding. */
static inline void put_block(struct made *m, uint32_t type, struct slice body)
{
    uint32_t padding = (uint32_t)(4 - body.n % 4) % 4, length = 12 + (uint32_t)body.n + padding;
    put32(m, type);
    put32(m, length);
    put_slice(m, body);
    put_number(m, 0, padding);
    put32(m, length);
}

static inline void put_section(struct made *m)
{
    put32(m, 0x0a0d0d0a);
    put32(m, 28);
    put32(m, 0x1a2b3c4d);
    put16(m, 1);
    put16(m, 0);
    put32(m, UINT32_MAX);
    put32(m, UINT32_MAX);
    put32(m, 28);
}

/* options: as they stand in the file, in the byte order of m. */
static inline void put_interface(struct made *m, uint16_t link, uint32_t snap, struct slice options)
{
    uint32_t length = 20 + (uint32_t)options.n;
    put32(m, 1);
    put32(m, length);
    put16(m, link);
    put16(m, 0);
    put32(m, snap);
    put_slice(m, options);
    put32(m, length);
}

static inline void put_enhanced(struct made *m, uint32_t interface, uint64_t time,
                                struct slice frame)
{
    uint32_t padding = (uint32_t)(4 - frame.n % 4) % 4, length = 32 + (uint32_t)frame.n + padding;
    put32(m, 6);
    put32(m, length);
    put32(m, interface);
    put32(m, (uint32_t)(time >> 32));
    put32(m, (uint32_t)time);
    put32(m, (uint32_t)frame.n);
    put32(m, (uint32_t)frame.n);
    put_slice(m, frame);
    put_number(m, 0, padding);
    put32(m, length);
}

struct ip {
    uint8_t protocol;
    uint16_t id;
    uint16_t fragment; /* flags and offset, as in the header */
    uint32_t source, destination;
};

/* An IPv4 packet, in network byte order whatever m has. */
static inline void put_ip(struct made *m, const struct ip *ip, struct slice payload)
{
    bool big = m->big;
    m->big = true;
    put16(m, 0x4500);
    put16(m, (uint32_t)(20 + payload.n));
    put16(m, ip->id);
    put16(m, ip->fragment);
    put16(m, 64 << 8 | ip->protocol);
    put16(m, 0);
    put32(m, ip->source);
    put32(m, ip->destination);
    m->big = big;
    put_slice(m, payload);
}

static inline void put_udp(struct made *m, uint16_t source, uint16_t destination,
                           struct slice payload)
{
    bool big = m->big;
    m->big = true;
    put16(m, source);
    put16(m, destination);
    put16(m, (uint32_t)(8 + payload.n));
    put16(m, 0);
    m->big = big;
    put_slice(m, payload);
}

/* Ethernet's header, of an EtherType. */
static inline void put_ethernet(struct made *m, uint16_t type)
{
    bool big = m->big;
    m->big = true;
    put_slice(m, SLICE("\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x01"));
    put16(m, type);
    m->big = big;
}

/* A DHCP client's datagram in IPv4, over m. */
static inline void put_datagram(struct made *m, struct slice payload)
{
    struct made udp;
    const struct ip ip = { .protocol = 17, .id = 7, .destination = UINT32_MAX };
    made_init(&udp);
    put_udp(&udp, 68, 67, payload);
    put_ip(m, &ip, made_slice(&udp));
    made_clear(&udp);
}
