/* SPDX-License-Identifier: ISC
 *
 * One mail is one delivery: mail, rcpt, content, end. The envelope's sender is <>, so that nothing
 * answers a notification (RFC 3834 §3.3), and nobody is named as authenticated.
 */
#include "submit/alert_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/check.h"
#include "base/err.h"
#include "base/log.h"
#include "smtp/path.h"
#include "submit/maildir.h"
#include "submit/relay.h"
#include "submit/target.h"

enum step { STEP_MAIL, STEP_RCPT, STEP_CONTENT, STEP_END };

struct alert_mailer {
    const struct conf *conf;
    const struct alert_templates *templates;
    struct loop *loop;
    struct conf_submission submission; /* without XCLIENT: the client is the gate itself */
    struct upstreams *upstreams;       /* NULL: to Maildirs */
    struct maildir_setup maildir;
    struct buf from;
    bool unaddressed; /* said once */
};

struct run {
    struct delivery_owner owner;
    struct alert_mailer *mailer;
    struct alert_job *job;
    struct delivery *delivery;
    struct loop_task ended; /* brings outcome and trouble */
    enum step step;
    struct buf to, message;
    enum alert_outcome outcome;
    char trouble[256];
};

/* ---- opening ---- */

static bool open_delivery(struct alert_mailer *m, struct thread_pool *threads, struct buf *why)
{
    struct target first;
    m->submission = m->conf->submission;
    m->submission.xclient = false;
    if (m->submission.deliver.n == 0) {
        buf_append_str(why, "alerts.to: mail needs submission.deliver");
        return false;
    }
    if (!target_parse(m->submission.deliver.at[0], &first, why))
        return false;
    if (!first.maildir) {
        m->upstreams = upstreams_new(m->loop, threads, &m->submission, why);
        return m->upstreams != NULL;
    }
    m->maildir = (struct maildir_setup){
        .loop = m->loop,
        .threads = threads,
        .trusting = true, /* who is told has authenticated */
        .path = first.path,
        .hostname = m->submission.hostname,
    };
    return true;
}

static bool open_sender(struct alert_mailer *m, struct buf *why)
{
    const char *from = m->conf->alerts.from;
    struct slice local = from ? slice_of_str(from) : SLICE("postmaster");
    buf_init(&m->from, SMTP_PATH_MAX);
    if (alert_address(local, slice_of_str(m->submission.hostname), &m->from))
        return true;
    buf_printf(why, "alerts.from: \"%.*s\" is not a mail address", SLICE_ARG(buf_slice(&m->from)));
    return false;
}

struct alert_mailer *alert_mailer_start(const struct conf *conf,
                                        const struct alert_templates *templates, struct loop *loop,
                                        struct thread_pool *threads, struct buf *why)
{
    struct alert_mailer *m = calloc(1, sizeof *m);
    CHECK(m); /* at the start */
    m->conf = conf;
    m->templates = templates;
    m->loop = loop;
    if (open_delivery(m, threads, why) && open_sender(m, why))
        return m;
    alert_mailer_free(m);
    return NULL;
}

void alert_mailer_free(struct alert_mailer *m)
{
    if (!m)
        return;
    upstreams_free(m->upstreams);
    buf_clear(&m->from);
    free(m);
}

/* ---- one mail ---- */

static void run_free(struct run *r)
{
    loop_undefer(r->mailer->loop, &r->ended);
    if (r->delivery)
        r->delivery->class->close(TAKE(r->delivery));
    buf_clear(&r->to);
    buf_clear(&r->message);
    r->job->run = NULL;
    free(r);
}

static void on_ended(struct loop_task *task)
{
    struct run *r = CONTAINER_OF(task, struct run, ended);
    struct alert_job *job = r->job;
    enum alert_outcome outcome = r->outcome;
    char trouble[sizeof r->trouble];
    memcpy(trouble, r->trouble, sizeof trouble);
    run_free(r);
    alert_done(job, outcome, trouble);
}

static void end_with(struct run *r, enum alert_outcome outcome, const char *trouble)
{
    r->outcome = outcome;
    (void)snprintf(r->trouble, sizeof r->trouble, "%s", trouble);
    loop_defer(r->mailer->loop, &r->ended);
}

static void end_refused(struct run *r, const struct smtp_reply *reply)
{
    char text[sizeof r->trouble];
    (void)snprintf(text, sizeof text, "%u %.*s", reply->code,
                   SLICE_ARG(slice_first(reply->text, 200)));
    end_with(r, reply->code / 100 == 5 ? ALERT_FAILED : ALERT_TRY_AGAIN, text);
}

static void say_rcpt(struct run *r)
{
    static const struct smtp_rcpt_parameters none;
    struct smtp_path path = { 0 };
    struct fault why;
    CHECK(smtp_mailbox_parse(buf_slice(&r->to), &path, &why)); /* it was before */
    r->step = STEP_RCPT;
    r->delivery->class->rcpt(r->delivery, &path, &none);
}

static void on_reply(struct delivery_owner *owner, const struct smtp_reply *reply)
{
    struct run *r = CONTAINER_OF(owner, struct run, owner);
    const struct delivery_class *class = r->delivery->class;
    if (reply->code / 100 != (r->step == STEP_CONTENT ? 3 : 2)) {
        end_refused(r, reply);
        return;
    }
    switch (r->step) {
    case STEP_MAIL: say_rcpt(r); break;
    case STEP_RCPT:
        r->step = STEP_CONTENT;
        class->content(r->delivery);
        break;
    case STEP_CONTENT:
        r->step = STEP_END;
        class->write(r->delivery, buf_slice(&r->message)); /* less than a delivery holds */
        class->end(r->delivery);
        break;
    case STEP_END: end_with(r, ALERT_TOLD, ""); break;
    }
}

static void on_lost(struct delivery_owner *owner, const struct smtp_reply *reply)
{
    end_refused(CONTAINER_OF(owner, struct run, owner), reply);
}

static void on_room(struct delivery_owner *owner)
{
    (void)owner; /* all was written at once */
}

static bool write_message(struct run *r)
{
    const struct alert_mailer *m = r->mailer;
    const struct alert *alert = &r->job->event->alert;
    uint8_t random[16];
    char hex[2 * sizeof random + 1];
    struct buf id;
    randombytes_buf(random, sizeof random);
    (void)sodium_bin2hex(hex, sizeof hex, random, sizeof random);
    buf_init(&id, 512);
    buf_printf(&id, "%s@%s", hex, m->submission.hostname);
    bool ok = alert_mail(&r->message, alert, alert_template_of(m->templates, alert->kind),
                         buf_slice(&m->from), buf_slice(&r->to), buf_slice(&id));
    buf_clear(&id);
    return ok;
}

static void say_mail(struct run *r)
{
    struct alert_mailer *m = r->mailer;
    static const struct address nobody;
    const struct smtp_mail_parameters parameters = {
        .size_given = true,
        .size = buf_size(&r->message),
        .smtputf8 = !slice_is_ascii(buf_slice(&r->to)) || !slice_is_ascii(buf_slice(&m->from)),
    };
    const struct delivery_mail mail = {
        .peer = &nobody,
        .hello = slice_of_str(m->submission.hostname),
        .parameters = &parameters,
    };
    r->step = STEP_MAIL;
    r->delivery->class->mail(r->delivery, &mail);
}

/* Not worth a line each time: it is so for all accounts. */
static void say_unaddressed(struct alert_mailer *m)
{
    if (!m->unaddressed)
        LOG(L_WARN, "alert.failed", FIELD_STR("to", "mail"),
            FIELD_STR("reason", "an account without a domain, and no submission.realm"));
    m->unaddressed = true;
}

void alert_mailer_send(struct alert_mailer *m, struct alert_job *job)
{
    struct run *r = calloc(1, sizeof *r);
    CHECK(r); /* an answer must follow */
    r->owner = (struct delivery_owner){ on_reply, on_lost, on_room };
    r->mailer = m;
    r->job = job;
    r->ended.run = on_ended;
    job->run = r;
    buf_init(&r->to, SMTP_PATH_MAX);
    buf_init(&r->message, ALERT_MAIL_MAX);
    if (!alert_address(job->event->alert.account, slice_of_str(m->submission.realm), &r->to)) {
        say_unaddressed(m);
        end_with(r, ALERT_TOLD, "");
        return;
    }
    if (!write_message(r)) {
        end_with(r, ALERT_FAILED, "the mail could not be written");
        return;
    }
    r->delivery = m->upstreams
                      ? relay_new(m->upstreams, m->loop, &m->submission.timeouts, &r->owner)
                      : maildir_new(&m->maildir, &r->owner);
    if (r->delivery)
        say_mail(r);
    else
        end_with(r, ALERT_TRY_AGAIN, "out of memory");
}

void alert_mailer_forget(struct alert_job *job)
{
    if (job->run)
        run_free(job->run);
}
