/* SPDX-License-Identifier: ISC
 *
 * dkim/header: the fields of one message, and what a signature hashes of them (RFC 6376 §3.7, §5.4.2).
 *
 * The header is copied once; a field's relaxed form is made when a signature first wants it, and shared.
 */
#pragma once

#include "base/buf.h"
#include "postern/dkim.h"

#define HEADER_MAX        ((size_t)1024 * 1024) /* octets of all fields, with their line ends */
#define HEADER_FIELDS_MAX 8192

struct header_field {
    uint32_t at, n;        /* in text, the last CRLF left out */
    uint32_t relaxed_at;   /* in relaxed; its CRLF counted */
    uint32_t relaxed_n;    /* 0: not made yet */
    uint32_t name_n, hash; /* of the name, in lower case */
};

struct header_name;

struct header {
    struct buf text; /* each field with one CRLF behind it */
    struct header_field *fields;
    size_t n, room;
    uint32_t *order;           /* fields by name, then from top to bottom */
    struct header_name *names; /* one for each name, to search in */
    size_t names_n;
    uint8_t *relaxed;
    size_t relaxed_n;
};

void header_init(struct header *h);
void header_clear(struct header *h);
/* 0, -ENOMEM, or -E2BIG: over a maximum. */
MUST_USE int header_add(struct header *h, struct slice field);
/* All fields are there: 0 or -ENOMEM. */
MUST_USE int header_end(struct header *h);
struct slice header_field(const struct header *h, size_t i);
struct slice header_field_name(const struct header *h, size_t i);
/* After header_end: how many fields have this name, in any case. */
size_t header_count(const struct header *h, struct slice name);

#define HEADER_NO_FIELD SIZE_MAX

/* What one signature covers. Names are taken from the bottom up; a name that is listed more often than
 * it is there adds nothing (§5.4.2). */
struct header_cover {
    enum postern_dkim_canon how;
    const struct slice *names; /* h=, in its order */
    size_t names_n;
    size_t self;         /* the field that holds the signature, never covered by its name */
    struct slice before; /* the DKIM-Signature field up to and with "b=" */
    struct slice after;  /* and from the ";" behind the value on; white space around the value is in
                           * neither (§3.7) */
};
/* The digest that is signed. kept: gets what was hashed too; may be NULL. 0 or -ENOMEM. */
MUST_USE int header_hash(struct header *h, const struct header_cover *cover, struct buf *kept,
                         uint8_t *out);
