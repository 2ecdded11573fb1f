/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/log.h"

#define X10  "xxxxxxxxxx"
#define X200 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10

/* What is written to stderr between catch and caught. */
static int real_stderr, catcher;

static void catch (void)
{
    real_stderr = dup(STDERR_FILENO);
    catcher = memfd_create("log", 0);
    assert_true(real_stderr >= 0 && catcher >= 0);
    assert_true(dup2(catcher, STDERR_FILENO) >= 0);
}

static struct slice caught(void)
{
    static uint8_t bytes[1 << 16];
    assert_true(dup2(real_stderr, STDERR_FILENO) >= 0);
    ssize_t n = pread(catcher, bytes, sizeof bytes, 0);
    assert_true(n >= 0);
    (void)close(catcher);
    (void)close(real_stderr);
    return (struct slice){ bytes, (size_t)n };
}

static bool finds(struct slice in, struct slice what)
{
    return memmem(in.p, in.n, what.p, what.n) != NULL;
}

static void expect_found(struct slice in, const char *what)
{
    if (!finds(in, slice_of_str(what)))
        fail_msg("\"%s\" not in \"%.*s\"", what, SLICE_ARG(in));
}

static void text_is_escaped_and_quoted(void **state)
{
    (void)state;
    catch ();
    log_setup(LOG_TO_STDERR, LOG_AS_TEXT, L_INFO, "test");
    LOG(L_WARN, "test.event", FIELD("plain", SLICE("a-b.c")), FIELD("space", SLICE("a b")),
        FIELD("forged", SLICE("x\nevent=\"y\\\x00\xff")), FIELD("none", SLICE("")),
        FIELD_NUM("number", -5), FIELD_STR("equal", "a=b"));
    struct slice got = caught();
    expect_found(got, " warning test.event plain=a-b.c space=\"a b\" "
                      "forged=\"x\\u000aevent=\\\"y\\\\\\u0000\\u00ff\" number=-5 "
                      "equal=\"a=b\"\n");
    assert_ptr_equal(memchr(got.p, '\n', got.n), got.p + got.n - 1);
}

static void json_is_escaped(void **state)
{
    (void)state;
    catch ();
    log_setup(LOG_TO_STDERR, LOG_AS_JSON, L_INFO, "test");
    LOG(L_ERROR, "test.event", FIELD("a", SLICE("\"\\\n\x7f")), FIELD_NUM("n", INT64_MIN));
    struct slice got = caught();
    expect_found(got, "\"level\":\"error\",\"event\":\"test.event\","
                      "\"a\":\"\\\"\\\\\\u000a\\u007f\",\"n\":-9223372036854775808}\n");
    assert_int_equal(got.p[0], '{');
}

static void values_are_cut_at_their_maximum(void **state)
{
    (void)state;
    catch ();
    log_setup(LOG_TO_STDERR, LOG_AS_TEXT, L_INFO, "test");
    LOG(L_WARN, "test.event", FIELD("at", SLICE(X200)), FIELD("over", SLICE(X200 "y")));
    struct slice got = caught();
    expect_found(got, " at=" X200 " over=" X200 "\n");
}

/* Values of a peer that swell by escaping cannot break the line: a field goes in whole or not. */
static void a_line_that_is_full_stays_whole(void **state)
{
    (void)state;
    uint8_t swelling[LOG_VALUE_MAX];
    memset(swelling, 0x01, sizeof swelling);
    struct slice s = { swelling, sizeof swelling };
    catch ();
    log_setup(LOG_TO_STDERR, LOG_AS_JSON, L_INFO, "test");
    LOG(L_WARN, "test.event", FIELD("a", s), FIELD("b", s), FIELD("c", s), FIELD("d", s),
        FIELD("e", SLICE("short")));
    struct slice json = caught();
    expect_found(json, "\\u0001\",\"e\":\"short\"}\n");
    assert_false(finds(json, SLICE("\"d\"")));

    catch ();
    log_setup(LOG_TO_STDERR, LOG_AS_TEXT, L_INFO, "test");
    LOG(L_WARN, "test.event", FIELD("a", s), FIELD("b", s), FIELD("c", s), FIELD("d", s),
        FIELD("e", SLICE("short")));
    struct slice text = caught();
    expect_found(text, "\\u0001\" e=short\n");
    assert_false(finds(text, SLICE(" d=")));
}

static void lines_are_gathered_until_a_warning(void **state)
{
    (void)state;
    struct stat size;
    catch ();
    log_setup(LOG_TO_JOURNAL, LOG_AS_TEXT, L_INFO, "test");
    LOG(L_DEBUG, "test.unwanted", FIELD_NUM("n", 0));
    LOG(L_INFO, "test.first", FIELD_NUM("n", 1));
    assert_int_equal(fstat(catcher, &size), 0);
    assert_int_equal(size.st_size, 0);
    LOG(L_WARN, "test.second", FIELD_NUM("n", 2));
    expect_slice("both", caught(), SLICE("<6>test.first n=1\n<4>test.second n=2\n"));
    assert_false(log_wanted(L_DEBUG));
    assert_true(log_wanted(L_INFO));
}

static void more_than_the_buffer_holds_is_written_in_order(void **state)
{
    (void)state;
    catch ();
    log_setup(LOG_TO_JOURNAL, LOG_AS_TEXT, L_INFO, "test");
    for (int i = 0; i < 300; i++)
        LOG(L_INFO, "test.event", FIELD_NUM("n", i), FIELD("fill", SLICE(X10 X10 X10 X10 X10)));
    log_flush();
    struct slice got = caught(), line;
    for (int i = 0; i < 300; i++) {
        char want[64];
        assert_true(slice_cut(got, '\n', &line, &got));
        (void)snprintf(want, sizeof want, "<6>test.event n=%d fill=", i);
        assert_true(slice_starts(line, slice_of_str(want)));
    }
    assert_int_equal(got.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_escaped_and_quoted),
        cmocka_unit_test(json_is_escaped),
        cmocka_unit_test(values_are_cut_at_their_maximum),
        cmocka_unit_test(a_line_that_is_full_stays_whole),
        cmocka_unit_test(lines_are_gathered_until_a_warning),
        cmocka_unit_test(more_than_the_buffer_holds_is_written_in_order),
    };
    return cmocka_run_group_tests_name("base/log", tests, NULL, NULL);
}
