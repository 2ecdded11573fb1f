/* SPDX-License-Identifier: ISC */
#include "dhcp/fqdn.h"

#include <string.h>

enum {
    HEAD = 3, /* flags, RCODE1, RCODE2 (RFC 4702 §2) */
    NAME_MAX_OCTETS = 255,
    LABEL_MAX = 63,
    POINTER = 0xc0, /* RFC 1035 §4.1.4 */
};

static bool fails(struct fault *why, size_t at, const char *what)
{
    *why = (struct fault){ .at = at, .what = what };
    return false;
}

/* RFC 4702 §2.3.1: labels with their lengths, without compression; a partial name has no root. *end is
 * where what can be read of them ends. */
static bool check_labels(struct slice value, size_t *end, bool *root, struct fault *why)
{
    size_t at = HEAD;
    *root = false;
    for (*end = at; at < value.n; *end = at) {
        uint8_t n = value.p[at];
        if (n == 0) {
            *root = true;
            if (at + 1 == value.n)
                return true;
            return fails(why, at + 1, "bad option 81 (Client FQDN): octets behind the root");
        }
        if (n >= POINTER)
            return fails(why, at, "bad option 81 (Client FQDN): a compression pointer");
        if (n > LABEL_MAX)
            return fails(why, at, "bad option 81 (Client FQDN): a label of no known kind");
        if (n > value.n - at - 1)
            return fails(why, at, "bad option 81 (Client FQDN): a label overruns");
        if (at - HEAD + 1 + n > NAME_MAX_OCTETS - 1)
            return fails(why, at, "bad option 81 (Client FQDN): longer than a name");
        at += 1 + (size_t)n;
    }
    return true;
}

/* Text, as clients before RFC 4702 send it and Windows does to this day (§2.3.1, "deprecated"). A NUL
 * behind it is a C string's. */
static struct slice ascii_name(struct slice value)
{
    struct slice name = slice_from(value, HEAD);
    while (name.n && name.p[name.n - 1] == 0)
        name.n--;
    return name;
}

static bool check_head(struct slice value, struct fault *why)
{
    if (value.n < HEAD)
        return fails(why, value.n, "bad option 81 (Client FQDN): short");
    /* RFC 4702 §2.1: "If the N bit is 1, the S bit MUST be 0". */
    if (value.p[0] & DHCP_FQDN_S && value.p[0] & DHCP_FQDN_N)
        return fails(why, 0, "bad option 81 (Client FQDN): S and N together");
    return true;
}

static bool check_name(struct slice value, struct fault *why)
{
    size_t end;
    bool root;
    if (value.p[0] & DHCP_FQDN_E)
        return check_labels(value, &end, &root, why);
    if (ascii_name(value).n > NAME_MAX_OCTETS)
        return fails(why, HEAD + NAME_MAX_OCTETS,
                     "bad option 81 (Client FQDN): longer than a name");
    return true;
}

bool dhcp_fqdn_check(struct slice value, struct fault *why)
{
    return check_head(value, why) && check_name(value, why);
}

/* RFC 1035 §5.1: "\." and "\\" for what is no separator, "\ddd" for what is no printable ASCII. */
static void put_octet(struct dhcp_fqdn *out, uint8_t c, bool plain_dot)
{
    char *to = out->name + out->name_n;
    if (out->name_n + 5 > DHCP_FQDN_TEXT_MAX)
        return;
    if (c <= 0x20 || c >= 0x7f) {
        const char digits[4] = { '\\', (char)('0' + c / 100), (char)('0' + c / 10 % 10),
                                 (char)('0' + c % 10) };
        memcpy(to, digits, 4);
        out->name_n += 4;
        return;
    }
    if (c == '\\' || (c == '.' && !plain_dot)) {
        *to++ = '\\';
        out->name_n++;
    }
    *to = (char)c;
    out->name_n++;
}

static void read_labels(struct slice value, struct dhcp_fqdn *out)
{
    size_t end;
    struct fault why;
    (void)check_labels(value, &end, &out->complete, &why); /* the name up to there */
    for (size_t at = HEAD; at < end; at += 1 + (size_t)value.p[at]) {
        if (at > HEAD)
            put_octet(out, '.', true);
        for (size_t i = 1; i <= value.p[at]; i++)
            put_octet(out, value.p[at + i], false);
    }
}

static void read_ascii(struct slice value, struct dhcp_fqdn *out)
{
    struct slice name = slice_first(ascii_name(value), NAME_MAX_OCTETS);
    out->complete = name.n && name.p[name.n - 1] == '.';
    if (out->complete)
        name.n--;
    for (size_t i = 0; i < name.n; i++)
        put_octet(out, name.p[i], true);
}

bool dhcp_fqdn_parse(struct slice value, struct dhcp_fqdn *out, struct fault *why)
{
    out->flags = value.n > 0 ? value.p[0] : 0;
    out->rcode1 = value.n > 1 ? value.p[1] : 0;
    out->rcode2 = value.n > 2 ? value.p[2] : 0;
    out->complete = false;
    out->name_n = 0;
    if (value.n >= HEAD && out->flags & DHCP_FQDN_E)
        read_labels(value, out);
    else if (value.n >= HEAD)
        read_ascii(value, out);
    out->name[out->name_n] = 0;
    return dhcp_fqdn_check(value, why);
}
