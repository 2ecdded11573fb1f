/* SPDX-License-Identifier: ISC
 *
 * capture/records: pcap (all its magic numbers) and pcapng files, packet by packet.
 *
 * Each pcapng section and interface has its own byte order, link type, snap length, time resolution and
 * offset. Damage ends a file with a fault that says what and where; packets before it were given.
 */
#pragma once

#include "capture/input.h"

#define CAPTURE_NO_TIME INT64_MIN
#define CAPTURE_FRAME_MAX \
    (256 * 1024) /* bytes; a longer one is damage, or skipped when its file goes on */

struct capture_frame {
    uint64_t number;    /* from 1, packet records only, as Wireshark counts */
    int64_t time_ns;    /* since 1970; CAPTURE_NO_TIME: a pcapng SPB has none */
    uint32_t interface; /* of its file, from 0 */
    uint32_t link;      /* LINKTYPE_* */
    struct slice data;  /* what was captured; lives until the next call */
    uint32_t length;    /* on the wire */
    uint8_t fcs;        /* octets of frame check sequence at its end, when the file says so */
};

enum capture_format { CAPTURE_PCAP, CAPTURE_PCAPNG };

struct capture_records;
/* Takes in. NULL (in is closed): no capture, *why has a line. */
struct capture_records *capture_records_open(struct capture_input *in, struct buf *why);
void capture_records_close(struct capture_records *records); /* and its input */
/* 1: *out; 0: the end; negative: an error number, and *why (an empty buf) says what and at which byte.
 * Of packet records that cannot be, in blocks that are whole, the end says the first. */
MUST_USE int capture_records_next(struct capture_records *records, struct capture_frame *out,
                                  struct buf *why);
enum capture_format capture_records_format(const struct capture_records *records);
void capture_records_position(const struct capture_records *records, uint64_t *out_read,
                              uint64_t *out_size);
