/* SPDX-License-Identifier: ISC
 *
 * A store of the test's own, and events into it.
 */
#pragma once

#include "check.h"

#include "tempdir.h"

#include "base/clock.h"
#include "base/err.h"
#include "device/device.h"

#define DAY (86400 * US_PER_S)
#define NOW (INT64_C(1795253509) * US_PER_S)

static struct tempdir temp;
static struct store *store;
static struct device_bounds bounds;
static struct device_applied applied; /* of the last event */
static struct buf gone;               /* its scratch */

static inline struct store *fixture_open(enum store_mode mode)
{
    struct store *opened = NULL;
    assert_int_equal(store_open(temp.path, mode, 0, &opened), 0);
    return opened;
}

static inline int setup(void **state)
{
    (void)state;
    tempdir_make(&temp);
    store = fixture_open(STORE_WRITE);
    bounds = (struct device_bounds){ 20, 16, 180 * DAY, 30 * DAY };
    buf_init(&gone, 1000);
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    buf_clear(&gone);
    store_close(store);
    tempdir_remove(&temp);
    return 0;
}

static inline struct device_key key_of(const char *account, const char *type, uint8_t token)
{
    return (struct device_key){ slice_of_str(account), slice_of_str(type), { 1, { token } } };
}

/* 192.0.N.0/24 */
static inline struct device_network network_of(uint8_t n)
{
    return (struct device_network){ 4, { 192, 0, n } };
}

static inline struct device_event event_of(enum device_event_kind kind,
                                           const struct device_key *key, int64_t wall_us)
{
    return (struct device_event){ .kind = kind,
                                  .account = key->account,
                                  .type = key->type,
                                  .token = key->token,
                                  .wall_us = wall_us,
                                  .record_device = true };
}

static inline int try_apply(const struct device_event *event)
{
    assert_int_equal(store_begin(store), 0);
    int error = device_apply(store, event, &bounds, &gone, &applied);
    if (error)
        store_abort(store);
    else
        assert_int_equal(store_commit(store), 0);
    return error;
}

static inline void apply(const struct device_event *event)
{
    assert_int_equal(try_apply(event), 0);
}

/* A success that enrols, from nowhere. */
static inline void succeed(const struct device_key *key, int64_t wall_us)
{
    struct device_event event = event_of(DEVICE_EVENT_SUCCESS, key, wall_us);
    apply(&event);
}

static inline struct device device_get(const struct device_key *key)
{
    struct device device;
    assert_int_equal(device_find(store, key, &device), 0);
    return device;
}

static inline bool device_there(const struct device_key *key)
{
    struct device device;
    int error = device_find(store, key, &device);
    assert_true(error == 0 || error == ERR_NOT_FOUND);
    return !error;
}

/* The operator's. */
static inline void set_state(const struct device_key *key, enum device_state to, int64_t until_us,
                             int64_t wall_us)
{
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(device_set_state(store, key, to, until_us, wall_us), 0);
    assert_int_equal(store_commit(store), 0);
}

#define RULE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
