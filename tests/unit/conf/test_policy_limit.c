/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "parsing.h"
#include "conf/policy_defaults.h"

#define SECOND_US INT64_C(1000000)
#define MINUTE_US (60 * SECOND_US)
#define HOUR_US   (60 * MINUTE_US)

static const struct conf_limit *find(const struct conf *conf, const char *name)
{
    for (size_t i = 0; i < conf->policy.limits_n; i++)
        if (strcmp(conf->policy.limits[i].name, name) == 0)
            return &conf->policy.limits[i];
    fail_msg("no limit %s", name);
    return NULL;
}

static void the_shipped_limits_hold_without_a_word(void **state)
{
    (void)state;
    struct conf *c = parse(SLICE(""));
    assert_int_equal(c->policy.limits_n, conf_shipped_limits_n);
    for (size_t i = 0; i < conf_shipped_limits_n; i++) {
        const struct conf_limit *l = &c->policy.limits[i];
        assert_ptr_equal(conf_shipped_limit_find(slice_of_str(l->name)), &conf_shipped_limits[i]);
        assert_null(l->place.file);
        assert_true(l->why && strlen(l->why) > 20);
        assert_true(l->then != 0 && l->per != 0 && !l->dry_run);
        assert_int_equal(l->delay_us, 3 * SECOND_US);
    }
    const struct conf_limit *guesses = find(c, "stranger-guesses");
    assert_int_equal(guesses->count, CONF_COUNT_FAILED_PASSWORDS);
    assert_int_equal(guesses->per, CONF_PER_ACCOUNT);
    assert_int_equal(guesses->of, CONF_OF_UNKNOWN);
    assert_int_equal(guesses->above, 9);
    assert_int_equal(guesses->within_us, HOUR_US);
    assert_int_equal(guesses->then, CONF_THEN_KNOWN_DEVICES_ONLY | CONF_THEN_ALERT);
    assert_int_equal(guesses->for_us, 10 * MINUTE_US);
    assert_null(conf_shipped_limit_find(SLICE("stranger")));
    conf_free(c);
}

/* As if each stood in a file: what is shipped passes the reader's own checks. */
static void the_shipped_limits_could_stand_in_a_file(void **state)
{
    struct buf shown, why, again;
    (void)state;
    buf_init(&shown, 1 << 20);
    buf_init(&again, 1 << 20);
    buf_init(&why, 4096);
    struct conf *c = parse(SLICE("")), *second;
    conf_show(c, &shown);
    second = conf_parse("shown.yaml", buf_slice(&shown), &why);
    if (!second)
        fail_msg("%.*s", (int)buf_size(&why), (const char *)buf_slice(&why).p);
    conf_show(second, &again);
    expect_slice("again", buf_slice(&again), buf_slice(&shown));
    for (size_t i = 0; i < second->policy.limits_n; i++) {
        struct conf_limit read = second->policy.limits[i];
        const struct conf_limit *shipped = &conf_shipped_limits[i];
        assert_string_equal(read.place.file, "shown.yaml");
        assert_string_equal(read.name, shipped->name);
        assert_int_equal(read.count, shipped->count);
        assert_int_equal(read.per, shipped->per);
        assert_int_equal(read.of, shipped->of);
        assert_int_equal(read.outcome, shipped->outcome);
        assert_int_equal(read.above, shipped->above);
        assert_int_equal(read.within_us, shipped->within_us);
        assert_int_equal(read.then, shipped->then);
        assert_int_equal(read.for_us, shipped->for_us);
        assert_int_equal(read.delay_us, shipped->delay_us);
        assert_int_equal(read.success_below, shipped->success_below);
    }
    conf_free(c);
    conf_free(second);
    buf_clear(&shown);
    buf_clear(&again);
}

static void every_key_of_a_limit_is_read(void **state)
{
    (void)state;
    struct conf *c = parse(SLICE("policy:\n"
                                 "  groups: {x: a@b}\n"
                                 "  limits:\n"
                                 "    - name: mine\n"
                                 "      count: networks\n"
                                 "      per: [account, token, type]\n"
                                 "      of: known\n"
                                 "      outcome: ok\n"
                                 "      above: 65534\n"
                                 "      within: 1d\n"
                                 "      then: [log, alert, delay, refuse, revoke-device]\n"
                                 "      for: 3d\n"
                                 "      delay: 20s\n"
                                 "      success-below: 100\n"
                                 "      account: a*\n"
                                 "      group: x\n"
                                 "      network: 10.0.0.0/8\n"
                                 "      type: MAC\n"
                                 "      dry-run: yes\n"
                                 "    - {name: first, count: attempts, per: all, above: 0,"
                                 " within: 10s, then: log}\n"));
    assert_int_equal(c->policy.limits_n, conf_shipped_limits_n + 2);
    const struct conf_limit *l = find(c, "mine");
    assert_ptr_equal(l, &c->policy.limits[conf_shipped_limits_n]);
    assert_int_equal(l->count, CONF_COUNT_NETWORKS);
    assert_int_equal(l->per, CONF_PER_ACCOUNT | CONF_PER_TOKEN | CONF_PER_TYPE);
    assert_int_equal(l->of, CONF_OF_KNOWN);
    assert_int_equal(l->outcome, CONF_OUTCOME_OK);
    assert_int_equal(l->above, 65534);
    assert_int_equal(l->within_us, 24 * HOUR_US);
    assert_int_equal(l->then, CONF_THEN_LOG | CONF_THEN_ALERT | CONF_THEN_DELAY | CONF_THEN_REFUSE |
                                  CONF_THEN_REVOKE_DEVICE);
    assert_int_equal(l->for_us, 72 * HOUR_US);
    assert_int_equal(l->delay_us, 20 * SECOND_US);
    assert_int_equal(l->success_below, 100);
    assert_int_equal(l->who.account.n + l->who.group.n + l->who.network.n + l->who.type.n, 4);
    assert_true(l->dry_run);
    assert_null(l->why);
    assert_int_equal(l->place.line, 4);
    l = find(c, "first");
    assert_int_equal(l->per, CONF_PER_ALL);
    assert_int_equal(l->of, CONF_OF_ALL);
    assert_int_equal(l->outcome, CONF_OUTCOME_ANY);
    assert_int_equal(l->above, 0);
    assert_int_equal(l->within_us, 10 * SECOND_US);
    assert_int_equal(l->delay_us, 3 * SECOND_US);
    assert_int_equal(l->for_us, 0);
    conf_free(c);
}

static void a_shipped_limit_is_changed_by_its_name(void **state)
{
    (void)state;
    struct conf *c =
        parse(SLICE("policy:\n"
                    "  limits:\n"
                    "    - {name: stranger-slowdown, then: off}\n"
                    "    - {name: stranger-guesses, dry-run: yes, above: 12}\n"
                    "    - {name: device-connections, above: 5}\n"
                    "    - {name: token-opened, count: attempts, per: ip, above: 1, within: 1m,"
                    " then: log}\n"));
    assert_int_equal(c->policy.limits_n, conf_shipped_limits_n);
    const struct conf_limit *l = find(c, "stranger-slowdown");
    assert_int_equal(l->then, 0);
    assert_int_equal(l->above, 5);
    assert_int_equal(l->place.line, 3);
    assert_null(l->why);
    l = find(c, "stranger-guesses");
    assert_true(l->dry_run);
    assert_int_equal(l->above, 12);
    assert_int_equal(l->within_us, HOUR_US);
    assert_int_equal(l->then, CONF_THEN_KNOWN_DEVICES_ONLY | CONF_THEN_ALERT);
    l = find(c, "device-connections");
    assert_int_equal(l->above, 5);
    assert_int_equal(l->then, CONF_THEN_REFUSE);
    l = find(c, "token-opened"); /* says what it counts: all of it is new */
    assert_int_equal(l->per, CONF_PER_IP);
    assert_int_equal(l->outcome, CONF_OUTCOME_ANY);
    assert_int_equal(l->for_us, 0);
    assert_ptr_equal(find(c, "place-guesses")->why, conf_shipped_limits[1].why);
    conf_free(c);
}

#define LIMITS(s) SLICE_INIT("policy: {limits: [" s "]}\n")
#define ONE(s)    LIMITS("{name: a, " s "}")
#define WANT      "expected a list of limits, as {name: NAME, ...}"

/* clang-format off */
static const struct {
    struct slice text;
    const char *why; /* behind "t.yaml:1:" */
} faults[] = {
    { SLICE_INIT("policy: {limits: {}}\n"), "18: policy.limits: " WANT ", not keys" },
    { SLICE_INIT("policy: {limits: }\n"), "18: policy.limits: no value; " WANT },
    { LIMITS("a"), "19: policy.limits: " WANT ", not \"a\"" },
    { LIMITS("{}"), "19: policy.limits.name: missing" },
    { LIMITS("{name: [a]}"), "26: policy.limits.name: expected a name (letters, digits, spaces, dots, _ and -), not a list" },
    { LIMITS("{name: a}"), "19: policy.limits.count: missing, and no shipped limit is called \"a\"" },
    { LIMITS("{name: strange-guesses, then: off}"), "19: policy.limits.count: missing, and no shipped limit is called \"strange-guesses\"; did you mean \"stranger-guesses\"?" },
    { LIMITS("{name: stranger-guesses}, {name: stranger-guesses}"), "52: policy.limits.name: \"stranger-guesses\" is the name of another limit, at t.yaml:1:19" },
    { LIMITS("{name: a, count: attempts, per: ip, above: 1, within: 1h, then: log}, {name: a, count: attempts, per: ip, above: 1, within: 1h, then: log}"),
      "96: policy.limits.name: \"a\" is the name of another limit, at t.yaml:1:19" },
    { LIMITS("{name: stranger-guesses, above: 1, above: 2}"), "54: policy.limits.above: set twice, first at t.yaml:1:44" },
    { ONE("count: logins"), "36: policy.limits.count: expected attempts, failures, failed-passwords, accounts, tokens, networks, connections, messages or recipients, not \"logins\"" },
    { ONE("count: attempts"), "19: policy.limits.per: missing" },
    { ONE("count: attempts, per: ip"), "19: policy.limits.above: missing" },
    { ONE("count: attempts, per: ip, above: 1"), "19: policy.limits.then: missing" },
    { ONE("count: attempts, per: ip, above: 1, then: log"), "19: policy.limits.within: missing" },
    { ONE("count: attempts, per: ip, above: 1, then: [], within: 1h"), "71: policy.limits.then: expected log, alert, delay, refuse, known-devices-only, require-clientid, revoke-device or off, or a list of such, not a list" },
    { ONE("count: attempts, per: ip, above: 65535, then: log, within: 1h"), "62: policy.limits.above: expected a number from 0 to 65534, not \"65535\"" },
    { ONE("count: attempts, per: ip, above: 1, then: log, within: 9s"), "84: policy.limits.within: expected a time from 10s to 1d, with its unit (ms, s, m, h, d), not \"9s\"" },
    { ONE("count: attempts, per: ip, above: 1, then: log, within: 25h"), "84: policy.limits.within: expected a time from 10s to 1d, with its unit (ms, s, m, h, d), not \"25h\"" },
    { ONE("count: attempts, per: ip, above: 1, then: log, within: 1h, for: 4d"), "93: policy.limits.for: expected a time from 1s to 3d, with its unit (ms, s, m, h, d), not \"4d\"" },
    { ONE("count: attempts, per: ip, above: 1, then: log, within: 1h, success-below: 101"), "103: policy.limits.success-below: expected a number from 0 to 100, not \"101\"" },
    { ONE("count: attempts, per: ip, above: 1, then: log, within: 1h, token: x"), "88: policy.limits.token: unknown key; did you mean \"then\"?" },

    { ONE("count: attempts, per: [all, ip], above: 1, within: 1h, then: log"), "51: policy.limits.per: \"all\" stands alone" },
    { ONE("count: connections, per: ip, above: 1, within: 1h, then: log"), "76: policy.limits.within: connections are those open now, at no time else" },
    { ONE("count: accounts, per: account, above: 1, within: 1h, then: log"), "51: policy.limits.per: each of these has only one of what is counted" },
    { ONE("count: tokens, per: [token], above: 1, within: 1h, then: log"), "49: policy.limits.per: each of these has only one of what is counted" },
    { ONE("count: networks, per: [account, network], above: 1, within: 1h, then: log"), "51: policy.limits.per: each of these has only one of what is counted" },
    { ONE("count: networks, per: ip, above: 1, within: 1h, then: log"), "51: policy.limits.per: each of these has only one of what is counted" },
    { ONE("count: attempts, per: token, of: absent, above: 1, within: 1h, then: log"), "51: policy.limits.per: who presents no identity has neither token nor type" },
    { ONE("count: attempts, per: [ip, type], of: absent, above: 1, within: 1h, then: log"), "51: policy.limits.per: who presents no identity has neither token nor type" },
    { ONE("count: tokens, per: ip, of: absent, above: 1, within: 1h, then: log"), "36: policy.limits.count: who presents no identity has no token to count" },
    { ONE("count: attempts, per: ip, of: absent, type: MAC, above: 1, within: 1h, then: log"), "73: policy.limits.type: who presents no identity has no type" },
    { ONE("count: failures, per: ip, outcome: ok, above: 1, within: 1h, then: log"), "64: policy.limits.outcome: a failure is never \"ok\"" },
    { ONE("count: failed-passwords, per: ip, outcome: ok, above: 1, within: 1h, then: log"), "72: policy.limits.outcome: a failure is never \"ok\"" },
    { ONE("count: messages, per: account, outcome: ok, above: 1, within: 1h, then: log"), "69: policy.limits.outcome: connections, messages and recipients have none" },
    { ONE("count: recipients, per: account, success-below: 1, above: 1, within: 1h, then: log"), "77: policy.limits.success-below: connections, messages and recipients neither succeed nor fail" },

    { ONE("count: attempts, per: ip, above: 1, within: 1h, then: refuse"), "19: policy.limits.for: missing: how long then holds" },
    { ONE("count: attempts, per: ip, above: 1, within: 1h, then: [log, delay]"), "19: policy.limits.for: missing: how long then holds" },
    { ONE("count: attempts, per: ip, above: 1, within: 1h, then: known-devices-only"), "19: policy.limits.for: missing: how long then holds" },
    { ONE("count: attempts, per: ip, above: 1, within: 1h, then: require-clientid"), "19: policy.limits.for: missing: how long then holds" },
    { ONE("count: attempts, per: ip, above: 1, within: 1h, then: revoke-device"), "19: policy.limits.for: missing: how long then holds" },
    { ONE("count: connections, per: ip, above: 1, then: refuse, for: 1h"), "87: policy.limits.for: nothing holds when a connection is closed" },
    { ONE("count: connections, per: ip, above: 1, then: known-devices-only"), "74: policy.limits.then: of connections: log, alert and refuse only; what holds outlives them" },
    { ONE("count: messages, per: account, above: 1, within: 1h, then: delay, for: 1h"), "88: policy.limits.then: \"delay\" delays attempts, and none is counted here" },
    { ONE("count: attempts, per: ip, above: 1, within: 1h, then: log, delay: 1s"), "95: policy.limits.delay: \"delay\" is not in then" },
    { ONE("count: attempts, per: ip, above: 1, within: 1h, then: delay, for: 1h, delay: 21s"), "106: policy.limits.delay: expected a time from 100ms to 20s, with its unit (ms, s, m, h, d), not \"21s\"" },
    { ONE("count: attempts, per: ip, of: absent, above: 1, within: 1h, then: revoke-device, for: 1h"), "95: policy.limits.then: who presents no identity has no device to revoke" },
    { ONE("count: attempts, per: ip, of: known, above: 1, within: 1h, then: known-devices-only, for: 1h"), "94: policy.limits.then: \"known-devices-only\" lets all of them in" },
    { ONE("count: attempts, per: ip, of: place, above: 1, within: 1h, then: known-devices-only, for: 1h"), "94: policy.limits.then: \"known-devices-only\" lets all of them in" },
    { ONE("count: attempts, per: ip, of: known, above: 1, within: 1h, then: require-clientid, for: 1h"), "94: policy.limits.then: \"require-clientid\" lets all of them in" },
    { ONE("count: attempts, per: ip, above: 1, within: 1h, then: log, group: x"), "95: policy.limits.group: \"x\" is no group of policy.groups" },
    { LIMITS("{name: stranger-guesses, within: 1h, then: [delay, off]}"), "70: policy.limits.then: \"off\" stands alone" },
    { LIMITS("{name: device-connections, within: 1h}"), "54: policy.limits.within: connections are those open now, at no time else" },
};
/* clang-format on */

static void each_fault_is_told_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(faults); i++)
        expect_fault(faults[i].text, "t.yaml:1:", faults[i].why);
}

static void what_is_switched_off_needs_no_time(void **state)
{
    (void)state;
    struct conf *c = parse(SLICE("policy: {limits: [{name: a, count: attempts, per: ip, above: 1,"
                                 " within: 1h, then: off, delay: 1s}]}\n"));
    assert_int_equal(find(c, "a")->then, 0);
    conf_free(c);
}

static struct conf *parse_limits(size_t n, struct buf *why)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    buf_append_str(&text, "policy:\n  limits:\n");
    for (size_t i = 0; i < n; i++)
        buf_printf(
            &text,
            "    - {name: l%zu, count: attempts, per: ip, above: 1, within: 1h, then: log}\n", i);
    struct conf *conf = conf_parse("t.yaml", buf_slice(&text), why);
    buf_clear(&text);
    return conf;
}

static void there_are_at_most_100_limits_and_the_shipped_ones(void **state)
{
    struct buf why;
    (void)state;
    buf_init(&why, 256);
    struct conf *conf = parse_limits(100, &why);
    assert_non_null(conf);
    assert_int_equal(conf->policy.limits_n, 100 + conf_shipped_limits_n);
    conf_free(conf);
    assert_null(parse_limits(101, &why));
    expect_slice("101", buf_slice(&why),
                 SLICE("t.yaml:3:5: policy.limits: more than 100 elements"));
    buf_clear(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_limits_hold_without_a_word),
        cmocka_unit_test(the_shipped_limits_could_stand_in_a_file),
        cmocka_unit_test(every_key_of_a_limit_is_read),
        cmocka_unit_test(a_shipped_limit_is_changed_by_its_name),
        cmocka_unit_test(each_fault_is_told_with_its_place),
        cmocka_unit_test(what_is_switched_off_needs_no_time),
        cmocka_unit_test(there_are_at_most_100_limits_and_the_shipped_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
