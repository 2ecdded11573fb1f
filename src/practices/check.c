/* SPDX-License-Identifier: ISC */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "practices/practices_internal.h"

#define CHECK_MEMORY ((size_t)8 * 1024 * 1024)
#define RDATA_MEMORY ((size_t)128 * 1024) /* of one record while its text is shown */
#define SHOWN_MEMORY ((size_t)32 * 1024)  /* of all records of one query as they are shown */

struct practices_asked {
    bool given, answered;
};

/* In the order of enum postern_practices_kind. */
static const struct {
    const char *name;
    const struct practices_mechanism *mechanism;
} kinds[] = {
    [POSTERN_SSP] = { "ssp", &practices_ssp },
    [POSTERN_ADSP] = { "adsp", &practices_adsp },
    [POSTERN_DMARC] = { "dmarc", &practices_dmarc },
};

const char *postern_practices_kind_text(enum postern_practices_kind kind)
{
    return (size_t)kind < ARRAY_SIZE(kinds) ? kinds[kind].name : NULL;
}

const char *postern_verdict_text(enum postern_verdict verdict)
{
    switch (verdict) {
    case POSTERN_NON_SUSPICIOUS: return "non-suspicious";
    case POSTERN_SUSPICIOUS: return "suspicious";
    case POSTERN_VERDICT_TEMPERROR: return "temperror";
    case POSTERN_VERDICT_PERMERROR: return "permerror";
    case POSTERN_VERDICT_NONE: return "none";
    }
    return NULL;
}

void postern_practices_options_init(struct postern_practices_options *out,
                                    enum postern_practices_kind kind)
{
    *out = (struct postern_practices_options){
        .kind = kind,
        .rrtype = 65280,
        .parent_min_labels = 1,
    };
}

/* ---- what the check goes by ---- */

/* "example.com", or ".example.com" for it and all below. */
static bool names_signer(const char *accepted, const struct domain *signer)
{
    struct slice text = slice_of_str(accepted);
    bool below = slice_starts(text, SLICE("."));
    struct domain named;
    if (!domain_parse(slice_from(text, below), &named))
        return false;
    return below ? domain_within(signer, &named) : domain_equal(signer, &named);
}

static bool is_accepted(const struct postern_practices_options *options, const char *domain)
{
    struct domain signer;
    if (!options->accepted || !options->accepted_n)
        return true;
    if (!domain_parse(slice_of_str(domain), &signer))
        return false;
    for (size_t i = 0; i < options->accepted_n; i++)
        if (names_signer(options->accepted[i], &signer))
            return true;
    return false;
}

static bool counts(const struct postern_dkim_signature *s)
{
    return s->domain && (s->result == POSTERN_DKIM_PASS || s->result == POSTERN_DKIM_TEMPERROR);
}

static bool copy_signatures(struct postern_practices *p, const struct postern_originator *o,
                            const struct postern_practices_options *options,
                            const struct postern_dkim_signature *const *in, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        kept += counts(in[i]);
    struct practices_signature *out = arena_alloc(&p->arena, kept * sizeof *out);
    if (!out)
        return false;
    p->signatures = out;
    for (size_t i = 0; i < n; i++) {
        if (!counts(in[i]))
            continue;
        *out = (struct practices_signature){
            .index = i,
            .domain = arena_str(&p->arena, slice_of_str(in[i]->domain)),
            .valid = in[i]->result == POSTERN_DKIM_PASS,
            .originator = originator_matches(o, in[i]->identity, options->local_part_any_case),
            .accepted = is_accepted(options, in[i]->domain),
        };
        if (!out++->domain)
            return false;
    }
    p->signatures_n = kept;
    return true;
}

static bool copy_originator(struct postern_practices *p, const struct postern_originator *o)
{
    p->domain = o->domain;
    p->domains = o->domains;
    p->address = arena_str(&p->arena, slice_of_str(o->address));
    return p->address && arena_copy(&p->arena, o->user, &p->user);
}

static bool make_room(struct postern_practices *p)
{
    size_t most = p->mechanism->most;
    p->queries = arena_alloc(&p->arena, most * sizeof *p->queries);
    p->asked = arena_alloc(&p->arena, most * sizeof *p->asked);
    p->notes = arena_alloc(&p->arena, PRACTICES_NOTES_MAX * sizeof *p->notes);
    p->state = arena_alloc(&p->arena, p->mechanism->state_size);
    p->outcome.queries = p->queries;
    p->outcome.notes = p->notes;
    return p->queries && p->asked && p->notes && p->state;
}

/* ---- the check ---- */

static void start(struct postern_practices *p, const struct postern_originator *o)
{
    enum postern_originator_fault fault = postern_originator_fault(o);
    if (fault == POSTERN_ORIGINATOR_OK)
        p->mechanism->start(p);
    else
        practices_decide(p, POSTERN_VERDICT_PERMERROR, "permerror",
                         "The message has no single Originator Address (%s).",
                         postern_originator_fault_text(fault));
}

static bool set_up(struct postern_practices *p, const struct postern_practices_options *options,
                   const struct postern_originator *originator,
                   const struct postern_dkim_signature *const *signatures, size_t signatures_n)
{
    p->options = *options;
    p->options.accepted = NULL;
    p->options.accepted_n = 0;
    p->accepted_listed = options->accepted && options->accepted_n;
    p->outcome = (struct postern_practices_outcome){
        .verdict = POSTERN_VERDICT_TEMPERROR, /* unless something is decided */
        .result = "temperror",
        .explanation = "Out of memory.",
        .originator_signature = -1,
    };
    if (!make_room(p))
        return false;
    if (postern_originator_fault(originator) != POSTERN_ORIGINATOR_OK)
        return true;
    return copy_originator(p, originator) &&
           copy_signatures(p, originator, options, signatures, signatures_n);
}

struct postern_practices *
postern_practices_new(const struct postern_practices_options *options,
                      const struct postern_originator *originator,
                      const struct postern_dkim_signature *const *signatures, size_t signatures_n)
{
    if ((size_t)options->kind >= ARRAY_SIZE(kinds) || !kinds[options->kind].mechanism)
        return NULL;
    struct postern_practices *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    arena_init(&p->arena, CHECK_MEMORY);
    p->mechanism = kinds[options->kind].mechanism;
    if (!set_up(p, options, originator, signatures, signatures_n)) {
        postern_practices_free(p);
        return NULL;
    }
    start(p, originator);
    return p;
}

void postern_practices_free(struct postern_practices *p)
{
    if (!p)
        return;
    arena_clear(&p->arena);
    free(p);
}

unsigned practices_ask(struct postern_practices *p, const char *name, uint16_t type)
{
    size_t id = p->outcome.queries_n;
    char *copy = id < p->mechanism->most ? arena_str(&p->arena, slice_of_str(name)) : NULL;
    if (!copy) {
        p->failed = true;
        return UINT_MAX;
    }
    p->queries[id] = (struct postern_practices_query){
        .name = copy, .type = type, .answer = POSTERN_DNS_TIMEOUT, /* until it is answered */
    };
    p->outcome.queries_n = id + 1;
    return (unsigned)id;
}

void practices_show_record(struct postern_practices *p, unsigned id, const char *text)
{
    if (id < p->outcome.queries_n)
        p->queries[id].record = text;
}

static bool has_ended(const struct postern_practices *p)
{
    return p->decided || p->failed;
}

int postern_practices_question(struct postern_practices *p, struct postern_dns_question *out)
{
    for (size_t id = 0; !has_ended(p) && id < p->outcome.queries_n; id++) {
        if (p->asked[id].given)
            continue;
        p->asked[id].given = true;
        *out = (struct postern_dns_question){
            .id = (unsigned)id,
            .name = p->queries[id].name,
            .type = p->queries[id].type,
        };
        return 1;
    }
    return 0;
}

/* The text of one record for people; what is no row of character-strings as the octets it is. */
static void show_one(struct buf *out, struct postern_octets rdata)
{
    struct slice text;
    struct arena room;
    arena_init(&room, RDATA_MEMORY);
    if (!practices_strings(&room, rdata, &text))
        text = (struct slice){ rdata.p, rdata.n };
    practices_escape_into(out, text);
    arena_clear(&room);
}

/* Texts of the records joined, cut where that is very long. */
static const char *show_records(struct postern_practices *p,
                                const struct postern_dns_response *response)
{
    struct buf out;
    buf_init(&out, SHOWN_MEMORY);
    for (size_t i = 0; i < response->rdata_n && !out.failed; i++) {
        buf_append_str(&out, i ? " | " : "");
        show_one(&out, response->rdata[i]);
    }
    char *text = arena_str(&p->arena, buf_slice(&out));
    buf_clear(&out);
    p->failed |= !text;
    return text;
}

/* What a caller may say that makes no sense, said so that it does. */
static struct postern_dns_response settled(const struct postern_dns_response *given)
{
    struct postern_dns_response r = { .answer = POSTERN_DNS_SERVFAIL };
    if (given)
        r = *given;
    if ((unsigned)r.answer > POSTERN_DNS_TIMEOUT)
        r.answer = POSTERN_DNS_SERVFAIL;
    /* S35: the name exists, as an alias to nothing */
    if (r.answer == POSTERN_DNS_NXDOMAIN && r.dangling)
        r.answer = POSTERN_DNS_NODATA;
    if (r.answer == POSTERN_DNS_DATA && (!r.rdata || !r.rdata_n))
        r.answer = POSTERN_DNS_NODATA;
    if (r.answer != POSTERN_DNS_DATA) {
        r.rdata = NULL;
        r.rdata_n = 0;
    }
    return r;
}

void postern_practices_answer(struct postern_practices *p, unsigned id,
                              const struct postern_dns_response *response)
{
    if (has_ended(p) || id >= p->outcome.queries_n || !p->asked[id].given || p->asked[id].answered)
        return;
    struct postern_dns_response r = settled(response);
    struct postern_practices_query *query = &p->queries[id];
    p->asked[id].answered = true;
    query->answer = r.answer;
    bool text = query->type == POSTERN_DNS_TYPE_TXT || query->type == p->options.rrtype;
    if (r.answer == POSTERN_DNS_DATA && text)
        query->record = show_records(p, &r);
    p->mechanism->answer(p, id, &r);
}

const struct postern_practices_outcome *postern_practices_outcome(const struct postern_practices *p)
{
    return has_ended(p) ? &p->outcome : NULL;
}
