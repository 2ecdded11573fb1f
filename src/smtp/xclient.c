/* SPDX-License-Identifier: ISC */
#include "smtp/xclient.h"

#include "smtp/capability.h"
#include "smtp/parameter.h"

/* In xtext at most three times as long: a HELO and a LOGIN fit Postfix's line_length_limit. */
#define VALUE_MAX 255

static void write_value(struct buf *out, const char *name, struct slice value)
{
    buf_append_str(out, name);
    if (value.n == 0 || value.n > VALUE_MAX)
        buf_append_str(out, "[UNAVAILABLE]");
    else
        smtp_write_xtext(out, value);
}

static void write_address(struct buf *out, struct slice address)
{
    write_value(out, slice_has(address, ':') ? " ADDR=IPV6:" : " ADDR=", address);
}

static void write_port(struct buf *out, uint16_t port)
{
    if (port)
        buf_printf(out, " PORT=%u", (unsigned)port);
    else
        buf_append_str(out, " PORT=[UNAVAILABLE]");
}

void smtp_xclient_write(struct buf *out, const struct smtp_xclient_facts *facts)
{
    unsigned offered = facts->offered;
    if (!(offered & (SMTP_XCLIENT_NAME | SMTP_XCLIENT_ADDR | SMTP_XCLIENT_PORT |
                     SMTP_XCLIENT_PROTO | SMTP_XCLIENT_HELO | SMTP_XCLIENT_LOGIN)))
        return;
    buf_append_str(out, "XCLIENT");
    if (offered & SMTP_XCLIENT_NAME)
        buf_append_str(out, " NAME=[UNAVAILABLE]");
    if (offered & SMTP_XCLIENT_ADDR)
        write_address(out, facts->address);
    if (offered & SMTP_XCLIENT_PORT)
        write_port(out, facts->port);
    if (offered & SMTP_XCLIENT_PROTO)
        buf_append_str(out, " PROTO=ESMTP");
    if (offered & SMTP_XCLIENT_HELO)
        write_value(out, " HELO=", facts->helo);
    if (offered & SMTP_XCLIENT_LOGIN)
        write_value(out, " LOGIN=", facts->login);
    buf_append_str(out, "\r\n");
}
