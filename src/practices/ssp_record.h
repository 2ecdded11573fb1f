/* SPDX-License-Identifier: ISC
 *
 * practices/ssp_record: one DKIMP record (draft-allman-dkim-ssp-02 §4.2). Pure.
 *
 * Broken list, or broken tag? A list that is none is no record at all (§4.1: "considered equivalent to
 * a NODATA result"); a tag whose value is illegal is left out, and its default applies (§4.2).
 */
#pragma once

#include "base/slice.h"

enum ssp_practice { SSP_UNKNOWN = 1, SSP_ALL = 2, SSP_STRICT = 3 }; /* as §3 counts them */
const char *ssp_practice_text(enum ssp_practice practice);          /* "unknown", ... */

#define SSP_SKIPPED_MAX 8 /* reported of one record; more are skipped in silence */

struct ssp_record {
    enum ssp_practice p;
    bool user;     /* u=yes */
    bool has_u;    /* u= is there, whatever it says */
    bool testing;  /* t=y */
    bool own_only; /* t=s */
    struct ssp_skipped {
        const char *what;  /* "value of p=", "flag of t=", ... */
        struct slice text; /* in the record */
    } skipped[SSP_SKIPPED_MAX];
    size_t skipped_n;
};

/* text: its character-strings joined. False: no tag list; *why says what is wrong, and where. */
MUST_USE bool ssp_record_parse(struct slice text, struct ssp_record *out, struct fault *why);

/* hyphenated-word = ALPHA [ *(ALPHA / DIGIT / "-") (ALPHA / DIGIT) ]: what a flag must be */
bool ssp_is_flag(struct slice text);
