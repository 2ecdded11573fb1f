/* SPDX-License-Identifier: ISC
 *
 * The words for states, shapes, kinds and alerts: in output, in configuration and in backups.
 */
#include "device/device_internal.h"

static const char *const states[] = { "none", "pending", "known", "approved", "revoked" };
static const char *const shapes[] = { "plain", "uuid", "hardware" };
static const char *const kinds[] = { "success", "failure", "revoke", "alert" };
static const char *const alerts[DEVICE_ALERT_COUNT] = {
    "none",    "new-device", "wrong-device",  "attack",
    "revoked", "two-places", "many-accounts", "limit",
};

static bool find(struct slice text, const char *const *words, size_t from, size_t n, size_t *out)
{
    for (size_t i = from; i < n; i++)
        if (slice_equal(text, slice_of_str(words[i]))) {
            *out = i;
            return true;
        }
    return false;
}

const char *device_state_text(enum device_state state)
{
    return (unsigned)state < ARRAY_SIZE(states) ? states[state] : "?";
}

bool device_state_parse(struct slice text, enum device_state *out)
{
    size_t i;
    if (!find(text, states, DEVICE_PENDING, ARRAY_SIZE(states), &i))
        return false;
    *out = (enum device_state)i;
    return true;
}

const char *device_shape_text(enum device_shape shape)
{
    return (unsigned)shape < ARRAY_SIZE(shapes) ? shapes[shape] : "?";
}

bool device_shape_parse(struct slice text, enum device_shape *out)
{
    size_t i;
    if (!find(text, shapes, 0, ARRAY_SIZE(shapes), &i))
        return false;
    *out = (enum device_shape)i;
    return true;
}

const char *device_kind_text(enum device_event_kind kind)
{
    return (unsigned)kind < ARRAY_SIZE(kinds) ? kinds[kind] : "?";
}

bool device_kind_parse(struct slice text, enum device_event_kind *out)
{
    size_t i;
    if (!find(text, kinds, 0, ARRAY_SIZE(kinds), &i))
        return false;
    *out = (enum device_event_kind)i;
    return true;
}

const char *device_alert_text(enum device_alert alert)
{
    return (unsigned)alert < DEVICE_ALERT_COUNT ? alerts[alert] : "?";
}

bool device_alert_parse(struct slice text, enum device_alert *out)
{
    size_t i;
    if (!find(text, alerts, 0, DEVICE_ALERT_COUNT, &i))
        return false;
    *out = (enum device_alert)i;
    return true;
}
