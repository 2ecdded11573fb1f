/* SPDX-License-Identifier: ISC */
/* OpenSSL 3 calls these functions deprecated, and offers EVP instead: there each digest of a message is
 * an allocation, and fetching the algorithm a walk through its providers under a lock, unless kept in a
 * global. These work in the caller's memory. This file alone uses them. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "dkim/digest.h"

#include <errno.h>
#include <stdlib.h>

void digest_init(struct digest *d)
{
    (void)SHA256_Init(&d->context); /* cannot fail: it sets constants */
}

void digest_add(struct digest *d, struct slice octets)
{
    if (octets.n)
        (void)SHA256_Update(&d->context, octets.p, octets.n);
}

void digest_read(const struct digest *d, uint8_t out[DIGEST_SIZE])
{
    SHA256_CTX copy = d->context;
    (void)SHA256_Final(out, &copy);
}

/* ---- body hashes ---- */

/* One canonical form of the body. A hash with l= is that of a beginning: it is read off on the way, so
 * there is one digest for each form, however many hashes are wanted. */
struct form {
    struct canon_body canon;
    struct digest digest;
    uint64_t length;                /* canonical octets so far */
    size_t n, at;                   /* at: of cuts, the next to be read off */
    uint64_t cuts[BODY_HASHES_MAX]; /* lengths wanted, the shortest first */
    uint8_t read[BODY_HASHES_MAX][DIGEST_SIZE];
};

#define FORMS 2 /* of enum postern_dkim_canon */

struct body_hashes {
    struct form *forms[FORMS]; /* NULL: none wanted */
    size_t n;
    struct {
        enum postern_dkim_canon how;
        uint64_t length;
    } wanted[BODY_HASHES_MAX];
};

struct body_hashes *body_hashes_new(void)
{
    return calloc(1, sizeof(struct body_hashes));
}

void body_hashes_free(struct body_hashes *b)
{
    if (!b)
        return;
    free(b->forms[POSTERN_DKIM_SIMPLE]);
    free(b->forms[POSTERN_DKIM_RELAXED]);
    free(b);
}

static void take_canonical(void *owner, struct slice octets)
{
    struct form *f = owner;
    for (; f->at < f->n && f->cuts[f->at] - f->length <= octets.n; f->at++) {
        size_t part = (size_t)(f->cuts[f->at] - f->length);
        digest_add(&f->digest, slice_first(octets, part));
        digest_read(&f->digest, f->read[f->at]);
        octets = slice_from(octets, part);
        f->length += part;
    }
    if (f->at < f->n)
        digest_add(&f->digest, octets);
    f->length += octets.n;
}

static struct form *form_new(enum postern_dkim_canon how)
{
    struct form *f = malloc(sizeof *f);
    if (!f)
        return NULL;
    canon_body_init(&f->canon, how, take_canonical, f);
    digest_init(&f->digest);
    f->length = 0;
    f->n = f->at = 0;
    return f;
}

static void add_cut(struct form *f, uint64_t length)
{
    size_t at = f->n;
    for (; at && f->cuts[at - 1] > length; at--)
        f->cuts[at] = f->cuts[at - 1];
    f->cuts[at] = length;
    f->n++;
}

int body_hashes_want(struct body_hashes *b, enum postern_dkim_canon how, uint64_t length)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->wanted[i].how == how && b->wanted[i].length == length)
            return (int)i;
    if (b->n == BODY_HASHES_MAX)
        return -E2BIG;
    if (!b->forms[how])
        b->forms[how] = form_new(how);
    if (!b->forms[how])
        return -ENOMEM;
    add_cut(b->forms[how], length);
    b->wanted[b->n].how = how;
    b->wanted[b->n].length = length;
    return (int)b->n++;
}

void body_hashes_feed(struct body_hashes *b, struct slice octets)
{
    for (size_t i = 0; i < FORMS; i++)
        if (b->forms[i])
            canon_body_feed(&b->forms[i]->canon, octets);
}

void body_hashes_end(struct body_hashes *b)
{
    for (size_t i = 0; i < FORMS; i++) {
        struct form *f = b->forms[i];
        if (!f)
            continue;
        canon_body_end(&f->canon);
        for (; f->at < f->n; f->at++)
            digest_read(&f->digest, f->read[f->at]);
    }
}

const uint8_t *body_hashes_read(const struct body_hashes *b, int wanted)
{
    const struct form *f = b->forms[b->wanted[wanted].how];
    size_t at = 0;
    while (f->cuts[at] != b->wanted[wanted].length)
        at++;
    return f->read[at];
}

uint64_t body_hashes_length(const struct body_hashes *b, int wanted)
{
    return b->forms[b->wanted[wanted].how]->length;
}
