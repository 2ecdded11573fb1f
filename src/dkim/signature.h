/* SPDX-License-Identifier: ISC
 *
 * dkim/signature: the DKIM-Signature field (RFC 6376 §3.5) as a struct. Pure.
 *
 * What was read before a fault was met stays readable: a report names the domain of a signature that
 * cannot be verified, too.
 */
#pragma once

#include "base/arena.h"
#include "message/domain.h"
#include "postern/dkim.h"

#define DKIM_SIGNATURE_NAMES_MAX 512  /* names in h=; more is a fault */
#define DKIM_SIGNATURE_B_MAX     4096 /* characters of b=: 16384 bits and some folding */
#define DKIM_SIGNATURE_I_MAX     2048 /* characters of i= */
#define DKIM_HASH_OCTETS         32   /* SHA-256 */

enum dkim_algorithm { DKIM_RSA_SHA256, DKIM_ED25519_SHA256, DKIM_RSA_SHA1 };

struct dkim_signature {
    enum dkim_algorithm algorithm;
    enum postern_dkim_canon header, body;
    struct domain domain;       /* d=; n is 0 where it could not be read */
    struct domain selector;     /* s=; the same */
    struct domain identity_at;  /* the domain of i=; that of d= without one */
    const char *identity;       /* i= decoded, its domain as above; "@" and d= without one; NULL */
    const char *algorithm_text; /* a= as it stands; NULL: none, or not to be printed */
    uint8_t body_hash[DKIM_HASH_OCTETS];
    struct slice octets;       /* b= decoded */
    struct slice text;         /* b= without white space: header.b is its beginning */
    const struct slice *names; /* h=, in order; into the field */
    size_t names_n;
    struct slice copied; /* z= as it stands */
    int64_t signed_at;   /* t=, or -1; INT64_MAX for what is larger */
    int64_t expires_at;  /* x=, or -1 */
    int64_t body_length; /* l=, or -1 */
    size_t b_at, b_end;  /* what b= holds, with the white space around it: offsets in the
                                   * value. Left out of what is hashed (§3.7) */
};

/* value: of the field, behind its colon, without its last CRLF; must live as long as out. Strings and
 * octets are of the arena.
 * PASS: whole, may be verified. NEUTRAL: not to be parsed, or asks for what nobody knows. PERMERROR:
 * says what cannot be (From not in h=, i= not under d=, x= not after t=, rsa-sha1, bh= of another
 * length). *why then says why in one line. Out of memory: POSTERN_DKIM_NONE. */
MUST_USE enum postern_dkim_result dkim_signature_parse(struct slice value, struct arena *arena,
                                                       struct dkim_signature *out,
                                                       const char **why);
