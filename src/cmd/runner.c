/* SPDX-License-Identifier: ISC */
#include "cmd/runner.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "cmd/cmd.h"
#include "cmd/dkim_report.h"
#include "cmd/feed.h"

#define WORDS_MAX   16
#define RESULT_MAX  ((size_t)16 * 1024 * 1024)
#define PROGRESS_US (US_PER_S / 4)

struct slot { /* what is to be printed of one message */
    bool ready;
    struct runner_result result;
    struct buf text;
    struct buf complaint; /* for standard error; empty: none */
};

struct flight {            /* one message under way */
    struct worker *worker; /* NULL: free */
    uint64_t sequence;
    struct mailbox_message message;
    struct verification *verification;
};

struct worker {
    struct run *run;
    struct judge judge;
    pthread_t thread;
    bool started, open;
    size_t flights_n; /* under way */
    struct flight flights[RUNNER_FLIGHT];
    struct loop_watch wake; /* an eventfd: there may be room again */
    struct loop_task pull;
    struct buf why;
};

struct run {
    const struct runner *r;
    struct worker workers[JUDGING_JOBS_MAX];
    pthread_mutex_t lock; /* of all that follows */
    struct mailbox *mailbox;
    bool ended; /* no message is left to take */
    uint64_t taken, printed;
    struct slot slots[RUNNER_WINDOW];
    bool waiting; /* a worker waits for room */
    struct {
        const char *word;
        uint64_t n;
    } words[WORDS_MAX];
    size_t words_n;
    bool failed, again;
    bool progress, shown;
    int64_t began_us, shown_us;
};

/* ---- printing, in order ---- */

static void count(struct run *run, const struct runner_result *result)
{
    size_t i = 0;
    run->failed = run->failed || result->code == CMD_FAILED;
    run->again = run->again || result->code == CMD_TRY_AGAIN;
    while (i < run->words_n && strcmp(run->words[i].word, result->word) != 0)
        i++;
    if (i == WORDS_MAX)
        return;
    run->words[i].word = result->word;
    run->words[i].n++;
    if (i == run->words_n)
        run->words_n++;
}

static void hide_progress(struct run *run)
{
    if (run->shown)
        (void)fputs("\r\033[K", stderr);
    run->shown = false;
}

static void show_progress(struct run *run)
{
    int64_t now = clock_monotonic_us();
    if (!run->progress || now - run->shown_us < PROGRESS_US)
        return;
    double seconds = (double)(now - run->began_us) / (double)US_PER_S;
    (void)fprintf(stderr, "\r%llu messages, %.0f a second\033[K", (unsigned long long)run->printed,
                  (double)run->printed / seconds);
    (void)fflush(stderr);
    run->shown_us = now;
    run->shown = true;
}

static void print_slot(struct run *run, struct slot *slot)
{
    struct slice text = buf_slice(&slot->text);
    hide_progress(run);
    if (text.n)
        (void)fwrite(text.p, 1, text.n, stdout); /* tool_end tells of faults */
    if (buf_size(&slot->complaint))
        (void)tool_say(run->r->tool, "%.*s", SLICE_ARG(buf_slice(&slot->complaint)));
    count(run, &slot->result);
    buf_clear(&slot->text);
    buf_clear(&slot->complaint);
    slot->ready = false;
}

static void wake_workers(struct run *run)
{
    static const uint64_t one = 1;
    run->waiting = false;
    for (size_t i = 0; i < JUDGING_JOBS_MAX; i++)
        if (run->workers[i].open)
            (void)!write(run->workers[i].wake.fd, &one, sizeof one); /* full: it wakes anyway */
}

/* slot is taken. Under no lock. */
static void deliver(struct run *run, uint64_t sequence, const struct slot *slot)
{
    (void)pthread_mutex_lock(&run->lock);
    run->slots[sequence % RUNNER_WINDOW] = *slot;
    while (run->slots[run->printed % RUNNER_WINDOW].ready) {
        print_slot(run, &run->slots[run->printed % RUNNER_WINDOW]);
        run->printed++;
    }
    show_progress(run);
    if (run->waiting)
        wake_workers(run);
    (void)pthread_mutex_unlock(&run->lock);
}

/* ---- one message ---- */

static void slot_init(struct slot *slot)
{
    *slot = (struct slot){ .ready = true };
    buf_init(&slot->text, RESULT_MAX);
    buf_init(&slot->complaint, 8192);
}

static void flight_end(struct flight *f, const struct slot *slot)
{
    struct worker *w = f->worker;
    deliver(w->run, f->sequence, slot);
    verification_free(f->verification);
    mailbox_message_clear(&f->message);
    *f = (struct flight){ 0 };
    w->flights_n--;
    loop_defer(w->judge.loop, &w->pull);
}

/* A message is a line of JSON, even one that is not looked into further. */
static void flight_fail(struct flight *f, int error)
{
    const struct runner *r = f->worker->run->r;
    bool too_big = error == ERR_TOO_BIG || error == -E2BIG;
    struct slot slot;
    slot_init(&slot);
    if (too_big && !r->render_too_big(r->owner, &f->message, &slot.text))
        buf_clear(&slot.text);
    report_file(&slot.complaint, f->message.name ? f->message.name : "a folder", f->message.number);
    buf_printf(&slot.complaint, ": %s", too_big ? "the header is too big" : err_text(error));
    slot.result =
        (struct runner_result){ error == -ENOMEM ? CMD_TRY_AGAIN : CMD_FAILED, "cannot be read" };
    flight_end(f, &slot);
}

static void on_done(struct verification *v, void *owner)
{
    struct flight *f = owner;
    const struct runner *r = f->worker->run->r;
    struct slot slot;
    slot_init(&slot);
    slot.result = r->render(r->owner, &f->message, v, &slot.text);
    if (!slot.text.failed) {
        flight_end(f, &slot);
        return;
    }
    buf_clear(&slot.text);
    buf_clear(&slot.complaint);
    flight_fail(f, -ENOMEM);
}

static void flight_start(struct flight *f, int taken)
{
    struct worker *w = f->worker;
    int error = taken < 0 ? taken : 0;
    w->flights_n++;
    if (!error)
        f->verification = verification_new(&w->judge.setup, w->run->r->judging->at, on_done, f);
    if (!error && !f->verification)
        error = -ENOMEM;
    if (!error)
        error = feed_verification(&f->message, f->verification);
    if (error)
        flight_fail(f, error);
}

/* ---- a worker ---- */

enum take { TAKE_MESSAGE, TAKE_LATER, TAKE_NONE };

static enum take take(struct worker *w, struct flight *f, int *result)
{
    struct run *run = w->run;
    enum take taken = TAKE_MESSAGE;
    (void)pthread_mutex_lock(&run->lock);
    if (run->ended)
        taken = TAKE_NONE;
    else if (run->taken - run->printed >= RUNNER_WINDOW)
        taken = TAKE_LATER;
    run->waiting = run->waiting || taken == TAKE_LATER;
    if (taken == TAKE_MESSAGE && (*result = mailbox_next(run->mailbox, &f->message)) == 0) {
        taken = TAKE_NONE;
        run->ended = true;
    }
    if (taken == TAKE_MESSAGE)
        f->sequence = run->taken++;
    (void)pthread_mutex_unlock(&run->lock);
    return taken;
}

static void start_others(struct run *run);

static struct flight *find_free(struct worker *w)
{
    for (size_t i = 0; i < RUNNER_FLIGHT; i++)
        if (!w->flights[i].worker)
            return &w->flights[i];
    return NULL;
}

/* One message a turn: meanwhile answers are taken. */
static void pull(struct loop_task *task)
{
    struct worker *w = CONTAINER_OF(task, struct worker, pull);
    struct flight *f = find_free(w);
    int result = 0;
    enum take taken = f ? take(w, f, &result) : TAKE_LATER;
    if (taken == TAKE_MESSAGE) {
        f->worker = w;
        if (f->sequence == 1)
            start_others(w->run);
        flight_start(f, result);
        loop_defer(w->judge.loop, &w->pull);
    } else if (taken == TAKE_NONE && w->flights_n == 0) {
        loop_stop(w->judge.loop);
    }
}

static void on_wake(struct loop_watch *watch)
{
    struct worker *w = CONTAINER_OF(watch, struct worker, wake);
    uint64_t n;
    (void)!read(watch->fd, &n, sizeof n); /* only whether there is one */
    loop_defer(w->judge.loop, &w->pull);
}

static bool worker_open(struct worker *w)
{
    const struct runner *r = w->run->r;
    if (!judge_open(&w->judge, r->judging, r->practices, &w->why))
        return false;
    w->judge.setup.dkim.explain = r->explain;
    w->pull.run = pull;
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd >= 0 && watch_start(&w->wake, w->judge.loop, fd, on_wake) == 0) {
        w->wake.fd = fd;
        return true;
    }
    if (fd >= 0)
        (void)close(fd); /* of our own */
    buf_append_str(&w->why, "no event descriptor");
    judge_close(&w->judge);
    return false;
}

static void worker_work(struct worker *w)
{
    loop_defer(w->judge.loop, &w->pull);
    loop_run(w->judge.loop);
}

static void set_open(struct worker *w, bool open)
{
    (void)pthread_mutex_lock(&w->run->lock);
    w->open = open;
    (void)pthread_mutex_unlock(&w->run->lock);
}

static void worker_close(struct worker *w)
{
    set_open(w, false);
    int fd = w->wake.fd;
    watch_stop(&w->wake);
    (void)close(fd); /* of our own */
    judge_close(&w->judge);
}

static void *thread_main(void *argument)
{
    struct worker *w = argument;
    if (worker_open(w)) {
        set_open(w, true);
        worker_work(w);
        worker_close(w);
    }
    return NULL;
}

/* The first one has met a second message. One that cannot be had is done without. */
static void start_others(struct run *run)
{
    for (size_t i = 1; i < run->r->judging->jobs; i++) {
        struct worker *w = &run->workers[i];
        if (!w->started)
            w->started = pthread_create(&w->thread, NULL, thread_main, w) == 0;
    }
}

/* ---- all of them ---- */

static void print_summary(const struct run *run)
{
    double seconds = (double)(clock_monotonic_us() - run->began_us) / (double)US_PER_S;
    (void)fflush(stdout);
    (void)fprintf(stderr, "%llu messages in %.1f s:", (unsigned long long)run->printed, seconds);
    for (size_t i = 0; i < run->words_n; i++)
        (void)fprintf(stderr, "%s %llu %s", i ? "," : "", (unsigned long long)run->words[i].n,
                      run->words[i].word);
    (void)fputc('\n', stderr);
}

static int work(struct run *run)
{
    struct worker *first = &run->workers[0];
    if (!worker_open(first))
        return tool_say(run->r->tool, "%.*s", SLICE_ARG(buf_slice(&first->why)));
    set_open(first, true);
    worker_work(first);
    for (size_t i = 1; i < JUDGING_JOBS_MAX; i++)
        if (run->workers[i].started)
            (void)pthread_join(run->workers[i].thread, NULL);
    worker_close(first);
    hide_progress(run);
    if (run->printed > 1)
        print_summary(run);
    return tool_end(run->r->tool, run->failed ? CMD_FAILED : run->again ? CMD_TRY_AGAIN : CMD_OK);
}

int runner_run(const struct runner *r, char *const *names, size_t n)
{
    struct run *run = calloc(1, sizeof *run);
    struct mailbox *mailbox = mailbox_new(names, n);
    if (!run || !mailbox) {
        free(run);
        mailbox_free(mailbox);
        return tool_error(r->tool, "messages", -ENOMEM);
    }
    run->r = r;
    run->mailbox = mailbox;
    run->progress = isatty(STDERR_FILENO);
    run->began_us = run->shown_us = clock_monotonic_us();
    (void)pthread_mutex_init(&run->lock, NULL);
    for (size_t i = 0; i < JUDGING_JOBS_MAX; i++) {
        run->workers[i].run = run;
        buf_init(&run->workers[i].why, 2048);
    }
    int code = work(run);
    for (size_t i = 0; i < JUDGING_JOBS_MAX; i++)
        buf_clear(&run->workers[i].why);
    (void)pthread_mutex_destroy(&run->lock);
    mailbox_free(mailbox);
    free(run);
    return code;
}
