/* SPDX-License-Identifier: ISC
 *
 * Servers of every kind hand out addresses, and are known by what they do (RFC 7819 §4.2).
 */
#include "check.h"

#include <stdlib.h>

#include <sodium.h>

#include "audit/allocation.h"

enum { CLIENTS = 60, FIRST = 0xc0000232 /* 192.0.2.50 */, SIZE = 150 };

#define MINUTE INT64_C(60000000)

struct lab {
    struct allocation_case cases[CLIENTS];
    size_t n;
    int64_t held_until[256]; /* by offset */
    int64_t ended[256];      /* the last time it became free; 0: never given */
    uint64_t dice;
    uint32_t first, size, last;
    bool any;
    int64_t now, lease;
};

static uint32_t roll(struct lab *lab)
{
    lab->dice = lab->dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(lab->dice >> 33);
}

static bool is_free(const struct lab *lab, uint32_t offset)
{
    return lab->held_until[offset] <= lab->now;
}

static uint32_t probe(const struct lab *lab, uint64_t offset)
{
    uint32_t at = (uint32_t)(offset % lab->size);
    while (!is_free(lab, at))
        at = (at + 1) % lab->size;
    return at;
}

static uint32_t next(struct lab *lab, const struct allocation_case *it)
{
    (void)it;
    return lab->any ? probe(lab, lab->last + 1) : 0;
}

static uint32_t lowest(struct lab *lab, const struct allocation_case *it)
{
    (void)it;
    return probe(lab, 0);
}

static uint32_t oldest(struct lab *lab, const struct allocation_case *it)
{
    (void)it;
    uint32_t best = lab->size;
    for (uint32_t i = 0; i < lab->size; i++)
        if (is_free(lab, i) && (best == lab->size || lab->ended[i] < lab->ended[best]))
            best = i;
    return best;
}

static uint32_t anywhere(struct lab *lab, const struct allocation_case *it)
{
    (void)it;
    return probe(lab, roll(lab));
}

static uint32_t last_octet(struct lab *lab, const struct allocation_case *it)
{
    return probe(lab, it->hardware[5]);
}

/* dnsmasq 2.90, src/dhcp.c, address_allocate */
static uint32_t dnsmasq(struct lab *lab, const struct allocation_case *it)
{
    unsigned j = 0;
    for (int i = 0; i < 6; i++)
        j = it->hardware[i] + (j << 6) + (j << 16) - j;
    return probe(lab, j == 0 ? 1 : j);
}

/* busybox 1.35, networking/udhcp/leases.c, find_free_or_expired_nip */
static uint32_t udhcpd(struct lab *lab, const struct allocation_case *it)
{
    uint32_t hash = 0;
    for (int i = 0; i < 6; i++)
        hash += it->hardware[i] + (hash << 6) + (hash << 16) - hash;
    return probe(lab, hash);
}

static uint32_t odhcpd(struct lab *lab, const struct allocation_case *it)
{
    unsigned short seed[3];
    memcpy(seed, it->hardware, sizeof(seed));
    return probe(lab, (uint64_t)nrand48(seed));
}

static uint64_t siphash(const struct allocation_case *it, const uint8_t key[16])
{
    uint8_t in[15] = { 7, 0, 0, 0, 0, 0, 0, 0, 1 }, out[8];
    memcpy(in + 9, it->hardware, 6);
    assert_int_equal(crypto_shorthash(out, in, sizeof(in), key), 0);
    uint64_t hash = 0;
    memcpy(&hash, out, sizeof(hash));
    return hash;
}

static uint32_t networkd(struct lab *lab, const struct allocation_case *it)
{
    static const uint8_t key[16] = { 0x0d, 0x1d, 0xfe, 0xbd, 0xf1, 0x24, 0xbd, 0xb3,
                                     0x47, 0xf1, 0xdd, 0x6e, 0x73, 0x21, 0x93, 0x30 };
    return probe(lab, siphash(it, key));
}

static uint32_t keyed(struct lab *lab, const struct allocation_case *it)
{
    static const uint8_t key[16] = "nobody knows it";
    return probe(lab, siphash(it, key));
}

static void serve(struct lab *lab, uint32_t (*choose)(struct lab *, const struct allocation_case *))
{
    for (size_t i = 0; i < lab->n; i++) {
        struct allocation_case *it = &lab->cases[i];
        lab->now += MINUTE;
        for (size_t k = 0; k < 6; k++)
            it->hardware[k] = k == 0 ? 2 : (uint8_t)roll(lab);
        it->hlen = 6;
        uint32_t offset = choose(lab, it);
        /* Some go early, so that ends do not come in the order of beginnings. */
        int64_t until = lab->now + (roll(lab) % 4 == 0 ? 2 * MINUTE : lab->lease);
        *it = (struct allocation_case){ .address = lab->first + offset,
                                        .from_us = lab->now,
                                        .until_us = until,
                                        .hlen = 6,
                                        .hardware = { it->hardware[0], it->hardware[1],
                                                      it->hardware[2], it->hardware[3],
                                                      it->hardware[4], it->hardware[5] } };
        lab->held_until[offset] = lab->ended[offset] = until;
        lab->last = offset;
        lab->any = true;
    }
}

static const struct {
    const char *name;
    uint32_t (*choose)(struct lab *, const struct allocation_case *);
    uint32_t size;
    int64_t lease; /* minutes */
    enum audit_strategy expected;
    const char *detail;
} servers[] = {
    { "next", next, SIZE, 1000, AUDIT_STRATEGY_ITERATIVE, "the next one" },
    { "next, round and round", next, 20, 12, AUDIT_STRATEGY_ITERATIVE, "the next one" },
    { "lowest free", lowest, SIZE, 30, AUDIT_STRATEGY_ITERATIVE, "the lowest that is free" },
    { "oldest", oldest, 20, 15, AUDIT_STRATEGY_LRU, "the one that has been free the longest" },
    { "last octet", last_octet, 250, 1000, AUDIT_STRATEGY_IDENTIFIER,
      "the last octet of the hardware address" },
    { "dnsmasq", dnsmasq, SIZE, 1000, AUDIT_STRATEGY_HASH,
      "SDBM over the hardware address (dnsmasq)" },
    { "udhcpd", udhcpd, SIZE, 1000, AUDIT_STRATEGY_HASH,
      "SDBM over the hardware address (udhcpd, older dnsmasq)" },
    { "odhcpd", odhcpd, SIZE, 1000, AUDIT_STRATEGY_HASH,
      "nrand48 seeded with the hardware address (odhcpd)" },
    { "networkd", networkd, SIZE, 1000, AUDIT_STRATEGY_HASH,
      "SipHash of the client identifier with a published key (systemd)" },
    { "random", anywhere, SIZE, 1000, AUDIT_STRATEGY_UNPREDICTABLE, NULL },
    { "keyed", keyed, SIZE, 1000, AUDIT_STRATEGY_UNPREDICTABLE, NULL },
};

static void test_each_strategy_is_told_by_what_it_does(void **state)
{
    (void)state;
    static const size_t counts[] = { 12, 25, CLIENTS };
    for (size_t s = 0; s < ARRAY_SIZE(servers); s++)
        for (size_t c = 0; c < ARRAY_SIZE(counts); c++) {
            /* Among few clients in a small pool, who is oldest is not to be seen. */
            if (servers[s].size < 30 && counts[c] < CLIENTS)
                continue;
            struct lab lab = { .n = counts[c],
                               .first = FIRST,
                               .size = servers[s].size,
                               .lease = servers[s].lease * MINUTE,
                               .dice = 7 + s };
            serve(&lab, servers[s].choose);
            struct audit_allocation a = { 0 };
            assert_int_equal(allocation_infer(lab.cases, lab.n, &a), 0);
            if (a.strategy != servers[s].expected)
                fail_msg("%s of %zu: %s (%s), %.3f", servers[s].name, lab.n,
                         audit_strategy_text(a.strategy), a.detail, a.likelihood[a.strategy]);
            if (servers[s].detail && lab.n == CLIENTS)
                assert_string_equal(a.detail, servers[s].detail);
            double sum = 0;
            for (size_t i = 0; i < AUDIT_STRATEGIES; i++)
                sum += a.likelihood[i];
            assert_true(sum > 0.999 && sum < 1.001);
            if (servers[s].expected == AUDIT_STRATEGY_UNPREDICTABLE)
                assert_true(a.predicted < 0.3);
            else
                assert_true(a.predicted > 0.6);
        }
}

static void test_below_ten_clients_nothing_is_told(void **state)
{
    (void)state;
    for (size_t n = 0; n <= 10; n++) {
        struct lab lab = { .n = n, .first = FIRST, .size = SIZE, .lease = 1000 * MINUTE };
        serve(&lab, next);
        struct audit_allocation a = { 0 };
        assert_int_equal(allocation_infer(lab.cases, n, &a), 0);
        assert_int_equal(a.strategy, n < 10 ? AUDIT_STRATEGY_UNKNOWN : AUDIT_STRATEGY_ITERATIVE);
    }
}

static void test_clients_that_were_not_captured_leave_small_gaps(void **state)
{
    (void)state;
    struct lab lab = { .n = CLIENTS, .first = FIRST, .size = SIZE, .lease = 1000 * MINUTE };
    serve(&lab, next);
    size_t n = 0;
    for (size_t i = 0; i < lab.n; i++)
        if (i % 3 != 0)
            lab.cases[n++] = lab.cases[i];
    struct audit_allocation a = { 0 };
    assert_int_equal(allocation_infer(lab.cases, n, &a), 0);
    assert_int_equal(a.strategy, AUDIT_STRATEGY_ITERATIVE);
}

static void test_each_network_has_a_pool_of_its_own(void **state)
{
    (void)state;
    struct lab lab = { .n = 30, .first = FIRST, .size = SIZE, .lease = 1000 * MINUTE, .dice = 1 };
    serve(&lab, dnsmasq);
    struct lab other = { .n = 30, .first = 0x0a000000, .size = 90, .lease = 1000 * MINUTE };
    serve(&other, dnsmasq);
    struct allocation_case both[60];
    for (size_t i = 0; i < 30; i++) {
        both[2 * i] = lab.cases[i];
        both[2 * i + 1] = other.cases[i];
        both[2 * i + 1].network = 1;
    }
    struct audit_allocation a = { 0 };
    assert_int_equal(allocation_infer(both, 60, &a), 0);
    assert_int_equal(a.strategy, AUDIT_STRATEGY_HASH);
    assert_true(a.predicted > 0.8);
}

static void test_a_span_over_the_bound_is_no_pool(void **state)
{
    (void)state;
    struct allocation_case cases[20] = { 0 };
    for (size_t i = 0; i < 20; i++)
        cases[i].address = (uint32_t)i * ALLOCATION_POOL_MAX;
    struct audit_allocation a = { 0 };
    assert_int_equal(allocation_infer(cases, 20, &a), 0);
    assert_int_not_equal(a.strategy, AUDIT_STRATEGY_UNKNOWN);
}

int main(void)
{
    if (sodium_init() < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_strategy_is_told_by_what_it_does),
        cmocka_unit_test(test_below_ten_clients_nothing_is_told),
        cmocka_unit_test(test_clients_that_were_not_captured_leave_small_gaps),
        cmocka_unit_test(test_each_network_has_a_pool_of_its_own),
        cmocka_unit_test(test_a_span_over_the_bound_is_no_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
