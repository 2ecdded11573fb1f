/* SPDX-License-Identifier: ISC
 *
 * Canonical forms beside slow obvious ones, which do RFC 6376 §3.4 sentence by sentence.
 */
#include "property.h"

#include <string.h>

#include "base/buf.h"
#include "dkim/canon.h"

#define ROOM ((size_t)1 << 22)

static bool is_wsp(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* ---- slow and obvious ---- */

/* "Reduce all sequences of WSP within a line to a single SP character." */
static void reduce(struct slice line, struct buf *out)
{
    for (size_t i = 0; i < line.n; i++)
        if (!is_wsp(line.p[i]))
            buf_append_byte(out, line.p[i]);
        else if (i + 1 == line.n || !is_wsp(line.p[i + 1]))
            buf_append_byte(out, ' ');
}

/* Splits at the first CRLF; false: there is none. */
static bool next_line(struct slice *rest, struct slice *line)
{
    for (size_t i = 0; i + 1 < rest->n; i++)
        if (rest->p[i] == '\r' && rest->p[i + 1] == '\n') {
            *line = slice_first(*rest, i);
            *rest = slice_from(*rest, i + 2);
            return true;
        }
    *line = *rest;
    *rest = slice_from(*rest, rest->n);
    return false;
}

static void slow_body(enum postern_dkim_canon how, struct slice in, struct buf *out)
{
    size_t whole = 0; /* up to the last line that is not empty */
    for (bool more = true; more;) {
        struct slice line;
        size_t before = buf_size(out);
        more = next_line(&in, &line);
        if (how == POSTERN_DKIM_RELAXED)
            reduce(slice_trim_end(line), out);
        else
            buf_append(out, line);
        if (buf_size(out) > before)
            whole = buf_size(out) + 2;
        buf_append(out, SLICE("\r\n"));
    }
    if (whole == 0 && how == POSTERN_DKIM_SIMPLE)
        whole = 2;
    struct buf kept;
    buf_init(&kept, ROOM);
    buf_append(&kept, slice_first(buf_slice(out), whole));
    buf_clear(out);
    *out = kept;
}

static void slow_field(enum postern_dkim_canon how, struct slice in, struct buf *out)
{
    struct slice name, value, line;
    struct buf unfolded;
    if (how == POSTERN_DKIM_SIMPLE) {
        buf_append(out, in);
        buf_append(out, SLICE("\r\n"));
        return;
    }
    buf_init(&unfolded, ROOM);
    if (slice_cut(in, ':', &name, &value)) {
        name = slice_trim_end(name);
        for (size_t i = 0; i < name.n; i++)
            buf_append_byte(out, ascii_lower(name.p[i]));
        buf_append_byte(out, ':');
    } else {
        value = in;
    }
    for (bool more = true; more;) {
        more = next_line(&value, &line);
        buf_append(&unfolded, line);
    }
    reduce(slice_trim(buf_slice(&unfolded)), out);
    buf_append(out, SLICE("\r\n"));
    buf_clear(&unfolded);
}

/* ---- ours ---- */

static void keep(void *owner, struct slice octets)
{
    must(octets.n > 0);
    buf_append(owner, octets);
}

/* In slices whose sizes the fuzzer chooses. */
static void our_body(enum postern_dkim_canon how, struct slice in, uint8_t step, struct buf *out)
{
    struct canon_body c;
    canon_body_init(&c, how, keep, out);
    for (size_t at = 0, n = step; at < in.n; at += n) {
        n = step ? 1 + (n * 31 + step) % ((size_t)step * 4) : in.n;
        canon_body_feed(&c, slice_first(slice_from(in, at), n));
    }
    canon_body_end(&c);
}

static void compare_fields(enum postern_dkim_canon how, struct slice in)
{
    struct buf slow;
    buf_init(&slow, ROOM);
    slow_field(how, in, &slow);
    uint8_t *out = malloc(in.n + CANON_FIELD_MORE);
    must(out && !slow.failed);
    size_t n = canon_field(how, in, out);
    must(n <= in.n + CANON_FIELD_MORE);
    must(slice_equal((struct slice){ out, n }, buf_slice(&slow)));
    free(out);
    buf_clear(&slow);
}

static void compare_bodies(enum postern_dkim_canon how, struct slice in, uint8_t step)
{
    struct buf slow, ours;
    buf_init(&slow, ROOM);
    buf_init(&ours, ROOM);
    slow_body(how, in, &slow);
    our_body(how, in, step, &ours);
    must(!slow.failed && !ours.failed);
    must(slice_equal(buf_slice(&ours), buf_slice(&slow)));
    buf_clear(&slow);
    buf_clear(&ours);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    uint8_t step = choice(&in);
    compare_bodies(POSTERN_DKIM_SIMPLE, in, step);
    compare_bodies(POSTERN_DKIM_RELAXED, in, step);
    compare_fields(POSTERN_DKIM_SIMPLE, in);
    compare_fields(POSTERN_DKIM_RELAXED, in);
    return 0;
}
