/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

#include "base/clock.h"
#include "cmd/audit_run.h"
#include "cmd/cmd.h"

#define WHY_MAX 4096
#define WAIT_MS 250 /* a signal that comes just before a wait is seen after it */

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
    (void)signal;
    stopped = 1;
}

/* Without SA_RESTART: a wait ends at once. A second one kills, as ever. */
static void catch_signals(void)
{
    struct sigaction action = { .sa_handler = stop, .sa_flags = (int)SA_RESETHAND };
    (void)sigaction(SIGINT, &action, NULL); /* both can be caught */
    (void)sigaction(SIGTERM, &action, NULL);
}

static int wait_ms(int64_t until_us)
{
    int64_t left = (until_us - clock_monotonic_us()) / US_PER_MS;
    return left <= 0 ? 0 : left < WAIT_MS ? (int)left : WAIT_MS;
}

/* One interval: 1 when it is over, 0 at a signal, negative when the interface failed or memory is short. */
static int listen_until(struct audit_run *run, struct capture *capture, int64_t until_us)
{
    struct audit_input *input = run->inputs;
    struct capture_message message;
    struct buf why;
    int got = 1, error = 0;
    buf_init(&why, WHY_MAX);
    while (!stopped && !error && clock_monotonic_us() < until_us) {
        got = capture_next(capture, wait_ms(until_us), &message, &why);
        if (got > 0)
            error = audit_input_see(run, input, capture, &message);
        if (got < 0 && got != -EINTR)
            break;
    }
    audit_input_count(run, input, capture);
    if (got < 0 && got != -EINTR) {
        audit_input_failed(run, input, buf_slice(&why));
        error = got;
    }
    buf_clear(&why);
    return error ? error : stopped ? 0 : 1;
}

static int report(struct audit_run *run, const struct capture *capture, uint64_t *dropped)
{
    int code = audit_output(run);
    (void)fflush(stdout); /* tool_end says what was wrong with it */
    uint64_t now = capture_dropped(capture);
    if (now > *dropped) {
        (void)tool_say(&run->tool,
                       "%s: %" PRIu64 " frames were lost before they could be read: a filter "
                       "(--bpf) makes them fewer",
                       run->interface, now - *dropped);
        *dropped = now;
    }
    return code;
}

int audit_live(struct audit_run *run)
{
    struct buf why;
    uint64_t dropped = 0;
    int got = 1, code = CMD_OK;
    buf_init(&why, WHY_MAX);
    struct capture *capture =
        capture_open_live(run->interface, run->bpf, run->promiscuous, &run->filter, &why);
    if (!capture)
        code = tool_say(&run->tool, "%s: %.*s", run->interface, SLICE_ARG(buf_slice(&why)));
    buf_clear(&why);
    if (!capture)
        return code;
    run->opened++;
    catch_signals();
    while (got > 0 && code != CMD_TRY_AGAIN) {
        got = listen_until(run, capture, clock_monotonic_us() + run->interval_us);
        code = report(run, capture, &dropped);
    }
    capture_close(capture);
    return code;
}
