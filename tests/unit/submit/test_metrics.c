/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdio.h>
#include <sys/wait.h>

#include "metrics_lines.h"

static struct metrics *m;

static int setup(void **state)
{
    (void)state;
    m = metrics_new(3);
    return m ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    metrics_free(m);
    return 0;
}

static void test_columns_are_added_up(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        metrics_use(m, i);
        metrics_add(m, METRIC_SESSIONS, i + 1);
        metrics_add(m, METRIC_BYTES, UINT64_C(5000000000));
    }
    expect_line(m, "postern_submit_sessions_total 6");
    expect_line(m, "postern_submit_message_bytes_total 15000000000");
}

static void test_gauges_go_down_in_any_column(void **state)
{
    (void)state;
    metrics_move(m, METRIC_SESSIONS_OPEN, 5);
    metrics_use(m, 1);
    metrics_move(m, METRIC_SESSIONS_OPEN, -2);
    metrics_move(m, METRIC_AUTH_WAITING, 1);
    expect_line(m, "postern_submit_sessions 3");
    expect_line(m, "postern_submit_auth_failures_waiting 1");
}

static void test_a_dead_worker_holds_nothing_and_its_counts_stay(void **state)
{
    (void)state;
    metrics_use(m, 2);
    metrics_ready(m, true);
    metrics_add(m, METRIC_SESSIONS, 4);
    metrics_move(m, METRIC_SESSIONS_OPEN, 4);
    metrics_use(m, 0);
    metrics_move(m, METRIC_SESSIONS_OPEN, 1);
    metrics_reclaim(m, 2);
    assert_false(metrics_any_ready(m));
    expect_line(m, "postern_submit_sessions 1");
    expect_line(m, "postern_submit_sessions_total 4");
}

static void test_ready_when_any_worker_is(void **state)
{
    (void)state;
    assert_false(metrics_any_ready(m));
    metrics_use(m, 2);
    metrics_ready(m, true);
    metrics_ready(m, true);
    assert_true(metrics_any_ready(m));
    expect_line(m, "postern_submit_workers_ready 1");
    metrics_ready(m, false);
    assert_false(metrics_any_ready(m));
}

static void test_times_fall_into_their_buckets(void **state)
{
    (void)state;
    static const int64_t us[] = {
        -1, 0, 1000, 1001, 2500000, 60000000, 60000001, INT64_C(1) << 40
    };
    for (size_t i = 0; i < ARRAY_SIZE(us); i++)
        metrics_time(m, METRIC_TIME_TLS, us[i]);
    expect_line(m, "postern_submit_tls_handshake_seconds_bucket{le=\"0.001\"} 3");
    expect_line(m, "postern_submit_tls_handshake_seconds_bucket{le=\"0.0025\"} 4");
    expect_line(m, "postern_submit_tls_handshake_seconds_bucket{le=\"1\"} 4");
    expect_line(m, "postern_submit_tls_handshake_seconds_bucket{le=\"2.5\"} 5");
    expect_line(m, "postern_submit_tls_handshake_seconds_bucket{le=\"30\"} 5");
    expect_line(m, "postern_submit_tls_handshake_seconds_bucket{le=\"60\"} 6");
    expect_line(m, "postern_submit_tls_handshake_seconds_bucket{le=\"+Inf\"} 8");
    expect_line(m, "postern_submit_tls_handshake_seconds_count 8");
    expect_line(m, "postern_submit_tls_handshake_seconds_sum 1099634.129778");
    expect_line(m, "postern_submit_message_seconds_count 0");
}

static void test_labels_of_auth(void **state)
{
    (void)state;
    metrics_auth(m, SLICE("PLAIN"), METRIC_AUTH_OK);
    metrics_auth(m, SLICE("plain"), METRIC_AUTH_OK);
    metrics_auth(m, SLICE("SCRAM-SHA-256-PLUS"), METRIC_AUTH_FAILED);
    metrics_auth(m, SLICE("SCRAM-SHA-1"), METRIC_AUTH_UNAVAILABLE);
    metrics_auth(m, SLICE(""), METRIC_AUTH_CANCELLED);
    expect_line(m, "postern_submit_auth_total{mechanism=\"PLAIN\",outcome=\"ok\"} 2");
    expect_line(m,
                "postern_submit_auth_total{mechanism=\"SCRAM-SHA-256-PLUS\",outcome=\"failed\"} 1");
    expect_line(m, "postern_submit_auth_total{mechanism=\"SCRAM-SHA-256\",outcome=\"failed\"} 0");
    expect_line(m, "postern_submit_auth_total{mechanism=\"other\",outcome=\"unavailable\"} 1");
    expect_line(m, "postern_submit_auth_total{mechanism=\"other\",outcome=\"cancelled\"} 1");
}

static void test_labels_of_the_upstream(void **state)
{
    (void)state;
    static const unsigned codes[] = { 250, 250, 251, 354, 451, 554, 599, 199, 600, 0 };
    for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
        metrics_upstream(m, codes[i]);
    expect_line(m, "postern_submit_upstream_replies_total{class=\"2yz\"} 3");
    expect_line(m, "postern_submit_upstream_replies_total{class=\"3yz\"} 1");
    expect_line(m, "postern_submit_upstream_replies_total{class=\"4yz\"} 1");
    expect_line(m, "postern_submit_upstream_replies_total{class=\"5yz\"} 2");
    expect_line(m, "postern_submit_upstream_codes_total{code=\"250\"} 2");
    expect_line(m, "postern_submit_upstream_codes_total{code=\"554\"} 1");
    expect_line(m, "postern_submit_upstream_codes_total{code=\"other\"} 5");
}

static void test_replies_to_clientid(void **state)
{
    (void)state;
    metrics_clientid(m, SLICE("UUID"), 250);
    metrics_clientid(m, SLICE(""), 501);
    metrics_clientid(m, SLICE(""), 503);
    metrics_clientid(m, SLICE(""), 503);
    metrics_clientid(m, SLICE(""), 999);
    expect_line(m, "postern_submit_clientid_replies_total{code=\"250\"} 1");
    expect_line(m, "postern_submit_clientid_replies_total{code=\"500\"} 0");
    expect_line(m, "postern_submit_clientid_replies_total{code=\"501\"} 1");
    expect_line(m, "postern_submit_clientid_replies_total{code=\"503\"} 2");
    expect_line(m, "postern_submit_clientid_types_total{type=\"UUID\"} 1");
    expect_line(m, "postern_submit_clientid_types_total{type=\"other\"} 0");
}

static void test_types_that_begin_alike_have_places_of_their_own(void **state)
{
    (void)state;
    static const char *const types[] = { "ABCDEFGH", "ABCDEFGHI", "ABCDEFGHJ",       "A",
                                         "AB",       "ABCDEFG",   "ABCDEFGHIJKLMNOP" };
    char line[100];
    for (size_t i = 0; i < ARRAY_SIZE(types); i++)
        for (size_t j = 0; j <= i; j++)
            metrics_clientid(m, slice_of_str(types[i]), 250);
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        (void)snprintf(line, sizeof line, "postern_submit_clientid_types_total{type=\"%s\"} %zu",
                       types[i], i + 1);
        expect_line(m, line);
    }
}

static void test_what_is_no_type_is_other(void **state)
{
    (void)state;
    static const struct slice types[] = {
        SLICE_INIT("uuid"), SLICE_INIT("A B"),      SLICE_INIT("ABCDEFGHIJKLMNOPQ"),
        SLICE_INIT("A\""),  SLICE_INIT("\xc3\xa9"), SLICE_INIT("\0"),
        SLICE_INIT("A\n"),
    };
    for (size_t i = 0; i < ARRAY_SIZE(types); i++)
        metrics_clientid(m, guarded(types[i]), 250);
    expect_line(m, "postern_submit_clientid_types_total{type=\"other\"} 7");
}

static void count_type(unsigned number)
{
    char type[8];
    (void)snprintf(type, sizeof type, "T%u", number);
    metrics_clientid(m, slice_of_str(type), 250);
}

static void test_thirty_types_have_names_and_the_rest_is_other(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 40; i++)
        count_type(i);
    count_type(29); /* known ones still count by name */
    count_type(30);
    expect_line(m, "postern_submit_clientid_types_total{type=\"T0\"} 1");
    expect_line(m, "postern_submit_clientid_types_total{type=\"T29\"} 2");
    expect_line(m, "postern_submit_clientid_types_total{type=\"other\"} 11");
}

/* Each counts T0 to T24, beginning somewhere else, when the gate closes. */
static void race(unsigned worker, int gate)
{
    char go;
    metrics_use(m, worker);
    if (read(gate, &go, 1) != 0)
        _exit(1);
    for (unsigned round = 0; round < 100; round++)
        for (unsigned i = 0; i < 25; i++)
            count_type((i + worker * 8) % 25);
    _exit(0);
}

static void test_workers_that_claim_at_once_share_one_place(void **state)
{
    (void)state;
    int gate[2], status = -1;
    pid_t pids[3];
    char line[100];
    assert_int_equal(pipe(gate), 0);
    for (unsigned i = 0; i < 3; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            (void)close(gate[1]);
            race(i, gate[0]);
        }
    }
    (void)close(gate[1]);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    (void)close(gate[0]);
    for (unsigned i = 0; i < 25; i++) {
        (void)snprintf(line, sizeof line, "postern_submit_clientid_types_total{type=\"T%u\"} 300",
                       i);
        expect_line(m, line);
    }
    expect_line(m, "postern_submit_clientid_types_total{type=\"other\"} 0");
}

static void test_without_a_table_nothing_is_counted(void **state)
{
    (void)state;
    metrics_use(NULL, 7);
    metrics_ready(NULL, true);
    metrics_reclaim(NULL, 7);
    metrics_add(NULL, METRIC_SESSIONS, 1);
    metrics_move(NULL, METRIC_SESSIONS_OPEN, 1);
    metrics_time(NULL, METRIC_TIME_AUTH, 1);
    metrics_clientid(NULL, SLICE("UUID"), 250);
    metrics_auth(NULL, SLICE("PLAIN"), METRIC_AUTH_OK);
    metrics_upstream(NULL, 250);
    metrics_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_columns_are_added_up, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gauges_go_down_in_any_column, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_dead_worker_holds_nothing_and_its_counts_stay, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_ready_when_any_worker_is, setup, teardown),
        cmocka_unit_test_setup_teardown(test_times_fall_into_their_buckets, setup, teardown),
        cmocka_unit_test_setup_teardown(test_labels_of_auth, setup, teardown),
        cmocka_unit_test_setup_teardown(test_labels_of_the_upstream, setup, teardown),
        cmocka_unit_test_setup_teardown(test_replies_to_clientid, setup, teardown),
        cmocka_unit_test_setup_teardown(test_types_that_begin_alike_have_places_of_their_own, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_what_is_no_type_is_other, setup, teardown),
        cmocka_unit_test_setup_teardown(test_thirty_types_have_names_and_the_rest_is_other, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_workers_that_claim_at_once_share_one_place, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_without_a_table_nothing_is_counted, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
