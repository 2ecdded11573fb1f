/* SPDX-License-Identifier: ISC
 *
 * Requests that change the registry: each is one synced transaction.
 */
#include <errno.h>

#include "base/clock.h"
#include "base/err.h"
#include "submit/control_internal.h"

#define REVOKE_FOR_MAX (INT64_C(10) * 366 * 86400) /* seconds */

/* ---- one transaction ---- */

static int end(struct control_call *call, int error)
{
    if (!error)
        return store_commit(call->context->store);
    store_abort(call->context->store);
    return error;
}

/* ---- one device ---- */

static bool read_device(struct control_call *call, struct device_key *out)
{
    struct slice token;
    return control_store(call) && control_account(call, false, &out->account) &&
           control_type(call, &out->type) &&
           control_text(call, "token", PSEUDONYM_TEXT_MAX, true, &token) &&
           control_token(call, token, &out->token);
}

static json_t *describe(const struct device_key *key, enum device_state before,
                        enum device_state after)
{
    char token[PSEUDONYM_TEXT_MAX];
    return json_pack("{s:s%, s:s%, s:s, s:s, s:s}", "account", key->account.p, key->account.n,
                     "type", key->type.p, key->type.n, "pseudonym",
                     pseudonym_text(&key->token, token), "before", device_state_text(before),
                     "state", device_state_text(after));
}

static enum device_state state_of(struct store *store, const struct device_key *key)
{
    struct device device;
    return device_find(store, key, &device) ? DEVICE_NONE : device.state;
}

/* What succeeded a moment ago is remembered until the store knows it: no longer. */
static void forget(const struct control_call *call, const struct device_key *key)
{
    if (call->context->counters)
        policy_forget(call->context->counters, key->account, key->type, &key->token, NULL);
}

static void set_state(struct control_call *call, enum device_state state, int64_t until_us)
{
    struct device_key key;
    struct store *store = call->context->store;
    if (!read_device(call, &key))
        return;
    enum device_state before = state_of(store, &key);
    int error = store_begin(store);
    if (!error)
        error = end(call, device_set_state(store, &key, state, until_us, call->wall_us));
    if (error)
        control_fail(call, error, "no such device");
    else {
        if (state == DEVICE_REVOKED)
            forget(call, &key);
        control_done(call, describe(&key, before, state));
    }
}

void control_device_approve(struct control_call *call)
{
    set_state(call, DEVICE_APPROVED, 0);
}

void control_device_revoke(struct control_call *call)
{
    int64_t seconds = 0;
    if (control_number(call, "for", REVOKE_FOR_MAX, &seconds))
        set_state(call, DEVICE_REVOKED, seconds ? call->wall_us + seconds * US_PER_S : 0);
}

void control_device_forget(struct control_call *call)
{
    struct device_key key;
    struct store *store = call->context->store;
    if (!read_device(call, &key))
        return;
    enum device_state before = state_of(store, &key);
    int error = store_begin(store);
    if (!error)
        error = end(call, device_forget(store, &key));
    if (error)
        control_fail(call, error, "no such device");
    else {
        forget(call, &key);
        control_done(call, describe(&key, before, DEVICE_NONE));
    }
}

void control_device_label(struct control_call *call)
{
    struct device_key key;
    struct slice label;
    struct store *store = call->context->store;
    if (!read_device(call, &key) || !control_text(call, "label", DEVICE_LABEL_MAX, true, &label))
        return;
    enum device_state state = state_of(store, &key);
    int error = store_begin(store);
    if (!error)
        error = end(call, device_set_label(store, &key, label));
    if (error == -EINVAL)
        control_refuse(call, "a label has no control characters");
    else if (error)
        control_fail(call, error, "no such device");
    else
        control_done(call, describe(&key, state, state));
}

/* ---- licences ---- */

struct batch {
    struct slice account, type;
    const json_t *tokens;
};

static bool read_batch(struct control_call *call, const char *name, const json_t **out)
{
    const json_t *list = json_object_get(call->request, name);
    size_t n = json_array_size(list); /* 0: no list, too */
    if (n >= 1 && n <= CONTROL_BATCH_MAX) {
        *out = list;
        return true;
    }
    control_refuse(call, "%s must be a list of 1 to %d texts", name, CONTROL_BATCH_MAX);
    return false;
}

static struct slice text_at(const json_t *list, size_t i)
{
    const json_t *item = json_array_get(list, i);
    return (struct slice){ (const uint8_t *)json_string_value(item), json_string_length(item) };
}

/* One of the list. *changed: how many there are more, or less. */
static int apply_licence(struct control_call *call, struct batch *batch, size_t i, bool put,
                         uint64_t *changed)
{
    struct store *store = call->context->store;
    struct device_key key = { .account = batch->account, .type = batch->type };
    if (!pseudonym_parse(text_at(batch->tokens, i), &key.token))
        return ERR_FORMAT;
    int error =
        put ? device_licence_put(store, &key, call->wall_us) : device_licence_delete(store, &key);
    *changed += !error;
    return error == ERR_NOT_FOUND ? 0 : error;
}

static void change_licences(struct control_call *call, bool put)
{
    struct batch batch;
    uint64_t changed = 0;
    if (!control_store(call) || !control_account(call, true, &batch.account) ||
        !control_type(call, &batch.type) || !read_batch(call, "tokens", &batch.tokens))
        return;
    int error = store_begin(call->context->store);
    if (!error) {
        for (size_t i = 0; !error && i < json_array_size(batch.tokens); i++)
            error = apply_licence(call, &batch, i, put, &changed);
        error = end(call, error);
    }
    if (error == ERR_FORMAT)
        control_refuse(call, "one of the tokens is no pseudonym; nothing was changed");
    else if (error)
        control_fail(call, error, "");
    else
        control_done(call,
                     json_pack("{s:s%, s:s%, s:I}", "account", batch.account.p, batch.account.n,
                               "type", batch.type.p, batch.type.n, "tokens", (json_int_t)changed));
}

void control_device_allow(struct control_call *call)
{
    change_licences(call, true);
}

void control_device_disallow(struct control_call *call)
{
    change_licences(call, false);
}

/* ---- backups, and the right to be forgotten ---- */

void control_device_import(struct control_call *call)
{
    const json_t *lines;
    struct fault why = { .what = "must be a text" };
    int64_t first = 1;
    size_t i = 0;
    if (!control_store(call) || !control_number(call, "first", INT32_MAX, &first) ||
        !read_batch(call, "lines", &lines))
        return;
    int error = store_begin(call->context->store);
    if (!error) {
        for (; !error && i < json_array_size(lines); i++)
            error = json_is_string(json_array_get(lines, i))
                        ? device_import_line(call->context->store, text_at(lines, i), &why)
                        : ERR_FORMAT;
        error = end(call, error);
    }
    if (error == ERR_FORMAT || error == -EINVAL)
        control_refuse(call, "line %lld, byte %zu: %s", (long long)first + (long long)i - 1,
                       why.at + 1, why.what);
    else if (error)
        control_fail(call, error, "");
    else
        control_done(call, json_pack("{s:I}", "records", (json_int_t)i));
}

static bool forget_device(void *context, const struct device_key *key, const struct device *device)
{
    (void)device;
    forget(context, key);
    return true;
}

static bool forget_place(void *context, struct slice account, const struct device_network *network,
                         const struct device_place *place)
{
    const struct control_call *call = context;
    (void)place;
    policy_forget(call->context->counters, account, (struct slice){ 0 }, NULL, network);
    return true;
}

/* What of the account is remembered beside the store. A record that cannot be read is passed over. */
static int forget_account(struct control_call *call, struct slice account)
{
    struct store *store = call->context->store;
    if (!call->context->counters)
        return 0;
    policy_forget(call->context->counters, account, (struct slice){ 0 }, NULL, NULL);
    int error = device_each(store, account, forget_device, call);
    if (!error || error == ERR_FORMAT)
        error = device_place_each(store, account, forget_place, call);
    return error == ERR_FORMAT ? 0 : error;
}

void control_device_erase(struct control_call *call)
{
    struct slice account;
    uint64_t n = 0;
    if (!control_store(call) || !control_account(call, false, &account))
        return;
    int error = forget_account(call, account);
    if (!error)
        error = store_begin(call->context->store);
    if (!error)
        error = end(call, device_erase(call->context->store, account, &n));
    if (error || n == 0)
        control_fail(call, error ? error : ERR_NOT_FOUND, "nothing is kept about that account");
    else
        control_done(call, json_pack("{s:s%, s:I}", "account", account.p, account.n, "records",
                                     (json_int_t)n));
}

void control_place_forget(struct control_call *call)
{
    struct slice account;
    struct device_network network;
    char text[DEVICE_NETWORK_TEXT_MAX];
    if (!control_store(call) || !control_account(call, false, &account) ||
        !control_network(call, &network))
        return;
    int error = store_begin(call->context->store);
    if (!error)
        error = end(call, device_place_forget(call->context->store, account, &network));
    if (!error && call->context->counters)
        policy_forget(call->context->counters, account, (struct slice){ 0 }, NULL, &network);
    if (error)
        control_fail(call, error, "no such place");
    else
        control_done(call, json_pack("{s:s%, s:s}", "account", account.p, account.n, "network",
                                     device_network_text(&network, text)));
}
