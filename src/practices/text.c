/* SPDX-License-Identifier: ISC */
#include "base/buf.h"
#include "dkim/encoding.h"
#include "practices/practices_internal.h"

#define SHOWN_MAX 4096 /* octets of one record */
#define TEXT_MAX  (SHOWN_MAX * 4 + 1024)

static const char out_of_memory[] = "out of memory";

bool practices_strings(struct arena *arena, struct postern_octets rdata, struct slice *out)
{
    uint8_t *text = rdata.n ? arena_alloc(arena, rdata.n) : NULL;
    return text && dkim_strings_join((struct slice){ rdata.p, rdata.n }, text, out);
}

static bool is_plain(uint8_t c)
{
    return c >= 0x20 && c < 0x7f && c != '\\';
}

static void escape_octet(struct buf *out, uint8_t c)
{
    if (is_plain(c))
        buf_append_byte(out, c);
    else
        buf_printf(out, "\\%03u", (unsigned)c);
}

void practices_escape_into(struct buf *out, struct slice octets)
{
    struct slice shown = slice_first(octets, SHOWN_MAX);
    for (size_t i = 0; i < shown.n; i++)
        escape_octet(out, shown.p[i]);
    if (shown.n < octets.n)
        buf_append_str(out, "...");
}

static const char *keep(struct postern_practices *p, struct buf *b)
{
    const char *text = b->failed ? NULL : arena_str(&p->arena, buf_slice(b));
    buf_clear(b);
    p->failed |= !text;
    return text ? text : out_of_memory;
}

const char *practices_escape(struct postern_practices *p, struct slice octets)
{
    struct buf b;
    buf_init(&b, TEXT_MAX);
    practices_escape_into(&b, octets);
    return keep(p, &b);
}

static const char *write_text(struct postern_practices *p, const char *format, va_list args)
    PRINTF(2, 0);
static const char *write_text(struct postern_practices *p, const char *format, va_list args)
{
    struct buf b;
    buf_init(&b, TEXT_MAX);
    buf_vprintf(&b, format, args);
    return keep(p, &b);
}

const char *practices_text(struct postern_practices *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = write_text(p, format, args);
    va_end(args);
    return text;
}

void practices_note(struct postern_practices *p, const char *format, ...)
{
    va_list args;
    if (p->outcome.notes_n == PRACTICES_NOTES_MAX)
        return;
    va_start(args, format);
    p->notes[p->outcome.notes_n++] = write_text(p, format, args);
    va_end(args);
}

void practices_decide(struct postern_practices *p, enum postern_verdict verdict, const char *result,
                      const char *format, ...)
{
    va_list args;
    va_start(args, format);
    p->outcome.explanation = write_text(p, format, args);
    va_end(args);
    p->outcome.verdict = verdict;
    p->outcome.result = result;
    p->decided = true;
}
