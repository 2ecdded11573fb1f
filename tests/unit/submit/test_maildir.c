/* SPDX-License-Identifier: ISC
 *
 * Deliveries into a folder of the test's own, with a loop and threads.
 */
#include "check.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "submit/maildir.h"
#include "tempdir.h"

struct bench {
    struct delivery_owner owner;
    struct tempdir dir;
    struct loop *loop;
    struct thread_pool *threads;
    struct maildir_setup setup;
    char path[128];
    struct delivery *d;
    struct smtp_reply reply;
    unsigned replies;
};

static void on_reply(struct delivery_owner *owner, const struct smtp_reply *reply)
{
    struct bench *b = CONTAINER_OF(owner, struct bench, owner);
    b->reply = *reply;
    b->replies++;
    loop_stop(b->loop);
}

static void on_lost(struct delivery_owner *owner, const struct smtp_reply *reply)
{
    (void)owner;
    fail_msg("lost: %u", reply->code);
}

static void on_room(struct delivery_owner *owner)
{
    (void)owner; /* it is never full */
}

static int open_bench(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    tempdir_make(&b->dir);
    b->owner = (struct delivery_owner){ on_reply, on_lost, on_room };
    b->loop = loop_new();
    b->threads = thread_pool_new(b->loop, 1, 8);
    assert_non_null(b->threads);
    (void)snprintf(b->path, sizeof b->path, "%s/mail/%%u", b->dir.path);
    b->setup = (struct maildir_setup){ b->loop, b->threads, NULL, b->path, "gate.example", false };
    assert_int_equal(mkdir(tempdir_file(&b->dir, "mail"), 0700), 0);
    *state = b;
    return 0;
}

static int close_bench(void **state)
{
    struct bench *b = *state;
    if (b->d)
        b->d->class->close(b->d);
    thread_pool_free(b->threads);
    loop_free(b->loop);
    tempdir_remove(&b->dir);
    free(b);
    return 0;
}

/* Nobody's backend is asked: with a folder of its own an account exists. */
static void make_account(struct bench *b, const char *name)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/mail/%s", b->dir.path, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void expect_reply(struct bench *b, unsigned before, uint16_t code)
{
    assert_int_equal(b->replies, before); /* never from inside the asking call */
    while (b->replies == before)
        loop_run(b->loop);
    if (b->reply.code != code)
        fail_msg("got %u %.*s, want %u", b->reply.code, SLICE_ARG(b->reply.text), code);
}

static void mail(struct bench *b, struct slice sender)
{
    static const struct smtp_mail_parameters none;
    struct delivery_mail m = { .sender = sender, .parameters = &none };
    unsigned before = b->replies;
    b->d = maildir_new(&b->setup, &b->owner);
    assert_non_null(b->d);
    b->d->class->mail(b->d, &m);
    expect_reply(b, before, 250);
}

static void rcpt(struct bench *b, struct slice to, uint16_t code)
{
    static const struct smtp_rcpt_parameters none;
    struct smtp_path path = { .mailbox = to };
    unsigned before = b->replies;
    (void)slice_cut_last(to, '@', &path.local, &path.domain);
    b->d->class->rcpt(b->d, &path, &none);
    expect_reply(b, before, code);
}

static void content(struct bench *b, uint16_t code)
{
    unsigned before = b->replies;
    b->d->class->content(b->d);
    expect_reply(b, before, code);
}

static void end(struct bench *b, uint16_t code)
{
    unsigned before = b->replies;
    b->d->class->end(b->d);
    expect_reply(b, before, code);
}

static void finish(struct bench *b)
{
    b->d->class->close(TAKE(b->d));
}

static const char *folder(struct bench *b, const char *account, const char *part)
{
    char name[64];
    (void)snprintf(name, sizeof name, "mail/%s/%s", account, part);
    return tempdir_file(&b->dir, name);
}

/* How many messages stand there; the last one's path, when wanted. */
static unsigned count(struct bench *b, const char *account, const char *part, char *path)
{
    unsigned n = 0;
    DIR *d = opendir(folder(b, account, part));
    for (struct dirent *e; d && (e = readdir(d));) {
        if (e->d_name[0] == '.')
            continue;
        if (path)
            (void)snprintf(path, 512, "%s/%s", folder(b, account, part), e->d_name);
        n++;
    }
    if (d)
        (void)closedir(d);
    return n;
}

static void expect_message(struct bench *b, const char *account, struct slice want)
{
    char path[512], bytes[200000];
    assert_int_equal(count(b, account, "new", path), 1);
    int fd = open(path, O_RDONLY);
    ssize_t n = read(fd, bytes, sizeof bytes);
    (void)close(fd);
    assert_true(n >= 0);
    expect_slice(account, (struct slice){ (uint8_t *)bytes, (size_t)n }, want);
    assert_int_equal(tempdir_mode(path), 0600);
}

static void write_content(struct bench *b, struct slice bytes)
{
    b->d->class->write(b->d, bytes);
    assert_false(b->d->class->is_full(b->d));
}

static void a_message_stands_in_new_with_return_path_and_local_line_ends(void **state)
{
    struct bench *b = *state;
    make_account(b, "demo");
    mail(b, SLICE("a@example.net"));
    rcpt(b, SLICE("Demo@example.com"), 250); /* %u is in lower case */
    content(b, 354);
    write_content(b, SLICE("A: b\r"));
    write_content(b, SLICE("\n\r\n.\r\nend\r\n"));
    assert_int_equal(count(b, "demo", "tmp", NULL), 1);
    assert_int_equal(count(b, "demo", "new", NULL), 0); /* not before it is whole */
    end(b, 250);
    finish(b);
    expect_message(b, "demo", SLICE("Return-Path: <a@example.net>\nA: b\n\n.\nend\n"));
    assert_int_equal(count(b, "demo", "tmp", NULL), 0);
    assert_int_equal(tempdir_mode(folder(b, "demo", "cur")), 0700);
    assert_int_equal(tempdir_mode(folder(b, "demo", "new")), 0700);
    assert_int_equal(tempdir_mode(folder(b, "demo", "tmp")), 0700);
}

static void an_open_last_line_is_ended(void **state)
{
    struct bench *b = *state;
    make_account(b, "demo");
    mail(b, SLICE("")); /* the null sender */
    rcpt(b, SLICE("demo@example.com"), 250);
    content(b, 354);
    write_content(b, SLICE("A: b\r\n\r\nend"));
    end(b, 250);
    expect_message(b, "demo", SLICE("Return-Path: <>\nA: b\n\nend\n"));
}

static void an_empty_message_is_a_message(void **state)
{
    struct bench *b = *state;
    make_account(b, "demo");
    mail(b, SLICE("a@b"));
    rcpt(b, SLICE("demo@example.com"), 250);
    content(b, 354);
    end(b, 250);
    expect_message(b, "demo", SLICE("Return-Path: <a@b>\n"));
}

static void a_long_message_is_whole_wherever_it_is_cut(void **state)
{
    struct bench *b = *state;
    static char text[150000], want[150000];
    size_t n = 0, w = (size_t)snprintf(want, sizeof want, "Return-Path: <a@b>\n");
    while (n < sizeof text - 100) {
        memset(text + n, 'x', n % 77);
        memset(want + w, 'x', n % 77);
        w += n % 77;
        n += n % 77;
        text[n++] = '\r';
        text[n++] = '\n';
        want[w++] = '\n';
    }
    make_account(b, "demo");
    mail(b, SLICE("a@b"));
    rcpt(b, SLICE("demo@example.com"), 250);
    content(b, 354);
    for (size_t at = 0, step = 1; at < n; at += step, step = step * 3 % 70001)
        write_content(b, slice_first((struct slice){ (uint8_t *)text + at, n - at }, step));
    end(b, 250);
    expect_message(b, "demo", (struct slice){ (uint8_t *)want, w });
}

static void every_recipient_gets_it_once(void **state)
{
    struct bench *b = *state;
    char first[512], second[512];
    struct stat x, y;
    make_account(b, "one");
    make_account(b, "two");
    mail(b, SLICE("a@b"));
    rcpt(b, SLICE("one@example.com"), 250);
    rcpt(b, SLICE("two@example.com"), 250);
    rcpt(b, SLICE("ONE@example.org"), 250); /* the same folder */
    rcpt(b, SLICE("nobody@example.com"), 550);
    content(b, 354);
    write_content(b, SLICE("A: b\r\n"));
    end(b, 250);
    finish(b);
    expect_message(b, "one", SLICE("Return-Path: <a@b>\nA: b\n"));
    expect_message(b, "two", SLICE("Return-Path: <a@b>\nA: b\n"));
    (void)count(b, "one", "new", first);
    (void)count(b, "two", "new", second);
    assert_int_equal(stat(first, &x), 0);
    assert_int_equal(stat(second, &y), 0);
    assert_int_equal(x.st_ino, y.st_ino);
    assert_int_equal(count(b, "one", "tmp", NULL) + count(b, "two", "tmp", NULL), 0);
}

static void what_is_closed_before_its_end_leaves_nothing(void **state)
{
    struct bench *b = *state;
    make_account(b, "demo");
    mail(b, SLICE("a@b"));
    finish(b); /* behind a reply */
    mail(b, SLICE("a@b"));
    rcpt(b, SLICE("demo@example.com"), 250);
    content(b, 354);
    write_content(b, SLICE("A: b\r\n"));
    finish(b);
    assert_int_equal(count(b, "demo", "tmp", NULL) + count(b, "demo", "new", NULL), 0);
}

static void closed_while_a_reply_waits_it_goes_at_the_end_of_the_turn(void **state)
{
    struct bench *b = *state;
    static const struct smtp_mail_parameters none;
    struct delivery_mail m = { .sender = SLICE("a@b"), .parameters = &none };
    make_account(b, "demo");
    b->d = maildir_new(&b->setup, &b->owner);
    b->d->class->mail(b->d, &m);
    finish(b);
    mail(b, SLICE("c@d")); /* turns the loop */
    assert_int_equal(b->replies, 1);
}

static void closed_while_it_is_made_safe_nobody_is_told(void **state)
{
    struct bench *b = *state;
    make_account(b, "demo");
    mail(b, SLICE("a@b"));
    rcpt(b, SLICE("demo@example.com"), 250);
    content(b, 354);
    unsigned before = b->replies;
    b->d->class->end(b->d);
    finish(b); /* it arrives still, whole */
    mail(b, SLICE("c@d"));
    rcpt(b, SLICE("demo@example.com"), 250);
    content(b, 354);
    end(b, 250); /* by the same thread, so behind the other */
    finish(b);
    assert_int_equal(b->replies, before + 4);
    assert_int_equal(count(b, "demo", "new", NULL), 2);
    assert_int_equal(count(b, "demo", "tmp", NULL), 0);
}

static void a_folder_that_cannot_be_written_is_451(void **state)
{
    struct bench *b = *state;
    make_account(b, "demo");
    FILE *f = fopen(folder(b, "demo", "tmp"), "w"); /* a file stands where tmp should be */
    assert_int_equal(fclose(f), 0);
    mail(b, SLICE("a@b"));
    rcpt(b, SLICE("demo@example.com"), 250);
    content(b, 451);
}

static void a_message_that_cannot_be_placed_is_451_and_not_there(void **state)
{
    struct bench *b = *state;
    make_account(b, "demo");
    mail(b, SLICE("a@b"));
    rcpt(b, SLICE("demo@example.com"), 250);
    content(b, 354);
    assert_int_equal(rmdir(folder(b, "demo", "new")), 0);
    end(b, 451);
    finish(b);
    assert_int_equal(count(b, "demo", "tmp", NULL), 0);
}

static void only_an_existing_account_is_a_recipient(void **state)
{
    struct bench *b = *state;
    static const char *const no[] = {
        "nobody@example.com", "../demo@example.com", "..@example.com",   ".demo@example.com",
        "demo/new@e.com",     "de%mo@example.com",   "\"\"@example.com", "\"../demo\"@example.com",
        "\"de mo\"@e.com",    "Postmaster",
    };
    make_account(b, "demo");
    mail(b, SLICE("a@b"));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        rcpt(b, slice_of_str(no[i]), 550);
    rcpt(b, SLICE("\"demo\"@example.com"), 250);
}

static void a_path_without_u_takes_everybody_into_one_folder(void **state)
{
    struct bench *b = *state;
    (void)snprintf(b->path, sizeof b->path, "%s/mail/all", b->dir.path); /* made when needed */
    mail(b, SLICE("a@b"));
    rcpt(b, SLICE("one@example.com"), 250);
    rcpt(b, SLICE("../two@example.com"), 250);
    content(b, 354);
    end(b, 250);
    expect_message(b, "all", SLICE("Return-Path: <a@b>\n"));
}

static void names_that_may_name_a_folder(void **state)
{
    (void)state;
    static const struct {
        struct slice name;
        bool safe;
    } names[] = {
        { SLICE_INIT("demo"), true },       { SLICE_INIT("Demo.x-y_z+t=u9"), true },
        { SLICE_INIT(""), false },          { SLICE_INIT("."), false },
        { SLICE_INIT(".."), false },        { SLICE_INIT("a.."), true },
        { SLICE_INIT("a/b"), false },       { SLICE_INIT("a\0b"), false },
        { SLICE_INIT("a b"), false },       { SLICE_INIT("a%u"), false },
        { SLICE_INIT("a\xc3\xbc"), false },
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (maildir_name_is_safe(guarded(names[i].name)) != names[i].safe)
            fail_msg("\"%.*s\"", SLICE_ARG(names[i].name));
}

static void file_names_differ_and_hold_no_slash(void **state)
{
    struct bench *b = *state;
    b->setup.hostname = "gate.example";
    make_account(b, "demo");
    for (unsigned i = 1; i <= 20; i++) {
        mail(b, SLICE("a@b"));
        rcpt(b, SLICE("demo@example.com"), 250);
        content(b, 354);
        end(b, 250);
        finish(b);
        assert_int_equal(count(b, "demo", "new", NULL), i);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_message_stands_in_new_with_return_path_and_local_line_ends),
        T(an_open_last_line_is_ended),
        T(an_empty_message_is_a_message),
        T(a_long_message_is_whole_wherever_it_is_cut),
        T(every_recipient_gets_it_once),
        T(what_is_closed_before_its_end_leaves_nothing),
        T(closed_while_a_reply_waits_it_goes_at_the_end_of_the_turn),
        T(closed_while_it_is_made_safe_nobody_is_told),
        T(a_folder_that_cannot_be_written_is_451),
        T(a_message_that_cannot_be_placed_is_451_and_not_there),
        T(only_an_existing_account_is_a_recipient),
        T(a_path_without_u_takes_everybody_into_one_folder),
        cmocka_unit_test(names_that_may_name_a_folder),
        T(file_names_differ_and_hold_no_slash),
    };
    return cmocka_run_group_tests_name("submit/maildir", tests, NULL, NULL);
}
