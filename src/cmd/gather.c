/* SPDX-License-Identifier: ISC */
#include "cmd/gather.h"

#include <string.h>

#include "cmd/dkim_hints.h"
#include "cmd/feed.h"

#define HINT_MAX 512

static void gather_signature(const struct verification *v, size_t i, bool explain,
                             struct dkim_report_signature *out)
{
    const struct postern_dkim_verifier *dkim = verification_dkim(v);
    out->s = postern_dkim_verifier_signature(dkim, i);
    out->originator = postern_originator_signed(verification_originator(v), out->s);
    if (explain && !postern_dkim_verifier_hashed(dkim, i, &out->hashed))
        out->hashed = (struct postern_dkim_hashed){ 0 };
}

/* ---- hints ---- */

static int pass_over(void *owner, struct slice field)
{
    (void)owner;
    (void)field;
    return 0;
}

static int try_body(void *owner, struct slice octets)
{
    dkim_hints_feed(owner, octets);
    return 0;
}

/* The body is read once more. */
static const char *find_hint(const struct mailbox_message *message,
                             const struct postern_dkim_hashed *hashed, struct arena *arena)
{
    static const struct feed to = { .field = pass_over, .body = try_body };
    struct slice header = { hashed->header.p, hashed->header.n };
    struct dkim_hints *h = arena_alloc(arena, sizeof *h);
    enum postern_dkim_canon how;
    struct buf text;
    const char *hint = NULL;
    if (!h || !dkim_hints_canon(header, &how))
        return NULL;
    buf_init(&text, HINT_MAX);
    dkim_hints_init(h, how, hashed->body_signed.p);
    if (feed_message(message, &to, h) == 0 && dkim_hints_end(h, &text))
        hint = arena_str(arena, buf_slice(&text));
    dkim_hints_clear(h);
    buf_clear(&text);
    return hint;
}

static bool same_octets(struct postern_octets a, struct postern_octets b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Signatures of one signer mostly have one body hash: it is looked into once. */
static void gather_hints(const struct mailbox_message *message, struct arena *arena,
                         struct dkim_report_signature *signatures, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct dkim_report_signature *r = &signatures[i];
        bool known = i && signatures[i - 1].hinted &&
                     same_octets(signatures[i - 1].hashed.body_signed, r->hashed.body_signed);
        r->hinted = r->s->body_differs && r->s->body_length < 0 &&
                    r->hashed.body_signed.n == DIGEST_SIZE && r->hashed.header.n;
        if (r->hinted)
            r->hint = known ? signatures[i - 1].hint : find_hint(message, &r->hashed, arena);
    }
}

bool gather_report(const struct mailbox_message *message, const struct verification *v,
                   bool explain, struct arena *arena, struct dkim_report *out)
{
    const struct postern_dkim_verifier *dkim = verification_dkim(v);
    const struct postern_originator *from = verification_originator(v);
    size_t n = postern_dkim_verifier_signatures(dkim);
    struct dkim_report_signature *signatures = arena_alloc(arena, n * sizeof *signatures + 1);
    if (!signatures)
        return false;
    for (size_t i = 0; i < n; i++)
        gather_signature(v, i, explain, &signatures[i]);
    if (explain)
        gather_hints(message, arena, signatures, n);
    *out = (struct dkim_report){
        .file = message->name,
        .number = message->number,
        .result = postern_dkim_verifier_result(dkim),
        .originator_fault = postern_originator_fault(from),
        .address = postern_originator_address(from),
        .domain = postern_originator_domain(from),
        .faults = postern_dkim_verifier_faults(dkim),
        .signatures = signatures,
        .signatures_n = n,
    };
    return true;
}
