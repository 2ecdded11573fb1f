/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dkim/ed25519.h"
#include "dkim/rsa.h"
#include "dkim/verifier_internal.h"

/* Something is wrong with the machine, not with the message. */
static const char no_memory[] = "out of memory";

const char *say(struct postern_dkim_verifier *v, const char *format, ...)
{
    char text[128];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return arena_str(&v->arena, slice_of_str(text));
}

/* ---- what the key says of the signature (RFC 6376 §3.6.1, §6.1.2) ---- */

static const char *refused_by_key(const struct postern_dkim_key *key, const struct attempt *a)
{
    bool ed25519 = a->algorithm == DKIM_ED25519_SHA256;
    if ((key->type == DKIM_KEY_ED25519) != ed25519)
        return ed25519 ? "a= is ed25519-sha256, but the key in DNS is an RSA key"
                       : "a= is rsa-sha256, but the key in DNS is an Ed25519 key";
    if (key->strict && a->identity_elsewhere)
        return "the key in DNS wants i= to be at d= itself (t=s)";
    return NULL;
}

static int verify(const struct postern_dkim_key *key, const struct attempt *a)
{
    if (key->type == DKIM_KEY_ED25519)
        return ed25519_public_verify(key->ed25519, a->header_digest, a->octets);
    return rsa_public_verify(key->rsa, a->header_digest, a->octets);
}

/* ---- what the message says ---- */

static void compare_body(const struct postern_dkim_verifier *v, struct candidate *c)
{
    const uint8_t *computed = body_hashes_read(v->bodies, c->attempt->body_hash);
    uint64_t length = body_hashes_length(v->bodies, c->attempt->body_hash);
    c->seen.body_differs = memcmp(computed, c->attempt->body_signed, DIGEST_SIZE) != 0;
    if (c->seen.body_length >= 0 && length > (uint64_t)c->seen.body_length)
        c->seen.body_left_out = length - (uint64_t)c->seen.body_length;
}

static bool is_shorter_than_signed(const struct postern_dkim_verifier *v, const struct candidate *c)
{
    return c->seen.body_length >= 0 &&
           body_hashes_length(v->bodies, c->attempt->body_hash) < (uint64_t)c->seen.body_length;
}

static const char *why_fail(const struct postern_dkim_verifier *v, const struct candidate *c)
{
    bool simple = c->attempt->header_form == POSTERN_DKIM_SIMPLE;
    if (c->seen.header_differs && c->seen.body_differs)
        return "header and body were changed after signing, or this key did not sign them";
    if (c->seen.header_differs)
        return simple ? "signed header fields were changed after signing (white space is enough: "
                        "c=simple), or this key did not sign them"
                      : "signed header fields were changed after signing, or this key did not "
                        "sign them";
    if (is_shorter_than_signed(v, c))
        return "the body was changed after signing: it is shorter than l= says";
    return "the body was changed after signing";
}

/* It verifies. Is it good enough? */
static const char *why_policy(struct postern_dkim_verifier *v, const struct candidate *c)
{
    const struct postern_dkim_verify_options *o = &v->options;
    if (c->seen.key_bits && c->seen.key_bits < o->rsa_bits)
        return say(v, "it verifies, but with an RSA key of %u bits; %u are wanted",
                   c->seen.key_bits, o->rsa_bits);
    if (c->seen.body_left_out && !o->partial_body)
        return say(v,
                   "it verifies, but l=%" PRId64 " leaves %" PRIu64
                   " octets at the end of the body unsigned",
                   c->seen.body_length, c->seen.body_left_out);
    return NULL;
}

/* ---- all together ---- */

static void settle(struct candidate *c, enum postern_dkim_result result, const char *reason)
{
    c->seen.result = result;
    c->seen.reason = reason;
    c->open = false;
}

static void judge_verified(struct postern_dkim_verifier *v, struct candidate *c)
{
    const char *policy = why_policy(v, c);
    if (c->seen.body_differs || c->seen.header_differs)
        settle(c, POSTERN_DKIM_FAIL, why_fail(v, c));
    else if (is_shorter_than_signed(v, c)) /* §3.5: l= MUST NOT be larger than the body */
        settle(c, POSTERN_DKIM_PERMERROR, "l= says more octets than the body has");
    else if (policy)
        settle(c, POSTERN_DKIM_POLICY, policy);
    else
        settle(c, POSTERN_DKIM_PASS, c->seen.testing ? "the key is being tested (t=y)" : NULL);
    /* §3.6.1: "MUST NOT treat messages from Signers in testing mode differently from unsigned email" */
    if (c->seen.testing && v->options.ignore_testing_key)
        settle(c, POSTERN_DKIM_NEUTRAL,
               "the key is being tested (t=y): the signature counts for nothing");
}

void judge(struct postern_dkim_verifier *v, struct candidate *c)
{
    const struct postern_dkim_key *key = v->questions[c->attempt->question].key;
    compare_body(v, c);
    if (key->fault) {
        settle(c, key->without, key->fault);
        return;
    }
    c->seen.key_bits = key->bits;
    c->seen.testing = key->testing;
    const char *refused = refused_by_key(key, c->attempt);
    if (refused) {
        settle(c, POSTERN_DKIM_PERMERROR, refused);
        return;
    }
    int fits = verify(key, c->attempt);
    c->seen.header_differs = fits == 0;
    if (fits < 0)
        settle(c, POSTERN_DKIM_TEMPERROR, no_memory);
    else
        judge_verified(v, c);
}
