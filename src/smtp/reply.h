/* SPDX-License-Identifier: ISC
 *
 * smtp/reply: replies, written and read (RFC 5321 §4.2, RFC 2034). Pure.
 */
#pragma once

#include "base/buf.h"

#define SMTP_REPLY_TEXT_MAX  400  /* of what is passed on from an upstream */
#define SMTP_REPLY_LINE_MAX  2048 /* one line of an upstream's reply; longer is a fault */
#define SMTP_REPLY_LINES_MAX 128  /* lines of one reply */

struct smtp_enhanced {
    uint8_t class;            /* 2, 4, 5; 0: none */
    uint16_t subject, detail; /* 0..999 */
};

struct smtp_reply {
    uint16_t code; /* 200..599 */
    struct smtp_enhanced enhanced;
    struct slice text; /* one line, without code and enhanced code */
};

/* "250 2.1.0 text\r\n". Bytes of text outside printable ASCII (UTF-8 when utf8) become "?"; what
 * passes SMTP_REPLY_TEXT_MAX is cut. */
void smtp_reply_write(struct buf *out, const struct smtp_reply *reply, bool utf8);

enum smtp_reply_result { SMTP_REPLY_MORE, SMTP_REPLY_DONE, SMTP_REPLY_BAD };

/* Reads one whole reply, multi-line too. DONE: *lines is all of it without the last line's end
 * (for smtp_capabilities_parse), *out its code, enhanced code and the text of its last line, and
 * *taken its length. A lone LF as line end is tolerated here: servers exist. BAD: not a reply,
 * codes that differ, or over the bounds above. */
enum smtp_reply_result smtp_reply_parse(struct slice bytes, struct smtp_reply *out,
                                        struct slice *lines, size_t *taken, struct fault *why);

/* "5.7.8 rest" to the code and the rest; false when text does not start with one. */
MUST_USE bool smtp_enhanced_parse(struct slice text, struct smtp_enhanced *out, struct slice *rest);
