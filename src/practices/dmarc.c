/* SPDX-License-Identifier: ISC
 *
 * DMARC's DKIM half (RFC 9989 §5.3): is a valid signature aligned with the author's domain, and what
 * policy is there? SPF is not looked at, so nothing is ever said to fail.
 */
#include "practices/dmarc_record.h"
#include "practices/dmarc_tree.h"
#include "practices/practices_internal.h"

#define RECORDS_MEMORY ((size_t)1024 * 1024)

struct dmarc {
    struct dmarc_tree tree;
    struct domain asked;             /* whose record is awaited */
    const struct dmarc_node *policy; /* the record that applies; NULL: not found yet */
    bool asking_existence;           /* that of the author's domain is awaited */
    bool existence_known, missing;
};

static struct dmarc *state_of(const struct postern_practices *p)
{
    return p->state;
}

/* ---- asking ---- */

enum walk { WALK_ASKED, WALK_ENDED, WALK_FAILED, WALK_TOO_MANY };

/* False: it was asked for. A name whose record's name would be too long has none. */
static bool is_known(struct postern_practices *p, const struct domain *name)
{
    struct dmarc *d = state_of(p);
    struct domain asked;
    if (dmarc_tree_find(&d->tree, name))
        return true;
    if (!domain_parse(slice_of_str(practices_text(p, "_dmarc.%s", name->text)), &asked))
        return dmarc_tree_add(&d->tree, name) != NULL;
    d->asked = *name;
    practices_ask(p, asked.text, POSTERN_DNS_TYPE_TXT);
    return false;
}

static enum walk walk(struct postern_practices *p, const struct domain *start,
                      struct dmarc_walked *out)
{
    struct dmarc *d = state_of(p);
    enum dmarc_walk how = DMARC_WALK_ASK;
    while ((how = dmarc_tree_walk(&d->tree, start, out)) == DMARC_WALK_ASK) {
        if (d->tree.n == DMARC_NAMES_MAX)
            return WALK_TOO_MANY;
        if (!is_known(p, &out->next))
            return WALK_ASKED;
    }
    return how == DMARC_WALK_FAILED ? WALK_FAILED : WALK_ENDED;
}

/* ---- answers ---- */

/* §4.10: what does not begin with the version is discarded, and several records all are. */
static void on_records(struct postern_practices *p, unsigned id,
                       const struct postern_dns_response *response, struct dmarc_node *node)
{
    struct dmarc_record record;
    struct slice text, shown = { 0 };
    struct arena arena;
    size_t n = 0;
    arena_init(&arena, RECORDS_MEMORY);
    for (size_t i = 0; i < response->rdata_n; i++) {
        if (!practices_strings(&arena, response->rdata[i], &text) ||
            !dmarc_record_parse(text, &record))
            continue;
        node->record = record;
        shown = text;
        n++;
    }
    node->has_record = n == 1;
    if (n == 1)
        practices_show_record(p, id, practices_escape(p, shown));
    else
        practices_note(p, "TXT records at _dmarc.%s ignored: %s", node->name.text,
                       n ? "several are DMARC records" : "none is a DMARC record");
    arena_clear(&arena);
}

static void on_node(struct postern_practices *p, unsigned id,
                    const struct postern_dns_response *response)
{
    struct dmarc *d = state_of(p);
    struct dmarc_node *node = dmarc_tree_add(&d->tree, &d->asked);
    if (!node)
        return;
    switch (response->answer) {
    case POSTERN_DNS_DATA: on_records(p, id, response, node); return;
    case POSTERN_DNS_NODATA: return;
    case POSTERN_DNS_NXDOMAIN: node->may_not_exist = true; return;
    case POSTERN_DNS_SERVFAIL:
    case POSTERN_DNS_BOGUS:
    case POSTERN_DNS_TIMEOUT: break;
    }
    node->failed = true;
    practices_note(p, "DNS could not tell the record at _dmarc.%s: %s", node->name.text,
                   postern_dns_answer_text(response->answer));
}

/* ---- deciding ---- */

static void fail_at(struct postern_practices *p, const char *what, const struct domain *name)
{
    practices_decide(p, POSTERN_VERDICT_TEMPERROR, "temperror",
                     "DNS could not tell %s%s, so DMARC has no result now.", what, name->text);
}

static void show_organizational(struct postern_practices *p, const struct domain *name)
{
    if (!p->outcome.dmarc.organizational_domain)
        p->outcome.dmarc.organizational_domain = practices_text(p, "%s", name->text);
}

static void no_record(struct postern_practices *p)
{
    practices_decide(p, POSTERN_VERDICT_NONE, "none",
                     "No DMARC record applies to %s, nor to what is above it.", p->domain.text);
}

/* §4.10.1: the author's domain, its Organizational Domain, its Public Suffix Domain. False: not yet,
 * or decided. */
static bool find_policy(struct postern_practices *p)
{
    struct dmarc *d = state_of(p);
    struct dmarc_walked walked;
    if (d->policy)
        return true;
    if (!is_known(p, &p->domain))
        return false;
    const struct dmarc_node *node = dmarc_tree_find(&d->tree, &p->domain);
    if (!node || !node->has_record) {
        enum walk how = walk(p, &p->domain, &walked);
        if (how == WALK_FAILED || how == WALK_TOO_MANY)
            fail_at(p, "the record at _dmarc.", &walked.next);
        if (how != WALK_ENDED)
            return false;
        show_organizational(p, &walked.organizational);
        node = dmarc_tree_find(&d->tree, &walked.organizational);
        if (!node || !node->has_record)
            node = walked.suffix;
    }
    if (!node) {
        no_record(p);
        return false;
    }
    p->outcome.dmarc.record_domain = node->name.text;
    if (node->record.without_effect) {
        practices_decide(
            p, POSTERN_VERDICT_NONE, "none",
            "The DMARC record of %s has no policy that can be read, and no address for "
            "reports, so it counts for nothing.",
            node->name.text);
        return false;
    }
    d->policy = node;
    return true;
}

enum alignment { ALIGNED, NOT_ALIGNED, UNDECIDED, ASKED };

/* What is not below the same top-level domain has no Organizational Domain in common. */
static bool may_be_aligned(const struct domain *author, const struct domain *signer)
{
    struct domain top = *author;
    while (domain_parent(&top, &top))
        ;
    return domain_within(signer, &top);
}

/* §4.10.2. The Organizational Domain of a signer is the signer's domain or above it, so walks start
 * only from signers below the author's. */
static enum alignment align_relaxed(struct postern_practices *p, const struct domain *signer)
{
    struct dmarc_walked author, other;
    enum walk how;
    if (!may_be_aligned(&p->domain, signer))
        return NOT_ALIGNED;
    how = walk(p, &p->domain, &author);
    if (how != WALK_ENDED)
        return how == WALK_ASKED ? ASKED : UNDECIDED;
    show_organizational(p, &author.organizational);
    if (!domain_within(signer, &author.organizational))
        return NOT_ALIGNED;
    how = walk(p, signer, &other);
    if (how == WALK_TOO_MANY)
        practices_note(p, "%s: whether it is aligned was not looked at: too many names",
                       signer->text);
    if (how != WALK_ENDED)
        return how == WALK_ASKED ? ASKED : how == WALK_FAILED ? UNDECIDED : NOT_ALIGNED;
    return domain_equal(&author.organizational, &other.organizational) ? ALIGNED : NOT_ALIGNED;
}

static enum alignment align(struct postern_practices *p, const struct practices_signature *s)
{
    struct domain signer;
    if (!domain_parse(slice_of_str(s->domain), &signer))
        return NOT_ALIGNED;
    if (domain_equal(&signer, &p->domain))
        return ALIGNED;
    return state_of(p)->policy->record.strict ? NOT_ALIGNED : align_relaxed(p, &signer);
}

/* The signer that is the author first: it needs no walk (§4.10.2). */
static enum alignment align_identical(struct postern_practices *p)
{
    struct slice author = { (const uint8_t *)p->domain.text, p->domain.n };
    for (size_t i = 0; i < p->signatures_n; i++) {
        if (!p->signatures[i].valid ||
            !slice_equal_nocase(slice_of_str(p->signatures[i].domain), author))
            continue;
        p->outcome.originator_signature = (int)p->signatures[i].index;
        return ALIGNED;
    }
    return NOT_ALIGNED;
}

/* "if any DKIM-Authenticated Identifier aligns" (§4.4.1). A signature whose key cannot be had may be
 * one later, so an aligned one leaves things undecided (§5.3.6). */
static enum alignment align_any(struct postern_practices *p)
{
    enum alignment all = align_identical(p);
    for (unsigned pass = 0; pass < 2 && all != ALIGNED; pass++) {
        bool valid = pass == 0;
        for (size_t i = 0; i < p->signatures_n; i++) {
            if (p->signatures[i].valid != valid)
                continue;
            enum alignment one = align(p, &p->signatures[i]);
            if (one == ASKED)
                return ASKED;
            if (one == ALIGNED && valid) {
                p->outcome.originator_signature = (int)p->signatures[i].index;
                return ALIGNED;
            }
            if (one != NOT_ALIGNED)
                all = UNDECIDED;
        }
    }
    return all;
}

/* §3.2.13: NXDOMAIN, of the name itself. Asked for only where it makes a difference. False: not yet,
 * or decided. */
static bool find_existence(struct postern_practices *p)
{
    struct dmarc *d = state_of(p);
    const struct dmarc_node *author = dmarc_tree_find(&d->tree, &p->domain);
    if (d->existence_known || d->policy == author || !d->policy->record.has_np || !author ||
        !author->may_not_exist)
        return true;
    d->asking_existence = true;
    practices_ask(p, p->domain.text, POSTERN_DNS_TYPE_MX);
    return false;
}

/* §4.10.1: p= of the author's own record; else sp= where the author's domain exists, np= where it does
 * not, and what stands in for them (§4.7). t=y makes it one level softer (§4.7). */
static void show_policy(struct postern_practices *p)
{
    const struct dmarc *d = state_of(p);
    const struct dmarc_record *r = &d->policy->record;
    enum dmarc_policy policy = r->p;
    p->outcome.dmarc.policy_tag = "p";
    if (!domain_equal(&d->policy->name, &p->domain)) {
        policy = d->missing ? r->np : r->sp;
        p->outcome.dmarc.policy_tag = d->missing && r->has_np ? "np" : r->has_sp ? "sp" : "p";
    }
    p->outcome.practice = dmarc_policy_text(policy);
    if (r->testing && policy != DMARC_NONE)
        policy = policy == DMARC_REJECT ? DMARC_QUARANTINE : DMARC_NONE;
    p->outcome.dmarc.disposition = dmarc_policy_text(policy);
    p->outcome.dmarc.strict_alignment = r->strict;
    p->outcome.dmarc.testing = r->testing;
}

static void conclude(struct postern_practices *p, enum alignment alignment)
{
    const struct domain *record = &state_of(p)->policy->name;
    show_policy(p);
    if (alignment == ALIGNED) {
        if (domain_equal(record, &p->domain))
            show_organizational(p, &p->domain); /* §4.10.2: "the common domain" */
        practices_decide(p, POSTERN_NON_SUSPICIOUS, "pass", "A valid signature is aligned with %s.",
                         p->domain.text);
    } else if (alignment == UNDECIDED) {
        practices_decide(p, POSTERN_VERDICT_TEMPERROR, "temperror",
                         "DNS could not tell whether a signature is valid and aligned with %s.",
                         p->domain.text);
    } else {
        practices_decide(p, POSTERN_VERDICT_NONE, "none",
                         "No valid signature is aligned with %s, whose policy is %s (%s= of %s); "
                         "SPF was not looked at and may pass, so this is not said to fail.",
                         p->domain.text, p->outcome.practice, p->outcome.dmarc.policy_tag,
                         record->text);
    }
}

/* Goes as far as the answers that are there allow. */
static void proceed(struct postern_practices *p)
{
    if (!find_policy(p))
        return;
    enum alignment alignment = align_any(p);
    if (alignment == ASKED || (alignment == NOT_ALIGNED && !find_existence(p)))
        return;
    conclude(p, alignment);
}

static void start(struct postern_practices *p)
{
    if (p->domains > 1) /* §5.3.1 */
        practices_decide(p, POSTERN_VERDICT_PERMERROR, "permerror",
                         "From has addresses of several domains, so DMARC has no Author Domain.");
    else
        proceed(p);
}

static void on_existence(struct postern_practices *p, const struct postern_dns_response *response)
{
    struct dmarc *d = state_of(p);
    d->asking_existence = false;
    d->existence_known = true;
    switch (response->answer) {
    case POSTERN_DNS_DATA:
    case POSTERN_DNS_NODATA: return;
    case POSTERN_DNS_NXDOMAIN: d->missing = true; return;
    case POSTERN_DNS_SERVFAIL:
    case POSTERN_DNS_BOGUS:
    case POSTERN_DNS_TIMEOUT: fail_at(p, "the existence of ", &p->domain); return;
    }
}

static void on_answer(struct postern_practices *p, unsigned id,
                      const struct postern_dns_response *response)
{
    if (state_of(p)->asking_existence)
        on_existence(p, response);
    else
        on_node(p, id, response);
    if (!p->decided && !p->failed)
        proceed(p);
}

const struct practices_mechanism practices_dmarc = {
    .state_size = sizeof(struct dmarc),
    .most = DMARC_NAMES_MAX + 1,
    .start = start,
    .answer = on_answer,
};
