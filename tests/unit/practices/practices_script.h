/* SPDX-License-Identifier: ISC
 *
 * What tests of practices share: signatures and DNS answers written short, and a check run by them.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "postern/practices.h"

#define EX "example.com"

#define SCRIPT_MAX 4

/* Signatures, by what a case calls them. */
/* clang-format off */
static const struct { const char *name; struct postern_dkim_signature is; } signatures_known[] = {
    { "O",        { .result = POSTERN_DKIM_PASS,      .domain = EX,             .identity = "@" EX } },
    { "Otesting", { .result = POSTERN_DKIM_PASS,      .domain = EX,             .identity = "@" EX, .testing = 1 } },
    { "Ojdoe",    { .result = POSTERN_DKIM_PASS,      .domain = EX,             .identity = "jdoe@" EX } },
    { "O!",       { .result = POSTERN_DKIM_FAIL,      .domain = EX,             .identity = "@" EX } },
    { "O?",       { .result = POSTERN_DKIM_TEMPERROR, .domain = EX,             .identity = "@" EX } },
    { "Opolicy",  { .result = POSTERN_DKIM_POLICY,    .domain = EX,             .identity = "@" EX } },
    { "Oneutral", { .result = POSTERN_DKIM_NEUTRAL,   .domain = EX,             .identity = "@" EX } },
    { "Operm",    { .result = POSTERN_DKIM_PERMERROR, .domain = EX,             .identity = "@" EX } },
    { "Ounread",  { .result = POSTERN_DKIM_NEUTRAL } },
    { "T",        { .result = POSTERN_DKIM_PASS,      .domain = "list.example", .identity = "@list.example" } },
    { "T!",       { .result = POSTERN_DKIM_FAIL,      .domain = "list.example", .identity = "@list.example" } },
    { "T?",       { .result = POSTERN_DKIM_TEMPERROR, .domain = "list.example", .identity = "@list.example" } },
    { "Tpolicy",  { .result = POSTERN_DKIM_POLICY,    .domain = "list.example", .identity = "@list.example" } },
    { "X",        { .result = POSTERN_DKIM_PASS,      .domain = "other.example", .identity = "@other.example" } },
    { "X?",       { .result = POSTERN_DKIM_TEMPERROR, .domain = "other.example", .identity = "@other.example" } },
    { "Xsub",     { .result = POSTERN_DKIM_PASS,      .domain = "a.list.example", .identity = "@a.list.example" } },
    { "joe",      { .result = POSTERN_DKIM_PASS,      .domain = EX,             .identity = "joe@" EX } },
    { "joe?",     { .result = POSTERN_DKIM_TEMPERROR, .domain = EX,             .identity = "joe@" EX } },
    { "JDOE",     { .result = POSTERN_DKIM_PASS,      .domain = EX,             .identity = "JDOE@" EX } },
    { "parent",   { .result = POSTERN_DKIM_PASS,      .domain = EX,             .identity = "@" EX } },
    { "sub",      { .result = POSTERN_DKIM_PASS,      .domain = EX,             .identity = "@host." EX } },
};
/* clang-format on */

static inline const struct postern_dkim_signature *signature_called(struct slice name)
{
    for (size_t i = 0; i < ARRAY_SIZE(signatures_known); i++)
        if (slice_equal(name, slice_of_str(signatures_known[i].name)))
            return &signatures_known[i].is;
    fail_msg("no signature %.*s", SLICE_ARG(name));
    return NULL;
}

/* "O,T!": how many they are */
static inline size_t signatures_of(const char *names, const struct postern_dkim_signature **out)
{
    struct slice rest = slice_of_str(names), name;
    size_t n = 0;
    for (bool more = rest.n > 0; more;) {
        more = slice_cut(rest, ',', &name, &rest);
        out[n++] = signature_called(name);
    }
    return n;
}

/* An answer in words: "!nxdomain" and the like, or records: strings are joined by "|", several
 * records by "+"; RDATA as it is behind "=". */
struct answer {
    struct postern_dns_response response;
    struct postern_octets rdata[4];
    unsigned char octets[4][2048];
};

static inline void write_record(struct slice text, struct answer *out)
{
    struct postern_octets *rdata = &out->rdata[out->response.rdata_n];
    unsigned char *at = out->octets[out->response.rdata_n++];
    struct slice string;
    rdata->p = at;
    if (slice_starts(text, SLICE("="))) {
        rdata->n = text.n - 1;
        memcpy(at, text.p + 1, text.n - 1);
        return;
    }
    for (bool more = true; more;) {
        more = slice_cut(text, '|', &string, &text);
        assert_true(string.n < 256);
        *at++ = (unsigned char)string.n;
        memcpy(at, string.p, string.n);
        at += string.n;
    }
    rdata->n = (size_t)(at - rdata->p);
}

static inline void write_answer(const char *text, struct answer *out)
{
    static const char *const words[] = { "!data",     "!nodata", "!nxdomain",
                                         "!servfail", "!bogus",  "!timeout" };
    struct slice rest = slice_of_str(text), record;
    *out = (struct answer){ 0 };
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (strcmp(text, words[i]) == 0) {
            out->response.answer = (enum postern_dns_answer)i;
            return;
        }
    }
    if (strcmp(text, "!dangling") == 0) {
        out->response =
            (struct postern_dns_response){ .answer = POSTERN_DNS_NODATA, .dangling = 1 };
        return;
    }
    out->response.rdata = out->rdata;
    for (bool more = true; more;) {
        more = slice_cut(rest, '+', &record, &rest);
        write_record(record, out);
    }
}

struct script_row { /* name NULL: the end */
    const char *name, *answer;
};

/* Asks until the check has ended. A name that no row holds must not be asked. */
static inline void run_check(struct postern_practices *p, const struct script_row *rows)
{
    struct postern_dns_question q;
    struct answer a;
    while (postern_practices_question(p, &q)) {
        size_t i = 0;
        assert_null(postern_practices_outcome(p));
        while (i < SCRIPT_MAX && rows[i].name && strcmp(rows[i].name, q.name) != 0)
            i++;
        if (i == SCRIPT_MAX || !rows[i].name)
            fail_msg("%s was asked", q.name);
        write_answer(rows[i].answer, &a);
        postern_practices_answer(p, q.id, &a.response);
    }
}
