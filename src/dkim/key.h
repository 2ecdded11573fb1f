/* SPDX-License-Identifier: ISC
 *
 * dkim/key: key records (RFC 6376 §3.6.1, RFC 8463 §4). The struct behind postern_dkim_key.
 *
 * A key is made once, whole, and is immutable but for its count: threads may share it.
 */
#pragma once

#include <stdatomic.h>

#include "base/slice.h"
#include "postern/dkim.h"

enum dkim_key_type { DKIM_KEY_NONE, DKIM_KEY_RSA, DKIM_KEY_ED25519 };

struct rsa_public;
struct ed25519_public;

struct postern_dkim_key {
    const char *fault;              /* NULL: there is a usable key; else static text */
    struct rsa_public *rsa;         /* of DKIM_KEY_RSA without a fault */
    struct ed25519_public *ed25519; /* of DKIM_KEY_ED25519 without a fault */
    struct slice octets;            /* p= decoded, behind the struct; empty: revoked, or none */
    atomic_uint holds;
    enum dkim_key_type type;
    enum postern_dkim_result without; /* with a fault: PERMERROR or TEMPERROR; else PASS */
    unsigned bits;                    /* of the RSA modulus */
    bool testing;                     /* t=y */
    bool strict;                      /* t=s: the domain of i= must be d= itself */
};

/* One key record. */
struct dkim_key_record {
    struct slice key;        /* p= as it stands; empty: revoked */
    enum dkim_key_type type; /* NONE: k= names a type that nobody knows */
    bool testing, strict, sha256, email;
};
enum dkim_key_reading {
    DKIM_KEY_FOREIGN, /* not a key record: no tag list without a "v=DKIM1", another v=, no p= */
    DKIM_KEY_BROKEN,  /* says that it is a key record, and breaks the syntax */
    DKIM_KEY_READ
};
/* text: the character-strings of a TXT record, joined. */
enum dkim_key_reading dkim_key_record_parse(struct slice text, struct dkim_key_record *out,
                                            struct fault *why);
