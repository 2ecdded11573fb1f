/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include <zlib.h>

#include "tempdir.h"

#include "base/err.h"
#include "capture/input.h"

enum { LARGE = 1000000 };

static struct tempdir temp;
static uint8_t large[LARGE];

static int setup(void **state)
{
    (void)state;
    tempdir_make(&temp);
    uint32_t x = 1;
    for (size_t i = 0; i < sizeof large; i++) {
        x = x * 1103515245 + 12345;
        large[i] = (uint8_t)(x >> 16);
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tempdir_remove(&temp);
    return 0;
}

static size_t pack(struct slice s, uint8_t *out, size_t size)
{
    z_stream z = { .next_in = (z_const Bytef *)(uintptr_t)s.p,
                   .avail_in = (uInt)s.n,
                   .next_out = out,
                   .avail_out = (uInt)size };
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(deflateEnd(&z), Z_OK);
    return size - z.avail_out;
}

static const char *write_file(struct slice s)
{
    const char *path = tempdir_file(&temp, "input");
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(s.n ? s.p : large, 1, s.n, f), s.n);
    assert_int_equal(fclose(f), 0);
    return path;
}

static struct capture_input *open_file(struct slice s)
{
    struct buf why;
    buf_init(&why, 256);
    struct capture_input *in = capture_input_open(write_file(s), &why);
    assert_non_null(in);
    buf_clear(&why);
    return in;
}

/* All of it in pieces of n is want, then comes the end as it should. */
static void expect_all(struct capture_input *in, struct slice want, size_t n, int end)
{
    struct slice got;
    assert_non_null(in);
    for (; want.n >= n; want = slice_from(want, n)) {
        assert_int_equal(capture_input_peek(in, n, &got), 1);
        assert_true(slice_equal(got, slice_first(want, n)));
        assert_int_equal(capture_input_take(in, n, &got), 1);
        assert_true(slice_equal(got, slice_first(want, n)));
    }
    assert_int_equal(capture_input_take(in, n, &got), end);
    assert_true(slice_equal(got, want));
    assert_int_equal(capture_input_take(in, 1, &got), end);
    assert_int_equal(got.n, 0);
    capture_input_close(in);
}

static void test_bytes_come_in_order_in_pieces_of_any_size(void **state)
{
    (void)state;
    static const size_t pieces[] = { 1, 2, 16, 4096, 65535, 300000, 999999, 1000000, 1000001 };
    struct slice all = { large, sizeof large };
    static uint8_t packed[2 * LARGE];
    struct slice gzip = { packed, pack(all, packed, sizeof packed) };
    for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
        expect_all(capture_input_of(all), all, pieces[i], 0);
        expect_all(capture_input_of(gzip), all, pieces[i], 0);
        expect_all(open_file(all), all, pieces[i], 0);
        expect_all(open_file(gzip), all, pieces[i], 0);
    }
}

static void test_what_is_short_is_given_with_the_end(void **state)
{
    (void)state;
    static const struct slice cases[] = { { NULL, 0 },
                                          SLICE_INIT("a"),
                                          SLICE_INIT("\x1f"),
                                          SLICE_INIT("\x1f\x8b"),
                                          SLICE_INIT("\x1f\x8b\x07") };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        expect_all(capture_input_of(guarded(cases[i])), cases[i], 4, 0);
        expect_all(open_file(cases[i]), cases[i], 4, 0);
    }
}

/* RFC 1952 §2.2: a file is members one after another. */
static void test_members_of_a_gzip_follow_one_another(void **state)
{
    (void)state;
    static const struct {
        const char *one, *two, *behind, *want;
        size_t behind_n;
        int end;
    } cases[] = {
        { "hello ", "world", "", "hello world", 0, 0 },
        { "", "world", "", "world", 0, 0 },
        { "hello", "", "", "hello", 0, 0 },
        { "a", "b", "\0\0\0", "ab", 3, 0 }, /* padding */
        { "a", "b", "x", "ab", 1, ERR_FORMAT },
        { "a", "b", "\0x", "ab", 2, ERR_FORMAT },
        { "a", "b", "\x1f", "ab", 1, ERR_FORMAT },
        { "a", "b", "\x1f\x8b\x08", "ab", 3, ERR_FORMAT },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint8_t packed[512];
        size_t n = pack(slice_of_str(cases[i].one), packed, sizeof packed);
        n += pack(slice_of_str(cases[i].two), packed + n, sizeof packed - n);
        memcpy(packed + n, cases[i].behind, cases[i].behind_n);
        struct slice all = { packed, n + cases[i].behind_n };
        expect_all(capture_input_of(guarded(all)), slice_of_str(cases[i].want), 1, cases[i].end);
        expect_all(open_file(all), slice_of_str(cases[i].want), 1, cases[i].end);
    }
}

/* At every place: what came before is given, then the damage is said. */
static void test_a_gzip_cut_or_changed_is_damage(void **state)
{
    (void)state;
    uint8_t packed[512];
    struct slice text = SLICE("what came before is given what came before is given"), got;
    size_t n = pack(text, packed, sizeof packed);
    for (size_t cut = 3; cut < n; cut++) {
        struct capture_input *in = capture_input_of(guarded((struct slice){ packed, cut }));
        assert_non_null(in);
        int end = 1;
        for (size_t at = 0; end > 0; at += got.n) {
            end = capture_input_take(in, 1, &got);
            assert_true(slice_equal(got, slice_first(slice_from(text, at), got.n)));
        }
        assert_int_equal(end, ERR_FORMAT);
        capture_input_close(in);
    }
    packed[n - 8] ^= 1; /* the check sum */
    expect_all(capture_input_of((struct slice){ packed, n }), text, text.n, ERR_FORMAT);
}

static void test_a_pipe_gives_what_is_there(void **state)
{
    (void)state;
    int ends[2], was = dup(STDIN_FILENO);
    struct buf why;
    struct slice got;
    buf_init(&why, 256);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(write(ends[1], "first", 5), 5);
    struct capture_input *in = capture_input_open("-", &why);
    assert_non_null(in);
    assert_int_equal(capture_input_take(in, 5, &got), 1); /* does not wait for more */
    expect_slice("first", got, SLICE("first"));
    assert_int_equal(write(ends[1], "second", 6), 6);
    assert_int_equal(close(ends[1]), 0);
    expect_all(in, SLICE("second"), 4, 0);
    assert_int_equal(dup2(was, STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(close(was), 0);
    assert_int_equal(close(ends[0]), 0);
    buf_clear(&why);
}

static void expect_refused(const char *path, const char *want)
{
    struct buf why;
    buf_init(&why, 256);
    assert_null(capture_input_open(path, &why));
    expect_slice(path, buf_slice(&why), slice_of_str(want));
    buf_clear(&why);
}

static void test_what_cannot_be_read_is_said(void **state)
{
    (void)state;
    expect_refused("/nonexistent/file", "cannot be read: No such file or directory");
    expect_refused(temp.path, "cannot be read: Is a directory");
}

static void test_position_counts_the_file_as_it_is_on_the_disk(void **state)
{
    (void)state;
    uint64_t read = 0, size = 0;
    struct slice got;
    struct capture_input *in = open_file((struct slice){ large, sizeof large });
    assert_int_equal(capture_input_take(in, sizeof large, &got), 1);
    capture_input_position(in, &read, &size);
    assert_int_equal(read, sizeof large);
    assert_int_equal(size, sizeof large);
    capture_input_close(in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_come_in_order_in_pieces_of_any_size),
        cmocka_unit_test(test_what_is_short_is_given_with_the_end),
        cmocka_unit_test(test_members_of_a_gzip_follow_one_another),
        cmocka_unit_test(test_a_gzip_cut_or_changed_is_damage),
        cmocka_unit_test(test_a_pipe_gives_what_is_there),
        cmocka_unit_test(test_what_cannot_be_read_is_said),
        cmocka_unit_test(test_position_counts_the_file_as_it_is_on_the_disk),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
