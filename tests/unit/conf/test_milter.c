/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "parsing.h"

#define SECOND_US INT64_C(1000000)

#define TEXT(s) parse(SLICE(s))

static void nothing_gives_the_defaults(void **state)
{
    (void)state;
    struct conf *c = TEXT("submission: {hostname: mx.example}\nmilter:\ndns: {}\n");
    const struct conf_milter *m = &c->milter;
    assert_int_equal(c->dns.resolver.n, 0);
    assert_null(c->dns.file);
    assert_null(c->dns.trust_anchor);
    assert_int_equal(c->dns.timeout_us, 5 * SECOND_US);
    assert_int_equal(c->dns.cache, 16u << 20);
    assert_int_equal(m->listen.n, 1);
    assert_string_equal(m->listen.at[0], "inet:8891@127.0.0.1");
    assert_int_equal(m->socket_mode, 0660);
    assert_int_equal(m->workers, 0);
    assert_string_equal(m->authserv_id, "mx.example");
    assert_true(m->verify);
    assert_int_equal(m->practices.n, 1);
    assert_string_equal(m->practices_act, "ssp");
    assert_int_equal(m->practices_rrtype, 65280);
    assert_int_equal(m->accepted_signers.n, 0);
    assert_int_equal(m->user_testing, CONF_USER_TESTING_HONOUR);
    assert_int_equal(m->parent_labels, 1);
    assert_int_equal(m->suspicious, CONF_SUSPICIOUS_MARK);
    assert_int_equal(m->temporary, CONF_TEMPORARY_ACCEPT);
    assert_int_equal(m->internal.n, 2);
    assert_int_equal(m->keep_results.n, 0);
    assert_int_equal(m->testing_keys, CONF_TESTING_KEYS_PASS);
    assert_int_equal(m->partial_body, CONF_PARTIAL_BODY_POLICY);
    assert_int_equal(m->clock_skew_us, 300 * SECOND_US);
    assert_int_equal(m->sign_n, 0);
    assert_int_equal(m->sign_for, CONF_SIGN_FOR_AUTHENTICATED | CONF_SIGN_FOR_INTERNAL);
    assert_int_equal(m->sign_daemons.n, 0);
    assert_int_equal(m->canonicalization, CONF_CANON_RELAXED_RELAXED);
    assert_int_equal(m->sign_headers.n, 0);
    assert_int_equal(m->oversign.n, 0);
    assert_int_equal(m->signature_lifetime_us, 0);
    assert_int_equal(m->lists_n, 0);
    assert_int_equal(m->limits.connections, 1000);
    assert_int_equal(m->limits.header, 1u << 20);
    assert_int_equal(m->limits.message_wait_us, 10 * SECOND_US);
    assert_int_equal(m->timeouts.idle_us, 7200 * SECOND_US);
    assert_int_equal(m->timeouts.drain_us, 30 * SECOND_US);
    conf_free(c);
}

static void every_value_is_read(void **state)
{
    (void)state;
    struct conf *c =
        TEXT("dns: {resolver: [\"127.0.0.1@5353\", '::1'], file: f, trust-anchor: none,\n"
             "  timeout: 1s, cache: 1M}\n"
             "milter:\n"
             "  listen: [\"unix:/run/x\", \"inet6:1@[::1]\"]\n  socket-mode: 600\n"
             "  workers: 2\n  authserv-id: a.example\n  verify: no\n"
             "  practices: [dmarc, ssp]\n  practices-act: ssp\n  practices-rrtype: 65281\n"
             "  accepted-signers: [a.example, .b.example]\n  user-testing: letter\n"
             "  parent-labels: 2\n  suspicious: quarantine\n  temporary: tempfail\n"
             "  internal: []\n  keep-results: 10.0.0.0/8\n  testing-keys: ignore\n"
             "  partial-body: pass\n  clock-skew: 0\n  sign-for: off\n"
             "  sign-daemons: [submission]\n  canonicalization: simple/relaxed\n"
             "  sign-headers: [FROM, To]\n  oversign: [From]\n  signature-lifetime: 7d\n"
             "  limits: {connections: 5, header: 64K, message-wait: 1s}\n"
             "  timeouts: {idle: 1m, drain: 0}\n");
    const struct conf_milter *m = &c->milter;
    assert_int_equal(c->dns.resolver.n, 2);
    assert_string_equal(c->dns.trust_anchor, "none");
    assert_int_equal(m->listen.n, 2);
    assert_int_equal(m->socket_mode, 0600);
    assert_string_equal(m->authserv_id, "a.example");
    assert_false(m->verify);
    assert_string_equal(m->practices.at[0], "dmarc");
    assert_string_equal(m->practices_act, "ssp");
    assert_int_equal(m->user_testing, CONF_USER_TESTING_LETTER);
    assert_int_equal(m->suspicious, CONF_SUSPICIOUS_QUARANTINE);
    assert_int_equal(m->temporary, CONF_TEMPORARY_TEMPFAIL);
    assert_int_equal(m->internal.n, 0);
    assert_int_equal(m->testing_keys, CONF_TESTING_KEYS_IGNORE);
    assert_int_equal(m->partial_body, CONF_PARTIAL_BODY_PASS);
    assert_int_equal(m->sign_for, 0);
    assert_int_equal(m->canonicalization, CONF_CANON_SIMPLE_RELAXED);
    assert_int_equal(m->signature_lifetime_us, 7 * 86400 * SECOND_US);
    assert_int_equal(m->limits.header, 64u << 10);
    conf_free(c);
}

static void keys_stand_in_the_order_of_the_file_in_lower_case(void **state)
{
    static const struct conf_sign expected[] = {
        { .domain = "b.example", .selector = "s1", .key = "/K", .identity = "Joe@m.b.example" },
        { .domain = "b.example", .selector = "2._x", .key = "/L", .identity = "@b.example" },
        { .domain = "a.example", .selector = "s1", .key = "/m", .subdomains = true },
    };
    (void)state;
    struct conf *c = TEXT("milter: {sign: {\n"
                          "  B.example: [{selector: S1, key: /K, identity: Joe@m.B.example},\n"
                          "              {selector: 2._x, key: /L, identity: '@B.EXAMPLE'}],\n"
                          "  a.example: {key: /m, selector: s1, subdomains: yes}}}\n");
    assert_int_equal(c->milter.sign_n, ARRAY_SIZE(expected));
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
        const struct conf_sign *is = &c->milter.sign[i], *wanted = &expected[i];
        assert_string_equal(is->domain, wanted->domain);
        assert_string_equal(is->selector, wanted->selector);
        assert_string_equal(is->key, wanted->key);
        expect_slice("identity", slice_of_str(is->identity), slice_of_str(wanted->identity));
        assert_int_equal(is->subdomains, wanted->subdomains);
        assert_int_equal(is->place.line, 2 + i);
    }
    conf_free(c);
}

static void lists_are_known_by_their_envelope_senders(void **state)
{
    (void)state;
    struct conf *c =
        TEXT("milter:\n  sign: {example.com: {selector: a, key: b, subdomains: yes}}\n  lists:\n"
             "    '*-bounces@x': {kind: digest, sender: talk@Lists.example.com, reject-strict: "
             "yes}\n"
             "    'y': {kind: verbatim, sender: y@example.com, reject-suspicious: yes}\n");
    const struct conf_list_manager *lists = c->milter.lists;
    assert_int_equal(c->milter.lists_n, 2);
    assert_string_equal(lists[0].pattern, "*-bounces@x");
    assert_string_equal(lists[0].sender, "talk@Lists.example.com");
    assert_int_equal(lists[0].kind, CONF_LIST_DIGEST);
    assert_true(lists[0].reject_strict && !lists[0].reject_suspicious);
    assert_int_equal(lists[1].kind, CONF_LIST_VERBATIM);
    assert_true(lists[1].reject_suspicious && !lists[1].reject_strict);
    conf_free(c);
}

static void the_mode_of_sockets_is_kept_until_a_restart(void **state)
{
    struct buf names;
    (void)state;
    buf_init(&names, 256);
    struct conf *old = TEXT("milter: {socket-mode: 0600}\n"),
                *now = TEXT("milter: {socket-mode: 0666, suspicious: reject}\n");
    conf_fixed_changes(old, now, &names);
    expect_slice("changes", buf_slice(&names), SLICE("milter.socket-mode"));
    assert_true(conf_keep_fixed(old, now));
    assert_int_equal(now->milter.socket_mode, 0600);
    assert_int_equal(now->milter.suspicious, CONF_SUSPICIOUS_REJECT);
    conf_free(old);
    conf_free(now);
    buf_clear(&names);
}

/* clang-format off */
#define KEY_EXPECTED "expected domains with their keys, as example.com: {selector: NAME, key: FILE}, or a list of such"
static const struct {
    struct slice text;
    const char *what;
} faults[] = {
    { SLICE_INIT("milter: {listen: []}"), "1:18: milter.listen: the list is empty; expected inet:PORT@ADDRESS, inet6:PORT@ADDRESS or unix:/PATH" },
    { SLICE_INIT("milter: {listen: 8891}"), "1:18: milter.listen: \"8891\": no \"inet:\", \"inet6:\" or \"unix:\" in front; expected inet:PORT@ADDRESS, inet6:PORT@ADDRESS or unix:/PATH" },
    { SLICE_INIT("milter: {socket-mode: 0999}"), "1:23: milter.socket-mode: \"0999\": not three octal digits; expected a mode in octal digits, as 0660" },
    { SLICE_INIT("milter: {practices: spf}"), "1:21: milter.practices: \"spf\": no such practices; expected ssp, adsp or dmarc" },
    { SLICE_INIT("milter: {practices: [ssp, ssp]}"), "1:27: milter.practices: \"ssp\" is listed twice" },
    { SLICE_INIT("milter: {practices: [ssp, adsp],\n practices-act: dmarc}"), "2:17: milter.practices-act: \"dmarc\" is not among milter.practices" },
    { SLICE_INIT("milter: {practices: [], practices-act: ssp}"), "1:40: milter.practices-act: \"ssp\" is not among milter.practices" },
    { SLICE_INIT("milter: {suspicious: discard}"), "1:22: milter.suspicious: expected mark, reject, quarantine or tempfail, not \"discard\"" },
    { SLICE_INIT("milter: {sign: []}"), "1:16: milter.sign: " KEY_EXPECTED ", not a list" },
    { SLICE_INIT("milter: {sign: {b\xc3\xbc.example: {}}}"), "1:17: milter.sign.b\xc3\xbc.example: a character that is not ASCII; domains stand here as A-labels (xn--...); expected a domain (A-labels)" },
    { SLICE_INIT("milter: {sign: {a: x}}"), "1:20: milter.sign: " KEY_EXPECTED ", not \"x\"" },
    { SLICE_INIT("milter: {sign: {a: []}}"), "1:20: milter.sign: not 1 to 8 keys of one domain" },
    { SLICE_INIT("milter: {sign: {a: {key: x}}}"), "1:20: milter.sign.selector: missing" },
    { SLICE_INIT("milter: {sign: {a: {selector: x}}}"), "1:20: milter.sign.key: missing" },
    { SLICE_INIT("milter: {sign: {a: {selektor: x}}}"), "1:21: milter.sign.a.selektor: unknown key; did you mean \"selector\"?" },
    { SLICE_INIT("milter: {sign: {a: {selector: x y, key: z}}}"), "1:31: milter.sign.selector: \"x y\": a character that is no letter, digit, hyphen or underscore; expected a selector" },
    { SLICE_INIT("milter: {sign: {a.b: {selector: x, key: z, identity: me@b}}}"), "1:54: milter.sign.identity: b is neither a.b nor below it" },
    { SLICE_INIT("milter: {sign: {a.b: {selector: x, key: z, identity: '@xa.b'}}}"), "1:54: milter.sign.identity: xa.b is neither a.b nor below it" },
    { SLICE_INIT("milter: {sign: {a: [{selector: x, key: y},\n {selector: X, key: z}]}}"), "2:13: milter.sign.selector: \"x\" is the selector of another key, at t.yaml:1:21" },
    { SLICE_INIT("milter: {sign: {a: {selector: x, key: y},\n a: {selector: y, key: z}}}"), "2:2: milter.sign.a: set twice, first at t.yaml:1:17" },
    { SLICE_INIT("milter: {sign-headers: [To]}"), "1:24: milter.sign-headers: From is missing" },
    { SLICE_INIT("milter: {oversign: 'a:b'}"), "1:20: milter.oversign: \"a:b\": a character that no name of a field has; expected the name of a header field" },
    { SLICE_INIT("milter: {oversign: [none, From]}"), "1:20: milter.oversign: `none` stands alone or not at all" },
    { SLICE_INIT("milter: {sign-for: everybody}"), "1:20: milter.sign-for: expected authenticated, internal or off, not \"everybody\"" },
    { SLICE_INIT("milter: {lists: {x: {kind: digest}}}"), "1:21: milter.lists.sender: missing" },
    { SLICE_INIT("milter: {lists: {x: {kind: digest, sender: a@b}}}"), "1:18: milter.lists.sender: milter.sign has no key for b" },
    { SLICE_INIT("milter: {sign: {b: {selector: x, key: y}},\n lists: {x: {kind: digest, sender: a@c.b}}}"), "2:10: milter.lists.sender: milter.sign has no key for c.b" },
    { SLICE_INIT("milter: {practices: dmarc, sign: {b: {selector: x, key: y}},\n lists: {x: {kind: resending, sender: a@b, reject-strict: yes}}}"), "2:10: milter.lists: rejects by practices, and milter.practices has no ssp" },
    { SLICE_INIT("milter: {clock-skew: 2d}"), "1:22: milter.clock-skew: expected a time from 0 to 1d, with its unit (ms, s, m, h, d), not \"2d\"" },
    { SLICE_INIT("dns: {resolver: localhost}"), "1:17: dns.resolver: \"localhost\": not an IP address; expected ADDRESS or ADDRESS@PORT" },
    { SLICE_INIT("dns: {cache: 1K}"), "1:14: dns.cache: expected a size from 1M to 4G (octets, or with K, M or G behind), not \"1K\"" },
};
/* clang-format on */

static void each_fault_is_told_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(faults); i++)
        expect_fault(faults[i].text, "t.yaml:", faults[i].what);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_gives_the_defaults),
        cmocka_unit_test(every_value_is_read),
        cmocka_unit_test(keys_stand_in_the_order_of_the_file_in_lower_case),
        cmocka_unit_test(lists_are_known_by_their_envelope_senders),
        cmocka_unit_test(the_mode_of_sockets_is_kept_until_a_restart),
        cmocka_unit_test(each_fault_is_told_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
