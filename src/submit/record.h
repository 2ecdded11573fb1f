/* SPDX-License-Identifier: ISC
 *
 * submit/record: how workers tell the keeper what happened. A message is one or more records, each
 * behind its length (16 bits, big-endian). Pure.
 */
#pragma once

#include "device/device.h"

#define RECORD_MESSAGE_MAX ((size_t)16 * 1024)
#define RECORD_MAX         ((size_t)2 + DEVICE_EVENT_MAX)

/* All of it or nothing: false without room, or when it is no event (then nothing can send it). */
MUST_USE bool record_append(struct buf *out, const struct device_event *event);

enum record_result { RECORD_END, RECORD_ONE, RECORD_BAD };

/* Takes the first record off *rest. whole: its bytes with the length. Slices point into *rest.
 * RECORD_BAD: *why says what, at which byte of it; *rest is behind it, or empty when its length
 * cannot be believed. */
enum record_result record_next(struct slice *rest, struct slice *whole, struct device_event *out,
                               struct fault *why);

/* The bytes of as many whole records, from the front, as fit in max. */
size_t record_fit(struct slice records, size_t max);
/* The bytes of the first n records (or of all, when there are fewer). */
size_t record_span(struct slice records, size_t n);
