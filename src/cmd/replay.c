/* SPDX-License-Identifier: ISC */
#include "cmd/replay.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/attribute.h"
#include "base/clock.h"
#include "base/err.h"

#define HOUR_US       (3600 * US_PER_S)
#define DAY_US        (24 * HOUR_US)
#define SWEEPS_MAX    80 /* hours: then every count and hold is over */
#define GUESSES       (1u << 18)
#define GUESS_TAG     20
#define MAP_BYTES     (UINT64_C(64) << 30) /* sparse */
#define NO_SUCH_YEAR  (180 * DAY_US)
#define DIRECTORY_MAX 512

struct replay {
    const struct conf *conf;
    const struct policy *policy;
    struct counters *counters;
    const struct locations *locations;
    struct store *store;
    struct buf evicted;
    uint64_t *guesses; /* by account: the last right one; 0: none */
    int64_t swept_us, last_us, year_us;
};

/* One attempt under way. */
struct attempt {
    struct replay *r;
    const struct replay_event *event;
    int64_t wall_us;
    struct address peer;
    struct slice type;
    struct pseudonym token;
    char type_text[DEVICE_TYPE_MAX + 1];
    struct device_facts facts;
    struct policy_attempt a;
    struct policy_verdict verdict;
    uint64_t guess; /* as recorded; 0: hidden */
    bool right;
};

/* ---- the registry ---- */

/* Nobody else needs their names: they go at once, so that nothing stays behind however this ends. */
static void remove_names(const char *directory)
{
    static const char *const files[] = { "/store.mdb", "/store.mdb-lock", "" };
    char path[DIRECTORY_MAX + 32];
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        (void)snprintf(path, sizeof path, "%s%s", directory, files[i]);
        (void)remove(path); /* a folder of ours in a place for such */
    }
}

/* In memory where there is such a place: a sync costs nothing there. */
static int open_store(struct replay *r)
{
    static const char *const bases[] = { "/dev/shm", NULL, "/tmp" };
    char directory[DIRECTORY_MAX];
    int error = -ENOENT;
    for (size_t i = 0; error && i < ARRAY_SIZE(bases); i++) {
        const char *base = bases[i] ? bases[i] : secure_getenv("TMPDIR");
        (void)snprintf(directory, sizeof directory, "%s/postern-replay-XXXXXX", base ? base : "");
        error = base && mkdtemp(directory) ? 0 : -ENOENT;
    }
    if (error)
        return error;
    error = store_open(directory, STORE_WRITE, MAP_BYTES, &r->store);
    remove_names(directory);
    return error ? error : device_prepare(r->store);
}

static void read_facts(struct attempt *t)
{
    const struct conf *conf = t->r->conf;
    struct device_question question = {
        .typed = t->event->account,
        .realm = slice_of_str(conf->submission.realm),
        .type = t->type,
        .tokens = &t->token,
        .tokens_n = t->type.n ? 1 : 0,
        .network = device_network_of(&t->peer),
        .device_age_us = conf->policy.device_age_us,
        .place_age_us = conf->policy.place_age_us,
        .wall_us = t->wall_us,
    };
    device_facts_read(t->r->store, &question, &t->facts);
}

static int apply(struct attempt *t, const struct device_event *event)
{
    const struct conf_policy *p = &t->r->conf->policy;
    struct device_bounds bounds = { p->devices, p->places, p->device_age_us, p->place_age_us };
    struct device_applied applied;
    struct store *store = t->r->store;
    int error = store_begin(store);
    if (!error)
        error = device_apply(store, event, &bounds, &t->r->evicted, &applied);
    if (!error)
        return store_commit(store);
    store_abort(store);
    return error;
}

static struct device_event event_of(const struct attempt *t, enum device_event_kind kind)
{
    return (struct device_event){
        .kind = kind,
        .account = slice_of_str(t->facts.account),
        .typed = slice_of_str(t->facts.account),
        .type = t->type,
        .token = t->token,
        .network = device_network_of(&t->peer),
        .location = t->a.where,
        .wall_us = t->wall_us,
    };
}

/* What the gate knew when it wrote the line, and the beginning of the log does not tell. */
static int know_before(struct attempt *t)
{
    struct slice class = t->event->class;
    bool known = t->facts.device == DEVICE_KNOWN || t->facts.device == DEVICE_APPROVED;
    struct device_event e = event_of(t, DEVICE_EVENT_SUCCESS);
    e.enrolment.mode = DEVICE_ENROL_OPEN;
    e.record_device = slice_equal(class, SLICE("known")) && t->type.n && !known;
    e.learn_place = slice_equal(class, SLICE("place")) && !t->facts.place_known;
    if (!e.record_device && !e.learn_place)
        return 0;
    int error = apply(t, &e);
    if (!error)
        read_facts(t);
    return error;
}

static int learn(struct attempt *t)
{
    const struct conf_policy *p = &t->r->conf->policy;
    struct device_event e = event_of(t, DEVICE_EVENT_SUCCESS);
    e.learn_place = t->verdict.effects & POLICY_LEARN_PLACE;
    e.record_device = t->type.n && t->verdict.effects & POLICY_RECORD_DEVICE;
    e.enrolment.first = p->enrol_first;
    switch (p->enrol) {
    case CONF_ENROL_OPEN: e.enrolment.mode = DEVICE_ENROL_OPEN; break;
    case CONF_ENROL_FIRST: e.enrolment.mode = DEVICE_ENROL_FIRST; break;
    case CONF_ENROL_CLOSED: e.enrolment.mode = DEVICE_ENROL_CLOSED; break;
    }
    return apply(t, &e);
}

static int revoke_device(struct attempt *t)
{
    struct device_event e = event_of(t, DEVICE_EVENT_REVOKE);
    e.revoke_until_us = t->verdict.revoke_until_us;
    return t->type.n ? apply(t, &e) : 0;
}

/* ---- the password ---- */

/* Three hex digits: 12 bits of a keyed hash. */
static uint64_t read_guess(struct slice text)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t value = 0;
    if (text.n != 3)
        return 0;
    for (size_t i = 0; i < 3; i++) {
        uint64_t d = 0;
        while (d < 16 && digits[d] != (char)text.p[i])
            d++;
        if (d == 16)
            return 0;
        value = value << 4 | d;
    }
    return value + 1;
}

static uint64_t *guess_slot(const struct attempt *t)
{
    return &t->r->guesses[t->a.account_hash % GUESSES];
}

/* Was it right? Of one that the gate refused unseen: when it is the one that last was. */
static bool judge_password(const struct attempt *t)
{
    uint64_t known = (t->a.account_hash >> GUESS_TAG) << 13 | t->guess;
    if (slice_equal(t->event->outcome, SLICE("ok"))) {
        *guess_slot(t) = known;
        return true;
    }
    return slice_equal(t->event->outcome, SLICE("refused")) && t->guess && *guess_slot(t) == known;
}

/* ---- time ---- */

/* A stamp without a year that falls back by half of one begins the next. */
static int64_t time_of(struct replay *r, const struct replay_event *event)
{
    int64_t wall_us = event->wall_us;
    if (event->no_year) {
        wall_us += 30 * 365 * DAY_US + r->year_us;
        if (wall_us < r->last_us - NO_SUCH_YEAR) {
            r->year_us += 365 * DAY_US;
            wall_us += 365 * DAY_US;
        }
    }
    r->last_us = wall_us;
    return wall_us;
}

/* As the keeper does: all of the counters once an hour. */
static void sweep(struct replay *r, int64_t wall_us)
{
    if (r->swept_us == 0)
        r->swept_us = wall_us;
    for (int i = 0; i < SWEEPS_MAX && r->swept_us + HOUR_US <= wall_us; i++) {
        r->swept_us += HOUR_US;
        for (unsigned part = 0; part < 256; part++)
            counters_sweep(r->counters, part, r->swept_us);
    }
    if (r->swept_us + HOUR_US <= wall_us)
        r->swept_us = wall_us;
}

/* ---- one attempt ---- */

static void read_identity(struct attempt *t)
{
    struct slice type, token;
    if (!slice_cut(t->event->identity, ':', &type, &token) || type.n > DEVICE_TYPE_MAX ||
        type.n == 0 || !pseudonym_parse(token, &t->token))
        return;
    for (size_t i = 0; i < type.n; i++)
        t->type_text[i] = (char)ascii_upper(type.p[i]);
    t->type = (struct slice){ (const uint8_t *)t->type_text, type.n };
}

static enum replay_skipped read_attempt(struct attempt *t)
{
    static const char *const outcomes[] = { "ok", "failed", "refused", "unavailable" };
    bool there = false;
    for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++)
        there = there || slice_equal(t->event->outcome, slice_of_str(outcomes[i]));
    if (!there)
        return REPLAY_NO_VERDICT;
    if (!address_parse_ip(t->event->client, 0, &t->peer))
        return REPLAY_NO_ADDRESS;
    read_identity(t);
    t->guess = read_guess(t->event->guess);
    read_facts(t);
    return t->facts.account[0] ? REPLAY_TAKEN : REPLAY_NO_ACCOUNT;
}

static void prepare(struct attempt *t)
{
    const struct replay *r = t->r;
    unsigned flags = t->type.n ? conf_clientid_flags(&r->conf->clientid, t->type) : 0;
    t->a = (struct policy_attempt){
        .registry = &t->facts,
        .type = t->type,
        .token = t->type.n ? &t->token : NULL,
        .peer = t->peer,
        .alert_on_failure = flags & CONF_CLIENTID_ALERT_ON_FAILURE,
        .alert_on_success = flags & CONF_CLIENTID_ALERT_ON_SUCCESS,
        .wall_us = t->wall_us,
    };
    if (r->locations)
        locations_find(r->locations, &t->peer, &t->a.where);
    policy_attempt_init(r->policy, r->counters, &t->a);
    if (t->guess)
        t->a.guess = counters_mix(t->a.account_hash, t->guess);
}

static const char *refused_by(const struct policy_verdict *verdict)
{
    const unsigned refusing =
        CONF_THEN_REFUSE | CONF_THEN_KNOWN_DEVICES_ONLY | CONF_THEN_REQUIRE_CLIENTID;
    for (size_t i = 0; i < verdict->reasons_n; i++)
        if (!verdict->reasons[i].dry_run && verdict->reasons[i].then & refusing)
            return verdict->reasons[i].name;
    return verdict->reasons_n ? verdict->reasons[0].name : "policy";
}

static int judge(struct attempt *t, struct replay_outcome *out)
{
    struct replay *r = t->r;
    int error = 0;
    policy_before(r->policy, r->counters, &t->a, &t->verdict);
    out->delay_us = t->verdict.delay_us;
    t->a.refused = t->verdict.action == POLICY_REFUSE;
    bool looked = !t->a.refused || t->verdict.refuse_at == CONF_REFUSE_AT_MAIL;
    const char *by = t->a.refused ? refused_by(&t->verdict) : NULL;
    if (looked && !slice_equal(t->event->outcome, SLICE("unavailable"))) {
        policy_after(r->policy, r->counters, &t->a, t->right ? POLICY_OK : POLICY_FAILED,
                     &t->verdict);
        if (t->verdict.effects & POLICY_REVOKE_DEVICE)
            error = revoke_device(t);
        if (!error && t->right && !t->a.refused && t->verdict.action == POLICY_ACCEPT)
            error = learn(t);
        if (!by && t->verdict.action == POLICY_REFUSE)
            by = refused_by(&t->verdict);
    }
    out->replayed = by ? REPLAY_REFUSED : REPLAY_LET_IN;
    out->replayed_by = by ? by : "";
    return error;
}

int replay_event(struct replay *r, const struct replay_event *event, struct replay_outcome *out)
{
    struct attempt t = { .r = r, .event = event, .wall_us = time_of(r, event) };
    struct replay_outcome o = { .skipped = read_attempt(&t), .recorded_by = event->policy };
    if (o.skipped != REPLAY_TAKEN) {
        *out = o;
        return 0;
    }
    sweep(r, t.wall_us);
    prepare(&t);
    int error = know_before(&t);
    if (error)
        return error;
    prepare(&t);
    t.right = judge_password(&t);
    o.recorded = slice_equal(event->outcome, SLICE("refused")) ? REPLAY_REFUSED : REPLAY_LET_IN;
    o.right = t.right;
    o.class = t.a.class;
    error = judge(&t, &o);
    *out = o;
    return error;
}

struct replay *replay_new(const struct conf *conf, const struct policy *policy,
                          struct counters *counters, const struct locations *locations,
                          struct buf *why)
{
    struct replay *r = calloc(1, sizeof *r);
    int error = -ENOMEM;
    if (r) {
        *r = (struct replay){
            .conf = conf, .policy = policy, .counters = counters, .locations = locations
        };
        buf_init(&r->evicted, STORE_KEY_MAX);
        r->guesses = calloc(GUESSES, sizeof *r->guesses);
        error = r->guesses ? open_store(r) : -ENOMEM;
    }
    if (!error)
        return r;
    buf_printf(why, "the replay's own store: %s", err_text(error));
    replay_free(r);
    return NULL;
}

void replay_free(struct replay *r)
{
    if (!r)
        return;
    store_close(r->store);
    buf_clear(&r->evicted);
    free(r->guesses);
    free(r);
}
