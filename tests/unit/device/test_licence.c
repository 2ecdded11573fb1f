/* SPDX-License-Identifier: ISC */
#include "store_fixture.h"

#include <errno.h>

static bool append(void *context, const struct device_key *key, int64_t wall_us)
{
    struct buf *out = context;
    buf_printf(out, "%.*s/%.*s:%u@%lld ", SLICE_ARG(key->account), SLICE_ARG(key->type),
               key->token.bytes[0], (long long)wall_us);
    return !slice_equal(key->account, SLICE("stop"));
}

static void expect_each(const char *account, int error, const char *want)
{
    struct buf out;
    buf_init(&out, 1000);
    assert_int_equal(device_licence_each(store, slice_of_str(account), append, &out), error);
    expect_slice(account, buf_slice(&out), slice_of_str(want));
    buf_clear(&out);
}

static void put(const struct device_key *key, int64_t wall_us)
{
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(device_licence_put(store, key, wall_us), 0);
    assert_int_equal(store_commit(store), 0);
}

static void test_lists_are_by_account_and_type(void **state)
{
    (void)state;
    const struct device_key keys[] = { key_of("demo", "UUID", 2), key_of("*", "UUID", 3),
                                       key_of("demo", "MAC", 1), key_of("dem", "UUID", 1) };
    expect_each("", 0, "");
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        put(&keys[i], 5);
    put(&keys[0], 6); /* again */
    expect_each("demo", 0, "demo/MAC:1@5 demo/UUID:2@6 ");
    expect_each("*", 0, "*/UUID:3@5 ");
    expect_each("", 0, "*/UUID:3@5 dem/UUID:1@5 demo/MAC:1@5 demo/UUID:2@6 ");
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(device_licence_delete(store, &keys[0]), 0);
    assert_int_equal(device_licence_delete(store, &keys[0]), ERR_NOT_FOUND);
    assert_int_equal(store_commit(store), 0);
    expect_each("demo", 0, "demo/MAC:1@5 ");
}

static void test_what_can_be_no_licence_is_refused(void **state)
{
    (void)state;
    struct device_key keys[] = { key_of("", "UUID", 1), key_of("demo", "uuid", 1),
                                 key_of("demo", "", 1), key_of("demo", "UUID", 1) };
    keys[3].token.key = 0;
    assert_int_equal(store_begin(store), 0);
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        assert_int_equal(device_licence_put(store, &keys[i], 1), -EINVAL);
        assert_int_equal(device_licence_delete(store, &keys[i]), -EINVAL);
    }
    store_abort(store);
}

static void test_broken_records_are_said_and_hide_no_other(void **state)
{
    (void)state;
    struct device_key key = key_of("demo", "UUID", 1);
    put(&key, 5);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_put(store, "licence", SLICE("demo\0UUID\0short"), SLICE("\1")), 0);
    assert_int_equal(store_commit(store), 0);
    expect_each("demo", ERR_FORMAT, "demo/UUID:1@5 ");
}

static void test_each_stops_when_told(void **state)
{
    (void)state;
    const struct device_key keys[] = { key_of("stop", "A", 1), key_of("stop", "B", 1) };
    put(&keys[0], 1);
    put(&keys[1], 1);
    expect_each("stop", 0, "stop/A:1@1 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(test_lists_are_by_account_and_type),
        RULE(test_what_can_be_no_licence_is_refused),
        RULE(test_broken_records_are_said_and_hide_no_other),
        RULE(test_each_stops_when_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
