/* SPDX-License-Identifier: ISC
 *
 * capture/writer: frames to a pcap file with nanoseconds, or a pcapng file with one interface for each that
 * was met. What a capture says beside its frames (host, comments, names) is not written.
 */
#pragma once

#include "capture/records.h"

struct capture_writer;
/* path: made anew, 0600; "-" is standard output. The format as given. NULL: *why has a line. */
struct capture_writer *capture_writer_open(const char *path, enum capture_format format,
                                           struct buf *why);
/* 0 or an error number. A pcap has one link type: ERR_FORMAT for a frame of another. */
MUST_USE int capture_writer_frame(struct capture_writer *writer, const struct capture_frame *frame);
/* Syncs and closes; frees in any case. */
MUST_USE int capture_writer_close(struct capture_writer *writer);
