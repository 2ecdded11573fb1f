/* SPDX-License-Identifier: ISC
 *
 * practices/adsp_record: one Author Domain Signing Practices record (RFC 5617 §4.2). Pure.
 */
#pragma once

#include "base/slice.h"

enum adsp_practice { ADSP_UNKNOWN, ADSP_ALL, ADSP_DISCARDABLE };
const char *adsp_practice_text(enum adsp_practice practice); /* "unknown", ... */

struct adsp_record {
    enum adsp_practice practice;
    bool other_value; /* dkim= has a value that is not known, which is "unknown" (§4.2.1) */
};

/* text: its character-strings joined. False: no ADSP record, as if there were none (§4.2.1); *why says
 * what is wrong, and where. */
MUST_USE bool adsp_record_parse(struct slice text, struct adsp_record *out, struct fault *why);
