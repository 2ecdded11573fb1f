/* SPDX-License-Identifier: ISC
 *
 * Whatever strangers do, in whatever order and wherever, with the shipped policy: the known device
 * and the known place are let in at once, and explaining changes nothing. Each 4 bytes are one
 * attempt: account, address, token, and outcome with the time that passes.
 */
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "base/check.h"
#include "device/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t key[16] = "a key of fuzzing";

struct asked {
    struct device_facts facts;
    struct pseudonym token;
    struct policy_attempt a;
};

static void ask(struct asked *q, unsigned account, unsigned ip, unsigned token, int64_t now)
{
    *q = (struct asked){ .token = { .key = 1 } };
    (void)snprintf(q->facts.account, sizeof q->facts.account, "user%u", account);
    q->facts.account_known = q->facts.has_places = true;
    q->token.bytes[0] = (uint8_t)token;
    q->a.registry = &q->facts;
    q->a.peer.in.sin_family = AF_INET;
    q->a.peer.in.sin_addr.s_addr = ip;
    q->a.peer.n = sizeof q->a.peer.in;
    q->a.type = token ? SLICE("UUID") : SLICE("");
    q->a.token = token ? &q->token : NULL;
    q->a.wall_us = now;
}

static struct policy_verdict before(const struct policy *p, struct counters *c, struct asked *q)
{
    struct policy_verdict v;
    policy_attempt_init(p, c, &q->a);
    policy_before(p, c, &q->a, &v);
    CHECK(v.delay_us >= 0 && v.delay_us <= INT64_C(20000000));
    CHECK(v.reasons_n <= POLICY_REASONS_MAX);
    return v;
}

static void strangers(const struct policy *p, struct counters *c, const uint8_t *b, int64_t now)
{
    struct asked q;
    struct policy_verdict v;
    /* On the owner's account without his tokens, and not at his place: that would be himself. */
    bool his = b[0] % 4 == 0;
    ask(&q, b[0] % 4, his ? b[1] & 127u : b[1], his && b[2] ? b[2] | 128u : b[2], now);
    q.a.guess = b[3] % 8 == 0 ? 0 : (uint64_t)now | 1;
    v = before(p, c, &q);
    if (v.action == POLICY_REFUSE)
        return;
    policy_after(p, c, &q.a, POLICY_FAILED, &v);
    CHECK(v.effects == 0);
}

/* The device at any address, and with a token that strangers use on other accounts. */
static void owner(const struct policy *p, struct counters *c, unsigned ip, unsigned token,
                  int64_t now)
{
    struct asked q;
    struct policy_verdict v;
    ask(&q, 0, ip, token, now);
    q.facts.device = token ? DEVICE_KNOWN : DEVICE_NONE;
    q.facts.place_known = token == 0;
    v = before(p, c, &q);
    CHECK(v.action == POLICY_ACCEPT && v.delay_us == 0);
    policy_after(p, c, &q.a, POLICY_OK, &v);
    CHECK(v.action == POLICY_ACCEPT);
}

static void explained(const struct policy *p, struct counters *c, const uint8_t *b, int64_t now)
{
    struct asked q;
    ask(&q, b[0] % 4, b[1], b[2], now);
    policy_attempt_init(p, c, &q.a);
    json_t *one = policy_explain(p, c, &q.a, POLICY_FAILED);
    json_t *two = policy_explain(p, c, &q.a, POLICY_FAILED);
    CHECK(one && json_equal(one, two));
    json_decref(one);
    json_decref(two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct conf *conf;
    static struct policy *policy;
    struct buf why;
    int64_t now = INT64_C(1900000000) * 1000000;
    struct counters *c = counters_new((uint64_t)1 << 20, 1, key);
    CHECK(c);
    buf_init(&why, 4096);
    if (!conf) {
        conf = conf_parse("fuzz.yaml", SLICE(""), &why);
        policy = conf ? policy_new(conf, c, &why) : NULL;
        CHECK(policy);
    }
    for (size_t i = 0; i + 4 <= size && i < 4096; i += 4) {
        for (unsigned n = 0; n < 12; n++)
            strangers(policy, c, data + i, now + n);
        now += (int64_t)data[i + 3] * 4000000 + 16;
        owner(policy, c, data[i + 1] | 128u, 0, now);
        owner(policy, c, data[i + 1], data[i + 2] % 127u + 1, now);
    }
    if (size >= 4)
        explained(policy, c, data, now);
    counters_free(c);
    buf_clear(&why);
    return 0;
}
