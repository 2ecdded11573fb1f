/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <errno.h>

#include "tempdir.h"

#include "base/err.h"
#include "device/device.h"

static struct tempdir temp;
static struct store *store;

static struct store *open_store(enum store_mode mode)
{
    struct store *opened = NULL;
    assert_int_equal(store_open(temp.path, mode, 0, &opened), 0);
    return opened;
}

static int setup(void **state)
{
    (void)state;
    tempdir_make(&temp);
    store = open_store(STORE_WRITE);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    store_close(store);
    tempdir_remove(&temp);
    return 0;
}

static struct device_key key_of(const char *account, const char *type, uint8_t token)
{
    return (struct device_key){ slice_of_str(account), slice_of_str(type), { 1, { token } } };
}

static void succeed(const struct device_key *key, int64_t wall_us)
{
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(device_record_success(store, key, wall_us), 0);
    assert_int_equal(store_commit(store), 0);
}

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
    store = open_store(STORE_WRITE);
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
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(device_record_success(store, &key, 1), -EINVAL);
    store_abort(store);
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

static void test_a_newer_record_is_read_and_its_rest_is_kept(void **state)
{
    (void)state;
    struct device_key key = key_of("demo", "UUID", 1);
    struct buf value;
    buf_init(&value, 100);
    put_raw(raw_key, SLICE("\2"
                           "\0\0\0\0\0\0\0\5"
                           "\0\0\0\0\0\0\0\6"
                           "\0\0\0\0\0\0\0\7"
                           "later"));
    expect_device(&key, 5, 6, 7);
    succeed(&key, 9);
    expect_device(&key, 5, 9, 8);
    assert_int_equal(store_get(store, "device", raw_key, &value), 0);
    expect_slice("kept", buf_slice(&value),
                 SLICE("\2"
                       "\0\0\0\0\0\0\0\5"
                       "\0\0\0\0\0\0\0\011"
                       "\0\0\0\0\0\0\0\010"
                       "later"));
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
    };
    struct device_key key = key_of("demo", "UUID", 1), other = key_of("demo", "ZZ", 1);
    struct device device;
    succeed(&other, 1);
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        put_raw(raw_key, values[i]);
        assert_int_equal(device_find(store, &key, &device), ERR_FORMAT);
        assert_int_equal(store_begin(store), 0);
        assert_int_equal(device_record_success(store, &key, 1), ERR_FORMAT);
        store_abort(store);
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
        assert_int_equal(store_begin(store), 0);
        assert_int_equal(device_record_success(store, &keys[i], 1), -EINVAL);
        store_abort(store);
        assert_int_equal(device_find(store, &keys[i], &device), -EINVAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_counts_and_times_survive, setup, teardown),
        cmocka_unit_test_setup_teardown(test_each_part_of_the_key_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_longest_key_fits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_devices_of_an_account_are_neighbours, setup, teardown),
        cmocka_unit_test_setup_teardown(test_each_stops_when_told, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_newer_record_is_read_and_its_rest_is_kept, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_full_count_stays_full, setup, teardown),
        cmocka_unit_test_setup_teardown(test_broken_records_are_said_and_hide_no_other, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_broken_keys_are_said_and_hide_no_other, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_what_can_be_no_device_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
