/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "conf/form.h"

#define LABEL_MAX       63
#define FIELD_MAX       128
#define SOCKET_PATH_MAX 107 /* unix(7) */

static bool is_alnum(uint8_t c)
{
    uint8_t low = ascii_lower(c);
    return (c >= '0' && c <= '9') || (low >= 'a' && low <= 'z');
}

/* A label as keys and records have them: "_" is common where no host is named. */
static const char *check_label(struct slice label)
{
    if (label.n == 0)
        return "an empty label (two dots, or one at an end)";
    if (label.n > LABEL_MAX)
        return "a label of more than 63 characters";
    for (size_t i = 0; i < label.n; i++)
        if (!is_alnum(label.p[i]) && label.p[i] != '-' && label.p[i] != '_')
            return label.p[i] >= 0x80
                       ? "a character that is not ASCII; domains stand here as A-labels (xn--...)"
                       : "a character that is no letter, digit, hyphen or underscore";
    if (label.p[0] == '-' || label.p[label.n - 1] == '-')
        return "a hyphen at the end of a label";
    return NULL;
}

static const char *check_labels(struct slice s)
{
    return form_check_labels(s, check_label);
}

static const char *check_domain(struct slice s)
{
    const char *what = check_labels(s);
    if (!what && !form_network.check(s))
        return "an address is not a domain";
    return what;
}

/* ".example.com" is example.com and all below it. */
static const char *check_signer(struct slice s)
{
    return check_domain(slice_starts(s, SLICE(".")) ? slice_from(s, 1) : s);
}

/* RFC 6376 §3.5: [ Local-part ] "@" domain-name. */
static const char *check_identity(struct slice s)
{
    struct slice local, domain;
    if (!slice_cut_last(s, '@', &local, &domain))
        return "no \"@\"";
    if (local.n)
        return form_mailbox.check(s);
    return check_domain(domain);
}

/* RFC 5322 §2.2: printable ASCII but the colon. */
static const char *check_field(struct slice s)
{
    if (s.n == 0 || s.n > FIELD_MAX)
        return "not 1 to 128 characters";
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] >= 0x7f || s.p[i] == ':' || s.p[i] == ';')
            return "a character that no name of a field has";
    return NULL;
}

static const char *check_practices(struct slice s)
{
    if (slice_equal(s, SLICE("ssp")) || slice_equal(s, SLICE("adsp")) ||
        slice_equal(s, SLICE("dmarc")))
        return NULL;
    return "no such practices";
}

/* Not a network: the check of those without its slash. */
static const char *check_ip(struct slice s)
{
    return slice_has(s, '/') ? "not an IP address" : form_network.check(s);
}

static const char *check_port(struct slice s)
{
    uint32_t port;
    return s.n <= 5 && slice_to_u32(s, 1, 65535, &port) ? NULL
                                                        : "the port is missing or not 1 to 65535";
}

static const char *check_resolver(struct slice s)
{
    struct slice address, port;
    bool has_port = slice_cut(s, '@', &address, &port);
    const char *what = check_ip(address);
    return what || !has_port ? what : check_port(port);
}

static struct slice without_brackets(struct slice s)
{
    bool both = s.n > 2 && s.p[0] == '[' && s.p[s.n - 1] == ']';
    return both ? slice_first(slice_from(s, 1), s.n - 2) : s;
}

/* "8891@127.0.0.1" */
static const char *check_inet(struct slice s, bool six)
{
    struct slice port, address;
    if (!slice_cut(s, '@', &port, &address))
        return "the address is missing: PORT@ADDRESS (0.0.0.0 is all of them)";
    const char *what = check_port(port);
    if (what)
        return what;
    address = six ? without_brackets(address) : address;
    if (check_ip(address))
        return "not an IP address behind the \"@\"";
    if (slice_has(address, ':') != six)
        return six ? "an IPv4 address stands behind \"inet:\""
                   : "an IPv6 address stands behind \"inet6:\"";
    return NULL;
}

static const char *check_milter(struct slice s)
{
    struct slice family, rest;
    if (!slice_cut(s, ':', &family, &rest))
        return "no \"inet:\", \"inet6:\" or \"unix:\" in front";
    if (slice_equal(family, SLICE("inet")) || slice_equal(family, SLICE("inet6")))
        return check_inet(rest, family.n == 5);
    if (!slice_equal(family, SLICE("unix")) && !slice_equal(family, SLICE("local")))
        return "no such kind of socket";
    if (!slice_starts(rest, SLICE("/")))
        return "the path does not begin with \"/\"";
    return rest.n > SOCKET_PATH_MAX ? "longer than the path of a socket may be: 107 octets" : NULL;
}

static const char *check_mode(struct slice s)
{
    if (s.n < 3 || s.n > 4 || (s.n == 4 && s.p[0] != '0'))
        return "not three octal digits";
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '7')
            return "not three octal digits";
    return NULL;
}

/* clang-format off */
#define DOMAIN "[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?"
const struct form form_domain    = { "a domain (A-labels)", check_domain, "^" DOMAIN "$" };
const struct form form_selector  = { "a selector", check_labels, "^" DOMAIN "$" };
const struct form form_signer    = { "DOMAIN, or .DOMAIN for it and all below", check_signer, "^\\.?" DOMAIN "$" };
const struct form form_identity  = { "[LOCAL]@DOMAIN", check_identity, "^[^@ ]{0,64}@" DOMAIN "$" };
const struct form form_field     = { "the name of a header field", check_field, "^[!-9<-~]{1,128}$" };
const struct form form_practices = { "ssp, adsp or dmarc", check_practices, "^(ssp|adsp|dmarc)$" };
const struct form form_resolver  = { "ADDRESS or ADDRESS@PORT", check_resolver, "^[0-9A-Fa-f:.]+(@[0-9]{1,5})?$" };
const struct form form_milter    = { "inet:PORT@ADDRESS, inet6:PORT@ADDRESS or unix:/PATH", check_milter,
                                     "^(inet6?:[0-9]{1,5}@.+|(unix|local):/.*)$" };
const struct form form_mode      = { "a mode in octal digits, as 0660", check_mode, "^0?[0-7]{3}$" };
/* clang-format on */
