/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "practices/practices_internal.h"
#include "practices/ssp_record.h"

#define RECORD_MAX 4096 /* octets of its text */
#define STRING_MAX 255  /* octets of one character-string (RFC 1035 §3.3) */
#define LABEL_MAX  63
#define LOCAL_MAX  4096

/* ---- user-level names (§4.1) ---- */

static bool is_ldh(uint8_t c)
{
    uint8_t low = ascii_lower(c);
    return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

static char *to_text(const struct buf *b)
{
    size_t n = buf_size(b);
    char *text = b->failed ? NULL : malloc(n + 1);
    if (!text)
        return NULL;
    memcpy(text, buf_slice(b).p, n);
    text[n] = 0;
    return text;
}

char *practices_user_name(struct slice user, const struct domain *domain)
{
    struct buf b;
    buf_init(&b, DOMAIN_MAX);
    for (size_t i = 0; i < user.n && buf_size(&b) < LABEL_MAX; i++)
        if (is_ldh(user.p[i]))
            buf_append_byte(&b, user.p[i]);
    bool any = buf_size(&b) > 0;
    buf_printf(&b, "._user.%s", domain->text);
    char *name = any ? to_text(&b) : NULL;
    buf_clear(&b);
    return name;
}

char *postern_practices_user_name(const char *local_part, const char *domain)
{
    uint8_t room[LOCAL_MAX];
    struct slice written = slice_first(slice_of_str(local_part), sizeof room);
    struct domain d;
    if (!domain_parse(slice_of_str(domain), &d))
        return NULL;
    return practices_user_name(practices_unquote(written, room), &d);
}

/* ---- records (§4.2) ---- */

static bool is_one_of(const char *value, const char *const words[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (slice_equal_nocase(slice_of_str(value), slice_of_str(words[i])))
            return true;
    return false;
}

static bool are_flags(const char *value)
{
    struct slice rest = slice_of_str(value), flag;
    for (bool more = true; more;) {
        more = slice_cut(rest, ':', &flag, &rest);
        if (!ssp_is_flag(flag))
            return false;
    }
    return true;
}

static const char *fault_of(const char *p, const char *u, const char *t)
{
    static const char *const practices[] = { "unknown", "all", "strict" };
    static const char *const yes_no[] = { "yes", "no" };
    if (!p && !u && !t)
        return "a record needs a tag";
    if (p && !is_one_of(p, practices, ARRAY_SIZE(practices)))
        return "p must be unknown, all or strict";
    if (u && !is_one_of(u, yes_no, ARRAY_SIZE(yes_no)))
        return "u must be yes or no";
    if (t && !are_flags(t))
        return "t must be flags (letters, digits, \"-\") with \":\" between them";
    return NULL;
}

/* A wildcard's first label is no label of a name that is asked for. */
static bool owner_name(const char *name, struct domain *out, bool *wildcard)
{
    struct slice text = slice_of_str(name);
    *wildcard = slice_starts(text, SLICE("*."));
    return domain_parse(slice_from(text, *wildcard ? 2 : 0), out) &&
           out->n + (*wildcard ? 2 : 0) <= DOMAIN_MAX;
}

static bool is_user_level(const struct domain *d, bool wildcard)
{
    return strstr(d->text, "._user.") ||
           (wildcard && slice_starts(slice_of_str(d->text), SLICE("_user.")));
}

static void add_tag(struct buf *text, const char *name, const char *value)
{
    if (value)
        buf_printf(text, "%s%s=%s", buf_size(text) ? "; " : "", name, value);
}

/* "\# n hex" (RFC 3597 §5) of the text as character-strings */
static void add_rdata(struct buf *line, struct slice text)
{
    size_t strings = (text.n + STRING_MAX - 1) / STRING_MAX;
    buf_printf(line, " \\# %zu ", text.n + strings);
    for (size_t at = 0; at < text.n; at += STRING_MAX) {
        struct slice string = slice_first(slice_from(text, at), STRING_MAX);
        buf_printf(line, "%02zX", string.n);
        for (size_t i = 0; i < string.n; i++)
            buf_printf(line, "%02X", string.p[i]);
    }
}

char *postern_practices_record(const char *name, uint16_t rrtype, const char *p, const char *u,
                               const char *t, const char **why)
{
    struct domain owner;
    struct buf text, line;
    bool wildcard;
    *why = fault_of(p, u, t);
    if (!*why && !owner_name(name, &owner, &wildcard))
        *why = "not a domain name";
    if (!*why && u && is_user_level(&owner, wildcard))
        *why = "u must not stand in a user-level record";
    if (*why)
        return NULL;
    buf_init(&text, RECORD_MAX);
    buf_init(&line, RECORD_MAX * 3);
    add_tag(&text, "p", p);
    add_tag(&text, "u", u);
    add_tag(&text, "t", t);
    buf_printf(&line, "%s%s. IN TYPE%u", wildcard ? "*." : "", owner.text, (unsigned)rrtype);
    add_rdata(&line, buf_slice(&text));
    line.failed |= text.failed;
    char *record = to_text(&line);
    if (!record)
        *why = text.failed ? "too long" : "out of memory";
    buf_clear(&text);
    buf_clear(&line);
    return record;
}
