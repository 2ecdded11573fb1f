/* SPDX-License-Identifier: ISC */
#include "submit/alert_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"

#define QUEUE_MAX      1000
#define QUIET_MAX      100000
#define TARGETS_MAX    16
#define SAY_DROPPED_US (60 * US_PER_S)

static const unsigned at_once[ALERT_WAYS] = {
    [ALERT_BY_MAIL] = 4,
    [ALERT_BY_COMMAND] = ALERT_COMMANDS_AT_ONCE,
    [ALERT_BY_WEBHOOK] = 4,
};
static const char *const way_names[ALERT_WAYS] = {
    [ALERT_BY_MAIL] = "mail",
    [ALERT_BY_COMMAND] = "command",
    [ALERT_BY_WEBHOOK] = "webhook",
};

struct target {
    enum alert_way way;
    const char *what; /* path or URL */
    size_t command;   /* its index */
};

struct alerts {
    const struct conf *conf;
    const struct privacy *privacy;
    struct loop *loop; /* NULL: not started */
    struct target targets[TARGETS_MAX];
    size_t targets_n;
    unsigned ways; /* 1 << enum alert_way: which are used */
    const char *commands_at[TARGETS_MAX];
    size_t commands_n;
    struct alert_templates templates;
    struct buf key; /* of webhooks */
    struct alert_quiet *quiet;
    struct alert_mailer *mailer;
    struct alert_commands *commands;
    struct alert_webhooks *webhooks;
    struct alert_job *jobs, **jobs_end;
    size_t jobs_n;
    unsigned running[ALERT_WAYS];
    struct loop_task dispatch;
    struct loop_timer retry;
    uint64_t dropped;        /* not logged yet */
    int64_t dropped_said_us; /* 0: never */
};

/* ---- opening ---- */

static bool say(struct buf *why, const char *what, const char *problem)
{
    buf_printf(why, "alerts.to: \"%s\": %s", what, problem);
    return false;
}

static bool check_command(const char *path, struct buf *why)
{
    struct stat st;
    if (path[0] != '/')
        return say(why, path, "not an absolute path");
    if (stat(path, &st))
        return say(why, path, err_text(-errno));
    if (!S_ISREG(st.st_mode) || !(st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)))
        return say(why, path, "not a program");
    return true;
}

static bool read_target(struct alerts *a, const char *text, struct buf *why)
{
    struct slice spec = slice_of_str(text);
    struct target *t = &a->targets[a->targets_n++];
    t->what = text;
    if (slice_equal(spec, SLICE("mail"))) {
        t->way = ALERT_BY_MAIL;
    } else if (slice_starts(spec, SLICE("command:"))) {
        t->way = ALERT_BY_COMMAND;
        t->what = text + sizeof "command:" - 1;
        t->command = a->commands_n;
        a->commands_at[a->commands_n++] = t->what;
        if (!check_command(t->what, why))
            return false;
    } else if (slice_starts_nocase(spec, SLICE("https://")) ||
               slice_starts_nocase(spec, SLICE("http://"))) {
        t->way = ALERT_BY_WEBHOOK;
    } else {
        return say(why, text, "none of mail, command:/PATH, https://...");
    }
    a->ways |= 1u << t->way;
    return true;
}

static bool read_targets(struct alerts *a, struct buf *why)
{
    const struct conf_list *to = &a->conf->alerts.to;
    if (to->n > TARGETS_MAX) {
        buf_printf(why, "alerts.to: more than %d", TARGETS_MAX);
        return false;
    }
    for (size_t i = 0; i < to->n; i++)
        if (!read_target(a, to->at[i], why))
            return false;
    return true;
}

static bool read_all(struct alerts *a, struct buf *why)
{
    const struct conf_alerts *conf = &a->conf->alerts;
    if (!read_targets(a, why) || !alert_templates_read(&a->templates, conf->templates, why))
        return false;
    if (!(a->ways & 1u << ALERT_BY_WEBHOOK))
        return true;
    if (conf->webhook_secret)
        return alert_secret_read(conf->webhook_secret, &a->key, why);
    buf_append_str(why, "alerts.webhook-secret: needed, since alerts.to has a webhook");
    return false;
}

static void on_dispatch(struct loop_task *task);
static void on_retry(struct loop_timer *timer);

static struct alerts *alerts_read(const struct conf *conf, struct buf *why)
{
    struct alerts *a = calloc(1, sizeof *a);
    if (!a) {
        buf_append_str(why, err_text(-ENOMEM));
        return NULL;
    }
    a->conf = conf;
    a->jobs_end = &a->jobs;
    a->dispatch.run = on_dispatch;
    if (read_all(a, why))
        return a;
    alerts_free(a);
    return NULL;
}

/* "alerts.KEY: what" gets the place of the key before it; a template has said its own. */
static void say_where(const struct conf *conf, struct slice said, struct buf *why)
{
    char key[64];
    struct slice name, what;
    if (!conf->places || !slice_starts(said, SLICE("alerts.")) ||
        !slice_cut(said, ':', &name, &what) || name.n >= sizeof key) {
        buf_append(why, said);
        return;
    }
    key[slice_keep(name, key, sizeof key - 1).n] = '\0';
    struct conf_place place = conf_place_of(conf, key);
    (void)conf_fault(why, &place, key, "%.*s", SLICE_ARG(slice_trim(what))); /* false by design */
}

bool alerts_check(const struct conf *conf, struct buf *why)
{
    struct buf said;
    buf_init(&said, 2048);
    struct alerts *a = alerts_read(conf, &said);
    if (!a)
        say_where(conf, buf_slice(&said), why);
    buf_clear(&said);
    alerts_free(a);
    return a != NULL;
}

struct alerts *alerts_open(const struct conf *conf, const struct privacy *privacy, struct buf *why)
{
    struct alerts *a = alerts_read(conf, why);
    if (!a)
        return NULL;
    a->privacy = privacy;
    bool ok = true;
    if (conf->alerts.quiet_us > 0) {
        a->quiet = alert_quiet_new(conf->alerts.quiet_us, QUIET_MAX);
        ok = a->quiet != NULL;
        if (!ok)
            buf_append_str(why, err_text(-ENOMEM));
    }
    if (ok && a->commands_n) {
        const struct alert_exec_setup setup = { conf->user, a->commands_at, a->commands_n,
                                                ALERT_COMMAND_US };
        a->commands = alert_commands_open(&setup, why);
        ok = a->commands != NULL;
    }
    if (ok)
        return a;
    alerts_free(a);
    return NULL;
}

int alerts_start(struct alerts *a, struct loop *loop, struct thread_pool *threads, struct buf *why)
{
    int error = 0;
    timer_init(&a->retry, loop, on_retry);
    a->loop = loop;
    if (a->ways & 1u << ALERT_BY_MAIL) {
        a->mailer = alert_mailer_start(a->conf, &a->templates, loop, threads, why);
        if (!a->mailer)
            return -EINVAL;
    }
    if (a->ways & 1u << ALERT_BY_WEBHOOK) {
        a->webhooks = alert_webhooks_start(buf_slice(&a->key), loop);
        error = a->webhooks ? 0 : -ENOMEM;
    }
    if (!error && a->commands)
        error = alert_commands_start(a->commands, loop);
    if (error)
        buf_append_str(why, err_text(error));
    return error;
}

/* ---- jobs ---- */

static void say_dropped(struct alerts *a)
{
    if (a->dropped)
        LOG(L_WARN, "alert.dropped", FIELD_NUM("alerts", a->dropped),
            FIELD_STR("reason", "too many wait to be told"));
    a->dropped = 0;
}

static void note_dropped(struct alerts *a)
{
    int64_t now = loop_now_us(a->loop);
    a->dropped++;
    if (a->dropped_said_us && now - a->dropped_said_us < SAY_DROPPED_US)
        return;
    a->dropped_said_us = now;
    say_dropped(a);
}

static void job_free(struct alert_job *job)
{
    struct alerts *a = job->alerts;
    if (a->jobs_end == &job->next)
        a->jobs_end = job->at;
    *job->at = job->next;
    if (job->next)
        job->next->at = job->at;
    a->jobs_n--;
    if (--job->event->refs == 0)
        free(job->event);
    free(job);
}

static void drop_oldest(struct alerts *a)
{
    for (struct alert_job *job = a->jobs; job; job = job->next)
        if (!job->running) { /* few run at a time: there is one */
            job_free(job);
            note_dropped(a);
            return;
        }
}

static void add_job(struct alerts *a, struct alert_event *event, unsigned target)
{
    if (a->jobs_n == QUEUE_MAX)
        drop_oldest(a);
    struct alert_job *job = calloc(1, sizeof *job);
    if (!job) {
        note_dropped(a);
        return;
    }
    job->alerts = a;
    job->event = event;
    event->refs++;
    job->target = target;
    job->due_us = loop_now_us(a->loop);
    job->at = a->jobs_end;
    *a->jobs_end = job;
    a->jobs_end = &job->next;
    a->jobs_n++;
}

static void start(struct alert_job *job)
{
    struct alerts *a = job->alerts;
    const struct target *t = &a->targets[job->target];
    job->running = true;
    job->tries++;
    a->running[t->way]++;
    switch (t->way) {
    case ALERT_BY_MAIL: alert_mailer_send(a->mailer, job); break;
    case ALERT_BY_COMMAND: alert_command_send(a->commands, job, t->command); break;
    case ALERT_BY_WEBHOOK: alert_webhook_send(a->webhooks, job, t->what); break;
    case ALERT_WAYS: CHECK(false);
    }
}

static void on_dispatch(struct loop_task *task)
{
    struct alerts *a = CONTAINER_OF(task, struct alerts, dispatch);
    int64_t now = loop_now_us(a->loop), next = 0;
    for (struct alert_job *job = a->jobs; job; job = job->next) {
        enum alert_way way = a->targets[job->target].way;
        if (job->running || a->running[way] == at_once[way])
            continue;
        if (job->due_us <= now)
            start(job);
        else if (next == 0 || job->due_us < next)
            next = job->due_us;
    }
    timer_set(&a->retry, next);
}

static void on_retry(struct loop_timer *timer)
{
    struct alerts *a = CONTAINER_OF(timer, struct alerts, retry);
    loop_defer(a->loop, &a->dispatch);
}

static void say_failed(const struct alert_job *job, const char *trouble, bool again)
{
    const struct alerts *a = job->alerts;
    char account[PSEUDONYM_TEXT_MAX];
    LOG(again ? L_NOTICE : L_WARN, "alert.failed",
        FIELD_STR("kind", device_alert_text(job->event->alert.kind)),
        identifier_field(a->privacy, ID_ACCOUNT, "account", job->event->alert.account, account),
        FIELD_STR("to", way_names[a->targets[job->target].way]),
        FIELD_NUM("target", job->target + 1), FIELD_NUM("tries", job->tries),
        FIELD_STR("reason", trouble), FIELD_STR("next", again ? "another try" : NULL));
}

void alert_done(struct alert_job *job, enum alert_outcome outcome, const char *trouble)
{
    struct alerts *a = job->alerts;
    int64_t wait_us = outcome == ALERT_TRY_AGAIN ? alert_retry_us(job->tries) : 0;
    job->running = false;
    a->running[a->targets[job->target].way]--;
    if (outcome != ALERT_TOLD)
        say_failed(job, trouble, wait_us > 0);
    if (wait_us)
        job->due_us = loop_now_us(a->loop) + wait_us;
    else
        job_free(job);
    loop_defer(a->loop, &a->dispatch);
}

/* ---- raising ---- */

static struct alert_event *copy(const struct alert *alert)
{
    struct alert_event *e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    e->alert = *alert;
    e->alert.account = slice_keep(alert->account, e->account, sizeof e->account);
    e->alert.type = slice_keep(alert->type, e->type, sizeof e->type);
    e->alert.label = slice_keep(alert->label, e->label, sizeof e->label);
    e->alert.reason = slice_keep(alert->reason, e->reason, sizeof e->reason);
    return e;
}

static void say_alert(const struct alerts *a, const struct alert *alert, bool quiet)
{
    char account[PSEUDONYM_TEXT_MAX], hidden[PSEUDONYM_TEXT_MAX], network[DEVICE_NETWORK_TEXT_MAX];
    LOG(L_NOTICE, "device.alert", FIELD_STR("kind", device_alert_text(alert->kind)),
        identifier_field(a->privacy, ID_ACCOUNT, "account", alert->account, account),
        FIELD("type", alert->type), FIELD("label", alert->label),
        identifier_field(a->privacy, ID_CLIENT_ADDRESS, "network",
                         slice_of_str(device_network_text(&alert->network, network)), hidden),
        FIELD_STR("country", alert->location.country), FIELD_STR("place", alert->location.name),
        FIELD("reason", alert->reason), FIELD_STR("quiet", quiet ? "yes" : NULL));
}

void alerts_raise(struct alerts *a, const struct alert *alert)
{
    bool quiet = a->quiet && a->loop && !alert_quiet_pass(a->quiet, alert, loop_now_us(a->loop));
    say_alert(a, alert, quiet);
    if (quiet || !a->loop || a->targets_n == 0)
        return;
    struct alert_event *event = copy(alert);
    if (!event) {
        note_dropped(a);
        return;
    }
    event->refs = 1; /* ours, until all jobs have theirs */
    for (unsigned i = 0; i < a->targets_n; i++)
        if (a->targets[i].way != ALERT_BY_MAIL || alert->account.n)
            add_job(a, event, i);
    if (--event->refs == 0)
        free(event);
    loop_defer(a->loop, &a->dispatch);
}

size_t alerts_waiting(const struct alerts *alerts)
{
    return alerts->jobs_n;
}

static void forget(struct alerts *a, struct alert_job *job)
{
    switch (a->targets[job->target].way) {
    case ALERT_BY_MAIL: alert_mailer_forget(job); break;
    case ALERT_BY_COMMAND: alert_command_forget(a->commands, job); break;
    case ALERT_BY_WEBHOOK: alert_webhook_forget(a->webhooks, job); break;
    case ALERT_WAYS: break;
    }
}

void alerts_free(struct alerts *a)
{
    if (!a)
        return;
    a->dropped += a->jobs_n;
    while (a->jobs) {
        if (a->jobs->running)
            forget(a, a->jobs);
        job_free(a->jobs);
    }
    say_dropped(a);
    if (a->loop) {
        loop_undefer(a->loop, &a->dispatch);
        timer_clear(&a->retry);
    }
    alert_mailer_free(a->mailer);
    alert_webhooks_free(a->webhooks);
    alert_commands_free(a->commands);
    alert_quiet_free(a->quiet);
    alert_templates_clear(&a->templates);
    buf_wipe(&a->key);
    free(a);
}
