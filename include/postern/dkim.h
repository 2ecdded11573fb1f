/* SPDX-License-Identifier: ISC
 *
 * postern/dkim: DomainKeys Identified Mail: verify and sign (RFC 6376, 8301, 8463, 8616; results as
 * in RFC 8601 §2.7.1).
 *
 * A message is fed once: its header fields in order, then its body in slices of any size. Nothing of
 * the body is kept; each body hash that any signature wants is computed once. DNS is asked by the
 * caller (postern/dns.h). Objects belong to who made them; `free` takes NULL.
 */
#ifndef POSTERN_DKIM_H
#define POSTERN_DKIM_H

#include <stdint.h>

#include "postern/dns.h"

#ifdef __cplusplus
extern "C" {
#endif

/* From the least to the best: the message's result is the best of its signatures'. */
enum postern_dkim_result {
    POSTERN_DKIM_NONE,      /* no signature */
    POSTERN_DKIM_NEUTRAL,   /* the field cannot be parsed, or asks for what nobody knows */
    POSTERN_DKIM_PERMERROR, /* cannot be verified, now or later: no key, revoked, From not signed */
    POSTERN_DKIM_POLICY, /* verifies, but is not acceptable here: short key, l= with more behind */
    POSTERN_DKIM_FAIL,   /* a hash or the signature differs */
    POSTERN_DKIM_TEMPERROR, /* the key cannot be had now */
    POSTERN_DKIM_PASS
};
const char *postern_dkim_result_text(enum postern_dkim_result result); /* "pass", ... */

/* ---- keys ---- */

/* What DNS said of one (selector, domain): a parsed key, or why there is none. Immutable, counted:
 * may be shared by threads and kept in a cache. */
struct postern_dkim_key;

/* response: of a TXT query. NULL: out of memory. */
struct postern_dkim_key *postern_dkim_key_new(const struct postern_dns_response *response);
struct postern_dkim_key *postern_dkim_key_hold(struct postern_dkim_key *key); /* returns key */
void postern_dkim_key_free(struct postern_dkim_key *key); /* gives up one hold */
/* NULL: there is a usable key. Else one line that says why there is none. */
const char *postern_dkim_key_fault(const struct postern_dkim_key *key);
const char *postern_dkim_key_type(const struct postern_dkim_key *key); /* "rsa", "ed25519", NULL */
unsigned postern_dkim_key_bits(const struct postern_dkim_key *key);    /* of an RSA modulus */
int postern_dkim_key_testing(const struct postern_dkim_key *key);      /* t=y */

/* ---- verify ---- */

struct postern_dkim_verify_options {
    int64_t now;            /* seconds since 1970, for t= and x= */
    unsigned skew;          /* seconds that clocks may differ; 300 */
    unsigned most;          /* signatures tried, from the top; the others are reported; 10 */
    unsigned rsa_bits;      /* the least; 1024 (RFC 8301 §3.2) */
    int partial_body;       /* l= that leaves octets out may pass; 0: policy */
    int ignore_testing_key; /* t=y of a key: neutral, as RFC 6376 §3.6.1 has it; 0: pass, with a note */
    int explain; /* keep what was hashed of the header, for postern_dkim_verifier_hashed */
};
void postern_dkim_verify_options_init(struct postern_dkim_verify_options *out, int64_t now);

struct postern_dkim_verifier;

/* NULL: out of memory. */
struct postern_dkim_verifier *
postern_dkim_verifier_new(const struct postern_dkim_verify_options *options);
void postern_dkim_verifier_free(struct postern_dkim_verifier *v);

/* Feeding: 0, or a negative number: out of memory or over a bound (-ENOMEM, -E2BIG), or called out of
 * order (-EINVAL). Octets are copied. */

/* One header field as it stands: name, colon, value, folds with their CRLF, the last CRLF left out
 * or not. What is no field at all is given too: it is counted as a fault. */
int postern_dkim_verifier_field(struct postern_dkim_verifier *v, const void *field, size_t n);
/* The header is complete. From here on there may be questions. */
int postern_dkim_verifier_header_end(struct postern_dkim_verifier *v);
int postern_dkim_verifier_body(struct postern_dkim_verifier *v, const void *octets, size_t n);
/* The body is complete. */
int postern_dkim_verifier_end(struct postern_dkim_verifier *v);

/* The next question, 1, or 0: none (now). Each (selector, domain) is asked once. */
struct postern_dkim_question {
    struct postern_dns_question dns; /* SELECTOR._domainkey.DOMAIN TXT */
    const char *selector, *domain;   /* A-labels, lower case: what a cache goes by */
};
int postern_dkim_verifier_question(struct postern_dkim_verifier *v,
                                   struct postern_dkim_question *out);
/* Takes a hold of its own. Answers to unknown questions are ignored. */
void postern_dkim_verifier_answer(struct postern_dkim_verifier *v, unsigned id,
                                  struct postern_dkim_key *key);
/* All was fed and answered: results can be read. */
int postern_dkim_verifier_done(const struct postern_dkim_verifier *v);

struct postern_dkim_signature {
    enum postern_dkim_result result;
    const char *reason;   /* one line for people, static or of the verifier; NULL: nothing to say */
    const char *domain;   /* d=, A-labels, lower case; NULL where it could not be read */
    const char *selector; /* s=, the same */
    const char *identity; /* i= decoded; "@" and d= without one; NULL as above */
    const char *algorithm;  /* a= as it stands */
    const char *label;      /* the beginning of b=, for header.b: 8 characters, more where two of
                              * the message begin alike (RFC 6008 §4); NULL: it has none */
    int64_t signed_at;      /* t=, or -1 */
    int64_t expires_at;     /* x=, or -1 */
    int64_t body_length;    /* l=, or -1 */
    uint64_t body_left_out; /* octets (canonicalised) behind l= */
    unsigned key_bits;      /* of an RSA key, or 0 */
    int testing;            /* the key says t=y */
    int tried;              /* 0: could not be parsed, or is beyond the most that are tried */
    int body_differs;       /* the body hash is not the one that was signed */
    int header_differs;     /* the signature does not fit header and key */
};
/* Signatures in the order of the message, top first; every DKIM-Signature field has one. */
size_t postern_dkim_verifier_signatures(const struct postern_dkim_verifier *v);
/* NULL past the last one. Lives as long as v. */
const struct postern_dkim_signature *
postern_dkim_verifier_signature(const struct postern_dkim_verifier *v, size_t i);
enum postern_dkim_result postern_dkim_verifier_result(const struct postern_dkim_verifier *v);

/* With `explain`: the canonicalised header that signature i covers, as it was hashed, and the body
 * hashes, signed and computed (raw; n is 0 where there is none). 1, or 0: not known. */
struct postern_dkim_hashed {
    struct postern_octets header;
    struct postern_octets body_signed, body_computed;
    const char
        *changed; /* fields that differ from the copies in z=, names with ", "; NULL: no z= */
};
int postern_dkim_verifier_hashed(const struct postern_dkim_verifier *v, size_t i,
                                 struct postern_dkim_hashed *out);

/* What makes readers disagree about a message. Signatures are verified over it as it is; who decides
 * by its From field must know. */
enum postern_message_fault {
    POSTERN_MESSAGE_SEVERAL_FROM = 1 << 0, /* several From fields */
    POSTERN_MESSAGE_NO_FROM = 1 << 1,
    POSTERN_MESSAGE_BAD_FIELD = 1 << 2, /* a line of the header that is no field */
    POSTERN_MESSAGE_BARE_CR = 1 << 3,   /* CR or LF that is no line end, in the header or body */
    POSTERN_MESSAGE_BARE_LF = 1 << 4,
    POSTERN_MESSAGE_NUL = 1 << 5, /* in the header or body */
    POSTERN_MESSAGE_FIELD_IN_BODY = 1
                                    << 6, /* the body begins with what looks like a header field */
    /* a field that RFC 5322 §3.6 allows once, From apart, stands there twice */
    POSTERN_MESSAGE_ONCE_TWICE = 1 << 7
};
unsigned postern_dkim_verifier_faults(const struct postern_dkim_verifier *v);
/* The name of one fault: "several-from", "no-from", "bad-field", ...; NULL for other numbers. */
const char *postern_message_fault_text(unsigned fault);

/* ---- sign ---- */

enum postern_dkim_canon { POSTERN_DKIM_SIMPLE, POSTERN_DKIM_RELAXED };

/* A private key in PEM (PKCS#8, or RSA's own), RSA of 1024 to 4096 bits or Ed25519. */
struct postern_dkim_private;
/* NULL: *why, when not NULL, has a static text. */
struct postern_dkim_private *postern_dkim_private_new(const void *pem, size_t n, const char **why);
void postern_dkim_private_free(struct postern_dkim_private *key);
const char *
postern_dkim_private_algorithm(const struct postern_dkim_private *key); /* "rsa-sha256" */
unsigned postern_dkim_private_bits(const struct postern_dkim_private *key);
/* The text of its key record ("v=DKIM1; k=rsa; p=..."), malloc'ed; NULL: out of memory. */
char *postern_dkim_private_record(const struct postern_dkim_private *key);
/* Is that what the record in DNS has? */
int postern_dkim_private_fits(const struct postern_dkim_private *key,
                              const struct postern_dkim_key *record);
/* A new key in PEM (PKCS#8), malloc'ed, NUL-terminated. type: "rsa" or "ed25519"; bits: of RSA. */
char *postern_dkim_private_generate(const char *type, unsigned bits, const char **why);

struct postern_dkim_sign_options {
    const char *domain, *selector;
    const char *identity; /* i=; NULL: none is written */
    enum postern_dkim_canon header, body;
    const char *const *fields; /* names to sign; NULL: the default list */
    size_t fields_n;
    const char *const *oversign; /* names listed once more than they are there; NULL: the default */
    size_t oversign_n;           /* with oversign not NULL and 0 here: none */
    int64_t now;                 /* seconds since 1970 */
    int timestamp;               /* write t= */
    int64_t lifetime;            /* seconds to x=; 0: none */
    int copy_fields;             /* write z=, for diagnosis */
};
/* domain, selector and now are the caller's to set; relaxed/relaxed, t=, the default lists. */
void postern_dkim_sign_options_init(struct postern_dkim_sign_options *out);
/* The default lists: RFC 6376 §5.4.1 with Sender (draft-allman-dkim-ssp-02 §5.2), and what is
 * oversigned. NULL-terminated. */
const char *const *postern_dkim_sign_fields(void);
const char *const *postern_dkim_sign_oversign(void);

struct postern_dkim_signer;

struct postern_dkim_signer *postern_dkim_signer_new(void); /* NULL: out of memory */
void postern_dkim_signer_free(struct postern_dkim_signer *s);
/* One more signature of the same message (several keys, domains, canonicalisations in one pass).
 * Before header_end. Strings are copied; key must live as long as s. 0, or negative: -EINVAL for a
 * domain, selector or list that cannot be written, -E2BIG above 8 signatures. */
int postern_dkim_signer_add(struct postern_dkim_signer *s, const struct postern_dkim_private *key,
                            const struct postern_dkim_sign_options *options);
/* As for the verifier. */
int postern_dkim_signer_field(struct postern_dkim_signer *s, const void *field, size_t n);
int postern_dkim_signer_header_end(struct postern_dkim_signer *s);
int postern_dkim_signer_body(struct postern_dkim_signer *s, const void *octets, size_t n);
int postern_dkim_signer_end(struct postern_dkim_signer *s);
/* After the end: field i as it is to stand at the top of the message: "DKIM-Signature: ...", folded
 * with CRLF, without a final CRLF. Lives as long as s. NULL past the last. */
const char *postern_dkim_signer_signature(const struct postern_dkim_signer *s, size_t i);
/* What the next hop may break: 8-bit octets in the body, the longest line of the body (without CRLF),
 * faults of the message (enum postern_message_fault). */
struct postern_dkim_hazards {
    int eight_bit;
    size_t longest_line;
    unsigned faults;
};
void postern_dkim_signer_hazards(const struct postern_dkim_signer *s,
                                 struct postern_dkim_hazards *out);

#ifdef __cplusplus
}
#endif
#endif
