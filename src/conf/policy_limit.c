/* SPDX-License-Identifier: ISC */
#include "conf/policy_defaults.h"
#include "conf/policy_internal.h"
#include "conf/policy_selector.h"
#include "conf/suggest.h"

#define LIMIT(member) offsetof(struct conf_limit, member)
#define BITS(last)    ((last)*2 - 1) /* it and all below it */

static const char *const counts[] = { "attempts",   "failures", "failed-passwords", "accounts",
                                      "tokens",     "networks", "connections",      "messages",
                                      "recipients", NULL };
static const char *const pers[] = { "account", "token", "type",     "ip",
                                    "network", "all",   "password", NULL };
static const char *const ofs[] = { "all", "known", "place", "unknown", "absent", NULL };
static const char *const outcomes[] = { "any", "failed", "ok", NULL };
const char *const conf_thens[] = {
    "log",           "alert", "delay", "refuse", "known-devices-only", "require-clientid",
    "revoke-device", NULL
};

/* clang-format off */
static const struct key keys[] = {
    { "policy.limits.name", NULL, "none; a limit needs one", KEY_TEXT, true, 0, 0, LIMIT(name), 0, &form_name, NULL,
      "What the log, alerts and postern policy explain call it. "
      "The name of a shipped limit: with count this one takes its place; without, only what is given here is changed." },
    { "policy.limits.count", NULL, "that of the shipped limit", KEY_CHOICE, true, 0, 0, LIMIT(count), 0, NULL, counts,
      "What is counted. failed-passwords: different guesses, so that a phone which repeats one stale password is one; "
      "failures where the mechanism hides the password. accounts, tokens, networks: different ones. "
      "connections: those that are open now." },
    { "policy.limits.per", NULL, "that of the shipped limit", KEY_BITS, true, 1, BITS(CONF_PER_PASSWORD), LIMIT(per), 0, NULL, pers,
      "Each of what has a budget of its own; several together are one scope. "
      "ip: an IPv4 address or an IPv6 /64. network: an IPv4 /24 or IPv6 /48. token: with its type. "
      "all: one budget for everybody; stands alone. "
      "password: what was typed, at whatever account; without effect where the mechanism hides it." },
    { "policy.limits.of", "all", NULL, KEY_CHOICE, true, 0, 0, LIMIT(of), 0, NULL, ofs,
      "Whose acts count. known: known devices. place: clients without a known device at a known place. "
      "unknown: strangers, with or without an identity. absent: strangers without one. "
      "all: everybody, each of these apart, and every known device and place alone." },
    { "policy.limits.outcome", "any", NULL, KEY_CHOICE, true, 0, 0, LIMIT(outcome), 0, NULL, outcomes,
      "Which attempts, accounts, tokens or networks count." },
    { "policy.limits.above", NULL, "that of the shipped limit", KEY_COUNT, true, 0, 65534, LIMIT(above), 0, NULL, NULL,
      "The limit trips when more than so many are counted; with 0 the first one trips it. Counters end at 65535." },
    { "policy.limits.within", NULL, "that of the shipped limit", KEY_TIME, true, 10 * UNIT_S, UNIT_D, LIMIT(within_us), 0, NULL, NULL,
      "The time in which they are counted; it slides. Counters keep time in steps of 8 seconds and windows of at most a day." },
    { "policy.limits.then", NULL, "that of the shipped limit", KEY_BITS, true, 0, BITS(CONF_THEN_REVOKE_DEVICE), LIMIT(then), 0, NULL, conf_thens,
      "What holds, for those that the limit is about, once it has tripped. log: only the log tells. alert: see alerts. "
      "delay: the password is looked at later. refuse: nobody is let in. "
      "known-devices-only: known devices and places are let in. require-clientid: who presents an identity is let in. "
      "revoke-device: the device is unknown as long as that holds. off: the limit is switched off." },
    { "policy.limits.for", NULL, "that of the shipped limit", KEY_TIME, true, UNIT_S, 3 * UNIT_D, LIMIT(for_us), 0, NULL, NULL,
      "How long that holds. While more than half of above go on being refused it is prolonged; else it ends by itself. "
      "Nothing here is for good: permanent locks are the commonest complaint about lock-out schemes." },
    { "policy.limits.delay", "3s", NULL, KEY_TIME, true, 100 * UNIT_MS, 20 * UNIT_S, LIMIT(delay_us), 0, NULL, NULL,
      "Of delay. 3 seconds are weakforced's; clients give up after 30, so that 20 is the most." },
    { "policy.limits.success-below", "0", NULL, KEY_COUNT, true, 0, 100, LIMIT(success_below), 0, NULL, NULL,
      "Percent: the limit trips only while fewer of the scope's attempts succeed. 0: always." },
    SELECTOR_ROWS("policy.limits", conf_limit),
    { "policy.limits.dry-run", "no", NULL, KEY_BOOL, true, 0, 0, LIMIT(dry_run), 0, NULL, NULL,
      "Count, and only log what would have been done." },
};
/* clang-format on */

const struct record conf_record_limit = { sizeof(struct conf_limit), keys, ARRAY_SIZE(keys), 1,
                                          NULL };

static struct conf_limit *find_limit(struct conf_policy *policy, struct slice name)
{
    for (size_t i = 0; i < policy->limits_n; i++)
        if (slice_equal(slice_of_str(policy->limits[i].name), name))
            return &policy->limits[i];
    return NULL;
}

/* An entry that does not say what it counts changes a shipped limit. */
static bool begin(struct reading *r, const struct node *n, const struct conf_limit *blank,
                  struct conf_limit *out)
{
    const struct node *name = conf_record_node(n, "name");
    const struct conf_limit *shipped = name ? conf_shipped_limit_find(name->text) : NULL;
    *out = *blank;
    if (!name || name->kind != NODE_SCALAR || conf_record_node(n, "count"))
        return true;
    if (shipped) {
        *out = *shipped;
        out->why = NULL;
        return true;
    }
    struct suggestion near;
    suggest_init(&near, name->text);
    for (size_t i = 0; i < conf_shipped_limits_n; i++)
        suggest_offer(&near, slice_of_str(conf_shipped_limits[i].name));
    (void)conf_fault(r->why, &n->place, "policy.limits.count",
                     "missing, and no shipped limit is called \"%.*s\"",
                     SLICE_ARG(node_shown(name->text)));
    if (near.best.n)
        buf_printf(r->why, "; did you mean \"%.*s\"?", SLICE_ARG(near.best));
    return false;
}

/* Into its place: that of the shipped one of its name, or the next. */
static bool put(struct reading *r, const struct node *n, const struct conf_limit *limit)
{
    struct conf_policy *policy = &r->conf->policy;
    struct conf_limit *same = find_limit(policy, slice_of_str(limit->name));
    if (same && same->place.file)
        return conf_fault(r->why, conf_record_place(n, "name"), "policy.limits.name",
                          "\"%s\" is the name of another limit, at %s:%u:%u", limit->name,
                          same->place.file, same->place.line, same->place.column);
    *(same ? same : &policy->limits[policy->limits_n++]) = *limit;
    return true;
}

static bool read_limit(struct reading *r, const struct key *key, const struct conf_limit *blank,
                       const struct node *n)
{
    struct conf_limit limit;
    if (!begin(r, n, blank, &limit))
        return false;
    limit.place = n->place;
    return conf_record_read(r, key, n, &limit) && conf_limit_check(r, &limit, n) &&
           put(r, n, &limit);
}

/* The shipped limits, and over them those of the file. */
bool conf_limits_read(struct reading *r, const struct key *key, const struct node *n)
{
    struct conf_policy *policy = &r->conf->policy;
    struct conf_limit blank = { 0 };
    if (n->kind != NODE_LIST)
        return value_unexpected(r, key, n);
    if (n->n > key->max)
        return conf_fault(r->why, &n->place, key->path, "more than %zu elements", (size_t)key->max);
    policy->limits =
        arena_alloc(&r->conf->arena, (conf_shipped_limits_n + n->n) * sizeof *policy->limits);
    if (!policy->limits)
        return conf_fault(r->why, &n->place, key->path, READING_NO_MEMORY);
    for (size_t i = 0; i < conf_shipped_limits_n; i++)
        policy->limits[policy->limits_n++] = conf_shipped_limits[i];
    if (!conf_record_init(r, &conf_record_limit, &blank))
        return false;
    for (const struct node *c = n->first; c; c = c->next)
        if (!read_limit(r, key, &blank, c))
            return false;
    return true;
}

bool conf_limits_finish(struct reading *r)
{
    const struct conf_policy *policy = &r->conf->policy;
    for (size_t i = 0; i < policy->limits_n; i++)
        if (!conf_selector_check(r, "policy.limits.group", &policy->limits[i].who))
            return false;
    return true;
}
