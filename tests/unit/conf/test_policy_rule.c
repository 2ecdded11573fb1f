/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "parsing.h"

#define TOKEN "~1.abcdefghijklmnopqrstuvwxya"

/* draft-storey-smtp-client-id-13 §6.3-5: different policies for accounts and for who presents. */
static void every_key_of_a_rule_is_read(void **state)
{
    (void)state;
    struct conf *c = parse(SLICE("policy:\n"
                                 "  refuse-at: mail\n"
                                 "  rules:\n"
                                 "    - {name: one, then: allow, account: \"*@a\"}\n"
                                 "    - name: two 2\n"
                                 "      then: deny\n"
                                 "      account: [a@b, c@d]\n"
                                 "      group: [x]\n"
                                 "      network: [10.0.0.0/8, \"2001:db8::/32\"]\n"
                                 "      type: [\"*-UUID\", MAC]\n"
                                 "      token: [" TOKEN "]\n"
                                 "      device: [new, revoked]\n"
                                 "      clientid: present\n"
                                 "      refuse-at: auth\n"
                                 "      dry-run: yes\n"
                                 "    - {name: three, then: require, device: licensed}\n"
                                 "    - {name: last, then: deny, clientid: absent}\n"
                                 "  groups: {x: a@b}\n"));
    const struct conf_rule *rules = c->policy.rules;
    assert_int_equal(c->policy.rules_n, 4);
    assert_string_equal(rules[0].name, "one");
    assert_int_equal(rules[0].then, CONF_RULE_ALLOW);
    assert_int_equal(rules[0].who.account.n, 1);
    assert_int_equal(rules[0].who.group.n + rules[0].who.network.n + rules[0].who.device, 0);
    assert_int_equal(rules[0].who.clientid, CONF_CLIENTID_EITHER);
    assert_int_equal(rules[0].place.line, 4);
    assert_int_equal(rules[0].place.column, 7);
    assert_false(rules[0].dry_run);
    assert_int_equal(rules[1].then, CONF_RULE_DENY);
    assert_int_equal(rules[1].who.account.n, 2);
    assert_string_equal(rules[1].who.group.at[0], "x");
    assert_string_equal(rules[1].who.network.at[1], "2001:db8::/32");
    assert_int_equal(rules[1].who.type.place[1].line, 10);
    assert_string_equal(rules[1].who.token.at[0], TOKEN);
    assert_int_equal(rules[1].who.device, 1 << CONF_DEVICE_NEW | 1 << CONF_DEVICE_REVOKED);
    assert_int_equal(rules[1].who.clientid, CONF_CLIENTID_PRESENT);
    assert_int_equal(rules[1].refuse_at, CONF_REFUSE_AT_AUTH);
    assert_true(rules[1].dry_run);
    assert_int_equal(rules[2].then, CONF_RULE_REQUIRE);
    assert_int_equal(rules[2].who.device, 1 << CONF_DEVICE_LICENSED);
    assert_int_equal(rules[2].refuse_at, CONF_REFUSE_AT_MAIL);
    assert_int_equal(rules[3].who.clientid, CONF_CLIENTID_ABSENT);
    conf_free(c);
}

#define RULES(s) SLICE_INIT("policy: {rules: [" s "]}\n")

/* clang-format off */
static const struct {
    struct slice text;
    const char *why; /* behind "t.yaml:" */
} faults[] = {
    { SLICE_INIT("policy: {rules: {}}\n"), "1:17: policy.rules: expected a list of rules, as {name: NAME, then: deny, ...}, not keys" },
    { SLICE_INIT("policy: {rules: }\n"), "1:17: policy.rules: no value; expected a list of rules, as {name: NAME, then: deny, ...}" },
    { RULES("a"), "1:18: policy.rules: expected a list of rules, as {name: NAME, then: deny, ...}, not \"a\"" },
    { RULES("[]"), "1:18: policy.rules: expected a list of rules, as {name: NAME, then: deny, ...}, not a list" },
    { RULES("{}"), "1:18: policy.rules.name: missing" },
    { RULES("{then: deny}"), "1:18: policy.rules.name: missing" },
    { RULES("{name: a}"), "1:18: policy.rules.then: missing" },
    { RULES("{name: a, then: refuse}"), "1:34: policy.rules.then: expected allow, deny or require, not \"refuse\"" },
    { RULES("{name: , then: deny}"), "1:25: policy.rules.name: no value; expected a name (letters, digits, spaces, dots, _ and -)" },
    { RULES("{name: a, name: b, then: deny}"), "1:28: policy.rules.name: set twice, first at t.yaml:1:19" },
    { RULES("{name: a, accounts: b, then: deny}"), "1:28: policy.rules.accounts: unknown key; did you mean \"account\"?" },
    { RULES("{name: a, when: b, then: deny}"), "1:28: policy.rules.when: unknown key; did you mean \"then\"?" },
    { RULES("{name: a, hour: b, then: deny}"), "1:28: policy.rules.hour: unknown key; known here: name, then, account, group, network, type, token, device, clientid, refuse-at, dry-run" },
    { RULES("{name: a, then: require}"), "1:34: policy.rules.then: \"require\" demands nothing: set type, token, device or clientid" },
    { RULES("{name: a, then: require, account: b, group: c, network: 10.0.0.0/8}"), "1:34: policy.rules.then: \"require\" demands nothing: set type, token, device or clientid" },
    { RULES("{name: a, then: allow, account: b, refuse-at: auth}"), "1:64: policy.rules.refuse-at: a rule that allows refuses nobody" },
    { RULES("{name: a, then: deny, clientid: absent, type: MAC}"), "1:50: policy.rules.clientid: without an identity there is no type, token or device" },
    { RULES("{name: a, then: deny, clientid: absent, device: new}"), "1:50: policy.rules.clientid: without an identity there is no type, token or device" },
    { RULES("{name: a, then: deny, clientid: absent, token: " TOKEN "}"), "1:50: policy.rules.clientid: without an identity there is no type, token or device" },
    { RULES("{name: a, then: deny, device: []}"), "1:48: policy.rules.device: expected new, pending, known, approved, revoked or licensed, or a list of such, not a list" },
    { RULES("{name: a, then: deny, device: off}"), "1:48: policy.rules.device: expected new, pending, known, approved, revoked or licensed, not \"off\"" },
    { RULES("{name: a, then: deny, account: []}"), "1:49: policy.rules.account: the list is empty; expected a pattern of accounts" },
    { RULES("{name: a, then: deny, token: abc}"), "1:47: policy.rules.token: \"abc\": not a pseudonym; expected a pseudonym (~1.k3v...)" },
    { RULES("{name: a, then: deny, network: a}"), "1:49: policy.rules.network: \"a\": not an IP address; expected ADDRESS or ADDRESS/BITS" },
    { RULES("{name: a, then: deny, account: b}, {name: a, then: deny}"), "1:60: policy.rules.name: \"a\" is the name of another rule, at t.yaml:1:18" },
    { RULES("{name: a, then: deny}, {name: b, then: deny}"), "1:41: policy.rules: never reached: \"a\" before it is about everyone" },
    { SLICE_INIT("policy:\n  rules:\n    - {name: a, then: deny, group: [offices, x]}\n  groups: {office: b}\n"), "3:37: policy.rules.group: \"offices\" is no group of policy.groups; did you mean \"office\"?" },
    { RULES("{name: a, then: deny, group: nobody}"), "1:47: policy.rules.group: \"nobody\" is no group of policy.groups" },
};
/* clang-format on */

static void each_fault_is_told_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(faults); i++)
        expect_fault(faults[i].text, "t.yaml:", faults[i].why);
}

/* What runs dry, and what demands, lets the next rules be asked. */
static void a_rule_for_everyone_may_have_others_behind_it_unless_it_ends_them(void **state)
{
    (void)state;
    struct conf *c = parse(SLICE("policy: {rules: [{name: a, then: deny, dry-run: yes},"
                                 " {name: b, then: require, clientid: present},"
                                 " {name: c, then: allow}]}\n"));
    assert_int_equal(c->policy.rules_n, 3);
    conf_free(c);
}

static struct conf *parse_rules(size_t n, struct buf *why)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    buf_append_str(&text, "policy:\n  rules:\n");
    for (size_t i = 0; i < n; i++)
        buf_printf(&text, "    - {name: r%zu, then: deny, account: a}\n", i);
    struct conf *conf = conf_parse("t.yaml", buf_slice(&text), why);
    buf_clear(&text);
    return conf;
}

static void there_are_at_most_1000_rules(void **state)
{
    struct buf why;
    (void)state;
    buf_init(&why, 256);
    struct conf *conf = parse_rules(1000, &why);
    assert_non_null(conf);
    assert_int_equal(conf->policy.rules_n, 1000);
    conf_free(conf);
    assert_null(parse_rules(1001, &why));
    expect_slice("1001", buf_slice(&why),
                 SLICE("t.yaml:3:5: policy.rules: more than 1000 elements"));
    buf_clear(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_of_a_rule_is_read),
        cmocka_unit_test(each_fault_is_told_with_its_place),
        cmocka_unit_test(a_rule_for_everyone_may_have_others_behind_it_unless_it_ends_them),
        cmocka_unit_test(there_are_at_most_1000_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
