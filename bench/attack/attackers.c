/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "attackers.h"
#include "base/check.h"
#include "random.h"

#define SIEGE_ADDRESSES  50
#define SIEGE_PER_DAY    1440 /* guesses at each victim */
#define FORGERY_PER_DAY  360
#define FORGERY_SOURCES  20000
#define BOTNET_TRIES     3
#define STUFFING_SOURCES 2000
#define STUFFING_RIGHT   0.04
#define INFECTED         0.02 /* of a botnet's addresses are the owners' own homes */
#define REDIAL_US        MINUTE_US
#define BASE_ATTACKER    0x60000000u

struct attack {
    enum attack_kind kind;
    const struct population *p;
    const struct house *house;
    uint64_t seed;
    int64_t start_us, length_us;
    uint64_t total, at; /* guesses: how many are planned; the next one */
    int64_t ready_us;   /* of one who guesses one after the other */
    struct attempt current;
    uint8_t *open;    /* by account */
    uint32_t *stolen; /* accounts whose tokens are, stolen_n of them */
    uint64_t *tokens;
    uint64_t stolen_n;
    uint32_t neighbours; /* the first account behind the shared address */
};

static const char *const names[ATTACK_KINDS] = {
    [ATTACK_PEACE] = "peace",
    [ATTACK_SINGLE] = "single source",
    [ATTACK_SHARED] = "single source, shared address",
    [ATTACK_NEIGHBOUR] = "neighbour at a shared address",
    [ATTACK_SIEGE] = "siege of few accounts",
    [ATTACK_BOTNET] = "slow botnet",
    [ATTACK_FORGERY] = "forged tokens",
    [ATTACK_STUFFING] = "credential stuffing",
    [ATTACK_REPLAY] = "stolen token and password",
};

const char *attack_name(enum attack_kind kind)
{
    return names[kind];
}

bool attack_guesses(enum attack_kind kind)
{
    return kind >= ATTACK_SINGLE && kind <= ATTACK_FORGERY;
}

static uint64_t victims(const struct attack *a)
{
    uint64_t n = a->p->settings->accounts;
    switch (a->kind) {
    case ATTACK_NEIGHBOUR: return POPULATION_PER_CGNAT;
    case ATTACK_SIEGE: return n / 300 < 100 ? 100 : n / 300;
    case ATTACK_FORGERY: return n / 50 < 100 ? 100 : n / 50;
    case ATTACK_STUFFING: return n / 2;
    case ATTACK_REPLAY: return a->stolen_n;
    case ATTACK_PEACE:
    case ATTACK_SINGLE:
    case ATTACK_SHARED:
    case ATTACK_BOTNET:
    case ATTACK_KINDS: break;
    }
    return n;
}

static uint64_t planned(const struct attack *a)
{
    const struct settings *s = a->p->settings;
    switch (a->kind) {
    case ATTACK_PEACE:
    case ATTACK_KINDS: return 0;
    case ATTACK_SINGLE:
    case ATTACK_SHARED:
    case ATTACK_NEIGHBOUR: return UINT64_MAX;
    case ATTACK_SIEGE: return victims(a) * SIEGE_PER_DAY * s->attack_days;
    case ATTACK_BOTNET: return (uint64_t)s->botnet * BOTNET_TRIES;
    case ATTACK_FORGERY: return victims(a) * FORGERY_PER_DAY * s->attack_days;
    case ATTACK_STUFFING:
    case ATTACK_REPLAY: break;
    }
    return victims(a);
}

/* One device of each account that has a known one, of every tenth account. */
static void steal(struct attack *a)
{
    uint32_t n = a->p->settings->accounts;
    a->stolen = calloc(n, sizeof(*a->stolen));
    a->tokens = calloc(n, sizeof(*a->tokens));
    CHECK(a->stolen != NULL && a->tokens != NULL);
    for (uint32_t i = 0; i < n; i += 10) {
        const struct house_account *h = &a->house->at[i];
        for (size_t d = 0; d < h->devices_n; d++) {
            if (h->devices[d].state != DEVICE_KNOWN)
                continue;
            a->stolen[a->stolen_n] = i;
            a->tokens[a->stolen_n++] = h->devices[d].token;
            break;
        }
    }
}

struct attack *attack_new(enum attack_kind kind, const struct population *p,
                          const struct house *house)
{
    const struct settings *s = p->settings;
    struct attack *a = calloc(1, sizeof(*a));
    CHECK(a != NULL);
    *a = (struct attack){ .kind = kind,
                          .p = p,
                          .house = house,
                          .seed = chance_of(s->seed, 'a', kind, 0),
                          .start_us = EPOCH_US + s->warm_days * DAY_US,
                          .length_us = s->attack_days * DAY_US,
                          .open = calloc(s->accounts, 1) };
    CHECK(a->open != NULL);
    a->ready_us = a->start_us;
    if (kind == ATTACK_REPLAY)
        steal(a);
    while (p->accounts[a->neighbours].home != HOME_CGNAT)
        a->neighbours++;
    a->total = planned(a);
    return a;
}

void attack_free(struct attack *a)
{
    if (a == NULL)
        return;
    free(a->open);
    free(a->stolen);
    free(a->tokens);
    free(a);
}

/* An address of a source: some machines stand in the owners' own homes. */
static uint32_t address_of(const struct attack *a, uint64_t source)
{
    const struct settings *s = a->p->settings;
    uint64_t draw = chance_of(a->seed, 's', source, 0);
    if (chance_unit(draw) < INFECTED)
        return population_home(a->p, (uint32_t)(draw % s->accounts), s->warm_days);
    return BASE_ATTACKER + (uint32_t)(draw & 0x7fffffff);
}

static uint32_t single_address(const struct attack *a)
{
    if (a->kind == ATTACK_SINGLE)
        return BASE_ATTACKER + 1;
    return population_home(a->p, a->neighbours, 0);
}

/* Guess i: the most popular password at each victim, then the next. */
static void guess(const struct attack *a, uint64_t i, struct attempt *out)
{
    uint64_t n = victims(a);
    uint64_t victim = i % n;
    out->account = (uint32_t)chance_shuffle(victim, a->p->settings->accounts, a->seed);
    out->password = 1 + i / n;
    if (a->kind == ATTACK_NEIGHBOUR)
        out->account = a->neighbours + (uint32_t)victim;
    switch (a->kind) {
    case ATTACK_SIEGE:
        out->address = address_of(a, victim * SIEGE_ADDRESSES + i / n % SIEGE_ADDRESSES);
        break;
    case ATTACK_BOTNET:
        out->address = address_of(
            a, chance_shuffle(i % a->p->settings->botnet, a->p->settings->botnet, a->seed + 1));
        break;
    case ATTACK_FORGERY:
        out->address = address_of(a, chance_of(a->seed, 'f', i, 0) % FORGERY_SOURCES);
        out->token = chance_of(a->seed, 'u', i, 0) | 1;
        break;
    case ATTACK_PEACE:
    case ATTACK_SINGLE:
    case ATTACK_SHARED:
    case ATTACK_NEIGHBOUR:
    case ATTACK_STUFFING:
    case ATTACK_REPLAY:
    case ATTACK_KINDS: out->address = single_address(a); break;
    }
}

/* Half of those who stuff present a token of their own making. */
static void stuff(const struct attack *a, uint64_t i, struct attempt *out)
{
    struct chance c = chance_begin(a->seed, 'x', i);
    out->account = (uint32_t)chance_shuffle(i, a->p->settings->accounts, a->seed);
    out->address = address_of(a, chance_below(&c, STUFFING_SOURCES));
    out->password = chance_happens(&c, STUFFING_RIGHT) ? a->p->accounts[out->account].password
                                                       : password_typed(chance_next(&c));
    if (chance_happens(&c, 0.5))
        out->token = chance_next(&c) | 1;
}

static void replay(const struct attack *a, uint64_t i, struct attempt *out)
{
    out->account = a->stolen[i];
    out->token = a->tokens[i];
    out->password = a->p->accounts[out->account].password;
    out->address = BASE_ATTACKER + (uint32_t)(chance_of(a->seed, 'r', i, 0) & 0x7fffffff);
}

static bool is_serial(const struct attack *a)
{
    return a->kind == ATTACK_SINGLE || a->kind == ATTACK_SHARED || a->kind == ATTACK_NEIGHBOUR;
}

static void plan(struct attack *a, struct attempt *out)
{
    *out = (struct attempt){ 0 };
    if (a->kind == ATTACK_STUFFING)
        stuff(a, a->at, out);
    else if (a->kind == ATTACK_REPLAY)
        replay(a, a->at, out);
    else
        guess(a, a->at, out);
    double part = is_serial(a) ? 0 : (double)a->at / (double)a->total;
    out->wall_us =
        is_serial(a) ? a->ready_us : a->start_us + (int64_t)(part * (double)a->length_us);
    out->right = out->password == a->p->accounts[out->account].password;
}

bool attack_next(struct attack *a, struct attempt *out)
{
    for (; a->at < a->total; a->at++) {
        plan(a, &a->current);
        if (a->current.wall_us >= a->start_us + a->length_us)
            return false;
        if (!a->open[a->current.account]) {
            *out = a->current;
            return true;
        }
    }
    return false;
}

void attack_answer(struct attack *a, const struct verdict *verdict, int64_t answered_us)
{
    a->ready_us = verdict->dropped ? answered_us + REDIAL_US : answered_us;
    if (verdict->let_in)
        a->open[a->current.account] = 1;
    if (!verdict->dropped || !is_serial(a))
        a->at++;
}
