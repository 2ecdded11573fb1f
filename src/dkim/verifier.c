/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dkim/verifier_internal.h"

#define ARENA_MAX \
    ((size_t)64 * 1024 * 1024) /* all signatures of the largest header, with explain */

static const struct slice field_name = SLICE_INIT("dkim-signature");

void postern_dkim_verify_options_init(struct postern_dkim_verify_options *out, int64_t now)
{
    *out = (struct postern_dkim_verify_options){
        .now = now, .skew = 300, .most = 10, .rsa_bits = 1024
    };
}

struct postern_dkim_verifier *
postern_dkim_verifier_new(const struct postern_dkim_verify_options *options)
{
    struct postern_dkim_verifier *v = calloc(1, sizeof *v);
    if (!v)
        return NULL;
    v->options = *options;
    if (v->options.most > BODY_HASHES_MAX)
        v->options.most = BODY_HASHES_MAX;
    arena_init(&v->arena, ARENA_MAX);
    header_init(&v->header);
    return v;
}

void postern_dkim_verifier_free(struct postern_dkim_verifier *v)
{
    if (!v)
        return;
    for (size_t i = 0; i < v->questions_n; i++)
        postern_dkim_key_free(v->questions[i].key);
    body_hashes_free(v->bodies);
    header_clear(&v->header);
    arena_clear(&v->arena);
    free(v);
}

/* ---- feeding ---- */

/* An error ends it all: what was fed is not whole. */
static int keep_up(struct postern_dkim_verifier *v, int error)
{
    if (error)
        v->phase = PHASE_BROKEN;
    return error;
}

int postern_dkim_verifier_field(struct postern_dkim_verifier *v, const void *field, size_t n)
{
    if (v->phase != PHASE_HEADER)
        return -EINVAL;
    return keep_up(v, header_add(&v->header, (struct slice){ field, n }));
}

static bool make_room(struct postern_dkim_verifier *v, size_t signatures)
{
    v->candidates = arena_alloc(&v->arena, signatures * sizeof *v->candidates);
    v->questions = arena_alloc(&v->arena, v->options.most * sizeof *v->questions);
    return v->candidates && v->questions;
}

static int examine_all(struct postern_dkim_verifier *v)
{
    size_t signatures = header_count(&v->header, field_name);
    if (!signatures)
        return 0;
    if (!make_room(v, signatures))
        return -ENOMEM;
    for (size_t i = 0; i < v->header.n; i++) {
        if (!slice_equal_nocase(header_field_name(&v->header, i), field_name))
            continue;
        int error = examine(v, i, v->candidates + v->candidates_n++);
        if (error)
            return error;
    }
    return label_all(v);
}

int postern_dkim_verifier_header_end(struct postern_dkim_verifier *v)
{
    if (v->phase != PHASE_HEADER)
        return -EINVAL;
    int error = header_end(&v->header);
    if (!error)
        error = examine_all(v);
    if (error)
        return keep_up(v, error);
    v->header_faults = header_faults(&v->header);
    header_clear(&v->header);
    v->phase = PHASE_BODY;
    return 0;
}

int postern_dkim_verifier_body(struct postern_dkim_verifier *v, const void *octets, size_t n)
{
    if (v->phase != PHASE_BODY)
        return -EINVAL;
    body_faults_feed(&v->body_faults, (struct slice){ octets, n });
    if (v->bodies)
        body_hashes_feed(v->bodies, (struct slice){ octets, n });
    return 0;
}

static void judge_all(struct postern_dkim_verifier *v)
{
    for (size_t i = 0; i < v->candidates_n; i++) {
        struct candidate *c = v->candidates + i;
        if (c->open && v->questions[c->attempt->question].key)
            judge(v, c);
    }
}

int postern_dkim_verifier_end(struct postern_dkim_verifier *v)
{
    if (v->phase != PHASE_BODY)
        return -EINVAL;
    v->phase = PHASE_ENDED;
    body_faults_end(&v->body_faults);
    if (v->bodies)
        body_hashes_end(v->bodies);
    judge_all(v);
    return 0;
}

/* ---- questions and answers ---- */

int postern_dkim_verifier_question(struct postern_dkim_verifier *v,
                                   struct postern_dkim_question *out)
{
    if (v->phase == PHASE_BROKEN || v->questions_asked == v->questions_n)
        return 0;
    const struct question *q = v->questions + v->questions_asked;
    *out = (struct postern_dkim_question){ .dns = { .id = (unsigned)v->questions_asked,
                                                    .name = q->name,
                                                    .type = POSTERN_DNS_TYPE_TXT },
                                           .selector = q->selector,
                                           .domain = q->domain };
    v->questions_asked++;
    return 1;
}

void postern_dkim_verifier_answer(struct postern_dkim_verifier *v, unsigned id,
                                  struct postern_dkim_key *key)
{
    if (!key || id >= v->questions_asked || v->questions[id].key)
        return;
    v->questions[id].key = postern_dkim_key_hold(key);
    if (v->phase == PHASE_ENDED)
        judge_all(v);
}

int postern_dkim_verifier_done(const struct postern_dkim_verifier *v)
{
    if (v->phase != PHASE_ENDED)
        return 0;
    for (size_t i = 0; i < v->candidates_n; i++)
        if (v->candidates[i].open)
            return 0;
    return 1;
}

/* ---- results ---- */

size_t postern_dkim_verifier_signatures(const struct postern_dkim_verifier *v)
{
    return v->candidates_n;
}

const struct postern_dkim_signature *
postern_dkim_verifier_signature(const struct postern_dkim_verifier *v, size_t i)
{
    return i < v->candidates_n ? &v->candidates[i].seen : NULL;
}

enum postern_dkim_result postern_dkim_verifier_result(const struct postern_dkim_verifier *v)
{
    enum postern_dkim_result best = POSTERN_DKIM_NONE;
    for (size_t i = 0; i < v->candidates_n; i++)
        if (v->candidates[i].seen.result > best)
            best = v->candidates[i].seen.result;
    return best;
}

static struct postern_octets octets_of(struct slice s)
{
    return (struct postern_octets){ s.p, s.n };
}

int postern_dkim_verifier_hashed(const struct postern_dkim_verifier *v, size_t i,
                                 struct postern_dkim_hashed *out)
{
    const struct attempt *a = i < v->candidates_n ? v->candidates[i].attempt : NULL;
    if (!v->options.explain || !a || !a->kept.n)
        return 0;
    *out = (struct postern_dkim_hashed){ .header = octets_of(a->kept), .changed = a->changed };
    out->body_signed = (struct postern_octets){ a->body_signed, DIGEST_SIZE };
    if (v->phase == PHASE_ENDED)
        out->body_computed =
            (struct postern_octets){ body_hashes_read(v->bodies, a->body_hash), DIGEST_SIZE };
    return 1;
}

unsigned postern_dkim_verifier_faults(const struct postern_dkim_verifier *v)
{
    return v->header_faults | v->body_faults.found;
}
