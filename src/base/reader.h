/* SPDX-License-Identifier: ISC
 *
 * base/reader: a big-endian cursor over bytes of the wire.
 *
 * After the first short read every read yields zero and `bad` stays set, so a parser checks once,
 * at the end.
 */
#pragma once

#include "base/slice.h"

struct reader {
    const uint8_t *p;
    const uint8_t *end;
    bool bad;
};

struct reader reader_of(struct slice s);
size_t reader_left(const struct reader *r);
uint8_t reader_u8(struct reader *r);
uint16_t reader_be16(struct reader *r);
uint32_t reader_be32(struct reader *r);
struct slice reader_bytes(struct reader *r, size_t n);
