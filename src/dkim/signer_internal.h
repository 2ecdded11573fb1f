/* SPDX-License-Identifier: ISC
 *
 * dkim/signer, among its files: signer.c (what is fed), sign_options.c (what is asked for, and the
 * defaults), sign_field.c (the DKIM-Signature field), hazards.c (what the next hop may break).
 */
#pragma once

#include "base/arena.h"
#include "dkim/digest.h"
#include "dkim/faults.h"
#include "dkim/header.h"
#include "dkim/private.h"
#include "message/domain.h"

#define SIGNATURES_MAX 8

/* One signature that was asked for. */
struct task {
    const struct postern_dkim_private *key;
    struct domain domain, selector;
    struct slice identity; /* encoded; empty: no i= */
    const struct slice *fields, *oversign;
    size_t fields_n, oversign_n;
    enum postern_dkim_canon header, body;
    int64_t signed_at, expires_at; /* -1: none */
    bool copy_fields;
    int body_hash;       /* of body_hashes */
    struct slice *names; /* h=: known when the header has ended */
    size_t names_n;
    char *text; /* the field; malloc'ed */
};

/* Copies what is asked for into the arena. 0, -EINVAL or -ENOMEM. */
MUST_USE int task_init(struct task *t, const struct postern_dkim_sign_options *options,
                       struct arena *arena);
/* h= for this header. 0, -ENOMEM, or -E2BIG: more names than verifiers read. */
MUST_USE int task_choose(struct task *t, const struct header *h, struct arena *arena);
/* Writes the field, signs it and keeps it. 0 or negative. */
MUST_USE int task_write(struct task *t, struct header *h, const uint8_t body_hash[DIGEST_SIZE]);

/* The body, while it streams by. All zero to begin with. */
struct body_hazards {
    bool eight_bit;
    bool cr; /* the last octet was CR */
    size_t line, longest;
};
void body_hazards_feed(struct body_hazards *b, struct slice octets);
void body_hazards_end(struct body_hazards *b);
