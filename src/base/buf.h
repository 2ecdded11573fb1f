/* SPDX-License-Identifier: ISC
 *
 * base/buf: growing bytes with a maximum.
 *
 * Appends never overrun: past `max`, or without memory, `failed` is set and stays set, the content
 * stays what it was, and later appends do nothing. Append many, check once. Bytes are taken from
 * the front, so a buf is also a queue.
 */
#pragma once

#include <stdarg.h>

#include "base/slice.h"

struct buf {
    uint8_t *p;   /* owned; NULL while nothing is held */
    size_t start; /* first byte not yet consumed */
    size_t end;   /* behind the last byte */
    size_t cap;
    size_t max; /* of end - start */
    bool failed;
};

void buf_init(struct buf *b, size_t max);
/* Frees the memory; the buf stays usable with the same maximum. */
void buf_clear(struct buf *b);
/* As buf_clear, with everything that was held overwritten first. */
void buf_wipe(struct buf *b);

size_t buf_size(const struct buf *b);
struct slice buf_slice(const struct buf *b); /* valid until the next change */

void buf_append(struct buf *b, struct slice s);
void buf_append_str(struct buf *b, const char *text);
void buf_append_byte(struct buf *b, uint8_t byte);
void buf_printf(struct buf *b, const char *format, ...) PRINTF(2, 3);
void buf_vprintf(struct buf *b, const char *format, va_list args) PRINTF(2, 0);

/* Room for n more bytes, written by the caller and then claimed with buf_grew. NULL: failed. */
uint8_t *buf_reserve(struct buf *b, size_t n);
void buf_grew(struct buf *b, size_t n);

/* Drops n bytes (at most all) from the front. An emptied buf keeps a small block, frees a large. */
void buf_consume(struct buf *b, size_t n);
