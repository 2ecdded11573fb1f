/* SPDX-License-Identifier: ISC */
#include "tempdir.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/err.h"
#include "device/counters_journal.h"
#include "device/counters_snapshot.h"

#define KNOWN    COUNTERS_KNOWN
#define ACCOUNT  COUNTERS_ACCOUNT
#define STRANGER COUNTERS_STRANGER
#define MIB      (UINT64_C(1) << 20)
#define HOUR     (3600 * US_PER_S)
#define DAY      (24 * HOUR)

static const uint8_t key[16] = "0123456789abcde";

/* A gate before and after a restart, and its state folder. */
struct rig {
    struct tempdir dir;
    struct counters *c;
    struct counters_file *f;
    struct buf why;
    int64_t now; /* the files are stamped with the real time */
};

static struct rig the_rig;

static struct rig *rig_of(void **state)
{
    (void)state;
    return &the_rig;
}

static void rig_open(struct rig *r)
{
    r->f = counters_file_open(r->c, r->dir.path, &r->why);
    assert_non_null(r->f);
}

static int setup(void **state)
{
    struct rig *r = rig_of(state);
    r->now = clock_wall_us();
    tempdir_make(&r->dir);
    buf_init(&r->why, 1024);
    r->c = counters_new(MIB, 4, key);
    r->f = NULL;
    return r->c ? 0 : -1;
}

static int teardown(void **state)
{
    struct rig *r = rig_of(state);
    counters_file_close(r->f);
    counters_free(r->c);
    buf_clear(&r->why);
    tempdir_remove(&r->dir);
    return 0;
}

/* Dies without a word: what is not on disk is lost. Others start in its place. */
static int restart_as(struct rig *r, uint64_t bytes, const uint8_t *its_key)
{
    char path[64];
    struct counters *old = r->c;
    struct counters_file *f = r->f;
    memcpy(path, r->dir.path, sizeof path);
    r->c = counters_new(bytes, 4, its_key);
    r->f = NULL;
    assert_non_null(r->c);
    buf_clear(&r->why);
    int result = counters_load(r->c, path, &r->why);
    if (f) { /* its last words go elsewhere */
        struct tempdir aside;
        tempdir_make(&aside);
        assert_int_equal(rename(path, tempdir_file(&aside, "old")), 0);
        counters_file_close(f);
        assert_int_equal(rename(tempdir_file(&aside, "old"), path), 0);
        tempdir_remove(&aside);
    }
    counters_free(old);
    return result;
}

static int restart(struct rig *r)
{
    return restart_as(r, MIB, key);
}

static uint32_t add(struct rig *r, enum counters_area area, uint64_t k, uint32_t amount)
{
    return counters_add(r->c, area, k, HOUR, amount, r->now);
}

static uint32_t count(struct rig *r, enum counters_area area, uint64_t k)
{
    return counters_read(r->c, area, k, HOUR, r->now);
}

static void save(struct rig *r)
{
    assert_int_equal(counters_file_save(r->f), 0);
}

static size_t size_of(struct rig *r, const char *name)
{
    struct stat st;
    return stat(tempdir_file(&r->dir, name), &st) == 0 ? (size_t)st.st_size : 0;
}

static bool exists(struct rig *r, const char *name)
{
    return access(tempdir_file(&r->dir, name), F_OK) == 0;
}

static void change_byte(struct rig *r, const char *name, size_t at)
{
    int fd = open(tempdir_file(&r->dir, name), O_RDWR);
    uint8_t byte;
    assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
    assert_int_equal(close(fd), 0);
}

static void cut(struct rig *r, const char *name, size_t size)
{
    assert_int_equal(truncate(tempdir_file(&r->dir, name), (off_t)size), 0);
}

static bool why_has(const struct rig *r, const char *text)
{
    struct slice s = buf_slice(&r->why);
    return s.n && memmem(s.p, s.n, text, strlen(text)) != NULL;
}

/* ---- */

static void test_an_empty_folder_is_a_beginning(void **state)
{
    struct rig *r = rig_of(state);
    assert_int_equal(counters_load(r->c, r->dir.path, &r->why), 0);
    assert_int_equal(buf_size(&r->why), 0);
    rig_open(r);
    assert_int_equal(restart(r), 1);
    assert_int_equal(tempdir_mode(tempdir_file(&r->dir, "counters")), 0600);
    assert_int_equal(tempdir_mode(tempdir_file(&r->dir, "counters.journal")), 0600);
}

static void test_everything_but_gauges_survives_a_restart(void **state)
{
    struct rig *r = rig_of(state);
    for (int round = 0; round < 3; round++) { /* in the journal, in the snapshot, in both */
        if (!r->f)
            rig_open(r);
        for (uint64_t k = 1; k < 300; k++) {
            (void)add(r, KNOWN, counters_mix(1, k), 1);
            (void)add(r, ACCOUNT, counters_mix(1, k), 2);
            (void)add(r, STRANGER, counters_mix(1, k), 3);
        }
        (void)counters_first(r->c, STRANGER, 7, HOUR, r->now);
        counters_hold(r->c, ACCOUNT, 7, r->now + 3 * DAY, r->now);
        counters_remember(r->c, 7, UINT64_MAX, r->now);
        counters_gauge_add(r->c, 1, 7, 5);
        counters_switch(r->c, 6, r->now + HOUR);
        save(r);
        assert_int_equal(restart(r), 1);
        assert_int_equal(buf_size(&r->why), 0);
        for (uint64_t k = 1; k < 300; k++) {
            assert_true(count(r, KNOWN, counters_mix(1, k)) == 1U + round);
            assert_true(count(r, ACCOUNT, counters_mix(1, k)) == 2U * (1 + round));
            assert_true(count(r, STRANGER, counters_mix(1, k)) == 3U * (1 + round));
        }
        assert_false(counters_first(r->c, STRANGER, 7, HOUR, r->now));
        assert_true(counters_held(r->c, ACCOUNT, 7, r->now + 3 * DAY - 1));
        assert_true(counters_remembers(r->c, 7, UINT64_MAX, r->now));
        assert_int_equal(counters_gauge(r->c, 7), 0);
        assert_true(counters_switched(r->c, 6) == r->now + HOUR);
    }
}

static void test_closing_saves(void **state)
{
    struct rig *r = rig_of(state);
    rig_open(r);
    (void)add(r, ACCOUNT, 7, 5);
    counters_file_close(r->f);
    r->f = NULL;
    assert_int_equal(restart(r), 1);
    assert_int_equal(count(r, ACCOUNT, 7), 5);
}

static void test_what_was_not_saved_is_all_that_is_lost(void **state)
{
    struct rig *r = rig_of(state);
    rig_open(r);
    (void)add(r, ACCOUNT, 7, 5);
    save(r);
    (void)add(r, ACCOUNT, 7, 1);
    assert_int_equal(restart(r), 1);
    assert_int_equal(count(r, ACCOUNT, 7), 5);
}

static void test_nothing_changed_is_nothing_written(void **state)
{
    struct rig *r = rig_of(state);
    rig_open(r);
    size_t before = size_of(r, "counters.journal");
    assert_int_equal(before, JOURNAL_HEAD);
    save(r);
    assert_int_equal(size_of(r, "counters.journal"), before);
    (void)add(r, ACCOUNT, 7, 1);
    save(r);
    assert_int_equal(size_of(r, "counters.journal"), before + journal_batch_size(1));
    save(r);
    assert_int_equal(size_of(r, "counters.journal"), before + journal_batch_size(1));
    counters_switch(r->c, 0, 1);
    save(r);
    assert_int_equal(size_of(r, "counters.journal"),
                     before + journal_batch_size(1) + journal_batch_size(0));
    counters_hold(r->c, ACCOUNT, 7, r->now + HOUR, r->now);
    save(r);
    counters_hold(r->c, ACCOUNT, 7, 0, r->now); /* an end is a change too */
    save(r);
    assert_int_equal(restart(r), 1);
    assert_false(counters_held(r->c, ACCOUNT, 7, r->now));
}

static void test_what_is_over_is_not_loaded(void **state)
{
    struct rig *r = rig_of(state);
    struct counters_use use;
    rig_open(r);
    (void)counters_add(r->c, ACCOUNT, 7, HOUR, 5, r->now - 2 * HOUR);
    (void)counters_add(r->c, ACCOUNT, 8, HOUR, 5, r->now - HOUR);
    counters_hold(r->c, ACCOUNT, 9, r->now - HOUR, r->now - 2 * DAY);
    save(r);
    assert_int_equal(restart(r), 1);
    counters_use(r->c, r->now, &use);
    assert_int_equal(use.live[ACCOUNT], 1);
    assert_int_equal(count(r, ACCOUNT, 8), 5);
}

static void test_the_journal_is_compacted_and_never_grows_past_the_memory(void **state)
{
    struct rig *r = rig_of(state);
    size_t largest = 0, before = 0;
    bool compacted = false;
    rig_open(r);
    for (uint64_t i = 0; i < 400; i++) {
        for (uint64_t k = 0; k < 100; k++)
            (void)add(r, STRANGER, counters_mix(i, k), 1);
        (void)add(r, ACCOUNT, 7, 1);
        save(r);
        before = largest;
        largest = size_of(r, "counters.journal");
        compacted |= largest < before;
        assert_true(largest <= MIB / 2 + journal_batch_size(101));
    }
    assert_true(compacted);
    assert_false(exists(r, "counters.new"));
    assert_true(size_of(r, "counters") <= JOURNAL_HEAD + journal_batch_size(MIB / 8 * 7 / 64));
    assert_int_equal(restart(r), 1);
    assert_int_equal(count(r, ACCOUNT, 7), 400);
}

/* What another process counts while a batch is written is in it or in the next. */
static void test_what_is_counted_while_it_is_saved_is_not_lost(void **state)
{
    struct rig *r = rig_of(state);
    pid_t child = fork();
    int status = 1;
    assert_true(child >= 0);
    if (child == 0) {
        for (uint64_t i = 0; i < 60000; i++)
            (void)add(r, KNOWN, counters_mix(1, i % 50), 1);
        _exit(0);
    }
    rig_open(r);
    while (waitpid(child, &status, WNOHANG) == 0)
        save(r);
    assert_int_equal(status, 0);
    save(r);
    assert_int_equal(restart(r), 1);
    for (uint64_t k = 0; k < 50; k++)
        assert_int_equal(count(r, KNOWN, counters_mix(1, k)), 1200);
}

/* ---- torn ---- */

/* Three batches of one line each, then a restart after `damage`; the count that is left. */
static uint32_t after_damage(struct rig *r, void (*damage)(struct rig *r, size_t last, size_t n))
{
    rig_open(r);
    for (int i = 0; i < 3; i++) {
        (void)add(r, ACCOUNT, 7, 1);
        save(r);
    }
    size_t n = size_of(r, "counters.journal");
    damage(r, n - (size_t)journal_batch_size(1), n);
    assert_int_equal(restart(r), 1);
    assert_int_equal(buf_size(&r->why), 0);
    return count(r, ACCOUNT, 7);
}

static void cut_within_head(struct rig *r, size_t last, size_t n)
{
    (void)n;
    cut(r, "counters.journal", last + 60);
}

static void cut_one_byte(struct rig *r, size_t last, size_t n)
{
    (void)last;
    cut(r, "counters.journal", n - 1);
}

static void cut_behind_head(struct rig *r, size_t last, size_t n)
{
    (void)n;
    cut(r, "counters.journal", last + JOURNAL_HEAD);
}

static void zero_all(struct rig *r, size_t last, size_t n)
{
    cut(r, "counters.journal", last);
    cut(r, "counters.journal", n); /* the size was written, the blocks were not */
}

static void zero_records(struct rig *r, size_t last, size_t n)
{
    cut(r, "counters.journal", last + JOURNAL_HEAD);
    cut(r, "counters.journal", n);
}

static void wrong_record(struct rig *r, size_t last, size_t n)
{
    (void)n;
    change_byte(r, "counters.journal", last + JOURNAL_HEAD + 20);
}

static void cut_to_head(struct rig *r, size_t last, size_t n)
{
    (void)last;
    (void)n;
    cut(r, "counters.journal", JOURNAL_HEAD);
}

static void cut_to_nothing(struct rig *r, size_t last, size_t n)
{
    (void)last;
    (void)n;
    cut(r, "counters.journal", 0);
}

static void remove_journal(struct rig *r, size_t last, size_t n)
{
    (void)last;
    (void)n;
    assert_int_equal(unlink(tempdir_file(&r->dir, "counters.journal")), 0);
}

static void test_a_torn_last_batch_is_the_second_that_is_lost(void **state)
{
    static const struct {
        void (*damage)(struct rig *r, size_t last, size_t n);
        uint32_t want;
    } cases[] = {
        { cut_one_byte, 2 }, { cut_behind_head, 2 }, { cut_within_head, 2 },
        { zero_all, 2 },     { zero_records, 2 },    { wrong_record, 2 },
        { cut_to_head, 0 },  { cut_to_nothing, 0 },  { remove_journal, 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct rig *r = rig_of(state);
        uint32_t got = after_damage(r, cases[i].damage);
        if (got != cases[i].want)
            fail_msg("case %zu: got %u, want %u", i, got, cases[i].want);
        rig_open(r); /* and on it goes */
        (void)add(r, ACCOUNT, 7, 1);
        save(r);
        assert_int_equal(restart(r), 1);
        assert_int_equal(count(r, ACCOUNT, 7), cases[i].want + 1);
        (void)teardown(state);
        (void)setup(state);
    }
}

/* ---- corrupt ---- */

static void test_what_is_corrupt_is_kept_as_bad_and_counting_starts_empty(void **state)
{
    static const struct {
        const char *name, *why;
        size_t at;
    } cases[] = {
        { "counters", "counters: at byte 0 it is no file of counters: counting starts empty", 0 },
        { "counters", "counters: at byte 0 the checksum of its head is wrong", 20 },
        { "counters", "counters: at byte 128 the checksum of a batch's head is wrong", 130 },
        { "counters", "counters: at byte 128 its checksum is wrong", 128 + 128 + 3 },
        { "counters.journal", "counters.journal: at byte 0 it is no file of counters", 3 },
        { "counters.journal", "counters.journal: at byte 0 the checksum of its head is wrong", 99 },
        { "counters.journal", "journal: at byte 128 the checksum of a batch's head is wrong", 160 },
        { "counters.journal", "journal: at byte 128 the checksum of a batch is wrong", 128 + 140 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct rig *r = rig_of(state);
        (void)add(r, ACCOUNT, 7, 1);
        rig_open(r);
        for (int batch = 0; batch < 2; batch++) {
            (void)add(r, ACCOUNT, 7, 1);
            save(r);
        }
        change_byte(r, cases[i].name, cases[i].at);
        assert_int_equal(restart(r), ERR_FORMAT);
        if (!why_has(r, cases[i].why) || !why_has(r, "/counters*.bad"))
            fail_msg("case %zu: %.*s", i, SLICE_ARG(buf_slice(&r->why)));
        assert_int_equal(count(r, ACCOUNT, 7), 0);
        assert_true(exists(r, "counters.bad") && exists(r, "counters.journal.bad"));
        assert_false(exists(r, "counters") || exists(r, "counters.journal"));
        rig_open(r);
        (void)add(r, ACCOUNT, 7, 1);
        save(r);
        assert_int_equal(restart(r), 1);
        assert_int_equal(count(r, ACCOUNT, 7), 1);
        (void)teardown(state);
        (void)setup(state);
    }
}

static void test_a_snapshot_of_another_length_is_corrupt(void **state)
{
    static const struct {
        size_t size; /* 384 is right */
        const char *why;
    } cases[] = {
        { 0, "it has no head" },      { 127, "it has no head" },    { 128, "it ends too early" },
        { 255, "it ends too early" }, { 256, "it ends too early" }, { 383, "it ends too early" },
        { 385, "it is too long" },    { 512, "it is too long" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct rig *r = rig_of(state);
        (void)add(r, ACCOUNT, 7, 1);
        rig_open(r);
        assert_int_equal(size_of(r, "counters"), 384);
        cut(r, "counters", cases[i].size);
        assert_int_equal(restart(r), ERR_FORMAT);
        if (!why_has(r, cases[i].why))
            fail_msg("case %zu: %.*s", i, SLICE_ARG(buf_slice(&r->why)));
        assert_int_equal(count(r, ACCOUNT, 7), 0);
        (void)teardown(state);
        (void)setup(state);
    }
}

/* ---- others' ---- */

static void test_of_another_size_key_or_version_is_another_beginning(void **state)
{
    static const uint8_t other_key[16] = "0123456789abcdf";
    struct rig *r = rig_of(state);
    (void)add(r, ACCOUNT, 7, 1);
    rig_open(r);
    assert_int_equal(restart_as(r, 2 * MIB, key), 0);
    assert_true(why_has(r, "counting starts anew"));
    assert_int_equal(count(r, ACCOUNT, 7), 0);
    assert_int_equal(restart_as(r, MIB, other_key), 0);
    assert_true(why_has(r, "counting starts anew"));
    assert_false(exists(r, "counters.bad"));
    assert_int_equal(restart(r), 1); /* it was not touched */
    assert_int_equal(count(r, ACCOUNT, 7), 1);
    change_byte(r, "counters", 9); /* the version */
    assert_int_equal(restart(r), 0);
    assert_true(why_has(r, "counting starts anew"));
    rig_open(r);
    assert_int_equal(restart(r), 1);
}

/* What a stop between the new snapshot and the new journal leaves. */
static void test_a_journal_of_another_snapshot_is_passed_over(void **state)
{
    struct rig *r = rig_of(state);
    char kept[128];
    rig_open(r);
    (void)add(r, ACCOUNT, 7, 5);
    save(r);
    memcpy(kept, tempdir_file(&r->dir, "kept"), sizeof kept);
    assert_int_equal(link(tempdir_file(&r->dir, "counters.journal"), kept), 0);
    assert_int_equal(unlink(tempdir_file(&r->dir, "counters.journal")), 0);
    assert_int_equal(restart(r), 1);
    (void)add(r, ACCOUNT, 8, 1);
    rig_open(r);
    assert_int_equal(rename(kept, tempdir_file(&r->dir, "counters.journal")), 0);
    assert_int_equal(restart(r), 1);
    assert_int_equal(count(r, ACCOUNT, 7), 0);
    assert_int_equal(count(r, ACCOUNT, 8), 1);
}

static void test_a_journal_alone_is_nothing(void **state)
{
    struct rig *r = rig_of(state);
    rig_open(r);
    assert_int_equal(unlink(tempdir_file(&r->dir, "counters")), 0);
    assert_int_equal(restart(r), 0);
    assert_true(why_has(r, "without its counters"));
}

/* ---- the world fails ---- */

static void test_a_folder_that_is_not_there_is_said(void **state)
{
    struct rig *r = rig_of(state);
    const char *nowhere = tempdir_file(&r->dir, "nowhere");
    assert_int_equal(counters_load(r->c, nowhere, &r->why), -ENOENT);
    assert_true(why_has(r, "nowhere/counters: "));
    assert_true(why_has(r, "counting starts empty"));
    assert_null(counters_file_open(r->c, nowhere, &r->why));
    assert_true(why_has(r, "the counters are not saved"));
    counters_file_close(NULL);
}

/* With files limited to a size, as on a full disk. */
static void test_a_save_that_fails_leaves_the_file_whole_and_is_made_up_for(void **state)
{
    struct rig *r = rig_of(state);
    struct rlimit all, few;
    rig_open(r);
    (void)add(r, ACCOUNT, 7, 1);
    save(r);
    size_t n = size_of(r, "counters.journal");
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &all), 0);
    few = (struct rlimit){ n + 100, all.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &few), 0);
    (void)add(r, ACCOUNT, 7, 1);
    assert_int_equal(counters_file_save(r->f), -EFBIG);
    assert_int_equal(counters_file_save(r->f), -EFBIG);
    assert_int_equal(size_of(r, "counters.journal"), n);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
    save(r);
    assert_int_equal(size_of(r, "counters.journal"), n + journal_batch_size(1));
    assert_int_equal(restart(r), 1);
    assert_int_equal(count(r, ACCOUNT, 7), 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_an_empty_folder_is_a_beginning),
        TEST(test_everything_but_gauges_survives_a_restart),
        TEST(test_closing_saves),
        TEST(test_what_was_not_saved_is_all_that_is_lost),
        TEST(test_nothing_changed_is_nothing_written),
        TEST(test_what_is_over_is_not_loaded),
        TEST(test_the_journal_is_compacted_and_never_grows_past_the_memory),
        TEST(test_what_is_counted_while_it_is_saved_is_not_lost),
        TEST(test_a_torn_last_batch_is_the_second_that_is_lost),
        TEST(test_what_is_corrupt_is_kept_as_bad_and_counting_starts_empty),
        TEST(test_a_snapshot_of_another_length_is_corrupt),
        TEST(test_of_another_size_key_or_version_is_another_beginning),
        TEST(test_a_journal_of_another_snapshot_is_passed_over),
        TEST(test_a_journal_alone_is_nothing),
        TEST(test_a_folder_that_is_not_there_is_said),
        TEST(test_a_save_that_fails_leaves_the_file_whole_and_is_made_up_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
