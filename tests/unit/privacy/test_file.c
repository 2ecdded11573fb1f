/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <dirent.h>
#include <errno.h>

#include "tempdir.h"

#include "privacy/keys.h"

static struct tempdir temp;
static char path[128];

static int setup(void **state)
{
    (void)state;
    tempdir_make(&temp);
    (void)snprintf(path, sizeof path, "%s/secret", temp.path);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tempdir_remove(&temp);
    return 0;
}

/* The operator's line, or "" when it was opened. */
static const char *open_at(const char *name, struct secret_keys *keys)
{
    static char line[512];
    uint8_t text[SECRET_FILE_MAX];
    struct buf why;
    buf_init(&why, sizeof line - 1);
    bool ok = secret_file_open(name, text, keys, &why);
    (void)snprintf(line, sizeof line, "%.*s", SLICE_ARG(buf_slice(&why)));
    assert_int_equal(ok, line[0] == '\0');
    buf_clear(&why);
    return line;
}

static void write_file(const char *text, size_t n, mode_t mode)
{
    FILE *f = fopen(path, "w");
    assert_int_equal(fwrite(text, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static int count_files(void)
{
    int n = 0;
    DIR *d = opendir(temp.path);
    for (struct dirent *e; (e = readdir(d));)
        n += e->d_name[0] != '.';
    (void)closedir(d);
    return n;
}

static void test_made_once_for_its_owner_only(void **state)
{
    (void)state;
    struct secret_keys first, second;
    mode_t mask = umask(0);
    assert_string_equal(open_at(path, &first), "");
    umask(mask);
    assert_int_equal(tempdir_mode(path), 0600);
    assert_int_equal(count_files(), 1); /* nothing is left beside it */
    assert_int_equal(first.n, 1);
    assert_int_equal(first.at[0].number, 1);
    assert_string_equal(open_at(path, &second), "");
    assert_memory_equal(first.at[0].bytes, second.at[0].bytes, SECRET_KEY_BYTES);
    assert_int_equal(unlink(path), 0);
    assert_string_equal(open_at(path, &second), "");
    assert_memory_not_equal(first.at[0].bytes, second.at[0].bytes, SECRET_KEY_BYTES);
}

static void test_a_file_that_others_can_read_is_refused(void **state)
{
    (void)state;
    static const struct {
        mode_t mode;
        bool fine;
    } cases[] = { { 0600, true },  { 0400, true },  { 0640, true },  { 0440, true },
                  { 0644, false }, { 0604, false }, { 0602, false }, { 0601, false },
                  { 0660, false }, { 0666, false } };
    struct secret_keys keys;
    assert_string_equal(open_at(path, &keys), "");
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(chmod(path, cases[i].mode), 0);
        assert_int_equal(open_at(path, &keys)[0] == '\0', cases[i].fine);
    }
    assert_int_equal(chmod(path, 0644), 0);
    assert_non_null(strstr(open_at(path, &keys), "readable by others (mode 0644)"));
}

static void test_a_broken_file_is_named_with_its_line(void **state)
{
    (void)state;
    struct secret_keys keys;
    char want[256];
    write_file("# one\n1 abc\n", 12, 0600);
    (void)snprintf(want, sizeof want, "%s:2: its key is not 64 hex digits", path);
    assert_string_equal(open_at(path, &keys), want);
    write_file("", 0, 0600); /* never taken for "not there": its keys may be known elsewhere */
    (void)snprintf(want, sizeof want, "%s:1: it holds no key", path);
    assert_string_equal(open_at(path, &keys), want);
}

static void test_what_cannot_be_read_or_made_is_said(void **state)
{
    (void)state;
    static char large[SECRET_FILE_MAX];
    struct secret_keys keys;
    memset(large, '#', sizeof large);
    write_file(large, sizeof large, 0600);
    assert_non_null(strstr(open_at(path, &keys), "cannot be read: too big"));
    write_file(large, sizeof large - 1, 0600);
    assert_non_null(strstr(open_at(path, &keys), "it holds no key"));
    assert_non_null(strstr(open_at(temp.path, &keys), "not a file"));
    (void)snprintf(path, sizeof path, "%s/none/secret", temp.path);
    assert_non_null(strstr(open_at(path, &keys), "cannot be created: No such file"));
}

#define RACERS 8

static void race(int gate, int out)
{
    char go;
    uint8_t text[SECRET_FILE_MAX];
    struct secret_keys keys;
    struct buf why;
    buf_init(&why, 512);
    if (read(gate, &go, 1) != 0) /* the gate is closed for all at once */
        _exit(1);
    if (!secret_file_open(path, text, &keys, &why) || keys.n != 1)
        _exit(2);
    _exit(write(out, keys.at[0].bytes, SECRET_KEY_BYTES) == SECRET_KEY_BYTES ? 0 : 3);
}

static void test_a_race_of_creators_ends_with_one_key(void **state)
{
    (void)state;
    int gate[2], keys[2];
    pid_t racers[RACERS];
    uint8_t first[SECRET_KEY_BYTES], other[SECRET_KEY_BYTES];
    assert_int_equal(pipe(gate), 0);
    assert_int_equal(pipe(keys), 0);
    for (size_t i = 0; i < RACERS; i++) {
        racers[i] = fork();
        if (racers[i] == 0) {
            (void)close(gate[1]);
            race(gate[0], keys[1]);
        }
    }
    (void)close(gate[1]);
    for (size_t i = 0; i < RACERS; i++) {
        int status = -1;
        assert_int_equal(waitpid(racers[i], &status, 0), racers[i]);
        assert_int_equal(status, 0);
        assert_int_equal(read(keys[0], i ? other : first, SECRET_KEY_BYTES), SECRET_KEY_BYTES);
        assert_memory_equal(i ? other : first, first, SECRET_KEY_BYTES);
    }
    assert_int_equal(count_files(), 1);
    (void)close(gate[0]);
    (void)close(keys[0]);
    (void)close(keys[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_made_once_for_its_owner_only, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_file_that_others_can_read_is_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_broken_file_is_named_with_its_line, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_read_or_made_is_said, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_race_of_creators_ends_with_one_key, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
