/* SPDX-License-Identifier: ISC
 *
 * Author Domain Signing Practices (RFC 5617 §4.3): does the domain exist, and what does it say?
 */
#include "practices/adsp_record.h"
#include "practices/practices_internal.h"

#define RECORDS_MEMORY ((size_t)1024 * 1024)

enum asked { EXISTENCE, RECORD };

struct adsp {
    enum asked asked;
    bool key_missing; /* an Author Domain Signature there is, but its key cannot be had */
};

static void none(struct postern_practices *p, const char *why)
{
    practices_decide(p, POSTERN_VERDICT_NONE, "none", "%s publishes no ADSP record%s.",
                     p->domain.text, why);
}

/* What the verdict would be. Not for who could be right: a signature whose key may be had later can
 * turn it round. */
static void suspect(struct postern_practices *p, const char *result, const char *why)
{
    const struct adsp *a = p->state;
    if (a->key_missing)
        practices_decide(p, POSTERN_VERDICT_TEMPERROR, "temperror",
                         "%s, but the key of its signature cannot be had now.", why);
    else
        practices_decide(p, POSTERN_SUSPICIOUS, result, "%s.", why);
}

static void apply(struct postern_practices *p, enum adsp_practice practice)
{
    const char *domain = p->domain.text;
    p->outcome.practice = adsp_practice_text(practice);
    switch (practice) {
    case ADSP_UNKNOWN:
        practices_decide(p, POSTERN_NON_SUSPICIOUS, "unknown", "%s signs some or all of its mail.",
                         domain);
        return;
    case ADSP_ALL:
        suspect(p, "fail",
                practices_text(p, "%s signs all of its mail, and this has no valid signature of it",
                               domain));
        return;
    case ADSP_DISCARDABLE:
        suspect(p, "discard",
                practices_text(p,
                               "%s signs all of its mail and wants what has no valid signature of "
                               "it discarded, and this has none",
                               domain));
        return;
    }
}

static bool read_record(struct postern_practices *p, struct arena *arena,
                        struct postern_octets rdata, struct adsp_record *out)
{
    struct slice text;
    struct fault why;
    if (!practices_strings(arena, rdata, &text)) {
        practices_note(p, "ADSP record of %s ignored: broken character-strings", p->domain.text);
        return false;
    }
    if (!adsp_record_parse(text, out, &why)) {
        practices_note(p, "ADSP record of %s ignored: %s at octet %zu: \"%s\"", p->domain.text,
                       why.what, why.at, practices_escape(p, text));
        return false;
    }
    if (out->other_value)
        practices_note(p, "ADSP record of %s: a practice that is not known: \"%s\"", p->domain.text,
                       practices_escape(p, text));
    return true;
}

/* §4.3: one valid record is used; what is not valid is as if it were not there (§4.2.1). */
static void on_records(struct postern_practices *p, const struct postern_dns_response *response)
{
    struct adsp_record record, used = { 0 };
    struct arena arena;
    size_t valid = 0;
    arena_init(&arena, RECORDS_MEMORY);
    for (size_t i = 0; i < response->rdata_n; i++) {
        if (!read_record(p, &arena, response->rdata[i], &record))
            continue;
        used = record;
        valid++;
    }
    arena_clear(&arena);
    if (valid > 1)
        practices_note(p, "ADSP records of %s ignored: there are several", p->domain.text);
    if (valid == 1)
        apply(p, used.practice);
    else
        none(p, valid ? " that stands alone" : " that can be read");
}

static void start(struct postern_practices *p)
{
    struct adsp *a = p->state;
    for (size_t i = 0; i < p->signatures_n; i++) {
        const struct practices_signature *s = &p->signatures[i];
        struct slice signer = slice_of_str(s->domain),
                     author = { (const uint8_t *)p->domain.text, p->domain.n };
        /* §2.7: d= "is the same as the domain in the Author Address", i= plays no part */
        if (!slice_equal_nocase(signer, author))
            continue;
        if (s->valid) {
            p->outcome.originator_signature = (int)s->index;
            practices_decide(p, POSTERN_NON_SUSPICIOUS, "pass",
                             "The message has a valid Author Domain Signature of %s.",
                             p->domain.text);
            return;
        }
        a->key_missing = true;
    }
    if (p->domains > 1)
        practices_note(p, "From has addresses of several domains: the first, %s, was checked",
                       p->domain.text);
    a->asked = EXISTENCE;
    practices_ask(p, p->domain.text, POSTERN_DNS_TYPE_MX);
}

static void ask_for_record(struct postern_practices *p)
{
    struct adsp *a = p->state;
    const char *name = practices_text(p, "_adsp._domainkey.%s", p->domain.text);
    struct domain asked;
    a->asked = RECORD;
    if (domain_parse(slice_of_str(name), &asked))
        practices_ask(p, asked.text, POSTERN_DNS_TYPE_TXT);
    else
        none(p, ": its name would be too long");
}

static void on_failure(struct postern_practices *p, const struct postern_dns_response *response)
{
    const struct adsp *a = p->state;
    practices_decide(p, POSTERN_VERDICT_TEMPERROR, "temperror", "DNS could not tell %s of %s: %s.",
                     a->asked == EXISTENCE ? "the existence" : "the ADSP record", p->domain.text,
                     postern_dns_answer_text(response->answer));
}

static void on_answer(struct postern_practices *p, unsigned id,
                      const struct postern_dns_response *response)
{
    const struct adsp *a = p->state;
    (void)id;
    switch (response->answer) {
    case POSTERN_DNS_SERVFAIL:
    case POSTERN_DNS_BOGUS:
    case POSTERN_DNS_TIMEOUT: on_failure(p, response); return;
    case POSTERN_DNS_DATA:
        if (a->asked == RECORD)
            on_records(p, response);
        else
            ask_for_record(p);
        return;
    case POSTERN_DNS_NODATA:
        if (a->asked == RECORD)
            none(p, "");
        else
            ask_for_record(p);
        return;
    case POSTERN_DNS_NXDOMAIN:
        if (a->asked == RECORD)
            none(p, "");
        else
            suspect(p, "nxdomain", practices_text(p, "%s does not exist", p->domain.text));
        return;
    }
}

const struct practices_mechanism practices_adsp = {
    .state_size = sizeof(struct adsp),
    .most = 2,
    .start = start,
    .answer = on_answer,
};
