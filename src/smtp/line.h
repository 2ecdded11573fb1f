/* SPDX-License-Identifier: ISC
 *
 * smtp/line: bytes to one line, ended by CRLF and nothing else (RFC 5321 §2.3.8). Pure.
 */
#pragma once

#include "base/slice.h"

enum smtp_line_result {
    SMTP_LINE_MORE, /* no end yet and still within max */
    SMTP_LINE_DONE,
    SMTP_LINE_BARE, /* the line held a bare CR or LF; it ends at the next LF all the same */
    SMTP_LINE_LONG, /* more than max bytes with CRLF, or without an end in sight */
};

/* Looks for the first line in bytes. DONE and BARE: *line is it without its end and *taken counts
 * its end too. MORE: *taken is 0. LONG: the end was seen within bytes (*taken counts to it) or was
 * not (*taken is all of bytes: the caller skips on to the next LF). A CR as the last byte of bytes
 * is MORE, unless that passes max. */
enum smtp_line_result smtp_line_next(struct slice bytes, size_t max, struct slice *line,
                                     size_t *taken);
