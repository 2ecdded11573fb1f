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

/* "host", "host:port", "[v6]", "[v6]:port" */
static bool parse_host(struct slice text, uint16_t port, struct target *out)
{
    struct slice host, tail = { 0 };
    uint32_t number = port;
    if (text.n && text.p[0] == '[') {
        if (!slice_cut(slice_from(text, 1), ']', &host, &tail) || (tail.n && tail.p[0] != ':'))
            return false;
        tail = slice_from(tail, 1);
    } else {
        (void)slice_cut(text, ':', &host, &tail);
    }
    if (tail.n && !slice_to_u32(tail, 1, 65535, &number))
        return false;
    if (host.n == 0 || host.n >= sizeof out->host)
        return false;
    memcpy(out->host, host.p, host.n);
    out->port = (uint16_t)number;
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
                   "deliver: \"%s\" is none of smtp://HOST:PORT, lmtp://HOST:PORT, "
                   "lmtp:/PATH, maildir:/PATH/%%u",
                   spec);
    return ok;
}
