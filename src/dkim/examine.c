/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dkim/verifier_internal.h"

#define FIELD_ARENA \
    ((size_t)4 * 1024 * 1024) /* of one field while it is read: a few times its size */
#define TEXT_KEPT 1024
#define LABEL     8   /* RFC 6008 §4 */
#define READ_MOST 100 /* fields that are read; those behind are reported as too many */
#define KEY_NAME  "._domainkey."

/* ---- what is kept of a field ---- */

static const char *keep_domain(struct arena *arena, const struct domain *d)
{
    return d->n ? arena_str(arena, (struct slice){ (const uint8_t *)d->text, d->n }) : NULL;
}

static const char *keep_text(struct arena *arena, const char *text)
{
    return text ? arena_str(arena, slice_of_str(text)) : NULL;
}

static bool keep(struct arena *arena, const struct dkim_signature *s, struct candidate *out)
{
    struct postern_dkim_signature *seen = &out->seen;
    seen->domain = keep_domain(arena, &s->domain);
    seen->selector = keep_domain(arena, &s->selector);
    seen->identity = keep_text(arena, s->identity);
    seen->algorithm = keep_text(arena, s->algorithm_text);
    seen->signed_at = s->signed_at;
    seen->expires_at = s->expires_at;
    seen->body_length = s->body_length;
    return arena_copy(arena, slice_first(s->text, TEXT_KEPT), &out->text);
}

static struct attempt *keep_attempt(struct arena *arena, const struct dkim_signature *s)
{
    struct attempt *a = arena_alloc(arena, sizeof *a);
    if (!a || !arena_copy(arena, slice_first(s->octets, SIGNATURE_KEPT), &a->octets))
        return NULL;
    a->algorithm = s->algorithm;
    a->header_form = s->header;
    a->identity_elsewhere = !domain_equal(&s->identity_at, &s->domain);
    memcpy(a->body_signed, s->body_hash, sizeof a->body_signed);
    return a;
}

/* ---- labels ---- */

static size_t common(struct slice a, struct slice b)
{
    size_t n = 0;
    while (n < a.n && n < b.n && a.p[n] == b.p[n])
        n++;
    return n;
}

static size_t label_length(const struct postern_dkim_verifier *v, size_t i)
{
    size_t n = LABEL;
    for (size_t k = 0; k < v->candidates_n && k < READ_MOST; k++) {
        size_t same = k == i ? 0 : common(v->candidates[i].text, v->candidates[k].text);
        if (same >= n)
            n = same + 1;
    }
    return n;
}

int label_all(struct postern_dkim_verifier *v)
{
    for (size_t i = 0; i < v->candidates_n; i++) {
        struct candidate *c = v->candidates + i;
        if (!c->text.n)
            continue;
        c->seen.label = arena_str(&v->arena, slice_first(c->text, label_length(v, i)));
        if (!c->seen.label)
            return -ENOMEM;
    }
    return 0;
}

/* ---- the question ---- */

static char *key_name(struct arena *arena, const char *selector, const char *domain)
{
    size_t room = strlen(selector) + sizeof KEY_NAME + strlen(domain);
    char *name = arena_alloc(arena, room);
    if (name)
        (void)snprintf(name, room, "%s" KEY_NAME "%s", selector, domain);
    return name;
}

/* The number of its question: each is asked once. */
static int want_key(struct postern_dkim_verifier *v, struct candidate *c)
{
    const char *selector = c->seen.selector, *domain = c->seen.domain;
    for (size_t i = 0; i < v->questions_n; i++) {
        c->attempt->question = i;
        if (!strcmp(v->questions[i].selector, selector) && !strcmp(v->questions[i].domain, domain))
            return 0;
    }
    struct question *q = v->questions + v->questions_n;
    *q = (struct question){ .selector = selector,
                            .domain = domain,
                            .name = key_name(&v->arena, selector, domain) };
    c->attempt->question = v->questions_n++;
    return q->name ? 0 : -ENOMEM;
}

static int want_body_hash(struct postern_dkim_verifier *v, const struct dkim_signature *s,
                          struct attempt *a)
{
    if (!v->bodies)
        v->bodies = body_hashes_new();
    if (!v->bodies)
        return -ENOMEM;
    uint64_t length = s->body_length < 0 ? BODY_WHOLE : (uint64_t)s->body_length;
    a->body_hash = body_hashes_want(v->bodies, s->body, length);
    return a->body_hash < 0 ? a->body_hash : 0;
}

/* ---- the header ---- */

static int hash_header(struct postern_dkim_verifier *v, size_t i, const struct dkim_signature *s,
                       struct attempt *a)
{
    struct slice field = header_field(&v->header, i);
    size_t value = (size_t)((const uint8_t *)memchr(field.p, ':', field.n) - field.p) + 1;
    struct header_cover cover = { .how = s->header,
                                  .names = s->names,
                                  .names_n = s->names_n,
                                  .self = i,
                                  .before = slice_first(field, value + s->b_at),
                                  .after = slice_from(field, value + s->b_end) };
    struct buf kept;
    buf_init(&kept, HEADER_MAX * 2);
    int error =
        header_hash(&v->header, &cover, v->options.explain ? &kept : NULL, a->header_digest);
    if (!error && !arena_copy(&v->arena, buf_slice(&kept), &a->kept))
        error = -ENOMEM;
    buf_clear(&kept);
    return error;
}

static int want_all(struct postern_dkim_verifier *v, size_t i, const struct dkim_signature *s,
                    struct candidate *c)
{
    c->attempt = keep_attempt(&v->arena, s);
    int error = c->attempt ? want_key(v, c) : -ENOMEM;
    if (!error)
        error = want_body_hash(v, s, c->attempt);
    if (!error)
        error = hash_header(v, i, s, c->attempt);
    if (!error && v->options.explain)
        c->attempt->changed = compare_copied(&v->header, s->copied, &v->arena);
    c->open = true;
    v->tried++;
    return error;
}

/* ---- the field ---- */

/* What the signature itself says that forbids it, now. NULL: nothing. */
static const char *refused(const struct postern_dkim_verify_options *o,
                           const struct dkim_signature *s)
{
    int64_t skew = o->skew;
    if (s->expires_at >= 0 && s->expires_at < o->now - skew)
        return "the signature has expired (x=)";
    if (s->signed_at >= 0 && s->signed_at > o->now + skew)
        return "the signature is dated in the future (t=)";
    return NULL;
}

static int settle(struct candidate *c, enum postern_dkim_result result, const char *reason)
{
    c->seen.result = result;
    c->seen.reason = reason;
    return 0;
}

static int examine_parsed(struct postern_dkim_verifier *v, size_t i, const struct dkim_signature *s,
                          struct candidate *out)
{
    const char *why = refused(&v->options, s);
    out->seen.tried = 1;
    if (why)
        return settle(out, POSTERN_DKIM_PERMERROR, why);
    if (v->tried < v->options.most)
        return want_all(v, i, s, out);
    out->seen.tried = 0;
    return settle(out, POSTERN_DKIM_POLICY,
                  say(v, "not tried: only the first %u signatures are", v->options.most));
}

int examine(struct postern_dkim_verifier *v, size_t i, struct candidate *out)
{
    struct arena arena;
    struct dkim_signature s;
    const char *why = NULL;
    if (v->candidates_n > READ_MOST)
        return settle(out, POSTERN_DKIM_POLICY, "not read: too many signatures");
    struct slice field = header_field(&v->header, i), name, value;
    (void)slice_cut(field, ':', &name, &value); /* it has one: it has a name */
    arena_init(&arena, FIELD_ARENA);
    enum postern_dkim_result parsed = dkim_signature_parse(value, &arena, &s, &why);
    int error = parsed == POSTERN_DKIM_NONE || !keep(&v->arena, &s, out) ? -ENOMEM : 0;
    if (!error && parsed == POSTERN_DKIM_PASS)
        error = examine_parsed(v, i, &s, out);
    else if (!error)
        error = settle(out, parsed, why);
    out->seen.tried |= parsed == POSTERN_DKIM_PERMERROR;
    arena_clear(&arena);
    return error;
}
