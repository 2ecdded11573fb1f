/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "submit/control.h"
#include "tempdir.h"

#define NOW   INT64_C(1795252309123456) /* 2026-11-21T09:11:49.123456Z */
#define TOKEN "~1.aaaaaaaaaaaaaaaaaaaaaaaaaa"
#define OTHER "~1.baaaaaaaaaaaaaaaaaaaaaaaaa"
#define ONE   "\"account\":\"a\",\"type\":\"uuid\",\"token\":\"" TOKEN "\""
#define LIST  "\"tokens\":[\"" TOKEN "\",\"" OTHER "\"]"

static struct tempdir dir;
static struct control_context context;
static struct conf *conf;
static struct counters *counters;
static struct locations *locations;
static struct policy *policy;

static int setup(void **state)
{
    static const uint8_t key[16] = { 7 };
    struct buf why;
    (void)state;
    tempdir_make(&dir);
    buf_init(&why, 1024);
    conf = conf_parse("test", SLICE("submission: {realm: example.com}"), &why);
    counters = counters_new(UINT64_C(1) << 20, 1, key);
    locations = locations_open(conf, &why);
    policy = policy_new(conf, counters, &why);
    if (!policy)
        fail_msg("%.*s", SLICE_ARG(buf_slice(&why)));
    context = (struct control_context){
        .counters = counters, .policy = policy, .locations = locations, .conf = conf
    };
    buf_clear(&why);
    return store_open(dir.path, STORE_WRITE, 0, &context.store);
}

static int teardown(void **state)
{
    (void)state;
    store_close(context.store);
    policy_free(policy);
    locations_free(locations);
    counters_free(counters);
    conf_free(conf);
    tempdir_remove(&dir);
    return 0;
}

/* The caller's to free. */
static json_t *ask(const char *request)
{
    json_error_t why;
    json_t *o = json_loads(request, JSON_DECODE_ANY, &why);
    if (!o)
        fail_msg("%s: %s", request, why.text);
    json_t *answer = control_execute(&context, o, NOW);
    json_decref(o);
    assert_non_null(answer);
    assert_true(json_is_boolean(json_object_get(answer, "ok")));
    return answer;
}

static void expect_error(const char *request, const char *want)
{
    json_t *answer = ask(request);
    const char *error = json_string_value(json_object_get(answer, "error"));
    if (json_is_true(json_object_get(answer, "ok")) || !error || strcmp(error, want) != 0)
        fail_msg("%s: got \"%s\", want \"%s\"", request, error ? error : "ok", want);
    json_decref(answer);
}

/* want: what the answer has, a JSON object. */
static void expect_ok(const char *request, const char *want)
{
    json_error_t why;
    json_t *answer = ask(request), *wanted = json_loads(want, 0, &why);
    assert_non_null(wanted);
    if (!json_is_true(json_object_get(answer, "ok")))
        fail_msg("%s: %s", request, json_string_value(json_object_get(answer, "error")));
    for (void *at = json_object_iter(wanted); at; at = json_object_iter_next(wanted, at)) {
        const char *name = json_object_iter_key(at);
        if (!json_equal(json_object_iter_value(at), json_object_get(answer, name)))
            fail_msg("%s: %s is not as in %s", request, name, want);
    }
    json_decref(wanted);
    json_decref(answer);
}

static struct device_key key_of(const char *account, const char *token)
{
    struct device_key key = { slice_of_str(account), SLICE("UUID"), { 0 } };
    assert_true(pseudonym_parse(slice_of_str(token), &key.token));
    return key;
}

static int find(const char *account, const char *token, struct device *out)
{
    struct device_key key = key_of(account, token);
    return device_find(context.store, &key, out);
}

/* As the keeper applies it. */
static void succeed(const char *account, const char *typed)
{
    struct device_bounds bounds = { 20, 16, INT64_C(1) << 50, INT64_C(1) << 50 };
    struct device_key key = key_of(account, TOKEN);
    struct device_event e = { .kind = DEVICE_EVENT_SUCCESS,
                              .account = key.account,
                              .typed = slice_of_str(typed),
                              .type = key.type,
                              .token = key.token,
                              .network = { 4, { 192, 0, 2 } },
                              .wall_us = NOW - US_PER_S,
                              .record_device = true,
                              .learn_place = true };
    struct device_applied applied;
    struct buf gone;
    buf_init(&gone, 1024);
    e.enrolment.mode = DEVICE_ENROL_OPEN;
    assert_int_equal(store_begin(context.store), 0);
    assert_int_equal(device_apply(context.store, &e, &bounds, &gone, &applied), 0);
    assert_int_equal(store_commit(context.store), 0);
    buf_clear(&gone);
}

/* ---- what every request has in common ---- */

static void test_what_is_no_request_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *request, *error;
    } cases[] = {
        { "[]", "a request is an object" },
        { "7", "a request is an object" },
        { "null", "a request is an object" },
        { "{}", "do is missing" },
        { "{\"do\":7}", "do must be a text" },
        { "{\"do\":null}", "do must be a text" },
        { "{\"do\":\"\"}", "there is no such request" },
        { "{\"do\":\"device\"}", "there is no such request" },
        { "{\"do\":\"device.\"}", "there is no such request" },
        { "{\"do\":\"device.approve.\"}", "there is no such request" },
        { "{\"do\":\"DEVICE.approve\"}", "there is no such request" },
        { "{\"do\":\"123456789012345678901234567890123\"}", "do is longer than 32 bytes" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_error(cases[i].request, cases[i].error);
}

#define DO(what, rest) "{\"do\":\"" what "\"," rest "}"

static void test_each_field_must_be_there_and_of_its_type(void **state)
{
    (void)state;
    static const struct {
        const char *request, *error;
    } cases[] = {
        { DO("device.approve", "\"type\":\"UUID\""), "account is missing" },
        { DO("device.approve", "\"account\":[]"), "account must be a text" },
        { DO("device.approve", "\"account\":\"\""), "no account can have that name" },
        { DO("device.approve", "\"account\":\"*\",\"type\":7"), "type must be a text" },
        { DO("device.approve", "\"account\":\"a\""), "type is missing" },
        { DO("device.approve", "\"account\":\"a\",\"type\":\"\""), "type is no type of CLIENTID" },
        { DO("device.approve", "\"account\":\"a\",\"type\":\"U ID\""),
          "type is no type of CLIENTID" },
        { DO("device.approve", "\"account\":\"a\",\"type\":\"12345678901234567\""),
          "type is longer than 16 bytes" },
        { DO("device.approve", "\"account\":\"a\",\"type\":\"UUID\""), "token is missing" },
        { DO("device.approve", "\"account\":\"a\",\"type\":\"UUID\",\"token\":{}"),
          "token must be a text" },
        { DO("device.approve", "\"account\":\"a\",\"type\":\"UUID\",\"token\":\"~1.a\""),
          "token is no pseudonym" },
        { DO("device.approve", "\"account\":\"a\",\"type\":\"UUID\",\"token\":\"clear\""),
          "token is no pseudonym" },
        { DO("device.revoke", "\"for\":\"1h\"," ONE),
          "for must be a whole number from 1 to 316224000" },
        { DO("device.revoke", "\"for\":0," ONE), "for must be a whole number from 1 to 316224000" },
        { DO("device.revoke", "\"for\":1.5," ONE),
          "for must be a whole number from 1 to 316224000" },
        { DO("device.revoke", "\"for\":316224001," ONE),
          "for must be a whole number from 1 to 316224000" },
        { DO("device.label", ONE), "label is missing" },
        { DO("device.label", "\"label\":7," ONE), "label must be a text" },
        { DO("device.allow", "\"account\":\"*\",\"type\":\"L\""),
          "tokens must be a list of 1 to 1000 texts" },
        { DO("device.allow", "\"account\":\"*\",\"type\":\"L\",\"tokens\":[]"),
          "tokens must be a list of 1 to 1000 texts" },
        { DO("device.allow", "\"account\":\"*\",\"type\":\"L\",\"tokens\":\"x\""),
          "tokens must be a list of 1 to 1000 texts" },
        { DO("device.allow", "\"account\":\"*\",\"type\":\"L\",\"tokens\":[\"" TOKEN "\",7]"),
          "one of the tokens is no pseudonym; nothing was changed" },
        { DO("device.import", "\"lines\":{}"), "lines must be a list of 1 to 1000 texts" },
        { DO("device.import", "\"lines\":[7]"), "line 1, byte 1: must be a text" },
        { DO("device.import", "\"first\":-1,\"lines\":[7]"),
          "first must be a whole number from 1 to 2147483647" },
        { DO("device.erase", "\"account\":false"), "account must be a text" },
        { DO("place.forget", "\"account\":\"a\""), "network is missing" },
        { DO("place.forget", "\"account\":\"a\",\"network\":\"192.0.2.0/25\""),
          "network must be an IPv4 /24 or an IPv6 /48" },
        { DO("policy.attack", "\"for\":60"), "mode is missing" },
        { DO("policy.attack", "\"mode\":\"on\""),
          "mode must be known-devices-only, require-clientid or off" },
        { DO("policy.attack", "\"mode\":\"off\",\"for\":259201"),
          "for must be a whole number from 1 to 259200" },
        { DO("policy.attack", "\"mode\":\"off\",\"account\":\"a\",\"network\":\"192.0.2.0/24\""),
          "an account or a network, not both" },
        { DO("policy.attack", "\"mode\":\"off\",\"account\":7"), "account must be a text" },
        { DO("policy.status", "\"network\":\"192.0.2.1\""),
          "network must be an IPv4 /24 or an IPv6 /48" },
        { DO("policy.explain", "\"ip\":\"192.0.2.1\""), "account is missing" },
        { DO("policy.explain", "\"account\":\"a\""), "ip is missing" },
        { DO("policy.explain", "\"account\":\"a\",\"ip\":\"nowhere\""), "ip is no address" },
        { DO("policy.explain", "\"account\":\"a\",\"ip\":\"192.0.2.1\",\"outcome\":\"no\""),
          "outcome must be ok or fail" },
        { DO("policy.explain", "\"account\":\"a\",\"ip\":\"192.0.2.1\",\"type\":\"UUID\""),
          "token is missing" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_error(cases[i].request, cases[i].error);
}

static void test_without_a_store_nothing_is_changed_and_it_is_said(void **state)
{
    (void)state;
    static const char *const requests[] = {
        DO("device.approve", ONE),
        DO("device.label", "\"label\":\"x\"," ONE),
        DO("device.allow", "\"account\":\"*\",\"type\":\"L\"," LIST),
        DO("device.import", "\"lines\":[\"{}\"]"),
        DO("device.erase", "\"account\":\"a\""),
        DO("place.forget", "\"account\":\"a\",\"network\":\"192.0.2.0/24\""),
    };
    struct store *kept = context.store;
    context.store = NULL;
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
        expect_error(requests[i], err_text(ERR_STORE));
    expect_ok(DO("policy.explain", "\"account\":\"a\",\"ip\":\"192.0.2.1\""),
              "{\"account\":\"a@example.com\"}"); /* it tells what holds then */
    context.store = kept;
}

/* ---- devices ---- */

static void test_a_device_goes_through_its_states(void **state)
{
    (void)state;
    struct device d;
    expect_ok(DO("device.approve", ONE),
              "{\"account\":\"a@example.com\",\"type\":\"UUID\",\"pseudonym\":\"" TOKEN
              "\",\"before\":\"none\",\"state\":\"approved\"}");
    assert_int_equal(find("a@example.com", TOKEN, &d), 0);
    assert_int_equal(d.state, DEVICE_APPROVED);
    expect_ok(DO("device.revoke", "\"for\":60," ONE),
              "{\"before\":\"approved\",\"state\":\"revoked\"}");
    assert_int_equal(find("a@example.com", TOKEN, &d), 0);
    assert_true(d.state == DEVICE_REVOKED && d.revoked_until_us == NOW + 60 * US_PER_S);
    expect_ok(DO("device.revoke", ONE), "{\"state\":\"revoked\"}");
    assert_int_equal(find("a@example.com", TOKEN, &d), 0);
    assert_true(d.revoked_until_us == 0); /* for good */
    expect_ok(DO("device.approve", ONE), "{\"before\":\"revoked\",\"state\":\"approved\"}");
    expect_ok(DO("device.label", "\"label\":\"my phone\"," ONE), "{\"state\":\"approved\"}");
    assert_int_equal(find("a@example.com", TOKEN, &d), 0);
    assert_string_equal(d.label, "my phone");
    expect_ok(DO("device.forget", ONE), "{\"before\":\"approved\",\"state\":\"none\"}");
    assert_int_equal(find("a@example.com", TOKEN, &d), ERR_NOT_FOUND);
}

static void test_what_is_not_there_cannot_be_changed(void **state)
{
    (void)state;
    expect_error(DO("device.forget", ONE), "no such device");
    expect_error(DO("device.label", "\"label\":\"x\"," ONE), "no such device");
    expect_error(DO("device.erase", "\"account\":\"a\""), "nothing is kept about that account");
    expect_error(DO("place.forget", "\"account\":\"a\",\"network\":\"192.0.2.0/24\""),
                 "no such place");
}

static void test_a_label_has_at_most_64_bytes_and_no_control_characters(void **state)
{
    (void)state;
    struct device d;
    char request[512], label[66];
    expect_ok(DO("device.approve", ONE), "{}");
    memset(label, 'x', 65);
    label[65] = '\0';
    (void)snprintf(request, sizeof request, DO("device.label", "\"label\":\"%s\"," ONE), label);
    expect_error(request, "label is longer than 64 bytes");
    (void)snprintf(request, sizeof request, DO("device.label", "\"label\":\"%s\"," ONE), label + 1);
    expect_ok(request, "{}");
    assert_int_equal(find("a@example.com", TOKEN, &d), 0);
    assert_int_equal(strlen(d.label), 64);
    expect_error(DO("device.label", "\"label\":\"a\\u0007\"," ONE),
                 "a label has no control characters");
    expect_ok(DO("device.label", "\"label\":\"\"," ONE), "{}");
    assert_int_equal(find("a@example.com", TOKEN, &d), 0);
    assert_string_equal(d.label, "");
}

static void test_an_alias_leads_to_the_account(void **state)
{
    (void)state;
    struct device d;
    succeed("owner@example.com", "nick@example.com");
    expect_ok(
        DO("device.approve", "\"account\":\"NICK\",\"type\":\"UUID\",\"token\":\"" TOKEN "\""),
        "{\"account\":\"owner@example.com\",\"before\":\"known\"}");
    assert_int_equal(find("owner@example.com", TOKEN, &d), 0);
    assert_int_equal(d.state, DEVICE_APPROVED);
}

static void test_a_place_is_forgotten(void **state)
{
    (void)state;
    succeed("a@example.com", "a@example.com");
    expect_ok(DO("place.forget", "\"account\":\"A\",\"network\":\"192.0.2.0/24\""),
              "{\"account\":\"a@example.com\",\"network\":\"192.0.2.0/24\"}");
    expect_error(DO("place.forget", "\"account\":\"A\",\"network\":\"192.0.2.0/24\""),
                 "no such place");
}

static void test_erase_leaves_nothing(void **state)
{
    (void)state;
    struct device d;
    succeed("a@example.com", "nick@example.com");
    json_t *answer = ask(DO("device.erase", "\"account\":\"nick\""));
    assert_true(json_integer_value(json_object_get(answer, "records")) >= 3);
    json_decref(answer);
    assert_int_equal(find("a@example.com", TOKEN, &d), ERR_NOT_FOUND);
    expect_error(DO("device.erase", "\"account\":\"a\""), "nothing is kept about that account");
}

static bool count_licence(void *counted, const struct device_key *key, int64_t wall_us)
{
    assert_true(slice_equal(key->type, SLICE("L")) && wall_us == NOW);
    ++*(int *)counted;
    return true;
}

static int licences(const char *account)
{
    int n = 0;
    assert_int_equal(device_licence_each(context.store, slice_of_str(account), count_licence, &n),
                     0);
    return n;
}

static void test_licences_are_put_and_taken_away_all_or_none(void **state)
{
    (void)state;
    expect_error(
        DO("device.allow", "\"account\":\"*\",\"type\":\"l\",\"tokens\":[\"" TOKEN "\",\"clear\"]"),
        "one of the tokens is no pseudonym; nothing was changed");
    assert_int_equal(licences("*"), 0);
    expect_ok(DO("device.allow", "\"account\":\"*\",\"type\":\"l\"," LIST),
              "{\"account\":\"*\",\"type\":\"L\",\"tokens\":2}");
    expect_ok(DO("device.allow", "\"account\":\"a\",\"type\":\"l\"," LIST),
              "{\"account\":\"a@example.com\"}");
    assert_int_equal(licences("*"), 2);
    assert_int_equal(licences("a@example.com"), 2);
    expect_ok(DO("device.disallow", "\"account\":\"*\",\"type\":\"L\",\"tokens\":[\"" TOKEN "\"]"),
              "{\"tokens\":1}");
    assert_int_equal(licences("*"), 1);
}

static void test_a_batch_has_at_most_1000(void **state)
{
    (void)state;
    json_t *tokens = json_array();
    for (int i = 0; i < CONTROL_BATCH_MAX + 1; i++)
        assert_int_equal(json_array_append_new(tokens, json_string(TOKEN)), 0);
    json_t *request = json_pack("{s:s, s:s, s:s, s:O}", "do", "device.allow", "account", "*",
                                "type", "L", "tokens", tokens);
    json_t *answer = control_execute(&context, request, NOW);
    assert_true(json_is_false(json_object_get(answer, "ok")));
    json_decref(answer);
    assert_int_equal(json_array_remove(tokens, 0), 0);
    answer = control_execute(&context, request, NOW);
    assert_true(json_is_true(json_object_get(answer, "ok")));
    json_decref(answer);
    json_decref(request);
    json_decref(tokens);
}

/* ---- backups ---- */

static bool keep_line(void *list, struct slice json)
{
    return json_array_append_new(list, json_stringn((const char *)json.p, json.n)) == 0;
}

static void test_what_was_exported_comes_back(void **state)
{
    (void)state;
    struct device d;
    json_t *lines = json_array();
    succeed("a@example.com", "nick@example.com");
    assert_int_equal(device_export(context.store, SLICE("a@example.com"), keep_line, lines), 0);
    assert_true(json_array_size(lines) >= 3);
    expect_ok(DO("device.erase", "\"account\":\"a\""), "{}");
    json_t *request = json_pack("{s:s, s:O}", "do", "device.import", "lines", lines);
    json_t *answer = control_execute(&context, request, NOW);
    assert_int_equal(json_integer_value(json_object_get(answer, "records")),
                     json_array_size(lines));
    json_decref(answer);
    assert_int_equal(find("a@example.com", TOKEN, &d), 0);
    assert_int_equal(d.count, 1);
    expect_ok(DO("place.forget", "\"account\":\"nick\",\"network\":\"192.0.2.0/24\""), "{}");
    json_decref(request);
    json_decref(lines);
}

static void test_an_import_with_a_bad_line_changes_nothing_and_names_it(void **state)
{
    (void)state;
    struct device d;
    json_t *lines = json_array();
    succeed("a@example.com", "a@example.com");
    assert_int_equal(device_export(context.store, SLICE("a@example.com"), keep_line, lines), 0);
    size_t good = json_array_size(lines);
    assert_int_equal(json_array_append_new(lines, json_string("{\"nothing\":7}")), 0);
    expect_ok(DO("device.erase", "\"account\":\"a\""), "{}");
    json_t *request = json_pack("{s:s, s:I, s:O}", "do", "device.import", "first", (json_int_t)101,
                                "lines", lines);
    json_t *answer = control_execute(&context, request, NOW);
    const char *error = json_string_value(json_object_get(answer, "error"));
    char want[32];
    (void)snprintf(want, sizeof want, "line %zu, ", good + 101);
    assert_non_null(error);
    assert_memory_equal(error, want, strlen(want));
    assert_int_equal(find("a@example.com", TOKEN, &d), ERR_NOT_FOUND);
    json_decref(answer);
    json_decref(request);
    json_decref(lines);
}

/* ---- policy ---- */

static void test_attack_mode_is_switched_for_all_an_account_or_a_network(void **state)
{
    (void)state;
    static const char *const scopes[] = { "", ",\"account\":\"a@example.com\"",
                                          ",\"network\":\"192.0.2.0/24\"" };
    static const char *const modes[] = { "known-devices-only", "require-clientid" };
    for (size_t i = 0; i < 6; i++) {
        char request[256], want[256];
        const char *scope = scopes[i % 3], *mode = modes[i / 3];
        (void)snprintf(request, sizeof request,
                       "{\"do\":\"policy.attack\",\"mode\":\"%s\",\"for\":60%s}", mode, scope);
        (void)snprintf(want, sizeof want, "{\"seconds\":60,\"attack\":[{\"mode\":\"%s\"%s}]}", mode,
                       scope[0] ? scope : ",\"scope\":\"all\"");
        expect_ok(request, want);
        (void)snprintf(request, sizeof request, "{\"do\":\"policy.status\"%s}", scope);
        (void)snprintf(want, sizeof want, "{\"attack\":[{\"mode\":\"%s\"%s}]}", mode,
                       scope[0] ? scope : ",\"scope\":\"all\"");
        expect_ok(request, want);
        (void)snprintf(request, sizeof request, "{\"do\":\"policy.attack\",\"mode\":\"off\"%s}",
                       scope);
        expect_ok(request, "{\"attack\":[]}");
    }
}

static void test_attack_mode_ends_by_itself(void **state)
{
    (void)state;
    json_error_t why;
    expect_ok(DO("policy.attack", "\"mode\":\"known-devices-only\",\"for\":60"), "{}");
    json_t *request = json_loads("{\"do\":\"policy.status\"}", 0, &why);
    json_t *answer = control_execute(&context, request, NOW + 61 * US_PER_S);
    assert_int_equal(json_array_size(json_object_get(answer, "attack")), 0);
    json_decref(answer);
    json_decref(request);
}

static void test_status_counts_what_is_in_use(void **state)
{
    (void)state;
    json_t *answer = ask("{\"do\":\"policy.status\"}");
    const json_t *c = json_object_get(answer, "counters");
    assert_true(json_integer_value(json_object_get(c, "bytes")) > 0);
    assert_true(json_integer_value(json_object_get(json_object_get(c, "stranger"), "slots")) > 0);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(c, "known"), "live")), 0);
    assert_true(json_integer_value(json_object_get(answer, "limits")) > 10);
    json_decref(answer);
}

static void test_explain_tells_the_class_and_counts_nothing(void **state)
{
    (void)state;
    succeed("a@example.com", "a@example.com");
    expect_ok(DO("policy.explain", "\"ip\":\"203.0.113.9\",\"outcome\":\"ok\"," ONE),
              "{\"account\":\"a@example.com\",\"class\":\"known\",\"outcome\":\"ok\","
              "\"type\":\"UUID\",\"pseudonym\":\"" TOKEN "\"}");
    expect_ok(DO("policy.explain", "\"account\":\"a\",\"ip\":\"192.0.2.77\""),
              "{\"class\":\"place\",\"outcome\":\"failed\"}");
    expect_ok(DO("policy.explain", "\"account\":\"a\",\"ip\":\"203.0.113.9\""),
              "{\"class\":\"absent\"}");
    expect_ok(DO("policy.explain", "\"account\":\"a\",\"ip\":\"203.0.113.9\",\"type\":\"UUID\","
                                   "\"token\":\"" OTHER "\""),
              "{\"class\":\"unknown\"}");
    struct counters_use use;
    counters_use(counters, NOW, &use);
    assert_true(use.live[0] == 0 && use.live[1] == 0 && use.live[2] == 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_no_request_is_refused),
        TEST(test_each_field_must_be_there_and_of_its_type),
        TEST(test_without_a_store_nothing_is_changed_and_it_is_said),
        TEST(test_a_device_goes_through_its_states),
        TEST(test_what_is_not_there_cannot_be_changed),
        TEST(test_a_label_has_at_most_64_bytes_and_no_control_characters),
        TEST(test_an_alias_leads_to_the_account),
        TEST(test_a_place_is_forgotten),
        TEST(test_erase_leaves_nothing),
        TEST(test_licences_are_put_and_taken_away_all_or_none),
        TEST(test_a_batch_has_at_most_1000),
        TEST(test_what_was_exported_comes_back),
        TEST(test_an_import_with_a_bad_line_changes_nothing_and_names_it),
        TEST(test_attack_mode_is_switched_for_all_an_account_or_a_network),
        TEST(test_attack_mode_ends_by_itself),
        TEST(test_status_counts_what_is_in_use),
        TEST(test_explain_tells_the_class_and_counts_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
