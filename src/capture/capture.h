/* SPDX-License-Identifier: ISC
 *
 * capture/capture: one file's or interface's messages: UDP datagrams from or to given ports, and the
 * messages with a 16-bit length in front of TCP streams (RFC 6926 §6.1), in the order in which they were
 * complete. Fragments and streams are put together within stated bounds. Frame numbers never fall, but for what
 * is given up late: losses, and a stream's messages behind a hole.
 */
#pragma once

#include "capture/packet.h"

enum {
    CAPTURE_PORTS_MAX = 16,
    CAPTURE_FAULTS_MAX = 4,
    CAPTURE_FRAGMENTS_MAX = 4096,    /* datagrams being put together; the oldest goes */
    CAPTURE_STREAMS_MAX = 4096,      /* TCP streams; the one longest idle goes */
    CAPTURE_STREAM_WINDOW = 1 << 18, /* octets out of order held for a stream */
};

enum capture_kind {
    CAPTURE_UDP,
    CAPTURE_TCP,
    CAPTURE_LOSS, /* no message: what says what was lost: a fragmented datagram that never became whole, a
                   * hole in a stream, a stream that begins in the middle */
};

struct capture_message {
    enum capture_kind kind;
    uint64_t frame;  /* that completed it */
    int64_t time_ns; /* of that frame; CAPTURE_NO_TIME */
    uint32_t interface;
    uint32_t source, destination; /* addresses, host order */
    uint16_t source_port, destination_port;
    bool has_hardware; /* the link layer's source and destination are known */
    uint8_t source_hardware[6], destination_hardware[6];
    bool outgoing;
    uint16_t vlan[CAPTURE_VLANS_MAX];
    uint8_t vlan_n;
    uint8_t ttl;
    uint16_t ip_id;
    struct slice payload; /* lives until the next call */
    /* Where the payload stands in its frame, to rewrite it in place; 0: it was put together. */
    size_t payload_at;
    const char *what; /* CAPTURE_LOSS: static text */
    uint32_t stream;  /* CAPTURE_TCP: of this capture, one number for each direction */
    /* "IP length does not fit", "UDP length does not fit", "frame cut by the snap length", "fragments differ
     * where they overlap": at counts from the payload's first octet, and is its end when that is too early. */
    struct fault faults[CAPTURE_FAULTS_MAX];
    uint8_t faults_n;
};

struct capture_filter {
    uint16_t ports[CAPTURE_PORTS_MAX]; /* UDP, either side */
    uint8_t ports_n;
    uint16_t tcp_ports[CAPTURE_PORTS_MAX];
    uint8_t tcp_ports_n;
    int64_t from_ns, to_ns; /* frames outside are counted and passed over; CAPTURE_NO_TIME: open */
};
void capture_filter_init(struct capture_filter *out); /* UDP 67 and 68, TCP 67, all times */

struct capture_totals {
    uint64_t frames, octets, messages, losses;
    uint64_t not_ipv4; /* frames of other protocols or unknown link types */
    uint64_t outside;  /* of the times */
    int64_t first_ns, last_ns;
};

struct capture;
/* path: "-" is standard input; plain or gzip, pcap or pcapng. NULL: *why has a line, without the path. */
struct capture *capture_open(const char *path, const struct capture_filter *filter,
                             struct buf *why);
/* As capture_open, of bytes of the caller's. */
struct capture *capture_open_bytes(struct slice bytes, const struct capture_filter *filter,
                                   struct buf *why);
/* On an interface, by libpcap. bpf: a further filter, or NULL. It counts frames from 1. */
struct capture *capture_open_live(const char *interface, const char *bpf, bool promiscuous,
                                  const struct capture_filter *filter, struct buf *why);
void capture_close(struct capture *capture);
/* 1: *out; 0: the end, or nothing within wait_ms of a live one (-1: waits for ever; files never wait);
 * negative: damaged or failed, *why (an empty buf) has a line; what came before was given. -EINTR: a signal
 * came while a live one waited. */
MUST_USE int capture_next(struct capture *capture, int wait_ms, struct capture_message *out,
                          struct buf *why);
/* The rest of this stream is no messages (TLS begins): nothing more is given of it. */
void capture_stream_end(struct capture *capture, uint32_t stream);
const struct capture_totals *capture_totals(const struct capture *capture);
/* On an interface: frames that were lost before they could be read; else 0. */
uint64_t capture_dropped(const struct capture *capture);
void capture_position(const struct capture *capture, uint64_t *out_read, uint64_t *out_size);
