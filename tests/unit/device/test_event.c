/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "device/device.h"

#define TEN    "aaaaaaaaaa"
#define FIFTY  TEN TEN TEN TEN TEN
#define MAX255 FIFTY FIFTY FIFTY FIFTY FIFTY "aaaaa"

static const struct device_event plain = { .account = SLICE_INIT("demo") };

static const struct device_event full = {
    .kind = DEVICE_EVENT_ALERT,
    .account = SLICE_INIT("demo@example.org"),
    .typed = SLICE_INIT("demo"),
    .type = SLICE_INIT("TB-UUID_9"),
    .token = { 3, { 1, 2, 255 } },
    .replaces = { 2, { 9 } },
    .network = { 6, { 0x20, 1, 0xd, 0xb8, 0, 1 } },
    .location = { "NO", "Building 7", 64500, true, -90000, 180000, 20 },
    .shape = DEVICE_SHAPE_HARDWARE,
    .oui = { 1, 2, 3 },
    .wall_us = INT64_C(1795253509123456),
    .record_device = true,
    .learn_place = true,
    .user_log = true,
    .enrolment = { DEVICE_ENROL_FIRST, 3 },
    .revoke_until_us = INT64_MAX,
    .alert = DEVICE_ALERT_LIMIT,
    .reason = SLICE_INIT("token-accounts"),
};

static void expect_equal(const struct device_event *a, const struct device_event *b)
{
    expect_slice("account", a->account, b->account);
    expect_slice("typed", a->typed, b->typed);
    expect_slice("type", a->type, b->type);
    expect_slice("reason", a->reason, b->reason);
    assert_true(pseudonym_equal(&a->token, &b->token));
    assert_true(pseudonym_equal(&a->replaces, &b->replaces));
    assert_true(device_network_equal(&a->network, &b->network));
    assert_string_equal(a->location.country, b->location.country);
    assert_string_equal(a->location.name, b->location.name);
    assert_true(
        a->location.as == b->location.as && a->location.has_position == b->location.has_position &&
        a->location.latitude == b->location.latitude &&
        a->location.longitude == b->location.longitude && a->location.radius == b->location.radius);
    assert_memory_equal(a->oui, b->oui, sizeof a->oui);
    assert_true(a->kind == b->kind && a->shape == b->shape && a->alert == b->alert);
    assert_true(a->wall_us == b->wall_us && a->revoke_until_us == b->revoke_until_us);
    assert_true(a->record_device == b->record_device && a->learn_place == b->learn_place &&
                a->user_log == b->user_log);
    assert_true(a->enrolment.mode == b->enrolment.mode && a->enrolment.first == b->enrolment.first);
}

static struct device_event with_longest(void)
{
    struct device_event e = full;
    e.account = e.typed = SLICE(MAX255);
    e.type = SLICE("ABCDEFGHIJKLMNOP");
    e.reason = SLICE(FIFTY "aaaaaaaaaaaaaa");
    (void)slice_keep(SLICE(MAX255), e.location.name, sizeof e.location.name - 1);
    e.token.key = e.replaces.key = UINT32_MAX;
    e.wall_us = INT64_MIN; /* a clock before 1970 */
    return e;
}

static void test_write_then_parse_gives_the_same(void **state)
{
    (void)state;
    const struct device_event cases[] = { plain, full, with_longest() };
    assert_int_equal(strlen(MAX255), DEVICE_ACCOUNT_MAX);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct buf out;
        struct device_event back;
        struct fault why;
        buf_init(&out, DEVICE_EVENT_MAX);
        device_event_write(&out, &cases[i]);
        assert_false(out.failed);
        struct slice bytes = guarded(buf_slice(&out));
        assert_true(device_event_parse(bytes, &back, &why));
        expect_equal(&back, &cases[i]);
        for (size_t n = 0; n < bytes.n; n++) {
            assert_false(device_event_parse(guarded(slice_first(bytes, n)), &back, &why));
            assert_true(why.at <= n);
        }
        buf_append_byte(&out, 'x');
        assert_false(device_event_parse(guarded(buf_slice(&out)), &back, &why));
        buf_clear(&out);
    }
}

/* kind, flags, alert, shape, OUI, enrolment, N; wall clock; revoke until; no network */
#define TIMES "\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0"
#define HEAD  "\0\0\0\0\0\0\0\0\0\0\0\0" TIMES
#define TOKEN  \
    "\0\0\0\1" \
    "0123456789abcdef"

static void test_what_is_no_event_is_refused(void **state)
{
    (void)state;
    static const struct {
        struct slice bytes;
        const char *what;
    } cases[] = {
        { SLICE_INIT(""), "too short, or broken" },
        { SLICE_INIT(HEAD "\1a\0\0x"), "too long" },
        { SLICE_INIT("\4\0\0\0\0\0\0\0\0\0\0\0" TIMES "\1a\0\0"), "not a kind" },
        { SLICE_INIT("\0\0\10\0\0\0\0\0\0\0\0\0" TIMES "\1a\0\0"), "not an alert" },
        { SLICE_INIT("\0\0\0\3\0\0\0\0\0\0\0\0" TIMES "\1a\0\0"), "not a shape" },
        { SLICE_INIT("\0\0\0\0\0\0\0\3\0\0\0\0" TIMES "\1a\0\0"), "not an enrolment" },
        { SLICE_INIT("\0\100\0\0\0\0\0\0\0\0\0\0" TIMES "\1a\0\0"), "not its flags" },
        { SLICE_INIT(HEAD "\0\0\0"), "not an account" },
        { SLICE_INIT(HEAD "\3a\0b\0\0"), "not an account" },
        { SLICE_INIT(HEAD "\1a\3a\0b\0"), "not a name" },
        { SLICE_INIT(HEAD "\1a\0\1\n"), "not a reason" },
        { SLICE_INIT(HEAD "\1a\0\101" FIFTY "aaaaaaaaaaaaaaa"), "not a reason" },
        { SLICE_INIT("\0\10\0\0\0\0\0\0\0\0\0\0" TIMES "\1a\0\0\0" TOKEN), "not its flags" },
        { SLICE_INIT("\0\10\0\0\0\0\0\0\0\0\0\0" TIMES "\1a\0\0\1m" TOKEN), "not an identity" },
        { SLICE_INIT("\0\10\0\0\0\0\0\0\0\0\0\0" TIMES "\1a\0\0\1M\0\0\0\0"
                     "0123456789abcdef"),
          "not an identity" },
        { SLICE_INIT("\0\20\0\0\0\0\0\0\0\0\0\0" TIMES "\1a\0\0" TOKEN), "replaces nothing" },
        { SLICE_INIT("\0\40\0\0\0\0\0\0\0\0\0\0" TIMES "\1a\0\0\0"), "not its flags" },
        { SLICE_INIT("\0\40\0\0\0\0\0\0\0\0\0\0" TIMES "\1a\0\0\1no"), "too short, or broken" },
        { SLICE_INIT("\0\40\0\0\0\0\0\0\0\0\0\0" TIMES "\1a\0\0\2\0"), "too short, or broken" },
        { SLICE_INIT("\0\40\0\0\0\0\0\0\0\0\0\0" TIMES "\1a\0\0\20"), "too short, or broken" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct device_event out = { .wall_us = 99 };
        struct fault why = { 0 };
        assert_false(device_event_parse(guarded(cases[i].bytes), &out, &why));
        assert_string_equal(why.what, cases[i].what);
        assert_true(why.at <= cases[i].bytes.n);
        assert_int_equal(out.wall_us, 99);
    }
}

static void test_what_cannot_be_an_event_is_not_written(void **state)
{
    (void)state;
    struct device_event cases[] = { full, full, full, full, full, full, full,
                                    full, full, full, full, full, full };
    cases[0].account = SLICE("");
    cases[1].account = SLICE("a\0b");
    cases[2].account = SLICE(MAX255 "a");
    cases[3].typed = SLICE(MAX255 "a");
    cases[4].type = SLICE("uuid");
    cases[5].type = SLICE("ABCDEFGHIJKLMNOPQ");
    cases[6].type = SLICE("");
    cases[7].token.key = 0;
    cases[8].reason = SLICE("a\xff");
    cases[9].location.latitude = 90001;
    cases[10].location.country[0] = 'n';
    cases[11].kind = (enum device_event_kind)4;
    cases[12].alert = DEVICE_ALERT_COUNT;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct buf out;
        buf_init(&out, DEVICE_EVENT_MAX);
        device_event_write(&out, &cases[i]);
        assert_true(out.failed);
        assert_int_equal(buf_size(&out), 0);
    }
}

static void test_a_long_reason_is_cut_at_a_character(void **state)
{
    (void)state;
    struct device_event event = plain, back;
    struct fault why;
    struct buf out;
    event.reason = SLICE(FIFTY "aaaaaaaaaaaaa\xc3\xa9"); /* 65 bytes */
    buf_init(&out, DEVICE_EVENT_MAX);
    device_event_write(&out, &event);
    assert_true(device_event_parse(buf_slice(&out), &back, &why));
    expect_slice("cut", back.reason, SLICE(FIFTY "aaaaaaaaaaaaa"));
    buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write_then_parse_gives_the_same),
        cmocka_unit_test(test_what_is_no_event_is_refused),
        cmocka_unit_test(test_what_cannot_be_an_event_is_not_written),
        cmocka_unit_test(test_a_long_reason_is_cut_at_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
