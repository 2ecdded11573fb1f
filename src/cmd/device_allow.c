/* SPDX-License-Identifier: ISC
 *
 * postern device allow, disallow: licence tokens that were established outside of the session
 * (draft-storey-smtp-client-id-13 §6.3-4). They become pseudonyms here; nothing of them is printed.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"
#include "cmd/cmd.h"
#include "cmd/device.h"
#include "smtp/clientid.h"

#define LINE_MAX_BYTES 1024

struct loading {
    struct device_command *c;
    FILE *file;
    char type[DEVICE_TYPE_MAX + 1];
    json_t *tokens; /* of the batch; owned */
    unsigned long long line, loaded;
    struct buf text; /* "TYPE TOKEN": wiped */
    bool shows;      /* progress */
};

static int read_line(struct loading *l, struct buf *out)
{
    int c;
    buf_wipe(out);
    while ((c = getc(l->file)) != EOF && c != '\n')
        buf_append_byte(out, (uint8_t)c);
    l->line++;
    return c == EOF && buf_size(out) == 0 ? EOF : 0;
}

static int send_batch(struct loading *l)
{
    char what[32];
    json_t *answer = NULL;
    size_t n = json_array_size(l->tokens);
    if (n == 0)
        return CMD_OK;
    (void)snprintf(what, sizeof what, "device.%s", l->c->verb);
    json_t *request = json_pack("{s:s, s:s, s:s, s:O}", "do", what, "account", l->c->argument[0],
                                "type", l->type, "tokens", l->tokens);
    int code = tool_ask(&l->c->tool, request, &answer);
    if (code != CMD_OK)
        return code;
    l->loaded += (unsigned long long)json_integer_value(json_object_get(answer, "tokens"));
    json_decref(answer);
    if (json_array_clear(l->tokens))
        return tool_error(&l->c->tool, l->c->tokens, -ENOMEM);
    if (l->shows)
        (void)fprintf(stderr, "\r%llu lines", l->line);
    return CMD_OK;
}

/* One line: a token, nothing, or a comment. */
static int take_token(struct loading *l, struct slice token)
{
    struct clientid id;
    struct fault why;
    struct pseudonym p;
    char text[PSEUDONYM_TEXT_MAX];
    const struct tool *t = &l->c->tool;
    if (token.n == 0 || token.p[0] == '#')
        return CMD_OK;
    buf_wipe(&l->text);
    buf_append_str(&l->text, l->type);
    buf_append_byte(&l->text, ' ');
    buf_append(&l->text, token);
    if (l->text.failed || !smtp_clientid_parse(buf_slice(&l->text), true, &id, &why))
        return tool_say(t, "%s: line %llu: %s", l->c->tokens, l->line,
                        l->text.failed ? "the token is too long" : why.what);
    p = pseudonym_of(t->privacy, ID_CLIENTID_TOKEN, slice_of_str(l->type), id.token);
    if (json_array_append_new(l->tokens, json_string(pseudonym_text(&p, text))))
        return tool_error(t, l->c->tokens, -ENOMEM);
    return json_array_size(l->tokens) == CONTROL_BATCH_MAX ? send_batch(l) : CMD_OK;
}

static int load(struct loading *l)
{
    struct buf line;
    int code = CMD_OK;
    buf_init(&line, LINE_MAX_BYTES);
    while (code == CMD_OK && read_line(l, &line) != EOF) {
        struct slice s = buf_slice(&line);
        if (s.n && s.p[s.n - 1] == '\r')
            s.n--;
        if (line.failed)
            code = tool_say(&l->c->tool, "%s: line %llu: too long", l->c->tokens, l->line);
        else
            code = take_token(l, slice_trim(s));
    }
    if (code == CMD_OK)
        code = send_batch(l);
    buf_wipe(&line);
    if (l->shows && l->line > CONTROL_BATCH_MAX)
        (void)fputc('\n', stderr);
    return code;
}

static int report(const struct loading *l, int code)
{
    const struct device_command *c = l->c;
    bool allow = strcmp(c->verb, "allow") == 0;
    if (code != CMD_OK) {
        if (l->loaded)
            (void)tool_say(&c->tool, "%llu tokens were %s before that", l->loaded,
                           allow ? "allowed" : "removed");
        return code;
    }
    if (c->tool.json)
        return tool_json(&c->tool,
                         json_pack("{s:b, s:s, s:s, s:I}", "ok", 1, "account", c->argument[0],
                                   "type", l->type, "tokens", (json_int_t)l->loaded));
    (void)printf("%s %s: %llu tokens %s\n", c->argument[0], l->type, l->loaded,
                 allow ? "allowed" : "removed");
    return tool_end(&c->tool, CMD_OK);
}

static bool read_type(const char *text, char out[DEVICE_TYPE_MAX + 1])
{
    struct slice type = slice_of_str(text);
    if (type.n == 0 || type.n > DEVICE_TYPE_MAX)
        return false;
    for (size_t i = 0; i < type.n; i++)
        out[i] = (char)ascii_upper(type.p[i]);
    out[type.n] = '\0';
    return true;
}

static int load_file(struct loading *l)
{
    static char stdio_buffer[BUFSIZ]; /* ours, so that it can be wiped */
    (void)setvbuf(l->file, stdio_buffer, _IOFBF, sizeof stdio_buffer);
    l->tokens = json_array();
    l->shows = isatty(STDERR_FILENO);
    buf_init(&l->text, DEVICE_TYPE_MAX + 1 + CLIENTID_TOKEN_MAX);
    int code = l->tokens ? load(l) : tool_error(&l->c->tool, l->c->tokens, -ENOMEM);
    if (code == CMD_OK && ferror(l->file))
        code = tool_say(&l->c->tool, "%s: cannot be read", l->c->tokens);
    json_decref(l->tokens);
    buf_wipe(&l->text);
    (void)fclose(l->file); /* only read from */
    secret_wipe(stdio_buffer, sizeof stdio_buffer);
    return report(l, code);
}

int cmd_device_allow(struct device_command *c)
{
    struct loading l = { .c = c };
    bool from_stdin = strcmp(c->tokens, "-") == 0;
    int code = tool_secret(&c->tool);
    if (code != CMD_OK)
        return code;
    if (!read_type(c->argument[1], l.type))
        return tool_say(&c->tool, "%s is no type of CLIENTID", c->argument[1]);
    l.file = from_stdin ? stdin : fopen(c->tokens, "re");
    if (!l.file)
        return tool_say(&c->tool, "%s: cannot be opened", c->tokens);
    return load_file(&l);
}
