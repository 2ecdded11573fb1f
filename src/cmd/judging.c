/* SPDX-License-Identifier: ISC */
#include "cmd/judging.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmd/cmd.h"
#include "conf/unit.h"

#define TIMEOUT_US (5 * US_PER_S)
#define WAIT_US    (10 * US_PER_S)
#define KEYS       4096
#define SKEW_S     300
#define QUESTIONS  3 /* one behind the other: what most messages need at most */

#define PARENT_LABELS_MAX 16

/* ---- options ---- */

static bool take_kind(struct judging *j, const char *value)
{
    static const enum postern_practices_kind kinds[] = { POSTERN_SSP, POSTERN_ADSP, POSTERN_DMARC };
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        if (strcmp(value, postern_practices_kind_text(kinds[i])) == 0) {
            j->kind = kinds[i];
            return true;
        }
    return false;
}

static bool take_resolver(struct judging *j, const char *value)
{
    if (j->dns.forward_n == RESOLVER_FORWARDERS_MAX)
        return false;
    j->dns.forward[j->dns.forward_n++] = value;
    return true;
}

static bool take_accepted(struct judging *j, const char *value)
{
    if (j->accepted_n == JUDGING_ACCEPTED_MAX)
        return false;
    j->accepted[j->accepted_n++] = value;
    return true;
}

static bool take_at(struct judging *j, const char *value)
{
    uint64_t seconds;
    if (!slice_to_u64(slice_of_str(value), 0, INT64_MAX / US_PER_S, &seconds))
        return false;
    j->at = (int64_t)seconds;
    return true;
}

/* One of two words: what is usual, and what is not. */
static bool take_word(const char *value, const char *usual, const char *other, int *out_other)
{
    *out_other = strcmp(value, other) == 0;
    return *out_other || strcmp(value, usual) == 0;
}

static bool take_skew(struct judging *j, const char *value)
{
    uint64_t skew_us;
    if (!unit_parse(slice_of_str(value), UNIT_TIME, &skew_us) || skew_us > UNIT_D)
        return false;
    j->skew_s = (uint32_t)(skew_us / US_PER_S);
    return true;
}

static bool take_timeout(struct judging *j, const char *value)
{
    uint64_t us;
    if (!unit_parse(slice_of_str(value), UNIT_TIME, &us) || us < US_PER_MS || us > INT64_MAX / 4)
        return false;
    j->timeout_us = (int64_t)us;
    return true;
}

static bool take_anchor(struct judging *j, const char *value)
{
    j->dns.anchor = strcmp(value, "none") == 0 ? "" : value;
    return true;
}

static bool take_value(struct judging *j, enum judging_option option, const char *value)
{
    struct slice text = slice_of_str(value);
    switch (option) {
    case JUDGING_CONFIG: j->file = value; return true;
    case JUDGING_DNS_FILE: j->dns.file = value; return true;
    case JUDGING_RESOLVER: return take_resolver(j, value);
    case JUDGING_TRUST_ANCHOR: return take_anchor(j, value);
    case JUDGING_TIMEOUT: return take_timeout(j, value);
    case JUDGING_AT: return take_at(j, value);
    case JUDGING_RRTYPE_OPTION: return slice_to_u32(text, 1, UINT16_MAX, &j->rrtype);
    case JUDGING_PRACTICES: return take_kind(j, value);
    case JUDGING_TESTING_KEYS: return take_word(value, "pass", "ignore", &j->ignore_testing_key);
    case JUDGING_ACCEPT: return take_accepted(j, value);
    case JUDGING_PARTIAL_BODY: return take_word(value, "policy", "pass", &j->partial_body);
    case JUDGING_CLOCK_SKEW: return take_skew(j, value);
    case JUDGING_USER_TESTING: return take_word(value, "honour", "letter", &j->user_testing_letter);
    case JUDGING_PARENT_LABELS: return slice_to_u32(text, 1, PARENT_LABELS_MAX, &j->parent_labels);
    case JUDGING_JOBS: return slice_to_u32(text, 1, JUDGING_JOBS_MAX, &j->jobs);
    case JUDGING_OPTIONS: break;
    }
    return false;
}

bool judging_take(struct judging *j, int option, const char *value)
{
    if (option == 'c')
        option = OPTION(JUDGING_CONFIG);
    if (option < OPTION(0) || option >= OPTION(JUDGING_OPTIONS))
        return false;
    enum judging_option which = (enum judging_option)(option - OPTION(0));
    j->given |= BIT(which);
    return take_value(j, which, value);
}

/* ---- the configuration ---- */

static bool given(const struct judging *j, enum judging_option option)
{
    return j->given & BIT(option);
}

static void take_defaults(struct judging *j)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (!given(j, JUDGING_TIMEOUT))
        j->timeout_us = TIMEOUT_US;
    if (!given(j, JUDGING_AT))
        j->at = clock_wall_us() / US_PER_S;
    if (!given(j, JUDGING_RRTYPE_OPTION))
        j->rrtype = JUDGING_RRTYPE;
    if (!given(j, JUDGING_PRACTICES))
        j->kind = POSTERN_SSP;
    if (!given(j, JUDGING_JOBS))
        j->jobs = cores < 1 ? 1 : cores > JUDGING_JOBS_MAX ? JUDGING_JOBS_MAX : (uint32_t)cores;
    if (!given(j, JUDGING_CLOCK_SKEW))
        j->skew_s = SKEW_S;
    if (!given(j, JUDGING_PARENT_LABELS))
        j->parent_labels = 1;
    j->wait_us = WAIT_US;
}

/* An answer that is said on the command line replaces what the file says of whom to ask. */
static void take_dns(struct judging *j, const struct conf_dns *dns)
{
    bool whom = given(j, JUDGING_DNS_FILE) || given(j, JUDGING_RESOLVER);
    if (!whom)
        j->dns.file = dns->file;
    for (size_t i = 0; !whom && i < dns->resolver.n && i < RESOLVER_FORWARDERS_MAX; i++)
        j->dns.forward[j->dns.forward_n++] = dns->resolver.at[i];
    if (!given(j, JUDGING_TRUST_ANCHOR) && dns->trust_anchor)
        (void)take_anchor(j, dns->trust_anchor); /* any name is taken */
    if (!given(j, JUDGING_TIMEOUT))
        j->timeout_us = dns->timeout_us;
    j->dns.cache = dns->cache;
}

static void take_milter(struct judging *j, const struct conf_milter *m)
{
    if (!given(j, JUDGING_RRTYPE_OPTION))
        j->rrtype = m->practices_rrtype;
    if (!given(j, JUDGING_PRACTICES) && m->practices_act)
        (void)take_kind(j, m->practices_act); /* was checked when it was read */
    if (!given(j, JUDGING_TESTING_KEYS))
        j->ignore_testing_key = m->testing_keys == CONF_TESTING_KEYS_IGNORE;
    for (size_t i = 0; !given(j, JUDGING_ACCEPT) && i < m->accepted_signers.n; i++)
        (void)take_accepted(j, m->accepted_signers.at[i]); /* there is room for all */
    if (!given(j, JUDGING_PARTIAL_BODY))
        j->partial_body = m->partial_body == CONF_PARTIAL_BODY_PASS;
    if (!given(j, JUDGING_USER_TESTING))
        j->user_testing_letter = m->user_testing == CONF_USER_TESTING_LETTER;
    if (!given(j, JUDGING_PARENT_LABELS))
        j->parent_labels = m->parent_labels;
    if (!given(j, JUDGING_CLOCK_SKEW))
        j->skew_s = (uint32_t)(m->clock_skew_us / US_PER_S);
    j->wait_us = m->limits.message_wait_us;
}

/* What follows from the rest. Whoever gives one question long wants to wait for a few of them. */
static void settle(struct judging *j)
{
    j->dns.rrtype = (uint16_t)j->rrtype;
    j->dns.longest_us = j->timeout_us;
    if (given(j, JUDGING_TIMEOUT) && j->wait_us < QUESTIONS * j->timeout_us)
        j->wait_us = QUESTIONS * j->timeout_us;
}

int judging_open(struct judging *j, const struct tool *t)
{
    take_defaults(j);
    if (!j->file) {
        settle(j);
        return CMD_OK;
    }
    struct buf why;
    buf_init(&why, 2048);
    j->conf = conf_load(j->file, &why);
    int code = j->conf ? CMD_OK : tool_say(t, "%.*s", SLICE_ARG(buf_slice(&why)));
    buf_clear(&why);
    if (j->conf) {
        take_dns(j, &j->conf->dns);
        take_milter(j, &j->conf->milter);
        settle(j);
    }
    return code;
}

void judging_close(struct judging *j)
{
    conf_free(j->conf);
    j->conf = NULL;
}

/* ---- one thread ---- */

static void prepare(struct judge *judge, const struct judging *j, bool practices)
{
    postern_practices_options_init(&judge->practices, j->kind);
    judge->practices.rrtype = (uint16_t)j->rrtype;
    judge->practices.accepted = j->accepted;
    judge->practices.accepted_n = j->accepted_n;
    judge->practices.parent_min_labels = j->parent_labels;
    judge->practices.user_testing_letter = j->user_testing_letter;
    judge->setup = (struct verification_setup){
        .loop = judge->loop,
        .resolver = judge->resolver,
        .keys = judge->keys,
        .practices = practices ? &judge->practices : NULL,
        .practices_n = practices,
        .timeout_us = j->timeout_us,
        .budget_us = j->wait_us,
    };
    postern_dkim_verify_options_init(&judge->setup.dkim, j->at);
    judge->setup.dkim.skew = j->skew_s;
    judge->setup.dkim.partial_body = j->partial_body;
    judge->setup.dkim.ignore_testing_key = j->ignore_testing_key;
}

bool judge_open(struct judge *out, const struct judging *j, bool practices, struct buf *why)
{
    *out = (struct judge){ .loop = loop_new(), .keys = key_cache_new(KEYS) };
    if (out->loop && out->keys)
        out->resolver = resolver_new(out->loop, &j->dns, why);
    else
        buf_append_str(why, "out of memory");
    if (!out->resolver) {
        judge_close(out);
        return false;
    }
    prepare(out, j, practices);
    return true;
}

void judge_close(struct judge *judge)
{
    resolver_free(judge->resolver);
    key_cache_free(judge->keys);
    loop_free(judge->loop);
    *judge = (struct judge){ 0 };
}

struct asked {
    struct resolver_query query;
    struct loop *loop;
    void (*on_answer)(void *owner, const struct postern_dns_response *);
    void *owner;
};

static void on_answer(struct resolver_query *query, const struct postern_dns_response *response)
{
    struct asked *a = CONTAINER_OF(query, struct asked, query);
    a->on_answer(a->owner, response);
    loop_stop(a->loop);
}

void judge_ask(struct judge *judge, const struct judging *j,
               const struct postern_dns_question *question,
               void (*tell)(void *owner, const struct postern_dns_response *), void *owner)
{
    struct asked a = { { .on_answer = on_answer }, judge->loop, tell, owner };
    resolver_ask(judge->resolver, &a.query, question->name, question->type, j->timeout_us);
    loop_run(judge->loop);
}

struct lookup {
    struct postern_practices *check;
    unsigned id; /* of the question asked */
};

static void on_record(void *owner, const struct postern_dns_response *response)
{
    struct lookup *l = owner;
    postern_practices_answer(l->check, l->id, response);
}

struct postern_practices *judge_look_up(struct judge *judge, const struct judging *j,
                                        const struct postern_originator *originator)
{
    struct postern_dns_question question;
    struct lookup l = { .check = postern_practices_new(&judge->practices, originator, NULL, 0) };
    while (l.check && postern_practices_question(l.check, &question)) {
        l.id = question.id;
        judge_ask(judge, j, &question, on_record, &l);
    }
    return l.check;
}
