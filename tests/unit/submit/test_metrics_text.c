/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdio.h>

#include "metrics_lines.h"
#include "submit/metrics_internal.h"

#define PREFIX "postern_submit_"

static bool in_name(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static struct slice take_name(struct slice *rest)
{
    size_t n = 0;
    while (n < rest->n && in_name(rest->p[n]))
        n++;
    struct slice name = slice_first(*rest, n);
    *rest = slice_from(*rest, n);
    return name;
}

static void take(struct slice *rest, const char *text)
{
    assert_true(slice_starts(*rest, slice_of_str(text)));
    *rest = slice_from(*rest, strlen(text));
}

/* name="value", with \\, \" and \n as its only escapes. */
static void take_label(struct slice *rest)
{
    assert_true(take_name(rest).n > 0);
    take(rest, "=\"");
    while (rest->n && rest->p[0] != '"') {
        size_t n = rest->p[0] == '\\' ? 2 : 1;
        assert_true(n == 1 || (rest->n > 1 && strchr("\\\"n", rest->p[1])));
        assert_in_range(rest->p[0], 0x20, 0x7e);
        *rest = slice_from(*rest, n);
    }
    take(rest, "\"");
}

static void take_labels(struct slice *rest)
{
    take(rest, "{");
    take_label(rest);
    while (slice_starts(*rest, SLICE(","))) {
        take(rest, ",");
        take_label(rest);
    }
    take(rest, "}");
}

static bool is_number(struct slice s)
{
    struct slice whole, part;
    uint64_t n;
    if (!slice_cut(s, '.', &whole, &part))
        return slice_to_u64(s, 0, UINT64_MAX, &n);
    return slice_to_u64(whole, 0, UINT64_MAX, &n) && slice_to_u64(part, 0, UINT64_MAX, &n);
}

struct family {
    struct slice name, type;
};

static bool belongs(struct slice name, const struct family *f)
{
    static const char *const ends[] = { "_bucket", "_sum", "_count" };
    if (!slice_equal(f->type, SLICE("histogram")))
        return slice_equal(name, f->name);
    for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
        if (slice_starts(name, f->name) &&
            slice_equal(slice_from(name, f->name.n), slice_of_str(ends[i])))
            return true;
    return false;
}

static void check_sample(struct slice line, const struct family *f)
{
    struct slice rest = line, name = take_name(&rest);
    if (!belongs(name, f))
        fail_msg("%.*s does not belong to %.*s", SLICE_ARG(line), SLICE_ARG(f->name));
    if (slice_starts(rest, SLICE("{")))
        take_labels(&rest);
    take(&rest, " ");
    assert_true(is_number(rest));
}

/* "# HELP name text" opens a family, "# TYPE name type" follows. */
static void check_text(struct slice text)
{
    struct slice rest = text, line;
    struct family f = { 0 };
    assert_true(text.n && text.p[text.n - 1] == '\n');
    while (slice_cut(rest, '\n', &line, &rest)) {
        if (!slice_starts(line, SLICE("#"))) {
            check_sample(line, &f);
            continue;
        }
        take(&line, "# HELP " PREFIX);
        line = (struct slice){ line.p - strlen(PREFIX), line.n + strlen(PREFIX) };
        f.name = take_name(&line);
        take(&line, " ");
        assert_true(line.n > 10 && !slice_has(line, '\\'));
        assert_true(slice_cut(rest, '\n', &line, &rest));
        take(&line, "# TYPE ");
        expect_slice("TYPE", take_name(&line), f.name);
        take(&line, " ");
        f.type = line;
        assert_true(slice_equal(line, SLICE("counter")) || slice_equal(line, SLICE("gauge")) ||
                    slice_equal(line, SLICE("histogram")));
        assert_int_equal(slice_equal(line, SLICE("counter")),
                         slice_ends_nocase(f.name, SLICE("_total")));
    }
}

/* The part of a sample before its value: what must not come twice. */
static struct slice series_of(struct slice line)
{
    struct slice series, value;
    (void)slice_cut_last(line, ' ', &series, &value);
    return slice_starts(line, SLICE("# HELP")) ? slice_first(line, 40) : series;
}

static void check_unique(struct slice text)
{
    struct slice rest = text, line, later, other;
    while (slice_cut(rest, '\n', &line, &rest))
        for (later = rest; slice_cut(later, '\n', &other, &later);)
            if (slice_equal(series_of(line), series_of(other)))
                fail_msg("twice: %.*s", SLICE_ARG(line));
}

static void test_every_line_is_in_the_format(void **state)
{
    (void)state;
    struct metrics *m = metrics_new(2);
    struct buf text;
    text_of(m, &text);
    check_text(buf_slice(&text));
    check_unique(buf_slice(&text));
    buf_clear(&text);
    metrics_clientid(m, SLICE("TB-UUID_1"), 250);
    metrics_time(m, METRIC_TIME_AUTH, 1234567);
    text_of(m, &text);
    check_text(buf_slice(&text));
    check_unique(buf_slice(&text));
    assert_true(has_line(&text, PREFIX "auth_backend_seconds_sum 1.234567"));
    buf_clear(&text);
    metrics_free(m);
}

static void test_every_family_is_there_from_the_start(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "# TYPE " PREFIX "sessions gauge",
        "# TYPE " PREFIX "auth_failures_waiting gauge",
        "# TYPE " PREFIX "workers_ready gauge",
        "# TYPE " PREFIX "sessions_total counter",
        PREFIX "sessions_total 0",
        PREFIX "sessions_shed_total 0",
        PREFIX "tls_handshakes_total{version=\"1.2\"} 0",
        PREFIX "tls_handshakes_total{version=\"1.3\"} 0",
        PREFIX "tls_failures_total 0",
        PREFIX "tls_resumptions_total 0",
        PREFIX "messages_total{outcome=\"accepted\"} 0",
        PREFIX "messages_total{outcome=\"refused\"} 0",
        PREFIX "messages_total{outcome=\"deferred\"} 0",
        PREFIX "messages_total{outcome=\"aborted\"} 0",
        PREFIX "recipients_total 0",
        PREFIX "message_bytes_total 0",
        PREFIX "policy_tripped_total 0",
        PREFIX "policy_delayed_total 0",
        PREFIX "policy_blind_total 0",
        PREFIX "clientid_replies_total{code=\"500\"} 0",
        PREFIX "clientid_types_total{type=\"other\"} 0",
        PREFIX "auth_total{mechanism=\"OAUTHBEARER\",outcome=\"cancelled\"} 0",
        PREFIX "auth_total{mechanism=\"OAUTHBEARER\",outcome=\"refused\"} 0",
        PREFIX "upstream_replies_total{class=\"5yz\"} 0",
        PREFIX "upstream_codes_total{code=\"421\"} 0",
        "# TYPE " PREFIX "auth_backend_seconds histogram",
        "# TYPE " PREFIX "message_seconds histogram",
        "# TYPE " PREFIX "tls_handshake_seconds histogram",
        "# TYPE " PREFIX "upstream_reply_seconds histogram",
        PREFIX "upstream_reply_seconds_bucket{le=\"+Inf\"} 0",
        PREFIX "upstream_reply_seconds_sum 0.000000",
    };
    struct metrics *m = metrics_new(1);
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
        expect_line(m, lines[i]);
    metrics_free(m);
}

static void test_a_table_that_is_full_fits(void **state)
{
    (void)state;
    struct metrics *m = metrics_new(256);
    struct buf text;
    char type[20];
    for (size_t i = 0; i < CELL_COUNT; i++)
        m->table->columns[0].cells[i] = UINT64_MAX / 2;
    for (unsigned i = 0; i < METRICS_TYPES_MAX; i++) {
        (void)snprintf(type, sizeof type, "ABCDEFGHIJKLMN%02u", i);
        metrics_clientid(m, slice_of_str(type), 250);
    }
    text_of(m, &text);
    assert_true(buf_size(&text) < METRICS_TEXT_MAX / 2);
    check_unique(buf_slice(&text));
    buf_clear(&text);
    metrics_free(m);
}

/* A worker that was taken over can write into the table what it likes. */
static void test_names_from_the_shared_table_are_escaped(void **state)
{
    (void)state;
    struct metrics *m = metrics_new(1);
    struct buf text;
    static const uint8_t name[16] = "a\"b\\c\nd\r\xff}\0 1\n#";
    for (size_t i = 0; i < sizeof name; i++)
        m->table->types[0].words[i / 8] = m->table->types[0].words[i / 8] << 8 | name[i];
    text_of(m, &text);
    check_text(buf_slice(&text));
    assert_true(
        has_line(&text, PREFIX "clientid_types_total{type=\"a\\\"b\\\\c\\nd??}? 1\\n#?\"} 0"));
    buf_clear(&text);
    metrics_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_line_is_in_the_format),
        cmocka_unit_test(test_every_family_is_there_from_the_start),
        cmocka_unit_test(test_a_table_that_is_full_fits),
        cmocka_unit_test(test_names_from_the_shared_table_are_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
