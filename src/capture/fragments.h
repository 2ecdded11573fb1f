/* SPDX-License-Identifier: ISC
 *
 * capture/fragments: IPv4 fragments to datagrams (RFC 791 §3.2), UDP's and TCP's only.
 *
 * Of octets that come twice the first stand; when the second differ the message has a fault. What is not
 * whole after two minutes (RFC 1122 §3.3.2), at the end, or when there are too many, is lost and said to be,
 * unless its ports are known and nobody asked for them. Only for this room.
 */
#pragma once

#include "capture/capture.h"
#include "capture/ports.h"

struct capture_fragments;
struct capture_fragments *capture_fragments_new(void); /* NULL: no memory */
void capture_fragments_free(struct capture_fragments *fragments);

/* 1: *packet, a fragment, is now the whole datagram, whose payload lives until the next call, and *out_clash
 * the fault of one that was told in two ways (what is NULL without); 0: it is held; negative: no memory.
 * ports: of the packet's protocol. */
MUST_USE int capture_fragments_add(struct capture_fragments *fragments,
                                   const struct capture_frame *frame,
                                   const struct capture_ports *ports, struct capture_packet *packet,
                                   struct fault *out_clash);
/* True: *out is one that was lost. To be asked until false after each add. */
MUST_USE bool capture_fragments_lost(struct capture_fragments *fragments,
                                     struct capture_message *out);
/* No more come: what is held is lost. */
void capture_fragments_end(struct capture_fragments *fragments);
