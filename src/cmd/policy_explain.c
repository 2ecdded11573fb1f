/* SPDX-License-Identifier: ISC
 *
 * postern policy explain: one attempt, every rule and limit about it, and the verdict, as
 * device/explain tells it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cmd/cmd.h"
#include "cmd/device.h"
#include "cmd/policy.h"
#include "cmd/text.h"
#include "conf/unit.h"

#define WORDS_MAX 128

/* ---- what is asked ---- */

/* The identity becomes a pseudonym here: a token in clear goes nowhere. */
static int add_identity(struct policy_command *c, json_t *request)
{
    struct tool *t = &c->tool;
    struct device_key key;
    struct buf account;
    char type[DEVICE_TYPE_MAX + 1], token[PSEUDONYM_TEXT_MAX];
    if (!c->clientid)
        return CMD_OK;
    buf_init(&account, DEVICE_ACCOUNT_MAX);
    int code = tool_read(t);
    if (code == CMD_OK)
        code = tool_account(t, c->account, &account);
    if (code == CMD_OK)
        code = cmd_device_identity(t, buf_slice(&account), c->clientid, &key, type);
    buf_clear(&account);
    if (code == CMD_OK &&
        (json_object_set_new(request, "type", json_string(type)) ||
         json_object_set_new(request, "token", json_string(pseudonym_text(&key.token, token)))))
        code = tool_error(t, "request", -ENOMEM);
    return code;
}

static int ask(struct policy_command *c, json_t **answer)
{
    json_t *request = json_pack("{s:s, s:s, s:s, s:s*}", "do", "policy.explain", "account",
                                c->account, "ip", c->ip, "outcome", c->outcome);
    if (!request)
        return tool_say(&c->tool, "an account is UTF-8");
    int code = add_identity(c, request);
    if (code == CMD_OK)
        return tool_ask(&c->tool, request, answer);
    json_decref(request);
    return code;
}

/* ---- what is told ---- */

static const char *text_of(const json_t *o, const char *name)
{
    const char *text = json_string_value(json_object_get(o, name));
    return text ? text : "";
}

static bool is(const json_t *o, const char *name)
{
    return json_is_true(json_object_get(o, name));
}

static long long number_of(const json_t *o, const char *name)
{
    return (long long)json_integer_value(json_object_get(o, name));
}

/* A list of words, with commas; "-" when it is empty. */
static const char *words_of(const json_t *o, const char *name, char out[WORDS_MAX])
{
    size_t n = 0;
    const json_t *list = json_object_get(o, name);
    (void)snprintf(out, WORDS_MAX, "-");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *word = json_string_value(json_array_get(list, i));
        int more = snprintf(out + n, WORDS_MAX - n, "%s%s", i ? ", " : "", word ? word : "");
        if (more < 0 || (size_t)more >= WORDS_MAX - n)
            break;
        n += (size_t)more;
    }
    return out;
}

static const char *time_of(const json_t *o, const char *name, char out[32])
{
    struct buf text;
    buf_init(&text, 31);
    if (number_of(o, name) > 0)
        unit_write((uint64_t)number_of(o, name) * US_PER_S, UNIT_TIME, &text);
    else
        buf_append_byte(&text, '-');
    (void)snprintf(out, 32, "%.*s", SLICE_ARG(buf_slice(&text)));
    buf_clear(&text);
    return out;
}

static int width_of(const json_t *list, const char *name, const char *title)
{
    size_t width = strlen(title);
    for (size_t i = 0; i < json_array_size(list); i++) {
        size_t n = strlen(text_of(json_array_get(list, i), name));
        width = n > width ? n : width;
    }
    return (int)width;
}

static int words_width(const json_t *list, const char *name, const char *title)
{
    size_t width = strlen(title);
    char words[WORDS_MAX];
    for (size_t i = 0; i < json_array_size(list); i++) {
        size_t n = strlen(words_of(json_array_get(list, i), name, words));
        width = n > width ? n : width;
    }
    return (int)width;
}

/* ---- facts ---- */

static void print_facts(const json_t *o)
{
    const json_t *f = json_object_get(o, "facts");
    char account[TEXT_ACCOUNT_MAX], words[WORDS_MAX];
    (void)text_account(slice_of_str(text_of(o, "account")), account);
    (void)printf("account   %s%s, %lld known devices\n", account,
                 is(f, "account-has-history") ? "" : ", never succeeded before",
                 number_of(f, "devices"));
    (void)printf("class     %s\n", text_of(o, "class"));
    (void)printf("from      %s, %s, place %s%s%s%s%s\n", text_of(f, "ip"), text_of(f, "network"),
                 is(f, "place-known") ? "known" : "not known", text_of(f, "country")[0] ? ", " : "",
                 text_of(f, "country"), text_of(f, "place")[0] ? ", " : "", text_of(f, "place"));
    if (is(f, "clientid"))
        (void)printf("identity  %s:%s: %s\n", text_of(o, "type"), text_of(o, "pseudonym"),
                     words_of(f, "device", words));
    else
        (void)puts("identity  none is presented");
    if (text_of(f, "would-enrol-as")[0])
        (void)printf("          a success would make it %s\n", text_of(f, "would-enrol-as"));
    if (is(f, "store-failed"))
        (void)puts("          the store cannot say: what memory knows holds");
    (void)printf("outcome   %s, if the password is looked at\n", text_of(o, "outcome"));
    const json_t *attack = json_object_get(o, "attack");
    if (is(attack, "known-devices-only") || is(attack, "require-clientid"))
        (void)printf("attack    by hand:%s%s\n",
                     is(attack, "known-devices-only") ? " known-devices-only" : "",
                     is(attack, "require-clientid") ? " require-clientid" : "");
}

/* ---- rules ---- */

static const char *rule_says(const json_t *rule)
{
    if (!is(rule, "asked"))
        return "not asked, an earlier one decided";
    if (!is(rule, "matches"))
        return is(rule, "selects") ? "passes" : "is not about it";
    if (is(rule, "dry-run"))
        return "matches, dry run";
    return is(rule, "decides") ? "matches, decides" : "matches";
}

static void print_rules(const json_t *list)
{
    int width = width_of(list, "name", "RULE");
    if (json_array_size(list) == 0) {
        (void)puts("\nno rules");
        return;
    }
    (void)printf("\n%-*s  %-7s  %s\n", width, "RULE", "THEN", "HERE");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *rule = json_array_get(list, i);
        (void)printf("%-*s  %-7s  %s\n", width, text_of(rule, "name"), text_of(rule, "then"),
                     rule_says(rule));
    }
}

/* ---- limits ---- */

struct widths {
    int name, count, scope, then;
};

/* What there is to say of it, behind "; ". */
static void say(struct buf *out, const char *text)
{
    if (text[0])
        buf_printf(out, "%s%s", buf_size(out) ? "; " : "  ", text);
}

static void say_here(struct buf *out, const json_t *limit)
{
    char ratio[96];
    say(out, is(limit, "held") ? "HOLDS" : "");
    say(out, is(limit, "dry-run") ? "dry run" : "");
    (void)snprintf(ratio, sizeof ratio, "%lld of %lld succeed, only below %lld%%",
                   number_of(limit, "successes"), number_of(limit, "attempts"),
                   number_of(limit, "success-below"));
    say(out, json_object_get(limit, "success-below") ? ratio : "");
    say(out, is(limit, "applies") ? text_of(limit, "note") : text_of(limit, "why-not"));
}

static void print_limit(const json_t *limit, const struct widths *w)
{
    char scope[WORDS_MAX], then[WORDS_MAX], within[32], hold[32], counted[24] = "-";
    struct buf here;
    buf_init(&here, 512);
    say_here(&here, limit);
    if (json_object_get(limit, "counted"))
        (void)snprintf(counted, sizeof counted, "%lld", number_of(limit, "counted"));
    (void)printf("%-*s  %-*s  %-*s  %-7s  %7s  %6lld  %6s  %-*s  %4s%.*s\n", w->name,
                 text_of(limit, "name"), w->count, text_of(limit, "count"), w->scope,
                 words_of(limit, "scope", scope), text_of(limit, "of"), counted,
                 number_of(limit, "above"), time_of(limit, "within", within), w->then,
                 words_of(limit, "then", then), time_of(limit, "for", hold),
                 SLICE_ARG(buf_slice(&here)));
    buf_clear(&here);
}

static void print_limits(const json_t *list)
{
    struct widths w = { width_of(list, "name", "LIMIT"), width_of(list, "count", "COUNT"),
                        words_width(list, "scope", "PER"), words_width(list, "then", "THEN") };
    (void)printf("\n%-*s  %-*s  %-*s  %-7s  %7s  %6s  %6s  %-*s  %4s  HERE\n", w.name, "LIMIT",
                 w.count, "COUNT", w.scope, "PER", "OF", "COUNTED", "ABOVE", "WITHIN", w.then,
                 "THEN", "FOR");
    for (size_t i = 0; i < json_array_size(list); i++)
        print_limit(json_array_get(list, i), &w);
}

/* ---- the verdict ---- */

static void print_reason(const json_t *reason)
{
    char then[WORDS_MAX];
    (void)printf("          %s: %s", text_of(reason, "name"), words_of(reason, "then", then));
    if (json_object_get(reason, "above"))
        (void)printf(", %lld counted, above %lld", number_of(reason, "counted"),
                     number_of(reason, "above"));
    (void)printf("%s%s\n", is(reason, "tripped") ? ", trips now" : "",
                 is(reason, "dry-run") ? ", dry run" : "");
}

static void print_verdict(const char *when, const json_t *v)
{
    char effects[WORDS_MAX];
    const char *alert = text_of(v, "alert");
    const json_t *reasons = json_object_get(v, "reasons");
    if (!v)
        return;
    (void)printf("%-8s  %s", when, text_of(v, "action"));
    if (text_of(v, "refuse-at")[0])
        (void)printf(" at %s", text_of(v, "refuse-at"));
    if (number_of(v, "delay-ms"))
        (void)printf(", delayed by %lld ms", number_of(v, "delay-ms"));
    if (alert[0] && strcmp(alert, "none") != 0)
        (void)printf(", alert %s", alert);
    if (json_array_size(json_object_get(v, "effects")))
        (void)printf(", %s", words_of(v, "effects", effects));
    (void)putchar('\n');
    for (size_t i = 0; i < json_array_size(reasons); i++)
        print_reason(json_array_get(reasons, i));
}

int cmd_policy_explain(struct policy_command *c)
{
    struct tool *t = &c->tool;
    json_t *answer = NULL;
    int code = ask(c, &answer);
    if (code != CMD_OK)
        return code;
    if (t->json)
        return tool_json(t, answer);
    const json_t *verdict = json_object_get(answer, "verdict");
    print_facts(answer);
    print_rules(json_object_get(answer, "rules"));
    print_limits(json_object_get(answer, "limits"));
    (void)putchar('\n');
    print_verdict("before", json_object_get(verdict, "before"));
    print_verdict("after", json_object_get(verdict, "after"));
    json_decref(answer);
    return tool_end(t, CMD_OK);
}
