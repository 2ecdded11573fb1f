/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "tempdir.h"

#include "base/err.h"
#include "base/log.h"
#include "submit/keeper.h"
#include "submit/record.h"

#define WORKERS 2
#define SMALL   ((uint64_t)48 * 1024) /* a store with room for a few devices */

static struct tempdir temp;
static char state_path[128];
static struct privacy *hiding, *showing;
static int worker[WORKERS], keeper[WORKERS]; /* ends */
static int stop[2];
static struct buf logged;
static struct device_bounds bounds;
static struct keeper_hooks hooks;

static int setup(void **state)
{
    static const char *const clear[] = { "account", "address" };
    struct buf why;
    (void)state;
    tempdir_make(&temp);
    (void)snprintf(state_path, sizeof state_path, "%s/state", temp.path);
    buf_init(&why, 512);
    hiding = privacy_open(tempdir_file(&temp, "secret"), NULL, 0, &why);
    showing = privacy_open(tempdir_file(&temp, "secret"), clear, 2, &why);
    buf_clear(&why);
    buf_init(&logged, 1 << 20);
    bounds = (struct device_bounds){ 20, 16, 0, 0 }; /* the tests live in 1970 */
    hooks = (struct keeper_hooks){ 0 };
    for (int i = 0; i < WORKERS; i++) {
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
            return -1;
        worker[i] = pair[0];
        keeper[i] = pair[1];
    }
    return hiding && showing && pipe(stop) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    for (int i = 0; i < WORKERS; i++) {
        (void)close(worker[i]);
        (void)close(keeper[i]);
    }
    (void)close(stop[0]);
    (void)close(stop[1]);
    privacy_free(hiding);
    privacy_free(showing);
    buf_clear(&logged);
    tempdir_remove(&temp);
    return 0;
}

/* ---- the worker's side ---- */

static void send_message(int fd, const struct buf *message)
{
    struct slice bytes = buf_slice(message);
    assert_int_equal(send(fd, bytes.p, bytes.n, MSG_NOSIGNAL), bytes.n);
}

/* A success that enrols. */
static struct device_event event_of(const char *account, uint8_t token, int64_t wall_us)
{
    return (struct device_event){ .account = slice_of_str(account),
                                  .type = SLICE("UUID"),
                                  .token = { 1, { token } },
                                  .network = { 4, { 192, 0, 2 } },
                                  .wall_us = wall_us,
                                  .record_device = true };
}

static void append(struct buf *message, const char *account, uint8_t token, int64_t wall_us)
{
    const struct device_event event = event_of(account, token, wall_us);
    assert_true(record_append(message, &event));
}

static void send_one(int fd, const char *account, uint8_t token, int64_t wall_us)
{
    struct buf message;
    buf_init(&message, RECORD_MESSAGE_MAX);
    append(&message, account, token, wall_us);
    send_message(fd, &message);
    buf_clear(&message);
}

static void close_workers(void)
{
    for (int i = 0; i < WORKERS; i++) {
        (void)close(worker[i]);
        worker[i] = -1;
    }
}

/* ---- running it, with what it logs caught ---- */

static int run(const struct privacy *privacy, uint64_t map_bytes)
{
    const struct keeper_setup setup = { .bounds = bounds,
                                        .hooks = hooks,
                                        .workers = keeper,
                                        .workers_n = WORKERS,
                                        .stop = stop[0],
                                        .state = state_path,
                                        .map_bytes = map_bytes,
                                        .privacy = privacy };
    int file = open(tempdir_file(&temp, "log"), O_RDWR | O_CREAT | O_TRUNC, 0600);
    int before = dup(STDERR_FILENO);
    log_setup(LOG_TO_STDERR, LOG_AS_TEXT, L_INFO, "test");
    assert_int_equal(dup2(file, STDERR_FILENO), STDERR_FILENO);
    int error = keeper_run(&setup);
    log_flush();
    (void)dup2(before, STDERR_FILENO);
    (void)close(before);
    buf_consume(&logged, buf_size(&logged));
    off_t n = lseek(file, 0, SEEK_END);
    uint8_t *room = buf_reserve(&logged, (size_t)n + 1);
    assert_int_equal(pread(file, room, (size_t)n, 0), n);
    room[n] = '\0';
    buf_grew(&logged, (size_t)n + 1);
    (void)close(file);
    return error;
}

static const char *log_text(void)
{
    return (const char *)buf_slice(&logged).p;
}

static size_t count_logged(const char *text)
{
    size_t n = 0;
    for (const char *at = log_text(); (at = strstr(at, text)); at++)
        n++;
    return n;
}

/* The sum of field=N over all lines. */
static uint64_t sum_logged(const char *field)
{
    uint64_t total = 0, one;
    for (const char *at = log_text(); (at = strstr(at, field)); at++) {
        struct slice rest = slice_of_str(at + strlen(field)), number;
        size_t n = 0;
        while (n < rest.n && rest.p[n] >= '0' && rest.p[n] <= '9')
            n++;
        number = slice_first(rest, n);
        assert_true(slice_to_u64(number, 0, UINT64_MAX, &one));
        total += one;
    }
    return total;
}

static void expect_count(const char *account, uint8_t token, uint64_t count, int64_t first,
                         int64_t last)
{
    struct store *store = NULL;
    struct device device;
    const struct device_key key = { slice_of_str(account), SLICE("UUID"), { 1, { token } } };
    assert_int_equal(store_open(state_path, STORE_READ, 0, &store), 0);
    assert_int_equal(device_find(store, &key, &device), 0);
    assert_true(device.count == count && device.first_us == first && device.last_us == last);
    store_close(store);
}

/* ---- */

static void test_all_that_was_sent_is_kept_when_the_workers_are_gone(void **state)
{
    (void)state;
    struct buf message;
    buf_init(&message, RECORD_MESSAGE_MAX);
    for (int64_t i = 1; i <= 100; i++)
        append(&message, "demo", 1, i);
    send_message(worker[0], &message);
    buf_clear(&message);
    send_one(worker[1], "demo", 1, 200);
    send_one(worker[1], "other", 2, 7);
    close_workers();
    assert_int_equal(run(showing, 0), 0);
    expect_count("demo", 1, 101, 1, 200);
    expect_count("other", 2, 1, 7, 7);
}

static void test_all_that_was_sent_is_kept_when_told_to_stop(void **state)
{
    (void)state;
    for (int64_t i = 1; i <= 60; i++) /* more than it reads in one turn */
        send_one(worker[0], "demo", 1, i);
    send_one(worker[1], "demo", 1, 61);
    (void)close(stop[1]);
    stop[1] = dup(stop[0]);
    assert_int_equal(run(showing, 0), 0);
    expect_count("demo", 1, 61, 1, 61);
    send_one(worker[0], "demo", 1, 62); /* a successor takes over the same sockets */
    assert_int_equal(run(showing, 0), 0);
    expect_count("demo", 1, 62, 1, 62);
}

static void test_a_first_sighting_is_logged_once(void **state)
{
    (void)state;
    char text[PSEUDONYM_TEXT_MAX], want[256];
    const struct pseudonym token = { 1, { 1 } };
    send_one(worker[0], "demo@example.org", 1, 5);
    send_one(worker[0], "demo@example.org", 1, 6);
    send_one(worker[0], "demo@example.org", 2, 6);
    close_workers();
    assert_int_equal(run(showing, 0), 0);
    (void)snprintf(want, sizeof want,
                   " info device.new account=demo@example.org identity=UUID:%s state=known"
                   " network=192.0.2.0/24\n",
                   pseudonym_text(&token, text));
    assert_int_equal(count_logged(want), 1);
    assert_int_equal(count_logged("device.new"), 2);
}

static void test_a_known_device_is_not_new(void **state)
{
    (void)state;
    send_one(worker[0], "demo", 1, 5);
    (void)close(stop[1]);
    stop[1] = dup(stop[0]);
    assert_int_equal(run(showing, 0), 0);
    send_one(worker[0], "demo", 1, 6);
    assert_int_equal(run(showing, 0), 0);
    assert_int_equal(count_logged("device.new"), 0);
}

static void test_accounts_are_hidden_when_the_log_hides_them(void **state)
{
    (void)state;
    send_one(worker[0], "demo@example.org", 1, 5);
    close_workers();
    assert_int_equal(run(hiding, 0), 0);
    assert_int_equal(count_logged("demo"), 0);
    assert_int_equal(count_logged("account=~1."), 1);
}

static void test_nonsense_from_a_worker_is_logged_and_left_out(void **state)
{
    (void)state;
    struct buf message;
    buf_init(&message, 2 * RECORD_MESSAGE_MAX);
    append(&message, "before", 1, 5);
    buf_append(&message, SLICE("\0\1x"));
    append(&message, "behind", 1, 5);
    send_message(worker[0], &message);
    buf_clear(&message);
    while (buf_size(&message) <= RECORD_MESSAGE_MAX)
        append(&message, "long", 1, 5);
    send_message(worker[0], &message);
    buf_clear(&message);
    send_one(worker[0], "after", 1, 5);
    close_workers();
    assert_int_equal(run(showing, 0), 0);
    assert_int_equal(count_logged("device.malformed"), 2);
    assert_int_equal(count_logged("device.new"), 2);
    expect_count("before", 1, 1, 5, 5);
    expect_count("after", 1, 1, 5, 5);
}

static void test_a_broken_record_holds_up_no_other(void **state)
{
    (void)state;
    struct store *store = NULL;
    assert_int_equal(store_open(state_path, STORE_WRITE, 0, &store), 0);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_put(store, "device",
                               SLICE("demo\0UUID\0\0\0\0\1\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
                               SLICE("broken")),
                     0);
    assert_int_equal(store_commit(store), 0);
    store_close(store);
    send_one(worker[0], "demo", 1, 5);
    send_one(worker[0], "demo", 2, 5);
    close_workers();
    assert_int_equal(run(showing, 0), 0);
    assert_int_equal(count_logged("error device.broken account=demo identity=UUID:~1."), 1);
    expect_count("demo", 2, 1, 5, 5);
}

static void test_a_store_that_cannot_be_opened_is_returned(void **state)
{
    (void)state;
    (void)snprintf(state_path, sizeof state_path, "%s/none/state", temp.path);
    assert_int_equal(run(showing, 0), -ENOENT);
    assert_string_equal(log_text(), ""); /* the caller's to say */
}

static void fill_store(void)
{
    static uint8_t bytes[20 * 1024];
    struct store *store = NULL;
    int error = 0;
    assert_int_equal(store_open(state_path, STORE_WRITE, SMALL, &store), 0);
    for (size_t n = sizeof bytes; n > 100; n /= 2) {
        assert_int_equal(store_begin(store), 0);
        error = store_put(store, "filler", (struct slice){ bytes, 1 + n / 200 },
                          (struct slice){ bytes, n });
        if (error)
            store_abort(store);
        else
            error = store_commit(store);
    }
    store_close(store);
}

static void test_a_full_store_is_said_with_what_was_lost(void **state)
{
    (void)state;
    struct buf message;
    fill_store();
    buf_init(&message, RECORD_MESSAGE_MAX);
    for (uint8_t i = 0; i < 150; i++)
        append(&message, "somebody@a.long.name.example.org", i, 5);
    send_message(worker[0], &message);
    buf_clear(&message);
    close_workers();
    assert_int_equal(run(showing, SMALL), ERR_FULL);
    assert_true(count_logged("error store.failed reason=\"no room left\" waiting=150 dropped=0") >=
                1);
    assert_int_equal(count_logged("device.new"), 0);
    assert_int_equal(sum_logged("device.dropped records="), 150);
}

/* ---- what else it says, and its other work ---- */

static void send_event(int fd, const struct device_event *event)
{
    struct buf message;
    buf_init(&message, RECORD_MESSAGE_MAX);
    assert_true(record_append(&message, event));
    send_message(fd, &message);
    buf_clear(&message);
}

static void test_a_device_that_had_to_go_is_logged(void **state)
{
    (void)state;
    bounds = (struct device_bounds){ 2, 16, 0, 0 };
    for (uint8_t i = 1; i <= 3; i++)
        send_one(worker[0], "demo", i, 5 + i);
    close_workers();
    assert_int_equal(run(showing, 0), 0);
    assert_int_equal(count_logged("device.new"), 3);
    assert_int_equal(count_logged("info device.evicted account=demo identity=UUID:~1.aeaa"), 1);
}

static void test_a_revocation_is_logged_with_its_reason(void **state)
{
    (void)state;
    struct device_event event = event_of("demo", 1, 6);
    send_one(worker[0], "demo", 1, 5);
    event.kind = DEVICE_EVENT_REVOKE;
    event.reason = SLICE("token-accounts");
    event.revoke_until_us = INT64_C(1795253509000000);
    send_event(worker[0], &event);
    send_event(worker[0], &event); /* it is revoked already */
    close_workers();
    assert_int_equal(run(showing, 0), 0);
    assert_int_equal(count_logged("notice device.revoked account=demo identity=UUID:~1."), 1);
    assert_int_equal(count_logged("reason=token-accounts until=2026-11-21T09:31:49.000000Z"), 1);
}

static void test_networks_are_hidden_when_the_log_hides_addresses(void **state)
{
    (void)state;
    send_one(worker[0], "demo", 1, 5);
    close_workers();
    assert_int_equal(run(hiding, 0), 0);
    assert_int_equal(count_logged("192.0.2"), 0);
    assert_int_equal(count_logged("network=~1."), 1);
}

static struct {
    struct buf said;
    struct store *store;
    int start_error;
} hooked;

static int on_start(void *context, struct loop *l, struct store *store)
{
    (void)context;
    assert_non_null(l);
    hooked.store = store;
    buf_append_str(&hooked.said, "start ");
    return hooked.start_error;
}

static void on_applied(void *context, const struct device_event *event,
                       const struct device_applied *applied)
{
    struct device device;
    const struct device_key key = { event->account, event->type, event->token };
    (void)context;
    buf_printf(&hooked.said, "%s>%s", device_state_text(applied->before),
               device_state_text(applied->after));
    if (applied->new_place)
        buf_append_str(&hooked.said, "+place");
    if (applied->evicted)
        buf_printf(&hooked.said, "-%.*s:%.*s:%u", SLICE_ARG(applied->gone.account),
                   SLICE_ARG(applied->gone.type), applied->gone.token.bytes[0]);
    if (event->alert)
        buf_printf(&hooked.said, "!%s", device_alert_text(event->alert));
    buf_append_byte(&hooked.said, ' ');
    if (applied->evicted) /* the last of the batch is there */
        assert_int_equal(device_find(hooked.store, &key, &device), 0);
}

static void on_stop_hook(void *context)
{
    (void)context;
    buf_append_str(&hooked.said, "stop");
}

static void hook(int start_error)
{
    hooks = (struct keeper_hooks){ .start = on_start, .applied = on_applied, .stop = on_stop_hook };
    hooked.start_error = start_error;
    buf_init(&hooked.said, 10000);
}

static void expect_hooked(const char *want)
{
    expect_slice("hooks", buf_slice(&hooked.said), slice_of_str(want));
    buf_clear(&hooked.said);
}

static void test_hooks_hear_of_what_changed_and_of_alerts_once_on_disk(void **state)
{
    (void)state;
    struct device_event event = event_of("demo", 1, 5);
    hook(0);
    bounds = (struct device_bounds){ 1, 16, 0, 0 };
    event.learn_place = true;
    send_event(worker[0], &event); /* a new device at a new place */
    send_event(worker[0], &event); /* times and counts: not worth a word */
    event.alert = DEVICE_ALERT_NEW_DEVICE;
    send_event(worker[0], &event);
    event = event_of("demo", 2, 6); /* evicts the first */
    send_event(worker[0], &event);
    event = event_of("demo", 2, 7);
    event.kind = DEVICE_EVENT_ALERT;
    event.alert = DEVICE_ALERT_ATTACK;
    event.type = SLICE("");
    event.token.key = 0;
    send_event(worker[0], &event);
    event.kind = DEVICE_EVENT_FAILURE;
    event.alert = DEVICE_ALERT_NONE;
    send_event(worker[0], &event);
    close_workers();
    assert_int_equal(run(showing, 0), 0);
    expect_hooked("start none>known+place known>known!new-device none>known-demo:UUID:1 "
                  "none>none!attack stop");
}

static void test_a_hook_may_refuse_the_start(void **state)
{
    (void)state;
    hook(-EACCES);
    close_workers();
    assert_int_equal(run(showing, 0), -EACCES);
    expect_hooked("start ");
}

static void on_tick(void *context, int64_t wall_us)
{
    assert_true(wall_us > 0);
    buf_append_str(&hooked.said, "tick ");
    (void)close(*(int *)context);
    *(int *)context = dup(STDERR_FILENO);
}

static void test_every_second_it_ticks_and_the_old_are_forgotten(void **state)
{
    (void)state;
    struct store *store = NULL;
    struct device device;
    const struct device_key key = { SLICE("demo"), SLICE("UUID"), { 1, { 1 } } };
    send_one(worker[0], "demo", 1, 5);
    (void)close(stop[1]);
    stop[1] = dup(stop[0]);
    assert_int_equal(run(showing, 0), 0);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    (void)close(stop[0]);
    stop[0] = ends[0];
    hook(0);
    bounds = (struct device_bounds){ 0 }; /* the usual: 180 days */
    hooks.tick = on_tick;
    hooks.context = &ends[1]; /* it runs until the first tick */
    assert_int_equal(run(showing, 0), 0);
    (void)close(ends[1]);
    expect_hooked("start tick stop");
    assert_int_equal(store_open(state_path, STORE_READ, 0, &store), 0);
    assert_int_equal(device_find(store, &key, &device), ERR_NOT_FOUND); /* last used in 1970 */
    store_close(store);
}

/* ---- more than it may keep ---- */

#define MANY      101500
#define A_MESSAGE 100

static void feed(int fd)
{
    struct buf message;
    buf_init(&message, RECORD_MESSAGE_MAX);
    for (int i = 0; i < MANY / A_MESSAGE; i++) {
        buf_consume(&message, buf_size(&message));
        for (uint8_t j = 0; j < A_MESSAGE; j++) {
            const struct device_event event = event_of("somebody@a.long.name.example.org", j, 5);
            if (!record_append(&message, &event))
                _exit(1);
        }
        struct slice bytes = buf_slice(&message);
        if (send(fd, bytes.p, bytes.n, MSG_NOSIGNAL) != (ssize_t)bytes.n)
            _exit(1);
    }
    _exit(0);
}

static void test_a_store_that_stays_full_costs_the_oldest_and_bounded_memory(void **state)
{
    (void)state;
    int status = -1;
    fill_store();
    pid_t pid = fork();
    if (pid == 0)
        feed(worker[0]);
    close_workers();
    assert_int_equal(run(showing, SMALL), ERR_FULL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    uint64_t last = sum_logged("device.dropped records="); /* one line, at the end */
    uint64_t before = sum_logged(" dropped=");
    assert_int_equal(count_logged("device.dropped"), 1);
    assert_true(last >= 90000 && last <= 102000);
    assert_int_equal(before + last, MANY); /* none is unaccounted for */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_all_that_was_sent_is_kept_when_the_workers_are_gone,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_all_that_was_sent_is_kept_when_told_to_stop, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_first_sighting_is_logged_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_known_device_is_not_new, setup, teardown),
        cmocka_unit_test_setup_teardown(test_accounts_are_hidden_when_the_log_hides_them, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_nonsense_from_a_worker_is_logged_and_left_out, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_broken_record_holds_up_no_other, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_store_that_cannot_be_opened_is_returned, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_full_store_is_said_with_what_was_lost, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            test_a_store_that_stays_full_costs_the_oldest_and_bounded_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_device_that_had_to_go_is_logged, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_revocation_is_logged_with_its_reason, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_networks_are_hidden_when_the_log_hides_addresses,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_hooks_hear_of_what_changed_and_of_alerts_once_on_disk,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_hook_may_refuse_the_start, setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_second_it_ticks_and_the_old_are_forgotten, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
