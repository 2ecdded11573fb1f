/* SPDX-License-Identifier: ISC
 *
 * One event into the store. Only successes and the operator's commands create anything: a failure
 * can at most leave a line in the history of an account that is known.
 */
#include "device/device_internal.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"

enum device_state device_enrol(const struct device_enrolment *e, bool licensed, uint32_t devices,
                               bool has_places, bool place_known)
{
    bool known = licensed;
    switch (e->mode) {
    case DEVICE_ENROL_OPEN: known = true; break;
    case DEVICE_ENROL_FIRST: known |= devices < e->first && (!has_places || place_known); break;
    case DEVICE_ENROL_CLOSED: break;
    }
    return known ? DEVICE_KNOWN : DEVICE_PENDING;
}

struct apply {
    struct store *store;
    const struct device_event *event;
    const struct device_bounds *bounds;
    struct buf *evicted;
    struct device_applied *out;
    struct device_key key;
};

/* ---- the same token under another key of the secret file ---- */

static const struct device *graver(const struct device *a, const struct device *b, int64_t wall_us)
{
    return device_state_at(a, wall_us) >= device_state_at(b, wall_us) ? a : b;
}

/* What is known of one device under two keys. */
static void merge(struct device *new, const struct device *old, int64_t wall_us)
{
    const struct device *state = graver(new, old, wall_us);
    new->revoked_until_us = state->revoked_until_us;
    new->revoked_from = state->revoked_from;
    new->state = state->state;
    if (old->first_us < new->first_us)
        new->first_us = old->first_us;
    if (old->last_us > new->last_us)
        new->last_us = old->last_us;
    if (__builtin_add_overflow(new->count, old->count, &new->count))
        new->count = UINT64_MAX;
    if (!new->label[0])
        memcpy(new->label, old->label, sizeof new->label);
}

static int move_row(const struct apply *a, const struct device_key *old_key, struct device_row *old)
{
    struct device_row new;
    int error = device_row_load(a->store, &a->key, &new);
    if (!error && new.version)
        merge(&new.device, &old->device, a->event->wall_us);
    if (!error)
        error = device_row_save(a->store, &a->key, new.version ? &new : old);
    if (!error)
        error = device_row_delete(a->store, old_key);
    device_row_clear(&new);
    return error;
}

static int take_over(const struct apply *a)
{
    struct device_key old_key = a->key;
    struct device_row old;
    if (a->event->replaces.key == 0 || pseudonym_equal(&a->event->replaces, &a->key.token))
        return 0;
    old_key.token = a->event->replaces;
    int error = device_row_load(a->store, &old_key, &old);
    if (!error && old.version)
        error = move_row(a, &old_key, &old);
    device_row_clear(&old);
    if (!error)
        error = device_licence_move(a->store, &a->key, &old_key.token, a->event->wall_us);
    return error;
}

/* ---- who goes when an account has too many ---- */

struct census {
    int64_t age_us, wall_us;
    uint32_t total, known; /* known: and approved ones; the aged are in total only */
    int rank;              /* of the victim; lower goes first */
    int64_t last_us;
    char type[DEVICE_TYPE_MAX];
    size_t type_n;
    struct pseudonym token;
};

enum { RANK_AGED, RANK_PENDING, RANK_KNOWN, RANK_REVOKED, RANK_NEVER };

static int rank_of(const struct device *d, const struct census *c)
{
    if (device_aged(d, c->age_us, c->wall_us))
        return RANK_AGED;
    switch (device_state_at(d, c->wall_us)) {
    case DEVICE_NONE:
    case DEVICE_PENDING: return RANK_PENDING;
    case DEVICE_KNOWN: return RANK_KNOWN;
    case DEVICE_REVOKED: return d->revoked_from == DEVICE_APPROVED ? RANK_NEVER : RANK_REVOKED;
    case DEVICE_APPROVED: break;
    }
    return RANK_NEVER;
}

static bool on_device(void *context, const struct device_key *key, const struct device *device)
{
    struct census *c = context;
    int rank = rank_of(device, c);
    enum device_state state = device_state_at(device, c->wall_us);
    c->total++;
    c->known += rank != RANK_AGED && (state == DEVICE_KNOWN || state == DEVICE_APPROVED);
    if (rank == RANK_NEVER || rank > c->rank || (rank == c->rank && device->last_us >= c->last_us))
        return true;
    c->rank = rank;
    c->last_us = device->last_us;
    c->type_n = slice_keep(key->type, c->type, sizeof c->type).n;
    c->token = key->token;
    return true;
}

static int take_census(const struct apply *a, struct census *c)
{
    *c = (struct census){ .age_us = a->bounds->device_age_us,
                          .wall_us = a->event->wall_us,
                          .rank = RANK_NEVER };
    return device_walk(a->store, a->event->account, on_device, c);
}

/* What the log says of it; its slices stand in a->evicted. */
static int say_gone(const struct apply *a, const struct census *c)
{
    size_t n = a->event->account.n;
    buf_consume(a->evicted, buf_size(a->evicted));
    buf_append(a->evicted, a->event->account);
    buf_append(a->evicted, (struct slice){ (const uint8_t *)c->type, c->type_n });
    struct slice both = buf_slice(a->evicted);
    a->out->gone = (struct device_key){ slice_first(both, n), slice_from(both, n), c->token };
    a->out->evicted = true;
    return a->evicted->failed ? -ENOMEM : 0;
}

static int evict(const struct apply *a, const struct census *c)
{
    const struct device_key victim = { a->event->account,
                                       { (const uint8_t *)c->type, c->type_n },
                                       c->token };
    int error = device_row_delete(a->store, &victim);
    return error || c->rank == RANK_AGED ? error : say_gone(a, c);
}

/* *room: whether there is one more. */
static int make_room(const struct apply *a, struct census *c, bool *room)
{
    int error = 0;
    while (!error && c->total >= a->bounds->devices && c->total && c->rank != RANK_NEVER) {
        error = evict(a, c);
        if (!error)
            error = take_census(a, c);
    }
    *room = c->total < a->bounds->devices;
    return error;
}

/* ---- the device ---- */

static void learn(struct device *d, const struct device_event *e)
{
    if (d->count == 0) { /* also one that was approved ahead */
        d->shape = e->shape;
        memcpy(d->oui, e->oui, sizeof d->oui);
    }
    if (d->count == 0 || e->wall_us >= d->last_us) {
        d->network = e->network;
        d->location = e->location;
    }
    device_count(&d->first_us, &d->last_us, &d->count, e->wall_us);
}

static void set_state(struct device *d, enum device_state state)
{
    if (state == DEVICE_REVOKED)
        return; /* with until when, and from what */
    d->state = state;
    d->revoked_from = DEVICE_NONE;
    d->revoked_until_us = 0;
}

static int enrol(const struct apply *a, const struct device_places *places, bool licensed,
                 enum device_state *out)
{
    struct census c;
    bool room = false;
    int error = take_census(a, &c);
    uint32_t known = c.known;
    if (!error)
        error = make_room(a, &c, &room);
    *out = room ? device_enrol(&a->event->enrolment, licensed, known, places->any, places->this_one)
                : DEVICE_NONE;
    return error;
}

/* The state that the device has now; NONE: it is not recorded. */
static int decide(const struct apply *a, const struct device_places *places, struct device_row *row,
                  enum device_state *out)
{
    bool licensed = false;
    size_t which = 0;
    int error = device_licensed(a->store, &a->key, &a->key.token, 1, &licensed, &which);
    if (!error && row->version &&
        device_aged(&row->device, a->bounds->device_age_us, a->event->wall_us)) {
        error = device_row_delete(a->store, &a->key); /* forgotten: it begins anew */
        row->version = 0;
        row->device = (struct device){ 0 };
        row->later = (struct slice){ 0 };
    }
    if (error)
        return error;
    if (!row->version)
        return enrol(a, places, licensed, out);
    a->out->before = device_state_at(&row->device, a->event->wall_us);
    *out = a->out->before == DEVICE_PENDING && licensed ? DEVICE_KNOWN : a->out->before;
    return 0;
}

static int apply_device(const struct apply *a, const struct device_places *places)
{
    struct device_row row;
    enum device_state state = DEVICE_NONE;
    int error = take_over(a);
    if (error)
        return error;
    error = device_row_load(a->store, &a->key, &row);
    if (!error)
        error = decide(a, places, &row, &state);
    if (!error && state != DEVICE_NONE) {
        set_state(&row.device, state);
        learn(&row.device, a->event);
        error = device_row_save(a->store, &a->key, &row);
        a->out->after = state;
    }
    device_row_clear(&row);
    return error;
}

/* ---- the kinds ---- */

static int on_success(const struct apply *a)
{
    const struct device_event *e = a->event;
    struct device_places places = { 0 }; /* as they were before this event */
    int error = device_places_read(a->store, e->account, &e->network, a->bounds->place_age_us,
                                   e->wall_us, &places);
    if (!error)
        error = device_account_mark(a->store, e->account, e->wall_us);
    if (!error && e->typed.n)
        error = device_alias_teach(a->store, e->typed, e->account);
    if (!error && e->learn_place)
        error = device_place_learn(a->store, e, a->bounds, &a->out->new_place);
    if (!error && e->record_device && e->type.n)
        error = apply_device(a, &places);
    return error;
}

static void revoke(struct device *d, const struct device_event *e, enum device_state before)
{
    int64_t until = e->revoke_until_us;
    if (before == DEVICE_REVOKED) { /* the longer one holds; 0 is for good */
        if (d->revoked_until_us && (until == 0 || until > d->revoked_until_us))
            d->revoked_until_us = until;
        return;
    }
    d->state = DEVICE_REVOKED;
    d->revoked_from = before;
    d->revoked_until_us = until;
}

static int on_revoke(const struct apply *a)
{
    struct device_row row;
    int error = a->event->type.n ? take_over(a) : 0;
    if (error || !a->event->type.n)
        return error;
    error = device_row_load(a->store, &a->key, &row);
    if (!error && row.version) {
        a->out->before = device_state_at(&row.device, a->event->wall_us);
        revoke(&row.device, a->event, a->out->before);
        a->out->after = DEVICE_REVOKED;
        error = device_row_save(a->store, &a->key, &row);
    }
    device_row_clear(&row);
    return error;
}

static int note(const struct apply *a)
{
    const struct device_event *e = a->event;
    const struct device_history_entry entry = { e->wall_us, e->kind,    e->alert,    e->type,
                                                e->token,   e->network, e->location, e->reason };
    bool known = false;
    int error = device_account_known(a->store, e->account, &known);
    return error || !known ? error : device_history_add(a->store, e->account, &entry);
}

int device_apply(struct store *store, const struct device_event *event,
                 const struct device_bounds *bounds, struct buf *evicted,
                 struct device_applied *out)
{
    const struct apply a = { store,   event, bounds,
                             evicted, out,   { event->account, event->type, event->token } };
    int error = 0;
    *out = (struct device_applied){ 0 };
    if (!device_event_ok(event))
        return -EINVAL;
    switch (event->kind) {
    case DEVICE_EVENT_SUCCESS: error = on_success(&a); break;
    case DEVICE_EVENT_REVOKE: error = on_revoke(&a); break;
    case DEVICE_EVENT_FAILURE:
    case DEVICE_EVENT_ALERT: break;
    }
    return error || !event->user_log ? error : note(&a);
}
