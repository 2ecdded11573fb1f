/* SPDX-License-Identifier: ISC
 *
 * milter/results: what was found, as one Authentication-Results field (RFC 8601). Pure.
 *
 *   mx.example; dkim=pass (2048-bit key) header.d=... header.i=... header.s=... header.a=... header.b=...;
 *    x-dkim-ssp=pass header.from=... policy.practice=... policy.step=...; dkim-adsp=...; dmarc=...
 */
#pragma once

#include "milter/message.h"

struct results {
    const struct milter_setup *setup;
    const struct milter_verified *verified; /* NULL: it could not be; then error or header_over */
    const char *from;                       /* the domain of From; "": there is no single one */
    const char *from_fault;                 /* then: why; static */
    const char *differs; /* why no pass may be given: the header is not what it seems; NULL */
    bool header_over;
    bool space_lost; /* the MTA did not say which white space follows the colons */
};

/* Appends the value, as it stands behind the colon without its first space; folds have CRLF. */
void results_write(const struct results *r, struct buf *out);
/* The message's result after what `differs` takes away. */
enum postern_dkim_result results_dkim(const struct results *r);
/* The word of a kind of practices: "pass", "unknown", ...; NULL: it is not asked. */
const char *results_practices(const struct results *r, enum postern_practices_kind kind);
