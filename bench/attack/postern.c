/* SPDX-License-Identifier: ISC
 *
 * Postern: its policy function over the facts that the house has learned, asked before and after
 * the password as a session does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "device/policy.h"
#include "random.h"
#include "system.h"

struct gate {
    struct conf *conf;
    struct counters *counters;
    struct policy *policy;
    bool locations;
};

static void say(const struct buf *why)
{
    if (buf_size(why) > 0)
        (void)fprintf(stderr, "%.*s\n", SLICE_ARG(buf_slice(why)));
}

static void *start(const struct system *system, const struct settings *settings)
{
    static const uint8_t key[16] = "a key of a bench";
    (void)settings;
    struct gate *g = calloc(1, sizeof(*g));
    struct buf why;
    buf_init(&why, 4096);
    CHECK(g != NULL);
    g->locations = system->locations;
    g->conf = conf_parse("attack.yaml", slice_of_str(system->policy), &why);
    g->counters = g->conf == NULL ? NULL : counters_new(g->conf->policy.memory, 1, key);
    g->policy = g->counters == NULL ? NULL : policy_new(g->conf, g->counters, &why);
    say(&why);
    CHECK(g->policy != NULL);
    buf_clear(&why);
    return g;
}

static void stop(void *state)
{
    struct gate *g = state;
    policy_free(g->policy);
    counters_free(g->counters);
    conf_free(g->conf);
    free(g);
}

static struct address address_of(uint32_t address)
{
    struct address a = { .n = sizeof(a.in) };
    a.in.sin_family = AF_INET;
    a.in.sin_addr.s_addr = htonl(address);
    return a;
}

static struct pseudonym pseudonym_for(uint64_t token)
{
    struct pseudonym p = { .key = 1 };
    uint64_t halves[2] = { token, chance_of(4, token, 0, 0) };
    memcpy(p.bytes, halves, sizeof(p.bytes));
    return p;
}

/* What a database would say: the owners live around one place, hotels and attackers are anywhere.
 * An AS for each /16. */
static struct device_location location_of(uint32_t address)
{
    bool near = address < 0x3c000000u;
    uint64_t draw = chance_of(5, address >> 16, 0, 0);
    struct device_location l = { .as = address >> 16, .has_position = true, .radius = 50 };
    l.latitude = near ? 50000 + (int32_t)(draw % 2000) : (int32_t)(draw % 120000) - 60000;
    l.longitude =
        near ? 10000 + (int32_t)(draw / 2000 % 2000) : (int32_t)(draw / 120000 % 360000) - 180000;
    return l;
}

static void try(void *state, const struct house *house, const struct attempt *a,
                struct verdict *out)
{
    struct gate *g = state;
    struct device_facts facts;
    struct pseudonym token = pseudonym_for(a->token);
    house_facts(house, a->account, a->token, a->address, a->wall_us, &facts);
    const struct house_device *last = house_device_find(house, a->account, a->token);
    if (g->locations && last != NULL)
        facts.last_location = location_of(last->address);
    uint64_t typed[2] = { a->account, a->password };
    struct policy_attempt p = {
        .registry = &facts,
        .type = a->token != 0 ? SLICE("UUID") : (struct slice){ 0 },
        .token = a->token != 0 ? &token : NULL,
        .peer = address_of(a->address),
        .where = g->locations ? location_of(a->address) : (struct device_location){ 0 },
        .guess = counters_hash(g->counters, 1, (struct slice){ (uint8_t *)typed, sizeof(typed) }),
        .password =
            counters_hash(g->counters, 2, (struct slice){ (const uint8_t *)&a->password, 8 }),
        .wall_us = a->wall_us,
    };
    policy_attempt_init(g->policy, g->counters, &p);
    struct policy_verdict v;
    policy_before(g->policy, g->counters, &p, &v);
    out->delay_us = v.delay_us;
    out->alerted = v.alert != DEVICE_ALERT_NONE;
    out->kind = v.alert;
    if (v.action == POLICY_REFUSE)
        return;
    out->reached = true;
    policy_after(g->policy, g->counters, &p, a->right ? POLICY_OK : POLICY_FAILED, &v);
    out->let_in = a->right && v.action == POLICY_ACCEPT;
    out->learn_place = (v.effects & POLICY_LEARN_PLACE) != 0;
    out->learn_device = (v.effects & POLICY_RECORD_DEVICE) != 0;
    if (v.alert != DEVICE_ALERT_NONE) {
        out->alerted = true;
        out->kind = v.alert;
    }
}

const struct system postern_default = {
    .name = "Postern, as shipped", .start = start, .try = try, .stop = stop, .policy = ""
};
const struct system postern_refuse = { .name = "Postern, unknown-device: refuse",
                                       .start = start,
                                       .try = try,
                                       .stop = stop,
                                       .devices_only = true,
                                       .policy = "policy: {unknown-device: refuse}\n" };
const struct system postern_located = { .name = "Postern, with locations",
                                        .replay_only = true,
                                        .start = start,
                                        .try = try,
                                        .stop = stop,
                                        .policy = "",
                                        .locations = true };
