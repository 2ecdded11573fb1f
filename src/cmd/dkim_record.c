/* SPDX-License-Identifier: ISC
 *
 * postern dkim record: the line that publishes a key.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "cmd/cmd.h"
#include "cmd/dkim.h"
#include "cmd/dkim_zone.h"
#include "message/domain.h"

#define KEY_FILE_MAX ((size_t)64 * 1024)
#define RECORD_MAX   8192

/* ---- reading a key ---- */

int cmd_dkim_read(const char *path, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : 1;
    while (n > 0) {
        uint8_t *room = buf_reserve(out, 4096);
        n = room ? read(fd, room, 4096) : -1;
        if (n > 0)
            buf_grew(out, (size_t)n);
    }
    int error = out->failed ? ERR_TOO_BIG : n < 0 ? -errno : 0;
    if (fd >= 0)
        (void)close(fd); /* only read from */
    return error;
}

int cmd_dkim_key(const struct tool *t, const char *file, struct postern_dkim_private **out)
{
    CLEANUP(buf_wipe) struct buf pem;
    const char *why = NULL;
    buf_init(&pem, KEY_FILE_MAX);
    int error = cmd_dkim_read(file, &pem);
    if (error)
        return tool_error(t, file, error);
    struct slice text = buf_slice(&pem);
    struct postern_dkim_private *key = postern_dkim_private_new(text.p, text.n, &why);
    if (!key)
        return tool_say(t, "%s: %s", file, why);
    *out = key;
    return CMD_OK;
}

/* ---- printing its record ---- */

static json_t *record_json(const struct dkim_command *c, struct slice record, struct slice line)
{
    return json_pack("{s:o, s:s, s:I, s:s%, s:s%}", "name",
                     json_sprintf("%s._domainkey.%s", c->selectors.at[0], c->domains.at[0]), "type",
                     "TXT", "ttl", (json_int_t)c->ttl, "record", record.p, record.n, "line", line.p,
                     line.n);
}

static int print_line(struct dkim_command *c, struct slice record)
{
    CLEANUP(buf_clear) struct buf line;
    buf_init(&line, RECORD_MAX * 2);
    dkim_zone_line(&line, c->selectors.at[0], c->domains.at[0], c->ttl, record);
    if (line.failed)
        return tool_error(&c->tool, "record", -ENOMEM);
    if (c->tool.json)
        return tool_json(&c->tool, record_json(c, record, buf_slice(&line)));
    (void)printf("%.*s\n", SLICE_ARG(buf_slice(&line)));
    return tool_end(&c->tool, CMD_OK);
}

static int print_record(struct dkim_command *c, struct slice record)
{
    struct domain domain, selector;
    if (c->text) {
        (void)printf("%.*s\n", SLICE_ARG(record));
        return tool_end(&c->tool, CMD_OK);
    }
    if (!domain_parse(slice_of_str(c->domains.at[0]), &domain) ||
        !domain_parse(slice_of_str(c->selectors.at[0]), &selector))
        return tool_say(&c->tool, "a domain or selector is no DNS name");
    c->domains.at[0] = domain.text;
    c->selectors.at[0] = selector.text;
    return print_line(c, record);
}

int cmd_dkim_print_record(struct dkim_command *c, const struct postern_dkim_private *key)
{
    CLEANUP(buf_clear) struct buf record;
    char *text = postern_dkim_private_record(key);
    buf_init(&record, RECORD_MAX);
    dkim_zone_record(&record, slice_of_str(text), c->testing, c->exact_domain);
    int code = text && !record.failed ? print_record(c, buf_slice(&record))
                                      : tool_error(&c->tool, "record", -ENOMEM);
    free(text);
    return code;
}

int cmd_dkim_record(struct dkim_command *c)
{
    struct postern_dkim_private *key = NULL;
    int code = cmd_dkim_key(&c->tool, c->keys.at[0], &key);
    if (code == CMD_OK)
        code = cmd_dkim_print_record(c, key);
    postern_dkim_private_free(key);
    return code;
}
