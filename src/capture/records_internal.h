/* SPDX-License-Identifier: ISC
 *
 * What the readers of the two formats share. Only for this room.
 */
#pragma once

#include <string.h>

#include "capture/records.h"

struct pcap_file {
    uint32_t link;
    uint8_t fcs;
    uint8_t header;    /* octets in front of a frame */
    uint32_t fraction; /* nanoseconds of one of its units */
    bool lengths_swapped, lengths_maybe_swapped;
};

struct pcapng_interface {
    uint32_t link;
    uint32_t snap;  /* 0: all */
    uint64_t units; /* in a second; 0: more than 64 bits hold, as the exponent says */
    bool binary;
    uint8_t exponent;
    int64_t offset; /* seconds */
    uint8_t fcs;
};

struct pcapng_file {
    struct pcapng_interface *interfaces; /* of this section */
    uint32_t n, room;
    uint32_t before; /* interfaces of earlier sections */
};

struct capture_records {
    struct buf damage; /* of the first packet record that was passed over */
    struct capture_input *in;
    enum capture_format format;
    bool big;        /* byte order of the file or of this section */
    uint64_t at;     /* bytes taken, unpacked */
    uint64_t number; /* of the last frame */
    struct pcap_file pcap;
    struct pcapng_file pcapng;
};

static inline uint16_t load16(const uint8_t *p, bool big)
{
    uint16_t v = 0;
    memcpy(&v, p, sizeof v);
    return big == (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) ? v : __builtin_bswap16(v);
}

static inline uint32_t load32(const uint8_t *p, bool big)
{
    uint32_t v = 0;
    memcpy(&v, p, sizeof v);
    return big == (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) ? v : __builtin_bswap32(v);
}

/* As capture_input_take, and counts. 1; negative: *why says that the file ends, at which byte and inside
 * what, or why it cannot be read. */
MUST_USE int records_take(struct capture_records *records, size_t n, const char *what,
                          struct slice *out, struct buf *why);
/* ERR_FORMAT, with what and where in *why. */
MUST_USE int records_damage(uint64_t at, struct buf *why, const char *what);

/* Seconds and nanoseconds, held inside what an int64_t has. */
int64_t records_time(int64_t seconds, uint64_t nanoseconds);

MUST_USE int pcap_open(struct capture_records *records, struct slice magic, struct buf *why);
MUST_USE int pcap_next(struct capture_records *records, struct capture_frame *out, struct buf *why);
MUST_USE int pcapng_next(struct capture_records *records, struct capture_frame *out,
                         struct buf *why);
