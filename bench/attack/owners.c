/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "base/check.h"
#include "owners.h"
#include "random.h"

#define MISTYPES 0.005 /* of submissions are preceded by one to three wrong passwords */

void trace_clear(struct trace *t)
{
    free(t->at);
    *t = (struct trace){ 0 };
}

static void append(struct trace *t, const struct owner_event *e)
{
    if (t->n == t->room) {
        t->room = t->room == 0 ? 65536 : 2 * t->room;
        t->at = realloc(t->at, t->room * sizeof(*t->at));
        CHECK(t->at != NULL);
    }
    t->at[t->n++] = *e;
}

static bool travels(const struct account *a, uint32_t day)
{
    return a->trip_on != UINT32_MAX && day >= a->trip_on && day < a->trip_on + TRIP_DAYS;
}

static uint32_t address_of(const struct population *p, uint32_t account, const struct client *from,
                           uint32_t day, struct chance *c)
{
    const struct account *a = &p->accounts[account];
    uint64_t draw = chance_next(c);
    bool away = chance_happens(c, 0.5);
    if (travels(a, day))
        return from->kind == CLIENT_PHONE && away ? population_mobile(a, draw)
                                                  : population_hotel(p, account, a->trip_on);
    switch (from->kind) {
    case CLIENT_DESK: return population_home(p, account, day);
    case CLIENT_PHONE: return away ? population_mobile(a, draw) : population_home(p, account, day);
    case CLIENT_OFFICE: return population_office(a);
    case CLIENT_SHARED: return population_machine(a);
    }
    return 0;
}

/* Whom he sends with: at home any of his clients that works, on a trip what he carries. */
static uint8_t client_of(const struct account *a, uint32_t day, struct chance *c)
{
    uint8_t i = (uint8_t)chance_below(c, a->clients_n);
    const struct client *from = &a->clients[i];
    bool stays = from->kind == CLIENT_OFFICE || from->kind == CLIENT_SHARED;
    return from->stale || (stays && travels(a, day)) ? 0 : i;
}

static uint64_t token_of(const struct client *from, uint32_t day)
{
    return day >= from->changes_on ? from->token_later : from->token;
}

/* Between seven in the morning and eleven at night. */
static int64_t waking_time(uint32_t day, struct chance *c)
{
    double hour = 7 + 8 * (chance_next_unit(c) + chance_next_unit(c));
    return EPOCH_US + day * DAY_US + (int64_t)(hour * (double)HOUR_US);
}

static void mistype(struct trace *t, const struct owner_event *sends, struct chance *c)
{
    struct owner_event e = *sends;
    e.act = OWNER_MISTYPES;
    for (uint32_t n = 1 + chance_below(c, 3); n > 0; n--) {
        e.wall_us = sends->wall_us - n * 20 * SECOND_US;
        e.password = password_typed(chance_next(c));
        append(t, &e);
    }
}

static void send_mail(const struct population *p, uint32_t account, uint32_t day, struct chance *c,
                      struct trace *t)
{
    const struct account *a = &p->accounts[account];
    uint8_t client = client_of(a, day, c);
    const struct client *from = &a->clients[client];
    struct owner_event e = { .wall_us = waking_time(day, c),
                             .token = token_of(from, day),
                             .password = a->password,
                             .account = account,
                             .address = address_of(p, account, from, day, c),
                             .client = client,
                             .act = OWNER_SENDS };
    if (chance_happens(c, MISTYPES))
        mistype(t, &e, c);
    append(t, &e);
}

/* Every five minutes, by two mechanisms, as clients do. */
static void retry_stale(const struct population *p, uint32_t account, uint32_t day,
                        struct chance *c, struct trace *t)
{
    const struct account *a = &p->accounts[account];
    for (uint8_t i = 0; i < a->clients_n; i++) {
        if (!a->clients[i].stale)
            continue;
        struct owner_event e = { .wall_us =
                                     EPOCH_US + day * DAY_US + chance_below(c, 300) * SECOND_US,
                                 .token = token_of(&a->clients[i], day),
                                 .password = a->old_password,
                                 .account = account,
                                 .address = population_home(p, account, day),
                                 .client = i,
                                 .act = OWNER_STALE };
        for (int64_t end = e.wall_us + DAY_US; e.wall_us < end; e.wall_us += 5 * MINUTE_US) {
            append(t, &e);
            append(t, &e);
        }
    }
}

static int by_time(const void *left, const void *right)
{
    const struct owner_event *a = left;
    const struct owner_event *b = right;
    if (a->wall_us != b->wall_us)
        return a->wall_us < b->wall_us ? -1 : 1;
    if (a->account != b->account)
        return a->account < b->account ? -1 : 1;
    return a->password < b->password ? -1 : a->password > b->password;
}

void owners_day(const struct population *p, uint32_t day, struct trace *t)
{
    size_t before = t->n;
    for (uint32_t i = 0; i < p->settings->accounts; i++) {
        struct chance c = chance_begin(p->settings->seed, 'o' + ((uint64_t)day << 8), i);
        for (uint32_t n = chance_poisson(&c, p->accounts[i].rate); n > 0; n--)
            send_mail(p, i, day, &c, t);
        retry_stale(p, i, day, &c, t);
    }
    qsort(t->at + before, t->n - before, sizeof(*t->at), by_time);
}
