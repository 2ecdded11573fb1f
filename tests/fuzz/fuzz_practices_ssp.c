/* SPDX-License-Identifier: ISC
 *
 * The check procedure with arbitrary signatures and answers: it always ends, asks at most three times,
 * and what it says goes together.
 */
#include "property.h"

#include <string.h>

#include "postern/practices.h"

static const struct postern_dkim_signature known[] = {
    { .result = POSTERN_DKIM_PASS, .domain = "example.com", .identity = "@example.com" },
    { .result = POSTERN_DKIM_PASS, .domain = "example.com", .identity = "joe@example.com" },
    { .result = POSTERN_DKIM_PASS, .domain = "list.example", .identity = "@list.example" },
    { .result = POSTERN_DKIM_TEMPERROR, .domain = "example.com", .identity = "@example.com" },
    { .result = POSTERN_DKIM_TEMPERROR, .domain = "list.example", .identity = "@list.example" },
    { .result = POSTERN_DKIM_FAIL, .domain = "example.com", .identity = "@example.com" },
    { .result = POSTERN_DKIM_NEUTRAL },
};
static const char *const froms[] = {
    "jdoe@example.com",   "jdoe@host.example.com",          "a@corp",
    "\"!!\"@example.com", "a@example.com, b@other.example", "a@[192.0.2.1]",
};
static const char *const accepted[] = { ".list.example" };

static size_t choose_signatures(uint8_t bits, const struct postern_dkim_signature **out)
{
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (bits >> i & 1)
            out[n++] = &known[i];
    return n;
}

static struct postern_practices *start(struct slice *in)
{
    const struct postern_dkim_signature *signatures[ARRAY_SIZE(known)];
    struct postern_practices_options options;
    struct postern_originator *o = postern_originator_new();
    const char *from = froms[choice(in) % ARRAY_SIZE(froms)];
    uint8_t switches = choice(in);
    postern_practices_options_init(&options, POSTERN_SSP);
    options.accepted = accepted;
    options.accepted_n = switches & 1;
    options.user_testing_letter = switches >> 1 & 1;
    options.parent_min_labels = 1 + (switches >> 2 & 1);
    size_t n = choose_signatures(choice(in), signatures);
    must(o && postern_originator_from(o, from, strlen(from)) == 0);
    struct postern_practices *p = postern_practices_new(&options, o, signatures, n);
    must(p != NULL);
    postern_originator_free(o);
    return p;
}

/* Records as the input has them, each with its length before it. */
static void answer(struct postern_practices *p, unsigned id, struct slice *in)
{
    struct postern_octets rdata[4];
    uint8_t what = choice(in);
    struct postern_dns_response r = {
        .answer = (enum postern_dns_answer)(what % 8),
        .rdata = rdata,
        .dangling = what >> 3 & 1,
        .why = what >> 4 & 1 ? "because" : NULL,
    };
    size_t records = what >> 6;
    for (; r.rdata_n < records; r.rdata_n++) {
        size_t length = choice(in);
        struct slice octets = slice_first(*in, length);
        rdata[r.rdata_n] = (struct postern_octets){ octets.p, octets.n };
        *in = slice_from(*in, octets.n);
    }
    postern_practices_answer(p, id, &r);
}

static bool is_printable(const char *text)
{
    for (; *text; text++)
        if (*text < 0x20 || *text == 0x7f)
            return false;
    return true;
}

static void check_verdict(const struct postern_practices_outcome *o)
{
    bool suspicious = o->verdict == POSTERN_SUSPICIOUS;
    must(o->verdict != POSTERN_VERDICT_NONE && postern_verdict_text(o->verdict));
    must(suspicious == (strcmp(o->result, "fail") == 0));
    must((o->verdict == POSTERN_VERDICT_PERMERROR) == (o->step == 0));
    must(o->step <= 12 && o->step != 4);
    must((o->step == 1) == (o->originator_signature >= 0));
    must(o->step != 1 || o->queries_n == 0);
    must(o->queries_n <= 3 && o->ssp.practice <= 5);
    must(!suspicious || o->step == 9 || (o->step == 2 && o->ssp.practice == 5));
    must(!suspicious || !o->ssp.testing);
    must(!o->ssp.testing || o->step == 3 || o->step == 6 || o->step == 12);
}

static void check_texts(const struct postern_practices_outcome *o)
{
    must(o->explanation && is_printable(o->explanation));
    for (size_t i = 0; i < o->queries_n; i++) {
        const struct postern_practices_query *q = &o->queries[i];
        must(q->name && is_printable(q->name) && postern_dns_answer_text(q->answer));
        must((q->record != NULL) == (q->answer == POSTERN_DNS_DATA));
        must(!q->record || is_printable(q->record));
    }
    for (size_t i = 0; i < o->notes_n; i++)
        must(o->notes[i] && is_printable(o->notes[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    struct postern_dns_question q;
    struct postern_practices *p = start(&in);
    size_t asked = 0;
    while (postern_practices_question(p, &q)) {
        must(++asked <= 3 && postern_practices_outcome(p) == NULL);
        answer(p, q.id, &in);
    }
    const struct postern_practices_outcome *o = postern_practices_outcome(p);
    must(o && o->queries_n == asked);
    check_verdict(o);
    check_texts(o);
    postern_practices_free(p);
    return 0;
}
