/* SPDX-License-Identifier: ISC */
#include "property.h"

#include <string.h>

#include "dkim/signature.h"

#define ARENA_MAX ((size_t)64 * 1024) /* enough for any one field */

static void check_domain(const struct domain *d)
{
    must(d->n <= DOMAIN_MAX && d->text[d->n] == 0 && strlen(d->text) == d->n);
    for (size_t i = 0; i < d->n; i++) {
        char c = d->text[i];
        must((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.');
    }
}

static void check_text(const char *text)
{
    for (size_t i = 0; text && text[i]; i++)
        must((uint8_t)text[i] >= 0x20 && text[i] != 0x7f);
}

/* What may be printed is safe to print, whatever the result. */
static void check_told(struct slice in, const struct dkim_signature *s)
{
    check_domain(&s->domain);
    check_domain(&s->selector);
    check_domain(&s->identity_at);
    check_text(s->identity);
    check_text(s->algorithm_text);
    must(inside(in, s->copied) && s->b_at <= s->b_end && s->b_end <= in.n);
    must(s->names_n <= DKIM_SIGNATURE_NAMES_MAX);
    for (size_t i = 0; i < s->names_n; i++)
        must(s->names[i].n && inside(in, s->names[i]));
    must(s->signed_at >= -1 && s->expires_at >= -1 && s->body_length >= -1);
}

static void check_whole(const struct dkim_signature *s)
{
    bool from = false;
    for (size_t i = 0; i < s->names_n; i++)
        from = from || slice_equal_nocase(s->names[i], SLICE("From"));
    must(from && s->domain.n && s->selector.n && s->identity && s->octets.n && s->text.n);
    must(s->algorithm != DKIM_RSA_SHA1 && s->algorithm_text);
    must(domain_within(&s->identity_at, &s->domain));
    must(s->expires_at < 0 || s->expires_at > s->signed_at);
    must(s->domain.n + s->selector.n + strlen("._domainkey.") <= DOMAIN_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    struct arena arena;
    struct dkim_signature s;
    const char *why = NULL;
    arena_init(&arena, ARENA_MAX);
    enum postern_dkim_result result = dkim_signature_parse(in, &arena, &s, &why);
    check_told(in, &s);
    if (result == POSTERN_DKIM_PASS)
        check_whole(&s);
    else
        must(why && (result == POSTERN_DKIM_NEUTRAL || result == POSTERN_DKIM_PERMERROR));
    arena_clear(&arena);
    return 0;
}
