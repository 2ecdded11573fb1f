/* SPDX-License-Identifier: ISC
 *
 * smtp/data: message content on the wire: the scanner of DATA (RFC 5321 §4.5.2), the check of BDAT
 * (RFC 3030), and dot-stuffing for the next hop. Pure and streaming.
 *
 * Content is handed on as it is meant (dots removed). Only CRLF ends a line and only CRLF "." CRLF
 * ends the data: a bare CR or LF, or a NUL, makes the scanner `bad` for good; it goes on to the true
 * end, but hands on no content from there. How the bytes are sliced never changes the result.
 */
#pragma once

#include "base/slice.h"

struct smtp_data_scan { /* zero-initialised: at the first byte of the data */
    uint8_t state;      /* the scanner's */
    bool bad;           /* a bare CR or LF, or a NUL, was seen: refuse the message */
    bool ended;
};

/* Takes bytes from the wire. *content is the next run of content: it points into bytes, may span
 * many lines, and may be empty. Returns how many bytes were taken (> 0 for n > 0). Call again with
 * the rest until `ended`, which is set by the call that takes the last LF of the end. */
size_t smtp_data_scan(struct smtp_data_scan *scan, struct slice bytes, struct slice *content);

struct smtp_chunk_check { /* zero-initialised: at the start of a message sent by BDAT */
    bool cr;              /* the last byte was CR */
    bool bad;             /* a bare CR or LF, or a NUL, was seen */
};
/* bytes: content of BDAT chunks in order, chunk borders do not matter. */
void smtp_chunk_check(struct smtp_chunk_check *check, struct slice bytes);
/* At the end of the last chunk: a CR still open is bare. */
void smtp_chunk_check_end(struct smtp_chunk_check *check);

struct smtp_stuff {   /* zero-initialised; at the first byte of a message */
    bool inside_line; /* the next byte is not the first of a line */
    bool cr;          /* the last byte was CR */
};
/* The next run of content that can be sent as it stands. When *dot is set, "." goes before it.
 * Returns the bytes covered (> 0 for n > 0). */
size_t smtp_stuff_next(struct smtp_stuff *stuff, struct slice content, bool *dot);
/* What ends the data: ".\r\n", with CRLF before it when the content did not end a line. */
struct slice smtp_stuff_end(const struct smtp_stuff *stuff);

/* "SIZE [LAST]" (RFC 3030 §2). */
MUST_USE bool smtp_bdat_parse(struct slice argument, uint64_t *size, bool *last, struct fault *why);
