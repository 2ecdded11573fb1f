/* SPDX-License-Identifier: ISC
 *
 * bench_policy: what a policy decision costs, on one core and in-process. Prints a Markdown table.
 * usage: bench_policy [PAIRS]
 *
 * A pair is policy_attempt_init, policy_before and, unless that refuses, policy_after. Each row says
 * who asks: warm, the same 64 over and over (strangers are refused soon); cold, 65,536 different
 * ones, with all areas of the counters full of random keys. Reading the registry is not in it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "device/policy.h"

#define MEMORY ((uint64_t)64 << 20)
#define MANY   65536
#define FEW    64
#define WALL   (INT64_C(1900000000) * 1000000)

/* 20 limits, all of them about every stranger with a token. */
static const char twenty[] =
    "policy:\n  limits:\n"
    "  - {name: known-device-guesses, then: off}\n  - {name: place-guesses, then: off}\n"
    "  - {name: device-connections, then: off}\n  - {name: stranger-recipients, then: off}\n"
    "  - {name: a1, count: attempts, per: [ip], above: 9, within: 1m, then: delay, for: 1m}\n"
    "  - {name: a2, count: attempts, per: [account], above: 9, within: 1m, then: delay, for: 1m}\n"
    "  - {name: a3, count: attempts, per: [all], of: unknown, above: 9, within: 1m, then: log}\n"
    "  - {name: f1, count: failures, per: [type], above: 9, within: 1h, then: log}\n"
    "  - {name: f2, count: failures, per: [ip, account], above: 9, within: 1h, then: delay, for: "
    "1m}\n"
    "  - {name: n1, count: networks, per: [account], above: 9, within: 1d, then: alert}\n"
    "  - {name: n2, count: networks, per: [token], above: 9, within: 1d, then: refuse, for: 1m}\n"
    "  - {name: t1, count: tokens, per: [ip], above: 9, within: 1h, then: refuse, for: 1m}\n"
    "  - {name: t2, count: accounts, per: [network], above: 9, within: 1h, then: refuse, for: "
    "1m}\n";

struct asker {
    struct device_facts facts;
    struct pseudonym token;
    struct policy_attempt a;
};

struct bench {
    struct conf *conf;
    struct policy *policy;
    struct counters *counters;
    struct asker *askers;
    uint32_t *ns;
    size_t pairs;
};

static uint64_t random_state = 1;
static uint64_t random_next(void) /* SplitMix64 */
{
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t now_ns(clockid_t clock)
{
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void load(struct bench *b, const char *yaml)
{
    static const uint8_t key[16] = "a key of a bench";
    struct buf why;
    buf_init(&why, 4096);
    b->conf = conf_parse("bench.yaml", slice_of_str(yaml), &why);
    b->counters = counters_new(MEMORY, 4, key);
    if (b->conf && b->counters)
        b->policy = policy_new(b->conf, b->counters, &why);
    if (!b->policy) {
        fprintf(stderr, "bench_policy: %.*s\n", SLICE_ARG(buf_slice(&why)));
        exit(1);
    }
    buf_clear(&why);
}

static void unload(struct bench *b)
{
    policy_free(b->policy);
    conf_free(b->conf);
    counters_free(b->counters);
    b->policy = NULL;
}

/* As many keys as there are slots, and half as many again. */
static void fill(struct bench *b)
{
    for (unsigned area = COUNTERS_KNOWN; area <= COUNTERS_STRANGER; area++)
        for (size_t i = 0; i < MEMORY / 8 * 3 / 2 / 3; i++)
            (void)counters_add(b->counters, (enum counters_area)area, random_next(),
                               INT64_C(3600000000), 1, WALL);
}

static void make_askers(struct bench *b, bool known)
{
    for (size_t i = 0; i < MANY; i++) {
        struct asker *k = &b->askers[i];
        *k = (struct asker){ .token = { .key = 1 } };
        uint64_t bits[3] = { random_next(), random_next(), random_next() };
        (void)snprintf(k->facts.account, sizeof k->facts.account, "user%zu@example.org", i);
        k->facts.account_known = true;
        k->facts.has_places = true;
        k->facts.device = known ? DEVICE_KNOWN : DEVICE_NONE;
        k->facts.devices = known;
        memcpy(k->token.bytes, bits, sizeof k->token.bytes);
        k->a.registry = &k->facts;
        k->a.type = SLICE("UUID");
        k->a.token = &k->token;
        k->a.peer.in.sin_family = AF_INET;
        k->a.peer.in.sin_addr.s_addr = (uint32_t)bits[2];
        k->a.peer.n = sizeof k->a.peer.in;
    }
}

static void ask_pair(struct bench *b, struct asker *k, enum policy_outcome outcome, int64_t wall)
{
    struct policy_verdict v;
    k->a.wall_us = wall;
    k->a.guess = random_next();
    policy_attempt_init(b->policy, b->counters, &k->a);
    policy_before(b->policy, b->counters, &k->a, &v);
    if (v.action == POLICY_ACCEPT) /* else the password is not looked at */
        policy_after(b->policy, b->counters, &k->a, outcome, &v);
}

static void ask_session(struct bench *b, struct asker *k, enum policy_outcome outcome, int64_t wall)
{
    struct policy_verdict v;
    struct policy_held held = { .n = 0 };
    k->a.wall_us = wall;
    k->a.guess = random_next();
    policy_attempt_init(b->policy, b->counters, &k->a);
    policy_before(b->policy, b->counters, &k->a, &v);
    policy_hold(b->policy, b->counters, &k->a, 0, &held, &v);
    policy_after(b->policy, b->counters, &k->a, outcome, &v);
    policy_sends(b->policy, b->counters, &k->a, CONF_COUNT_MESSAGES, 1, &v);
    policy_sends(b->policy, b->counters, &k->a, CONF_COUNT_RECIPIENTS, 1, &v);
    policy_release(b->counters, 0, &held);
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* The rate is of CPU time, so that other work on the machine does not spoil it; percentiles are of
 * real time, and what reading the clock costs is in them. */
static void row(struct bench *b, const char *what, size_t n, enum policy_outcome outcome,
                void (*ask)(struct bench *, struct asker *, enum policy_outcome, int64_t))
{
    int64_t wall = WALL;
    for (size_t i = 0; i < n; i++)
        ask(b, &b->askers[i], outcome, wall);
    uint64_t start = now_ns(CLOCK_PROCESS_CPUTIME_ID);
    for (size_t i = 0; i < b->pairs; i++)
        ask(b, &b->askers[i % n], outcome, wall += 5);
    double seconds = (double)(now_ns(CLOCK_PROCESS_CPUTIME_ID) - start) / 1e9;
    for (size_t i = 0; i < b->pairs; i++) {
        uint64_t from = now_ns(CLOCK_MONOTONIC);
        ask(b, &b->askers[i % n], outcome, wall += 5);
        b->ns[i] = (uint32_t)(now_ns(CLOCK_MONOTONIC) - from);
    }
    qsort(b->ns, b->pairs, sizeof *b->ns, by_size);
    printf("| %s | %.0f | %.0f | %u | %u |\n", what, (double)b->pairs / seconds,
           seconds * 1e9 / (double)b->pairs, b->ns[b->pairs / 2], b->ns[b->pairs / 100 * 99]);
    (void)fflush(stdout);
}

static void rows(struct bench *b, const char *yaml, const char *name)
{
    char what[120];
    load(b, yaml);
    make_askers(b, false);
    (void)snprintf(what, sizeof what, "%s, strangers, wrong passwords, warm", name);
    row(b, what, FEW, POLICY_FAILED, ask_pair);
    fill(b);
    (void)snprintf(what, sizeof what, "%s, strangers, wrong passwords, cold and full", name);
    row(b, what, MANY, POLICY_FAILED, ask_pair);
    make_askers(b, true);
    (void)snprintf(what, sizeof what, "%s, known devices, right passwords, cold and full", name);
    row(b, what, MANY, POLICY_OK, ask_pair);
    (void)snprintf(what, sizeof what, "%s, known devices, whole sessions, cold and full", name);
    row(b, what, MANY, POLICY_OK, ask_session);
    unload(b);
}

int main(int argc, char **argv)
{
    uint32_t pairs = 1000000;
    struct bench b = { 0 };
    if (argc > 2 || (argc == 2 && !slice_to_u32(slice_of_str(argv[1]), 1000, 100000000, &pairs))) {
        fprintf(stderr, "usage: bench_policy [PAIRS]\n");
        return 2;
    }
    b.pairs = pairs;
    b.askers = calloc(MANY, sizeof *b.askers);
    b.ns = calloc(b.pairs, sizeof *b.ns);
    CHECK(b.askers && b.ns);
    printf("| policy, who asks | pairs/s and core | ns each | p50 ns | p99 ns |\n"
           "|---|--:|--:|--:|--:|\n");
    rows(&b, "", "defaults");
    rows(&b, twenty, "20 limits");
    free(b.askers);
    free(b.ns);
    return 0;
}
