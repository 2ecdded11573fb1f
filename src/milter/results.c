/* SPDX-License-Identifier: ISC */
#include "milter/results.h"

#include <stdio.h>
#include <string.h>

#include "message/authres.h"

#define REASON_MAX     300
#define IDENTITY_MAX   320 /* octets of i= that are shown: an address (RFC 5321 §4.5.3.1) */
#define SIGNATURES_MAX ((size_t)32 * 1024) /* octets of all signatures that are listed */

#define HEADER_OVER "the header is too big to be looked at"
#define SPACE_LOST  "the MTA hides white space, which simple canonicalization needs"

static const char *const methods[MILTER_KINDS] = {
    [POSTERN_SSP] = "x-dkim-ssp",
    [POSTERN_ADSP] = "dkim-adsp",
    [POSTERN_DMARC] = "dmarc",
};

/* ---- verdicts after what is known of the whole message ---- */

static enum postern_dkim_result result_of(const struct results *r,
                                          const struct postern_dkim_signature *signature)
{
    if (r->differs && signature->result == POSTERN_DKIM_PASS)
        return POSTERN_DKIM_POLICY;
    return signature->result;
}

enum postern_dkim_result results_dkim(const struct results *r)
{
    if (!r->verified)
        return r->header_over ? POSTERN_DKIM_PERMERROR : POSTERN_DKIM_TEMPERROR;
    if (r->differs && r->verified->result == POSTERN_DKIM_PASS)
        return POSTERN_DKIM_POLICY;
    return r->verified->result;
}

static const struct postern_practices_outcome *outcome_of(const struct results *r,
                                                          enum postern_practices_kind kind)
{
    return r->verified ? r->verified->practices[kind] : NULL;
}

/* A pass says that the author's domain stands behind what the reader sees. */
static bool pass_is_void(const struct results *r, const struct postern_practices_outcome *outcome)
{
    return r->differs && outcome->result && strcmp(outcome->result, "pass") == 0;
}

const char *results_practices(const struct results *r, enum postern_practices_kind kind)
{
    const struct postern_practices_outcome *outcome = outcome_of(r, kind);
    if (!r->setup->practices[kind])
        return NULL;
    if (!outcome)
        return r->header_over ? "permerror" : "temperror";
    return pass_is_void(r, outcome) ? "permerror" : outcome->result;
}

/* ---- the field ---- */

static void property(struct buf *out, const char *ptype, const char *name, const char *value)
{
    if (value && value[0])
        authres_property(out, ptype, name, slice_of_str(value));
}

/* Those of one message whose b= begin alike are told apart by more of it, which the engine gives. */
static void write_signature(const struct results *r, const struct postern_dkim_signature *g,
                            struct buf *out)
{
    enum postern_dkim_result result = result_of(r, g);
    const char *why = result != g->result ? r->differs : g->reason;
    char comment[64] = "", reason[REASON_MAX] = "";
    bool hint = result == POSTERN_DKIM_FAIL && g->header_differs && r->space_lost;
    if (g->key_bits)
        (void)snprintf(comment, sizeof comment, "%u-bit key", g->key_bits);
    (void)snprintf(reason, sizeof reason, "%s%s%s", why ? why : "", why && hint ? "; " : "",
                   hint ? SPACE_LOST : ""); /* cut */
    authres_result(out, "dkim", postern_dkim_result_text(result), slice_of_str(comment),
                   slice_of_str(reason));
    property(out, "header", "d", g->domain);
    if (g->identity && strlen(g->identity) <= IDENTITY_MAX)
        property(out, "header", "i", g->identity);
    property(out, "header", "s", g->selector);
    property(out, "header", "a", g->algorithm);
    property(out, "header", "b", g->label);
}

/* Sendmail takes a packet of 64 KiB for a broken filter, and then does without it: what a forger has
 * written into his signatures must not come to that. How many were listed. */
static size_t write_signatures(const struct results *r, struct buf *out)
{
    const struct milter_verified *v = r->verified;
    size_t start = buf_size(out), i = 0;
    for (; i < v->signatures_n; i++) {
        struct buf one;
        bool fits;
        buf_init(&one, SIGNATURES_MAX);
        write_signature(r, v->signatures[i], &one);
        fits = buf_size(out) - start + buf_size(&one) <= SIGNATURES_MAX;
        if (fits)
            buf_append(out, buf_slice(&one));
        out->failed |= one.failed;
        buf_clear(&one);
        if (!fits)
            break;
    }
    return i;
}

static void write_dkim(const struct results *r, struct buf *out)
{
    const struct milter_verified *v = r->verified;
    size_t left;
    char more[64];
    if (!v || v->signatures_n == 0) {
        const char *why = v ? "" : r->header_over ? HEADER_OVER : "it could not be verified here";
        authres_result(out, "dkim", postern_dkim_result_text(results_dkim(r)), (struct slice){ 0 },
                       slice_of_str(why));
        return;
    }
    left = v->signatures_more + v->signatures_n - write_signatures(r, out);
    if (left == 0)
        return;
    (void)snprintf(more, sizeof more, "%zu more signatures are not listed", left);
    authres_result(out, "dkim", "policy", (struct slice){ 0 }, slice_of_str(more));
}

static void write_ssp(const struct postern_practices_outcome *o, struct buf *out)
{
    char step[16];
    property(out, "policy", "practice", o->practice);
    if (o->step == 0)
        return;
    (void)snprintf(step, sizeof step, "%u", o->step);
    property(out, "policy", "step", step);
}

static void write_dmarc(const struct postern_practices_outcome *o, struct buf *out)
{
    property(out, "policy", "dmarc", o->dmarc.disposition);
    property(out, "policy", "domain", o->dmarc.record_domain);
}

/* A reason where the word alone would leave a reader guessing: everything but pass and none. */
static const char *reason_of(const struct results *r, const struct postern_practices_outcome *o)
{
    if (!o)
        return r->header_over ? HEADER_OVER : "it could not be checked here";
    if (pass_is_void(r, o))
        return r->differs;
    if (o->verdict == POSTERN_VERDICT_PERMERROR && r->from_fault)
        return r->from_fault;
    return o->verdict == POSTERN_SUSPICIOUS || o->verdict == POSTERN_VERDICT_TEMPERROR ||
                   o->verdict == POSTERN_VERDICT_PERMERROR
               ? o->explanation
               : NULL;
}

static void write_practices(const struct results *r, enum postern_practices_kind kind,
                            struct buf *out)
{
    const struct postern_practices_outcome *o = outcome_of(r, kind);
    const char *word = results_practices(r, kind);
    if (!word)
        return;
    /* What a pass of SPF would have changed: anything but a pass. */
    bool half = kind == POSTERN_DMARC && strcmp(word, "pass") != 0;
    authres_result(out, methods[kind], word, half ? SLICE("SPF not checked") : SLICE(""),
                   slice_of_str(reason_of(r, o)));
    property(out, "header", "from", r->from);
    if (!o)
        return;
    switch (kind) {
    case POSTERN_SSP: write_ssp(o, out); break;
    case POSTERN_ADSP: property(out, "policy", "adsp", o->practice); break;
    case POSTERN_DMARC: write_dmarc(o, out); break;
    }
}

void results_write(const struct results *r, struct buf *out)
{
    authres_start(out, slice_of_str(r->setup->conf->authserv_id));
    write_dkim(r, out);
    for (int kind = 0; kind < MILTER_KINDS; kind++)
        write_practices(r, (enum postern_practices_kind)kind, out);
}
