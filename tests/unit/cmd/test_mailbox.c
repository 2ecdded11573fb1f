/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cmd/mailbox.h"
#include "tempdir.h"

#define MAX 32

static struct tempdir dir;

static const char *path_of(const char *name)
{
    return tempdir_file(&dir, name);
}

static void put(const char *name, const char *text)
{
    FILE *f = fopen(path_of(name), "w");
    assert_non_null(f);
    assert_int_equal(fputs(text, f) >= 0, 1);
    assert_int_equal(fclose(f), 0);
}

static void make(const char *name)
{
    assert_int_equal(mkdir(path_of(name), 0700), 0);
}

/* All messages of names: "NAME[NUMBER]=TEXT;", the folder of the test left out of NAME. */
static void read_all(char *const *names, size_t n, struct buf *out)
{
    struct mailbox *m = mailbox_new(names, n);
    struct mailbox_message message;
    int result;
    assert_non_null(m);
    while ((result = mailbox_next(m, &message)) != 0) {
        buf_append(out, slice_from(slice_of_str(message.name), strlen(dir.path) + 1));
        if (message.number)
            buf_printf(out, "[%u]", (unsigned)message.number);
        if (result < 0)
            buf_printf(out, ":%d", result);
        buf_append_byte(out, '=');
        struct mailbox_reader r;
        struct slice part;
        mailbox_read_start(&r, &message);
        while (result == 1 && (result = mailbox_read(&r, &part)) == 1)
            buf_append(out, part);
        mailbox_read_end(&r);
        mailbox_message_clear(&message);
        buf_append_byte(out, ';');
    }
    mailbox_free(m);
}

static void expect_messages(const char *name, const char *want)
{
    char path[256];
    char *names[] = { path };
    struct buf out;
    (void)snprintf(path, sizeof path, "%s", path_of(name));
    buf_init(&out, (size_t)1 << 20);
    read_all(names, 1, &out);
    expect_slice(name, buf_slice(&out), slice_of_str(want));
    buf_clear(&out);
}

static void test_a_file_is_one_message(void **state)
{
    (void)state;
    put("one", "From: a\n\n>From x\n");
    expect_messages("one", "one=From: a\n\n>From x\n;");
    put("empty", "");
    expect_messages("empty", "empty=;");
    expect_messages("nowhere", "nowhere:-2=;");
}

static void test_an_mbox_has_messages_with_numbers_and_loses_its_quotes(void **state)
{
    (void)state;
    put("box",
        "From a Fri Nov 21 15:33:19 2026\nA: 1\n\n>From x\n\nFrom b 15:33\nB: 2\n\n>>From y\n\n");
    expect_messages("box", "box[1]=A: 1\n\nFrom x\n;box[2]=B: 2\n\n>From y\n\n;");
    put("box", "From a");
    expect_messages("box", "box[1]=;");
}

static void test_a_maildir_gives_new_and_cur_by_name_but_not_tmp(void **state)
{
    (void)state;
    make("md");
    make("md/new");
    make("md/cur");
    make("md/tmp");
    put("md/new/b", "b");
    put("md/new/a", "a");
    put("md/cur/c:2,S", "c");
    put("md/cur/.hidden", "h");
    put("md/tmp/t", "t");
    put("md/dovecot.index", "i");
    expect_messages("md", "md/new/a=a;md/new/b=b;md/cur/c:2,S=c;");
}

static void test_a_folder_gives_what_is_in_it_in_order(void **state)
{
    (void)state;
    make("dir");
    make("dir/sub");
    put("dir/a", "a");
    put("dir/z", "From x 10:00\nz");
    put("dir/sub/m", "m");
    assert_int_equal(mkfifo(path_of("dir/pipe"), 0600), 0);
    assert_int_equal(symlink("..", path_of("dir/sub/loop")), 0);
    expect_messages("dir", "dir/a=a;dir/sub/m=m;dir/z[1]=z;");
}

static void test_what_cannot_be_read_is_told_and_the_rest_goes_on(void **state)
{
    (void)state;
    char first[128], second[128], third[128];
    char *names[] = { first, second, third };
    struct buf out;
    put("good", "g");
    (void)snprintf(first, sizeof first, "%s/gone", dir.path);
    (void)snprintf(second, sizeof second, "%s/good", dir.path);
    (void)snprintf(third, sizeof third, "%s/good/not-a-folder", dir.path);
    buf_init(&out, 4096);
    read_all(names, 3, &out);
    expect_slice("errors", buf_slice(&out), SLICE("gone:-2=;good=g;good/not-a-folder:-20=;"));
    buf_clear(&out);
}

static void test_a_pipe_is_read_whole(void **state)
{
    (void)state;
    int ends[2];
    char name[32];
    char *names[] = { name };
    struct mailbox_message message;
    struct mailbox_reader r;
    struct slice part;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(write(ends[1], "A: 1\n\n", 6), 6);
    assert_int_equal(close(ends[1]), 0);
    (void)snprintf(name, sizeof name, "/proc/self/fd/%d", ends[0]);
    struct mailbox *m = mailbox_new(names, 1);
    assert_int_equal(mailbox_next(m, &message), 1);
    mailbox_read_start(&r, &message);
    assert_int_equal(mailbox_read(&r, &part), 1);
    expect_slice("text", part, SLICE("A: 1\n\n"));
    assert_int_equal(mailbox_read(&r, &part), 0);
    mailbox_read_end(&r);
    mailbox_message_clear(&message);
    assert_int_equal(mailbox_next(m, &message), 0);
    mailbox_free(m);
    assert_int_equal(close(ends[0]), 0);
}

static void test_messages_longer_than_a_block_are_whole(void **state)
{
    (void)state;
    struct buf text, got;
    char path[128];
    char *names[] = { path };
    buf_init(&text, (size_t)1 << 20);
    buf_init(&got, (size_t)1 << 20);
    buf_append_str(&text, "From a 10:00\nA: 1\n\n");
    while (buf_size(&text) < 3 * MAILBOX_BLOCK)
        buf_append_str(&text, ">From the beginning\n");
    buf_append_byte(&text, 0);
    put("long", (const char *)buf_slice(&text).p);
    (void)snprintf(path, sizeof path, "%s", path_of("long"));
    read_all(names, 1, &got);
    size_t lines = (buf_size(&text) - 20) / 20;
    assert_int_equal(buf_size(&got), strlen("long[1]=;") + strlen("A: 1\n\n") + lines * 19);
    buf_clear(&text);
    buf_clear(&got);
}

static int setup(void **state)
{
    (void)state;
    tempdir_make(&dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tempdir_remove(&dir);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_is_one_message),
        cmocka_unit_test(test_an_mbox_has_messages_with_numbers_and_loses_its_quotes),
        cmocka_unit_test(test_a_maildir_gives_new_and_cur_by_name_but_not_tmp),
        cmocka_unit_test(test_a_folder_gives_what_is_in_it_in_order),
        cmocka_unit_test(test_what_cannot_be_read_is_told_and_the_rest_goes_on),
        cmocka_unit_test(test_a_pipe_is_read_whole),
        cmocka_unit_test(test_messages_longer_than_a_block_are_whole),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
