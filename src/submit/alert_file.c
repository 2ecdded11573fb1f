/* SPDX-License-Identifier: ISC */
#include "submit/alert_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

/* At most max bytes of a file. mode: its permissions. */
static int read_file(const char *path, size_t max, struct buf *out, mode_t *mode)
{
    struct stat st;
    buf_init(out, max + 1);
    int error = 0, fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &st))
        error = -errno;
    else if (!S_ISREG(st.st_mode))
        error = S_ISDIR(st.st_mode) ? -EISDIR : ERR_FORMAT;
    uint8_t *room = error ? NULL : buf_reserve(out, max + 1);
    ssize_t n = room ? read(fd, room, max + 1) : 0;
    if (!error)
        error = !room ? -ENOMEM : n < 0 ? -errno : (size_t)n > max ? ERR_TOO_BIG : 0;
    if (!error) {
        buf_grew(out, (size_t)n);
        *mode = st.st_mode;
    }
    (void)close(fd); /* only read */
    return error;
}

bool alert_secret_read(const char *path, struct buf *out, struct buf *why)
{
    mode_t mode = 0;
    int error = read_file(path, ALERT_SECRET_MAX, out, &mode);
    if (!error && mode & S_IRWXO)
        error = ERR_OPEN_MODE;
    while (!error && buf_size(out) && slice_has(SLICE("\r\n\t "), out->p[out->end - 1]))
        out->end--;
    if (error)
        buf_printf(why, "alerts.webhook-secret: %s: %s", path, err_text(error));
    else if (buf_size(out) < ALERT_SECRET_MIN)
        buf_printf(why, "alerts.webhook-secret: %s: shorter than %d characters", path,
                   ALERT_SECRET_MIN);
    else
        return true;
    buf_wipe(out);
    return false;
}

/* ---- templates ---- */

static unsigned line_at(struct slice text, size_t at)
{
    unsigned line = 1;
    for (size_t i = 0; i < at && i < text.n; i++)
        line += text.p[i] == '\n';
    return line;
}

static bool find_kind(struct slice name, size_t *out)
{
    for (size_t i = DEVICE_ALERT_NONE + 1; i < DEVICE_ALERT_COUNT; i++)
        if (slice_equal(name, slice_of_str(device_alert_text((enum device_alert)i)))) {
            *out = i;
            return true;
        }
    return false;
}

static bool read_template(struct alert_templates *t, const char *path, struct slice name,
                          struct buf *why)
{
    struct fault fault = { 0 };
    size_t kind;
    mode_t mode;
    if (!find_kind(name, &kind)) {
        buf_printf(why, "%s: no alert is called \"%.*s\"", path, SLICE_ARG(name));
        return false;
    }
    int error = read_file(path, ALERT_TEMPLATE_MAX, &t->text[kind], &mode);
    if (error) {
        buf_printf(why, "%s: %s", path, err_text(error));
        return false;
    }
    struct slice text = buf_slice(&t->text[kind]);
    if (alert_template_check(text, &fault))
        return true;
    buf_printf(why, "%s:%u: %s", path, line_at(text, fault.at), fault.what);
    return false;
}

bool alert_templates_read(struct alert_templates *t, const char *folder, struct buf *why)
{
    char path[PATH_MAX];
    const struct dirent *entry;
    bool ok = true;
    for (size_t i = 0; i < DEVICE_ALERT_COUNT; i++)
        buf_init(&t->text[i], ALERT_TEMPLATE_MAX + 1);
    if (!folder)
        return true;
    DIR *d = opendir(folder);
    if (!d) {
        buf_printf(why, "alerts.templates: %s: %s", folder, err_text(-errno));
        return false;
    }
    while (ok && (entry = readdir(d))) {
        struct slice name = slice_of_str(entry->d_name);
        if (!slice_ends_nocase(name, SLICE(".txt")) || name.p[0] == '.')
            continue;
        int n = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        ok = n > 0 && (size_t)n < sizeof path &&
             read_template(t, path, slice_first(name, name.n - 4), why);
    }
    (void)closedir(d); /* only read */
    if (!ok && buf_size(why) == 0)
        buf_printf(why, "alerts.templates: %s: %s", folder, err_text(-ENAMETOOLONG));
    return ok;
}

void alert_templates_clear(struct alert_templates *t)
{
    for (size_t i = 0; i < DEVICE_ALERT_COUNT; i++)
        buf_clear(&t->text[i]);
}

struct slice alert_template_of(const struct alert_templates *t, enum device_alert kind)
{
    struct slice own =
        (unsigned)kind < DEVICE_ALERT_COUNT ? buf_slice(&t->text[kind]) : (struct slice){ 0 };
    return own.n ? own : alert_template_builtin(kind);
}
