/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <errno.h>
#include <signal.h>

#include "tempdir.h"

#include "base/err.h"
#include "store/store.h"

static struct tempdir temp;

static int setup(void **state)
{
    (void)state;
    tempdir_make(&temp);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tempdir_remove(&temp);
    return 0;
}

static struct store *open_in(const char *directory, enum store_mode mode)
{
    struct store *store = NULL;
    assert_int_equal(store_open(directory, mode, 0, &store), 0);
    return store;
}

static struct store *open_store(enum store_mode mode)
{
    return open_in(temp.path, mode);
}

static void put(struct store *store, const char *key, const char *value)
{
    assert_int_equal(store_put(store, "t", slice_of_str(key), slice_of_str(value)), 0);
}

static void put_committed(struct store *store, const char *key, const char *value)
{
    assert_int_equal(store_begin(store), 0);
    put(store, key, value);
    assert_int_equal(store_commit(store), 0);
}

/* NULL: it is not there. */
static void expect(struct store *store, const char *key, const char *want)
{
    struct buf value;
    buf_init(&value, 100);
    int error = store_get(store, "t", slice_of_str(key), &value);
    assert_int_equal(error, want ? 0 : ERR_NOT_FOUND);
    expect_slice(key, buf_slice(&value), slice_of_str(want));
    buf_clear(&value);
}

static void test_reading_what_does_not_exist_is_not_found(void **state)
{
    (void)state;
    struct store *store = NULL;
    assert_int_equal(store_open(temp.path, STORE_READ, 0, &store), ERR_NOT_FOUND);
    assert_int_equal(store_open(tempdir_file(&temp, "none"), STORE_READ, 0, &store), ERR_NOT_FOUND);
    FILE *f = fopen(tempdir_file(&temp, "store.mdb"), "w"); /* made, and nothing in it yet */
    assert_int_equal(fclose(f), 0);
    assert_int_equal(store_open(temp.path, STORE_READ, 0, &store), ERR_NOT_FOUND);
    assert_null(store);
}

static void test_made_for_its_owner_only(void **state)
{
    (void)state;
    mode_t mask = umask(0);
    store_close(open_in(tempdir_file(&temp, "state"), STORE_WRITE));
    umask(mask);
    assert_int_equal(tempdir_mode(tempdir_file(&temp, "state")), 0700);
    assert_int_equal(tempdir_mode(tempdir_file(&temp, "state/store.mdb")), 0600);
    assert_int_equal(tempdir_mode(tempdir_file(&temp, "state/store.mdb-lock")), 0600);
}

static void test_directory_trouble_has_its_errno(void **state)
{
    (void)state;
    struct store *store = NULL;
    assert_int_equal(store_open(tempdir_file(&temp, "a/b"), STORE_WRITE, 0, &store), -ENOENT);
    FILE *f = fopen(tempdir_file(&temp, "file"), "w");
    assert_int_equal(fclose(f), 0);
    assert_int_equal(store_open(temp.file, STORE_WRITE, 0, &store), -ENOTDIR);
    char *longer = malloc(5000);
    memset(longer, 'a', 4999);
    longer[4999] = '\0';
    assert_int_equal(store_open(longer, STORE_WRITE, 0, &store), -ENAMETOOLONG);
    free(longer);
    assert_null(store);
}

static void test_commit_survives_reopening(void **state)
{
    (void)state;
    struct store *store = open_store(STORE_WRITE);
    expect(store, "k", NULL);
    put_committed(store, "k", "one");
    expect(store, "k", "one");
    put_committed(store, "k", "two");
    expect(store, "k", "two");
    store_close(store);
    store = open_store(STORE_READ);
    expect(store, "k", "two");
    expect(store, "j", NULL);
    expect(store, "k", "two");
    store_close(store);
    store = open_store(STORE_WRITE);
    expect(store, "k", "two");
    store_close(store);
}

static void test_abort_leaves_nothing(void **state)
{
    (void)state;
    struct store *store = open_store(STORE_WRITE);
    store_abort(store); /* none is open */
    assert_int_equal(store_begin(store), 0);
    put(store, "k", "gone"); /* the table too */
    expect(store, "k", "gone");
    store_abort(store);
    expect(store, "k", NULL);
    put_committed(store, "k", "kept");
    assert_int_equal(store_begin(store), 0);
    put(store, "k", "gone");
    store_close(store); /* aborts */
    store = open_store(STORE_READ);
    expect(store, "k", "kept");
    store_close(store);
}

static void test_delete(void **state)
{
    (void)state;
    struct store *store = open_store(STORE_WRITE);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_delete(store, "t", SLICE("k")), ERR_NOT_FOUND); /* no table */
    put(store, "k", "v");
    assert_int_equal(store_delete(store, "t", SLICE("k")), 0);
    assert_int_equal(store_delete(store, "t", SLICE("k")), ERR_NOT_FOUND);
    assert_int_equal(store_commit(store), 0);
    expect(store, "k", NULL);
    store_close(store);
}

static void test_keys_over_the_maximum_are_refused(void **state)
{
    (void)state;
    static uint8_t bytes[STORE_KEY_MAX + 1];
    const struct {
        size_t n;
        int want;
    } cases[] = {
        { 0, -EINVAL }, { 1, 0 }, { STORE_KEY_MAX, 0 }, { STORE_KEY_MAX + 1, ERR_TOO_BIG }
    };
    struct buf value;
    buf_init(&value, 10);
    struct store *store = open_store(STORE_WRITE);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct slice key = guarded((struct slice){ bytes, cases[i].n });
        assert_int_equal(store_begin(store), 0);
        assert_int_equal(store_put(store, "t", key, SLICE("v")), cases[i].want);
        assert_int_equal(store_get(store, "t", key, &value), cases[i].want);
        assert_int_equal(store_delete(store, "t", key), cases[i].want);
        assert_int_equal(store_commit(store), 0);
    }
    buf_clear(&value);
    store_close(store);
}

static void test_values_of_any_bytes(void **state)
{
    (void)state;
    static uint8_t large[100000];
    struct store *store = open_store(STORE_WRITE);
    struct buf value;
    buf_init(&value, sizeof large);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_put(store, "t", SLICE("\0"), SLICE("a\0b")), 0);
    assert_int_equal(store_put(store, "t", SLICE("empty"), SLICE("")), 0);
    assert_int_equal(store_put(store, "t", SLICE("large"), (struct slice){ large, sizeof large }),
                     0);
    assert_int_equal(store_commit(store), 0);
    assert_int_equal(store_get(store, "t", SLICE("\0"), &value), 0);
    expect_slice("NUL", buf_slice(&value), SLICE("a\0b"));
    assert_int_equal(store_get(store, "t", SLICE("empty"), &value), 0);
    assert_int_equal(buf_size(&value), 0);
    assert_int_equal(store_get(store, "t", SLICE("large"), &value), 0);
    assert_int_equal(buf_size(&value), sizeof large);
    buf_clear(&value);
    buf_init(&value, sizeof large - 1);
    assert_int_equal(store_get(store, "t", SLICE("large"), &value), ERR_TOO_BIG);
    buf_clear(&value);
    store_close(store);
}

static bool join(void *context, struct slice key, struct slice value)
{
    struct buf *out = context;
    buf_append(out, key);
    buf_append_byte(out, '=');
    buf_append(out, value);
    buf_append_byte(out, ' ');
    return !slice_equal(value, SLICE("stop"));
}

static void expect_each(struct store *store, const char *prefix, const char *want)
{
    struct buf out;
    buf_init(&out, 1000);
    assert_int_equal(store_each(store, "t", slice_of_str(prefix), join, &out), 0);
    expect_slice(prefix, buf_slice(&out), slice_of_str(want));
    buf_clear(&out);
}

static void test_each_walks_a_prefix_in_order(void **state)
{
    (void)state;
    struct store *store = open_store(STORE_WRITE);
    expect_each(store, "", "");
    assert_int_equal(store_begin(store), 0);
    put(store, "b", "2");
    put(store, "ab", "4");
    put(store, "a", "1");
    put(store, "aa", "3");
    expect_each(store, "a", "a=1 aa=3 ab=4 "); /* sees what is not committed */
    assert_int_equal(store_commit(store), 0);
    expect_each(store, "", "a=1 aa=3 ab=4 b=2 ");
    expect_each(store, "a", "a=1 aa=3 ab=4 ");
    expect_each(store, "aa", "aa=3 ");
    expect_each(store, "c", "");
    put_committed(store, "aa", "stop");
    expect_each(store, "", "a=1 aa=stop ");
    store_close(store);
}

struct nested {
    struct store *store;
    struct buf value;
};

static bool get_inside(void *context, struct slice key, struct slice value)
{
    struct nested *n = context;
    assert_int_equal(store_get(n->store, "t", key, &n->value), 0);
    expect_slice("nested", buf_slice(&n->value), value);
    return true;
}

static void test_reads_inside_a_walk(void **state)
{
    (void)state;
    struct nested n = { .store = open_store(STORE_WRITE) };
    buf_init(&n.value, 100);
    put_committed(n.store, "a", "1");
    put_committed(n.store, "b", "2");
    assert_int_equal(store_each(n.store, "t", SLICE(""), get_inside, &n), 0);
    buf_clear(&n.value);
    store_close(n.store);
}

static void test_a_full_store_says_so_and_goes_on(void **state)
{
    (void)state;
    static uint8_t large[64 * 1024];
    struct store *store = NULL;
    assert_int_equal(store_open(temp.path, STORE_WRITE, 100 * 1024, &store), 0);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_put(store, "t", SLICE("a"), (struct slice){ large, sizeof large }), 0);
    assert_int_equal(store_put(store, "t", SLICE("b"), (struct slice){ large, sizeof large }),
                     ERR_FULL);
    store_abort(store);
    put_committed(store, "small", "fits");
    expect(store, "small", "fits");
    store_close(store);
}

static void test_sixteen_tables(void **state)
{
    (void)state;
    static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g", "h",
                                         "i", "j", "k", "l", "m", "n", "o", "p" };
    struct buf value;
    buf_init(&value, 10);
    struct store *store = open_store(STORE_WRITE);
    assert_int_equal(store_begin(store), 0);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        assert_int_equal(store_put(store, names[i], SLICE("k"), slice_of_str(names[i])), 0);
    assert_int_equal(store_commit(store), 0);
    store_close(store);
    store = open_store(STORE_READ);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        assert_int_equal(store_get(store, names[i], SLICE("k"), &value), 0);
        expect_slice("table", buf_slice(&value), slice_of_str(names[i]));
    }
    store_close(store);
    buf_clear(&value);
}

static void test_a_reader_cannot_write(void **state)
{
    (void)state;
    store_close(open_store(STORE_WRITE));
    struct store *store = open_store(STORE_READ);
    assert_int_equal(store_begin(store), -EACCES);
    expect(store, "k", NULL); /* and still reads */
    store_close(store);
    store_close(NULL);
}

static void test_only_the_format_we_know_is_opened(void **state)
{
    (void)state;
    static const struct slice versions[] = { SLICE_INIT("\0\0\0\2"), SLICE_INIT("\0\0\0\0"),
                                             SLICE_INIT("\0\0\1"), SLICE_INIT("") };
    for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
        struct store *store = NULL;
        tempdir_remove(&temp);
        store = open_store(STORE_WRITE);
        assert_int_equal(store_begin(store), 0);
        assert_int_equal(store_put(store, "meta", SLICE("format"), versions[i]), 0);
        assert_int_equal(store_commit(store), 0);
        store_close(store);
        assert_int_equal(store_open(temp.path, STORE_WRITE, 0, &store), ERR_FORMAT);
        assert_int_equal(store_open(temp.path, STORE_READ, 0, &store), ERR_FORMAT);
    }
}

static void test_a_file_that_is_no_store_is_refused(void **state)
{
    (void)state;
    struct store *store = NULL;
    FILE *f = fopen(tempdir_file(&temp, "store.mdb"), "w");
    for (int i = 0; i < 10000; i++)
        assert_int_equal(fputc('x', f), 'x');
    assert_int_equal(fclose(f), 0);
    assert_int_equal(store_open(temp.path, STORE_WRITE, 0, &store), ERR_FORMAT);
    assert_int_equal(store_open(temp.path, STORE_READ, 0, &store), ERR_FORMAT);
}

/* ---- two processes ---- */

struct other { /* a child that speaks one byte at a time */
    pid_t pid;
    int to, from;
};

static void say(int fd, char what)
{
    assert_int_equal(write(fd, &what, 1), 1);
}

static char hear(int fd)
{
    char c = 0;
    assert_int_equal(read(fd, &c, 1), 1);
    return c;
}

static struct other start(void (*run)(int from, int to))
{
    int down[2], up[2];
    assert_int_equal(pipe(down), 0);
    assert_int_equal(pipe(up), 0);
    pid_t pid = fork();
    assert_int_not_equal(pid, -1);
    if (pid == 0) {
        (void)close(down[1]);
        (void)close(up[0]);
        run(down[0], up[1]);
        _exit(0);
    }
    (void)close(down[0]);
    (void)close(up[1]);
    return (struct other){ pid, down[1], up[0] };
}

static int end(const struct other *o)
{
    int status = -1;
    assert_int_equal(waitpid(o->pid, &status, 0), o->pid);
    (void)close(o->to);
    (void)close(o->from);
    return status;
}

static void read_when_told(int from, int to)
{
    struct store *store = NULL;
    char c;
    if (store_open(temp.path, STORE_READ, 0, &store))
        _exit(1);
    while (read(from, &c, 1) == 1) {
        struct buf value;
        buf_init(&value, 10);
        int error = store_get(store, "t", SLICE("k"), &value);
        c = error == ERR_NOT_FOUND ? '-' : error ? '!' : (char)buf_slice(&value).p[0];
        buf_clear(&value);
        if (write(to, &c, 1) != 1)
            _exit(1);
    }
    store_close(store);
}

static char ask(const struct other *o)
{
    say(o->to, '?');
    return hear(o->from);
}

static void test_another_process_reads_while_one_writes(void **state)
{
    (void)state;
    store_close(open_store(STORE_WRITE));
    struct other reader = start(read_when_told);
    struct store *store = open_store(STORE_WRITE);
    assert_int_equal(ask(&reader), '-');
    assert_int_equal(store_begin(store), 0);
    put(store, "k", "1");
    assert_int_equal(ask(&reader), '-'); /* not committed, and the reader does not wait */
    assert_int_equal(store_commit(store), 0);
    assert_int_equal(ask(&reader), '1');
    assert_int_equal(store_begin(store), 0);
    put(store, "k", "2");
    assert_int_equal(ask(&reader), '1');
    store_abort(store);
    assert_int_equal(ask(&reader), '1');
    (void)close(reader.to);
    reader.to = dup(reader.from);
    assert_int_equal(end(&reader), 0);
    store_close(store);
}

static void write_and_wait(int from, int to)
{
    struct store *store = NULL;
    char c = 'w';
    bool ok = store_open(temp.path, STORE_WRITE, 0, &store) == 0 && store_begin(store) == 0 &&
              store_put(store, "t", SLICE("safe"), SLICE("1")) == 0 && store_commit(store) == 0 &&
              store_begin(store) == 0 && store_put(store, "t", SLICE("lost"), SLICE("1")) == 0 &&
              write(to, &c, 1) == 1 && read(from, &c, 1) == 1;
    _exit(ok ? 0 : 1);
}

static void test_kill_inside_a_transaction_loses_only_that(void **state)
{
    (void)state;
    struct other writer = start(write_and_wait);
    assert_int_equal(hear(writer.from), 'w');
    assert_int_equal(kill(writer.pid, SIGKILL), 0);
    int status = end(&writer);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    struct store *store = open_store(STORE_WRITE); /* and its lock does not hold us up */
    expect(store, "safe", "1");
    expect(store, "lost", NULL);
    put_committed(store, "lost", "2");
    expect(store, "lost", "2");
    store_close(store);
}

/* ---- snapshots: two stores in one process, which is well while neither closes under the other ---- */

static void test_a_snapshot_is_one_for_all_reads(void **state)
{
    (void)state;
    struct store *writer = open_store(STORE_WRITE), *reader;
    put_committed(writer, "k", "one");
    reader = open_store(STORE_READ);
    expect(reader, "k", "one"); /* the table is known now */
    assert_int_equal(store_snapshot_begin(reader), 0);
    put_committed(writer, "k", "two");
    put_committed(writer, "l", "two");
    expect(reader, "k", "one");
    expect(reader, "l", NULL);
    expect_each(reader, "", "k=one ");
    store_snapshot_end(reader);
    expect(reader, "k", "two");
    assert_int_equal(store_snapshot_begin(reader), 0);
    expect(reader, "l", "two");
    store_snapshot_end(reader);
    store_snapshot_end(reader); /* nothing happens */
    store_close(reader);
    store_close(writer);
}

static void test_a_table_that_is_new_to_the_reader_is_read_in_its_first_snapshot(void **state)
{
    (void)state;
    struct store *writer = open_store(STORE_WRITE), *reader = open_store(STORE_READ);
    assert_int_equal(store_snapshot_begin(reader), 0);
    expect(reader, "k", NULL);
    put_committed(writer, "k", "one");
    expect(reader, "k", "one");
    put_committed(writer, "k", "two");
    expect(reader, "k", "one"); /* and from there on it stands */
    expect_each(reader, "", "k=one ");
    store_snapshot_end(reader);
    store_close(reader);
    store_close(writer);
}

struct inner {
    struct store *store;
    int calls;
};

/* A read inside a walk, of a table that was not read before. */
static bool read_other(void *context, struct slice key, struct slice value)
{
    struct inner *inner = context;
    struct buf out;
    (void)key;
    buf_init(&out, 100);
    assert_int_equal(store_get(inner->store, "u", SLICE("x"), &out), 0);
    expect_slice("other", buf_slice(&out), SLICE("y"));
    expect_slice("value", value, SLICE("one")); /* still there */
    buf_clear(&out);
    inner->calls++;
    return true;
}

static void test_a_snapshot_is_not_moved_under_a_walk(void **state)
{
    (void)state;
    struct store *writer = open_store(STORE_WRITE), *reader = open_store(STORE_READ);
    struct inner inner = { reader, 0 };
    put_committed(writer, "a", "one");
    put_committed(writer, "b", "one");
    assert_int_equal(store_begin(writer), 0);
    assert_int_equal(store_put(writer, "u", SLICE("x"), SLICE("y")), 0);
    assert_int_equal(store_commit(writer), 0);
    assert_int_equal(store_snapshot_begin(reader), 0);
    assert_int_equal(store_each(reader, "t", SLICE(""), read_other, &inner), 0);
    assert_int_equal(inner.calls, 2);
    store_snapshot_end(reader);
    store_close(reader);
    store_close(writer);
}

static void test_a_closed_store_ends_its_snapshot(void **state)
{
    (void)state;
    struct store *store = open_store(STORE_WRITE);
    put_committed(store, "k", "one");
    assert_int_equal(store_snapshot_begin(store), 0);
    expect(store, "k", "one");
    store_close(store);
}

static void test_a_walk_goes_on_from_a_key(void **state)
{
    (void)state;
    struct store *store = open_store(STORE_WRITE);
    struct buf out;
    static const struct {
        const char *from, *want;
    } cases[] = { { "", "a= ab= b= " },
                  { "a", "a= ab= b= " },
                  { "aa", "ab= b= " },
                  { "b", "b= " },
                  { "c", "" } };
    put_committed(store, "a", "");
    put_committed(store, "ab", "");
    put_committed(store, "b", "");
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        buf_init(&out, 100);
        assert_int_equal(store_each_from(store, "t", slice_of_str(cases[i].from), join, &out), 0);
        expect_slice(cases[i].from, buf_slice(&out), slice_of_str(cases[i].want));
        buf_clear(&out);
    }
    assert_int_equal(store_each_from(store, "none", SLICE(""), join, &out), 0);
    store_close(store);
}

static void test_a_table_is_made_ahead_and_only_by_a_commit(void **state)
{
    (void)state;
    struct store *store = open_store(STORE_WRITE);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_make(store, "t"), 0);
    assert_int_equal(store_make(store, "t"), 0);
    store_abort(store);
    expect(store, "k", NULL);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_make(store, "t"), 0);
    assert_int_equal(store_commit(store), 0);
    expect_each(store, "", "");
    put_committed(store, "k", "one");
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_make(store, "t"), 0); /* what is in it stays */
    assert_int_equal(store_commit(store), 0);
    expect(store, "k", "one");
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reading_what_does_not_exist_is_not_found, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_made_for_its_owner_only, setup, teardown),
        cmocka_unit_test_setup_teardown(test_directory_trouble_has_its_errno, setup, teardown),
        cmocka_unit_test_setup_teardown(test_commit_survives_reopening, setup, teardown),
        cmocka_unit_test_setup_teardown(test_abort_leaves_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_delete, setup, teardown),
        cmocka_unit_test_setup_teardown(test_keys_over_the_maximum_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_values_of_any_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_each_walks_a_prefix_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reads_inside_a_walk, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_full_store_says_so_and_goes_on, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sixteen_tables, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_reader_cannot_write, setup, teardown),
        cmocka_unit_test_setup_teardown(test_only_the_format_we_know_is_opened, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_file_that_is_no_store_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_another_process_reads_while_one_writes, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_kill_inside_a_transaction_loses_only_that, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_snapshot_is_one_for_all_reads, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_a_table_that_is_new_to_the_reader_is_read_in_its_first_snapshot, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_snapshot_is_not_moved_under_a_walk, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_closed_store_ends_its_snapshot, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_walk_goes_on_from_a_key, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_table_is_made_ahead_and_only_by_a_commit, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
