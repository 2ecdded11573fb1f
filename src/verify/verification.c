/* SPDX-License-Identifier: ISC */
#include "verify/verification.h"

#include <errno.h>
#include <stdlib.h>

#include "base/check.h"

#define KEYS_FIRST 2 /* of one message, that no flood of keys may keep out */

struct check { /* of one kind of practices */
    enum postern_practices_kind kind;
    struct postern_practices *practices; /* NULL: not begun, or no memory */
};

struct ask { /* one question; kept until the message goes */
    struct resolver_query query;
    struct verification *message;
    struct ask *next;
    struct check *check; /* NULL: it is for a key */
    const char *selector, *domain;
    unsigned id;
};

struct verification {
    const struct verification_setup *setup;
    struct postern_dkim_verifier *dkim;
    struct postern_originator *originator;
    struct check checks[VERIFICATION_PRACTICES_MAX];
    struct check published; /* without signatures */
    struct ask *asks;
    struct postern_dkim_key *no_key; /* stands for a key that did not come in time */
    struct loop_timer budget;
    struct loop_task done_task;
    void (*on_done)(struct verification *, void *);
    void *owner;
    unsigned keys_asked;
    bool ended, checking, late, done, wants_published;
};

static const struct postern_dns_response too_late = { .answer = POSTERN_DNS_TIMEOUT,
                                                      .why = "the time for this message is over" };

static void advance(struct verification *v);

/* ---- asking ---- */

/* The same key may have come to another message in this turn. */
static void answer_key(struct ask *ask, const struct postern_dns_response *response)
{
    struct verification *v = ask->message;
    struct key_cache *cache = v->setup->keys;
    int64_t now_us = loop_now_us(v->setup->loop);
    struct postern_dkim_key *key =
        cache ? key_cache_find(cache, ask->selector, ask->domain, now_us) : NULL;
    if (!key) {
        key = postern_dkim_key_new(response);
        if (key && cache)
            key_cache_add(cache, ask->selector, ask->domain, key, response, now_us);
    }
    postern_dkim_verifier_answer(v->dkim, ask->id, key ? key : v->no_key);
    postern_dkim_key_free(key);
}

static void on_answer(struct resolver_query *query, const struct postern_dns_response *response)
{
    struct ask *ask = CONTAINER_OF(query, struct ask, query);
    if (ask->check)
        postern_practices_answer(ask->check->practices, ask->id, response);
    else
        answer_key(ask, response);
    advance(ask->message);
}

/* Ten signatures with keys of silent servers in each of a hundred messages would leave no room for the
 * questions of others: beyond the first ones, they get less of it. */
static bool is_spare(struct verification *v)
{
    return v->keys_asked++ >= KEYS_FIRST;
}

static struct ask *ask_new(struct verification *v, unsigned id, struct check *check)
{
    struct ask *ask = v->late ? NULL : calloc(1, sizeof *ask);
    if (!ask)
        return NULL;
    ask->message = v;
    ask->check = check;
    ask->id = id;
    ask->query.on_answer = on_answer;
    ask->next = v->asks;
    v->asks = ask;
    return ask;
}

static void ask_dns(struct ask *ask, const struct postern_dns_question *question)
{
    const struct verification_setup *setup = ask->message->setup;
    resolver_ask(setup->resolver, &ask->query, question->name, question->type, setup->timeout_us);
}

static bool answer_from_cache(struct verification *v, const struct postern_dkim_question *question)
{
    const struct verification_setup *setup = v->setup;
    struct postern_dkim_key *key = setup->keys
                                       ? key_cache_find(setup->keys, question->selector,
                                                        question->domain, loop_now_us(setup->loop))
                                       : NULL;
    if (!key)
        return false;
    postern_dkim_verifier_answer(v->dkim, question->dns.id, key);
    postern_dkim_key_free(key);
    return true;
}

static void ask_key(struct verification *v, const struct postern_dkim_question *question)
{
    if (answer_from_cache(v, question))
        return;
    struct ask *ask = ask_new(v, question->dns.id, NULL);
    if (!ask) {
        postern_dkim_verifier_answer(v->dkim, question->dns.id, v->no_key);
        return;
    }
    ask->query.spare = is_spare(v);
    ask->selector = question->selector;
    ask->domain = question->domain;
    ask_dns(ask, &question->dns);
}

static void ask_keys(struct verification *v)
{
    struct postern_dkim_question question;
    while (postern_dkim_verifier_question(v->dkim, &question))
        ask_key(v, &question);
}

static void ask_records(struct verification *v, struct check *check)
{
    struct postern_dns_question question;
    while (postern_practices_question(check->practices, &question)) {
        struct ask *ask = ask_new(v, question.id, check);
        if (ask)
            ask_dns(ask, &question);
        else
            postern_practices_answer(check->practices, question.id, &too_late);
    }
}

/* ---- from one step to the next ---- */

static void begin_published(struct verification *v)
{
    const struct verification_setup *setup = v->setup;
    for (size_t i = 0; v->wants_published && i < setup->practices_n; i++)
        if (setup->practices[i].kind == POSTERN_SSP)
            v->published.practices =
                postern_practices_new(&setup->practices[i], v->originator, NULL, 0);
}

static void begin_checks(struct verification *v)
{
    size_t n = postern_dkim_verifier_signatures(v->dkim);
    const struct postern_dkim_signature **signatures = calloc(n + 1, sizeof(void *));
    v->checking = true;
    begin_published(v);
    if (!signatures)
        return;
    for (size_t i = 0; i < n; i++)
        signatures[i] = postern_dkim_verifier_signature(v->dkim, i);
    for (size_t i = 0; i < v->setup->practices_n; i++)
        v->checks[i] = (struct check){ .kind = v->setup->practices[i].kind,
                                       .practices = postern_practices_new(
                                           &v->setup->practices[i], v->originator, signatures, n) };
    free(signatures);
}

static bool is_open(const struct check *check)
{
    return check->practices && !postern_practices_outcome(check->practices);
}

/* Whether it is done. */
static bool run_check(struct verification *v, struct check *check)
{
    if (is_open(check))
        ask_records(v, check);
    return !is_open(check);
}

static bool run_checks(struct verification *v)
{
    bool done = run_check(v, &v->published);
    for (size_t i = 0; i < v->setup->practices_n; i++)
        done = run_check(v, &v->checks[i]) && done;
    return done;
}

static void advance(struct verification *v)
{
    ask_keys(v);
    if (!v->ended || v->done || !postern_dkim_verifier_done(v->dkim))
        return;
    if (!v->checking)
        begin_checks(v);
    v->done = run_checks(v);
    if (!v->done)
        return;
    timer_set(&v->budget, 0);
    loop_defer(v->setup->loop, &v->done_task);
}

static void on_done_task(struct loop_task *task)
{
    struct verification *v = CONTAINER_OF(task, struct verification, done_task);
    v->on_done(v, v->owner);
}

/* What is open now is answered "timeout", and so is all that is asked from here on. */
static void on_budget(struct loop_timer *timer)
{
    struct verification *v = CONTAINER_OF(timer, struct verification, budget);
    v->late = true;
    for (struct ask *ask = v->asks; ask; ask = ask->next) {
        if (!ask->query.run)
            continue;
        resolver_cancel(&ask->query);
        if (ask->check)
            postern_practices_answer(ask->check->practices, ask->id, &too_late);
        else
            postern_dkim_verifier_answer(v->dkim, ask->id, v->no_key);
    }
    advance(v);
}

/* ---- life ---- */

struct verification *verification_new(const struct verification_setup *setup, int64_t now_s,
                                      void (*on_done)(struct verification *, void *owner),
                                      void *owner)
{
    CHECK(setup->practices_n <= VERIFICATION_PRACTICES_MAX);
    struct verification *v = calloc(1, sizeof *v);
    if (!v)
        return NULL;
    struct postern_dkim_verify_options options = setup->dkim;
    options.now = now_s;
    v->setup = setup;
    v->on_done = on_done;
    v->owner = owner;
    v->done_task.run = on_done_task;
    timer_init(&v->budget, setup->loop, on_budget);
    v->dkim = postern_dkim_verifier_new(&options);
    v->originator = postern_originator_new();
    v->no_key = postern_dkim_key_new(&too_late);
    if (v->dkim && v->originator && v->no_key)
        return v;
    verification_free(v);
    return NULL;
}

void verification_free(struct verification *v)
{
    if (!v)
        return;
    for (struct ask *ask = v->asks, *next; ask; ask = next) {
        next = ask->next;
        resolver_cancel(&ask->query);
        free(ask);
    }
    loop_undefer(v->setup->loop, &v->done_task);
    timer_clear(&v->budget);
    for (size_t i = 0; i < VERIFICATION_PRACTICES_MAX; i++)
        postern_practices_free(v->checks[i].practices);
    postern_practices_free(v->published.practices);
    postern_originator_free(v->originator);
    postern_dkim_verifier_free(v->dkim);
    postern_dkim_key_free(v->no_key);
    free(v);
}

void verification_want_published(struct verification *v)
{
    v->wants_published = true;
}

/* ---- the message ---- */

/* RFC 5322 §4.5: white space may stand before the colon. */
static bool from_value(struct slice field, struct slice *value)
{
    struct slice name;
    if (slice_ends_nocase(field, SLICE("\r\n")))
        field.n -= 2;
    return slice_cut(field, ':', &name, value) &&
           slice_equal_nocase(slice_trim_end(name), SLICE("from"));
}

int verification_field(struct verification *v, struct slice field)
{
    struct slice from;
    int error = postern_dkim_verifier_field(v->dkim, field.p, field.n);
    if (!error && from_value(field, &from))
        error = postern_originator_from(v->originator, from.p, from.n);
    return error;
}

int verification_header_end(struct verification *v)
{
    int error = postern_dkim_verifier_header_end(v->dkim);
    if (!error)
        advance(v);
    return error;
}

int verification_body(struct verification *v, struct slice octets)
{
    return postern_dkim_verifier_body(v->dkim, octets.p, octets.n);
}

int verification_end(struct verification *v)
{
    int error = postern_dkim_verifier_end(v->dkim);
    if (error)
        return error;
    v->ended = true;
    timer_set(&v->budget, loop_now_us(v->setup->loop) + v->setup->budget_us);
    advance(v);
    return 0;
}

/* ---- results ---- */

const struct postern_dkim_verifier *verification_dkim(const struct verification *v)
{
    return v->dkim;
}

const struct postern_originator *verification_originator(const struct verification *v)
{
    return v->originator;
}

const struct postern_practices_outcome *verification_practices(const struct verification *v,
                                                               enum postern_practices_kind kind)
{
    for (size_t i = 0; i < v->setup->practices_n; i++)
        if (v->checks[i].practices && v->checks[i].kind == kind)
            return postern_practices_outcome(v->checks[i].practices);
    return NULL;
}

const struct postern_practices_outcome *verification_published(const struct verification *v)
{
    return v->published.practices ? postern_practices_outcome(v->published.practices) : NULL;
}
