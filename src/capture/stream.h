/* SPDX-License-Identifier: ISC
 *
 * capture/stream: one direction of one TCP connection. Only for capture/streams.
 */
#pragma once

#include "base/buf.h"
#include "capture/capture.h"

struct capture_segment {
    struct capture_segment *before, *after;
    struct capture_message about; /* of its frame; payload_at: of its first octet */
    uint32_t sequence;
    uint32_t n;
    uint8_t octets[];
};

struct capture_stream {
    uint32_t number;
    uint32_t first, next; /* sequence numbers: of its first octet, of the next that is expected */
    bool in_step;         /* where the next message begins is known */
    bool front;           /* its SYN was not seen: what comes may stand before what came */
    bool stopped;         /* gives nothing more */
    bool closing;         /* no more segments come */
    bool has_fin;
    uint32_t fin; /* its sequence number */
    bool has_acknowledged;
    uint32_t acknowledged;                    /* by the other side */
    int64_t now_ns;                           /* of the last frame of either direction */
    struct capture_segment *held, *held_last; /* by sequence number */
    uint32_t held_n, held_octets;
    struct buf ready;             /* in order */
    size_t given;                 /* octets of it, to be dropped */
    size_t mark;                  /* where in it the last segment begins, */
    size_t mark_at;               /* and where that stands in its frame; 0: nowhere */
    const char *lost;             /* to be told */
    struct capture_message about; /* of the newest frame in ready */
};

/* in_step: the first octet begins a message. */
void capture_stream_init(struct capture_stream *stream, uint32_t number, uint32_t first,
                         bool in_step);
void capture_stream_clear(struct capture_stream *stream);
/* False: so far behind what is expected that it is of another connection. */
bool capture_stream_fits(const struct capture_stream *stream, uint32_t sequence);
/* A SYN says that first is the first octet's number. False: of another connection. */
MUST_USE bool capture_stream_syn(struct capture_stream *stream, uint32_t first);
MUST_USE int capture_stream_hold(struct capture_stream *stream, const struct capture_message *about,
                                 uint32_t sequence, struct slice octets);
/* True: *out is the next message or loss; its payload lives until the next call. */
MUST_USE bool capture_stream_next(struct capture_stream *stream, struct capture_message *out);
/* Drops what it holds and gives nothing more. */
void capture_stream_stop(struct capture_stream *stream);
/* What it holds in memory. */
size_t capture_stream_memory(const struct capture_stream *stream);
