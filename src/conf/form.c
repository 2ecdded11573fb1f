/* SPDX-License-Identifier: ISC */
#include "conf/form.h"

#include <arpa/inet.h>
#include <string.h>

static const char no_port[] = "the port is missing or not 1 to 65535";

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(uint8_t c)
{
    uint8_t low = ascii_lower(c);
    return is_digit(c) || (low >= 'a' && low <= 'z');
}

/* Only alphanumerics and the characters of `more`. */
static bool is_made_of(struct slice s, const char *more)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_alnum(s.p[i]) && !strchr(more, s.p[i]))
            return false;
    return true;
}

static bool is_ip(struct slice s, int family, uint8_t out[16])
{
    char text[INET6_ADDRSTRLEN];
    if (s.n >= sizeof text)
        return false;
    memcpy(text, s.n ? s.p : (const uint8_t *)"", s.n);
    text[s.n] = '\0';
    return inet_pton(family, text, out) == 1;
}

static const char *check_path(struct slice s)
{
    if (s.n == 0)
        return "the path is empty";
    return s.n > FORM_TEXT_MAX ? "the path is too long" : NULL;
}

static const char *check_label(struct slice label)
{
    if (label.n == 0)
        return "an empty label (two dots, or one at an end)";
    if (label.n > 63)
        return "a label of more than 63 characters";
    if (!is_made_of(label, "-"))
        return "a character that is no letter, digit or hyphen";
    if (label.p[0] == '-' || label.p[label.n - 1] == '-')
        return "a hyphen at the end of a label";
    return NULL;
}

static bool is_number(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_digit(s.p[i]))
            return false;
    return true;
}

const char *form_check_labels(struct slice s, const char *(*check)(struct slice label))
{
    struct slice label, rest = s;
    if (s.n == 0)
        return "the name is empty";
    if (s.n > 253)
        return "more than 253 characters";
    for (bool more = true; more;) {
        more = slice_cut(rest, '.', &label, &rest);
        const char *what = check(label);
        if (what)
            return what;
    }
    return NULL;
}

/* RFC 1123 §2.1: the last label is not a number, which tells a name from an address. */
static const char *check_host(struct slice s)
{
    struct slice before, last;
    const char *what = form_check_labels(s, check_label);
    if (what)
        return what;
    bool several = slice_cut_last(s, '.', &before, &last);
    return is_number(several ? last : s) ? "an address is not a host name" : NULL;
}

static const char *check_word(struct slice s)
{
    if (s.n == 0 || s.n > 255)
        return "not 1 to 255 characters";
    return slice_has(s, ' ') || slice_has(s, '@') ? "a space or \"@\"" : NULL;
}

static const char *check_user(struct slice s)
{
    if (s.n == 0 || s.n > 32)
        return "not 1 to 32 characters";
    if (!is_made_of(s, "._-") || s.p[0] == '-')
        return "a character that no user name has";
    return NULL;
}

static const char *check_kind(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != '-' && !(s.p[i] >= 'a' && s.p[i] <= 'z'))
            return "a character that is no lower-case letter or hyphen";
    return s.n ? NULL : "the name is empty";
}

static bool is_port(struct slice s)
{
    uint32_t port;
    return s.n <= 5 && slice_to_u32(s, 1, 65535, &port);
}

/* "[v6]:port" → v6 and port; false when the brackets are not that. */
static bool cut_brackets(struct slice s, struct slice *host, struct slice *port)
{
    struct slice tail;
    if (!slice_cut(slice_from(s, 1), ']', host, &tail) || !slice_starts(tail, SLICE(":")))
        return false;
    *port = slice_from(tail, 1);
    return true;
}

/* names: a host name may stand in place of the address. */
static const char *check_endpoint(struct slice s, bool names)
{
    struct slice host, port;
    uint8_t ip[16];
    if (slice_starts(s, SLICE("["))) {
        if (!cut_brackets(s, &host, &port))
            return no_port;
        if (!is_ip(host, AF_INET6, ip))
            return "not an IPv6 address between the brackets";
        return is_port(port) ? NULL : no_port;
    }
    if (!slice_cut_last(s, ':', &host, &port))
        return no_port;
    if (slice_has(host, ':'))
        return "an IPv6 address stands in brackets";
    if (!is_ip(host, AF_INET, ip)) {
        const char *what = names ? check_host(host) : "not an IP address";
        if (what)
            return what;
    }
    return is_port(port) ? NULL : no_port;
}

static const char *check_address(struct slice s)
{
    return check_endpoint(s, false);
}

static const char *check_listen(struct slice s)
{
    struct slice address, flag;
    if (slice_cut(s, '/', &address, &flag) && !slice_equal(flag, SLICE("tls")))
        return "what follows the slash is not \"tls\"";
    return check_endpoint(address, false);
}

static bool has_host_bits(const uint8_t ip[16], size_t bits, size_t all)
{
    for (size_t i = bits; i < all; i++)
        if (ip[i / 8] & (0x80 >> i % 8))
            return true;
    return false;
}

static const char *check_network(struct slice s)
{
    struct slice address, text;
    uint8_t ip[16];
    bool has_bits = slice_cut(s, '/', &address, &text);
    uint32_t all = slice_has(address, ':') ? 128 : 32, bits = all;
    if (!is_ip(address, all == 128 ? AF_INET6 : AF_INET, ip))
        return "not an IP address";
    if (has_bits && (text.n > 3 || !slice_to_u32(text, 0, all, &bits)))
        return "not a number of bits behind the slash";
    return has_host_bits(ip, bits, all) ? "bits are set behind those of the network" : NULL;
}

static const char *check_auth(struct slice s)
{
    struct slice kind, path;
    if (!slice_cut(s, ':', &kind, &path))
        return "no \"dovecot:\", \"file:\" or \"saslauthd:\" in front";
    if (!slice_equal(kind, SLICE("dovecot")) && !slice_equal(kind, SLICE("file")) &&
        !slice_equal(kind, SLICE("saslauthd")))
        return "no such backend";
    return check_path(path);
}

/* In a Maildir's path "%u" is the recipient; any other "%" is a slip. */
static const char *check_maildir(struct slice path)
{
    for (size_t i = 0; i < path.n; i++)
        if (path.p[i] == '%' && (i + 1 == path.n || path.p[i + 1] != 'u'))
            return "a \"%\" that is not \"%u\"";
    return NULL;
}

static const char *check_deliver(struct slice s)
{
    struct slice scheme, rest;
    if (!slice_cut(s, ':', &scheme, &rest))
        return "no \"smtp:\", \"lmtp:\" or \"maildir:\" in front";
    bool maildir = slice_equal(scheme, SLICE("maildir")), lmtp = slice_equal(scheme, SLICE("lmtp")),
         smtp = slice_equal(scheme, SLICE("smtp"));
    if (!maildir && !lmtp && !smtp)
        return "no such way of delivery";
    if (!maildir && slice_starts(rest, SLICE("//")))
        return check_endpoint(slice_from(rest, 2), true);
    if (smtp)
        return "\"//\" is missing behind \"smtp:\"";
    if (!slice_starts(rest, SLICE("/")))
        return "the path does not begin with \"/\"";
    const char *what = check_path(rest);
    return what || !maildir ? what : check_maildir(rest);
}

/* RFC 5321 §4.1.2: Dot-string "@" Domain. */
static const char *check_mailbox(struct slice s)
{
    struct slice local, host, atom, rest;
    if (!slice_cut_last(s, '@', &local, &host))
        return "no \"@\"";
    if (local.n > 64)
        return "more than 64 characters before the \"@\"";
    rest = local;
    for (bool more = true; more;) {
        more = slice_cut(rest, '.', &atom, &rest);
        if (atom.n == 0 || !is_made_of(atom, "!#$%&'*+-/=?^_`{|}~"))
            return "a character before the \"@\" that would need quotes";
    }
    return check_host(host);
}

/* RFC 3986 §3, of http and https, without user information. */
static const char *check_url(struct slice s)
{
    struct slice authority, path;
    if (slice_starts(s, SLICE("https://")))
        authority = slice_from(s, 8);
    else if (slice_starts(s, SLICE("http://")))
        authority = slice_from(s, 7);
    else
        return "no \"https://\" or \"http://\" in front";
    (void)slice_cut(authority, '/', &authority, &path); /* without one: all of it */
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] >= 0x7f || s.p[i] == '"' || s.p[i] == '\\')
            return "a character that no URL has";
    if (slice_starts(authority, SLICE("[")) && slice_ends_nocase(authority, SLICE("]"))) {
        uint8_t ip[16];
        struct slice inner = slice_first(slice_from(authority, 1), authority.n - 2);
        return is_ip(inner, AF_INET6, ip) ? NULL : "not an IPv6 address between the brackets";
    }
    if (slice_has(authority, ':'))
        return check_endpoint(authority, true);
    uint8_t ip[16];
    return is_ip(authority, AF_INET, ip) ? NULL : check_host(authority);
}

static const char *check_alert(struct slice s)
{
    static const struct slice command = SLICE_INIT("command:");
    if (slice_equal(s, SLICE("mail")))
        return NULL;
    if (slice_starts(s, SLICE("http")))
        return check_url(s);
    if (!slice_starts(s, command))
        return "no such way to tell";
    return slice_starts(slice_from(s, command.n), SLICE("/"))
               ? check_path(slice_from(s, command.n))
               : "the path does not begin with \"/\"";
}

/* clang-format off */
#define PORT "[0-9]{1,5}"
const struct form form_path    = { "a path", check_path, "." };
const struct form form_host    = { "a host name", check_host, "^[A-Za-z0-9.-]{1,253}$" };
const struct form form_word    = { "a word without \"@\"", check_word, "^[^ @]{1,255}$" };
const struct form form_user    = { "the name of a user", check_user, "^[A-Za-z0-9._][A-Za-z0-9._-]{0,31}$" };
const struct form form_kind    = { "a kind of identifier", check_kind, "^[a-z-]+$" };
const struct form form_address = { "ADDRESS:PORT or [ADDRESS]:PORT", check_address, ":" PORT "$" };
const struct form form_listen  = { "ADDRESS:PORT or [ADDRESS]:PORT, either with /tls", check_listen, ":" PORT "(/tls)?$" };
const struct form form_network = { "ADDRESS or ADDRESS/BITS", check_network, "^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$" };
const struct form form_auth    = { "dovecot:PATH, file:PATH or saslauthd:PATH", check_auth, "^(dovecot|file|saslauthd):." };
const struct form form_deliver = { "smtp://HOST:PORT, lmtp://HOST:PORT, lmtp:/PATH or maildir:/PATH", check_deliver,
                                   "^((smtp|lmtp)://.+:" PORT "|(lmtp|maildir):/.*)$" };
const struct form form_mailbox = { "an address, LOCAL@HOST", check_mailbox, "^[^@ ]{1,64}@[A-Za-z0-9.-]{1,253}$" };
const struct form form_url     = { "https://HOST[:PORT]/PATH or http://HOST[:PORT]/PATH", check_url, "^https?://[^ /]+(/[^ ]*)?$" };
const struct form form_alert   = { "mail, command:/PATH, https://HOST/PATH or http://HOST/PATH", check_alert, "^(mail|command:/.*|https?://[^ /]+(/[^ ]*)?)$" };
/* clang-format on */
