/* SPDX-License-Identifier: ISC */
#include <math.h>
#include <stdlib.h>

#include "base/check.h"
#include "map.h"
#include "random.h"
#include "run.h"

#define REFUSAL_US (2 * SECOND_US) /* `failure-delay`, Dovecot's auth_failure_delay */
#define QUIET_US   HOUR_US         /* `alerts.quiet` */

/* An owner who was refused with the right password tries again: after a minute, then every five,
 * after an hour every half hour, until he is let in. */
struct retry {
    int64_t wall_us;
    size_t event; /* in the trace */
};

struct shut_out {
    int64_t since_us; /* 0: he is in */
    bool known;       /* by his device or place */
};

struct run {
    const struct system *system;
    void *state;
    const struct population *p;
    const struct trace *trace;
    struct house house;
    struct attack *attack;
    struct retry *retries; /* a heap, the earliest first */
    size_t retries_n, retries_room;
    struct shut_out *out; /* by account and client */
    struct map told;      /* kind and account: when */
    struct result *result;
};

/* ---- the retries ---- */

static void swap(struct retry *a, struct retry *b)
{
    struct retry kept = *a;
    *a = *b;
    *b = kept;
}

static bool earlier(const struct retry *a, const struct retry *b)
{
    return a->wall_us != b->wall_us ? a->wall_us < b->wall_us : a->event < b->event;
}

static void retry_push(struct run *r, struct retry new)
{
    if (r->retries_n == r->retries_room) {
        r->retries_room = r->retries_room == 0 ? 1024 : 2 * r->retries_room;
        r->retries = realloc(r->retries, r->retries_room * sizeof(*r->retries));
        CHECK(r->retries != NULL);
    }
    size_t i = r->retries_n++;
    r->retries[i] = new;
    for (; i > 0 && earlier(&r->retries[i], &r->retries[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&r->retries[i], &r->retries[(i - 1) / 2]);
}

static struct retry retry_pop(struct run *r)
{
    struct retry first = r->retries[0];
    r->retries[0] = r->retries[--r->retries_n];
    for (size_t i = 0;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < r->retries_n; child++) {
            if (earlier(&r->retries[child], &r->retries[least]))
                least = child;
        }
        if (least == i)
            return first;
        swap(&r->retries[i], &r->retries[least]);
        i = least;
    }
}

/* ---- one attempt ---- */

static const struct device_enrolment shipped = { .mode = DEVICE_ENROL_FIRST, .first = 3 };

/* Whether the owner is told, now or within the hour before. */
static bool tell(struct run *r, const struct attempt *a, const struct verdict *v, bool owner)
{
    if (!v->alerted)
        return false;
    int64_t *last = map_make(&r->told, chance_of(3, v->kind, a->account, 0) | 1);
    if (*last != 0 && a->wall_us - *last < QUIET_US)
        return true;
    *last = a->wall_us;
    r->result->alerts++;
    r->result->owner_alerts += owner;
    return true;
}

static bool try(struct run *r, const struct attempt *a, bool owner, struct verdict *v)
{
    *v = (struct verdict){ 0 };
    r->system->try(r->state, &r->house, a, v);
    bool told = tell(r, a, v, owner);
    bool all = r->system->policy == NULL; /* for the others, what Postern would have learned */
    if (v->let_in && (all || v->learn_place))
        house_learn(&r->house, a->account, all || v->learn_device ? a->token : 0, a->address,
                    a->wall_us, &shipped);
    return told;
}

/* ---- owners ---- */

static void let_in(struct run *r, struct shut_out *out, const struct verdict *v, bool known,
                   int64_t now_us)
{
    int64_t minutes_us = v->delay_us;
    if (out->since_us != 0) {
        minutes_us += now_us - out->since_us;
        known = out->known;
    }
    out->since_us = 0;
    if (known)
        r->result->known_minutes += (double)minutes_us / (double)MINUTE_US;
    else
        r->result->other_minutes += (double)minutes_us / (double)MINUTE_US;
}

static void shut_out(struct run *r, struct shut_out *out, bool known, const struct retry *again)
{
    if (out->since_us == 0) {
        *out = (struct shut_out){ .since_us = again->wall_us, .known = known };
        r->result->known_out += known;
        r->result->other_out += !known;
    }
    int64_t since = again->wall_us - out->since_us;
    int64_t wait = since == 0 ? MINUTE_US : since < HOUR_US ? 5 * MINUTE_US : 30 * MINUTE_US;
    retry_push(r, (struct retry){ again->wall_us + wait, again->event });
}

static void owner_tries(struct run *r, const struct retry *now, bool again)
{
    const struct owner_event *e = &r->trace->at[now->event];
    struct shut_out *out = &r->out[e->account * CLIENTS_MAX + e->client];
    if (again && out->since_us == 0)
        return;
    struct attempt a = { .wall_us = now->wall_us,
                         .token = e->token,
                         .password = e->password,
                         .account = e->account,
                         .address = e->address,
                         .right = e->act == OWNER_SENDS };
    bool known = house_knows(&r->house, a.account, a.token, a.address, a.wall_us);
    if (r->system->devices_only && !house_knows_device(&r->house, a.account, a.token))
        known = known && a.token == 0;
    struct verdict v;
    (void)try(r, &a, true, &v); /* an alert about oneself opens nothing */
    r->result->owner_attempts++;
    if (!a.right)
        return;
    if (v.let_in)
        let_in(r, out, &v, known, a.wall_us);
    else if (again || out->since_us == 0)
        shut_out(r, out, known, now);
}

/* Those who are out when it ends have been so until then. */
static void count_the_rest(struct run *r, int64_t end_us)
{
    const struct verdict none = { 0 };
    for (size_t i = 0; i < (size_t)r->house.accounts * CLIENTS_MAX; i++) {
        if (r->out[i].since_us != 0)
            let_in(r, &r->out[i], &none, r->out[i].known, end_us);
    }
}

/* ---- attackers ---- */

static void attacker_tries(struct run *r, const struct attempt *a)
{
    const struct house_account *was = &r->house.at[a->account];
    bool used = was->devices_n + was->places_n > 0;
    struct verdict v;
    bool told = try(r, a, false, &v);
    struct result *out = r->result;
    out->attempts++;
    out->reached += v.reached;
    if (v.let_in) {
        out->breakins++;
        out->unalerted += !told;
        out->unused += !used;
    }
    attack_answer(r->attack, &v, a->wall_us + v.delay_us + (v.let_in ? 0 : REFUSAL_US));
}

/* ---- all of them, in the order of time ---- */

static void go(struct run *r)
{
    const int64_t never = INT64_MAX;
    struct attempt next = { 0 };
    bool more = attack_next(r->attack, &next);
    size_t at = 0;
    int64_t end = r->trace->n == 0 ? 0 : r->trace->at[r->trace->n - 1].wall_us;
    for (;;) {
        int64_t attack_us = more ? next.wall_us : never;
        int64_t retry_us = r->retries_n > 0 ? r->retries[0].wall_us : never;
        int64_t owner_us = at < r->trace->n ? r->trace->at[at].wall_us : never;
        int64_t first = owner_us < retry_us ? owner_us : retry_us;
        if (attack_us < first) {
            attacker_tries(r, &next);
            more = attack_next(r->attack, &next);
        } else if (first > end) {
            break;
        } else if (owner_us <= retry_us) {
            owner_tries(r, &(struct retry){ owner_us, at }, false);
            at++;
        } else {
            struct retry again = retry_pop(r);
            owner_tries(r, &again, true);
        }
    }
    count_the_rest(r, end);
}

void run(const struct system *system, enum attack_kind kind, const struct population *p,
         const struct house *house, const struct trace *trace, struct result *out)
{
    *out = (struct result){ .attack = attack_name(kind),
                            .system = system->name,
                            .kind = kind,
                            .policy = system->policy != NULL,
                            .located = system->locations };
    struct run r = { .system = system, .p = p, .trace = trace, .result = out };
    house_copy(&r.house, house);
    r.out = calloc((size_t)p->settings->accounts * CLIENTS_MAX, sizeof(*r.out));
    CHECK(r.out != NULL);
    map_init(&r.told, sizeof(int64_t));
    r.state = system->start(system, p->settings);
    r.attack = attack_new(kind, p, &r.house);
    go(&r);
    attack_free(r.attack);
    system->stop(r.state);
    map_clear(&r.told);
    free(r.out);
    free(r.retries);
    house_clear(&r.house);
}
