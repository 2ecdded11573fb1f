/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "parsing.h"

#define TEXT(s)   parse(SLICE(s))
#define SECOND_US INT64_C(1000000)
#define DAY_US    (86400 * SECOND_US)

static void nothing_gives_the_defaults(void **state)
{
    static const struct slice empty[] = {
        SLICE_INIT(""),
        SLICE_INIT("policy:\nalerts:\nauth-policy: ~\n"),
        SLICE_INIT("policy: {groups: {}, rules: [], limits: [], two-places: {}, locations: ~}\n"),
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(empty); i++) {
        struct conf *c = parse(empty[i]);
        const struct conf_policy *p = &c->policy;
        assert_int_equal(p->memory, 64u << 20);
        assert_int_equal(p->enrol, CONF_ENROL_FIRST);
        assert_int_equal(p->enrol_first, 3);
        assert_int_equal(p->unknown_device, CONF_UNKNOWN_ALERT);
        assert_int_equal(p->refuse_at, CONF_REFUSE_AT_AUTH);
        assert_int_equal(p->store_failure, CONF_STORE_FAILURE_OPEN);
        assert_int_equal(p->devices, 20);
        assert_int_equal(p->device_age_us, 180 * DAY_US);
        assert_int_equal(p->places, 16);
        assert_int_equal(p->place_age_us, 30 * DAY_US);
        assert_int_equal(p->groups_n, 0);
        assert_int_equal(p->rules_n, 0);
        assert_int_equal(p->limits_n, 17);
        assert_int_equal(p->two_places.then, CONF_THEN_ALERT);
        assert_int_equal(p->two_places.kilometres, 500);
        assert_int_equal(p->two_places.speed, 1000);
        assert_true(p->two_places.overlap);
        assert_int_equal(p->locations.database.n, 0);
        assert_int_equal(p->locations.table_n, 0);
        assert_int_equal(c->alerts.to.n, 0);
        assert_null(c->alerts.templates);
        assert_null(c->alerts.webhook_secret);
        assert_int_equal(c->alerts.quiet_us, 3600 * SECOND_US);
        assert_null(c->auth_policy.url);
        assert_null(c->auth_policy.api_header);
        assert_null(c->auth_policy.nonce);
        assert_int_equal(c->auth_policy.timeout_us, 2 * SECOND_US);
        assert_int_equal(c->auth_policy.on_failure, CONF_AUTH_POLICY_ACCEPT);
        assert_true(c->auth_policy.before && c->auth_policy.after && c->auth_policy.report);
        assert_false(c->auth_policy.log_only);
        conf_free(c);
    }
}

static void every_value_is_read(void **state)
{
    (void)state;
    struct conf *c =
        TEXT("policy:\n"
             "  memory: 1M\n"
             "  enrol: first-1000\n"
             "  unknown-device: refuse\n"
             "  refuse-at: mail\n"
             "  store-failure: closed\n"
             "  devices: 1000\n"
             "  device-age: 1d\n"
             "  places: 0\n"
             "  place-age: 3650d\n"
             "  groups:\n"
             "    office staff: [\"*@a.example\", b@c.example]\n"
             "    x: \"y?\"\n"
             "  two-places: {then: [refuse, revoke-device], kilometres: 20000, speed: 1,"
             " overlap: no}\n"
             "  locations:\n"
             "    database: [/a.mmdb, /b.mmdb]\n"
             "    table: {10.1.0.0/16: Building 7, \"2001:db8::/32\": \"\\u00e9\"}\n"
             "alerts:\n"
             "  to: [mail, \"command:/bin/a b\", \"https://a.example:444/x?y=z\"]\n"
             "  from: gate@a.example\n"
             "  templates: t\n"
             "  webhook-secret: s\n"
             "  quiet: 0\n"
             "auth-policy: {url: \"http://[::1]:8084/\", api-header: h, nonce: a b,"
             " timeout: 100ms, on-failure: refuse, before: no, after: no, report: no,"
             " log-only: yes}\n");
    const struct conf_policy *p = &c->policy;
    assert_int_equal(p->memory, 1u << 20);
    assert_int_equal(p->enrol, CONF_ENROL_FIRST);
    assert_int_equal(p->enrol_first, 1000);
    assert_int_equal(p->unknown_device, CONF_UNKNOWN_REFUSE);
    assert_int_equal(p->refuse_at, CONF_REFUSE_AT_MAIL);
    assert_int_equal(p->store_failure, CONF_STORE_FAILURE_CLOSED);
    assert_int_equal(p->devices, 1000);
    assert_int_equal(p->device_age_us, DAY_US);
    assert_int_equal(p->places, 0);
    assert_int_equal(p->groups_n, 2);
    assert_string_equal(p->groups[0].name, "office staff");
    assert_int_equal(p->groups[0].place.line, 12);
    assert_int_equal(p->groups[0].account.n, 2);
    assert_string_equal(p->groups[0].account.at[1], "b@c.example");
    assert_int_equal(p->groups[1].account.n, 1);
    assert_int_equal(p->two_places.then, CONF_THEN_REFUSE | CONF_THEN_REVOKE_DEVICE);
    assert_int_equal(p->two_places.kilometres, 20000);
    assert_false(p->two_places.overlap);
    assert_int_equal(p->locations.database.n, 2);
    assert_int_equal(p->locations.table_n, 2);
    assert_string_equal(p->locations.table[0].network, "10.1.0.0/16");
    assert_string_equal(p->locations.table[0].name, "Building 7");
    assert_int_equal(p->locations.table[1].place.line, 17);
    assert_int_equal(c->alerts.to.n, 3);
    assert_int_equal(c->alerts.quiet_us, 0);
    assert_string_equal(c->alerts.from, "gate@a.example");
    assert_string_equal(c->auth_policy.url, "http://[::1]:8084/");
    assert_string_equal(c->auth_policy.nonce, "a b");
    assert_int_equal(c->auth_policy.on_failure, CONF_AUTH_POLICY_REFUSE);
    assert_false(c->auth_policy.before || c->auth_policy.after || c->auth_policy.report);
    assert_true(c->auth_policy.log_only);
    conf_free(c);
}

static void enrolment_is_open_closed_or_the_first(void **state)
{
    (void)state;
    struct conf *c = TEXT("policy: {enrol: open}\n");
    assert_int_equal(c->policy.enrol, CONF_ENROL_OPEN);
    conf_free(c);
    c = TEXT("policy: {enrol: closed, two-places: {then: off}}\n");
    assert_int_equal(c->policy.enrol, CONF_ENROL_CLOSED);
    assert_int_equal(c->policy.two_places.then, 0);
    conf_free(c);
    c = TEXT("policy: {enrol: first-1, devices: 1}\n");
    assert_int_equal(c->policy.enrol_first, 1);
    conf_free(c);
}

static void alerts_come_from_the_postmaster_of_the_gate(void **state)
{
    (void)state;
    struct conf *c = TEXT("submission: {hostname: mail.a.example}\n");
    assert_string_equal(c->alerts.from, "postmaster@mail.a.example");
    assert_null(conf_place_of(c, "alerts.from").file);
    conf_free(c);
}

/* clang-format off */
static const struct {
    struct slice text;
    const char *why; /* behind "t.yaml:" */
} faults[] = {
    { SLICE_INIT("policy: {memory: 1048575}\n"), "1:18: policy.memory: expected a size from 1M to 16G (octets, or with K, M or G behind), not \"1048575\"" },
    { SLICE_INIT("policy: {memory: 17G}\n"), "1:18: policy.memory: expected a size from 1M to 16G (octets, or with K, M or G behind), not \"17G\"" },
    { SLICE_INIT("policy: {enrol: first}\n"), "1:17: policy.enrol: expected open, closed or first-N, with N from 1 to 1000, not \"first\"" },
    { SLICE_INIT("policy: {enrol: first-}\n"), "1:17: policy.enrol: expected open, closed or first-N, with N from 1 to 1000, not \"first-\"" },
    { SLICE_INIT("policy: {enrol: first-0}\n"), "1:17: policy.enrol: expected open, closed or first-N, with N from 1 to 1000, not \"first-0\"" },
    { SLICE_INIT("policy: {enrol: first-03}\n"), "1:17: policy.enrol: expected open, closed or first-N, with N from 1 to 1000, not \"first-03\"" },
    { SLICE_INIT("policy: {enrol: first-1001}\n"), "1:17: policy.enrol: expected open, closed or first-N, with N from 1 to 1000, not \"first-1001\"" },
    { SLICE_INIT("policy: {enrol: first--1}\n"), "1:17: policy.enrol: expected open, closed or first-N, with N from 1 to 1000, not \"first--1\"" },
    { SLICE_INIT("policy: {enrol: }\n"), "1:17: policy.enrol: no value; expected open, closed or first-N, with N from 1 to 1000" },
    { SLICE_INIT("policy: {enrol: [open]}\n"), "1:17: policy.enrol: expected open, closed or first-N, with N from 1 to 1000, not a list" },
    { SLICE_INIT("policy: {enrol: first-21}\n"), "1:17: policy.enrol: first-21 of at most 20 devices" },
    { SLICE_INIT("policy: {devices: 2}\n"), "1:19: policy.devices: first-3 of at most 2 devices" },
    { SLICE_INIT("policy: {devices: 0}\n"), "1:19: policy.devices: expected a number from 1 to 1000, not \"0\"" },
    { SLICE_INIT("policy: {places: 257}\n"), "1:18: policy.places: expected a number from 0 to 256, not \"257\"" },
    { SLICE_INIT("policy: {device-age: 23h}\n"), "1:22: policy.device-age: expected a time from 1d to 3650d, with its unit (ms, s, m, h, d), not \"23h\"" },
    { SLICE_INIT("policy: {unknown-device: deny}\n"), "1:26: policy.unknown-device: expected accept, alert or refuse, not \"deny\"" },
    { SLICE_INIT("policy: {unknown-devices: alert}\n"), "1:10: policy.unknown-devices: unknown key; did you mean \"unknown-device\"?" },

    { SLICE_INIT("policy: {groups: [a]}\n"), "1:18: policy.groups: expected names with their accounts, as office: [\"*@example.com\"], not a list" },
    { SLICE_INIT("policy:\n  groups:\n"), "2:10: policy.groups: no value; expected names with their accounts, as office: [\"*@example.com\"]" },
    { SLICE_INIT("policy: {groups: {a: []}}\n"), "1:22: policy.groups: the list is empty; expected a pattern of accounts" },
    { SLICE_INIT("policy: {groups: {a: }}\n"), "1:22: policy.groups: no value; expected a pattern of accounts, or a list of such" },
    { SLICE_INIT("policy: {groups: {a: \"\"}}\n"), "1:22: policy.groups: \"\": not 1 to 255 characters; expected a pattern of accounts" },
    { SLICE_INIT("policy: {groups: {a: [b, b]}}\n"), "1:26: policy.groups: \"b\" is listed twice" },
    { SLICE_INIT("policy: {groups: {a: b, a: c}}\n"), "1:25: policy.groups.a: set twice, first at t.yaml:1:19" },
    { SLICE_INIT("policy: {groups: {a/b: c}}\n"), "1:19: policy.groups.a/b: a character that no name has; expected a name (letters, digits, spaces, dots, _ and -)" },

    { SLICE_INIT("policy: {two-places: {then: known-devices-only}}\n"), "1:29: policy.two-places.then: expected log, alert, refuse, revoke-device or off, not \"known-devices-only\"" },
    { SLICE_INIT("policy: {two-places: {then: []}}\n"), "1:29: policy.two-places.then: expected log, alert, refuse, revoke-device or off, or a list of such, not a list" },
    { SLICE_INIT("policy: {two-places: {then: {a: b}}}\n"), "1:29: policy.two-places.then: expected log, alert, refuse, revoke-device or off, or a list of such, not keys" },
    { SLICE_INIT("policy: {two-places: {then: [alert, off]}}\n"), "1:37: policy.two-places.then: \"off\" stands alone" },
    { SLICE_INIT("policy: {two-places: {then: [alert, alert]}}\n"), "1:37: policy.two-places.then: \"alert\" is listed twice" },
    { SLICE_INIT("policy: {two-places: {then: alrt}}\n"), "1:29: policy.two-places.then: expected log, alert, refuse, revoke-device or off, not \"alrt\"; did you mean \"alert\"?" },
    { SLICE_INIT("policy: {two-places: {then: }}\n"), "1:29: policy.two-places.then: no value; expected log, alert, refuse, revoke-device or off" },
    { SLICE_INIT("policy: {two-places: {speed: 0}}\n"), "1:30: policy.two-places.speed: expected a number from 1 to 100000, not \"0\"" },

    { SLICE_INIT("policy: {locations: {table: [a]}}\n"), "1:29: policy.locations.table: expected networks with their names, as 192.0.2.0/24: Office, not a list" },
    { SLICE_INIT("policy: {locations: {table: {10.0.0.1/8: a}}}\n"), "1:30: policy.locations.table.10.0.0.1/8: bits are set behind those of the network; expected ADDRESS or ADDRESS/BITS" },
    { SLICE_INIT("policy: {locations: {table: {10.0.0.0/8: a, 10.0.0.0/8: b}}}\n"), "1:45: policy.locations.table.10.0.0.0/8: set twice, first at t.yaml:1:30" },
    { SLICE_INIT("policy: {locations: {table: {10.0.0.0/8: }}}\n"), "1:42: policy.locations.table: no value; expected a text of at most 31 octets" },
    { SLICE_INIT("policy: {locations: {table: {10.0.0.0/8: \"abcdefghijklmnopqrstuvwxyz 12345\"}}}\n"), "1:42: policy.locations.table: \"abcdefghijklmnopqrstuvwxyz 12345\": not 1 to 31 octets; expected a text of at most 31 octets" },

    { SLICE_INIT("alerts: {to: page}\n"), "1:14: alerts.to: \"page\": no such way to tell; expected mail, command:/PATH, https://HOST/PATH or http://HOST/PATH" },
    { SLICE_INIT("alerts: {to: [mail, mail]}\n"), "1:21: alerts.to: \"mail\" is listed twice" },
    { SLICE_INIT("alerts:\n  to: [mail, \"http://a/\"]\n"), "2:14: alerts.to: a webhook is signed: set alerts.webhook-secret" },
    { SLICE_INIT("alerts: {from: postmaster}\n"), "1:16: alerts.from: \"postmaster\": no \"@\"; expected an address, LOCAL@HOST" },
    { SLICE_INIT("alerts: {quiet: 8d}\n"), "1:17: alerts.quiet: expected a time from 0 to 7d, with its unit (ms, s, m, h, d), not \"8d\"" },
    { SLICE_INIT("auth-policy: {url: \"http://a/\"}\n"), "1:20: auth-policy.url: what is sent of passwords is hashed: set auth-policy.nonce" },
    { SLICE_INIT("auth-policy: {nonce: \"\"}\n"), "1:22: auth-policy.nonce: \"\": not 1 to 255 octets; expected a text of at most 255 octets" },
    { SLICE_INIT("auth-policy: {on-failure: open}\n"), "1:27: auth-policy.on-failure: expected accept or refuse, not \"open\"" },
};
/* clang-format on */

static void each_fault_is_told_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(faults); i++)
        expect_fault(faults[i].text, "t.yaml:", faults[i].why);
}

static struct conf *parse_groups(size_t n, struct buf *why)
{
    struct buf text;
    buf_init(&text, 1 << 16);
    buf_append_str(&text, "policy:\n  groups:\n");
    for (size_t i = 0; i < n; i++)
        buf_printf(&text, "    g%zu: a\n", i);
    struct conf *conf = conf_parse("t.yaml", buf_slice(&text), why);
    buf_clear(&text);
    return conf;
}

static void there_are_at_most_256_groups(void **state)
{
    struct buf why;
    (void)state;
    buf_init(&why, 256);
    struct conf *conf = parse_groups(256, &why);
    assert_non_null(conf);
    assert_int_equal(conf->policy.groups_n, 256);
    conf_free(conf);
    assert_null(parse_groups(257, &why));
    expect_slice("257", buf_slice(&why), SLICE("t.yaml:3:5: policy.groups: more than 256 entries"));
    buf_clear(&why);
}

static void memory_is_kept_until_a_restart(void **state)
{
    struct buf names;
    (void)state;
    buf_init(&names, 256);
    struct conf *old = TEXT("policy: {memory: 8G}\n"),
                *now = TEXT("policy: {memory: 1M, enrol: open}\n");
    conf_fixed_changes(old, now, &names);
    expect_slice("changes", buf_slice(&names), SLICE("policy.memory"));
    assert_true(conf_keep_fixed(old, now));
    assert_int_equal(now->policy.memory, UINT64_C(8) << 30);
    assert_int_equal(now->policy.enrol, CONF_ENROL_OPEN);
    conf_free(old);
    conf_free(now);
    buf_clear(&names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_gives_the_defaults),
        cmocka_unit_test(every_value_is_read),
        cmocka_unit_test(enrolment_is_open_closed_or_the_first),
        cmocka_unit_test(alerts_come_from_the_postmaster_of_the_gate),
        cmocka_unit_test(each_fault_is_told_with_its_place),
        cmocka_unit_test(there_are_at_most_256_groups),
        cmocka_unit_test(memory_is_kept_until_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
