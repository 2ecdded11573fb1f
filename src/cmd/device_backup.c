/* SPDX-License-Identifier: ISC
 *
 * postern device export, import: all that is kept, as lines of JSON, and back.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/device.h"

#define LINE_BYTES_MAX  ((size_t)64 * 1024)
#define BATCH_BYTES_MAX ((size_t)96 * 1024) /* escaped once more it still is a line */

/* ---- export ---- */

struct backup {
    unsigned long long n;
};

static bool on_line(void *context, struct slice json)
{
    struct backup *b = context;
    (void)fwrite(json.p, 1, json.n, stdout);
    (void)putchar('\n');
    b->n++;
    return !ferror(stdout);
}

int cmd_device_backup(struct device_command *c)
{
    struct tool *t = &c->tool;
    struct backup b = { 0 };
    struct buf account;
    buf_init(&account, DEVICE_ACCOUNT_MAX);
    int error = 0, code = tool_read(t);
    if (code == CMD_OK && c->argument[0])
        code = tool_account(t, c->argument[0], &account);
    if (code == CMD_OK && t->store)
        error = device_export(t->store, buf_slice(&account), on_line, &b);
    buf_clear(&account);
    if (code == CMD_OK)
        code = tool_end(t, code);
    if (code == CMD_OK && error)
        return tool_error(t, t->conf->state, error);
    if (code == CMD_OK && b.n == 0 && c->argument[0])
        return tool_say(t, "nothing is kept about that account");
    return code;
}

/* ---- import ---- */

struct restore {
    struct device_command *c;
    FILE *file;
    json_t *lines; /* of the batch; owned */
    size_t bytes;
    unsigned long long line, records; /* the first is 1 */
};

static int send_batch(struct restore *r)
{
    json_t *answer = NULL;
    char what[32];
    size_t n = json_array_size(r->lines);
    if (n == 0)
        return CMD_OK;
    (void)snprintf(what, sizeof what, "device.%s", r->c->verb);
    json_t *request = json_pack("{s:s, s:O, s:I}", "do", what, "lines", r->lines, "first",
                                (json_int_t)(r->line - n + 1));
    int code = tool_ask(&r->c->tool, request, &answer);
    json_decref(answer);
    if (code != CMD_OK)
        return code;
    r->records += n;
    r->bytes = 0;
    return json_array_clear(r->lines) ? tool_error(&r->c->tool, "import", -ENOMEM) : CMD_OK;
}

static int take_line(struct restore *r, struct slice text)
{
    const struct tool *t = &r->c->tool;
    if (!slice_is_utf8(text))
        return tool_say(t, "line %llu: not UTF-8", r->line);
    if (json_array_append_new(r->lines, json_stringn((const char *)text.p, text.n)))
        return tool_error(t, "import", -ENOMEM);
    r->bytes += text.n;
    bool full = json_array_size(r->lines) == CONTROL_BATCH_MAX ||
                r->bytes > BATCH_BYTES_MAX - LINE_BYTES_MAX;
    return full ? send_batch(r) : CMD_OK;
}

static int restore(struct restore *r)
{
    struct buf line;
    int c = 0, code = CMD_OK;
    buf_init(&line, LINE_BYTES_MAX);
    while (code == CMD_OK && c != EOF) {
        buf_clear(&line);
        while ((c = getc(r->file)) != EOF && c != '\n')
            buf_append_byte(&line, (uint8_t)c);
        if (line.failed)
            code = tool_say(&r->c->tool, "line %llu: too long", r->line + 1);
        else if (slice_trim(buf_slice(&line)).n == 0) {
            code = send_batch(r); /* a batch's lines follow each other */
            r->line++;
        } else {
            r->line++;
            code = take_line(r, buf_slice(&line));
        }
    }
    buf_clear(&line);
    return code == CMD_OK ? send_batch(r) : code;
}

static int report(const struct restore *r, int code)
{
    const struct tool *t = &r->c->tool;
    if (code != CMD_OK && r->records)
        (void)tool_say(t, "%llu records were taken in before that", r->records);
    if (code != CMD_OK)
        return code;
    if (t->json)
        return tool_json(t, json_pack("{s:b, s:I}", "ok", 1, "records", (json_int_t)r->records));
    (void)printf("%llu records\n", r->records);
    return tool_end(t, CMD_OK);
}

int cmd_device_restore(struct device_command *c)
{
    struct restore r = { .c = c };
    bool from_stdin = strcmp(c->argument[0], "-") == 0;
    r.file = from_stdin ? stdin : fopen(c->argument[0], "re");
    if (!r.file)
        return tool_say(&c->tool, "%s: cannot be opened", c->argument[0]);
    r.lines = json_array();
    int code = r.lines ? restore(&r) : tool_error(&c->tool, "import", -ENOMEM);
    if (code == CMD_OK && ferror(r.file))
        code = tool_say(&c->tool, "%s: cannot be read", c->argument[0]);
    json_decref(r.lines);
    (void)fclose(r.file); /* only read from */
    return report(&r, code);
}
