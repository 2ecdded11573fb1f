/* SPDX-License-Identifier: ISC
 *
 * capture/live: the frames of an interface, by libpcap: whole ones, at once, with nanoseconds where the
 * kernel has them. Only for this room.
 */
#pragma once

#include "capture/records.h"

struct capture_live;
/* bpf: a filter in pcap-filter(7)'s words, or NULL. NULL: *why has a line. */
struct capture_live *capture_live_open(const char *interface, const char *bpf, bool promiscuous,
                                       struct buf *why);
void capture_live_close(struct capture_live *live);
/* Frames that came and that the kernel had no room for. */
uint64_t capture_live_dropped(const struct capture_live *live);
/* 1: *out, whose data lives until the next call; 0: nothing within wait_ms (-1: waits for ever); -EINTR: a
 * signal came; any other: the interface is gone or failed, *why has a line. */
MUST_USE int capture_live_next(struct capture_live *live, int wait_ms, struct capture_frame *out,
                               struct buf *why);
