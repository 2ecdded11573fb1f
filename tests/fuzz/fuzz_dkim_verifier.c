/* SPDX-License-Identifier: ISC
 *
 * A whole message and the key records of its signers: the input is the records, NUL, the header, an empty
 * line, the body. Fed whole and in slices, answered early and late: always the same results.
 */
#include "property.h"

#include <stdio.h>
#include <string.h>

#include "message/split.h"
#include "postern/dkim.h"

struct given {
    struct slice record, message;
    size_t step;
    bool late;
    struct postern_dkim_verify_options options;
};

static struct postern_dkim_key *make_key(struct slice text)
{
    uint8_t rdata[4096];
    size_t n = 0;
    text = slice_first(text, 2048);
    do {
        struct slice part = slice_first(text, 255);
        rdata[n++] = (uint8_t)part.n;
        if (part.n)
            memcpy(rdata + n, part.p, part.n);
        n += part.n;
        text = slice_from(text, part.n);
    } while (text.n);
    struct postern_octets octets = { rdata, n };
    struct postern_dns_response response = {
        .answer = POSTERN_DNS_DATA, .ttl = 60, .rdata = &octets, .rdata_n = 1
    };
    return postern_dkim_key_new(&response);
}

static bool is_name(const char *text)
{
    size_t n = strlen(text);
    for (size_t i = 0; i < n; i++)
        if (text[i] <= ' ' || text[i] >= 127 || (text[i] >= 'A' && text[i] <= 'Z'))
            return false;
    return n > 0 && n <= 253;
}

static void answer(struct postern_dkim_verifier *v, struct slice record)
{
    struct postern_dkim_question q;
    unsigned asked = 0;
    struct postern_dkim_key *key = make_key(record);
    must(key != NULL);
    while (postern_dkim_verifier_question(v, &q)) {
        must(is_name(q.dns.name) && is_name(q.domain) && is_name(q.selector));
        postern_dkim_verifier_answer(v, q.dns.id, key);
        asked++;
    }
    must(asked <= 10);
    postern_dkim_key_free(key);
}

/* False: over a bound. */
static bool feed_part(struct postern_dkim_verifier *v, const struct given *g,
                      enum message_part part, struct slice octets)
{
    int error = 0;
    if (part == MESSAGE_FIELD)
        error = postern_dkim_verifier_field(v, octets.p, octets.n);
    if (part == MESSAGE_HEADER_END) {
        error = postern_dkim_verifier_header_end(v);
        if (!error && !g->late)
            answer(v, g->record);
    }
    if (part == MESSAGE_BODY)
        error = postern_dkim_verifier_body(v, octets.p, octets.n);
    return error == 0;
}

static struct postern_dkim_verifier *run(const struct given *g)
{
    struct postern_dkim_verifier *v = postern_dkim_verifier_new(&g->options);
    struct message_split split;
    struct slice octets;
    bool good = true;
    must(v != NULL);
    message_split_init(&split, false);
    for (size_t at = 0; at <= g->message.n; at += g->step) {
        message_split_feed(&split, slice_first(slice_from(g->message, at), g->step));
        if (g->message.n - at < g->step)
            message_split_end(&split);
        for (enum message_part p; (p = message_split_next(&split, &octets)) != MESSAGE_MORE;) {
            must(p != MESSAGE_TOO_BIG);
            good = good && feed_part(v, g, p, octets);
        }
    }
    message_split_clear(&split);
    must(postern_dkim_verifier_end(v) == 0 || !good);
    if (good && g->late)
        answer(v, g->record);
    must(postern_dkim_verifier_done(v) == good);
    return v;
}

static void check_signature(const struct postern_dkim_verifier *v, size_t i)
{
    const struct postern_dkim_signature *s = postern_dkim_verifier_signature(v, i);
    struct postern_dkim_hashed hashed;
    must(s->result != POSTERN_DKIM_NONE);
    must((s->reason != NULL) || s->result == POSTERN_DKIM_PASS);
    must(!s->domain || is_name(s->domain));
    must(!s->selector || is_name(s->selector));
    must(s->result != POSTERN_DKIM_PASS ||
         (s->tried && s->domain && s->selector && s->identity && !s->body_differs &&
          !s->header_differs && !s->body_left_out));
    if (postern_dkim_verifier_hashed(v, i, &hashed))
        must(hashed.header.n > 0 && hashed.body_signed.n == 32 && hashed.body_computed.n == 32);
}

static void must_be_same(const struct postern_dkim_verifier *a,
                         const struct postern_dkim_verifier *b)
{
    size_t n = postern_dkim_verifier_signatures(a);
    must(n == postern_dkim_verifier_signatures(b));
    must(postern_dkim_verifier_result(a) == postern_dkim_verifier_result(b));
    must(postern_dkim_verifier_faults(a) == postern_dkim_verifier_faults(b));
    for (size_t i = 0; i < n; i++) {
        const struct postern_dkim_signature *s = postern_dkim_verifier_signature(a, i),
                                            *t = postern_dkim_verifier_signature(b, i);
        must(s->result == t->result && s->body_left_out == t->body_left_out);
        must((s->reason == NULL) == (t->reason == NULL));
        must(!s->reason || strcmp(s->reason, t->reason) == 0);
        must((s->label == NULL) == (t->label == NULL));
        must(!s->label || strcmp(s->label, t->label) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    struct given g = { .step = size + 1 };
    uint8_t how = choice(&in);
    postern_dkim_verify_options_init(&g.options, 1528637909);
    g.options.explain = how & 1;
    (void)slice_cut(in, 0, &g.record, &g.message);
    struct postern_dkim_verifier *whole = run(&g);
    g.step = 1 + (how >> 3);
    g.late = how & 2;
    g.options.explain = 0;
    struct postern_dkim_verifier *sliced = run(&g);
    must_be_same(whole, sliced);
    for (size_t i = 0; i < postern_dkim_verifier_signatures(whole); i++)
        check_signature(whole, i);
    postern_dkim_verifier_free(whole);
    postern_dkim_verifier_free(sliced);
    return 0;
}
