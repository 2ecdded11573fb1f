/* SPDX-License-Identifier: ISC
 *
 * Frames that wait, and the parts of them that are not rewritten yet. Only for audit/anonymise*.c.
 */
#pragma once

#include "audit/anonymise.h"
#include "audit/anonymise_message.h"

struct anonymise_held {
    struct anonymise_held *next;
    struct capture_frame frame; /* its data are ours */
    uint8_t *data;
    unsigned pending; /* pieces that are not finished */
    size_t ip_at;     /* 0 and tcp_n 0: no TCP checksum to write */
    size_t tcp_at, tcp_n;
    size_t mac_at, mac_n; /* mac_n: octets in front of a check sequence; 0: there is none */
};

struct anonymise_piece { /* octets of a frame that belong to a datagram or a stream */
    struct anonymise_piece *next;
    struct anonymise_held *held;
    size_t at;       /* in the frame */
    uint32_t offset; /* in the datagram; or a sequence number */
    uint32_t n;
};

/* Both take a piece off a list when it is finished. */
void anonymise_piece_done(struct anonymise_piece *piece);
MUST_USE bool anonymise_piece_add(struct anonymise_piece **list, struct anonymise_held *held,
                                  size_t at, uint32_t offset, uint32_t n);

/* ---- datagrams ---- */

struct anonymise_context {
    const struct anonymise_map *map;
    struct anonymise_room room;
    uint64_t ports[65536 / 64], tcp_ports[65536 / 64]; /* one bit each */
    uint8_t whole[65536];                              /* a datagram, or a message of a stream */
};

bool anonymise_wants(const uint64_t *ports, const uint8_t *two_ports);
/* A UDP datagram that is whole, or as much of it as there is (missing: octets that are not), in place. source and
 * destination: as they are now. */
void anonymise_datagram(struct anonymise_context *context, uint32_t source, uint32_t destination,
                        uint8_t *udp, size_t n, size_t missing);

/* ---- fragments ---- */

struct anonymise_fragments;
struct anonymise_fragments *anonymise_fragments_new(void);
void anonymise_fragments_free(struct anonymise_fragments *fragments);
MUST_USE int anonymise_fragments_add(struct anonymise_fragments *fragments,
                                     struct anonymise_context *context, struct anonymise_held *held,
                                     const struct capture_packet *packet);
/* Zeroes what waits in this frame's datagrams; of all when held is NULL. */
void anonymise_fragments_give_up(struct anonymise_fragments *fragments,
                                 struct anonymise_context *context,
                                 const struct anonymise_held *held);

/* ---- streams ---- */

struct anonymise_streams;
struct anonymise_streams *anonymise_streams_new(void);
void anonymise_streams_free(struct anonymise_streams *streams);
/* The header is rewritten already. */
MUST_USE int anonymise_streams_add(struct anonymise_streams *streams,
                                   struct anonymise_context *context, struct anonymise_held *held,
                                   const struct capture_packet *packet);
void anonymise_streams_give_up(struct anonymise_streams *streams, struct anonymise_context *context,
                               const struct anonymise_held *held);
