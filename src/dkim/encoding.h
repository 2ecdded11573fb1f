/* SPDX-License-Identifier: ISC
 *
 * dkim/encoding: how tag values (RFC 6376 §2.10, §2.11) and TXT records (§3.6.2.2) hold octets. Pure.
 */
#pragma once

#include "base/buf.h"

/* base64string: FWS anywhere, padding may be missing (as its ABNF has it). out: room for
 * DKIM_BASE64_ROOM(text.n). False: another character, or a length that no octets have. */
#define DKIM_BASE64_ROOM(n) ((n) / 4 * 3 + 3)
MUST_USE bool dkim_base64_decode(struct slice text, uint8_t *out, size_t *out_n);

/* dkim-quoted-printable: FWS is dropped, "=3D" decoded, other visible characters and UTF-8 stand for
 * themselves (RFC 8616 §5). out: room for text.n. */
MUST_USE bool dkim_quoted_decode(struct slice text, uint8_t *out, size_t *out_n);
/* also: a character that is written encoded although it need not be, or 0. Without folding. */
void dkim_quoted_encode(struct buf *out, struct slice octets, uint8_t also);

/* The character-strings of a record like TXT one behind the other, with nothing between. out: room
 * for rdata.n. False: one is longer than what is left. */
MUST_USE bool dkim_strings_join(struct slice rdata, uint8_t *out, struct slice *text);
