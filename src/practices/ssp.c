/* SPDX-License-Identifier: ISC
 *
 * Sender Signing Practices (draft-allman-dkim-ssp-02 §4.3): twelve steps, at most three queries.
 */
#include <stdlib.h>

#include "practices/practices_internal.h"
#include "practices/ssp_record.h"

enum asked { DOMAIN, USER, PARENT };

struct ssp {
    enum asked asked;
    const char *name;           /* asked for at last */
    const char *publisher;      /* whose p= is applied */
    enum ssp_practice retained; /* step 4: p= of the domain, or of its parent */
};

enum found {
    FOUND,
    NOT_FOUND, /* NODATA, and what is considered equivalent to it */
    NO_NAME,   /* NXDOMAIN */
    FAILED
};

static struct ssp *state_of(const struct postern_practices *p)
{
    return p->state;
}

static void ask(struct postern_practices *p, enum asked what, const char *name)
{
    struct ssp *s = state_of(p);
    unsigned id = practices_ask(p, name, p->options.rrtype);
    s->asked = what;
    if (!p->failed)
        s->name = p->queries[id].name;
}

static void apply(struct postern_practices *p, enum ssp_practice practice)
{
    p->outcome.practice = ssp_practice_text(practice);
    p->outcome.ssp.practice = (unsigned)practice;
}

/* ---- records ---- */

static void note_skipped(struct postern_practices *p, const struct ssp_record *r)
{
    for (size_t i = 0; i < r->skipped_n; i++)
        practices_note(p, "DKIMP record at %s: %s ignored: \"%s\"", state_of(p)->name,
                       r->skipped[i].what, practices_escape(p, r->skipped[i].text));
}

static void note_broken(struct postern_practices *p, struct slice text, const struct fault *why)
{
    if (p->outcome.notes_n < PRACTICES_NOTES_MAX)
        practices_note(p, "DKIMP record at %s ignored: %s at octet %zu: \"%s\"", state_of(p)->name,
                       why->what, why->at, practices_escape(p, text));
}

/* One RR; *text: what it says, in the arena. */
static bool read_record(struct postern_practices *p, struct arena *arena,
                        struct postern_octets rdata, struct ssp_record *out, struct slice *text)
{
    struct fault why = { .what = "broken character-strings" };
    bool joined = practices_strings(arena, rdata, text);
    if (joined && ssp_record_parse(*text, out, &why))
        return true;
    note_broken(p, joined ? *text : (struct slice){ rdata.p, rdata.n }, &why);
    return false;
}

/* S18: exactly one record that is well-formed; broken ones do not count (§4.1, S17). */
static enum found choose(struct postern_practices *p, struct arena *arena, unsigned id,
                         const struct postern_dns_response *response, struct ssp_record *out)
{
    struct ssp_record r;
    struct slice text, chosen = { 0 };
    size_t well_formed = 0;
    for (size_t i = 0; i < response->rdata_n && well_formed < 2; i++) {
        if (!read_record(p, arena, response->rdata[i], &r, &text))
            continue;
        well_formed++;
        chosen = text;
        *out = r;
    }
    if (well_formed > 1)
        practices_note(p, "DKIMP records at %s ignored: there are several", state_of(p)->name);
    if (well_formed != 1)
        return NOT_FOUND;
    note_skipped(p, out);
    practices_show_record(p, id, practices_escape(p, chosen));
    return FOUND;
}

static enum found look(struct postern_practices *p, unsigned id,
                       const struct postern_dns_response *response, struct ssp_record *out)
{
    const char *name = state_of(p)->name;
    struct arena arena;
    enum found found;
    switch (response->answer) {
    case POSTERN_DNS_DATA:
        arena_init(&arena, (size_t)1024 * 1024);
        found = choose(p, &arena, id, response, out);
        out->skipped_n = 0; /* they pointed into the arena */
        arena_clear(&arena);
        return found;
    case POSTERN_DNS_NODATA:
        if (response->dangling)
            practices_note(p, "%s is an alias that leads to nothing: taken as NODATA", name);
        return NOT_FOUND;
    case POSTERN_DNS_NXDOMAIN: return NO_NAME;
    case POSTERN_DNS_SERVFAIL:
    case POSTERN_DNS_BOGUS:
    case POSTERN_DNS_TIMEOUT: break;
    }
    practices_note(p, "DKIMP query for %s failed: %s%s%s", name,
                   postern_dns_answer_text(response->answer), response->why ? ": " : "",
                   response->why ? practices_escape(p, slice_of_str(response->why)) : "");
    return FAILED;
}

/* ---- how it ends ---- */

static void non_suspicious(struct postern_practices *p, unsigned step, const char *explanation)
{
    p->outcome.step = step;
    practices_decide(p, POSTERN_NON_SUSPICIOUS, "unknown", "%s", explanation);
}

/* S16: never Suspicious, never non-Suspicious */
static void failed(struct postern_practices *p, unsigned step, enum postern_dns_answer answer)
{
    p->outcome.step = step;
    practices_decide(p, POSTERN_VERDICT_TEMPERROR, "temperror",
                     "The practices of %s cannot be had now: the query for %s failed (%s).",
                     p->domain.text, state_of(p)->name, postern_dns_answer_text(answer));
}

/* S30: a signature whose key cannot be had now, and which would have made the message non-Suspicious. */
static bool might_have_saved(const struct postern_practices *p, const struct practices_signature *s)
{
    bool third_party_may = p->outcome.ssp.practice == SSP_ALL && p->accepted_listed;
    return !s->valid && (s->originator || (third_party_may && s->accepted));
}

static void suspicious(struct postern_practices *p, unsigned step, const char *explanation)
{
    p->outcome.step = step;
    for (size_t i = 0; i < p->signatures_n; i++) {
        if (!might_have_saved(p, &p->signatures[i]))
            continue;
        practices_decide(p, POSTERN_VERDICT_TEMPERROR, "temperror",
                         "%s But the key of a signature of %s cannot be had now.", explanation,
                         p->signatures[i].domain);
        return;
    }
    practices_decide(p, POSTERN_SUSPICIOUS, "fail", "%s", explanation);
}

/* ---- the steps ---- */

static const struct practices_signature *third_party(const struct postern_practices *p)
{
    for (size_t i = 0; i < p->signatures_n; i++)
        if (p->signatures[i].valid && p->signatures[i].accepted)
            return &p->signatures[i];
    return NULL;
}

/* 8. If the value of the SSP "p" tag is "all", and one or more Valid Signatures are present on the
 * message, the message is Not Suspicious (§4.2: "a Verifier Acceptable" one, S26). */
static void step_8(struct postern_practices *p, enum ssp_practice practice)
{
    const char *publisher = state_of(p)->publisher;
    const struct practices_signature *s = third_party(p);
    if (practice == SSP_STRICT) {
        suspicious(p, 9,
                   practices_text(p,
                                  "%s says that all its mail bears a signature of its own "
                                  "(p=strict), and this message bears no valid one.",
                                  publisher));
    } else if (!s) {
        suspicious(p, 9,
                   practices_text(p,
                                  "%s says that all its mail is signed (p=all), and this message "
                                  "bears no valid signature that is accepted here.",
                                  publisher));
    } else {
        p->outcome.step = 8;
        practices_decide(p, POSTERN_NON_SUSPICIOUS, "pass",
                         "%s says that all its mail is signed (p=all), and this message bears a "
                         "valid signature of %s.",
                         publisher, s->domain);
    }
}

/* 7. If the value of the SSP "p" tag is "unknown", the message is non-Suspicious. */
static void step_7(struct postern_practices *p, enum ssp_practice practice)
{
    apply(p, practice);
    if (practice == SSP_UNKNOWN)
        non_suspicious(p, 7,
                       practices_text(p, "%s does not say that all its mail is signed (p=unknown).",
                                      state_of(p)->publisher));
    else
        step_8(p, practice);
}

/* 6. Proceed using the value of the "p" tag from the user-level query. S9: t=y of that record is
 * honoured ("SHOULD NOT consider a message suspicious based on the record", §4.2). */
static void step_6(struct postern_practices *p, const struct ssp_record *r)
{
    struct ssp *s = state_of(p);
    s->publisher = s->name;
    if (r->has_u)
        practices_note(p, "DKIMP record at %s: u= ignored, it is a user-level record", s->name);
    if (!r->testing || p->options.user_testing_letter) {
        step_7(p, r->p);
        return;
    }
    apply(p, r->p);
    p->outcome.ssp.testing = true;
    non_suspicious(p, 6,
                   practices_text(p, "The practices at %s are being tested (t=y).", s->publisher));
}

/* 5. The Verifier MUST query DNS for a user-level DKIMP record. */
static void on_user(struct postern_practices *p, enum found found, const struct ssp_record *r,
                    enum postern_dns_answer answer)
{
    switch (found) {
    case FOUND: step_6(p, r); return;
    case NOT_FOUND:
    case NO_NAME: step_7(p, state_of(p)->retained); return;
    case FAILED:
        p->outcome.ssp.practice = 4;
        failed(p, 5, answer);
        return;
    }
}

static void step_5(struct postern_practices *p)
{
    /* S11: below the domain of the Originator Address, whoever published u=yes */
    char *name = practices_user_name(p->user, &p->domain);
    if (name) {
        ask(p, USER, name);
    } else {
        practices_note(p, "no user-level query: the local part leaves no name (S33)");
        step_7(p, state_of(p)->retained);
    }
    free(name);
}

/* 4. If the SSP "u" tag exists and the value is "yes", retain the value of the "p" tag; otherwise
 * proceed to step 7. */
static void step_4(struct postern_practices *p, const struct ssp_record *r)
{
    struct ssp *s = state_of(p);
    s->publisher = s->name;
    s->retained = r->p;
    p->outcome.ssp.user_level = r->user;
    if (r->user)
        step_5(p);
    else
        step_7(p, r->p);
}

/* 12. If [...] any of the flags is "y" (indicating testing) or "s" [...], the message is
 * non-Suspicious and the algorithm terminates. Otherwise proceed to step 4. */
static void step_12(struct postern_practices *p, const struct ssp_record *r)
{
    const char *name = state_of(p)->name;
    if (r->own_only) {
        apply(p, SSP_UNKNOWN);
        non_suspicious(p, 12,
                       practices_text(p, "The practices of %s are not those of %s (t=s).", name,
                                      p->domain.text));
    } else if (r->testing) {
        apply(p, r->p);
        p->outcome.ssp.testing = true;
        non_suspicious(p, 12, practices_text(p, "%s is testing its practices (t=y).", name));
    } else {
        step_4(p, r);
    }
}

/* 11. The Verifier MUST query DNS for a DKIMP record corresponding to the immediate parent. */
static void on_parent(struct postern_practices *p, enum found found, const struct ssp_record *r,
                      enum postern_dns_answer answer)
{
    const char *name = state_of(p)->name;
    switch (found) {
    case FOUND: step_12(p, r); return;
    case NO_NAME: /* S14: a broken server, its child exists */
        practices_note(p, "%s does not exist, although %s does: taken as NODATA", name,
                       p->domain.text);
        __attribute__((fallthrough));
    case NOT_FOUND:
        apply(p, SSP_UNKNOWN);
        non_suspicious(
            p, 11,
            practices_text(p, "Neither %s nor %s publishes practices.", p->domain.text, name));
        return;
    case FAILED: failed(p, 11, answer); return;
    }
}

/* 10. If the domain of the Originator Address is a top-level domain (e.g., a country code), then an
 * SSP record was not found and the message is Not Suspicious. */
static void step_10(struct postern_practices *p)
{
    struct domain parent;
    if (domain_parent(&p->domain, &parent) &&
        domain_labels(&parent) >= p->options.parent_min_labels) {
        ask(p, PARENT, parent.text);
        return;
    }
    apply(p, SSP_UNKNOWN);
    non_suspicious(p, 10,
                   practices_text(p, "%s publishes no practices, and no domain above it is asked.",
                                  p->domain.text));
}

/* 3. If [...] any of the flags is "y" (indicating testing), the message is non-Suspicious. */
static void step_3(struct postern_practices *p, const struct ssp_record *r)
{
    if (!r->testing) {
        step_4(p, r);
        return;
    }
    apply(p, r->p);
    p->outcome.ssp.testing = true;
    non_suspicious(p, 3,
                   practices_text(p, "%s is testing its practices (t=y).", state_of(p)->name));
}

/* 2. NODATA: proceed to step 10. NXDOMAIN: the message is Suspicious. */
static void on_domain(struct postern_practices *p, enum found found, const struct ssp_record *r,
                      enum postern_dns_answer answer)
{
    switch (found) {
    case FOUND: step_3(p, r); return;
    case NOT_FOUND: step_10(p); return;
    case NO_NAME:
        p->outcome.ssp.practice = 5;
        suspicious(p, 2, practices_text(p, "The domain %s does not exist.", p->domain.text));
        return;
    case FAILED: failed(p, 2, answer); return;
    }
}

static void answer(struct postern_practices *p, unsigned id,
                   const struct postern_dns_response *response)
{
    struct ssp_record r = { .p = SSP_UNKNOWN };
    enum found found = look(p, id, response, &r);
    switch (state_of(p)->asked) {
    case DOMAIN: on_domain(p, found, &r, response->answer); return;
    case USER: on_user(p, found, &r, response->answer); return;
    case PARENT: on_parent(p, found, &r, response->answer); return;
    }
}

/* 1. If a valid Originator Signature exists, the message is non-Suspicious; §3: "the Verifier SHOULD
 * NOT look up the Sender Signing Practices". */
static void start(struct postern_practices *p)
{
    for (size_t i = 0; i < p->signatures_n; i++) {
        const struct practices_signature *s = &p->signatures[i];
        if (!s->valid || !s->originator)
            continue;
        p->outcome.step = 1;
        p->outcome.originator_signature = (int)s->index;
        practices_decide(p, POSTERN_NON_SUSPICIOUS, "pass",
                         "The message bears a valid signature of its originator (by %s).",
                         s->domain);
        return;
    }
    ask(p, DOMAIN, p->domain.text);
}

const struct practices_mechanism practices_ssp = {
    .state_size = sizeof(struct ssp),
    .most = 3,
    .start = start,
    .answer = answer,
};
