/* SPDX-License-Identifier: ISC
 *
 * practices/dmarc_record: one DMARC Policy Record (RFC 9989 §4.7, §4.8). Pure.
 */
#pragma once

#include "base/slice.h"

enum dmarc_policy { DMARC_NONE, DMARC_QUARANTINE, DMARC_REJECT };
const char *dmarc_policy_text(enum dmarc_policy policy); /* "none", ... */

enum dmarc_psd { DMARC_PSD_UNKNOWN, DMARC_PSD_YES, DMARC_PSD_NO };

struct dmarc_record {
    enum dmarc_policy p, sp, np; /* sp is p, and np is sp, where they are not there (§4.7) */
    bool has_sp, has_np;
    bool without_effect; /* no valid p=, or an invalid sp= or np=, and nobody to report to: the
                          * record is there, but no DMARC processing follows from it (§4.10.1) */
    enum dmarc_psd psd;
    bool strict;  /* adkim=s */
    bool testing; /* t=y */
};

/* text: its character-strings joined. False: no DMARC Policy Record: it does not begin with v=DMARC1.
 * What else is wrong is left out (§4.8). */
MUST_USE bool dmarc_record_parse(struct slice text, struct dmarc_record *out);
