/* SPDX-License-Identifier: ISC
 *
 * postern policy attack, status, check: what is in force, by hand or by itself.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cmd/cmd.h"
#include "cmd/policy.h"
#include "cmd/text.h"
#include "submit/alert.h"

static const char *text_of(const json_t *o, const char *name)
{
    const char *text = json_string_value(json_object_get(o, name));
    return text ? text : "";
}

static long long number_of(const json_t *o, const char *name)
{
    return (long long)json_integer_value(json_object_get(o, name));
}

/* ---- attack mode ---- */

static void print_scope(const json_t *entry)
{
    char shown[TEXT_ACCOUNT_MAX];
    const char *account = text_of(entry, "account"), *network = text_of(entry, "network");
    (void)text_account(slice_of_str(account), shown);
    if (account[0])
        (void)printf("account %s", shown);
    else if (network[0])
        (void)printf("network %s", network);
    else
        (void)fputs("all", stdout);
}

static void print_attack(const json_t *list)
{
    if (json_array_size(list) == 0)
        (void)puts("attack mode: off");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        (void)printf("attack mode: %s, ", text_of(entry, "mode"));
        print_scope(entry);
        (void)putchar('\n');
    }
}

static json_t *attack_request(const struct policy_command *c)
{
    const char *what = c->argument[0];
    bool status = strcmp(what, "status") == 0, on = strcmp(what, "on") == 0;
    const char *mode = c->mode ? c->mode : "known-devices-only";
    json_t *o = json_pack("{s:s, s:s*, s:s*, s:s*}", "do",
                          status ? "policy.status" : "policy.attack", "account", c->account,
                          "network", c->network, "mode", status ? NULL : (on ? mode : "off"));
    if (o && c->for_us && json_object_set_new(o, "for", json_integer(c->for_us / US_PER_S))) {
        json_decref(o);
        return NULL;
    }
    return o;
}

int cmd_policy_attack(struct policy_command *c)
{
    struct tool *t = &c->tool;
    json_t *answer = NULL;
    int code = tool_ask(t, attack_request(c), &answer);
    if (code != CMD_OK)
        return code;
    if (t->json)
        return tool_json(t, answer);
    print_attack(json_object_get(answer, "attack"));
    if (json_object_get(answer, "seconds")) {
        char until[TEXT_TIME_MAX];
        int64_t until_us = clock_wall_us() + number_of(answer, "seconds") * US_PER_S;
        (void)printf("until %s\n", text_time(until_us, until));
    }
    json_decref(answer);
    return tool_end(t, CMD_OK);
}

/* ---- status ---- */

static void print_area(const json_t *counters, const char *area, const char *what)
{
    const json_t *o = json_object_get(counters, area);
    long long live = number_of(o, "live"), slots = number_of(o, "slots");
    (void)printf("  %-30s %12lld of %12lld  %3lld%%\n", what, live, slots,
                 slots ? live * 100 / slots : 0);
}

int cmd_policy_status(struct policy_command *c)
{
    struct tool *t = &c->tool;
    json_t *answer = NULL;
    int code = tool_ask(t, json_pack("{s:s}", "do", "policy.status"), &answer);
    if (code != CMD_OK)
        return code;
    if (t->json)
        return tool_json(t, answer);
    const json_t *counters = json_object_get(answer, "counters");
    print_attack(json_object_get(answer, "attack"));
    (void)printf("rules: %lld, limits: %lld\n", number_of(answer, "rules"),
                 number_of(answer, "limits"));
    (void)printf("counters: %lld KiB, in use\n", number_of(counters, "bytes") / 1024);
    print_area(counters, "known", "known devices and places");
    print_area(counters, "account", "strangers, on known accounts");
    print_area(counters, "stranger", "all that can be invented");
    json_decref(answer);
    return tool_end(t, CMD_OK);
}

/* ---- check ---- */

static int check_alerts(struct tool *t)
{
    struct buf why;
    int code = CMD_OK;
    buf_init(&why, 2048);
    if (!alerts_check(t->conf, &why))
        code = tool_say(t, "%.*s", SLICE_ARG(buf_slice(&why)));
    buf_clear(&why);
    return code;
}

int cmd_policy_check(struct policy_command *c)
{
    struct tool *t = &c->tool;
    const struct conf_policy *p = &t->conf->policy;
    int code = tool_policy(t);
    if (code == CMD_OK)
        code = check_alerts(t);
    if (code != CMD_OK)
        return code;
    if (t->json)
        return tool_json(t, json_pack("{s:b, s:I, s:I}", "ok", 1, "rules", (json_int_t)p->rules_n,
                                      "limits", (json_int_t)p->limits_n));
    (void)printf("%s: ok, %zu rules, %zu limits\n", c->file, p->rules_n, p->limits_n);
    return tool_end(t, CMD_OK);
}
