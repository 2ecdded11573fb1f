/* SPDX-License-Identifier: ISC */
#include "audit/severity.h"

#include <stdlib.h>

#include "audit/audit.h"

static const char *const names[] = { "none", "low", "medium", "high", "critical" };

const char *audit_severity_text(enum audit_severity severity)
{
    return names[severity];
}

bool audit_severity_find(struct slice name, enum audit_severity *out)
{
    for (size_t i = AUDIT_LOW; i < ARRAY_SIZE(names); i++) {
        if (!slice_equal(name, slice_of_str(names[i])))
            continue;
        *out = (enum audit_severity)i;
        return true;
    }
    return false;
}

enum audit_severity audit_attack_severity(enum audit_attack_id id, enum audit_verdict verdict)
{
    /* clang-format off */
    static const enum audit_severity exposed[AUDIT_ATTACKS] = {
        [AUDIT_5_1_DEVICE_TYPE] = AUDIT_MEDIUM,
        [AUDIT_5_2_OPERATING_SYSTEM] = AUDIT_MEDIUM,
        [AUDIT_5_3_LOCATION] = AUDIT_CRITICAL,
        [AUDIT_5_4_VISITED_NETWORKS] = AUDIT_HIGH,
        [AUDIT_5_5_STABLE_IDENTITY] = AUDIT_HIGH,
        [AUDIT_5_6_PERVASIVE_MONITORING] = AUDIT_HIGH,
        [AUDIT_5_7_NAME_IN_DNS] = AUDIT_HIGH,
        [AUDIT_5_8_CORRELATION] = AUDIT_HIGH,
        [AUDIT_5_9_LOCATION_TRACKING] = AUDIT_CRITICAL,
        [AUDIT_5_10_LEASEQUERY] = AUDIT_HIGH,
    };
    /* clang-format on */
    switch (verdict) {
    case AUDIT_NOT_SEEN: return AUDIT_HARMLESS;
    case AUDIT_POSSIBLE: return exposed[id] == AUDIT_CRITICAL ? AUDIT_MEDIUM : AUDIT_LOW;
    case AUDIT_EXPOSED: return exposed[id];
    }
    return AUDIT_HARMLESS;
}

/* ---- the findings of a whole audit ---- */

struct list {
    struct audit_concern *at;
    size_t n;
};

static void add(struct list *list, const struct audit_concern *concern)
{
    if (concern->count && concern->severity && list->n < AUDIT_CONCERNS_MAX)
        list->at[list->n++] = *concern;
}

static void take_example(struct audit_concern *c, const struct audit_findings *findings,
                         const struct audit_client *client)
{
    c->has_example = findings->n > 0;
    if (c->has_example)
        c->example = findings->at[0];
    c->client = client;
}

/* One client's verdict into the concern of its attack. An exposed one is the better example. */
static void count_attack(struct audit_concern *c, enum audit_attack_id id,
                         const struct audit_client *client)
{
    const struct audit_attack *attack = &client->attacks[id];
    enum audit_severity severity = audit_attack_severity(id, attack->verdict);
    if (attack->verdict == AUDIT_NOT_SEEN)
        return;
    c->count++;
    c->exposed += attack->verdict == AUDIT_EXPOSED;
    if (severity > c->severity || (severity == c->severity && !c->has_example)) {
        c->severity = severity;
        take_example(c, &attack->evidence, client);
    }
}

/* Clients in the outer loop: there may be a million, each of them far away in memory. */
static void add_attacks(const struct audit *audit, struct list *list)
{
    struct audit_concern of[AUDIT_ATTACKS] = { 0 };
    for (size_t k = 0; k < audit->clients_n; k++)
        for (unsigned i = 0; i < AUDIT_ATTACKS; i++)
            count_attack(&of[i], (enum audit_attack_id)i, audit->clients[k]);
    for (unsigned i = 0; i < AUDIT_ATTACKS; i++) {
        of[i].section = audit_attack_section((enum audit_attack_id)i);
        of[i].title = audit_attack_title((enum audit_attack_id)i);
        of[i].advice = audit_attack_advice((enum audit_attack_id)i);
        of[i].unit = "clients";
        of[i].of = audit->clients_n;
        add(list, &of[i]);
    }
}

static enum audit_severity rule_severity(enum audit_level level)
{
    switch (level) {
    case AUDIT_MUST: return AUDIT_MEDIUM;
    case AUDIT_SHOULD: return AUDIT_LOW;
    case AUDIT_MAY:
    case AUDIT_NOTE: break;
    }
    return AUDIT_HARMLESS;
}

/* RFC 7844 §3 */
static void add_rules(const struct audit *audit, struct list *list)
{
    struct audit_concern of[AUDIT_RULES] = { 0 };
    for (size_t i = 0; i < AUDIT_RULES && audit->tallies; i++) {
        const struct audit_rule_tally *tally = &audit->tallies[i];
        of[i].of = tally->clients;
        of[i].count = tally->violating;
        of[i].has_example = tally->violating && tally->example.what;
        of[i].example = tally->example;
        of[i].client = tally->client;
        of[i].severity = rule_severity(audit_rule(i)->level);
        of[i].section = audit_rule(i)->id;
        of[i].title = audit_rule(i)->rule;
        of[i].advice =
            "Turn the anonymity profile of RFC 7844 on (dhcpcd: anonymous; systemd-networkd: "
            "Anonymize=yes; NetworkManager: a random cloned-mac-address).";
        of[i].unit = "clients";
        of[i].exposed = of[i].count;
        add(list, &of[i]);
    }
}

/* RFC 7819 §4.2: does the address tell which client it is, or which the next one will be? */
static enum audit_severity allocation_severity(enum audit_strategy strategy)
{
    switch (strategy) {
    case AUDIT_STRATEGY_IDENTIFIER:
    case AUDIT_STRATEGY_HASH: return AUDIT_MEDIUM;
    case AUDIT_STRATEGY_ITERATIVE:
    case AUDIT_STRATEGY_LRU: return AUDIT_LOW;
    case AUDIT_STRATEGY_UNKNOWN:
    case AUDIT_STRATEGY_UNPREDICTABLE:
    case AUDIT_STRATEGIES: break;
    }
    return AUDIT_HARMLESS;
}

/* Of something that servers do: how many, and the first proof. */
static void count_server(struct audit_concern *c, bool concerned,
                         const struct audit_findings *evidence)
{
    if (!concerned)
        return;
    c->count++;
    c->exposed++;
    if (!c->has_example && evidence)
        take_example(c, evidence, NULL);
}

static void add_allocation(const struct audit *audit, struct list *list)
{
    for (unsigned i = AUDIT_LOW; i <= AUDIT_MEDIUM; i++) {
        struct audit_concern c = {
            .severity = (enum audit_severity)i,
            .section = "4.2",
            .title = i == AUDIT_LOW ? "Addresses are given one after the other"
                                    : "Addresses are made from who the client is",
            .advice = "Let the server choose addresses at random or by a keyed hash "
                      "(Kea: \"allocator\": \"random\").",
            .unit = "servers",
            .of = audit->servers_n,
        };
        for (size_t k = 0; k < audit->servers_n; k++)
            count_server(&c, allocation_severity(audit->servers[k].allocation.strategy) == i, NULL);
        add(list, &c);
    }
}

static void add_servers(const struct audit *audit, struct list *list)
{
    struct audit_concern rogue = {
        .severity = AUDIT_HIGH,
        .title = "More than one server answers on a link",
        .advice = "Find out whose each server is; let switches pass answers from known ports only "
                  "(DHCP snooping).",
    };
    struct audit_concern leaked = {
        .severity = AUDIT_MEDIUM,
        .title = "Servers send clients what only relay agents or the operator should know",
        .advice =
            "Have relay agents take option 82 out of what goes to clients (RFC 3046 §2.1), and "
            "servers leave names and locations out.",
    };
    struct audit_concern volunteered = {
        .severity = AUDIT_LOW,
        .title = "Servers send options that no client had asked for",
        .advice = "Send only what option 55 asks for; what is special to few clients in a class of "
                  "theirs.",
    };
    rogue.unit = leaked.unit = volunteered.unit = "servers";
    rogue.section = leaked.section = volunteered.section = "";
    rogue.of = leaked.of = volunteered.of = audit->servers_n;
    for (size_t k = 0; k < audit->servers_n; k++) {
        const struct audit_server *server = &audit->servers[k];
        count_server(&rogue, server->rogue, NULL);
        count_server(&leaked, server->leaked.n, &server->leaked);
        count_server(&volunteered, server->volunteered.n, &server->volunteered);
    }
    add(list, &rogue);
    add(list, &leaked);
    add(list, &volunteered);
}

static void add_malformed(const struct audit *audit, struct list *list)
{
    struct audit_concern c = {
        .severity = AUDIT_LOW,
        .section = "",
        .title = "Malformed messages",
        .advice = "See what is listed as malformed: who sends so is known by it, and other servers "
                  "may read it otherwise.",
        .unit = "faults",
        .count = audit->faults_all,
        .exposed = audit->faults_all,
        .of = audit->faults_all,
    };
    add(list, &c);
}

static double share(const struct audit_concern *c)
{
    return c->of ? (double)c->count / (double)c->of : 0;
}

/* Stable: what was added first stands first among equals (insertion; there are few). */
static void sort_concerns(struct list *list)
{
    for (size_t i = 1; i < list->n; i++) {
        struct audit_concern c = list->at[i];
        size_t k = i;
        while (k &&
               (list->at[k - 1].severity < c.severity ||
                (list->at[k - 1].severity == c.severity && share(&list->at[k - 1]) < share(&c)))) {
            list->at[k] = list->at[k - 1];
            k--;
        }
        list->at[k] = c;
    }
}

size_t audit_concerns(const struct audit *audit, struct audit_concern out[AUDIT_CONCERNS_MAX])
{
    struct list list = { .at = out };
    add_attacks(audit, &list);
    add_servers(audit, &list);
    add_allocation(audit, &list);
    add_rules(audit, &list);
    add_malformed(audit, &list);
    sort_concerns(&list);
    return list.n;
}
