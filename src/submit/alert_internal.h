/* SPDX-License-Identifier: ISC
 *
 * submit/alert_internal: what the files of alert*.c share.
 *
 * alert.c has the queue; alert_quiet.c who was told lately; alert_text.c and alert_template.c are
 * pure; alert_file.c reads templates and secrets; alert_mail.c, alert_command.c (with alert_exec.c,
 * the other process) and alert_webhook.c are the three ways out. Each way is given jobs one by one
 * and calls alert_done once for each, never from inside the call, unless it is told to forget.
 */
#pragma once

#include <sys/types.h>

#include "submit/alert.h"

#define ALERT_TEMPLATE_MAX     ((size_t)16 * 1024)
#define ALERT_MAIL_MAX         ((size_t)128 * 1024)
#define ALERT_JSON_MAX         ((size_t)8 * 1024)
#define ALERT_SECRET_MIN       16
#define ALERT_SECRET_MAX       4096
#define ALERT_COMMANDS_AT_ONCE 4
#define ALERT_COMMAND_US       INT64_C(10000000)

/* ---- pure ---- */

/* Subject, empty line, body; placeholders {account} {time} {device} {place} {reason} {kind}, and {{
 * for a brace. */
MUST_USE bool alert_template_check(struct slice text, struct fault *why);
struct slice alert_template_builtin(enum device_alert kind);
/* The parts of a checked one, and one of them with its placeholders filled. Values lose control
 * characters and what is not UTF-8. */
void alert_template_split(struct slice text, struct slice *subject, struct slice *body);
void alert_template_fill(struct buf *out, struct slice part, const struct alert *alert);
/* Control characters and bytes that are not UTF-8 become "?". */
void alert_append_clean(struct buf *out, struct slice text);
/* Where an account's mail goes: itself, or with realm. False: it has no domain, or is no address. */
MUST_USE bool alert_address(struct slice account, struct slice realm, struct buf *out);
/* "sha256=HEX" over timestamp, a dot and body. */
#define ALERT_SIGNATURE_MAX (7 + 64 + 1)
void alert_sign(struct slice key, const char *timestamp, struct slice body,
                char out[ALERT_SIGNATURE_MAX]);
/* When the next try after so many is due; 0: there is none. */
int64_t alert_retry_us(unsigned tries);

/* ---- who was told lately ---- */

struct alert_quiet;
struct alert_quiet *alert_quiet_new(int64_t quiet_us, uint32_t max); /* NULL without memory */
void alert_quiet_free(struct alert_quiet *q);
/* True, and noted, when nobody was told of this within quiet_us. */
bool alert_quiet_pass(struct alert_quiet *q, const struct alert *alert, int64_t now_us);

/* ---- files ---- */

struct alert_templates {
    struct buf text[DEVICE_ALERT_COUNT]; /* empty: the built-in one */
};
MUST_USE bool alert_templates_read(struct alert_templates *t, const char *folder, struct buf *why);
void alert_templates_clear(struct alert_templates *t);
struct slice alert_template_of(const struct alert_templates *t, enum device_alert kind);
/* The key without white space at its end; false: *why says what is wrong. */
MUST_USE bool alert_secret_read(const char *path, struct buf *out, struct buf *why);

/* ---- jobs ---- */

struct alert_event { /* one alert, for as many jobs as there are targets */
    struct alert alert;
    unsigned refs;
    char account[DEVICE_ACCOUNT_MAX], type[DEVICE_TYPE_MAX], label[DEVICE_LABEL_MAX],
        reason[DEVICE_REASON_MAX];
};

enum alert_way { ALERT_BY_MAIL, ALERT_BY_COMMAND, ALERT_BY_WEBHOOK, ALERT_WAYS };

struct alert_job {
    struct alert_job *next, **at; /* in the queue */
    struct alerts *alerts;
    struct alert_event *event;
    unsigned target; /* index in alerts.to */
    unsigned tries;
    int64_t due_us;
    bool running;
    void *run; /* the way's, while it runs */
};

enum alert_outcome { ALERT_TOLD, ALERT_FAILED, ALERT_TRY_AGAIN };
/* trouble: for the log. The job may be gone afterwards. */
void alert_done(struct alert_job *job, enum alert_outcome outcome, const char *trouble);

struct alert_mailer;
struct alert_mailer *alert_mailer_start(const struct conf *conf,
                                        const struct alert_templates *templates, struct loop *loop,
                                        struct thread_pool *threads, struct buf *why);
void alert_mailer_free(struct alert_mailer *m);
void alert_mailer_send(struct alert_mailer *m, struct alert_job *job);
void alert_mailer_forget(struct alert_job *job);

struct alert_webhooks;
struct alert_webhooks *alert_webhooks_start(struct slice key, struct loop *loop);
void alert_webhooks_free(struct alert_webhooks *w);
void alert_webhook_send(struct alert_webhooks *w, struct alert_job *job, const char *url);
void alert_webhook_forget(struct alert_webhooks *w, struct alert_job *job);

struct alert_commands;
struct alert_exec_setup {
    const char *user;         /* to become */
    const char *const *paths; /* absolute; must outlive it */
    size_t n;
    int64_t limit_us; /* a command's time, then SIGKILL */
};
/* Forks the process that starts them. */
struct alert_commands *alert_commands_open(const struct alert_exec_setup *setup, struct buf *why);
MUST_USE int alert_commands_start(struct alert_commands *c, struct loop *loop);
void alert_commands_free(struct alert_commands *c);
void alert_command_send(struct alert_commands *c, struct alert_job *job, size_t path);
void alert_command_forget(struct alert_commands *c, struct alert_job *job);

/* ---- the other process, and what is said between the two ---- */

struct alert_exec_request {
    uint32_t id, path; /* the index of one of its paths: it runs no others */
    uint8_t json[ALERT_JSON_MAX];
};
enum alert_exec_end {
    ALERT_EXEC_READY,
    ALERT_EXEC_EXIT,
    ALERT_EXEC_SIGNAL,
    ALERT_EXEC_TIMEOUT,
    ALERT_EXEC_ERROR
};
struct alert_exec_reply {
    uint32_t id;
    int32_t end;   /* of enum alert_exec_end */
    int32_t value; /* exit code, signal, or -errno */
};
/* The body of the process, after its fork: never returns. */
NORETURN void alert_exec_run(int fd, const struct alert_exec_setup *setup);
