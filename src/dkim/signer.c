/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>

#include "dkim/signer_internal.h"

#define ARENA_MAX ((size_t)1024 * 1024) /* the options of all signatures, and their h= */

enum phase { PHASE_HEADER, PHASE_BODY, PHASE_ENDED, PHASE_BROKEN };

struct postern_dkim_signer {
    enum phase phase;
    struct arena arena;
    struct header header;
    struct body_hashes *bodies; /* NULL: no signature was asked for */
    unsigned header_faults;
    struct body_faults body_faults;
    struct body_hazards hazards;
    size_t tasks_n;
    struct task tasks[SIGNATURES_MAX];
};

struct postern_dkim_signer *postern_dkim_signer_new(void)
{
    struct postern_dkim_signer *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    arena_init(&s->arena, ARENA_MAX);
    header_init(&s->header);
    return s;
}

void postern_dkim_signer_free(struct postern_dkim_signer *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->tasks_n; i++)
        free(s->tasks[i].text);
    body_hashes_free(s->bodies);
    header_clear(&s->header);
    arena_clear(&s->arena);
    free(s);
}

int postern_dkim_signer_add(struct postern_dkim_signer *s, const struct postern_dkim_private *key,
                            const struct postern_dkim_sign_options *options)
{
    if (s->phase != PHASE_HEADER || !key)
        return -EINVAL;
    if (s->tasks_n == SIGNATURES_MAX)
        return -E2BIG;
    struct task t = { .key = key };
    int error = task_init(&t, options, &s->arena);
    if (!error && !s->bodies && !(s->bodies = body_hashes_new()))
        error = -ENOMEM;
    if (error)
        return error;
    t.body_hash = body_hashes_want(s->bodies, t.body, BODY_WHOLE);
    if (t.body_hash < 0)
        return t.body_hash;
    s->tasks[s->tasks_n++] = t;
    return 0;
}

/* An error ends it all: what was fed is not whole. */
static int keep_up(struct postern_dkim_signer *s, int error)
{
    if (error)
        s->phase = PHASE_BROKEN;
    return error;
}

int postern_dkim_signer_field(struct postern_dkim_signer *s, const void *field, size_t n)
{
    if (s->phase != PHASE_HEADER)
        return -EINVAL;
    return keep_up(s, header_add(&s->header, (struct slice){ field, n }));
}

int postern_dkim_signer_header_end(struct postern_dkim_signer *s)
{
    if (s->phase != PHASE_HEADER)
        return -EINVAL;
    int error = header_end(&s->header);
    for (size_t i = 0; !error && i < s->tasks_n; i++)
        error = task_choose(s->tasks + i, &s->header, &s->arena);
    if (error)
        return keep_up(s, error);
    s->header_faults = header_faults(&s->header);
    s->phase = PHASE_BODY;
    return 0;
}

/* So that an octet is still near when the next one looks at it. */
#define SLICE_MOST ((size_t)16 * 1024)

int postern_dkim_signer_body(struct postern_dkim_signer *s, const void *octets, size_t n)
{
    if (s->phase != PHASE_BODY)
        return -EINVAL;
    struct slice left = { octets, n };
    while (left.n) {
        struct slice part = slice_first(left, SLICE_MOST);
        body_faults_feed(&s->body_faults, part);
        body_hazards_feed(&s->hazards, part);
        if (s->bodies)
            body_hashes_feed(s->bodies, part);
        left = slice_from(left, part.n);
    }
    return 0;
}

int postern_dkim_signer_end(struct postern_dkim_signer *s)
{
    if (s->phase != PHASE_BODY)
        return -EINVAL;
    int error = 0;
    body_faults_end(&s->body_faults);
    body_hazards_end(&s->hazards);
    if (s->bodies)
        body_hashes_end(s->bodies);
    for (size_t i = 0; !error && i < s->tasks_n; i++) {
        struct task *t = s->tasks + i;
        error = task_write(t, &s->header, body_hashes_read(s->bodies, t->body_hash));
    }
    if (error)
        return keep_up(s, error);
    header_clear(&s->header);
    s->phase = PHASE_ENDED;
    return 0;
}

const char *postern_dkim_signer_signature(const struct postern_dkim_signer *s, size_t i)
{
    return s->phase == PHASE_ENDED && i < s->tasks_n ? s->tasks[i].text : NULL;
}

void postern_dkim_signer_hazards(const struct postern_dkim_signer *s,
                                 struct postern_dkim_hazards *out)
{
    *out = (struct postern_dkim_hazards){ .eight_bit = s->hazards.eight_bit,
                                          .longest_line = s->hazards.longest,
                                          .faults = s->header_faults | s->body_faults.found };
}
