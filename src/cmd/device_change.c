/* SPDX-License-Identifier: ISC
 *
 * postern device approve, revoke, label, forget, erase: the operator's word about one device, one
 * place or one account. The verb is the request's.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cmd/cmd.h"
#include "cmd/device.h"
#include "cmd/text.h"

static const char *text_of(const json_t *answer, const char *name)
{
    const char *text = json_string_value(json_object_get(answer, name));
    return text ? text : "-";
}

static void print_account(const json_t *answer)
{
    char shown[TEXT_ACCOUNT_MAX];
    (void)text_account(slice_of_str(text_of(answer, "account")), shown);
    (void)fputs(shown, stdout);
}

static void print_change(const json_t *answer)
{
    print_account(answer);
    if (json_object_get(answer, "network"))
        (void)printf(" %s: forgotten\n", text_of(answer, "network"));
    else if (json_object_get(answer, "records"))
        (void)printf(": erased, %lld records\n",
                     (long long)json_integer_value(json_object_get(answer, "records")));
    else
        (void)printf(" %s:%s: %s, was %s\n", text_of(answer, "type"), text_of(answer, "pseudonym"),
                     text_of(answer, "state"), text_of(answer, "before"));
}

static int ask(struct tool *t, json_t *request)
{
    json_t *answer = NULL;
    int code = tool_ask(t, request, &answer);
    if (code != CMD_OK)
        return code;
    if (t->json)
        return tool_json(t, answer);
    print_change(answer);
    json_decref(answer);
    return tool_end(t, CMD_OK);
}

/* Of the device's account, type and token. */
static json_t *request_of(const struct device_command *c, const struct device_key *key)
{
    char token[PSEUDONYM_TEXT_MAX], what[32];
    (void)snprintf(what, sizeof what, "device.%s", c->verb);
    json_t *o =
        json_pack("{s:s, s:s%, s:s%, s:s}", "do", what, "account", key->account.p, key->account.n,
                  "type", key->type.p, key->type.n, "token", pseudonym_text(&key->token, token));
    bool good = o != NULL;
    if (good && c->for_us)
        good = json_object_set_new(o, "for", json_integer(c->for_us / US_PER_S)) == 0;
    if (good && strcmp(c->verb, "label") == 0)
        good = json_object_set_new(o, "label", json_string(c->argument[2])) == 0;
    if (good)
        return o;
    json_decref(o);
    return NULL;
}

static int change_device(struct device_command *c, struct slice account)
{
    struct device_key key;
    char type[DEVICE_TYPE_MAX + 1];
    int code = cmd_device_identity(&c->tool, account, c->argument[1], &key, type);
    return code == CMD_OK ? ask(&c->tool, request_of(c, &key)) : code;
}

static int forget_place(struct device_command *c, struct slice account)
{
    return ask(&c->tool, json_pack("{s:s, s:s%, s:s}", "do", "place.forget", "account", account.p,
                                   account.n, "network", c->argument[1]));
}

static int erase(struct device_command *c, struct slice account)
{
    char what[32];
    (void)snprintf(what, sizeof what, "device.%s", c->verb);
    return ask(&c->tool, json_pack("{s:s, s:s%}", "do", what, "account", account.p, account.n));
}

int cmd_device_change(struct device_command *c)
{
    struct tool *t = &c->tool;
    struct device_network network;
    struct buf account;
    buf_init(&account, DEVICE_ACCOUNT_MAX);
    int code = tool_read(t);
    if (code == CMD_OK)
        code = tool_account(t, c->argument[0], &account);
    struct slice name = buf_slice(&account);
    if (code == CMD_OK && strcmp(c->verb, "label") == 0 &&
        !slice_is_utf8(slice_of_str(c->argument[2])))
        code = tool_say(t, "a label is UTF-8");
    if (code == CMD_OK && !slice_is_utf8(name))
        code = tool_say(t, "that account is no UTF-8: it can only be shown");
    if (code != CMD_OK) {
        buf_clear(&account);
        return code;
    }
    if (strcmp(c->verb, "erase") == 0)
        code = erase(c, name);
    else if (strcmp(c->verb, "forget") == 0 &&
             device_network_parse(slice_of_str(c->argument[1]), &network))
        code = forget_place(c, name);
    else
        code = change_device(c, name);
    buf_clear(&account);
    return code;
}
