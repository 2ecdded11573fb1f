/* SPDX-License-Identifier: ISC */
#include "conf/keys.h"

#include "conf/policy_defaults.h"
#include "conf/record.h"
#include "conf/show.h"

#define LINE_MAX_BYTES 78

/* Text of a macro's one argument. */
static void write_quoted(const char *text, struct buf *out)
{
    buf_append_byte(out, '"');
    for (const char *c = text; *c; c++) {
        if (*c == '"')
            buf_append_str(out, "\\(dq");
        else if (*c == '\\')
            buf_append_str(out, "\\e");
        else
            buf_append_byte(out, (uint8_t)*c);
    }
    buf_append_byte(out, '"');
}

/* mdoc(7) wants each sentence to begin a line, and lines of at most 80 bytes; a line that begins
 * with a dot or an apostrophe would be a macro. */
static void write_text(struct slice text, struct buf *out)
{
    size_t column = 0;
    bool sentence = true;
    for (struct slice word; text.n;) {
        (void)slice_cut(text, ' ', &word, &text); /* the last word has no space behind it */
        bool macro = word.n && (word.p[0] == '.' || word.p[0] == '\'');
        if (column && (sentence || (column + 1 + word.n > LINE_MAX_BYTES && !macro))) {
            buf_append_byte(out, '\n');
            column = 0;
        }
        buf_printf(out, "%s%.*s", column ? " " : "", SLICE_ARG(word));
        column += word.n + (column > 0);
        sentence = slice_ends_nocase(word, SLICE("."));
    }
    buf_append_byte(out, '\n');
}

static void write_key(const struct key *key, struct buf *out)
{
    CLEANUP(buf_clear) struct buf text;
    buf_init(&text, 4096);
    buf_printf(&text, "%s Expects ", key->help);
    key_expects(key, &text);
    buf_append_byte(&text, '.');
    if (!key->fallback)
        buf_printf(&text, " Default: %s.", key->absent);
    buf_printf(out, ".It Cm %s\n", key->path);
    write_text(buf_slice(&text), out);
    if (key->fallback) {
        buf_append_str(out, "Default:\n.Ql ");
        write_quoted(key->fallback, out);
        buf_append_str(out, " .\n");
    }
    if (!key->reload)
        buf_append_str(out, "A change needs a restart.\n");
}

/* Behind a list of entries with keys of their own, those keys. */
static void write_keys(const struct key *keys, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++)
        write_key(&keys[i], out);
}

static void write_shipped(const struct conf_limit *limit, struct buf *out)
{
    CLEANUP(buf_clear) struct buf entry;
    CLEANUP(buf_clear) struct buf text;
    struct slice name, rest;
    buf_init(&entry, 1024);
    buf_init(&text, 4096);
    show_entry(NULL, KEY_LIMITS, limit, &entry);
    (void)slice_cut(buf_slice(&entry), ' ', &name, &rest); /* "{name: x, count: ...}": the rest */
    (void)slice_cut(rest, ' ', &name, &rest);
    buf_printf(&text, "%.*s. %s", SLICE_ARG(slice_first(rest, rest.n - 1)), limit->why);
    buf_printf(out, ".It Sy %s\n", limit->name);
    write_text(buf_slice(&text), out);
}

void conf_manual(struct buf *out)
{
    for (size_t i = 0; i < conf_key_count; i++) {
        const struct record *record = conf_record_of(conf_keys[i].type);
        write_key(&conf_keys[i], out);
        if (record)
            write_keys(record->keys, record->keys_n, out);
    }
    for (size_t i = 0; i < conf_shipped_limits_n; i++)
        write_shipped(&conf_shipped_limits[i], out);
}
