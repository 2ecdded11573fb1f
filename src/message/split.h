/* SPDX-License-Identifier: ISC
 *
 * message/split: a message as bytes to its header fields and its body, while it streams by. Pure.
 *
 * The header ends at the first empty line. A line that is neither a field nor a continuation is given
 * as a field too: who reads it decides (postern/dkim.h counts it as a fault).
 */
#pragma once

#include "base/buf.h"

#define MESSAGE_HEADER_MAX ((size_t)1024 * 1024) /* octets of all fields; then a fault */

enum message_part {
    MESSAGE_MORE,       /* nothing to give: feed more, or it has ended */
    MESSAGE_FIELD,      /* one field, without its last CRLF */
    MESSAGE_HEADER_END, /* the empty line was met, or the message ended in the header */
    MESSAGE_BODY,       /* a slice of the body */
    MESSAGE_TOO_BIG     /* the header is over its bound (or memory is); nothing follows */
};

struct message_split {
    bool mend_lines;   /* files: LF alone becomes CRLF when the first line ends so */
    size_t header_max; /* MESSAGE_HEADER_MAX; may be changed after init */
    /* the splitter's own */
    struct buf held; /* the field that is not whole yet; mended text */
    struct slice input;
    size_t header, line_n;
    uint8_t state;
    bool cr; /* the last byte was CR */
    bool met_line, lone_lf;
    bool given; /* what is held was given, and goes with the next call */
    bool ended;
};

void message_split_init(struct message_split *s, bool mend_lines);
void message_split_clear(struct message_split *s);
/* bytes: the next of the message, kept by the caller until message_split_next has said MORE. */
void message_split_feed(struct message_split *s, struct slice bytes);
void message_split_end(struct message_split *s);
/* out lives until the next call. */
enum message_part message_split_next(struct message_split *s, struct slice *out);
