/* SPDX-License-Identifier: ISC
 *
 * dkim/verifier, among its files: verifier.c (what is fed and asked), examine.c (a DKIM-Signature field
 * to what is wanted for it), judge.c (all that is known to a result), copied.c (z=).
 */
#pragma once

#include "base/arena.h"
#include "dkim/digest.h"
#include "dkim/faults.h"
#include "dkim/header.h"
#include "dkim/key.h"
#include "dkim/signature.h"

/* More octets than the longest signature has, so that no longer one can pass for it. */
#define SIGNATURE_KEPT (512 + 1)

struct question {
    const char *selector, *domain;
    const char *name;             /* what DNS is asked for */
    struct postern_dkim_key *key; /* held; NULL: not answered */
};

/* What is kept of a signature that is tried, when the header is gone. */
struct attempt {
    enum dkim_algorithm algorithm;
    enum postern_dkim_canon header_form;
    bool identity_elsewhere; /* the domain of i= is not d= itself */
    int body_hash;           /* of body_hashes */
    size_t question;
    uint8_t body_signed[DKIM_HASH_OCTETS];
    uint8_t header_digest[DIGEST_SIZE];
    struct slice octets; /* b=, decoded */
    struct slice kept;   /* explain: the header as it was hashed */
    const char *changed; /* explain: of z= */
};

/* One DKIM-Signature field. */
struct candidate {
    struct postern_dkim_signature seen; /* what the caller sees */
    struct slice text;                  /* b=, as much of it as a label may need */
    struct attempt *attempt;            /* NULL: it is not tried */
    bool open;                          /* there is no result yet */
};

enum phase { PHASE_HEADER, PHASE_BODY, PHASE_ENDED, PHASE_BROKEN };

struct postern_dkim_verifier {
    struct postern_dkim_verify_options options;
    enum phase phase;
    struct arena arena;
    struct header header;       /* gone after its end */
    struct body_hashes *bodies; /* NULL: none wanted */
    unsigned header_faults;
    struct body_faults body_faults;
    struct candidate *candidates;
    size_t candidates_n;
    struct question *questions;
    size_t questions_n, questions_asked;
    size_t tried;
};

/* Field i of the header is a DKIM-Signature. 0 or negative. */
MUST_USE int examine(struct postern_dkim_verifier *v, size_t i, struct candidate *out);
/* Gives all candidates their labels. */
MUST_USE int label_all(struct postern_dkim_verifier *v);
/* The body has ended and the key is there. */
void judge(struct postern_dkim_verifier *v, struct candidate *c);
/* A reason with numbers in it: of the verifier; NULL without memory. */
const char *say(struct postern_dkim_verifier *v, const char *format, ...) PRINTF(2, 3);
/* Names of fields that are not as z= has them, NULL when there are none or no memory. */
const char *compare_copied(const struct header *h, struct slice copied, struct arena *arena);
