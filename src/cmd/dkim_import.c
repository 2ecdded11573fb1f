/* SPDX-License-Identifier: ISC
 *
 * postern dkim import: OpenDKIM's tables as the configuration of the milter.
 */
#include <errno.h>
#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/dkim.h"
#include "cmd/dkim_tables.h"

/* "file:PATH" and "refile:PATH" are read, and a path alone. NULL: another kind of table. */
static const char *path_of(const char *text)
{
    static const struct slice kinds[] = { SLICE_INIT("file:"), SLICE_INIT("refile:") };
    struct slice given = slice_of_str(text), kind, rest;
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        if (slice_starts_nocase(given, kinds[i]))
            return text + kinds[i].n;
    bool other = slice_cut(given, ':', &kind, &rest) && !slice_has(kind, '/');
    return other ? NULL : text;
}

static int read_table(const struct tool *t, const char *text, struct buf *room,
                      struct dkim_table *out)
{
    buf_init(room, DKIM_TABLE_MAX);
    out->name = path_of(text);
    if (!out->name)
        return tool_say(t, "%s: only tables in files (file:, refile:) can be read", text);
    int error = cmd_dkim_read(out->name, room);
    out->text = buf_slice(room);
    return error ? tool_error(t, out->name, error) : CMD_OK;
}

static int print(const struct tool *t, const struct dkim_import *import)
{
    struct slice yaml = buf_slice(&import->yaml), notes = buf_slice(&import->notes);
    (void)fwrite(yaml.p, 1, yaml.n, stdout); /* tool_end tells of faults */
    if (notes.n)
        (void)fprintf(stderr, "%.*s", SLICE_ARG(notes));
    if (import->unmapped)
        (void)tool_say(t, "%zu lines were not mapped", import->unmapped);
    return tool_end(t, import->unmapped ? CMD_FAILED : CMD_OK);
}

int cmd_dkim_import(struct dkim_command *c)
{
    const struct tool *t = &c->tool;
    struct buf rooms[2] = { 0 };
    struct dkim_table tables[2] = { 0 };
    struct dkim_import import;
    bool signing = c->arguments > 1;
    int code = read_table(t, c->argument[0], &rooms[0], &tables[0]);
    if (code == CMD_OK && signing)
        code = read_table(t, c->argument[1], &rooms[1], &tables[1]);
    if (code == CMD_OK) {
        bool fine = dkim_tables_import(&tables[0], signing ? &tables[1] : NULL, &import);
        code = fine ? print(t, &import) : tool_error(t, "tables", -ENOMEM);
        buf_clear(&import.yaml);
        buf_clear(&import.notes);
    }
    buf_clear(&rooms[0]);
    buf_clear(&rooms[1]);
    return code;
}
