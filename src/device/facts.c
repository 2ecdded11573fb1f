/* SPDX-License-Identifier: ISC
 *
 * What the registry says about one attempt: half a dozen look-ups in one snapshot.
 */
#include "device/device_internal.h"

#include "base/err.h"

struct reading {
    const struct device_question *question;
    struct device_facts *out;
    struct slice account;
    size_t found; /* index of the token whose record this is; tokens_n: none */
    bool any;     /* the account has a device, whatever its state */
};

static size_t which_token(const struct device_question *q, const struct device_key *key)
{
    size_t i = 0;
    if (!slice_equal(key->type, q->type))
        return q->tokens_n;
    while (i < q->tokens_n && !pseudonym_equal(&key->token, &q->tokens[i]))
        i++;
    return i;
}

static bool on_device(void *context, const struct device_key *key, const struct device *device)
{
    struct reading *r = context;
    const struct device_question *q = r->question;
    struct device_facts *out = r->out;
    if (device_aged(device, q->device_age_us, q->wall_us))
        return true;
    enum device_state state = device_state_at(device, q->wall_us);
    size_t i = which_token(q, key);
    r->any = true;
    out->devices += state == DEVICE_KNOWN || state == DEVICE_APPROVED;
    if (i >= r->found)
        return true;
    r->found = i;
    out->device = state;
    out->last_network = device->network;
    out->last_location = device->location;
    out->last_us = device->last_us;
    return true;
}

/* A record of another device that cannot be read is as if it were not there; this one's own makes
 * the answer a failure: a known device must not be taken for a stranger. */
static int look_for_broken(struct store *store, const struct reading *r)
{
    const struct device_question *q = r->question;
    int error = 0;
    for (size_t i = 0; !error && q->type.n && i < q->tokens_n; i++) {
        const struct device_key key = { r->account, q->type, q->tokens[i] };
        struct device_row row;
        error = device_row_load(store, &key, &row);
        device_row_clear(&row);
    }
    return error;
}

static int read_devices(struct store *store, struct reading *r)
{
    r->found = r->question->tokens_n;
    int error = device_walk(store, r->account, on_device, r);
    if (!error && r->found == r->question->tokens_n)
        return look_for_broken(store, r);
    r->out->token = error ? 0 : r->found;
    return error;
}

static int read_licence(struct store *store, struct reading *r)
{
    const struct device_question *q = r->question;
    const struct device_key key = { .account = r->account, .type = q->type };
    size_t which = 0;
    if (q->type.n == 0 || q->tokens_n == 0)
        return 0;
    int error = device_licensed(store, &key, q->tokens, q->tokens_n, &r->out->licensed, &which);
    if (!error && r->out->licensed && r->found == q->tokens_n)
        r->out->token = which;
    return error;
}

static int read_places(struct store *store, struct reading *r)
{
    const struct device_question *q = r->question;
    struct device_places places = { 0 };
    int error =
        device_places_read(store, r->account, &q->network, q->place_age_us, q->wall_us, &places);
    r->out->has_places = places.any;
    r->out->place_known = places.this_one;
    return error;
}

static int read_account(struct store *store, struct reading *r)
{
    struct device_account account;
    r->out->account_known = r->any || r->out->has_places;
    if (r->out->account_known)
        return 0; /* one look-up less for nearly all who have succeeded before */
    int error = device_account_load(store, r->account, &account);
    r->out->account_known = error == 0 || error == ERR_FORMAT;
    return error == ERR_NOT_FOUND || error == ERR_FORMAT ? 0 : error;
}

static void keep_name(struct device_facts *out, struct slice name)
{
    struct slice kept = slice_keep(name, out->account, DEVICE_ACCOUNT_MAX);
    out->account[kept.n] = '\0';
}

/* What is typed is led to whose account it is. */
static int read_alias(struct store *store, struct device_facts *out)
{
    struct buf canonical;
    buf_init(&canonical, DEVICE_ACCOUNT_MAX);
    int error = device_alias_find(store, slice_of_str(out->account), &canonical);
    if (!error)
        keep_name(out, buf_slice(&canonical));
    buf_clear(&canonical);
    return error == ERR_NOT_FOUND || error == ERR_FORMAT ? 0 : error;
}

static int read_all(struct store *store, const struct device_question *q, struct device_facts *out)
{
    struct reading r = { .question = q, .out = out };
    int error = read_alias(store, out);
    r.account = slice_of_str(out->account);
    if (!error)
        error = read_devices(store, &r);
    if (!error)
        error = read_licence(store, &r);
    if (!error)
        error = read_places(store, &r);
    return error ? error : read_account(store, &r);
}

static bool spell(const struct device_question *q, struct device_facts *out)
{
    struct buf name;
    buf_init(&name, DEVICE_ACCOUNT_MAX);
    bool ok = device_account_write(q->typed, q->realm, &name);
    if (ok)
        keep_name(out, buf_slice(&name));
    buf_clear(&name);
    return ok;
}

void device_facts_read(struct store *store, const struct device_question *question,
                       struct device_facts *out)
{
    *out = (struct device_facts){ 0 };
    if (!spell(question, out))
        return;
    int error = store ? store_snapshot_begin(store) : ERR_STORE;
    if (!error) {
        error = read_all(store, question, out);
        store_snapshot_end(store);
    }
    if (error) {
        struct device_facts empty = { .failed = true };
        keep_name(&empty, slice_of_str(out->account));
        *out = empty;
    }
}
