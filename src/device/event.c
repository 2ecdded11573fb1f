/* SPDX-License-Identifier: ISC
 *
 * One event as bytes; both ends are processes of the same service, so there is no version:
 *
 *   1 kind | 1 flags | 1 alert | 1 shape | 3 oui | 1 enrolment, 4 N | 8 wall clock | 8 revoke until
 *   | network | 1 n, n account | 1 n, n typed | 1 n, n reason
 *   | with an identity: 1 n, n type, token | replaced: token | located: location
 */
#include "device/device_internal.h"

enum {
    RECORD_DEVICE = 1,
    LEARN_PLACE = 2,
    USER_LOG = 4,
    IDENTITY = 8,
    REPLACES = 16,
    LOCATED = 32,
    ALL_FLAGS = 63,
};

static bool fail(struct fault *why, size_t at, const char *what)
{
    *why = (struct fault){ at, what };
    return false;
}

/* What no writer of ours says; at: roughly where. */
static bool event_ok(const struct device_event *e, struct fault *why)
{
    if ((unsigned)e->kind > DEVICE_EVENT_ALERT)
        return fail(why, 0, "not a kind");
    if ((unsigned)e->alert >= DEVICE_ALERT_COUNT)
        return fail(why, 2, "not an alert");
    if ((unsigned)e->shape > DEVICE_SHAPE_HARDWARE)
        return fail(why, 3, "not a shape");
    if ((unsigned)e->enrolment.mode > DEVICE_ENROL_CLOSED)
        return fail(why, 7, "not an enrolment");
    if (!device_account_ok(e->account))
        return fail(why, 28, "not an account");
    if (e->typed.n && !device_account_ok(e->typed))
        return fail(why, 28, "not a name");
    if (!device_text_ok(e->reason, DEVICE_REASON_MAX))
        return fail(why, 28, "not a reason");
    if (e->type.n ? !device_type_ok(e->type) || e->token.key == 0 : e->token.key != 0)
        return fail(why, 28, "not an identity");
    if (e->replaces.key && !e->type.n)
        return fail(why, 28, "replaces nothing");
    return true;
}

bool device_event_ok(const struct device_event *event)
{
    struct fault why;
    return event_ok(event, &why) && device_location_ok(&event->location);
}

/* At a character's beginning. */
static struct slice cut_text(struct slice text, size_t max)
{
    size_t n = max;
    if (text.n <= max)
        return text;
    while (n > 0 && (text.p[n] & 0xc0) == 0x80)
        n--;
    return slice_first(text, n);
}

static bool located(const struct device_location *l)
{
    return l->country[0] || l->name[0] || l->as || l->has_position;
}

static void write_event(struct buf *out, const struct device_event *e)
{
    unsigned flags = (e->record_device ? RECORD_DEVICE : 0) | (e->learn_place ? LEARN_PLACE : 0) |
                     (e->user_log ? USER_LOG : 0) | (e->type.n ? IDENTITY : 0) |
                     (e->replaces.key ? REPLACES : 0) | (located(&e->location) ? LOCATED : 0);
    const uint8_t head[] = { (uint8_t)e->kind,  (uint8_t)flags,
                             (uint8_t)e->alert, (uint8_t)e->shape,
                             e->oui[0],         e->oui[1],
                             e->oui[2],         (uint8_t)e->enrolment.mode };
    buf_append(out, (struct slice){ head, sizeof head });
    device_put_u32(out, e->enrolment.first);
    device_put_u64(out, (uint64_t)e->wall_us);
    device_put_u64(out, (uint64_t)e->revoke_until_us);
    device_put_network(out, &e->network);
    device_put_short(out, e->account);
    device_put_short(out, e->typed);
    device_put_short(out, e->reason);
    if (flags & IDENTITY) {
        device_put_short(out, e->type);
        device_put_token(out, &e->token);
    }
    if (flags & REPLACES)
        device_put_token(out, &e->replaces);
    if (flags & LOCATED)
        device_put_location(out, &e->location);
}

void device_event_write(struct buf *out, const struct device_event *event)
{
    struct device_event e = *event;
    e.reason = cut_text(e.reason, DEVICE_REASON_MAX);
    if (device_event_ok(&e))
        write_event(out, &e);
    else
        out->failed = true;
}

/* The flags. */
static unsigned read_head(struct reader *r, struct device_event *e)
{
    e->kind = (enum device_event_kind)reader_u8(r);
    unsigned flags = reader_u8(r);
    e->alert = (enum device_alert)reader_u8(r);
    e->shape = (enum device_shape)reader_u8(r);
    (void)slice_keep(reader_bytes(r, sizeof e->oui), e->oui, sizeof e->oui);
    e->enrolment.mode = reader_u8(r);
    e->enrolment.first = reader_be32(r);
    e->wall_us = (int64_t)device_read_u64(r);
    e->revoke_until_us = (int64_t)device_read_u64(r);
    device_read_network(r, &e->network);
    e->record_device = flags & RECORD_DEVICE;
    e->learn_place = flags & LEARN_PLACE;
    e->user_log = flags & USER_LOG;
    return flags;
}

bool device_event_parse(struct slice bytes, struct device_event *out, struct fault *why)
{
    struct reader r = reader_of(bytes);
    struct device_event e = { .kind = 0 };
    unsigned flags = read_head(&r, &e);
    e.account = device_read_short(&r);
    e.typed = device_read_short(&r);
    e.reason = device_read_short(&r);
    if (flags & IDENTITY) {
        e.type = device_read_short(&r);
        device_read_token(&r, &e.token);
    }
    if (flags & REPLACES)
        device_read_token(&r, &e.replaces);
    if (flags & LOCATED)
        device_read_location(&r, &e.location);
    if (r.bad || reader_left(&r))
        return fail(why, bytes.n, r.bad ? "too short, or broken" : "too long");
    if (flags > ALL_FLAGS || !(flags & IDENTITY) != !e.type.n ||
        !(flags & REPLACES) != !e.replaces.key || !(flags & LOCATED) != !located(&e.location))
        return fail(why, 1, "not its flags");
    if (!event_ok(&e, why))
        return false;
    *out = e;
    return true;
}
