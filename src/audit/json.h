/* SPDX-License-Identifier: ISC
 *
 * audit/json: JSON (RFC 8259) written as it goes, into a buf: nothing is a tree, so a report may be longer
 * than memory. Pure. What fails is the buf, once and for good.
 *
 * A writer knows where commas, colons and line ends belong: a key, then its value; or values in an array.
 */
#pragma once

#include "base/buf.h"

enum { AUDIT_JSON_DEPTH = 32 };

/* "text" with its quotes. Control characters (C0, DEL, C1) are escaped, so that a terminal stays unmoved;
 * octets that are no UTF-8 stand as U+FFFD, one each. */
void audit_json_string(struct buf *out, struct slice text);

struct audit_json {
    struct buf *out;
    uint64_t filled; /* a bit for each depth: something stands there already */
    uint64_t arrays; /* a bit for each depth: it is an array */
    uint8_t depth;
    bool keyed;     /* a key waits for its value */
    unsigned lines; /* values down to this depth stand on lines of their own; 0: all on one */
};

void audit_json_init(struct audit_json *j, struct buf *out, unsigned lines);
void audit_json_object(struct audit_json *j);
void audit_json_array(struct audit_json *j);
void audit_json_end(struct audit_json *j); /* of the innermost; too many fail the buf */
/* key: static text of ours, without anything to escape. */
void audit_json_key(struct audit_json *j, const char *key);

void audit_json_text(struct audit_json *j, struct slice text);
void audit_json_str(struct audit_json *j, const char *text); /* NULL: null */
void audit_json_hex(struct audit_json *j, struct slice octets);
void audit_json_int(struct audit_json *j, int64_t number);
void audit_json_uint(struct audit_json *j, uint64_t number);
/* places: behind the point, 0 to 9; zeros at the end are left out. What is no number is null. */
void audit_json_number(struct audit_json *j, double number, int places);
/* Nanoseconds as seconds, exactly: six places, nine when it takes them. */
void audit_json_seconds(struct audit_json *j, int64_t ns);
void audit_json_bool(struct audit_json *j, bool value);
void audit_json_null(struct audit_json *j);
/* Whether everything that was opened was ended, and the buf took it all. */
MUST_USE bool audit_json_done(const struct audit_json *j);
