/* SPDX-License-Identifier: ISC */
#include "store_fixture.h"

#include <errno.h>

static void put_licence(const struct device_key *key)
{
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(device_licence_put(store, key, NOW), 0);
    assert_int_equal(store_commit(store), 0);
}

static bool count_place(void *context, struct slice account, const struct device_network *network,
                        const struct device_place *place)
{
    size_t *n = context;
    (void)account;
    (void)network;
    (void)place;
    ++*n;
    return true;
}

static size_t places(const char *account)
{
    size_t n = 0;
    assert_int_equal(device_place_each(store, slice_of_str(account), count_place, &n), 0);
    return n;
}

static bool count_device(void *context, const struct device_key *key, const struct device *device)
{
    size_t *n = context;
    (void)key;
    (void)device;
    ++*n;
    return true;
}

static size_t devices(const char *account)
{
    size_t n = 0;
    assert_int_equal(device_each(store, slice_of_str(account), count_device, &n), 0);
    return n;
}

static bool count_entry(void *context, const struct device_history_entry *entry)
{
    size_t *n = context;
    (void)entry;
    ++*n;
    return true;
}

static size_t entries(const char *account)
{
    size_t n = 0;
    assert_int_equal(device_history_each(store, slice_of_str(account), count_entry, &n), 0);
    return n;
}

/* ---- device_enrol ---- */

static void test_who_enrols_by_itself(void **state)
{
    (void)state;
    static const struct {
        struct device_enrolment enrolment;
        bool licensed;
        uint32_t devices;
        bool has_places, place_known;
        enum device_state want;
    } cases[] = {
        { { DEVICE_ENROL_OPEN, 0 }, false, 99, true, false, DEVICE_KNOWN },
        { { DEVICE_ENROL_FIRST, 3 }, false, 0, false, false, DEVICE_KNOWN },
        { { DEVICE_ENROL_FIRST, 3 }, false, 2, false, false, DEVICE_KNOWN },
        { { DEVICE_ENROL_FIRST, 3 }, false, 3, false, false, DEVICE_PENDING },
        { { DEVICE_ENROL_FIRST, 3 }, false, 0, true, true, DEVICE_KNOWN },
        { { DEVICE_ENROL_FIRST, 3 }, false, 0, true, false, DEVICE_PENDING }, /* the thief */
        { { DEVICE_ENROL_FIRST, 3 }, false, 3, true, true, DEVICE_PENDING },
        { { DEVICE_ENROL_FIRST, 0 }, false, 0, false, false, DEVICE_PENDING },
        { { DEVICE_ENROL_FIRST, 3 }, true, 9, true, false, DEVICE_KNOWN },
        { { DEVICE_ENROL_CLOSED, 3 }, false, 0, false, false, DEVICE_PENDING },
        { { DEVICE_ENROL_CLOSED, 3 }, true, 0, false, false, DEVICE_KNOWN },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_int_equal(device_enrol(&cases[i].enrolment, cases[i].licensed, cases[i].devices,
                                      cases[i].has_places, cases[i].place_known),
                         cases[i].want);
}

/* ---- failures ---- */

static void test_a_failure_never_creates_a_device_or_a_place(void **state)
{
    (void)state;
    struct device_key key = key_of("demo", "UUID", 1);
    for (int kind = DEVICE_EVENT_FAILURE; kind <= DEVICE_EVENT_ALERT; kind++) {
        struct device_event event = event_of((enum device_event_kind)kind, &key, NOW);
        event.learn_place = event.user_log = true;
        event.network = network_of(1);
        event.typed = SLICE("other");
        apply(&event);
        assert_int_equal(applied.after, DEVICE_NONE);
        assert_int_equal(devices("") + places("") + entries("demo"), 0);
    }
    struct buf alias;
    buf_init(&alias, 10);
    assert_int_equal(device_alias_find(store, SLICE("other"), &alias), ERR_NOT_FOUND);
}

static void test_failures_never_evict_or_change_a_device(void **state)
{
    (void)state;
    bounds.devices = 2;
    for (uint8_t i = 0; i < 2; i++) {
        struct device_key key = key_of("demo", "UUID", i);
        succeed(&key, NOW + i);
    }
    for (uint8_t i = 0; i < 100; i++) {
        struct device_key key = key_of("demo", "UUID", i);
        struct device_event event = event_of(DEVICE_EVENT_FAILURE, &key, NOW + 50);
        event.user_log = true;
        apply(&event);
        assert_false(applied.evicted);
    }
    for (uint8_t i = 0; i < 2; i++) {
        struct device_key key = key_of("demo", "UUID", i);
        assert_true(device_get(&key).last_us == NOW + i);
        assert_int_equal(device_get(&key).count, 1);
    }
    assert_int_equal(devices("demo"), 2);
}

/* ---- enrolment inside the transaction ---- */

static void test_the_first_n_become_known_and_later_ones_are_pending(void **state)
{
    (void)state;
    for (uint8_t i = 0; i < 5; i++) {
        struct device_key key = key_of("demo", "UUID", i);
        struct device_event event = event_of(DEVICE_EVENT_SUCCESS, &key, NOW);
        event.enrolment = (struct device_enrolment){ DEVICE_ENROL_FIRST, 3 };
        apply(&event);
        assert_int_equal(applied.before, DEVICE_NONE);
        assert_int_equal(applied.after, i < 3 ? DEVICE_KNOWN : DEVICE_PENDING);
        assert_int_equal(device_get(&key).state, applied.after);
    }
}

static void test_enrolment_asks_for_the_places_before_this_success(void **state)
{
    (void)state;
    struct device_key home = key_of("demo", "UUID", 1), thief = key_of("demo", "UUID", 2),
                      second = key_of("demo", "UUID", 3);
    struct device_event event = event_of(DEVICE_EVENT_SUCCESS, &home, NOW);
    event.enrolment = (struct device_enrolment){ DEVICE_ENROL_FIRST, 3 };
    event.learn_place = true;
    event.network = network_of(1);
    apply(&event); /* no place was known: its own does not count against it */
    assert_int_equal(applied.after, DEVICE_KNOWN);
    assert_true(applied.new_place);
    event.token = thief.token;
    event.network = network_of(66);
    apply(&event); /* nor does its own count for it */
    assert_int_equal(applied.after, DEVICE_PENDING);
    event.token = second.token;
    event.network = network_of(1);
    apply(&event);
    assert_int_equal(applied.after, DEVICE_KNOWN);
    assert_false(applied.new_place);
}

static void test_a_device_keeps_its_state(void **state)
{
    (void)state;
    static const enum device_state states[] = { DEVICE_PENDING, DEVICE_KNOWN, DEVICE_APPROVED,
                                                DEVICE_REVOKED };
    for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
        struct device_key key = key_of("demo", "UUID", (uint8_t)i);
        set_state(&key, states[i], 0, NOW);
        succeed(&key, NOW + 1); /* enrolment is open, and changes nothing */
        assert_int_equal(applied.before, states[i]);
        assert_int_equal(applied.after, states[i]);
        assert_int_equal(device_get(&key).state, states[i]);
    }
}

static void test_a_licence_makes_a_device_known_also_later(void **state)
{
    (void)state;
    static const char *const lists[] = { "demo", "*" };
    for (uint8_t i = 0; i < 2; i++) {
        struct device_key key = key_of("demo", "UUID", i), licence = key_of(lists[i], "UUID", i),
                          other_type = key_of("demo", "OTHER", i);
        struct device_event event = event_of(DEVICE_EVENT_SUCCESS, &key, NOW);
        event.enrolment.mode = DEVICE_ENROL_CLOSED;
        apply(&event);
        assert_int_equal(applied.after, DEVICE_PENDING);
        put_licence(&licence);
        apply(&event);
        assert_int_equal(applied.before, DEVICE_PENDING);
        assert_int_equal(applied.after, DEVICE_KNOWN);
        event.type = other_type.type; /* the type belongs to the token */
        apply(&event);
        assert_int_equal(applied.after, DEVICE_PENDING);
    }
}

static void test_a_licence_does_not_undo_a_revocation(void **state)
{
    (void)state;
    struct device_key key = key_of("demo", "UUID", 1);
    put_licence(&key);
    set_state(&key, DEVICE_REVOKED, 0, NOW);
    succeed(&key, NOW + 1);
    assert_int_equal(device_get(&key).state, DEVICE_REVOKED);
}

static void test_what_is_not_to_be_recorded_is_not(void **state)
{
    (void)state;
    struct device_key key = key_of("demo", "UUID", 1);
    struct device_event event = event_of(DEVICE_EVENT_SUCCESS, &key, NOW);
    event.record_device = false;
    event.network = network_of(1);
    apply(&event);
    assert_int_equal(devices("") + places("") + entries("demo"), 0);
    event.type = SLICE("");
    event.token.key = 0;
    event.record_device = event.learn_place = event.user_log = true;
    apply(&event);
    assert_int_equal(devices(""), 0);
    assert_int_equal(places("demo"), 1);
    assert_int_equal(entries("demo"), 1);
}

static void test_what_a_device_is_of_its_last_success(void **state)
{
    (void)state;
    struct device_key key = key_of("demo", "UUID", 1);
    struct device_event event = event_of(DEVICE_EVENT_SUCCESS, &key, NOW);
    event.network = network_of(1);
    event.location = (struct device_location){ .country = "NO", .as = 7 };
    event.shape = DEVICE_SHAPE_UUID;
    apply(&event);
    event.network = network_of(2);
    event.location = (struct device_location){ .country = "SE" };
    event.shape = DEVICE_SHAPE_HARDWARE; /* noted at enrolment only */
    event.wall_us = NOW + 5;
    apply(&event);
    event.network = network_of(3);
    event.wall_us = NOW + 4; /* another worker's, come late */
    apply(&event);
    struct device device = device_get(&key);
    assert_int_equal(device.network.bytes[2], 2);
    assert_string_equal(device.location.country, "SE");
    assert_int_equal(device.location.as, 0);
    assert_int_equal(device.shape, DEVICE_SHAPE_UUID);
    assert_int_equal(device.count, 3);
    assert_true(device.first_us == NOW && device.last_us == NOW + 5);
}

/* ---- bounds ---- */

/* Each a second younger than the one before. */
static void fill(const enum device_state *states, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct device_key key = key_of("demo", "UUID", (uint8_t)(i + 1));
        set_state(&key, states[i], 0, NOW + (int64_t)i);
    }
}

static void test_pending_ones_go_first_then_known_then_revoked_the_oldest_of_each(void **state)
{
    (void)state;
    static const enum device_state states[] = { DEVICE_APPROVED, DEVICE_REVOKED, DEVICE_KNOWN,
                                                DEVICE_PENDING,  DEVICE_REVOKED, DEVICE_KNOWN,
                                                DEVICE_PENDING };
    static const uint8_t order[] = { 4, 7, 3, 6, 2, 5 };
    bounds.devices = ARRAY_SIZE(states);
    fill(states, ARRAY_SIZE(states));
    for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
        struct device_key key = key_of("demo", "NEW", (uint8_t)i);
        succeed(&key, NOW + 100);
        assert_true(applied.evicted);
        expect_slice("account", applied.gone.account, SLICE("demo"));
        expect_slice("type", applied.gone.type, SLICE("UUID"));
        assert_int_equal(applied.gone.token.bytes[0], order[i]);
        assert_false(device_there(&applied.gone));
        assert_int_equal(devices("demo"), ARRAY_SIZE(states));
        set_state(&key, DEVICE_APPROVED, 0, NOW); /* out of the way */
    }
}

static void test_approved_ones_never_go_and_then_the_new_one_is_not_recorded(void **state)
{
    (void)state;
    static const enum device_state states[] = { DEVICE_APPROVED, DEVICE_APPROVED };
    struct device_key key = key_of("demo", "UUID", 9), one = key_of("demo", "UUID", 1);
    bounds.devices = 2;
    fill(states, 2);
    set_state(&one, DEVICE_REVOKED, NOW + DAY, NOW); /* for a while: it stays approved */
    struct device_event event = event_of(DEVICE_EVENT_SUCCESS, &key, NOW + 100);
    event.learn_place = event.user_log = true;
    event.network = network_of(1);
    apply(&event);
    assert_int_equal(applied.after, DEVICE_NONE);
    assert_false(applied.evicted);
    assert_int_equal(devices("demo"), 2);
    assert_int_equal(places("demo"), 1); /* the rest of it counts */
    assert_int_equal(entries("demo"), 1);
}

static void test_other_accounts_devices_are_not_evicted(void **state)
{
    (void)state;
    struct device_key a = key_of("demo", "UUID", 1), b = key_of("demo.two", "UUID", 1),
                      c = key_of("demo", "UUID", 2);
    bounds.devices = 1;
    succeed(&b, NOW - 10);
    succeed(&a, NOW);
    assert_false(applied.evicted);
    succeed(&c, NOW + 1);
    assert_true(applied.evicted);
    assert_true(device_there(&b) && device_there(&c) && !device_there(&a));
}

static void test_a_lowered_bound_is_met_with_the_next_new_device(void **state)
{
    (void)state;
    for (uint8_t i = 1; i <= 5; i++) {
        struct device_key key = key_of("demo", "UUID", i);
        succeed(&key, NOW + i);
    }
    struct device_key five = key_of("demo", "UUID", 5), new = key_of("demo", "UUID", 9);
    bounds.devices = 2;
    succeed(&new, NOW + 9);
    assert_int_equal(devices("demo"), 2);
    assert_true(device_there(&five) && device_there(&new));
}

static void test_the_oldest_place_goes(void **state)
{
    (void)state;
    struct device_key key = key_of("demo", "UUID", 1);
    struct device_event event = event_of(DEVICE_EVENT_SUCCESS, &key, NOW);
    event.learn_place = true;
    bounds.places = 3;
    for (uint8_t i = 1; i <= 3; i++) {
        event.network = network_of(i);
        event.wall_us = NOW + i;
        apply(&event);
        assert_true(applied.new_place);
    }
    event.network = network_of(1); /* used again: 2 is the oldest now */
    event.wall_us = NOW + 10;
    apply(&event);
    assert_false(applied.new_place);
    event.network = network_of(4);
    apply(&event);
    assert_int_equal(places("demo"), 3);
    event.network = network_of(1);
    apply(&event);
    assert_false(applied.new_place);
    event.network = network_of(2);
    apply(&event);
    assert_true(applied.new_place);
}

static void test_a_socket_is_no_place(void **state)
{
    (void)state;
    struct device_key key = key_of("demo", "UUID", 1);
    struct device_event event = event_of(DEVICE_EVENT_SUCCESS, &key, NOW);
    event.learn_place = true;
    apply(&event);
    assert_false(applied.new_place);
    assert_int_equal(places("demo"), 0);
}

/* ---- ages ---- */

static void test_a_device_unused_for_too_long_begins_anew(void **state)
{
    (void)state;
    struct device_key key = key_of("demo", "UUID", 1);
    struct device_event event = event_of(DEVICE_EVENT_SUCCESS, &key, NOW);
    apply(&event);
    event.wall_us = NOW + bounds.device_age_us; /* the last day */
    event.enrolment.mode = DEVICE_ENROL_CLOSED;
    apply(&event);
    assert_int_equal(applied.before, DEVICE_KNOWN);
    event.wall_us += bounds.device_age_us + 1;
    apply(&event);
    assert_int_equal(applied.before, DEVICE_NONE);
    assert_int_equal(applied.after, DEVICE_PENDING);
    assert_int_equal(device_get(&key).count, 1);
    assert_true(device_get(&key).first_us == event.wall_us);
}

static void test_old_devices_are_no_devices_when_another_enrols(void **state)
{
    (void)state;
    for (uint8_t i = 0; i < 3; i++) {
        struct device_key key = key_of("demo", "UUID", i);
        succeed(&key, NOW);
    }
    struct device_key key = key_of("demo", "UUID", 9);
    struct device_event event = event_of(DEVICE_EVENT_SUCCESS, &key, NOW + 200 * DAY);
    event.enrolment = (struct device_enrolment){ DEVICE_ENROL_FIRST, 1 };
    apply(&event);
    assert_int_equal(applied.after, DEVICE_KNOWN);
}

static void test_a_place_unused_for_too_long_is_new_again(void **state)
{
    (void)state;
    struct device_key key = key_of("demo", "UUID", 1);
    struct device_event event = event_of(DEVICE_EVENT_SUCCESS, &key, NOW);
    event.learn_place = true;
    event.network = network_of(1);
    apply(&event);
    event.wall_us = NOW + bounds.place_age_us;
    apply(&event);
    assert_false(applied.new_place);
    event.wall_us += bounds.place_age_us + 1;
    apply(&event);
    assert_true(applied.new_place);
    assert_int_equal(places("demo"), 1);
}

/* ---- revocation by a limit ---- */

static void test_a_limit_revokes_a_device_until_a_time(void **state)
{
    (void)state;
    struct device_key key = key_of("demo", "UUID", 1);
    succeed(&key, NOW);
    struct device_event event = event_of(DEVICE_EVENT_REVOKE, &key, NOW + 1);
    event.revoke_until_us = NOW + 100;
    apply(&event);
    assert_int_equal(applied.before, DEVICE_KNOWN);
    assert_int_equal(applied.after, DEVICE_REVOKED);
    struct device device = device_get(&key);
    assert_int_equal(device_state_at(&device, NOW + 99), DEVICE_REVOKED);
    assert_int_equal(device_state_at(&device, NOW + 100), DEVICE_KNOWN);
    event.revoke_until_us = NOW + 50; /* the longer one holds */
    apply(&event);
    assert_int_equal(applied.before, DEVICE_REVOKED);
    assert_true(device_get(&key).revoked_until_us == NOW + 100);
    succeed(&key, NOW + 200); /* lapsed: written down so with the next success */
    assert_int_equal(applied.before, DEVICE_KNOWN);
    assert_int_equal(device_get(&key).state, DEVICE_KNOWN);
    assert_int_equal(device_get(&key).revoked_from, DEVICE_NONE);
}

static void test_a_limit_does_not_shorten_the_operators_revocation(void **state)
{
    (void)state;
    struct device_key key = key_of("demo", "UUID", 1);
    set_state(&key, DEVICE_REVOKED, 0, NOW);
    struct device_event event = event_of(DEVICE_EVENT_REVOKE, &key, NOW + 1);
    event.revoke_until_us = NOW + 100;
    apply(&event);
    assert_true(device_get(&key).revoked_until_us == 0);
}

static void test_a_device_that_is_not_there_is_not_revoked(void **state)
{
    (void)state;
    struct device_key key = key_of("demo", "UUID", 1);
    struct device_event event = event_of(DEVICE_EVENT_REVOKE, &key, NOW);
    apply(&event);
    assert_int_equal(applied.after, DEVICE_NONE);
    event.type = SLICE("");
    event.token.key = 0;
    apply(&event);
    assert_int_equal(devices(""), 0);
}

/* ---- a new key of the secret file ---- */

static struct device_event rotated(const struct device_key *new, const struct device_key *old)
{
    struct device_event event = event_of(DEVICE_EVENT_SUCCESS, new, NOW + 10);
    event.replaces = old->token;
    event.enrolment.mode = DEVICE_ENROL_CLOSED;
    return event;
}

static void test_a_record_moves_under_the_newest_key_as_it_is(void **state)
{
    (void)state;
    struct device_key old = key_of("demo", "UUID", 1), new = key_of("demo", "UUID", 2);
    new.token.key = 2;
    succeed(&old, NOW);
    set_state(&old, DEVICE_APPROVED, 0, NOW);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(device_set_label(store, &old, SLICE("phone")), 0);
    assert_int_equal(store_commit(store), 0);
    struct device_event event = rotated(&new, &old);
    bounds.devices = 1; /* it is no second device */
    apply(&event);
    assert_int_equal(applied.before, DEVICE_APPROVED);
    assert_int_equal(applied.after, DEVICE_APPROVED);
    assert_false(applied.evicted);
    assert_false(device_there(&old));
    struct device device = device_get(&new);
    assert_string_equal(device.label, "phone");
    assert_true(device.first_us == NOW && device.last_us == NOW + 10 && device.count == 2);
}

static void test_a_licence_moves_under_the_newest_key(void **state)
{
    (void)state;
    static const char *const lists[] = { "demo", "*" };
    for (uint8_t i = 0; i < 2; i++) {
        struct device_key old = key_of("demo", "UUID", i), new = old,
                          licence = key_of(lists[i], "UUID", i);
        new.token.key = 2;
        put_licence(&licence);
        struct device_event event = rotated(&new, &old);
        apply(&event);
        assert_int_equal(applied.after, DEVICE_KNOWN);
        assert_int_equal(store_begin(store), 0);
        assert_int_equal(device_licence_delete(store, &licence), ERR_NOT_FOUND);
        licence.token.key = 2;
        assert_int_equal(device_licence_delete(store, &licence), 0);
        store_abort(store);
    }
}

static void test_two_records_of_one_device_become_one_with_the_graver_state(void **state)
{
    (void)state;
    struct device_key old = key_of("demo", "UUID", 1), new = key_of("demo", "UUID", 2);
    new.token.key = 2;
    succeed(&old, NOW);
    set_state(&old, DEVICE_REVOKED, 0, NOW);
    succeed(&new, NOW + 5);
    struct device_event event = rotated(&new, &old);
    apply(&event);
    assert_int_equal(applied.before, DEVICE_REVOKED); /* a rotation is no way out */
    assert_int_equal(devices("demo"), 1);
    struct device device = device_get(&new);
    assert_int_equal(device.state, DEVICE_REVOKED);
    assert_int_equal(device.revoked_from, DEVICE_KNOWN);
    assert_true(device.first_us == NOW && device.count == 3);
}

static void test_a_revocation_finds_the_record_under_its_old_key(void **state)
{
    (void)state;
    struct device_key old = key_of("demo", "UUID", 1), new = key_of("demo", "UUID", 2);
    new.token.key = 2;
    succeed(&old, NOW);
    struct device_event event = rotated(&new, &old);
    event.kind = DEVICE_EVENT_REVOKE;
    apply(&event);
    assert_int_equal(applied.after, DEVICE_REVOKED);
    assert_int_equal(device_get(&new).state, DEVICE_REVOKED);
    assert_false(device_there(&old));
}

/* ---- faults ---- */

static void test_what_can_be_no_event_changes_nothing(void **state)
{
    (void)state;
    struct device_key key = key_of("demo", "UUID", 1);
    struct device_event event = event_of(DEVICE_EVENT_SUCCESS, &key, NOW);
    event.location.latitude = INT32_MAX;
    event.location.has_position = true;
    assert_int_equal(try_apply(&event), -EINVAL);
    event = event_of(DEVICE_EVENT_SUCCESS, &key, NOW);
    event.reason = SLICE("a\0b");
    assert_int_equal(try_apply(&event), -EINVAL);
}

static void test_a_broken_device_of_the_account_stops_no_other(void **state)
{
    (void)state;
    struct device_key key = key_of("demo", "UUID", 2);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_put(store, "device",
                               SLICE("demo\0UUID\0\0\0\0\1\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
                               SLICE("broken")),
                     0);
    assert_int_equal(store_commit(store), 0);
    succeed(&key, NOW);
    assert_int_equal(applied.after, DEVICE_KNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_enrols_by_itself),
        RULE(test_a_failure_never_creates_a_device_or_a_place),
        RULE(test_failures_never_evict_or_change_a_device),
        RULE(test_the_first_n_become_known_and_later_ones_are_pending),
        RULE(test_enrolment_asks_for_the_places_before_this_success),
        RULE(test_a_device_keeps_its_state),
        RULE(test_a_licence_makes_a_device_known_also_later),
        RULE(test_a_licence_does_not_undo_a_revocation),
        RULE(test_what_is_not_to_be_recorded_is_not),
        RULE(test_what_a_device_is_of_its_last_success),
        RULE(test_pending_ones_go_first_then_known_then_revoked_the_oldest_of_each),
        RULE(test_approved_ones_never_go_and_then_the_new_one_is_not_recorded),
        RULE(test_other_accounts_devices_are_not_evicted),
        RULE(test_a_lowered_bound_is_met_with_the_next_new_device),
        RULE(test_the_oldest_place_goes),
        RULE(test_a_socket_is_no_place),
        RULE(test_a_device_unused_for_too_long_begins_anew),
        RULE(test_old_devices_are_no_devices_when_another_enrols),
        RULE(test_a_place_unused_for_too_long_is_new_again),
        RULE(test_a_limit_revokes_a_device_until_a_time),
        RULE(test_a_limit_does_not_shorten_the_operators_revocation),
        RULE(test_a_device_that_is_not_there_is_not_revoked),
        RULE(test_a_record_moves_under_the_newest_key_as_it_is),
        RULE(test_a_licence_moves_under_the_newest_key),
        RULE(test_two_records_of_one_device_become_one_with_the_graver_state),
        RULE(test_a_revocation_finds_the_record_under_its_old_key),
        RULE(test_what_can_be_no_event_changes_nothing),
        RULE(test_a_broken_device_of_the_account_stops_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
