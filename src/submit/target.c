/* SPDX-License-Identifier: ISC */
#include "submit/target.h"

#include <stddef.h>
#include <string.h>

#define SMTP_PORT 25
#define LMTP_PORT 24 /* IANA: "lmtp" is usually configured; 24 is what Dovecot and Cyrus document */

static bool parse_unix(struct slice path, struct target *out)
{
    struct sockaddr_un *un = &out->address.un;
    if (path.n == 0 || path.n >= sizeof un->sun_path)
        return false;
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, path.p, path.n);
    out->address.n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.n + 1);
    out->local = true;
    return true;
}

/* A name, or an IPv4 address; whether there is such a host, the resolver will say. */
static bool is_host(struct slice text)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = ascii_lower(text.p[i]);
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && !slice_has(SLICE("._-"), c))
            return false;
    }
    return text.n > 0;
}

/* What follows a host: nothing, or ":" and a port. */
static bool parse_port(struct slice text, uint16_t *port)
{
    uint32_t number;
    if (text.n == 0)
        return true;
    if (text.p[0] != ':' || !slice_to_u32(slice_from(text, 1), 1, 65535, &number))
        return false;
    *port = (uint16_t)number;
    return true;
}

/* "host", "host:port", "[v6]", "[v6]:port" */
static bool parse_host(struct slice text, uint16_t port, struct target *out)
{
    struct slice host, tail;
    struct address v6;
    out->port = port;
    if (text.n && text.p[0] == '[') {
        if (!slice_cut(slice_from(text, 1), ']', &host, &tail) || !address_parse_ip(host, 0, &v6) ||
            v6.any.sa_family != AF_INET6)
            return false;
    } else {
        (void)slice_cut(text, ':', &host, &tail);
        tail = slice_from(text, host.n);
        if (!is_host(host))
            return false;
    }
    if (host.n >= sizeof out->host || !parse_port(tail, &out->port))
        return false;
    memcpy(out->host, host.p, host.n);
    return true;
}

bool target_parse(const char *spec, struct target *out, struct buf *why)
{
    struct slice text = slice_of_str(spec);
    *out = (struct target){ .name = spec };
    bool ok = false;
    if (slice_starts(text, SLICE("smtp://"))) {
        ok = parse_host(slice_from(text, 7), SMTP_PORT, out);
    } else if (slice_starts(text, SLICE("lmtp://"))) {
        out->lmtp = true;
        ok = parse_host(slice_from(text, 7), LMTP_PORT, out);
    } else if (slice_starts(text, SLICE("lmtp:"))) {
        out->lmtp = true;
        ok = parse_unix(slice_from(text, 5), out);
    } else if (slice_starts(text, SLICE("maildir:"))) {
        out->maildir = true;
        out->path = spec + 8;
        ok = out->path[0] != '\0';
    }
    if (!ok)
        buf_printf(why,
                   "\"%s\" is none of smtp://HOST:PORT, lmtp://HOST:PORT, "
                   "lmtp:/PATH, maildir:/PATH/%%u",
                   spec);
    return ok;
}
