/* SPDX-License-Identifier: ISC
 *
 * What the verifier's tests are signed with: as plain as can be, so that every tag can be written wrong.
 */
#pragma once

#include "base/buf.h"
#include "postern/dkim.h"

struct signing {
    const char *key;    /* NAME of data/dkim/NAME.pem, and the selector; NULL: "ed25519" */
    const char *domain; /* NULL: "acme.example" */
    const char *canon;  /* c=; NULL: "relaxed/relaxed" */
    const char *tags;   /* more tags, each with its ";" */
    const char *names;  /* h=; NULL: "from:subject" */
    const char *length; /* l=; NULL: none */
};

/* The DKIM-Signature field over these fields (NULL behind the last) and body, its CRLF left out. */
struct buf signing_field(const struct signing *how, const char *const *fields, struct slice body);

/* The answer of DNS: what data/dkim/keys.txt has for the name, or NXDOMAIN. */
struct postern_dkim_key *signing_key(const char *name);
/* A key record of this text. */
struct postern_dkim_key *signing_key_of(struct slice text);
