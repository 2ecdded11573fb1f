/* SPDX-License-Identifier: ISC */
#include "submit/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/attribute.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"

#define WRITE_BYTES  (64 * 1024)
#define FOLDERS_MAX  (1024 * 1024) /* bytes of all recipients' folders */
#define FOLDER_MODE  0700
#define MESSAGE_MODE 0600

struct maildir {
    struct delivery delivery;
    const struct maildir_setup *setup;
    struct loop_task task; /* brings `reply` */
    struct thread_job job; /* makes the message safe */
    struct smtp_reply reply;
    struct buf sender;
    struct buf folders; /* one for each recipient, each with a NUL behind it */
    struct buf out;     /* content that is not written yet */
    char name[160];     /* of the file */
    char tmp[PATH_MAX]; /* "" until it is open */
    int fd;
    int error;
    bool ends_line, job_runs, closed;
    bool made; /* folders, whose names are not on disk yet */
};

static struct maildir *maildir_of(struct delivery *d)
{
    return CONTAINER_OF(d, struct maildir, delivery);
}

static void maildir_free(struct maildir *m)
{
    if (m->fd >= 0)
        (void)close(m->fd); /* synced already, or given up */
    if (m->tmp[0])
        (void)unlink(m->tmp);
    buf_clear(&m->sender);
    buf_clear(&m->folders);
    buf_clear(&m->out);
    free(m);
}

static void on_task(struct loop_task *task)
{
    struct maildir *m = CONTAINER_OF(task, struct maildir, task);
    if (m->closed)
        maildir_free(m);
    else
        m->delivery.owner->on_reply(m->delivery.owner, &m->reply);
}

static void answer(struct maildir *m, uint16_t code, struct smtp_enhanced enhanced,
                   const char *text)
{
    m->reply = (struct smtp_reply){ code, enhanced, slice_of_str(text) };
    loop_defer(m->setup->loop, &m->task);
}

static void answer_error(struct maildir *m, int error)
{
    LOG(L_ERROR, "maildir.failed", FIELD_STR("path", m->tmp), FIELD_STR("reason", err_text(error)));
    if (error == -ENOSPC || error == -EDQUOT)
        answer(m, 452, (struct smtp_enhanced){ 4, 3, 1 }, "Insufficient storage, try again later");
    else
        answer(m, 451, (struct smtp_enhanced){ 4, 3, 0 }, "Local error, try again later");
}

struct smtp_capabilities maildir_capabilities(void)
{
    return (struct smtp_capabilities){ .offered = SMTP_CAP_8BITMIME | SMTP_CAP_SMTPUTF8 };
}

bool maildir_name_is_safe(struct slice local)
{
    if (local.n == 0 || local.p[0] == '.')
        return false;
    for (size_t i = 0; i < local.n; i++) {
        uint8_t c = ascii_lower(local.p[i]);
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && !slice_has(SLICE("._+-="), c))
            return false;
    }
    return true;
}

static void maildir_mail(struct delivery *d, const struct delivery_mail *mail)
{
    struct maildir *m = maildir_of(d);
    buf_append(&m->sender, mail->sender);
    answer(m, 250, (struct smtp_enhanced){ 2, 1, 0 }, "Sender OK");
}

/* "/path/%u" for this local part; false when it names no folder. */
static bool folder_of(const struct maildir *m, struct slice local, struct buf *out)
{
    struct slice head, tail, path = slice_of_str(m->setup->path);
    while (slice_cut(path, '%', &head, &tail)) {
        buf_append(out, head);
        if (tail.n && tail.p[0] == 'u') {
            for (size_t i = 0; i < local.n; i++)
                buf_append_byte(out, ascii_lower(local.p[i]));
            tail = slice_from(tail, 1);
        } else {
            buf_append_byte(out, '%');
        }
        path = tail;
    }
    buf_append(out, head);
    buf_append_byte(out, 0);
    return !out->failed && buf_size(out) < PATH_MAX - sizeof m->name - 8;
}

/* An account by the backend's word, or by a folder that is there when the backend cannot say. */
static bool account_exists(const struct maildir *m, struct slice local, const char *folder)
{
    struct stat st;
    if (!strstr(m->setup->path, "%u"))
        return true;
    if (!maildir_name_is_safe(local))
        return false;
    if (m->setup->trusting)
        return true;
    int known = m->setup->auth ? auth_account_exists(m->setup->auth, local) : -1;
    return known > 0 || (known < 0 && stat(folder, &st) == 0 && S_ISDIR(st.st_mode));
}

static bool has_folder(const struct maildir *m, struct slice folder)
{
    struct slice one, all = buf_slice(&m->folders);
    while (slice_cut(all, 0, &one, &all))
        if (slice_equal(one, slice_first(folder, folder.n - 1)))
            return true;
    return false;
}

static void maildir_rcpt(struct delivery *d, const struct smtp_path *path,
                         const struct smtp_rcpt_parameters *p)
{
    struct maildir *m = maildir_of(d);
    uint8_t room[SMTP_LOCAL_MAX + 2];
    struct slice local = smtp_local_unquote(path->local, room);
    struct buf folder;
    (void)p; /* DSN is not offered */
    buf_init(&folder, PATH_MAX);
    if (!folder_of(m, local, &folder) ||
        !account_exists(m, local, (const char *)buf_slice(&folder).p)) {
        answer(m, 550, (struct smtp_enhanced){ 5, 1, 1 }, "No such mailbox here");
    } else {
        if (!has_folder(m, buf_slice(&folder)))
            buf_append(&m->folders, buf_slice(&folder));
        if (m->folders.failed)
            answer(m, 452, (struct smtp_enhanced){ 4, 5, 3 }, "Too many recipients");
        else
            answer(m, 250, (struct smtp_enhanced){ 2, 1, 5 }, "Recipient OK");
    }
    buf_clear(&folder);
}

static int make_folder(const char *path, bool *made)
{
    if (mkdir(path, FOLDER_MODE))
        return errno == EEXIST ? 0 : -errno;
    *made = true;
    return 0;
}

/* Creates folder with its parents, then cur, new and tmp in it. */
static int make_maildir(const char *folder, bool *made)
{
    static const char *const parts[] = { "cur", "new", "tmp" };
    char path[PATH_MAX];
    int error = 0;
    size_t n = strlen(folder);
    memcpy(path, folder, n + 1);
    for (size_t i = 1; i <= n && !error; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        char kept = path[i];
        path[i] = '\0';
        error = make_folder(path, made);
        path[i] = kept;
    }
    for (size_t i = 0; i < ARRAY_SIZE(parts) && !error; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, parts[i]);
        error = make_folder(path, made);
    }
    return error;
}

static void make_name(struct maildir *m)
{
    static _Atomic unsigned serial;
    int64_t now = clock_wall_us();
    (void)snprintf(m->name, sizeof m->name, "%lld.M%lldP%dQ%u.%.100s", (long long)(now / US_PER_S),
                   (long long)(now % US_PER_S), (int)getpid(), atomic_fetch_add(&serial, 1),
                   m->setup->hostname);
}

static int open_tmp(struct maildir *m)
{
    const char *folder = (const char *)buf_slice(&m->folders).p;
    int error = make_maildir(folder, &m->made);
    if (error)
        return error;
    make_name(m);
    (void)snprintf(m->tmp, sizeof m->tmp, "%s/tmp/%s", folder, m->name);
    m->fd = open(m->tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, MESSAGE_MODE);
    if (m->fd >= 0)
        return 0;
    error = -errno;
    m->tmp[0] = '\0';
    return error;
}

static void write_out(struct maildir *m)
{
    while (buf_size(&m->out) && !m->error) {
        struct slice held = buf_slice(&m->out);
        ssize_t n = write(m->fd, held.p, held.n);
        if (n < 0 && errno != EINTR)
            m->error = -errno;
        else if (n > 0)
            buf_consume(&m->out, (size_t)n);
    }
}

static void maildir_content(struct delivery *d)
{
    struct maildir *m = maildir_of(d);
    m->error = open_tmp(m);
    if (m->error) {
        answer_error(m, m->error);
        return;
    }
    buf_printf(&m->out, "Return-Path: <%.*s>\n", SLICE_ARG(buf_slice(&m->sender)));
    m->ends_line = true;
    answer(m, 354, (struct smtp_enhanced){ 0 }, "");
}

/* Content has no CR but before LF: dropping every CR makes the line ends local. */
static void maildir_write(struct delivery *d, struct slice content)
{
    struct maildir *m = maildir_of(d);
    struct slice run, rest;
    while (content.n && !m->error) {
        (void)slice_cut(content, '\r', &run, &rest);
        run = slice_first(run, WRITE_BYTES - buf_size(&m->out));
        buf_append(&m->out, run);
        if (run.n)
            m->ends_line = run.p[run.n - 1] == '\n';
        bool cr = run.n < content.n && content.p[run.n] == '\r';
        content = slice_from(content, run.n + cr);
        if (buf_size(&m->out) == WRITE_BYTES)
            write_out(m);
    }
}

static int sync_one(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int error = fsync(fd) ? -errno : 0;
    (void)close(fd); /* only synced */
    return error;
}

/* A new folder is on disk when its name is in the one above. Those that we may not read were there
 * before us. */
static int sync_above(char *path)
{
    int error = 0;
    for (char *slash; !error && (slash = strrchr(path, '/'));) {
        slash[slash == path] = '\0';
        error = sync_one(path);
        if (slash == path)
            break;
    }
    return error == -EACCES ? 0 : error;
}

static int sync_folder(const char *folder, bool made)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/new", folder);
    int error = sync_one(path);
    return error || !made ? error : sync_above(path);
}

/* Further recipients get a link to the same file; the first one's is renamed last. */
static int place(struct maildir *m, const char *folder, bool last)
{
    char path[PATH_MAX];
    int error = last ? 0 : make_maildir(folder, &m->made);
    (void)snprintf(path, sizeof path, "%s/new/%s", folder, m->name);
    if (!error && (last ? rename(m->tmp, path) : link(m->tmp, path)))
        error = -errno;
    if (!error && last)
        m->tmp[0] = '\0';
    return error ? error : sync_folder(folder, m->made);
}

static void work(struct thread_job *job)
{
    struct maildir *m = CONTAINER_OF(job, struct maildir, job);
    struct slice first, one, rest = buf_slice(&m->folders);
    if (fsync(m->fd))
        m->error = -errno;
    (void)slice_cut(rest, 0, &first, &rest);
    while (!m->error && slice_cut(rest, 0, &one, &rest))
        m->error = place(m, (const char *)one.p, false);
    if (!m->error)
        m->error = place(m, (const char *)first.p, true);
}

static void done(struct thread_job *job)
{
    struct maildir *m = CONTAINER_OF(job, struct maildir, job);
    m->job_runs = false;
    if (m->closed)
        maildir_free(m);
    else if (m->error)
        answer_error(m, m->error);
    else
        answer(m, 250, (struct smtp_enhanced){ 2, 0, 0 }, "Delivered");
}

static void maildir_end(struct delivery *d)
{
    struct maildir *m = maildir_of(d);
    if (!m->ends_line)
        buf_append_byte(&m->out, '\n');
    write_out(m);
    if (!m->error)
        m->error = thread_pool_submit(m->setup->threads, &m->job);
    if (m->error)
        answer_error(m, m->error);
    else
        m->job_runs = true;
}

static bool maildir_is_full(struct delivery *d)
{
    (void)d; /* what is written is written at once */
    return false;
}

static void maildir_close(struct delivery *d)
{
    struct maildir *m = maildir_of(d);
    m->closed = true;
    if (!m->task.queued && !m->job_runs)
        maildir_free(m);
}

static const struct delivery_class maildir_class = {
    .mail = maildir_mail,
    .rcpt = maildir_rcpt,
    .content = maildir_content,
    .write = maildir_write,
    .end = maildir_end,
    .is_full = maildir_is_full,
    .close = maildir_close,
};

struct delivery *maildir_new(const struct maildir_setup *setup, struct delivery_owner *owner)
{
    struct maildir *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->delivery = (struct delivery){ .class = &maildir_class, .owner = owner };
    m->setup = setup;
    m->task.run = on_task;
    m->job.work = work;
    m->job.done = done;
    m->fd = -1;
    buf_init(&m->sender, SMTP_PATH_MAX);
    buf_init(&m->folders, FOLDERS_MAX);
    buf_init(&m->out, WRITE_BYTES + 1024);
    return &m->delivery;
}
