/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdio.h>

#include "base/log.h"
#include "cmd/replay_line.h"

#define T1 INT64_C(1795252309123456) /* 2026-11-21T09:11:49.123456Z */

static void test_times_are_read_as_rfc_3339_says(void **state)
{
    (void)state;
    static const struct {
        struct slice text;
        int64_t us; /* -1: it is none */
    } cases[] = {
        { SLICE_INIT("2026-11-21T09:11:49.123456Z"), T1 },
        { SLICE_INIT("2026-11-21T09:11:49Z"), T1 - 123456 },
        { SLICE_INIT("2026-11-21T10:11:49.123456+01:00"), T1 },
        { SLICE_INIT("2026-11-21T10:11:49+0100"), T1 - 123456 },
        { SLICE_INIT("2026-11-20T23:41:49.1234567-09:30"), T1 },
        { SLICE_INIT("1970-01-01T00:00:00Z"), 0 },
        { SLICE_INIT("2024-02-29T00:00:00Z"), INT64_C(1709164800000000) },
        { SLICE_INIT("2026-11-21T09:11:49"), -1 },
        { SLICE_INIT("2026-11-21 09:11:49Z"), -1 },
        { SLICE_INIT("2026-13-21T09:11:49Z"), -1 },
        { SLICE_INIT("2026-11-21T24:11:49Z"), -1 },
        { SLICE_INIT("2026-11-21T09:11:49+01"), -1 },
        { SLICE_INIT("2026-11-21T09:11:49Zx"), -1 },
        { SLICE_INIT("1969-12-31T23:59:59Z"), -1 },
        { SLICE_INIT(""), -1 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t us = -7;
        bool good = replay_time_parse(guarded(cases[i].text), &us);
        if (good != (cases[i].us >= 0) || us != (good ? cases[i].us : -7))
            fail_msg("%.*s: %d %lld", SLICE_ARG(cases[i].text), good, (long long)us);
    }
}

#define FIELDS                                                                                \
    "session=7f client=192.0.2.1 mechanism=PLAIN account=a@example.com identity=UUID:~1.abc " \
    "outcome=failed class=known guess=1f3 policy=\"my limit\" backend_ms=12"

static void test_a_line_is_read_behind_all_that_is_put_in_front(void **state)
{
    (void)state;
    static const struct {
        struct slice front;
        enum replay_line result;
        bool no_year;
    } cases[] = {
        { SLICE_INIT("2026-11-21T09:11:49.123456Z notice "), REPLAY_AUTH, false },
        { SLICE_INIT("2026-11-21T10:11:49.123456+01:00 mail postern[17]: "), REPLAY_AUTH, false },
        { SLICE_INIT("2026-11-21T10:00:00+0100 mail postern[17]: <5>2026-11-21T09:11:49.123456Z "
                     "notice "),
          REPLAY_AUTH, false },
        { SLICE_INIT("Nov 21 09:11:49 mail postern[17]: "), REPLAY_AUTH, true },
        { SLICE_INIT("Nov  1 09:11:49 mail postern: "), REPLAY_AUTH, true },
        { SLICE_INIT(""), REPLAY_UNTIMED, false },
        { SLICE_INIT("<5>"), REPLAY_UNTIMED, false },
        { SLICE_INIT("mail postern[17]: "), REPLAY_UNTIMED, false },
        { SLICE_INIT("2026-11-21T09:11:49.123456Z "), REPLAY_OTHER, false },
        { SLICE_INIT("2026-11-21T09:11:49.123456Z loud "), REPLAY_OTHER, false },
        { SLICE_INIT("2026-11-21T09:11:49.123456Z info not"), REPLAY_OTHER, false },
    };
    static struct replay_event e;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char line[1024];
        int n = snprintf(line, sizeof line, "%.*ssubmit.auth " FIELDS, SLICE_ARG(cases[i].front));
        enum replay_line got =
            replay_line_parse(guarded((struct slice){ (uint8_t *)line, (size_t)n }), &e);
        if (got != cases[i].result)
            fail_msg("\"%.*s\": %d", SLICE_ARG(cases[i].front), (int)got);
        if (got != REPLAY_AUTH)
            continue;
        assert_int_equal(e.no_year, cases[i].no_year);
        if (!e.no_year)
            assert_true(e.wall_us == T1);
        expect_slice("client", e.client, SLICE("192.0.2.1"));
        expect_slice("account", e.account, SLICE("a@example.com"));
        expect_slice("identity", e.identity, SLICE("UUID:~1.abc"));
        expect_slice("outcome", e.outcome, SLICE("failed"));
        expect_slice("class", e.class, SLICE("known"));
        expect_slice("guess", e.guess, SLICE("1f3"));
        expect_slice("policy", e.policy, SLICE("my limit"));
        expect_slice("reason", e.reason, SLICE(""));
    }
}

#define JSON_FIELDS "\"event\":\"submit.auth\",\"account\":\"a\\u0022b\",\"backend_ms\":7}"

static void test_json_is_read_as_it_is_written(void **state)
{
    (void)state;
    static const struct {
        struct slice line;
        enum replay_line result;
    } cases[] = {
        { SLICE_INIT("{\"time\":\"2026-11-21T09:11:49.123456Z\",\"level\":\"info\"," JSON_FIELDS),
          REPLAY_AUTH },
        { SLICE_INIT("2026-11-21T09:11:49.123456Z mail postern[1]: {" JSON_FIELDS), REPLAY_AUTH },
        { SLICE_INIT("{" JSON_FIELDS), REPLAY_UNTIMED },
        { SLICE_INIT("{\"time\":7," JSON_FIELDS), REPLAY_UNTIMED },
        { SLICE_INIT("{\"event\":\"submit.connect\"}"), REPLAY_OTHER },
        { SLICE_INIT("{\"event\":[\"submit.auth\"]}"), REPLAY_OTHER },
        { SLICE_INIT("{\"event\":\"submit.auth\""), REPLAY_OTHER },
        { SLICE_INIT("{"), REPLAY_OTHER },
        { SLICE_INIT("[]"), REPLAY_OTHER },
    };
    static struct replay_event e;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum replay_line got = replay_line_parse(guarded(cases[i].line), &e);
        if (got != cases[i].result)
            fail_msg("%.*s: %d", SLICE_ARG(cases[i].line), (int)got);
        if (got != REPLAY_AUTH)
            continue;
        assert_true(e.wall_us == T1);
        expect_slice("account", e.account, SLICE("a\"b"));
    }
}

#define OWN "2026-11-21T09:11:49.123456Z info "

static void test_what_peers_sent_is_never_taken_for_an_event(void **state)
{
    (void)state;
    static const struct slice others[] = {
        SLICE_INIT(OWN "submit.refused reason=\"x submit.auth account=victim outcome=ok\""),
        SLICE_INIT(OWN "submit.refused reason=\"x: submit.auth account=victim outcome=ok\""),
        SLICE_INIT(OWN "submit.auth-not account=victim"),
        SLICE_INIT("Nov 21 09:11:49 mail other[1]: said: submit.auth account=victim"),
        SLICE_INIT(OWN "submit.refused reason=\"{\\\"event\\\":\\\"submit.auth\\\"}\""),
    };
    static struct replay_event e;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (replay_line_parse(guarded(others[i]), &e) != REPLAY_OTHER)
            fail_msg("%.*s", SLICE_ARG(others[i]));
}

static void test_a_cut_or_broken_line_is_said_to_be_broken(void **state)
{
    (void)state;
    static const struct slice broken[] = {
        SLICE_INIT(OWN "submit.auth account"),
        SLICE_INIT(OWN "submit.auth account=\"a"),
        SLICE_INIT(OWN "submit.auth account=\"a\\"),
        SLICE_INIT(OWN "submit.auth account=\"a\\u00"),
        SLICE_INIT(OWN "submit.auth account=\"a\\u00zz\""),
        SLICE_INIT(OWN "submit.auth account=\"a\\n\""),
        SLICE_INIT(OWN "submit.auth account=\"a\"b"),
        SLICE_INIT(OWN "submit.auth two words=a"),
    };
    static struct replay_event e;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
        if (replay_line_parse(guarded(broken[i]), &e) != REPLAY_BROKEN)
            fail_msg("%.*s", SLICE_ARG(broken[i]));
    assert_int_equal(replay_line_parse(guarded(SLICE(OWN "submit.auth")), &e), REPLAY_AUTH);
    assert_int_equal(replay_line_parse(guarded(SLICE(OWN "submit.auth ")), &e), REPLAY_AUTH);
}

static void test_escapes_become_the_bytes_they_stand_for(void **state)
{
    (void)state;
    static struct replay_event e;
    struct slice line = SLICE(OWN "submit.auth account=\"\\u0000\\\"\\\\ =\\u00ff\" reason=\"\"");
    assert_int_equal(replay_line_parse(guarded(line), &e), REPLAY_AUTH);
    expect_slice("account", e.account, SLICE("\0\"\\ =\xff"));
    expect_slice("reason", e.reason, SLICE(""));
}

static void test_a_line_of_the_greatest_length_is_read_and_none_longer(void **state)
{
    (void)state;
    static struct replay_event e;
    static uint8_t line[REPLAY_LINE_MAX + 1];
    struct slice head = SLICE(OWN "submit.auth account=");
    memset(line, 'a', sizeof line);
    memcpy(line, head.p, head.n);
    assert_int_equal(replay_line_parse(guarded((struct slice){ line, REPLAY_LINE_MAX }), &e),
                     REPLAY_AUTH);
    assert_int_equal(e.account.n, REPLAY_LINE_MAX - head.n);
    assert_int_equal(replay_line_parse(guarded((struct slice){ line, REPLAY_LINE_MAX + 1 }), &e),
                     REPLAY_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times_are_read_as_rfc_3339_says),
        cmocka_unit_test(test_a_line_is_read_behind_all_that_is_put_in_front),
        cmocka_unit_test(test_json_is_read_as_it_is_written),
        cmocka_unit_test(test_what_peers_sent_is_never_taken_for_an_event),
        cmocka_unit_test(test_a_cut_or_broken_line_is_said_to_be_broken),
        cmocka_unit_test(test_escapes_become_the_bytes_they_stand_for),
        cmocka_unit_test(test_a_line_of_the_greatest_length_is_read_and_none_longer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
