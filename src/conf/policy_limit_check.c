/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "conf/policy_internal.h"
#include "conf/record.h"

#define HELD                                                             \
    (CONF_THEN_DELAY | CONF_THEN_REFUSE | CONF_THEN_KNOWN_DEVICES_ONLY | \
     CONF_THEN_REQUIRE_CLIENTID | CONF_THEN_REVOKE_DEVICE)
#define AT_ONCE (CONF_THEN_LOG | CONF_THEN_ALERT | CONF_THEN_REFUSE)

struct check {
    bool wrong;
    const char *key, *what;
};

static bool first_wrong(struct reading *r, const struct node *n, const struct check *checks,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char path[64];
        if (!checks[i].wrong)
            continue;
        (void)snprintf(path, sizeof path, "policy.limits.%s", checks[i].key);
        return conf_fault(r->why, conf_record_place(n, checks[i].key), path, "%s", checks[i].what);
    }
    return true;
}

/* The bits of `per` that hold one of what is counted, and never two. */
static unsigned holds_one(enum conf_count count)
{
    switch (count) {
    case CONF_COUNT_ACCOUNTS: return CONF_PER_ACCOUNT;
    case CONF_COUNT_FAILED_PASSWORDS: return CONF_PER_PASSWORD;
    case CONF_COUNT_TOKENS: return CONF_PER_TOKEN;
    case CONF_COUNT_NETWORKS: return CONF_PER_NETWORK | CONF_PER_IP;
    case CONF_COUNT_ATTEMPTS:
    case CONF_COUNT_FAILURES:
    case CONF_COUNT_CONNECTIONS:
    case CONF_COUNT_MESSAGES:
    case CONF_COUNT_RECIPIENTS: break;
    }
    return 0;
}

static bool is_tried(enum conf_count count)
{
    return count != CONF_COUNT_CONNECTIONS && count != CONF_COUNT_MESSAGES &&
           count != CONF_COUNT_RECIPIENTS;
}

static bool is_failure(enum conf_count count)
{
    return count == CONF_COUNT_FAILURES || count == CONF_COUNT_FAILED_PASSWORDS;
}

static bool check_counting(struct reading *r, const struct conf_limit *l, const struct node *n)
{
    bool whole = conf_record_node(n, "count"), connections = l->count == CONF_COUNT_CONNECTIONS,
         absent = l->of == CONF_OF_ABSENT;
    const struct check checks[] = {
        { l->per == 0, "per", "missing" },
        { whole && !conf_record_node(n, "above"), "above", "missing" },
        { whole && !conf_record_node(n, "then"), "then", "missing" },
        { !connections && !l->within_us, "within", "missing" },
        { connections && l->within_us, "within",
          "connections are those open now, at no time else" },
        { l->per & CONF_PER_ALL && l->per != CONF_PER_ALL, "per", "\"all\" stands alone" },
        { l->per & holds_one(l->count), "per", "each of these has only one of what is counted" },
        { absent && l->per & (CONF_PER_TOKEN | CONF_PER_TYPE), "per",
          "who presents no identity has neither token nor type" },
        { absent && l->count == CONF_COUNT_TOKENS, "count",
          "who presents no identity has no token to count" },
        { absent && l->who.type.n, "type", "who presents no identity has no type" },
        { is_failure(l->count) && l->outcome == CONF_OUTCOME_OK, "outcome",
          "a failure is never \"ok\"" },
        { !is_tried(l->count) && l->outcome != CONF_OUTCOME_ANY, "outcome",
          "connections, messages and recipients have none" },
        { !is_tried(l->count) && l->success_below, "success-below",
          "connections, messages and recipients neither succeed nor fail" },
    };
    return first_wrong(r, n, checks, ARRAY_SIZE(checks));
}

static bool check_effects(struct reading *r, const struct conf_limit *l, const struct node *n)
{
    bool connections = l->count == CONF_COUNT_CONNECTIONS;
    bool known = l->of == CONF_OF_KNOWN, place = l->of == CONF_OF_PLACE;
    const struct check checks[] = {
        { connections && l->then & ~(unsigned)AT_ONCE, "then",
          "of connections: log, alert and refuse only; what holds outlives them" },
        { connections && l->for_us, "for", "nothing holds when a connection is closed" },
        { l->then & CONF_THEN_DELAY && !is_tried(l->count), "then",
          "\"delay\" delays attempts, and none is counted here" },
        { conf_record_node(n, "delay") && !(l->then & CONF_THEN_DELAY), "delay",
          "\"delay\" is not in then" },
        { !connections && l->then & HELD && !l->for_us, "for", "missing: how long then holds" },
        { l->of == CONF_OF_ABSENT && l->then & CONF_THEN_REVOKE_DEVICE, "then",
          "who presents no identity has no device to revoke" },
        { (known || place) && l->then & CONF_THEN_KNOWN_DEVICES_ONLY, "then",
          "\"known-devices-only\" lets all of them in" },
        { known && l->then & CONF_THEN_REQUIRE_CLIENTID, "then",
          "\"require-clientid\" lets all of them in" },
    };
    return first_wrong(r, n, checks, ARRAY_SIZE(checks));
}

/* What is switched off may have effects that make no sense. */
bool conf_limit_check(struct reading *r, const struct conf_limit *limit, const struct node *n)
{
    return check_counting(r, limit, n) && (limit->then == 0 || check_effects(r, limit, n));
}
