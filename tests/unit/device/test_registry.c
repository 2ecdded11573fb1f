/* SPDX-License-Identifier: ISC */
#include "store_fixture.h"

#include <errno.h>

static void expect_device(const struct device_key *key, int64_t first, int64_t last, uint64_t count)
{
    struct device device;
    assert_int_equal(device_find(store, key, &device), 0);
    assert_true(device.first_us == first);
    assert_true(device.last_us == last);
    assert_true(device.count == count);
}

static void test_counts_and_times_survive(void **state)
{
    (void)state;
    struct device_key key = key_of("demo", "UUID", 1);
    struct device none = { .count = 99 };
    assert_int_equal(device_find(store, &key, &none), ERR_NOT_FOUND);
    assert_int_equal(none.count, 99);
    succeed(&key, 500);
    expect_device(&key, 500, 500, 1);
    succeed(&key, 700);
    succeed(&key, 300); /* another worker's record, come late */
    expect_device(&key, 300, 700, 3);
    store_close(store);
    store = fixture_open(STORE_WRITE);
    expect_device(&key, 300, 700, 3);
    succeed(&key, 800);
    expect_device(&key, 300, 800, 4);
}

static void test_each_part_of_the_key_counts(void **state)
{
    (void)state;
    struct device_key keys[] = {
        key_of("demo", "UUID", 1), key_of("demo", "UUID", 2), key_of("demo", "MAC", 1),
        key_of("dem", "UUID", 1),  key_of("demo", "UUID", 1),
    };
    struct device none;
    keys[4].token.key = 2;
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        assert_int_equal(device_find(store, &keys[i], &none), ERR_NOT_FOUND);
        succeed(&keys[i], (int64_t)i);
    }
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        expect_device(&keys[i], (int64_t)i, (int64_t)i, 1);
}

static void test_the_longest_key_fits(void **state)
{
    (void)state;
    char account[DEVICE_ACCOUNT_MAX + 2];
    memset(account, 'a', sizeof account);
    account[DEVICE_ACCOUNT_MAX] = '\0';
    struct device_key key = key_of(account, "ABCDEFGHIJKLMNOP", 1);
    key.token.key = UINT32_MAX;
    succeed(&key, 1);
    expect_device(&key, 1, 1, 1);
    account[DEVICE_ACCOUNT_MAX] = 'a';
    key.account.n++;
    struct device_event event = event_of(DEVICE_EVENT_SUCCESS, &key, 1);
    assert_int_equal(try_apply(&event), -EINVAL);
}

static bool collect(void *context, const struct device_key *key, const struct device *device)
{
    struct buf *out = context;
    buf_printf(out, "%.*s/%.*s:%u.%u=%llu ", SLICE_ARG(key->account), SLICE_ARG(key->type),
               key->token.key, key->token.bytes[0], (unsigned long long)device->count);
    return !slice_equal(key->account, SLICE("stop"));
}

static void expect_each(const char *account, int error, const char *want)
{
    struct buf out;
    buf_init(&out, 1000);
    assert_int_equal(device_each(store, slice_of_str(account), collect, &out), error);
    expect_slice(account, buf_slice(&out), slice_of_str(want));
    buf_clear(&out);
}

static void test_devices_of_an_account_are_neighbours(void **state)
{
    (void)state;
    const struct device_key keys[] = {
        key_of("demo", "UUID", 2),     key_of("demo", "MAC", 3),   key_of("demo", "UUID", 1),
        key_of("demo.two", "UUID", 1), key_of("demo!", "UUID", 1), key_of("dem", "UUID", 1),
    };
    expect_each("", 0, "");
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        succeed(&keys[i], 1);
    succeed(&keys[0], 2);
    expect_each("demo", 0, "demo/MAC:1.3=1 demo/UUID:1.1=1 demo/UUID:1.2=2 ");
    expect_each("dem", 0, "dem/UUID:1.1=1 ");
    expect_each("de", 0, "");
    expect_each("", 0,
                "dem/UUID:1.1=1 demo/MAC:1.3=1 demo/UUID:1.1=1 demo/UUID:1.2=2 "
                "demo!/UUID:1.1=1 demo.two/UUID:1.1=1 ");
}

static void test_each_stops_when_told(void **state)
{
    (void)state;
    const struct device_key keys[] = { key_of("stop", "A", 1), key_of("stop", "B", 1) };
    succeed(&keys[0], 1);
    succeed(&keys[1], 1);
    expect_each("stop", 0, "stop/A:1.1=1 ");
}

static const struct slice raw_key = SLICE_INIT("demo\0UUID\0"
                                               "\0\0\0\1"
                                               "\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");

static void put_raw(struct slice key, struct slice value)
{
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_put(store, "device", key, value), 0);
    assert_int_equal(store_commit(store), 0);
}

#define TIMES_1        \
    "\0\0\0\0\0\0\0\5" \
    "\0\0\0\0\0\0\0\6" \
    "\0\0\0\0\0\0\0\7"
/* approved, UUID, no OUI, never revoked; no network; no location; label "it" */
#define REST_2           \
    "\3\1\0\0\0"         \
    "\0\0\0\0\0\0\0\0\0" \
    "\0\0\2it"

static void test_a_record_of_version_1_is_a_known_device(void **state)
{
    (void)state;
    struct device_key key = key_of("demo", "UUID", 1);
    put_raw(raw_key, SLICE("\1" TIMES_1));
    expect_device(&key, 5, 6, 7);
    assert_int_equal(device_get(&key).state, DEVICE_KNOWN);
    struct device_event event = event_of(DEVICE_EVENT_SUCCESS, &key, 9);
    event.network = network_of(2);
    apply(&event);
    expect_device(&key, 5, 9, 8);
    assert_int_equal(device_get(&key).state, DEVICE_KNOWN);
    assert_int_equal(applied.before, DEVICE_KNOWN);
    assert_int_equal(device_get(&key).network.bytes[2], 2);
}

static void test_a_newer_record_is_read_and_its_rest_is_kept(void **state)
{
    (void)state;
    struct device_key key = key_of("demo", "UUID", 1);
    struct buf value;
    buf_init(&value, 200);
    put_raw(raw_key, SLICE("\3" TIMES_1 REST_2 "later"));
    expect_device(&key, 5, 6, 7);
    assert_int_equal(device_get(&key).state, DEVICE_APPROVED);
    assert_string_equal(device_get(&key).label, "it");
    succeed(&key, 9);
    expect_device(&key, 5, 9, 8);
    assert_int_equal(store_get(store, "device", raw_key, &value), 0);
    expect_slice("kept", buf_slice(&value),
                 SLICE("\3"
                       "\0\0\0\0\0\0\0\5"
                       "\0\0\0\0\0\0\0\011"
                       "\0\0\0\0\0\0\0\010" REST_2 "later"));
    buf_clear(&value);
}

static void test_a_full_count_stays_full(void **state)
{
    (void)state;
    struct device_key key = key_of("demo", "UUID", 1);
    put_raw(raw_key, SLICE("\1"
                           "\0\0\0\0\0\0\0\5"
                           "\0\0\0\0\0\0\0\6"
                           "\xff\xff\xff\xff\xff\xff\xff\xff"));
    succeed(&key, 6);
    expect_device(&key, 5, 6, UINT64_MAX);
}

static void test_broken_records_are_said_and_hide_no_other(void **state)
{
    (void)state;
    static const struct slice values[] = {
        SLICE_INIT(""),
        SLICE_INIT("\1"
                   "\0\0\0\0\0\0\0\5"
                   "\0\0\0\0\0\0\0\6"
                   "\0\0\0\0\0\0\0"),
        SLICE_INIT("\0"
                   "\0\0\0\0\0\0\0\5"
                   "\0\0\0\0\0\0\0\6"
                   "\0\0\0\0\0\0\0\7"),
        SLICE_INIT("\2" TIMES_1),                                       /* cut */
        SLICE_INIT("\2" TIMES_1 "\3\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2i"), /* its label too */
        SLICE_INIT("\2" TIMES_1 "\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),  /* no state */
        SLICE_INIT("\2" TIMES_1 "\5\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),  /* no such state */
        SLICE_INIT("\2" TIMES_1 "\4\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),  /* revoked from none */
        SLICE_INIT("\2" TIMES_1 "\2\1\0\0\0\0\0\0\0\0\0\0\0\2\0\0\0"),  /* from, but not */
        SLICE_INIT("\2" TIMES_1 "\2\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),  /* no such shape */
        SLICE_INIT("\2" TIMES_1 "\2\1\0\0\0\0\0\0\0\0\0\0\0\0\5\0\0"),  /* no such family */
        SLICE_INIT("\2" TIMES_1 "\2\1\0\0\0\0\0\0\0\0\0\0\0\0\0\20\0"), /* no such part */
        SLICE_INIT("\2" TIMES_1 "\2\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\n"),
    };
    struct device_key key = key_of("demo", "UUID", 1), other = key_of("demo", "ZZ", 1);
    struct device device;
    succeed(&other, 1);
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        put_raw(raw_key, values[i]);
        assert_int_equal(device_find(store, &key, &device), ERR_FORMAT);
        struct device_event event = event_of(DEVICE_EVENT_SUCCESS, &key, 1);
        assert_int_equal(try_apply(&event), ERR_FORMAT);
        expect_each("", ERR_FORMAT, "demo/ZZ:1.1=1 ");
    }
}

static void test_broken_keys_are_said_and_hide_no_other(void **state)
{
    (void)state;
    static const struct slice keys[] = { SLICE_INIT("demo"), SLICE_INIT("demo\0UUID"),
                                         SLICE_INIT("demo\0UUID\0short"),
                                         SLICE_INIT("\0UUID\0"
                                                    "0123456789abcdef0123") };
    struct device_key other = key_of("demo", "ZZ", 1);
    succeed(&other, 1);
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        put_raw(keys[i], SLICE("\1"
                               "\0\0\0\0\0\0\0\5"
                               "\0\0\0\0\0\0\0\6"
                               "\0\0\0\0\0\0\0\7"));
        expect_each("", ERR_FORMAT, "demo/ZZ:1.1=1 ");
        assert_int_equal(store_begin(store), 0);
        assert_int_equal(store_delete(store, "device", keys[i]), 0);
        assert_int_equal(store_commit(store), 0);
    }
}

static void test_what_can_be_no_device_is_refused(void **state)
{
    (void)state;
    struct device_key keys[] = { key_of("", "UUID", 1),     key_of("demo", "", 1),
                                 key_of("demo", "uuid", 1), key_of("demo", "ABCDEFGHIJKLMNOPQ", 1),
                                 key_of("demo", "UUID", 1), key_of("demo", "UUID", 1) };
    struct device device;
    keys[4].token.key = 0;
    keys[5].account = SLICE("de\0mo");
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        struct device_event event = event_of(DEVICE_EVENT_SUCCESS, &keys[i], 1);
        assert_int_equal(try_apply(&event), -EINVAL);
        assert_int_equal(device_find(store, &keys[i], &device), -EINVAL);
    }
}

/* ---- the operator's ---- */

static void test_the_operator_approves_ahead_of_the_first_success(void **state)
{
    (void)state;
    struct device_key key = key_of("demo", "UUID", 1);
    set_state(&key, DEVICE_APPROVED, 0, NOW);
    expect_device(&key, NOW, NOW, 0);
    assert_int_equal(device_get(&key).state, DEVICE_APPROVED);
    struct device_event event = event_of(DEVICE_EVENT_SUCCESS, &key, NOW + 5);
    event.shape = DEVICE_SHAPE_HARDWARE;
    event.oui[0] = 9;
    event.enrolment.mode = DEVICE_ENROL_CLOSED;
    apply(&event);
    expect_device(&key, NOW + 5, NOW + 5, 1);
    assert_int_equal(device_get(&key).state, DEVICE_APPROVED);
    assert_int_equal(device_get(&key).shape, DEVICE_SHAPE_HARDWARE);
    assert_int_equal(device_get(&key).oui[0], 9);
}

static void test_a_revocation_remembers_what_the_device_was(void **state)
{
    (void)state;
    static const enum device_state from[] = { DEVICE_PENDING, DEVICE_KNOWN, DEVICE_APPROVED };
    for (size_t i = 0; i < ARRAY_SIZE(from); i++) {
        struct device_key key = key_of("demo", "UUID", (uint8_t)i);
        set_state(&key, from[i], 0, NOW);
        set_state(&key, DEVICE_REVOKED, NOW + 10, NOW);
        set_state(&key, DEVICE_REVOKED, NOW + 20, NOW); /* again: still from that */
        struct device device = device_get(&key);
        assert_int_equal(device.state, DEVICE_REVOKED);
        assert_int_equal(device.revoked_from, from[i]);
        assert_int_equal(device_state_at(&device, NOW + 19), DEVICE_REVOKED);
        assert_int_equal(device_state_at(&device, NOW + 20), from[i]); /* until: not longer */
        set_state(&key, DEVICE_REVOKED, 0, NOW + 30); /* lapsed: revoked anew, for good */
        device = device_get(&key);
        assert_int_equal(device.revoked_from, from[i]);
        assert_int_equal(device_state_at(&device, INT64_MAX), DEVICE_REVOKED);
        set_state(&key, from[i], 0, NOW + 30);
        device = device_get(&key);
        assert_int_equal(device.state, from[i]);
        assert_int_equal(device.revoked_from, DEVICE_NONE);
        assert_true(device.revoked_until_us == 0);
    }
}

static void test_a_device_that_is_revoked_ahead_was_pending(void **state)
{
    (void)state;
    struct device_key key = key_of("demo", "UUID", 1);
    set_state(&key, DEVICE_REVOKED, NOW + 10, NOW);
    struct device device = device_get(&key);
    assert_int_equal(device_state_at(&device, NOW), DEVICE_REVOKED);
    assert_int_equal(device_state_at(&device, NOW + 10), DEVICE_PENDING);
}

static void test_none_is_no_state_to_set(void **state)
{
    (void)state;
    struct device_key key = key_of("demo", "UUID", 1);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(device_set_state(store, &key, DEVICE_NONE, 0, NOW), -EINVAL);
    assert_int_equal(device_set_state(store, &key, (enum device_state)9, 0, NOW), -EINVAL);
    store_abort(store);
    assert_false(device_there(&key));
}

static void test_labels_are_short_text_of_devices_that_exist(void **state)
{
    (void)state;
    static const struct {
        struct slice label;
        int error;
    } cases[] = {
        { SLICE_INIT("Anna\xe2\x80\x99s phone"), 0 },
        { SLICE_INIT("1234567890123456789012345678901234567890123456789012345678901234"), 0 },
        { SLICE_INIT("12345678901234567890123456789012345678901234567890123456789012345"),
          -EINVAL },
        { SLICE_INIT("a\nb"), -EINVAL },
        { SLICE_INIT("a\0b"), -EINVAL },
        { SLICE_INIT("a\x7f"), -EINVAL },
        { SLICE_INIT("a\xc2\x85"), -EINVAL },
        { SLICE_INIT("a\xff"), -EINVAL },
        { SLICE_INIT(""), 0 },
    };
    struct device_key key = key_of("demo", "UUID", 1);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(device_set_label(store, &key, SLICE("x")), ERR_NOT_FOUND);
    store_abort(store);
    succeed(&key, 1);
    struct slice label = SLICE("");
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(store_begin(store), 0);
        assert_int_equal(device_set_label(store, &key, guarded(cases[i].label)), cases[i].error);
        assert_int_equal(store_commit(store), 0);
        label = cases[i].error ? label : cases[i].label;
        struct device device = device_get(&key);
        expect_slice("label", slice_of_str(device.label), label);
    }
    expect_device(&key, 1, 1, 1);
}

static void test_a_forgotten_device_is_gone(void **state)
{
    (void)state;
    struct device_key key = key_of("demo", "UUID", 1);
    succeed(&key, 1);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(device_forget(store, &key), 0);
    assert_int_equal(device_forget(store, &key), ERR_NOT_FOUND);
    assert_int_equal(store_commit(store), 0);
    assert_false(device_there(&key));
}

static void test_state_words(void **state)
{
    (void)state;
    for (int i = DEVICE_PENDING; i <= DEVICE_REVOKED; i++) {
        enum device_state back = DEVICE_NONE;
        assert_true(
            device_state_parse(slice_of_str(device_state_text((enum device_state)i)), &back));
        assert_int_equal(back, i);
    }
    enum device_state untouched = DEVICE_KNOWN;
    assert_false(device_state_parse(SLICE("none"), &untouched));
    assert_false(device_state_parse(SLICE("Known"), &untouched));
    assert_false(device_state_parse(SLICE(""), &untouched));
    assert_int_equal(untouched, DEVICE_KNOWN);
    assert_string_equal(device_state_text(DEVICE_NONE), "none");
    assert_string_equal(device_alert_text(DEVICE_ALERT_MANY_ACCOUNTS), "many-accounts");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(test_counts_and_times_survive),
        RULE(test_each_part_of_the_key_counts),
        RULE(test_the_longest_key_fits),
        RULE(test_devices_of_an_account_are_neighbours),
        RULE(test_each_stops_when_told),
        RULE(test_a_record_of_version_1_is_a_known_device),
        RULE(test_a_newer_record_is_read_and_its_rest_is_kept),
        RULE(test_a_full_count_stays_full),
        RULE(test_broken_records_are_said_and_hide_no_other),
        RULE(test_broken_keys_are_said_and_hide_no_other),
        RULE(test_what_can_be_no_device_is_refused),
        RULE(test_the_operator_approves_ahead_of_the_first_success),
        RULE(test_a_revocation_remembers_what_the_device_was),
        RULE(test_a_device_that_is_revoked_ahead_was_pending),
        RULE(test_none_is_no_state_to_set),
        RULE(test_labels_are_short_text_of_devices_that_exist),
        RULE(test_a_forgotten_device_is_gone),
        RULE(test_state_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
