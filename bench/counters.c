/* SPDX-License-Identifier: ISC
 *
 * bench_counters: what one operation of device/counters costs, warm (a few keys again and again),
 * cold (a random key each time) and near (20 random keys, brought near first, as policy does it);
 * and how large the process is before and after 10 million random keys.
 * usage: bench_counters [MEGABYTES]
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "device/counters.h"

#define TURNS 2000000
#define KEYS  20
#define FLOOD 10000000
#define HOUR  (3600 * US_PER_S)

static const uint8_t key[16] = "a bench's key..";
static const int64_t wall = 1795253509 * US_PER_S;

static uint64_t random_next(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = (*state ^ (*state >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t do_add(struct counters *c, uint64_t k)
{
    return counters_add(c, COUNTERS_STRANGER, k, HOUR, 1, wall);
}

static uint64_t do_read(struct counters *c, uint64_t k)
{
    return counters_read(c, COUNTERS_STRANGER, k, HOUR, wall);
}

static uint64_t do_first(struct counters *c, uint64_t k)
{
    return counters_first(c, COUNTERS_STRANGER, k, HOUR, wall);
}

static uint64_t do_held(struct counters *c, uint64_t k)
{
    return counters_held(c, COUNTERS_STRANGER, k, wall);
}

static uint64_t do_remembers(struct counters *c, uint64_t k)
{
    return counters_remembers(c, k, k, wall);
}

static uint64_t do_gauge(struct counters *c, uint64_t k)
{
    return counters_gauge(c, k);
}

static uint64_t do_hash(struct counters *c, uint64_t k)
{
    return counters_hash(c, 1, (struct slice){ (const uint8_t *)&k, sizeof k });
}

static uint64_t do_nothing(struct counters *c, uint64_t k)
{
    (void)c;
    return k;
}

struct operation {
    const char *name;
    uint64_t (*run)(struct counters *c, uint64_t k);
    bool lines; /* of the STRANGER area: can be brought near */
};

static const struct operation operations[] = {
    { "nothing", do_nothing, false }, { "add", do_add, true },
    { "read", do_read, true },        { "first", do_first, true },
    { "held", do_held, true },        { "remembers", do_remembers, false },
    { "gauge", do_gauge, false },     { "hash", do_hash, false },
};

static volatile uint64_t sink; /* so that nothing is optimised away */

/* keys: that many random keys at a time; fresh: others each time. */
static double per_operation(struct counters *c, const struct operation *o, bool fresh, bool near)
{
    uint64_t state = 1, keys[KEYS] = { 0 }, sum = 0;
    int64_t start = clock_monotonic_us();
    for (size_t i = 0; i < TURNS / KEYS; i++) {
        for (size_t k = 0; (fresh || i == 0) && k < KEYS; k++)
            keys[k] = random_next(&state);
        for (size_t k = 0; near && k < KEYS; k++)
            counters_prefetch(c, COUNTERS_STRANGER, keys[k]);
        for (size_t k = 0; k < KEYS; k++)
            sum += o->run(c, keys[k]);
    }
    sink = sum;
    return (double)(clock_monotonic_us() - start) * 1000 / TURNS;
}

static void print_operations(struct counters *c, const char *when)
{
    (void)printf("%-10s %12s %12s %12s   ns each, %s\n", "operation", "warm", "cold", "near", when);
    for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
        const struct operation *o = operations + i;
        (void)printf("%-10s %12.1f %12.1f ", o->name, per_operation(c, o, false, false),
                     per_operation(c, o, true, false));
        if (o->lines)
            (void)printf("%12.1f\n", per_operation(c, o, true, true));
        else
            (void)printf("%12s\n", "-");
    }
}

static double resident_mib(void)
{
    unsigned long size = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    char text[64] = "";
    struct slice head, tail, next;
    if (f && fgets(text, sizeof text, f) && slice_cut(slice_of_str(text), ' ', &head, &tail) &&
        slice_cut(tail, ' ', &next, &head)) {
        if (!slice_to_u64(next, 0, UINT32_MAX, &resident))
            resident = size;
    }
    if (f)
        (void)fclose(f);
    return (double)resident * (double)sysconf(_SC_PAGESIZE) / (1 << 20);
}

static void print_use(const struct counters *c)
{
    static const char *const names[] = { "known", "account", "stranger" };
    struct counters_use use;
    counters_use(c, wall, &use);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        (void)printf("%-10s %12lu slots %12lu live\n", names[i], (unsigned long)use.slots[i],
                     (unsigned long)use.live[i]);
}

static void flood(struct counters *c)
{
    uint64_t state = 99, sum = 0;
    int64_t start = clock_monotonic_us();
    for (size_t i = 0; i < FLOOD; i++)
        sum += do_add(c, random_next(&state));
    sink = sum;
    (void)printf("%d random keys: %.1f ns each\n", FLOOD,
                 (double)(clock_monotonic_us() - start) * 1000 / FLOOD);
}

int main(int argc, char **argv)
{
    uint32_t megabytes = 64;
    if (argc > 2 || (argc == 2 && !slice_to_u32(slice_of_str(argv[1]), 1, 65536, &megabytes))) {
        (void)fputs("usage: bench_counters [MEGABYTES]\n", stderr);
        return 2;
    }
    struct counters *c = counters_new((uint64_t)megabytes << 20, 8, key);
    if (!c) {
        perror("bench_counters");
        return 1;
    }
    (void)printf("resident %.1f MiB, of it %.1f counters\n", resident_mib(),
                 (double)counters_bytes(c) / (1 << 20));
    print_operations(c, "empty at first");
    flood(c);
    print_operations(c, "after the flood");
    print_use(c);
    (void)printf("resident %.1f MiB\n", resident_mib());
    counters_free(c);
    return 0;
}
