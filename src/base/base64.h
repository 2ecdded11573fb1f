/* SPDX-License-Identifier: ISC
 *
 * base/base64: RFC 4648 §4, padding required, nothing else allowed inside.
 */
#pragma once

#include "base/buf.h"

/* Bytes that n characters of base64 decode to at most, and that n bytes encode to. */
#define BASE64_DECODED_MAX(n) ((n) / 4 * 3)
#define BASE64_ENCODED(n)     (((n) + 2) / 3 * 4)

/* Decodes into out (room for BASE64_DECODED_MAX(text.n)); false on any other character, a wrong
 * length, misplaced padding or padding bits that are not zero. The empty text decodes to nothing. */
MUST_USE bool base64_decode(struct slice text, uint8_t *out, size_t *out_n);
void base64_encode(struct buf *out, struct slice bytes);
