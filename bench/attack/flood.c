/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "flood.h"
#include "random.h"
#include "system.h"

#define BASE_FLOOD 0x60000000u
#define MARKS      4 /* the memory is looked at after 1, 10, 50 and 100 % */

struct side {
    const struct system *system;
    void *state;
    uint64_t asked, refused, delayed; /* owners, each with his known device */
    uint64_t reached;                 /* guesses */
    int64_t waited_us;
    uint64_t rss_kib[MARKS];
    double each_us; /* of our own time, for an attempt */
};

static uint64_t rss_kib(void)
{
    FILE *f = fopen("/proc/self/statm", "re");
    char line[128] = "";
    if (f == NULL || fgets(line, sizeof(line), f) == NULL)
        line[0] = 0;
    if (f != NULL)
        (void)fclose(f);
    struct slice size;
    struct slice rest;
    struct slice resident;
    uint64_t pages = 0;
    (void)slice_cut(slice_of_str(line), ' ', &size, &rest);
    (void)slice_cut(rest, ' ', &resident, &rest);
    if (!slice_to_u64(resident, 0, UINT64_MAX / 65536, &pages))
        return 0;
    return pages * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

static int64_t cpu_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * SECOND_US + t.tv_nsec / 1000;
}

/* Every account has one device, which has succeeded at home. */
static void furnish(struct house *h, const struct population *p)
{
    static const struct device_enrolment enrolment = { .mode = DEVICE_ENROL_FIRST, .first = 3 };
    house_make(h, p->settings->accounts);
    for (uint32_t i = 0; i < h->accounts; i++)
        house_learn(h, i, chance_of(p->settings->seed, 'k', i, 0) | 1, population_home(p, i, 0),
                    EPOCH_US, &enrolment);
}

/* Guess i: a new token, an account that is invented ten times out of eleven; one address in twenty is
 * a home of owners. */
static void guess(const struct population *p, const struct flood *f, uint64_t i, struct attempt *a)
{
    struct chance c = chance_begin(p->settings->seed, 'F', i);
    uint32_t accounts = p->settings->accounts;
    uint32_t machine = chance_below(&c, f->addresses);
    *a = (struct attempt){ .token = chance_next(&c) | 1,
                           .password = 1 + chance_below(&c, 1000),
                           .account = chance_below(&c, accounts + f->names),
                           .address = machine % 20 == 0 ? population_home(p, machine % accounts, 0)
                                                        : BASE_FLOOD + machine * 64 };
    a->right = a->account < accounts && a->password == p->accounts[a->account].password;
}

static void ask_owner(struct side *s, const struct house *h, const struct population *p,
                      uint32_t account, int64_t wall_us)
{
    struct attempt a = { .wall_us = wall_us,
                         .token = chance_of(p->settings->seed, 'k', account, 0) | 1,
                         .password = p->accounts[account].password,
                         .account = account,
                         .address = population_home(p, account, 0),
                         .right = true };
    struct verdict v = { 0 };
    s->system->try(s->state, h, &a, &v);
    s->asked++;
    s->refused += !v.let_in;
    s->delayed += v.delay_us != 0;
    s->waited_us += v.delay_us;
}

static void flood_one(struct side *s, const struct house *h, const struct population *p,
                      const struct flood *f)
{
    static const unsigned percent[MARKS] = { 1, 10, 50, 100 };
    s->state = s->system->start(s->system, p->settings);
    int64_t before = cpu_us();
    uint64_t every = f->tokens / h->accounts;
    size_t mark = 0;
    for (uint64_t i = 0; i < f->tokens; i++) {
        struct attempt a;
        struct verdict v = { 0 };
        guess(p, f, i, &a);
        a.wall_us =
            EPOCH_US + DAY_US + (int64_t)((double)i / (double)f->tokens * (double)f->length_us);
        s->system->try(s->state, h, &a, &v);
        s->reached += v.reached;
        if (i % every == every - 1 && i / every < h->accounts)
            ask_owner(s, h, p, (uint32_t)chance_shuffle(i / every, h->accounts, 1), a.wall_us);
        if (mark < MARKS && (i + 1) * 100 >= f->tokens * percent[mark])
            s->rss_kib[mark++] = rss_kib();
    }
    s->each_us = (double)(cpu_us() - before) / (double)(f->tokens + s->asked);
    s->system->stop(s->state);
}

static void print(FILE *to, const struct side *s)
{
    (void)fprintf(to, "| %s | %lu | %lu | %lu | %.0f | %lu | %lu, %lu, %lu, %lu | %.2f |\n",
                  s->system->name, s->asked, s->refused, s->delayed,
                  (double)s->waited_us / (double)MINUTE_US, s->reached, s->rss_kib[0],
                  s->rss_kib[1], s->rss_kib[2], s->rss_kib[3], s->each_us);
}

bool flood_run(const struct settings *s, const struct flood *f, FILE *to)
{
    struct side sides[] = { { .system = &postern_default },
                            { .system = &postern_refuse },
                            { .system = &fail2ban },
                            { .system = &dovecot_penalty } };
    struct population p;
    struct house h;
    population_make(&p, s);
    furnish(&h, &p);
    (void)fprintf(to,
                  "%lu random tokens, %u random accounts and %u addresses within %ld minutes, "
                  "against %u accounts with a known device each; seed %lu\n\n"
                  "| at the door | owners asking | refused | delayed | minutes they waited "
                  "| guesses that reached the password | RSS KiB after 1, 10, 50, 100 %% "
                  "| µs an attempt |\n|---|--:|--:|--:|--:|--:|--:|--:|\n",
                  f->tokens, f->names, f->addresses, f->length_us / MINUTE_US, s->accounts,
                  s->seed);
    bool good = true;
    for (size_t i = 0; i < ARRAY_SIZE(sides); i++) {
        flood_one(&sides[i], &h, &p, f);
        print(to, &sides[i]);
        if (sides[i].system->policy != NULL)
            good = good && sides[i].refused == 0 && sides[i].delayed == 0 &&
                   sides[i].rss_kib[MARKS - 1] < sides[i].rss_kib[1] + 1024;
    }
    house_clear(&h);
    population_clear(&p);
    return good;
}
