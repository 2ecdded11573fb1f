/* SPDX-License-Identifier: ISC
 *
 * audit/anonymise: the frames of a capture, each with every identifier replaced and every length kept. Pure.
 *
 * DHCP messages are rewritten (anonymise_message.h), in fragments and in TCP streams too: frames wait until a
 * message is whole, within stated bounds, and what never becomes whole is zeroed. Of everything else addresses
 * are replaced and payloads zeroed; checksums are right afterwards. Frames come out in the order in which they
 * went in, with their times and lengths.
 */
#pragma once

#include "audit/anonymise_map.h"
#include "capture/capture.h"

enum {
    ANONYMISE_HELD_FRAMES =
        65536, /* that wait; then the oldest is let go as it is, unfinished parts zeroed */
    ANONYMISE_HELD_OCTETS = 64 * 1024 * 1024,
};

struct anonymiser;
/* map: lives longer. filter: its ports are DHCP's. NULL: out of memory. */
struct anonymiser *anonymiser_new(const struct anonymise_map *map,
                                  const struct capture_filter *filter);
void anonymiser_free(struct anonymiser *anonymiser);
/* 0 or -ENOMEM. Copies the frame. */
MUST_USE int anonymiser_add(struct anonymiser *anonymiser, const struct capture_frame *frame);
/* No more frames come. */
void anonymiser_end(struct anonymiser *anonymiser);
/* True: *out is the next frame that is finished; its octets live until the next call. */
MUST_USE bool anonymiser_next(struct anonymiser *anonymiser, struct capture_frame *out);
