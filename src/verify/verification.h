/* SPDX-License-Identifier: ISC
 *
 * verify/verification: one message from its bytes to its verdicts: DKIM, then the practices, with DNS
 * asked on the loop. What the milter and the tools share.
 */
#pragma once

#include "base/slice.h"
#include "dkim/key_cache.h"
#include "net/loop.h"
#include "net/resolver.h"
#include "postern/dkim.h"
#include "postern/practices.h"

#define VERIFICATION_PRACTICES_MAX 3

struct verification_setup { /* shared by all messages of a process; outlives them */
    struct loop *loop;
    struct resolver *resolver;
    struct key_cache *keys;                            /* NULL: none are kept */
    struct postern_dkim_verify_options dkim;           /* now: set for each message */
    const struct postern_practices_options *practices; /* at most one of a kind */
    size_t practices_n;
    int64_t timeout_us; /* of one DNS query */
    int64_t budget_us;  /* of all waiting after the end of the message; then temperror */
};

struct verification;

/* on_done comes once, after verification_end, never from inside a call; v may be freed there. NULL:
 * out of memory. */
struct verification *verification_new(const struct verification_setup *setup, int64_t now_s,
                                      void (*on_done)(struct verification *, void *owner),
                                      void *owner);
void verification_free(struct verification *v); /* cancels what is open; NULL is fine */

/* Before verification_end: ssp is asked, too, what it would say of the message without signatures, as
 * a check that ends at a valid one of the originator does not ask (for a mailing list's
 * reject-strict). Nothing happens where ssp is not among the setup's practices. */
void verification_want_published(struct verification *v);

/* As postern_dkim_verifier_*. Keys are asked for at the end of the header, so that answers come while
 * the body does. 0, or negative: the message cannot be verified, and on_done does not come. */
MUST_USE int verification_field(struct verification *v, struct slice field);
MUST_USE int verification_header_end(struct verification *v);
MUST_USE int verification_body(struct verification *v, struct slice octets);
MUST_USE int verification_end(struct verification *v);

/* Once done. */
const struct postern_dkim_verifier *verification_dkim(const struct verification *v);
const struct postern_originator *verification_originator(const struct verification *v);
/* NULL: this kind is not among the setup's, or there was no memory for its check. */
const struct postern_practices_outcome *verification_practices(const struct verification *v,
                                                               enum postern_practices_kind kind);
/* NULL: it was not wanted, or as above. */
const struct postern_practices_outcome *verification_published(const struct verification *v);
