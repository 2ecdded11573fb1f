/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "submit/admission.h"

#define COLUMNS 3
#define A       UINT64_C(0xc0000201)
#define B       UINT64_C(0xc0000202)

static const uint8_t key[16] = "0123456789abcdef";
static const struct admission_limits bounds = { .connections = 6, .prefix_connections = 3 };

struct place {
    uint32_t column;
    int32_t slot;
};

struct bench {
    struct admission *a;
    int64_t now_us;
    int32_t column, slot; /* of who was asked to go */
};

static int open_bench(void **state)
{
    static struct bench bench;
    bench = (struct bench){ .a = admission_new(COLUMNS, bounds.connections, key) };
    assert_non_null(bench.a);
    *state = &bench;
    return 0;
}

static int close_bench(void **state)
{
    struct bench *b = *state;
    admission_free(b->a);
    admission_free(NULL);
    return 0;
}

/* Every one comes a little later than the one before. */
static struct place enter(struct bench *b, uint32_t column, uint64_t prefix,
                          enum admission_state then)
{
    struct place p = { column, admission_enter(b->a, column, prefix, &bounds, ++b->now_us,
                                               &b->column, &b->slot) };
    if (p.slot >= 0)
        admission_set(b->a, column, p.slot, then);
    return p;
}

static void leave(struct bench *b, struct place p)
{
    admission_leave(b->a, p.column, p.slot);
}

static void expect_shed(const struct bench *b, struct place p)
{
    assert_int_equal(b->column, p.column);
    assert_int_equal(b->slot, p.slot);
}

static void expect_nobody_shed(const struct bench *b)
{
    assert_int_equal(b->column, -1);
    assert_int_equal(b->slot, -1);
}

static void within_the_bounds_nobody_goes(void **state)
{
    struct bench *b = *state;
    struct place p[3];
    for (uint32_t i = 0; i < 3; i++) {
        p[i] = enter(b, i, A, ADMISSION_IDLE);
        assert_true(p[i].slot >= 0 && (uint32_t)p[i].slot < admission_rows(b->a));
        expect_nobody_shed(b);
        assert_int_equal(admission_shed_wanted(b->a, i), -1);
    }
    assert_int_equal(admission_count(b->a), 3);
    for (uint32_t i = 0; i < 3; i++)
        leave(b, p[i]);
    assert_int_equal(admission_count(b->a), 0);
}

static void over_the_prefix_bound_its_oldest_idle_one_goes_and_only_that(void **state)
{
    struct bench *b = *state;
    struct place stranger = enter(b, 0, B, ADMISSION_IDLE); /* older, but of another prefix */
    struct place busy = enter(b, 0, A, ADMISSION_BUSY);     /* older, but busy */
    struct place oldest = enter(b, 1, A, ADMISSION_IDLE);
    struct place younger = enter(b, 0, A, ADMISSION_IDLE);
    struct place newcomer = enter(b, 2, A, ADMISSION_BUSY);
    assert_true(newcomer.slot >= 0);
    expect_shed(b, oldest);
    assert_int_equal(admission_shed_wanted(b->a, 0), -1);
    assert_int_equal(admission_shed_wanted(b->a, 2), -1);
    assert_int_equal(admission_shed_wanted(b->a, 1), oldest.slot);
    assert_int_equal(admission_shed_wanted(b->a, 1), -1); /* said once */
    (void)stranger;
    (void)busy;
    /* The next one pushes the next oldest, not the one that goes already. */
    assert_true(enter(b, 2, A, ADMISSION_BUSY).slot >= 0);
    expect_shed(b, younger);
}

static void over_the_whole_table_the_oldest_idle_one_of_all_goes(void **state)
{
    struct bench *b = *state;
    struct place p[6];
    for (uint32_t i = 0; i < 6; i++)
        p[i] = enter(b, i % COLUMNS, 100 + i, i == 0 ? ADMISSION_AUTHENTICATED : ADMISSION_IDLE);
    expect_nobody_shed(b);
    assert_true(enter(b, 0, A, ADMISSION_IDLE).slot >= 0);
    expect_shed(b, p[1]);
    assert_int_equal(admission_shed_wanted(b->a, 1), p[1].slot);
}

static void authenticated_sessions_are_never_shed_nor_counted_by_prefix(void **state)
{
    struct bench *b = *state;
    for (unsigned i = 0; i < 5; i++) {
        assert_true(enter(b, 0, A, ADMISSION_AUTHENTICATED).slot >= 0);
        expect_nobody_shed(b);
    }
    struct place idle = enter(b, 0, A, ADMISSION_IDLE);
    expect_nobody_shed(b);
    assert_true(enter(b, 1, A, ADMISSION_AUTHENTICATED).slot >= 0); /* the table is full */
    expect_shed(b, idle);
}

static void who_authenticates_before_he_is_told_stays(void **state)
{
    struct bench *b = *state;
    struct place p = enter(b, 0, A, ADMISSION_IDLE);
    (void)enter(b, 0, A, ADMISSION_BUSY);
    (void)enter(b, 0, A, ADMISSION_BUSY);
    assert_true(enter(b, 1, A, ADMISSION_BUSY).slot >= 0);
    expect_shed(b, p);
    admission_set(b->a, 0, p.slot, ADMISSION_AUTHENTICATED);
    assert_int_equal(admission_shed_wanted(b->a, 0), -1);
    assert_int_equal(admission_shed_wanted(b->a, 0), -1);
}

static void who_left_before_he_was_told_is_not_mistaken_for_his_successor(void **state)
{
    struct bench *b = *state;
    struct place p = enter(b, 0, A, ADMISSION_IDLE);
    (void)enter(b, 0, A, ADMISSION_BUSY);
    (void)enter(b, 0, A, ADMISSION_BUSY);
    (void)enter(b, 1, A, ADMISSION_BUSY);
    expect_shed(b, p);
    leave(b, p);
    struct place next = enter(b, 0, B, ADMISSION_IDLE);
    assert_int_equal(next.slot, p.slot); /* the same slot */
    assert_int_equal(admission_shed_wanted(b->a, 0), -1);
}

static void the_newcomer_is_refused_only_when_nobody_can_go(void **state)
{
    struct bench *b = *state;
    struct place p[3];
    for (unsigned i = 0; i < 3; i++)
        p[i] = enter(b, 0, A, ADMISSION_BUSY);
    assert_int_equal(enter(b, 1, A, ADMISSION_BUSY).slot, -1);
    expect_nobody_shed(b);
    assert_int_equal(admission_count(b->a), 3);
    assert_true(enter(b, 1, B, ADMISSION_BUSY).slot >= 0); /* others are not concerned */
    admission_set(b->a, 0, p[2].slot, ADMISSION_IDLE);
    assert_true(enter(b, 1, A, ADMISSION_BUSY).slot >= 0);
    expect_shed(b, p[2]);
}

static void a_full_table_of_authenticated_sessions_refuses(void **state)
{
    struct bench *b = *state;
    for (unsigned i = 0; i < 6; i++)
        (void)enter(b, i % COLUMNS, 100 + i, ADMISSION_AUTHENTICATED);
    assert_int_equal(enter(b, 0, A, ADMISSION_IDLE).slot, -1);
    assert_int_equal(admission_count(b->a), 6);
}

static void the_column_of_a_dead_worker_is_reclaimed(void **state)
{
    struct bench *b = *state;
    struct place stays = enter(b, 1, A, ADMISSION_IDLE);
    (void)enter(b, 0, A, ADMISSION_IDLE);
    (void)enter(b, 0, A, ADMISSION_BUSY);
    (void)enter(b, 0, B, ADMISSION_AUTHENTICATED);
    admission_reclaim(b->a, 0);
    assert_int_equal(admission_count(b->a), 1);
    admission_reclaim(b->a, 0); /* nothing is left */
    assert_int_equal(admission_count(b->a), 1);
    /* Its places count for nobody any more. */
    (void)enter(b, 2, A, ADMISSION_IDLE);
    (void)enter(b, 2, A, ADMISSION_IDLE);
    expect_nobody_shed(b);
    (void)enter(b, 0, A, ADMISSION_IDLE);
    expect_shed(b, stays);
}

static void slots_are_used_again(void **state)
{
    struct bench *b = *state;
    for (unsigned i = 0; i < 10000; i++) {
        struct place p = enter(b, 0, A + i, ADMISSION_IDLE);
        assert_true(p.slot >= 0 && (uint32_t)p.slot < admission_rows(b->a));
        leave(b, p);
    }
    assert_int_equal(admission_count(b->a), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(within_the_bounds_nobody_goes),
        T(over_the_prefix_bound_its_oldest_idle_one_goes_and_only_that),
        T(over_the_whole_table_the_oldest_idle_one_of_all_goes),
        T(authenticated_sessions_are_never_shed_nor_counted_by_prefix),
        T(who_authenticates_before_he_is_told_stays),
        T(who_left_before_he_was_told_is_not_mistaken_for_his_successor),
        T(the_newcomer_is_refused_only_when_nobody_can_go),
        T(a_full_table_of_authenticated_sessions_refuses),
        T(the_column_of_a_dead_worker_is_reclaimed),
        T(slots_are_used_again),
    };
    return cmocka_run_group_tests_name("submit/admission", tests, NULL, NULL);
}
