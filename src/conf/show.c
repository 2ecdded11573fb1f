/* SPDX-License-Identifier: ISC */
#include "conf/show.h"

#include <string.h>

#include "conf/read.h"

#define INDENT 2 /* spaces a level */

static bool is_plain_byte(uint8_t c)
{
    uint8_t low = ascii_lower(c);
    return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || (c && strchr("/._-", c));
}

/* Whether text may stand without quotes, wherever a value may. */
static bool is_plain(struct slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (!is_plain_byte(text.p[i]))
            return false;
    return text.n && text.p[0] != '-' && text.p[0] != '.' &&
           !slice_equal_nocase(text, SLICE("null"));
}

static void write_text(const char *text, struct buf *out)
{
    if (is_plain(slice_of_str(text))) {
        buf_append_str(out, text);
        return;
    }
    buf_append_byte(out, '"');
    for (const char *c = text; *c; c++) {
        if (*c == '"' || *c == '\\')
            buf_append_byte(out, '\\');
        buf_append_byte(out, (uint8_t)*c);
    }
    buf_append_byte(out, '"');
}

static bool write_list(const struct conf_list *list, struct buf *out)
{
    buf_append_str(out, " [");
    for (size_t i = 0; i < list->n; i++) {
        buf_append_str(out, i ? ", " : "");
        write_text(list->at[i], out);
    }
    buf_append_str(out, "]");
    return true;
}

static bool write_certificates(const struct conf_tls *tls, unsigned indent, struct buf *out)
{
    for (size_t i = 0; i < tls->n; i++) {
        buf_printf(out, "\n%*s- {certificate: ", (int)indent + INDENT, "");
        write_text(tls->at[i].certificate, out);
        buf_append_str(out, ", key: ");
        write_text(tls->at[i].key, out);
        buf_append_str(out, "}");
    }
    return tls->n > 0;
}

static bool write_rules(const struct conf_clientid *rules, unsigned indent, struct buf *out)
{
    for (size_t i = 0; i < rules->n; i++) {
        const char *between = " [";
        buf_printf(out, "\n%*s", (int)indent + INDENT, "");
        write_text(rules->at[i].pattern, out);
        buf_append_byte(out, ':');
        for (unsigned bit = 0; clientid_flags[bit]; bit++) {
            if (!(rules->at[i].flags & 1u << bit))
                continue;
            buf_printf(out, "%s%s", between, clientid_flags[bit]);
            between = ", ";
        }
        buf_append_byte(out, ']');
    }
    return rules->n > 0;
}

static bool write_optional(const char *text, struct buf *out)
{
    if (!text)
        return false;
    buf_append_byte(out, ' ');
    write_text(text, out);
    return true;
}

static bool write_number(uint64_t value, const struct key *key, struct buf *out)
{
    buf_append_byte(out, ' ');
    if (value == 0 && key->words)
        buf_append_str(out, key->words[0]);
    else
        unit_write(value, key_unit(key->type), out);
    return true;
}

bool show_value(const struct conf *conf, const struct key *key, unsigned indent, struct buf *out)
{
    const void *at = (const char *)conf + key->offset;
    switch (key->type) {
    case KEY_TEXT: return write_optional(*(const char *const *)at, out);
    case KEY_CHOICE: return write_optional(key->words[*(const unsigned *)at], out);
    case KEY_BOOL: return write_optional(*(const bool *)at ? "yes" : "no", out);
    case KEY_COUNT:
    case KEY_OCTETS_SHORT: return write_number(*(const uint32_t *)at, key, out);
    case KEY_OCTETS: return write_number(*(const uint64_t *)at, key, out);
    case KEY_TIME: return write_number((uint64_t) * (const int64_t *)at, key, out);
    case KEY_LIST: {
        const struct conf_list *list = at;
        return (list->n || key->min == 0) && write_list(list, out);
    }
    case KEY_CERTIFICATES: return write_certificates(at, indent, out);
    case KEY_CLIENTID_RULES: return write_rules(at, indent, out);
    case KEY_INCLUDE: break;
    }
    return false;
}

/* Writes the section headers between the last key's path and this one's; returns the indent and
 * the name of the key in its section. */
static unsigned open_sections(struct slice last, struct slice *path, struct buf *out)
{
    struct slice section, rest, last_section;
    unsigned indent = 0;
    bool same = true;
    while (slice_cut(*path, '.', &section, &rest)) {
        same = slice_cut(last, '.', &last_section, &last) && same &&
               slice_equal(section, last_section);
        if (!same)
            buf_printf(out, "%*s%.*s:\n", (int)indent, "", SLICE_ARG(section));
        indent += INDENT;
        *path = rest;
    }
    return indent;
}

void conf_show(const struct conf *conf, struct buf *out)
{
    struct slice last = { 0 };
    for (size_t i = 0; i < conf_key_count; i++) {
        const struct key *key = &conf_keys[i];
        if (key->type == KEY_INCLUDE)
            continue;
        CLEANUP(buf_clear) struct buf value;
        buf_init(&value, SHOW_VALUE_MAX);
        struct slice name = slice_of_str(key->path);
        unsigned indent = open_sections(last, &name, out);
        last = slice_of_str(key->path);
        if (show_value(conf, key, indent, &value))
            buf_printf(out, "%*s%.*s:", (int)indent, "", SLICE_ARG(name));
        else
            buf_printf(out, "%*s# %.*s: not set", (int)indent, "", SLICE_ARG(name));
        buf_append(out, buf_slice(&value));
        buf_append_byte(out, '\n');
    }
}
