/* SPDX-License-Identifier: ISC
 *
 * capture/input: the bytes of a file or a pipe in order, unpacked when they are gzip (RFC 1952, several
 * members too).
 */
#pragma once

#include "base/buf.h"

struct capture_input;
/* path: "-" is standard input. NULL: *why has a line for the operator, without the path. */
struct capture_input *capture_input_open(const char *path, struct buf *why);
/* Bytes that are there already, of the caller's, who keeps them: for tests and fuzzing. */
struct capture_input *capture_input_of(struct slice bytes);
void capture_input_close(struct capture_input *in);
/* The next n bytes, which live until the next call. 1; 0: the end came first, *out is what was left;
 * negative: reading failed or the gzip is damaged. n is at most 64 MiB. */
MUST_USE int capture_input_take(struct capture_input *in, size_t n, struct slice *out);
/* As above, without taking them. */
MUST_USE int capture_input_peek(struct capture_input *in, size_t n, struct slice *out);
/* Bytes read of the file as it is on the disk, and its size (0: unknown): for progress. */
void capture_input_position(const struct capture_input *in, uint64_t *out_read, uint64_t *out_size);
