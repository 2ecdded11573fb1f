/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "message/address.h"
#include "practices/practices_internal.h"

#define FROM_MAX      ((size_t)64 * 1024) /* octets of a From field that is read */
#define ADDRESSES_MAX 256                 /* in it */

const char *postern_originator_fault_text(enum postern_originator_fault fault)
{
    switch (fault) {
    case POSTERN_ORIGINATOR_OK: return "ok";
    case POSTERN_ORIGINATOR_NO_FROM: return "no-from";
    case POSTERN_ORIGINATOR_SEVERAL_FROM: return "several-from";
    case POSTERN_ORIGINATOR_NO_ADDRESS: return "no-address";
    case POSTERN_ORIGINATOR_UNREADABLE: return "unreadable";
    case POSTERN_ORIGINATOR_NO_DOMAIN: return "no-domain";
    }
    return NULL;
}

struct postern_originator *postern_originator_new(void)
{
    struct postern_originator *o = calloc(1, sizeof *o);
    if (!o)
        return NULL;
    arena_init(&o->arena, FROM_MAX * 4);
    o->fault = POSTERN_ORIGINATOR_NO_FROM;
    return o;
}

void postern_originator_free(struct postern_originator *o)
{
    if (!o)
        return;
    arena_clear(&o->arena);
    free(o);
}

/* ---- local parts ---- */

/* The next octet that the local part means, or -1 at its end. */
static int next_octet(struct slice *written)
{
    while (written->n) {
        uint8_t c = written->p[0];
        *written = slice_from(*written, 1);
        if (c == '"')
            continue;
        if (c != '\\' || !written->n)
            return c;
        c = written->p[0];
        *written = slice_from(*written, 1);
        return c;
    }
    return -1;
}

struct slice practices_unquote(struct slice written, uint8_t *room)
{
    size_t n = 0;
    for (int c; (c = next_octet(&written)) >= 0;)
        room[n++] = (uint8_t)c;
    return (struct slice){ room, n };
}

/* Do they mean the same user? (RFC 5321 §4.1.2: quoted or not makes no difference) */
static bool same_user(struct slice written, struct slice user, bool any_case)
{
    for (size_t i = 0;; i++) {
        int c = next_octet(&written);
        if (c < 0 || i == user.n)
            return c < 0 && i == user.n;
        bool equal = any_case ? ascii_lower((uint8_t)c) == ascii_lower(user.p[i]) : c == user.p[i];
        if (!equal)
            return false;
    }
}

/* ---- the address ---- */

static bool make_address(struct postern_originator *o, struct slice local)
{
    uint8_t *user = arena_alloc(&o->arena, local.n);
    struct buf b;
    buf_init(&b, FROM_MAX * 2);
    buf_append(&b, local);
    buf_append_byte(&b, '@');
    buf_append_str(&b, o->domain.text);
    o->address = b.failed ? NULL : arena_str(&o->arena, buf_slice(&b));
    buf_clear(&b);
    if (!o->address || !user)
        return false;
    o->local = (struct slice){ (const uint8_t *)o->address, local.n };
    o->user = practices_unquote(local, user);
    return true;
}

struct author_domain {
    struct slice written;
    struct domain name; /* n is 0: it is none */
};

static bool same_domain(const struct author_domain *a, const struct author_domain *b)
{
    if (a->name.n && b->name.n)
        return domain_equal(&a->name, &b->name);
    return slice_equal_nocase(a->written, b->written);
}

/* Each is read once: U-labels are dear, and a stranger can write 256 of them. */
static size_t add_domain(struct author_domain *different, size_t n, struct slice written)
{
    struct author_domain *d = &different[n];
    d->written = written;
    if (!domain_parse(written, &d->name))
        d->name.n = 0;
    for (size_t i = 0; i < n; i++)
        if (same_domain(&different[i], d))
            return n;
    return n + 1;
}

static int count_domains(const struct message_mailbox *list, size_t n, size_t *out)
{
    struct author_domain *different = calloc(n + 1, sizeof *different);
    size_t count = 0;
    if (!different)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        count = add_domain(different, count, list[i].domain);
    free(different);
    *out = count;
    return 0;
}

/* §2.3: the first address of the From field. */
static int read_first(struct postern_originator *o, const struct message_mailbox *list, size_t n)
{
    o->addresses = n;
    if (count_domains(list, n, &o->domains))
        return -ENOMEM;
    o->fault = POSTERN_ORIGINATOR_NO_ADDRESS;
    if (!n)
        return 0;
    o->fault = POSTERN_ORIGINATOR_NO_DOMAIN;
    if (!domain_parse(list[0].domain, &o->domain))
        return 0;
    o->fault = POSTERN_ORIGINATOR_OK;
    return make_address(o, list[0].local) ? 0 : -ENOMEM;
}

int postern_originator_from(struct postern_originator *o, const void *value, size_t n)
{
    struct message_mailbox *list = arena_alloc(&o->arena, ADDRESSES_MAX * sizeof *list);
    struct slice text = { value, n };
    struct fault why;
    size_t used = o->arena.used, list_n = 0;
    if (o->fields++) {
        o->fault = POSTERN_ORIGINATOR_SEVERAL_FROM;
        return 0;
    }
    if (!list)
        return -ENOMEM;
    if (n <= FROM_MAX && message_authors_parse(text, &o->arena, ADDRESSES_MAX, list, &list_n, &why))
        return read_first(o, list, list_n);
    o->fault = POSTERN_ORIGINATOR_UNREADABLE;
    return n <= FROM_MAX && o->arena.used == used ? -ENOMEM : 0;
}

enum postern_originator_fault postern_originator_fault(const struct postern_originator *o)
{
    return o->fault;
}

const char *postern_originator_address(const struct postern_originator *o)
{
    return o->fault == POSTERN_ORIGINATOR_OK ? o->address : NULL;
}

const char *postern_originator_domain(const struct postern_originator *o)
{
    return o->fault == POSTERN_ORIGINATOR_OK ? o->domain.text : NULL;
}

size_t postern_originator_addresses(const struct postern_originator *o)
{
    return o->addresses;
}

size_t postern_originator_domains(const struct postern_originator *o)
{
    return o->domains;
}

/* ---- its signature ---- */

/* §2.7: without a local part only the domains must match; otherwise the two addresses are identical.
 * It is the domain of i=, not d=, that counts (S24). */
bool originator_matches(const struct postern_originator *o, const char *identity, bool any_case)
{
    struct slice local, domain;
    struct domain of_identity;
    if (o->fault != POSTERN_ORIGINATOR_OK || !identity)
        return false;
    if (!slice_cut_last(slice_of_str(identity), '@', &local, &domain))
        return false;
    if (!domain_parse(domain, &of_identity) || !domain_equal(&of_identity, &o->domain))
        return false;
    return !local.n || same_user(local, o->user, any_case);
}

int postern_originator_signed(const struct postern_originator *o,
                              const struct postern_dkim_signature *signature)
{
    return originator_matches(o, signature->identity, false);
}
