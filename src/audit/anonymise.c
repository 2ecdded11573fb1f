/* SPDX-License-Identifier: ISC */
#include "audit/anonymise.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit/anonymise_internal.h"
#include "audit/anonymise_link.h"

enum {
    ARP = 0x0806,
    ICMP = 1,
    IGMP = 2,
    TCP = 6,
    UDP = 17,
    IP_HEADER = 20,
    IP_SUM = 10,
    IP_SOURCE = 12,
    IP_NOP = 1,
    UDP_HEADER = 8,
    UDP_LENGTH = 4,
    UDP_SUM = 6,
    TCP_HEADER = 20,
    TCP_OFFSET = 12,
    TCP_SUM = 16,
    TCP_NOP = 1,
    FCS = 4,
};

struct anonymiser {
    struct anonymise_context context;
    struct anonymise_fragments *fragments;
    struct anonymise_streams *streams;
    struct anonymise_held *first, *last, *given;
    size_t held_n, octets;
};

static uint16_t be16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, uint16_t number)
{
    p[0] = (uint8_t)(number >> 8);
    p[1] = (uint8_t)number;
}

/* ---- pieces ---- */

void anonymise_piece_done(struct anonymise_piece *piece)
{
    piece->held->pending--;
    free(piece);
}

bool anonymise_piece_add(struct anonymise_piece **list, struct anonymise_held *held, size_t at,
                         uint32_t offset, uint32_t n)
{
    struct anonymise_piece *made = malloc(sizeof *made);
    if (!made)
        return false;
    *made =
        (struct anonymise_piece){ .next = *list, .held = held, .at = at, .offset = offset, .n = n };
    *list = made;
    held->pending++;
    return true;
}

/* ---- datagrams ---- */

bool anonymise_wants(const uint64_t *ports, const uint8_t *two_ports)
{
    uint16_t source = be16(two_ports), destination = be16(two_ports + 2);
    return (ports[source / 64] >> source % 64 & 1) ||
           (ports[destination / 64] >> destination % 64 & 1);
}

/* RFC 768, RFC 9293 §3.1: addresses, protocol and length are summed, too. */
static uint16_t sum_with_head(uint32_t source, uint32_t destination, uint8_t protocol,
                              struct slice s)
{
    uint32_t sum = (source >> 16) + (source & 0xffff) + (destination >> 16) +
                   (destination & 0xffff) + protocol + (uint32_t)s.n;
    return anonymise_fold(anonymise_sum(sum, s));
}

/* What is not there, or not to be understood, has no checksum: 0. */
static void put_udp_sum(uint32_t source, uint32_t destination, uint8_t *udp, size_t n)
{
    size_t length = be16(udp + UDP_LENGTH);
    bool wanted = be16(udp + UDP_SUM);
    put16(udp + UDP_SUM, 0);
    if (!wanted || length < UDP_HEADER || length > n)
        return;
    uint16_t sum = sum_with_head(source, destination, UDP, (struct slice){ udp, length });
    put16(udp + UDP_SUM, sum ? sum : UINT16_MAX);
}

void anonymise_datagram(struct anonymise_context *context, uint32_t source, uint32_t destination,
                        uint8_t *udp, size_t n, size_t missing)
{
    if (n < UDP_HEADER) {
        size_t kept = n < 4 || !anonymise_wants(context->ports, udp) ? 0
                      : n < UDP_SUM                                  ? n
                                                                     : UDP_SUM;
        if (n > kept)
            memset(udp + kept, 0, n - kept);
        return;
    }
    size_t length = be16(udp + UDP_LENGTH), whole = n + missing;
    size_t end = length < UDP_HEADER || length > whole ? whole : length;
    end = end < n ? end : n;
    if (!anonymise_wants(context->ports, udp)) {
        memset(udp, 0, UDP_LENGTH);
        memset(udp + UDP_SUM, 0, n - UDP_SUM);
        return;
    }
    anonymise_message(context->map, &context->room, udp + UDP_HEADER, end - UDP_HEADER);
    memset(udp + end, 0, n - end);
    put_udp_sum(source, destination, udp, missing ? 0 : n);
}

/* ---- packets ---- */

/* Options may hold addresses: they become NOPs. */
static void rewrite_header(const struct anonymise_map *map, uint8_t *ip, size_t header)
{
    anonymise_addresses(map, ip + IP_SOURCE, 8);
    memset(ip + IP_HEADER, IP_NOP, header - IP_HEADER);
    put16(ip + IP_SUM, 0);
    put16(ip + IP_SUM, anonymise_fold(anonymise_sum(0, (struct slice){ ip, header })));
}

/* Zeros, with checksums that fit. */
static void blank(struct anonymise_held *held, const struct capture_packet *p)
{
    uint8_t *payload = held->data + p->payload_at;
    memset(payload, 0, p->payload.n);
    if (p->missing || p->fragment)
        return;
    if ((p->protocol == ICMP || p->protocol == IGMP) && p->payload.n >= 4)
        put16(payload + 2, UINT16_MAX);
    if (p->protocol == TCP && p->payload.n >= TCP_HEADER) {
        payload[TCP_OFFSET] = TCP_HEADER / 4 << 4;
        held->ip_at = p->ip_at;
        held->tcp_at = p->payload_at;
        held->tcp_n = p->payload.n;
    }
}

/* Options tell the time of a machine, among others. */
static bool rewrite_tcp_header(uint8_t *tcp, size_t n)
{
    size_t header = n < TCP_HEADER ? 0 : (size_t)(tcp[TCP_OFFSET] >> 4) * 4;
    if (header < TCP_HEADER || header > n)
        return false;
    memset(tcp + TCP_SUM, 0, 4); /* and the urgent pointer */
    memset(tcp + TCP_HEADER, TCP_NOP, header - TCP_HEADER);
    return true;
}

static int take_tcp(struct anonymiser *a, struct anonymise_held *held,
                    const struct capture_packet *p)
{
    uint8_t *tcp = held->data + p->payload_at;
    if (p->fragment || p->payload.n < 4 || !anonymise_wants(a->context.tcp_ports, tcp) ||
        !rewrite_tcp_header(tcp, p->payload.n)) {
        blank(held, p);
        return 0;
    }
    if (!p->missing) {
        held->ip_at = p->ip_at;
        held->tcp_at = p->payload_at;
        held->tcp_n = p->payload.n;
    }
    return anonymise_streams_add(a->streams, &a->context, held, p);
}

static int take_packet(struct anonymiser *a, struct anonymise_held *held,
                       const struct capture_packet *p)
{
    const struct anonymise_map *map = a->context.map;
    rewrite_header(map, held->data + p->ip_at, p->payload_at - p->ip_at);
    if (p->protocol == TCP)
        return take_tcp(a, held, p);
    if (p->protocol == UDP && p->fragment)
        return anonymise_fragments_add(a->fragments, &a->context, held, p);
    if (p->protocol == UDP)
        anonymise_datagram(&a->context, anonymise_address(map, p->source_address),
                           anonymise_address(map, p->destination_address),
                           held->data + p->payload_at, p->payload.n, p->missing);
    else
        blank(held, p);
    return 0;
}

static int take_frame(struct anonymiser *a, struct anonymise_held *held)
{
    struct anonymise_link link;
    struct capture_packet packet;
    size_t n = held->frame.data.n;
    bool is_ip = capture_packet_parse(&held->frame, &packet);
    anonymise_link(a->context.map, held->frame.link, held->data, n, &link);
    bool whole = held->frame.length == n && n > link.mac_at + FCS;
    held->mac_at = link.mac_at;
    held->mac_n = whole && (link.fcs || held->frame.fcs == FCS) ? n - FCS - link.mac_at : 0;
    if (!is_ip && link.type == ARP)
        anonymise_arp(a->context.map, held->data + link.at, n - link.at);
    else if (!is_ip && n > link.at)
        memset(held->data + link.at, 0, n - link.at);
    if (!is_ip)
        return 0;
    size_t end = packet.payload_at + packet.payload.n;
    if (n > end)
        memset(held->data + end, 0, n - end);
    return take_packet(a, held, &packet);
}

/* ---- frames ---- */

static void set_ports(uint64_t *bits, const uint16_t *ports, size_t n)
{
    for (size_t i = 0; i < n; i++)
        bits[ports[i] / 64] |= UINT64_C(1) << ports[i] % 64;
}

struct anonymiser *anonymiser_new(const struct anonymise_map *map,
                                  const struct capture_filter *filter)
{
    struct anonymiser *a = calloc(1, sizeof *a);
    if (!a)
        return NULL;
    a->context.map = map;
    set_ports(a->context.ports, filter->ports, filter->ports_n);
    set_ports(a->context.tcp_ports, filter->tcp_ports, filter->tcp_ports_n);
    a->fragments = anonymise_fragments_new();
    a->streams = anonymise_streams_new();
    if (a->fragments && a->streams)
        return a;
    anonymiser_free(a);
    return NULL;
}

static void held_free(struct anonymise_held *held)
{
    if (held)
        free(held->data);
    free(held);
}

void anonymiser_free(struct anonymiser *a)
{
    if (!a)
        return;
    anonymise_fragments_free(a->fragments);
    anonymise_streams_free(a->streams);
    while (a->first) {
        struct anonymise_held *held = a->first;
        a->first = held->next;
        held_free(held);
    }
    held_free(a->given);
    free(a);
}

static struct anonymise_held *held_new(struct anonymiser *a, const struct capture_frame *frame)
{
    struct anonymise_held *held = calloc(1, sizeof *held);
    uint8_t *data = malloc(frame->data.n + 1);
    if (!held || !data) {
        free(held);
        free(data);
        return NULL;
    }
    if (frame->data.n)
        memcpy(data, frame->data.p, frame->data.n);
    held->data = data;
    held->frame = *frame;
    held->frame.data.p = data;
    *(a->last ? &a->last->next : &a->first) = held;
    a->last = held;
    a->held_n++;
    a->octets += frame->data.n;
    return held;
}

int anonymiser_add(struct anonymiser *a, const struct capture_frame *frame)
{
    struct anonymise_held *held = held_new(a, frame);
    int error = held ? take_frame(a, held) : -ENOMEM;
    while (!error && a->first->pending &&
           (a->held_n > ANONYMISE_HELD_FRAMES || a->octets > ANONYMISE_HELD_OCTETS)) {
        anonymise_fragments_give_up(a->fragments, &a->context, a->first);
        anonymise_streams_give_up(a->streams, &a->context, a->first);
    }
    return error;
}

void anonymiser_end(struct anonymiser *a)
{
    anonymise_fragments_give_up(a->fragments, &a->context, NULL);
    anonymise_streams_give_up(a->streams, &a->context, NULL);
}

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)be16(p) << 16 | be16(p + 2);
}

/* Checksums over what is rewritten now. */
static void seal(struct anonymise_held *held)
{
    uint8_t *data = held->data, *tcp = data + held->tcp_at;
    const uint8_t *ip = data + held->ip_at;
    if (held->tcp_n) {
        put16(tcp + TCP_SUM, 0);
        put16(tcp + TCP_SUM, sum_with_head(be32(ip + IP_SOURCE), be32(ip + IP_SOURCE + 4), TCP,
                                           (struct slice){ tcp, held->tcp_n }));
    }
    if (held->mac_n) {
        uint32_t crc = anonymise_crc32((struct slice){ data + held->mac_at, held->mac_n });
        for (size_t i = 0; i < FCS; i++)
            data[held->mac_at + held->mac_n + i] = (uint8_t)(crc >> 8 * i);
    }
}

bool anonymiser_next(struct anonymiser *a, struct capture_frame *out)
{
    struct anonymise_held *held = a->first;
    held_free(a->given);
    a->given = NULL;
    if (!held || held->pending)
        return false;
    a->first = held->next;
    if (!a->first)
        a->last = NULL;
    a->held_n--;
    a->octets -= held->frame.data.n;
    seal(held);
    a->given = held;
    *out = held->frame;
    return true;
}
