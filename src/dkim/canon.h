/* SPDX-License-Identifier: ISC
 *
 * dkim/canon: the forms in which a message is hashed, "simple" and "relaxed" (RFC 6376 §3.4). Pure.
 */
#pragma once

#include "base/slice.h"
#include "postern/dkim.h"

/* ---- header fields ---- */

/* What a canonical form can be longer than its field: the CRLF behind it. */
#define CANON_FIELD_MORE 2

/* field: as it stands, its last CRLF left out. Writes at most field.n + CANON_FIELD_MORE octets, the
 * last two of them CRLF, and returns how many. out may not overlap field. */
size_t canon_field(enum postern_dkim_canon how, struct slice field, uint8_t *out);
/* The name of a field: up to its colon, white space before that left out. Without a colon: empty. */
struct slice canon_field_name(struct slice field);

/* ---- the body ---- */

#define CANON_BODY_BUFFER 4096

/* Takes a run of canonical octets; they are gone when it returns. */
typedef void canon_sink(void *owner, struct slice octets);

struct canon_body {
    canon_sink *sink;
    void *owner;
    enum postern_dkim_canon how;
    bool wsp;       /* relaxed: white space that is held back */
    bool cr;        /* CR that may be half of a CRLF */
    bool any;       /* an octet was given */
    uint64_t crlfs; /* line ends held back: perhaps the message ends here */
    size_t n;       /* octets in buffer */
    uint8_t buffer[CANON_BODY_BUFFER];
};

void canon_body_init(struct canon_body *c, enum postern_dkim_canon how, canon_sink *sink,
                     void *owner);
void canon_body_feed(struct canon_body *c, struct slice octets);
void canon_body_end(struct canon_body *c);
