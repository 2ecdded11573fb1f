/* SPDX-License-Identifier: ISC */
#include "store_fixture.h"

#include <errno.h>

static bool append_line(void *context, struct slice json)
{
    struct buf *out = context;
    buf_append(out, json);
    buf_append_byte(out, '\n');
    return true;
}

static void export_to(struct buf *out, const char *account)
{
    buf_init(out, 1 << 20);
    assert_int_equal(device_export(store, slice_of_str(account), append_line, out), 0);
    assert_false(out->failed);
}

static int import_line(struct slice line, struct fault *why)
{
    assert_int_equal(store_begin(store), 0);
    int error = device_import_line(store, line, why);
    if (error)
        store_abort(store);
    else
        assert_int_equal(store_commit(store), 0);
    return error;
}

static void import_all(struct slice lines)
{
    struct slice line;
    struct fault why = { 0 };
    while (slice_cut(lines, '\n', &line, &lines))
        if (import_line(guarded(line), &why))
            fail_msg("%s: %.*s", why.what, SLICE_ARG(line));
}

static void begin_anew(void)
{
    store_close(store);
    tempdir_remove(&temp);
    tempdir_make(&temp);
    store = fixture_open(STORE_WRITE);
}

/* One of everything. */
static void fill(const char *account, uint8_t n)
{
    struct device_key key = key_of(account, "UUID", n), other = key_of(account, "MAC", n);
    struct device_event event = event_of(DEVICE_EVENT_SUCCESS, &key, NOW + n);
    event.typed = SLICE("typed \xff");
    event.network = network_of(n);
    event.location =
        (struct device_location){ "NO", "B\xc3\xa6rum \"7\"", 64500, true, -59913, 10738, 20 };
    event.shape = DEVICE_SHAPE_HARDWARE;
    event.oui[1] = 0xab;
    event.learn_place = event.user_log = true;
    event.alert = DEVICE_ALERT_NEW_DEVICE;
    event.reason = SLICE("unknown-device");
    apply(&event);
    event.kind = DEVICE_EVENT_FAILURE;
    event.type = SLICE("");
    event.token.key = 0;
    apply(&event);
    set_state(&key, DEVICE_REVOKED, NOW + DAY, NOW);
    set_state(&other, DEVICE_APPROVED, 0, NOW);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(device_set_label(store, &other, SLICE("Anna\xe2\x80\x99s \\phone")), 0);
    assert_int_equal(device_licence_put(store, &other, NOW), 0);
    assert_int_equal(store_commit(store), 0);
}

static void test_what_was_exported_is_imported_as_it_was(void **state)
{
    (void)state;
    struct buf all, one, back;
    struct device_key licence = key_of("*", "UUID", 7);
    fill("demo", 1);
    fill("j\xc3\xb8rg", 2);
    fill("\xff\x01", 3); /* no text */
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(device_licence_put(store, &licence, NOW), 0);
    assert_int_equal(store_commit(store), 0);
    export_to(&all, "");
    export_to(&one, "demo");
    begin_anew();
    import_all(buf_slice(&all));
    export_to(&back, "");
    expect_slice("all", buf_slice(&back), buf_slice(&all));
    buf_clear(&back);
    import_all(buf_slice(&all)); /* again: nothing is doubled */
    export_to(&back, "");
    expect_slice("twice", buf_slice(&back), buf_slice(&all));
    buf_clear(&back);
    begin_anew();
    import_all(buf_slice(&one));
    export_to(&back, "");
    expect_slice("one", buf_slice(&back), buf_slice(&one));
    buf_clear(&back);
    buf_clear(&one);
    buf_clear(&all);
}

static void test_a_restored_account_is_what_it_was(void **state)
{
    (void)state;
    struct buf all, alias;
    struct device_key key = key_of("demo", "UUID", 1), other = key_of("demo", "MAC", 1);
    fill("demo", 1);
    export_to(&all, "demo");
    begin_anew();
    import_all(buf_slice(&all));
    struct device device = device_get(&key);
    assert_int_equal(device_state_at(&device, NOW), DEVICE_REVOKED);
    assert_int_equal(device_state_at(&device, NOW + DAY), DEVICE_KNOWN);
    assert_int_equal(device.location.latitude, -59913);
    assert_int_equal(device.oui[1], 0xab);
    device = device_get(&other);
    assert_string_equal(device.label, "Anna\xe2\x80\x99s \\phone");
    buf_init(&alias, DEVICE_ACCOUNT_MAX);
    assert_int_equal(device_alias_find(store, SLICE("typed \xff"), &alias), 0);
    expect_slice("alias", buf_slice(&alias), SLICE("demo"));
    buf_clear(&alias);
    buf_clear(&all);
}

/* No token, nor anything that it could be guessed from. */
static void test_lines_are_one_object_each_with_what_is_known(void **state)
{
    (void)state;
    struct buf all;
    struct device_key key = key_of("demo", "UUID", 0);
    succeed(&key, 5);
    export_to(&all, "");
    expect_slice("lines", buf_slice(&all),
                 SLICE("{\"record\":\"account\",\"account\":\"demo\",\"first\":5,\"last\":5}\n"
                       "{\"record\":\"device\",\"account\":\"demo\",\"type\":\"UUID\","
                       "\"token\":\"~1.aaaaaaaaaaaaaaaaaaaaaaaaaa\",\"state\":\"known\","
                       "\"first\":5,\"last\":5,\"count\":1,\"network\":\"local\","
                       "\"shape\":\"plain\"}\n"));
    buf_clear(&all);
}

static bool stop(void *context, struct slice json)
{
    (void)json;
    ++*(int *)context;
    return false;
}

static void test_export_stops_when_told(void **state)
{
    (void)state;
    int n = 0;
    fill("demo", 1);
    assert_int_equal(device_export(store, SLICE("demo"), stop, &n), 0);
    assert_int_equal(n, 1);
}

static void test_broken_records_are_said_and_hide_no_other(void **state)
{
    (void)state;
    struct buf out;
    struct device_key key = key_of("demo", "UUID", 1);
    succeed(&key, NOW);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_put(store, "place", SLICE("demo\0x"), SLICE("")), 0);
    assert_int_equal(store_put(store, "history", SLICE("demo\0x"), SLICE("")), 0);
    assert_int_equal(store_put(store, "licence", SLICE("demo\0x"), SLICE("")), 0);
    assert_int_equal(store_put(store, "account", SLICE("demo\0"), SLICE("")), 0);
    assert_int_equal(store_commit(store), 0);
    buf_init(&out, 10000);
    assert_int_equal(device_export(store, SLICE("demo"), append_line, &out), ERR_FORMAT);
    assert_true(slice_starts(buf_slice(&out), SLICE("{\"record\":\"device\"")));
    buf_clear(&out);
}

#define TOKEN "\"type\":\"UUID\",\"token\":\"~1.aaaaaaaaaaaaaaaaaaaaaaaaaa\""
#define TIMES "\"first\":1,\"last\":2"
#define DEVICE_ \
    "{\"record\":\"device\",\"account\":\"a\"," TOKEN ",\"network\":\"local\"," TIMES ","
#define PLACE_ "{\"record\":\"place\",\"account\":\"a\"," TIMES ",\"count\":1,"

static void test_what_is_no_record_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    static const struct {
        struct slice line;
        const char *what;
    } cases[] = {
        { SLICE_INIT(""), "not an object of JSON" },
        { SLICE_INIT("{"), "not an object of JSON" },
        { SLICE_INIT("[]"), "not an object of JSON" },
        { SLICE_INIT("{} {}"), "not an object of JSON" },
        { SLICE_INIT("{\"record\":\"alias\",\"record\":\"alias\"}"), "not an object of JSON" },
        { SLICE_INIT("{\"record\":\"a\\u0000\"}"), "not an object of JSON" },
        { SLICE_INIT("{\"record\":\"a\0\"}"), "not an object of JSON" },
        { SLICE_INIT("{\"record\":\"\xff\"}"), "not an object of JSON" },
        { SLICE_INIT("{}"), "no such record" },
        { SLICE_INIT("{\"record\":1}"), "not a text" },
        { SLICE_INIT("{\"record\":\"devices\"}"), "no such record" },
        { SLICE_INIT("{\"record\":\"account\"," TIMES "}"), "not an account" },
        { SLICE_INIT("{\"record\":\"account\",\"account\":7," TIMES "}"), "not a text" },
        { SLICE_INIT("{\"record\":\"account\",\"account\":\"a\",\"first\":1}"),
          "a number is missing" },
        { SLICE_INIT("{\"record\":\"account\",\"account\":\"a\",\"first\":1,\"last\":1.5}"),
          "a number is missing" },
        { SLICE_INIT("{\"record\":\"account\",\"account\":\"a\"," TIMES ",\"count\":1}"),
          "a member that this record has not" },
        { SLICE_INIT("{\"record\":\"account\",\"account-hex\":\"ff0\"," TIMES "}"),
          "not hexadecimal" },
        { SLICE_INIT("{\"record\":\"account\",\"account-hex\":\"FF\"," TIMES "}"),
          "not hexadecimal" },
        { SLICE_INIT("{\"record\":\"account\",\"account-hex\":\"00\"," TIMES "}"),
          "not an account" },
        { SLICE_INIT("{\"record\":\"account\",\"account\":\"a\",\"account-hex\":\"62\"," TIMES "}"),
          "one name twice" },
        { SLICE_INIT("{\"record\":\"alias\",\"account\":\"a\",\"typed\":\"a\"}"),
          "an alias of itself" },
        { SLICE_INIT("{\"record\":\"alias\",\"account\":\"a\"}"), "not an account" },
        { SLICE_INIT(DEVICE_ "\"count\":1,\"shape\":\"plain\",\"state\":\"none\"}"),
          "not a state" },
        { SLICE_INIT(DEVICE_ "\"count\":-1,\"shape\":\"plain\",\"state\":\"known\"}"),
          "a number out of range" },
        { SLICE_INIT(DEVICE_ "\"count\":1,\"shape\":\"\",\"state\":\"known\"}"), "not a shape" },
        { SLICE_INIT(DEVICE_ "\"count\":1,\"shape\":\"hardware\",\"state\":\"known\"}"),
          "not an OUI" },
        { SLICE_INIT(DEVICE_ "\"count\":1,\"shape\":\"plain\",\"oui\":\"000000\","
                             "\"state\":\"known\"}"),
          "a member that this record has not" },
        { SLICE_INIT(DEVICE_ "\"count\":1,\"shape\":\"plain\",\"state\":\"revoked\","
                             "\"revoked-until\":0,\"revoked-from\":\"revoked\"}"),
          "not what it was before" },
        { SLICE_INIT(DEVICE_ "\"count\":1,\"shape\":\"plain\",\"state\":\"revoked\","
                             "\"revoked-until\":0}"),
          "not what it was before" },
        { SLICE_INIT(DEVICE_ "\"count\":1,\"shape\":\"plain\",\"state\":\"known\","
                             "\"revoked-until\":0}"),
          "a member that this record has not" },
        { SLICE_INIT(DEVICE_ "\"count\":1,\"shape\":\"plain\",\"state\":\"known\","
                             "\"label\":\"a\\nb\"}"),
          "a text too long, or with control characters" },
        { SLICE_INIT(DEVICE_ "\"count\":1,\"shape\":\"plain\",\"state\":\"known\","
                             "\"location\":{\"country\":\"no\"}}"),
          "not a location" },
        { SLICE_INIT(DEVICE_ "\"count\":1,\"shape\":\"plain\",\"state\":\"known\","
                             "\"location\":[]}"),
          "not a location" },
        { SLICE_INIT(DEVICE_ "\"count\":1,\"shape\":\"plain\",\"state\":\"known\","
                             "\"location\":{\"latitude\":1}}"),
          "not a location" },
        { SLICE_INIT(DEVICE_ "\"count\":1,\"shape\":\"plain\",\"state\":\"known\","
                             "\"location\":{\"planet\":\"Mars\"}}"),
          "not a location" },
        { SLICE_INIT("{\"record\":\"licence\",\"account\":\"a\",\"type\":\"uuid\","
                     "\"token\":\"~1.aaaaaaaaaaaaaaaaaaaaaaaaaa\",\"time\":1}"),
          "not a type" },
        { SLICE_INIT("{\"record\":\"licence\",\"account\":\"a\",\"type\":\"UUID\","
                     "\"token\":\"23bf83be-aad7-46aa-9e0f-39191ccf402f\",\"time\":1}"),
          "not a token's pseudonym" },
        { SLICE_INIT(PLACE_ "\"network\":\"192.0.2.1/24\"}"), "not a network" },
        { SLICE_INIT(PLACE_ "\"network\":\"local\"}"), "not a network" },
        { SLICE_INIT("{\"record\":\"history\",\"account\":\"a\",\"time\":1,\"kind\":\"x\","
                     "\"alert\":\"none\",\"network\":\"local\"}"),
          "not a kind" },
        { SLICE_INIT("{\"record\":\"history\",\"account\":\"a\",\"time\":1,\"kind\":\"alert\","
                     "\"alert\":\"x\",\"network\":\"local\"}"),
          "not an alert" },
        { SLICE_INIT("{\"record\":\"history\",\"account\":\"a\",\"time\":1,\"kind\":\"alert\","
                     "\"alert\":\"none\",\"network\":\"local\",\"token\":\"x\"}"),
          "a member that this record has not" },
        { SLICE_INIT("{\"record\":\"history\",\"account\":\"a\",\"time\":1,\"kind\":\"alert\","
                     "\"alert\":\"none\",\"network\":\"local\",\"reason\":\"\\u007f\"}"),
          "a text too long, or with control characters" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct fault why = { 0 };
        struct buf out;
        if (import_line(guarded(cases[i].line), &why) != -EINVAL)
            fail_msg("accepted %.*s", SLICE_ARG(cases[i].line));
        assert_string_equal(why.what, cases[i].what);
        assert_true(why.at <= cases[i].line.n);
        assert_int_equal(device_import_line(NULL, guarded(cases[i].line), &why), -EINVAL);
        export_to(&out, "");
        assert_int_equal(buf_size(&out), 0);
        buf_clear(&out);
    }
}

static void test_a_line_is_at_most_4096_bytes(void **state)
{
    (void)state;
    static const char line[] = "{\"record\":\"account\",\"account\":\"a\",\"first\":1,\"last\":2}";
    char padded[DEVICE_LINE_MAX + 1];
    struct fault why = { 0 };
    memset(padded, ' ', sizeof padded);
    memcpy(padded, line, sizeof line - 1);
    struct slice all = guarded((struct slice){ (const uint8_t *)padded, sizeof padded });
    assert_int_equal(import_line(all, &why), -EINVAL);
    assert_string_equal(why.what, "too long");
    assert_int_equal(import_line(guarded(slice_first(all, DEVICE_LINE_MAX)), &why), 0);
    memset(padded, '[', sizeof padded); /* as deep as can be */
    all = guarded((struct slice){ (const uint8_t *)padded, DEVICE_LINE_MAX });
    assert_int_equal(import_line(all, &why), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(test_what_was_exported_is_imported_as_it_was),
        RULE(test_a_restored_account_is_what_it_was),
        RULE(test_lines_are_one_object_each_with_what_is_known),
        RULE(test_export_stops_when_told),
        RULE(test_broken_records_are_said_and_hide_no_other),
        RULE(test_what_is_no_record_is_refused_and_changes_nothing),
        RULE(test_a_line_is_at_most_4096_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
