/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "cmd/audit_run.h"
#include "cmd/cmd.h"

#define COLUMNS 80

static int print(void *stream, struct slice octets)
{
    return fwrite(octets.p, 1, octets.n, stream) == octets.n ? 0 : errno ? -errno : -EIO;
}

static size_t terminal_columns(void)
{
    struct winsize size;
    uint32_t columns;
    const char *told = getenv("COLUMNS");
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
        return size.ws_col;
    return told && slice_to_u32(slice_of_str(told), COLUMNS, 10000, &columns) ? columns : COLUMNS;
}

/* ---- the page ---- */

/* A report is made to be sent: it has the mode of any new file. */
static void open_mode(int fd)
{
    mode_t mask = umask(0);
    (void)umask(mask);
    (void)fchmod(fd, 0666 & ~mask); /* else it stays 0600 */
}

static int write_stream(const struct audit_report *report, FILE *stream)
{
    struct audit_report page = *report;
    page.write = print;
    page.owner = stream;
    int error = audit_report_html(&page);
    if (!error && (fflush(stream) || ferror(stream)))
        error = errno ? -errno : -EIO;
    return error;
}

static int write_beside(const struct audit_report *report, const char *path, char *beside)
{
    int fd = mkstemp(beside), error = fd < 0 ? -errno : 0;
    FILE *stream = fd < 0 ? NULL : fdopen(fd, "w");
    if (fd >= 0 && !stream) {
        error = -errno;
        (void)close(fd); /* nothing was written */
    }
    if (stream) {
        open_mode(fd);
        error = write_stream(report, stream);
        if (!error && fsync(fd))
            error = -errno;
        if (fclose(stream) && !error)
            error = -errno;
    }
    if (!error && rename(beside, path))
        error = -errno;
    if (error && fd >= 0)
        (void)unlink(beside); /* it is of no use */
    return error;
}

/* Whole or not at all; what is no file (a pipe, /dev/stdout) is written to as it is. */
static int write_page(const struct audit_report *report, const char *path)
{
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        FILE *stream = fopen(path, "we");
        int error = stream ? write_stream(report, stream) : -errno;
        if (stream && fclose(stream) && !error)
            error = -errno;
        return error;
    }
    struct buf beside;
    buf_init(&beside, PATH_MAX);
    buf_printf(&beside, "%s.XXXXXX", path);
    buf_append_byte(&beside, 0);
    int error = beside.failed ? -ENAMETOOLONG : write_beside(report, path, (char *)beside.p);
    buf_clear(&beside);
    return error;
}

/* ---- --fail-on ---- */

static bool has_verdict(const struct audit_client *client, const struct audit_limit *limit)
{
    for (unsigned i = 0; i < AUDIT_ATTACKS; i++)
        if ((limit->attack == AUDIT_ATTACKS || limit->attack == i) &&
            client->attacks[i].verdict >= limit->verdict)
            return true;
    return false;
}

static int check_verdicts(struct audit_run *run)
{
    const struct audit_limit *limit = &run->limit;
    bool any = limit->attack == AUDIT_ATTACKS;
    size_t n = 0;
    for (size_t i = 0; i < run->audit->clients_n; i++)
        n += has_verdict(run->audit->clients[i], limit);
    if (!n)
        return CMD_OK;
    return tool_say(&run->tool, "%zu client%s: %s%s%s", n, n == 1 ? "" : "s",
                    any ? "" : audit_attack_section(limit->attack), any ? "" : " is ",
                    audit_verdict_text(limit->verdict));
}

static int check_limit(struct audit_run *run)
{
    struct audit_concern concerns[AUDIT_CONCERNS_MAX];
    if (!run->limit.set)
        return CMD_OK;
    if (run->limit.verdict != AUDIT_NOT_SEEN)
        return check_verdicts(run);
    size_t n = audit_concerns(run->audit, concerns);
    if (!n || concerns[0].severity < run->limit.severity)
        return CMD_OK;
    return tool_say(&run->tool, "a finding is %s: %s%s%s",
                    audit_severity_text(concerns[0].severity), concerns[0].section,
                    concerns[0].section[0] ? " " : "", concerns[0].title);
}

/* ---- all of them ---- */

static int find_client(struct audit_run *run, struct audit_report *report)
{
    if (!run->client)
        return CMD_OK;
    report->only = audit_report_find(run->audit, run->mask, slice_of_str(run->client));
    return report->only
               ? CMD_OK
               : tool_say(&run->tool,
                          "--client: \"%s\" is no client, or the beginning of several; ids "
                          "are the same in another report only with the same --secret",
                          run->client);
}

int audit_output(struct audit_run *run)
{
    struct audit_report report = {
        .audit = run->audit,
        .mask = run->mask,
        .sources = run->sources,
        .columns = terminal_columns(),
        .write = print,
        .owner = stdout,
    };
    errno = 0;
    int error = audit_finish(run->audit), code = CMD_OK;
    if (error)
        return tool_error(&run->tool, "audit", error);
    if (run->html && strcmp(run->html, "-") != 0 && (error = write_page(&report, run->html)))
        code = tool_error(&run->tool, run->html, error);
    int found = find_client(run, &report);
    if (found != CMD_OK)
        return found;
    if (run->html && strcmp(run->html, "-") == 0)
        error = audit_report_html(&report);
    else
        error = run->json ? audit_report_json(&report) : audit_report_text(&report);
    if (error)
        return tool_error(&run->tool, "output", error);
    return code ? code : check_limit(run);
}
