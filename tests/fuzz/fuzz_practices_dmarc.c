/* SPDX-License-Identifier: ISC */
#include "property.h"

#include <string.h>

#include "base/arena.h"
#include "postern/practices.h"

enum { SIGNERS_MAX = 10, QUERIES_MAX = 25 };

struct script {
    struct slice lines; /* "ANSWER TEXT", in the order of the questions, from the start again */
    struct slice rest;
};

static struct slice next_line(struct script *s)
{
    struct slice line;
    if (s->rest.n == 0)
        s->rest = s->lines;
    (void)slice_cut(s->rest, '\n', &line, &s->rest);
    return line;
}

static void answer(struct postern_practices *p, const struct postern_dns_question *q,
                   struct slice line)
{
    unsigned char rdata[256];
    struct postern_octets octets = { .p = rdata };
    struct postern_dns_response r = { .answer = (enum postern_dns_answer)(choice(&line) % 6) };
    line = slice_first(line, 255);
    rdata[0] = (unsigned char)line.n;
    if (line.n)
        memcpy(rdata + 1, line.p, line.n);
    octets.n = line.n + 1;
    r.rdata = &octets;
    r.rdata_n = r.answer == POSTERN_DNS_DATA;
    postern_practices_answer(p, q->id, &r);
}

/* Each name is asked for once, and the check ends. */
static void run(struct postern_practices *p, struct script *s)
{
    struct postern_dns_question q;
    size_t n = 0;
    while (postern_practices_question(p, &q)) {
        must(++n <= QUERIES_MAX && !postern_practices_outcome(p));
        must(strlen(q.name) <= 253);
        answer(p, &q, next_line(s));
    }
    const struct postern_practices_outcome *o = postern_practices_outcome(p);
    must(o && o->queries_n == n && o->explanation && o->result);
    must(o->verdict != POSTERN_SUSPICIOUS && strcmp(o->result, "fail") != 0);
    must((o->verdict == POSTERN_NON_SUSPICIOUS) == (o->originator_signature >= 0));
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            must(o->queries[i].type != o->queries[k].type ||
                 strcmp(o->queries[i].name, o->queries[k].name) != 0);
}

static size_t signers_of(struct slice text, struct arena *arena, struct postern_dkim_signature *out,
                         const struct postern_dkim_signature **list)
{
    struct slice one;
    size_t n = 0;
    for (bool more = text.n > 0; more && n < SIGNERS_MAX; n++) {
        more = slice_cut(text, ',', &one, &text);
        bool missing = one.n && one.p[one.n - 1] == '?';
        out[n] = (struct postern_dkim_signature){
            .result = missing ? POSTERN_DKIM_TEMPERROR : POSTERN_DKIM_PASS,
            .domain = arena_str(arena, slice_first(one, one.n - missing)),
            .identity = "@x",
        };
        must(out[n].domain != NULL);
        list[n] = &out[n];
    }
    return n;
}

/* First line: From; second: signers; the rest: answers. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size }, from, signers;
    struct postern_dkim_signature signatures[SIGNERS_MAX];
    const struct postern_dkim_signature *list[SIGNERS_MAX];
    struct postern_practices_options options;
    struct script script = { 0 };
    struct arena arena;
    arena_init(&arena, 1 << 20);
    (void)slice_cut(in, '\n', &from, &in);
    (void)slice_cut(in, '\n', &signers, &script.lines);
    struct postern_originator *o = postern_originator_new();
    postern_practices_options_init(&options, POSTERN_DMARC);
    must(o && postern_originator_from(o, from.p, from.n) == 0);
    size_t n = signers_of(slice_first(signers, 4096), &arena, signatures, list);
    struct postern_practices *p = postern_practices_new(&options, o, list, n);
    must(p != NULL);
    run(p, &script);
    postern_practices_free(p);
    postern_originator_free(o);
    arena_clear(&arena);
    return 0;
}
