/* SPDX-License-Identifier: ISC */
#include "smtp/path.h"

#include <arpa/inet.h>
#include <string.h>

#include "smtp/character.h"

#define LABEL_MAX 63 /* RFC 1035 §2.3.4, of an ASCII label */

struct cursor {
    struct slice in;
    size_t at;
    struct fault *why;
};

static bool fail(struct cursor *c, const char *what)
{
    *c->why = (struct fault){ .at = c->at, .what = what };
    return false;
}

static struct slice ahead(const struct cursor *c)
{
    return slice_from(c->in, c->at);
}

static struct slice since(const struct cursor *c, size_t from)
{
    return slice_first(slice_from(c->in, from), c->at - from);
}

static bool sees(const struct cursor *c, uint8_t byte)
{
    return c->at < c->in.n && c->in.p[c->at] == byte;
}

static bool take(struct cursor *c, uint8_t byte)
{
    if (!sees(c, byte))
        return false;
    c->at++;
    return true;
}

/* atext =/ UTF8-non-ascii (RFC 6531 §3.3) */
static size_t atext_at(struct slice s)
{
    return s.n && is_atext(s.p[0]) ? 1 : utf8_non_ascii(s);
}

/* Dot-string = Atom *("." Atom); here with dots anywhere: mailboxes such as "a..b" and "a." were
 * handed out by Japanese carriers and are still written to. */
static bool dot_string(struct cursor *c)
{
    size_t from = c->at;
    for (size_t n; (n = atext_at(ahead(c))) || sees(c, '.');)
        c->at += n ? n : 1;
    return c->at > from || fail(c, "wrong byte in a local part");
}

/* qtextSMTP and quoted-pairSMTP, each within %d32-126, or UTF8-non-ascii; the length of one */
static size_t quoted_content_at(struct slice s)
{
    if (s.n && s.p[0] == '\\')
        return s.n > 1 && s.p[1] >= 0x20 && s.p[1] < 0x7f ? 2 : 0;
    return s.n && s.p[0] >= 0x20 && s.p[0] < 0x7f && s.p[0] != '"' ? 1 : utf8_non_ascii(s);
}

/* Quoted-string = DQUOTE *QcontentSMTP DQUOTE */
static bool quoted_string(struct cursor *c)
{
    c->at++;
    for (size_t n; (n = quoted_content_at(ahead(c)));)
        c->at += n;
    return take(c, '"') || fail(c, "quoted local part not closed");
}

static bool local_part(struct cursor *c, struct slice *out)
{
    size_t from = c->at;
    if (!(sees(c, '"') ? quoted_string(c) : dot_string(c)))
        return false;
    if (c->at - from > SMTP_LOCAL_MAX)
        return fail(c, "local part too long");
    *out = since(c, from);
    return true;
}

/* sub-domain = Let-dig [Ldh-str] / U-label */
static bool label(struct cursor *c)
{
    size_t from = c->at, n;
    while (c->at < c->in.n) {
        uint8_t b = c->in.p[c->at];
        n = is_alnum(b) || b == '-' ? 1 : utf8_non_ascii(ahead(c));
        if (n == 0)
            break;
        c->at += n;
    }
    struct slice l = since(c, from);
    if (l.n == 0 || l.p[0] == '-' || l.p[l.n - 1] == '-')
        return fail(c, "wrong label in a domain");
    if (l.n > LABEL_MAX && slice_is_ascii(l))
        return fail(c, "label too long");
    return true;
}

/* IPv4-address-literal / IPv6-address-literal: no other tag was ever registered. */
static bool is_address(struct slice inside)
{
    struct slice tag = SLICE("IPv6:");
    bool v6 = slice_starts_nocase(inside, tag);
    struct slice digits = v6 ? slice_from(inside, tag.n) : inside;
    char text[INET6_ADDRSTRLEN] = "";
    struct in6_addr parsed;
    if (digits.n == 0 || digits.n >= sizeof text || slice_has(digits, 0))
        return false;
    memcpy(text, digits.p, digits.n);
    return inet_pton(v6 ? AF_INET6 : AF_INET, text, &parsed) == 1;
}

static bool address_literal(struct cursor *c)
{
    struct slice inside, behind;
    if (!slice_cut(slice_from(c->in, c->at + 1), ']', &inside, &behind) || !is_address(inside))
        return fail(c, "wrong address literal");
    c->at += inside.n + 2;
    return true;
}

static bool domain(struct cursor *c, struct slice *out)
{
    size_t from = c->at;
    if (sees(c, '[')) {
        if (!address_literal(c))
            return false;
    } else {
        do {
            if (!label(c))
                return false;
        } while (take(c, '.'));
    }
    if (c->at - from > SMTP_DOMAIN_MAX)
        return fail(c, "domain too long");
    *out = since(c, from);
    return true;
}

/* Mailbox = Local-part "@" ( Domain / address-literal ) */
static bool mailbox(struct cursor *c, struct smtp_path *out)
{
    size_t from = c->at;
    if (!local_part(c, &out->local))
        return false;
    if (!take(c, '@'))
        return fail(c, "no @ behind the local part");
    if (!domain(c, &out->domain))
        return false;
    out->mailbox = since(c, from);
    out->utf8 = !slice_is_ascii(out->mailbox);
    return true;
}

/* A-d-l = At-domain *( "," At-domain ), then ":" (RFC 5321 §4.1.1.3: accepted and ignored) */
static bool source_route(struct cursor *c)
{
    struct slice ignored;
    do {
        if (!take(c, '@'))
            return fail(c, "wrong source route");
        if (!domain(c, &ignored))
            return false;
    } while (take(c, ','));
    return take(c, ':') || fail(c, "wrong source route");
}

/* What stands between the angle brackets. */
static bool inside_brackets(struct cursor *c, enum smtp_path_kind kind, struct smtp_path *out)
{
    struct slice postmaster = slice_first(ahead(c), sizeof "Postmaster" - 1);
    if (sees(c, '>')) {
        out->mailbox = since(c, c->at);
        return kind == SMTP_REVERSE || fail(c, "empty forward-path");
    }
    if (kind == SMTP_FORWARD && slice_starts_nocase(ahead(c), SLICE("Postmaster>"))) {
        out->mailbox = out->local = postmaster;
        c->at += postmaster.n;
        return true;
    }
    if (sees(c, '@') && !source_route(c))
        return false;
    return mailbox(c, out);
}

bool smtp_path_parse(struct slice argument, enum smtp_path_kind kind, struct smtp_path *out,
                     struct slice *rest, struct fault *why)
{
    struct cursor c = { .in = argument, .why = why };
    struct smtp_path path = { 0 };
    while (take(&c, ' ') || take(&c, '\t'))
        ;
    size_t from = c.at;
    if (!take(&c, '<'))
        return fail(&c, "no < before the path");
    if (!inside_brackets(&c, kind, &path))
        return false;
    if (!take(&c, '>'))
        return fail(&c, "no > behind the path");
    if (c.at - from > SMTP_PATH_MAX)
        return fail(&c, "path too long");
    if (c.at < argument.n && !sees(&c, ' '))
        return fail(&c, "no space behind the path");
    *out = path;
    *rest = ahead(&c);
    return true;
}

bool smtp_mailbox_parse(struct slice text, struct smtp_path *out, struct fault *why)
{
    struct cursor c = { .in = text, .why = why };
    struct smtp_path path = { 0 };
    if (!mailbox(&c, &path))
        return false;
    if (c.at < text.n)
        return fail(&c, "text behind the mailbox");
    if (text.n > SMTP_PATH_MAX - 2)
        return fail(&c, "path too long");
    *out = path;
    return true;
}

struct slice smtp_local_unquote(struct slice local, uint8_t *out)
{
    bool quoted = local.n >= 2 && local.p[0] == '"';
    size_t n = 0, end = quoted ? local.n - 1 : local.n;
    for (size_t i = quoted; i < end && n < SMTP_LOCAL_MAX + 2; i++) {
        if (quoted && local.p[i] == '\\' && i + 1 < end)
            i++;
        out[n++] = local.p[i];
    }
    return (struct slice){ out, n };
}

bool smtp_mailbox_equal(const struct smtp_path *a, const struct smtp_path *b, bool fold_local)
{
    uint8_t a_bytes[SMTP_LOCAL_MAX + 2], b_bytes[SMTP_LOCAL_MAX + 2];
    if (a->local.n > sizeof a_bytes || b->local.n > sizeof b_bytes)
        return false; /* did not come from a parser */
    struct slice a_local = smtp_local_unquote(a->local, a_bytes);
    struct slice b_local = smtp_local_unquote(b->local, b_bytes);
    return slice_equal_nocase(a->domain, b->domain) &&
           (fold_local ? slice_equal_nocase(a_local, b_local) : slice_equal(a_local, b_local));
}

bool smtp_is_domain(struct slice text)
{
    struct fault ignored;
    struct slice found;
    struct cursor c = { .in = text, .why = &ignored };
    return domain(&c, &found) && c.at == text.n;
}
