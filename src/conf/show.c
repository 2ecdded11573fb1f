/* SPDX-License-Identifier: ISC */
#include "conf/show.h"

#include <string.h>

#include "conf/read.h"
#include "conf/record.h"

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

/* A time of zero is no value where zero is out of bounds: a key of an entry that was not given. */
static bool write_time(int64_t value, const struct key *key, struct buf *out)
{
    return (value || key->min == 0) && write_number((uint64_t)value, key, out);
}

static bool write_mode(uint32_t mode, struct buf *out)
{
    buf_printf(out, " %04o", mode);
    return true;
}

static bool write_bits(unsigned bits, const struct key *key, struct buf *out)
{
    const char *words[KEY_BITS_MAX + 2], *between = "";
    unsigned value[KEY_BITS_MAX + 1];
    bool many = (bits & (bits - 1)) != 0;
    key_bit_words(key, words, value);
    if (bits == 0 && key->min)
        return false;
    buf_append_str(out, many ? " [" : " ");
    for (size_t i = 0; words[i]; i++)
        if ((bits & value[i]) || (bits == 0 && value[i] == 0)) {
            buf_printf(out, "%s%s", between, words[i]);
            between = ", ";
        }
    buf_append_str(out, many ? "]" : "");
    return true;
}

static bool write_enrol(const struct conf_policy *policy, struct buf *out)
{
    switch (policy->enrol) {
    case CONF_ENROL_OPEN: buf_append_str(out, " open"); break;
    case CONF_ENROL_CLOSED: buf_append_str(out, " closed"); break;
    case CONF_ENROL_FIRST: buf_printf(out, " first-%u", policy->enrol_first); break;
    }
    return true;
}

static bool write_wanted(const struct conf_list *list, const struct key *key, struct buf *out)
{
    return (list->n || key->min == 0) && write_list(list, out);
}

/* What may stand in an entry of a list, too. base: what the key's offset is in. */
static bool show_simple(const void *base, const struct key *key, struct buf *out)
{
    const void *at = (const char *)base + key->offset;
    switch (key->type) {
    case KEY_TEXT: return write_optional(*(const char *const *)at, out);
    case KEY_CHOICE: return write_optional(key->words[*(const unsigned *)at], out);
    case KEY_BOOL: return write_optional(*(const bool *)at ? "yes" : "no", out);
    case KEY_COUNT:
    case KEY_OCTETS_SHORT: return write_number(*(const uint32_t *)at, key, out);
    case KEY_OCTETS: return write_number(*(const uint64_t *)at, key, out);
    case KEY_TIME: return write_time(*(const int64_t *)at, key, out);
    case KEY_LIST: return write_wanted(at, key, out);
    case KEY_BITS: return write_bits(*(const unsigned *)at, key, out);
    case KEY_MODE: return write_mode(*(const uint32_t *)at, out);
    case KEY_CERTIFICATES:
    case KEY_CLIENTID_RULES:
    case KEY_ENROL:
    case KEY_GROUPS:
    case KEY_RULES:
    case KEY_LIMITS:
    case KEY_LOCATIONS:
    case KEY_SIGN:
    case KEY_MAIL_LISTS:
    case KEY_INCLUDE: break;
    }
    return false;
}

static bool is_default(const struct key *key, struct slice value)
{
    return key->fallback && slice_equal(slice_from(value, 1), slice_of_str(key->fallback));
}

void show_entry(const struct conf *conf, enum key_type list, const void *entry, struct buf *out)
{
    const struct record *record = conf_record_of(list);
    const char *between = "";
    buf_append_byte(out, '{');
    for (size_t i = 0; i < record->keys_n; i++) {
        const struct key *key = &record->keys[i];
        CLEANUP(buf_clear) struct buf value;
        buf_init(&value, SHOW_VALUE_MAX);
        if (!show_simple(entry, key, &value) || is_default(key, buf_slice(&value)) ||
            (record->is_unsaid && record->is_unsaid(conf, key, entry)))
            continue;
        buf_printf(out, "%s%.*s:", between, SLICE_ARG(key_name(key)));
        buf_append(out, buf_slice(&value));
        out->failed = out->failed || value.failed;
        between = ", ";
    }
    buf_append_byte(out, '}');
}

static bool write_records(const struct conf *conf, const struct key *key, unsigned indent,
                          struct buf *out)
{
    const struct record *record = conf_record_of(key->type);
    size_t n;
    const char *entry = conf_record_entries(conf, key->type, &n);
    if (n == 0)
        buf_append_str(out, " []");
    for (size_t i = 0; i < n; i++, entry += record->size) {
        buf_printf(out, "\n%*s- ", (int)indent + INDENT, "");
        show_entry(conf, key->type, entry, out);
    }
    return true;
}

static bool write_groups(const struct conf_policy *policy, unsigned indent, struct buf *out)
{
    if (policy->groups_n == 0)
        buf_append_str(out, " {}");
    for (size_t i = 0; i < policy->groups_n; i++) {
        buf_printf(out, "\n%*s", (int)indent + INDENT, "");
        write_text(policy->groups[i].name, out);
        buf_append_byte(out, ':');
        (void)write_list(&policy->groups[i].account, out); /* true is what it always is */
    }
    return true;
}

static bool write_locations(const struct conf_policy *policy, unsigned indent, struct buf *out)
{
    if (policy->locations.table_n == 0)
        buf_append_str(out, " {}");
    for (size_t i = 0; i < policy->locations.table_n; i++) {
        buf_printf(out, "\n%*s", (int)indent + INDENT, "");
        write_text(policy->locations.table[i].network, out);
        buf_append_str(out, ": ");
        write_text(policy->locations.table[i].name, out);
    }
    return true;
}

static bool write_sign(const struct conf_milter *milter, unsigned indent, struct buf *out)
{
    const char *domain = "";
    if (milter->sign_n == 0)
        buf_append_str(out, " {}");
    for (size_t i = 0; i < milter->sign_n; i++) {
        const struct conf_sign *sign = &milter->sign[i];
        if (strcmp(sign->domain, domain) != 0) {
            buf_printf(out, "\n%*s", (int)indent + INDENT, "");
            write_text(sign->domain, out);
            buf_append_byte(out, ':');
        }
        domain = sign->domain;
        buf_printf(out, "\n%*s- ", (int)indent + 2 * INDENT, "");
        show_entry(NULL, KEY_SIGN, sign, out);
    }
    return true;
}

static bool write_mail_lists(const struct conf_milter *milter, unsigned indent, struct buf *out)
{
    if (milter->lists_n == 0)
        buf_append_str(out, " {}");
    for (size_t i = 0; i < milter->lists_n; i++) {
        buf_printf(out, "\n%*s", (int)indent + INDENT, "");
        write_text(milter->lists[i].pattern, out);
        buf_append_str(out, ": ");
        show_entry(NULL, KEY_MAIL_LISTS, &milter->lists[i], out);
    }
    return true;
}

bool show_value(const struct conf *conf, const struct key *key, unsigned indent, struct buf *out)
{
    switch (key->type) {
    case KEY_CERTIFICATES: return write_certificates(&conf->submission.tls, indent, out);
    case KEY_CLIENTID_RULES: return write_rules(&conf->clientid, indent, out);
    case KEY_ENROL: return write_enrol(&conf->policy, out);
    case KEY_GROUPS: return write_groups(&conf->policy, indent, out);
    case KEY_LOCATIONS: return write_locations(&conf->policy, indent, out);
    case KEY_SIGN: return write_sign(&conf->milter, indent, out);
    case KEY_MAIL_LISTS: return write_mail_lists(&conf->milter, indent, out);
    case KEY_RULES:
    case KEY_LIMITS: return write_records(conf, key, indent, out);
    case KEY_TEXT:
    case KEY_CHOICE:
    case KEY_BOOL:
    case KEY_COUNT:
    case KEY_OCTETS_SHORT:
    case KEY_OCTETS:
    case KEY_TIME:
    case KEY_LIST:
    case KEY_BITS:
    case KEY_MODE:
    case KEY_INCLUDE: break;
    }
    return show_simple(conf, key, out);
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
