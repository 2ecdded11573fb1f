/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <fcntl.h>

#include <jansson.h>

#include "conf/keys.h"
#include "conf/record.h"
#include "conf/show.h"

static struct conf *parse(struct slice text)
{
    struct buf why;
    buf_init(&why, 4096);
    struct conf *conf = conf_parse("t.yaml", text, &why);
    if (!conf)
        fail_msg("%.*s", (int)buf_size(&why), (const char *)buf_slice(&why).p);
    return conf;
}

static void expect_same(const struct conf *a, const struct conf *b, const struct key *key)
{
    struct buf one, other;
    buf_init(&one, SHOW_VALUE_MAX);
    buf_init(&other, SHOW_VALUE_MAX);
    assert_int_equal(show_value(a, key, 0, &one), show_value(b, key, 0, &other));
    expect_slice(key->path, buf_slice(&one), buf_slice(&other));
    buf_clear(&one);
    buf_clear(&other);
}

static void what_is_shown_reads_back_to_the_same(void **state)
{
    static const struct slice texts[] = {
        SLICE_INIT(""),
        SLICE_INIT("submission: {hostname: a.example, tls: {certificate: 'a \"b\\ #', key: '-'}}"),
        SLICE_INIT("state: 'null'\nsecret: \"a: b\"\nmetrics: \"[::1]:9587\"\n"
                   "log: {to: journal, format: json, level: error, clear: []}\n"
                   "clientid: {\"*-UUID\": [ignore], \"?\": [session, alert-on-success]}\n"
                   "submission:\n"
                   "  tls: [{certificate: \"\\u00e9\", key: \"%\"}, {certificate: '~', key: x}]\n"
                   "  deliver: [\"smtp://[::1]:25\", \"maildir:/a,b/%u\"]\n"
                   "  upstream-tls: off\n  tls-minimum: 1.3\n  workers: 3\n"
                   "  proxy-from: [10.0.0.0/8, \"::1\"]\n"
                   "  sender: map\n  sender-map: '!a'\n  clientid: no\n"
                   "  limits: {message-size: 65537}\n  timeouts: {drain: 1ms}\n"),
        SLICE_INIT("policy:\n"
                   "  memory: 3M\n  enrol: closed\n  refuse-at: mail\n  places: 0\n"
                   "  groups: {null: ['a \"b', \"~\"], b c: '*'}\n"
                   "  rules:\n"
                   "    - {name: 'no', then: allow, account: '[x]', dry-run: yes}\n"
                   "    - {name: b, then: deny, group: ['null', b c], refuse-at: auth}\n"
                   "    - {name: c, then: deny, network: '::/0', refuse-at: mail}\n"
                   "    - {name: '-', then: require, type: ['*', '?'], device: [new, licensed],\n"
                   "       token: [~1.abcdefghijklmnopqrstuvwxya], clientid: present}\n"
                   "  limits:\n"
                   "    - {name: gate-novelty, then: off}\n"
                   "    - {name: a, count: recipients, per: [token, ip], above: 0, within: 90s,\n"
                   "       then: off, delay: 1500ms, of: place}\n"
                   "    - {name: stranger-slowdown, delay: 100ms, account: [a, b], group: 'null',\n"
                   "       network: 10.0.0.0/8, type: 'M*', dry-run: on}\n"
                   "  two-places: {then: off, overlap: off}\n"
                   "  locations: {database: 'a b', table: {10.0.0.0/8: ': #', '::1': 'null'}}\n"
                   "alerts: {to: [mail, 'command:/x y'], from: \"a'b@c\", templates: ~t}\n"
                   "auth-policy: {url: 'http://a', nonce: '\"', log-only: yes}\n"),
        SLICE_INIT(
            "dns: {resolver: ['::1@53', 127.0.0.1], trust-anchor: none, cache: 3M}\n"
            "milter:\n"
            "  listen: ['unix:/a b', \"inet6:1@::1\"]\n  socket-mode: 0007\n"
            "  practices: [adsp, dmarc]\n  practices-act: dmarc\n"
            "  accepted-signers: ['.a', 'null']\n  sign-for: off\n  verify: off\n"
            "  canonicalization: simple/simple\n  sign-headers: ['*', from]\n"
            "  sign:\n"
            "    'null': [{selector: '1', key: '~'},\n"
            "             {selector: '2', key: 'a \"b', identity: \"'@null\"}]\n"
            "    _b.example: {selector: x, key: y, subdomains: yes, identity: '@d._b.example'}\n"
            "  lists:\n"
            "    '*': {kind: verbatim, sender: a@null, reject-strict: yes}\n"
            "    '{': {kind: resending, sender: a@null}\n"
            "  limits: {header: 65537, message-wait: 101ms}\n"),
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct buf shown;
        buf_init(&shown, 1 << 20);
        struct conf *first = parse(texts[i]);
        conf_show(first, &shown);
        assert_false(shown.failed);
        struct conf *second = parse(buf_slice(&shown));
        for (size_t k = 0; k < conf_key_count; k++)
            expect_same(first, second, &conf_keys[k]);
        conf_free(first);
        conf_free(second);
        buf_clear(&shown);
    }
}

static bool contains(struct slice text, const char *part)
{
    return memmem(text.p, text.n, part, strlen(part)) != NULL;
}

static void what_is_shown_is_made_for_people(void **state)
{
    struct buf shown;
    (void)state;
    buf_init(&shown, 1 << 20);
    struct conf *conf =
        parse(SLICE("submission: {hostname: a.example, tls: {certificate: /a, key: /b}}\n"));
    conf_show(conf, &shown);
    assert_true(contains(buf_slice(&shown), "state: /var/lib/postern\n"));
    assert_true(contains(buf_slice(&shown), "# metrics: not set\nlog:\n  to: stderr\n"));
    assert_true(contains(buf_slice(&shown), "clientid:\n  \"*\": [system-log, user-log, auth]\n"));
    assert_true(contains(buf_slice(&shown), "  tls:\n    - {certificate: /a, key: /b}\n"));
    assert_true(contains(buf_slice(&shown), "  limits:\n    command-line: 2K\n"));
    assert_true(contains(buf_slice(&shown), "policy:\n  memory: 64M\n  enrol: first-3\n"));
    assert_true(contains(buf_slice(&shown), "  groups: {}\n  rules: []\n  limits:\n    - {name: "));
    assert_true(contains(buf_slice(&shown),
                         "    - {name: stranger-slowdown, count: failed-passwords, per: account, "
                         "of: unknown, above: 5, within: 10m, then: delay, for: 10m}\n"));
    assert_true(contains(buf_slice(&shown), "  two-places:\n    then: alert\n"));
    conf_free(conf);
    buf_clear(&shown);
}

/* The entry of the schema for a key, by its dotted path. */
static const json_t *schema_of(const json_t *root, const char *path)
{
    struct slice rest = slice_of_str(path), name;
    const json_t *at = root;
    for (bool more = true; more && at;) {
        more = slice_cut(rest, '.', &name, &rest);
        at = json_object_getn(json_object_get(at, "properties"), (const char *)name.p, name.n);
    }
    return at;
}

static void the_schema_is_json_and_has_every_key(void **state)
{
    struct buf out;
    (void)state;
    buf_init(&out, 1 << 20);
    conf_schema(&out);
    assert_false(out.failed);
    json_t *root =
        json_loadb((const char *)buf_slice(&out).p, buf_size(&out), JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    assert_string_equal(json_string_value(json_object_get(root, "$schema")),
                        "https://json-schema.org/draft/2020-12/schema");
    for (size_t i = 0; i < conf_key_count; i++) {
        const json_t *entry = schema_of(root, conf_keys[i].path);
        if (!entry || !json_is_string(json_object_get(entry, "description")))
            fail_msg("%s", conf_keys[i].path);
        if (conf_keys[i].fallback && conf_keys[i].type != KEY_CLIENTID_RULES &&
            !json_object_get(entry, "default"))
            fail_msg("%s: no default", conf_keys[i].path);
    }
    json_decref(root);
    buf_clear(&out);
}

static void expect_record(const json_t *entry, enum key_type type)
{
    const struct record *record = conf_record_of(type);
    assert_int_equal(json_array_size(json_object_get(entry, "required")), record->required);
    assert_true(json_is_false(json_object_get(entry, "additionalProperties")));
    assert_int_equal(json_object_size(json_object_get(entry, "properties")), record->keys_n);
    for (size_t i = 0; i < record->keys_n; i++) {
        const json_t *value = json_object_getn(json_object_get(entry, "properties"),
                                               (const char *)key_name(&record->keys[i]).p,
                                               key_name(&record->keys[i]).n);
        if (!json_is_string(json_object_get(value, "description")))
            fail_msg("%s", record->keys[i].path);
    }
}

static void the_schema_has_the_keys_of_entries(void **state)
{
    struct buf out;
    (void)state;
    buf_init(&out, 1 << 20);
    conf_schema(&out);
    json_t *root = json_loadb((const char *)buf_slice(&out).p, buf_size(&out), 0, NULL);
    assert_non_null(root);
    const json_t *sign = json_object_get(schema_of(root, "milter.sign"), "additionalProperties");
    expect_record(json_array_get(json_object_get(sign, "anyOf"), 0), KEY_SIGN);
    expect_record(json_object_get(schema_of(root, "milter.lists"), "additionalProperties"),
                  KEY_MAIL_LISTS);
    expect_record(json_object_get(schema_of(root, "policy.rules"), "items"), KEY_RULES);
    expect_record(json_object_get(schema_of(root, "policy.limits"), "items"), KEY_LIMITS);
    json_decref(root);
    buf_clear(&out);
}

static void the_manual_has_every_key(void **state)
{
    struct buf out;
    (void)state;
    buf_init(&out, 1 << 20);
    conf_manual(&out);
    for (size_t i = 0; i < conf_key_count; i++) {
        char item[128];
        (void)snprintf(item, sizeof item, ".It Cm %s\n", conf_keys[i].path);
        assert_true(contains(buf_slice(&out), item));
    }
    buf_clear(&out);
}

static void a_reload_names_what_only_a_restart_takes_up(void **state)
{
    struct buf names;
    (void)state;
    buf_init(&names, 1024);
    struct conf *old = parse(SLICE("submission: {hostname: a.example}\n")),
                *now = parse(SLICE("user: x\nmetrics: 127.0.0.1:9587\nlog: {to: syslog}\n"
                                   "submission: {hostname: b.example, workers: 2}\n"));
    conf_fixed_changes(old, old, &names);
    assert_int_equal(buf_size(&names), 0);
    conf_fixed_changes(old, now, &names);
    expect_slice("changes", buf_slice(&names), SLICE("user metrics"));
    assert_true(conf_keep_fixed(old, now));
    buf_clear(&names);
    conf_fixed_changes(old, now, &names);
    assert_int_equal(buf_size(&names), 0);
    assert_string_equal(now->user, "postern");
    assert_null(now->metrics);
    assert_string_equal(now->submission.hostname, "b.example");
    conf_free(old);
    conf_free(now);
    buf_clear(&names);
}

/* A key in a comment has no space behind the "#". */
static void take_comments_away(struct slice sample, struct buf *out)
{
    struct slice line;
    while (sample.n) {
        (void)slice_cut(sample, '\n', &line, &sample); /* the last line may lack its end */
        size_t at = 0;
        while (at < line.n && line.p[at] == ' ')
            at++;
        bool key = at + 1 < line.n && line.p[at] == '#' && line.p[at + 1] != ' ';
        buf_append(out, slice_first(line, at));
        buf_append(out, slice_from(line, at + key));
        buf_append_byte(out, '\n');
    }
}

static void read_sample(struct buf *out)
{
    buf_init(out, 1 << 20);
    int fd = open("../etc/postern.yaml", O_RDONLY | O_CLOEXEC);
    uint8_t *room = buf_reserve(out, 1 << 16);
    assert_true(fd >= 0 && room);
    ssize_t n = read(fd, room, 1 << 16);
    assert_true(n > 0 && n < 1 << 16);
    buf_grew(out, (size_t)n);
    assert_int_equal(close(fd), 0);
}

static void the_sample_sets_what_a_gate_needs(void **state)
{
    struct buf sample;
    (void)state;
    read_sample(&sample);
    struct conf *conf = parse(buf_slice(&sample));
    assert_non_null(conf->submission.auth);
    assert_int_equal(conf->submission.tls.n, 1);
    assert_int_equal(conf->submission.deliver.n, 1);
    conf_free(conf);
    buf_clear(&sample);
}

static void the_sample_shows_every_key_with_its_default(void **state)
{
    struct buf sample, text;
    (void)state;
    read_sample(&sample);
    buf_init(&text, 1 << 20);
    take_comments_away(buf_slice(&sample), &text);
    struct conf *all = parse(buf_slice(&text)), *defaults = parse(SLICE(""));
    for (size_t i = 0; i < conf_key_count; i++) {
        if (conf_keys[i].type == KEY_INCLUDE)
            continue;
        if (!conf_place_of(all, conf_keys[i].path).file)
            fail_msg("%s is not in etc/postern.yaml", conf_keys[i].path);
        if (conf_keys[i].fallback)
            expect_same(all, defaults, &conf_keys[i]);
    }
    conf_free(all);
    conf_free(defaults);
    buf_clear(&sample);
    buf_clear(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_shown_reads_back_to_the_same),
        cmocka_unit_test(what_is_shown_is_made_for_people),
        cmocka_unit_test(the_schema_is_json_and_has_every_key),
        cmocka_unit_test(the_schema_has_the_keys_of_entries),
        cmocka_unit_test(the_manual_has_every_key),
        cmocka_unit_test(a_reload_names_what_only_a_restart_takes_up),
        cmocka_unit_test(the_sample_sets_what_a_gate_needs),
        cmocka_unit_test(the_sample_shows_every_key_with_its_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
