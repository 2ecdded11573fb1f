/* SPDX-License-Identifier: ISC
 *
 * cmd/report: what the tools print of messages: bytes of strangers, made safe. Pure.
 */
#pragma once

#include <jansson.h>

#include "base/buf.h"

/* Well-formed UTF-8 without control characters stays; else what is not printable ASCII stands as
 * \xNN, and the backslash as \x5c. */
void report_text(struct buf *out, struct slice text);
/* The same as a value of JSON; NULL: null. The caller's; NULL without memory. */
json_t *report_json(const char *text);
/* One line: the value, which is taken, and a newline. False: no memory. */
MUST_USE bool report_line(struct buf *out, json_t *value);
