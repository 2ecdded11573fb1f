/* SPDX-License-Identifier: ISC */
#include "cmd/report.h"

#define TEXT_MAX ((size_t)4 * 1024 * 1024)

static bool control(const uint8_t *p, size_t left)
{
    return p[0] < 0x20 || p[0] == 0x7f || (p[0] == 0xc2 && left > 1 && p[1] < 0xa0);
}

static bool printable(struct slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (control(text.p + i, text.n - i))
            return false;
    return slice_is_utf8(text);
}

void report_text(struct buf *out, struct slice text)
{
    if (printable(text)) {
        buf_append(out, text);
        return;
    }
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (c < 0x20 || c >= 0x7f || c == '\\')
            buf_printf(out, "\\x%02x", c);
        else
            buf_append_byte(out, c);
    }
}

json_t *report_json(const char *text)
{
    struct buf safe;
    if (!text)
        return json_null();
    buf_init(&safe, TEXT_MAX);
    report_text(&safe, slice_of_str(text));
    struct slice s = buf_slice(&safe);
    json_t *value = safe.failed ? NULL : json_stringn(s.n ? (const char *)s.p : "", s.n);
    buf_clear(&safe);
    return value;
}

static int append(const char *bytes, size_t n, void *out)
{
    buf_append(out, (struct slice){ (const uint8_t *)bytes, n });
    return ((struct buf *)out)->failed ? -1 : 0;
}

bool report_line(struct buf *out, json_t *value)
{
    bool fine = value && json_dump_callback(value, append, out, JSON_PRESERVE_ORDER) == 0;
    json_decref(value);
    if (fine)
        buf_append_byte(out, '\n');
    return fine && !out->failed;
}
