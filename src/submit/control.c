/* SPDX-License-Identifier: ISC */
#include "submit/control_internal.h"

#include <errno.h>
#include <string.h>

#include "base/attribute.h"
#include "base/err.h"
#include "base/secret.h"

#define REQUEST_NAME_MAX 32
#define NETWORK_MAX      DEVICE_NETWORK_TEXT_MAX

/* clang-format off */
static const struct {
    const char *room, *verb; /* with a dot between */
    void (*run)(struct control_call *call);
} requests[] = {
    { "device", "approve",  control_device_approve },
    { "device", "revoke",   control_device_revoke },
    { "device", "forget",   control_device_forget },
    { "device", "label",    control_device_label },
    { "device", "allow",    control_device_allow },
    { "device", "disallow", control_device_disallow },
    { "device", "import",   control_device_import },
    { "device", "erase",    control_device_erase },
    { "place",  "forget",   control_place_forget },
    { "policy", "attack",   control_policy_attack },
    { "policy", "status",   control_policy_status },
    { "policy", "explain",  control_policy_explain },
};
/* clang-format on */

/* ---- answers ---- */

static void answer(struct control_call *call, json_t *taken)
{
    json_decref(call->answer);
    call->answer = taken;
}

void control_refuse(struct control_call *call, const char *format, ...)
{
    va_list args;
    struct buf text;
    buf_init(&text, 512);
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    struct slice s = buf_slice(&text);
    answer(call, json_pack("{s:b, s:s%}", "ok", 0, "error", s.n ? (const char *)s.p : "", s.n));
    buf_clear(&text);
}

static bool passes(int error)
{
    return error == ERR_FULL || error == ERR_TIMEOUT || error == -ENOMEM || error == -EAGAIN ||
           error == -ENOSPC;
}

void control_fail(struct control_call *call, int error, const char *not_found)
{
    control_refuse(call, "%s", error == ERR_NOT_FOUND ? not_found : err_text(error));
    if (call->answer && passes(error) && json_object_set_new(call->answer, "again", json_true()))
        answer(call, NULL);
}

void control_done(struct control_call *call, json_t *fields)
{
    if (fields && json_object_set_new(fields, "ok", json_true())) {
        json_decref(fields);
        fields = NULL;
    }
    answer(call, fields);
}

/* ---- fields ---- */

bool control_text(struct control_call *call, const char *name, size_t max, bool required,
                  struct slice *out)
{
    const json_t *value = json_object_get(call->request, name);
    if (!value && !required) {
        *out = (struct slice){ 0 };
        return true;
    }
    if (!json_is_string(value)) {
        control_refuse(call, value ? "%s must be a text" : "%s is missing", name);
        return false;
    }
    struct slice text = { (const uint8_t *)json_string_value(value), json_string_length(value) };
    if (text.n > max) {
        control_refuse(call, "%s is longer than %zu bytes", name, max);
        return false;
    }
    *out = text;
    return true;
}

bool control_number(struct control_call *call, const char *name, int64_t max, int64_t *out)
{
    const json_t *value = json_object_get(call->request, name);
    if (!value)
        return true;
    int64_t number = json_is_integer(value) ? json_integer_value(value) : 0;
    if (number < 1 || number > max) {
        control_refuse(call, "%s must be a whole number from 1 to %lld", name, (long long)max);
        return false;
    }
    *out = number;
    return true;
}

/* An alias leads to the canonical name; without a store a name is what it is. */
static int follow_alias(struct control_call *call)
{
    struct buf canonical;
    buf_init(&canonical, DEVICE_ACCOUNT_MAX);
    int error = ERR_NOT_FOUND;
    if (call->context->store)
        error = device_alias_find(call->context->store, buf_slice(&call->account), &canonical);
    if (!error && !canonical.failed) {
        buf_clear(&call->account);
        buf_append(&call->account, buf_slice(&canonical));
    }
    buf_clear(&canonical);
    return error == ERR_NOT_FOUND ? 0 : error;
}

bool control_account(struct control_call *call, bool star, struct slice *out)
{
    struct slice text;
    struct slice realm = slice_of_str(call->context->conf->submission.realm);
    if (!control_text(call, "account", DEVICE_ACCOUNT_MAX, true, &text))
        return false;
    if (star && slice_equal(text, SLICE("*"))) {
        *out = text;
        return true;
    }
    buf_clear(&call->account);
    if (!device_account_write(text, realm, &call->account)) {
        control_refuse(call, "no account can have that name");
        return false;
    }
    int error = follow_alias(call);
    if (error) {
        control_fail(call, error, "");
        return false;
    }
    *out = buf_slice(&call->account);
    return true;
}

bool control_type(struct control_call *call, struct slice *out)
{
    struct slice text;
    if (!control_text(call, "type", DEVICE_TYPE_MAX, true, &text))
        return false;
    bool good = text.n > 0;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = ascii_upper(text.p[i]);
        good = good && ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_');
        call->type[i] = (char)c;
    }
    if (!good) {
        control_refuse(call, "type is no type of CLIENTID");
        return false;
    }
    *out = (struct slice){ (const uint8_t *)call->type, text.n };
    return true;
}

bool control_token(struct control_call *call, struct slice text, struct pseudonym *out)
{
    if (pseudonym_parse(text, out))
        return true;
    control_refuse(call, "token is no pseudonym");
    return false;
}

bool control_network(struct control_call *call, struct device_network *out)
{
    struct slice text;
    if (!control_text(call, "network", NETWORK_MAX, true, &text))
        return false;
    if (device_network_parse(text, out))
        return true;
    control_refuse(call, "network must be an IPv4 /24 or an IPv6 /48");
    return false;
}

bool control_store(struct control_call *call)
{
    if (call->context->store)
        return true;
    control_fail(call, ERR_STORE, "");
    return false;
}

/* ---- requests ---- */

static void run(struct control_call *call, struct slice name)
{
    struct slice room, verb;
    (void)slice_cut(name, '.', &room, &verb); /* without a dot there is no verb */
    for (size_t i = 0; i < ARRAY_SIZE(requests); i++)
        if (slice_equal(room, slice_of_str(requests[i].room)) &&
            slice_equal(verb, slice_of_str(requests[i].verb))) {
            requests[i].run(call);
            return;
        }
    control_refuse(call, "there is no such request");
}

json_t *control_execute(const struct control_context *context, const json_t *request,
                        int64_t wall_us)
{
    struct control_call call = { .context = context, .request = request, .wall_us = wall_us };
    struct slice name;
    buf_init(&call.account, DEVICE_ACCOUNT_MAX);
    if (!json_is_object(request))
        control_refuse(&call, "a request is an object");
    else if (control_text(&call, "do", REQUEST_NAME_MAX, true, &name))
        run(&call, name);
    buf_clear(&call.account);
    return call.answer;
}

void control_counters_key(const struct privacy *privacy, uint8_t out[16])
{
    uint8_t whole[32];
    privacy_derive(privacy, "policy-counters", whole);
    memcpy(out, whole, 16);
    secret_wipe(whole, sizeof whole);
}
