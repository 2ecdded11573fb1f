/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdlib.h>

#include "parsing.h"

#define TEXT(s) parse(SLICE(s))

static void nothing_gives_the_defaults(void **state)
{
    (void)state;
    static const struct slice empty[] = {
        SLICE_INIT(""),      SLICE_INIT("# only this\n"),
        SLICE_INIT("---\n"), SLICE_INIT("{}"),
        SLICE_INIT("~\n"),   SLICE_INIT("submission:\n  limits:\nlog: ~\n"),
    };
    for (size_t i = 0; i < ARRAY_SIZE(empty); i++) {
        struct conf *c = parse(empty[i]);
        assert_string_equal(c->file, "t.yaml");
        assert_string_equal(c->state, "/var/lib/postern");
        assert_string_equal(c->secret, "/etc/postern/secret");
        assert_string_equal(c->user, "postern");
        assert_null(c->user_place.file);
        assert_null(c->metrics);
        assert_int_equal(c->log.level, L_INFO);
        assert_int_equal(c->log.clear.n, 2);
        assert_string_equal(c->log.clear.at[1], "address");
        assert_non_null(c->submission.hostname);
        assert_int_equal(c->submission.listen.n, 4);
        assert_null(c->submission.listen.place[0].file);
        assert_int_equal(c->submission.proxy_from.n, 0);
        assert_int_equal(c->submission.workers, 0);
        assert_int_equal(c->submission.tls.n, 0);
        assert_int_equal(c->submission.tls_minimum, CONF_TLS_1_2);
        assert_null(c->submission.auth);
        assert_int_equal(c->submission.auth_cache_us, 300000000);
        assert_int_equal(c->submission.failure_delay_us, 2000000);
        assert_int_equal(c->submission.deliver.n, 0);
        assert_int_equal(c->submission.upstream_tls, CONF_UPSTREAM_OPPORTUNISTIC);
        assert_true(c->submission.xclient && c->submission.clientid);
        assert_false(c->submission.clientid_underscore);
        assert_int_equal(c->submission.trace, CONF_TRACE_PRIVATE);
        assert_int_equal(c->submission.sender, CONF_SENDER_AUTO);
        assert_int_equal(c->submission.limits.command_line, 2048);
        assert_int_equal(c->submission.limits.auth_line, 12288);
        assert_int_equal(c->submission.limits.message_size, 50u << 20);
        assert_int_equal(c->submission.limits.recipients, 100);
        assert_int_equal(c->submission.limits.errors, 20);
        assert_int_equal(c->submission.limits.commands, 1000);
        assert_int_equal(c->submission.limits.received, 50);
        assert_int_equal(c->submission.limits.connections, 10000);
        assert_int_equal(c->submission.limits.prefix_connections, 100);
        assert_int_equal(c->submission.limits.failures, 3);
        assert_int_equal(c->submission.limits.waiting, 1000);
        assert_int_equal(c->submission.timeouts.authenticate_us, 180000000);
        assert_int_equal(c->submission.timeouts.upstream_end_us, 600000000);
        assert_int_equal(c->clientid.n, 1);
        conf_free(c);
    }
}

static void every_type_of_value_is_read(void **state)
{
    (void)state;
    struct conf *c = TEXT("%YAML 1.1\n---\n"
                          "user: \"1000\"\n"
                          "log: {to: syslog, format: json, level: warning, clear: []}\n"
                          "submission:\n"
                          "  hostname: 'a.example'\n"
                          "  listen: 127.0.0.1:1587\n"
                          "  workers: 256\n"
                          "  tls:\n"
                          "    - {key: k, certificate: c}\n"
                          "    - certificate: \"\\u00e9\"\n"
                          "      key: b\n"
                          "  tls-minimum: 1.3\n"
                          "  auth: file:users\n"
                          "  auth-cache: 0\n"
                          "  failure-delay: 30s\n"
                          "  deliver: [smtp://127.0.0.1:25, 'maildir:/m/%u']\n"
                          "  xclient: Off\n"
                          "  clientid-underscore: on\n"
                          "  upstream-tls: off\n"
                          "  limits: {message-size: 1G, failures: 1}\n"
                          "  timeouts: {drain: 1500ms}\n");
    assert_string_equal(c->user, "1000");
    assert_int_equal(c->user_place.line, 3);
    assert_int_equal(c->user_place.column, 7);
    assert_int_equal(c->log.to, LOG_TO_SYSLOG);
    assert_int_equal(c->log.format, LOG_AS_JSON);
    assert_int_equal(c->log.level, L_WARN);
    assert_int_equal(c->log.clear.n, 0);
    assert_string_equal(c->submission.hostname, "a.example");
    assert_int_equal(c->submission.listen.n, 1);
    assert_string_equal(c->submission.listen.at[0], "127.0.0.1:1587");
    assert_int_equal(c->submission.listen.place[0].line, 7);
    assert_int_equal(c->submission.workers, 256);
    assert_int_equal(c->submission.tls.n, 2);
    assert_string_equal(c->submission.tls.at[0].key, "k");
    assert_string_equal(c->submission.tls.at[1].certificate, "\xc3\xa9");
    assert_int_equal(c->submission.tls.at[1].place.line, 11);
    assert_int_equal(c->submission.tls_minimum, CONF_TLS_1_3);
    assert_string_equal(c->submission.auth, "file:users");
    assert_string_equal(c->submission.auth_place.file, "t.yaml");
    assert_int_equal(c->submission.auth_cache_us, 0);
    assert_int_equal(c->submission.failure_delay_us, 30000000);
    assert_int_equal(c->submission.deliver.n, 2);
    assert_int_equal(c->submission.deliver.place[1].column, 34);
    assert_false(c->submission.xclient);
    assert_true(c->submission.clientid_underscore);
    assert_int_equal(c->submission.upstream_tls, CONF_UPSTREAM_OFF);
    assert_int_equal(c->submission.limits.message_size, 1u << 30);
    assert_int_equal(c->submission.limits.failures, 1);
    assert_int_equal(c->submission.timeouts.drain_us, 1500000);
    assert_int_equal(conf_place_of(c, "submission.limits.failures").line, 21);
    assert_null(conf_place_of(c, "submission.limits.errors").file);
    assert_null(conf_place_of(c, "no.such.key").file);
    conf_free(c);
}

/* clang-format off */
static const struct {
    struct slice text;
    const char *why; /* behind "t.yaml:" */
} faults[] = {
    /* What YAML is, and we are not. */
    { SLICE_INIT("user: &a b\n"), "1:7: user: anchors (&) are not used here; quote the value" },
    { SLICE_INIT("user: *a\n"), "1:7: user: aliases (*) are not used here; a value that begins with * stands in quotes" },
    { SLICE_INIT("clientid:\n  *: [auth]\n"), "2:3: yaml: a text that begins with * or & stands in quotes" },
    { SLICE_INIT("clientid:\n  *-UUID: auth\n"), "2:3: clientid: aliases (*) are not used here; a value that begins with * stands in quotes" },
    { SLICE_INIT("submission:\n  listen: [::]:587\n"), "2:12: yaml: expected a value here; one that holds [ ] or { } stands in quotes" },
    { SLICE_INIT("submission:\n  listen: [0.0.0.0:587, [::]:587]\n"), "2:25: submission.listen: a key must be plain text; a value that begins with [ or { stands in quotes" },
    { SLICE_INIT("user: `a`\n"), "1:7: yaml: a value that begins with this character stands in quotes" },
    { SLICE_INIT("user: a\nstate:/b\nsecret: c\n"), "2:1: yaml: a key has no \": \" behind it" },
    { SLICE_INIT("user: !!str b\n"), "1:7: user: tags (!) are not used here; quote the value" },
    { SLICE_INIT("submission: ! {}\n"), "1:13: submission: tags (!) are not used here; quote the value" },
    { SLICE_INIT("log: &x {}\n"), "1:6: log: anchors (&) are not used here; quote the value" },
    { SLICE_INIT("submission:\n  listen: &l [a]\n"), "2:11: submission.listen: anchors (&) are not used here; quote the value" },
    { SLICE_INIT("%TAG ! tag:x,2000:\n--- {}\n"), "1:1: yaml: tags are not used here" },
    { SLICE_INIT("---\nuser: a\n---\nuser: b\n"), "3:1: yaml: a second document; one file holds one" },
    { SLICE_INIT("user: [[[[[[[[a]]]]]]]]\n"), "1:14: user: nested too deeply" },
    { SLICE_INIT("[a]: b\n"), "1:1: yaml: a key must be plain text; a value that begins with [ or { stands in quotes" },
    { SLICE_INIT("? {a: b}\n: c\n"), "1:3: yaml: a key must be plain text; a value that begins with [ or { stands in quotes" },
    { SLICE_INIT("user: [a\n"), "2:1: yaml: did not find expected ',' or ']', while parsing a flow sequence that begins in line 1" },
    { SLICE_INIT("log:\n\tto: stderr\n"), "2:1: yaml: a tab: YAML is indented with spaces" },
    { SLICE_INIT("user: a: b\n"), "1:8: yaml: \": \" inside a value that is not in quotes, or a line indented too far" },
    { SLICE_INIT("user: \xff\n"), "1:7: yaml: invalid leading UTF-8 octet" },
    { SLICE_INIT("state: /\xc3\xa9\nuser: \xc3\xa9\xff\n"), "2:8: yaml: invalid leading UTF-8 octet" },
    { SLICE_INIT("user: a\0b\n"), "1:8: yaml: control characters are not allowed" },
    { SLICE_INIT("user: \"a\\0b\"\n"), "1:7: user: a NUL character" },
    { SLICE_INIT("user: \"a\\nb\"\n"), "1:7: user: a control character or line break inside a value" },
    { SLICE_INIT("user: \"a\\Nb\"\n"), "1:7: user: a control character or line break inside a value" },
    { SLICE_INIT("user: \"a\\u2028b\"\n"), "1:7: user: a control character or line break inside a value" },
    { SLICE_INIT("user: |\n  a\n"), "1:7: user: a control character or line break inside a value" },
    { SLICE_INIT("\"us\\x1ber\": a\n"), "1:1: yaml: a control character or line break inside a value" },
    { SLICE_INIT("- a\n- b\n"), "1:1: yaml: expected keys, as \"name: value\"" },
    { SLICE_INIT("postern\n"), "1:1: yaml: expected keys, as \"name: value\"" },

    /* Keys. */
    { SLICE_INIT("user: a\nuzer: b\n"), "2:1: uzer: unknown key; did you mean \"user\"?" },
    { SLICE_INIT("submission:\n  limits:\n    erors: 5\n"), "3:5: submission.limits.erors: unknown key; did you mean \"errors\"?" },
    { SLICE_INIT("submission: {limit: {}}\n"), "1:14: submission.limit: unknown key; did you mean \"limits\"?" },
    { SLICE_INIT("hostname: a\n"), "1:1: hostname: unknown key; did you mean \"submission.hostname\"?" },
    { SLICE_INIT("dhcp: {}\n"), "1:1: dhcp: unknown key; known here: include, state, secret, user, metrics, log, clientid, submission, policy, alerts, auth-policy, dns, milter" },
    { SLICE_INIT("log: {colour: yes}\n"), "1:7: log.colour: unknown key; known here: to, format, level, clear" },
    { SLICE_INIT("submission.limits.errors: 5\n"), "1:1: submission.limits.errors: unknown key; known here: include, state, secret, user, metrics, log, clientid, submission, policy, alerts, auth-policy, dns, milter" },
    { SLICE_INIT("submission:\n  limits.errors: 5\n  hostname: a\n"), "2:3: submission.limits.errors: unknown key; known here: hostname, listen, proxy-from, workers, tls, tls-minimum, auth, realm, auth-cache, failure-delay, deliver, upstream-tls, upstream-ca, xclient, clientid, clientid-underscore, trace, sender, sender-map, limits, timeouts" },
    { SLICE_INIT("\"\": 5\n"), "1:1: : unknown key; known here: include, state, secret, user, metrics, log, clientid, submission, policy, alerts, auth-policy, dns, milter" },
    { SLICE_INIT("? submission\n? submission\n"), "2:3: submission: set twice, first at t.yaml:1:3" },
    { SLICE_INIT("<<: {user: a}\n"), "1:1: <<: unknown key; known here: include, state, secret, user, metrics, log, clientid, submission, policy, alerts, auth-policy, dns, milter" },
    { SLICE_INIT("user: a\nstate: b\nuser: a\n"), "3:1: user: set twice, first at t.yaml:1:1" },
    { SLICE_INIT("log: {to: stderr}\nlog: {level: info}\n"), "2:1: log: set twice, first at t.yaml:1:1" },
    { SLICE_INIT("submission:\n  limits: {errors: 5, errors: 5}\n"), "2:23: submission.limits.errors: set twice, first at t.yaml:2:12" },
    { SLICE_INIT("include: other.yaml\n"), "1:1: include: only a file on disk includes others" },

    /* Values. */
    { SLICE_INIT("user:\n"), "1:6: user: no value; expected the name of a user" },
    { SLICE_INIT("user: ~\n"), "1:7: user: no value; expected the name of a user" },
    { SLICE_INIT("user: null\n"), "1:7: user: no value; expected the name of a user" },
    { SLICE_INIT("user: [a]\n"), "1:7: user: expected the name of a user, not a list" },
    { SLICE_INIT("user: {a: b}\n"), "1:7: user: expected the name of a user, not keys" },
    { SLICE_INIT("user: \"\"\n"), "1:7: user: \"\": not 1 to 32 characters; expected the name of a user" },
    { SLICE_INIT("submission: 5\n"), "1:13: submission: expected keys of its own, as \"name: value\"" },
    { SLICE_INIT("submission: [a]\n"), "1:13: submission: expected keys of its own, as \"name: value\"" },
    { SLICE_INIT("log: {to: jornal}\n"), "1:11: log.to: expected stderr, journal or syslog, not \"jornal\"; did you mean \"journal\"?" },
    { SLICE_INIT("log: {to: nowhere}\n"), "1:11: log.to: expected stderr, journal or syslog, not \"nowhere\"" },
    { SLICE_INIT("log: {to: []}\n"), "1:11: log.to: expected stderr, journal or syslog, not a list" },
    { SLICE_INIT("log: {to: }\n"), "1:11: log.to: no value; expected stderr, journal or syslog" },
    { SLICE_INIT("submission: {xclient: maybe}\n"), "1:23: submission.xclient: expected yes or no, not \"maybe\"" },
    { SLICE_INIT("submission: {workers: 0}\n"), "1:23: submission.workers: expected auto or a number from 1 to 256, not \"0\"" },
    { SLICE_INIT("submission: {workers: 257}\n"), "1:23: submission.workers: expected auto or a number from 1 to 256, not \"257\"" },
    { SLICE_INIT("submission:\n  limits:\n    recipients: -1\n"), "3:17: submission.limits.recipients: expected a number from 1 to 10000, not \"-1\"" },
    { SLICE_INIT("submission: {limits: {message-size: 50MB}}\n"), "1:37: submission.limits.message-size: expected a size from 64K to 16G (octets, or with K, M or G behind), not \"50MB\"" },
    { SLICE_INIT("submission: {limits: {command-line: 511}}\n"), "1:37: submission.limits.command-line: expected a size from 512 to 64K (octets, or with K, M or G behind), not \"511\"" },
    { SLICE_INIT("submission: {limits: {command-line: 65537}}\n"), "1:37: submission.limits.command-line: expected a size from 512 to 64K (octets, or with K, M or G behind), not \"65537\"" },
    { SLICE_INIT("submission: {failure-delay: 31s}\n"), "1:29: submission.failure-delay: expected a time from 0 to 30s, with its unit (ms, s, m, h, d), not \"31s\"" },
    { SLICE_INIT("submission: {timeouts: {command: 5}}\n"), "1:34: submission.timeouts.command: expected a time from 1s to 1h, with its unit (ms, s, m, h, d), not \"5\"" },
    { SLICE_INIT("submission: {timeouts: {command: 0}}\n"), "1:34: submission.timeouts.command: expected a time from 1s to 1h, with its unit (ms, s, m, h, d), not \"0\"" },
    { SLICE_INIT("submission: {hostname: a_b}\n"), "1:24: submission.hostname: \"a_b\": a character that is no letter, digit or hyphen; expected a host name" },
    { SLICE_INIT("submission: {listen: []}\n"), "1:22: submission.listen: the list is empty; expected ADDRESS:PORT or [ADDRESS]:PORT, either with /tls" },
    { SLICE_INIT("submission:\n  listen:\n    - 0.0.0.0:587\n    - 0.0.0.0:99999\n"), "4:7: submission.listen: \"0.0.0.0:99999\": the port is missing or not 1 to 65535; expected ADDRESS:PORT or [ADDRESS]:PORT, either with /tls" },
    { SLICE_INIT("submission:\n  listen: [0.0.0.0:587, 0.0.0.0:587/tls]\n"), "2:25: submission.listen: \"0.0.0.0:587/tls\" is listed twice" },
    { SLICE_INIT("submission:\n  listen: [[\"::\"]]\n"), "2:12: submission.listen: expected ADDRESS:PORT or [ADDRESS]:PORT, either with /tls, not a list" },
    { SLICE_INIT("submission:\n  listen:\n"), "2:10: submission.listen: no value; expected ADDRESS:PORT or [ADDRESS]:PORT, either with /tls, or a list of such" },
    { SLICE_INIT("submission:\n  deliver: [~]\n"), "2:13: submission.deliver: no value; expected smtp://HOST:PORT, lmtp://HOST:PORT, lmtp:/PATH or maildir:/PATH" },
    { SLICE_INIT("submission:\n  deliver: {a: b}\n"), "2:12: submission.deliver: expected smtp://HOST:PORT, lmtp://HOST:PORT, lmtp:/PATH or maildir:/PATH, or a list of such, not keys" },
    { SLICE_INIT("log: {clear: [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q]}\n"), "1:14: log.clear: more than 16 elements" },
    { SLICE_INIT("submission: {auth: pam}\n"), "1:20: submission.auth: \"pam\": no \"dovecot:\", \"file:\" or \"saslauthd:\" in front; expected dovecot:PATH, file:PATH or saslauthd:PATH" },
    { SLICE_INIT("submission: {sender: map}\n"), "1:22: submission.sender: \"map\" needs a file: set submission.sender-map" },
    { SLICE_INIT("state: /\xc3\xa9\nmetrics: \xc3\xa9:1\n"), "2:10: metrics: \"\xc3\xa9:1\": not an IP address; expected ADDRESS:PORT or [ADDRESS]:PORT" },

    /* Certificates. */
    { SLICE_INIT("submission: {tls: a}\n"), "1:19: submission.tls: expected {certificate: FILE, key: FILE}, or a list of them, not \"a\"" },
    { SLICE_INIT("submission: {tls: []}\n"), "1:19: submission.tls: expected {certificate: FILE, key: FILE}, or a list of them, not a list" },
    { SLICE_INIT("submission: {tls: {certificate: a}}\n"), "1:19: submission.tls: \"key\" is missing" },
    { SLICE_INIT("submission: {tls: {key: a}}\n"), "1:19: submission.tls: \"certificate\" is missing" },
    { SLICE_INIT("submission: {tls: {}}\n"), "1:19: submission.tls: \"certificate\" is missing" },
    { SLICE_INIT("submission: {tls: [{certificate: a, key: b}, c]}\n"), "1:46: submission.tls: expected {certificate: FILE, key: FILE}, or a list of them, not \"c\"" },
    { SLICE_INIT("submission: {tls: {cert: a}}\n"), "1:20: submission.tls.cert: unknown key; known here: certificate, key" },
    { SLICE_INIT("submission: {tls: {keys: a}}\n"), "1:20: submission.tls.keys: unknown key; did you mean \"key\"?" },
    { SLICE_INIT("submission: {tls: {key: a, key: b}}\n"), "1:28: submission.tls.key: set twice, first at t.yaml:1:20" },
    { SLICE_INIT("submission: {tls: {key: }}\n"), "1:25: submission.tls.key: no value; expected a path" },

    /* Rules for CLIENTID. */
    { SLICE_INIT("clientid: yes\n"), "1:11: clientid: expected patterns with their flags, as \"*-UUID\": [auth], not \"yes\"" },
    { SLICE_INIT("clientid: {\"\": auth}\n"), "1:12: clientid.: the pattern is empty" },
    { SLICE_INIT("clientid: {\"A B\": auth}\n"), "1:12: clientid.A B: a character that no type or pattern has" },
    { SLICE_INIT("clientid: {ABCDEFGHIJKLMNOPQ: auth}\n"), "1:12: clientid.ABCDEFGHIJKLMNOPQ: longer than any type: 16 characters" },
    { SLICE_INIT("clientid: {\"*****************\": auth}\n"), "1:12: clientid.*****************: more than 16 \"*\"" },
    { SLICE_INIT("clientid: {MAC: []}\n"), "1:17: clientid.MAC: no flag; \"ignore\" is one" },
    { SLICE_INIT("clientid: {MAC: }\n"), "1:17: clientid.MAC: no value; expected ignore, session, system-log, user-log, auth, alert-on-failure or alert-on-success" },
    { SLICE_INIT("clientid: {MAC: {a: b}}\n"), "1:17: clientid.MAC: expected ignore, session, system-log, user-log, auth, alert-on-failure or alert-on-success, not keys" },
    { SLICE_INIT("clientid: {MAC: [auht]}\n"), "1:18: clientid.MAC: expected ignore, session, system-log, user-log, auth, alert-on-failure or alert-on-success, not \"auht\"; did you mean \"auth\"?" },
    { SLICE_INIT("clientid: {MAC: [auth, auth]}\n"), "1:24: clientid.MAC: \"auth\" is listed twice" },
    { SLICE_INIT("clientid: {MAC: [auth, ignore]}\n"), "1:24: clientid.MAC: \"ignore\" stands alone" },
    { SLICE_INIT("clientid: {MAC: [ignore, auth]}\n"), "1:26: clientid.MAC: \"ignore\" stands alone" },
    { SLICE_INIT("clientid: {MAC: auth, MAC: auth}\n"), "1:23: clientid.MAC: set twice, first at t.yaml:1:12" },
    { SLICE_INIT("clientid: {MAC: auth, mac: auth}\n"), "1:23: clientid.mac: set twice, first at t.yaml:1:12" },
};
/* clang-format on */

static void each_fault_is_told_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(faults); i++)
        expect_fault(faults[i].text, "t.yaml:", faults[i].why);
}

static void a_file_has_at_most_one_mebibyte(void **state)
{
    static uint8_t text[(1 << 20) + 1];
    (void)state;
    memset(text, '\n', sizeof text);
    conf_free(parse((struct slice){ text, 1 << 20 }));
    expect_fault((struct slice){ text, sizeof text }, "t.yaml:", "1:1: file: larger than 1 MiB");
}

/* The memory for nodes is bounded, and so is what the reader does before it finds out. */
static void a_file_of_empty_values_is_refused(void **state)
{
    static uint8_t text[1 << 20];
    struct buf why;
    (void)state;
    buf_init(&why, 4096);
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i == 0 ? '[' : i % 2 ? '0' : ',';
    assert_null(conf_parse("t.yaml", (struct slice){ text, sizeof text }, &why));
    assert_true(buf_size(&why) > 0 && buf_size(&why) < 100);
    buf_clear(&why);
}

static void a_long_key_or_value_is_cut_between_characters(void **state)
{
    (void)state;
#define A63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    expect_fault(SLICE("log: {to: " A63 "\xc3\xa9}\n"),
                 "t.yaml:", "1:11: log.to: expected stderr, journal or syslog, not \"" A63 "\"");
    expect_fault(SLICE("log: {" A63 "aaa: b}\n"),
                 "t.yaml:", "1:7: log." A63 "a: unknown key; known here: to, format, level, clear");
}

static void a_value_has_at_most_4095_bytes(void **state)
{
    static char text[4200] = "state: ";
    (void)state;
    memset(text + 7, 'a', 4095);
    conf_free(parse((struct slice){ (uint8_t *)text, 7 + 4095 }));
    text[7 + 4095] = 'a';
    struct buf why;
    buf_init(&why, 4096);
    assert_null(conf_parse("t.yaml", (struct slice){ (uint8_t *)text, 7 + 4096 }, &why));
    buf_clear(&why);
}

static void a_fault_of_meaning_is_told_in_the_same_form(void **state)
{
    struct buf why;
    (void)state;
    buf_init(&why, 100);
    assert_false(conf_fault(&why, &(struct conf_place){ "a.yaml", 3, 7 }, "user", "no %s", "bob"));
    expect_slice("set", buf_slice(&why), SLICE("a.yaml:3:7: user: no bob"));
    buf_clear(&why);
    assert_false(conf_fault(&why, &(struct conf_place){ 0 }, "user", "none"));
    expect_slice("default", buf_slice(&why), SLICE("default:1:1: user: none"));
    buf_clear(&why);
    conf_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_gives_the_defaults),
        cmocka_unit_test(every_type_of_value_is_read),
        cmocka_unit_test(each_fault_is_told_with_its_place),
        cmocka_unit_test(a_file_has_at_most_one_mebibyte),
        cmocka_unit_test(a_file_of_empty_values_is_refused),
        cmocka_unit_test(a_long_key_or_value_is_cut_between_characters),
        cmocka_unit_test(a_value_has_at_most_4095_bytes),
        cmocka_unit_test(a_fault_of_meaning_is_told_in_the_same_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
