/* SPDX-License-Identifier: ISC */
#include "cmd/dkim_zone.h"

#define STRING_MAX 255 /* RFC 1035 §3.3: a character-string */

/* RFC 1035 §5.1: `"` and `\` are quoted, other octets stand as \DDD. */
static void put_string(struct buf *out, struct slice text)
{
    buf_append_byte(out, '"');
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (c < 0x20 || c >= 0x7f)
            buf_printf(out, "\\%03u", (unsigned)c);
        else if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else
            buf_append_byte(out, c);
    }
    buf_append_byte(out, '"');
}

void dkim_zone_line(struct buf *out, const char *selector, const char *domain, uint32_t ttl,
                    struct slice record)
{
    buf_printf(out, "%s._domainkey.%s. %u IN TXT", selector, domain, ttl);
    do {
        buf_append_byte(out, ' ');
        put_string(out, slice_first(record, STRING_MAX));
        record = slice_from(record, STRING_MAX);
    } while (record.n);
}

void dkim_zone_record(struct buf *out, struct slice record, bool testing, bool exact_domain)
{
    struct slice version, rest;
    if (!testing && !exact_domain) {
        buf_append(out, record);
        return;
    }
    /* v= stays first (RFC 6376 §3.6.1). */
    (void)slice_cut(record, ';', &version, &rest);
    buf_append(out, version);
    buf_printf(out, "; t=%s", testing && exact_domain ? "y:s" : testing ? "y" : "s");
    if (rest.n) {
        buf_append_byte(out, ';');
        buf_append(out, rest);
    }
}
