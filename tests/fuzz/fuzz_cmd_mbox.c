/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "cmd/mbox.h"
#include "property.h"

/* The slow and obvious way: all at once, line by line. */
static void unquote_slowly(struct slice text, struct buf *out)
{
    while (text.n) {
        struct slice line = text, rest;
        size_t quotes = 0;
        if (slice_cut(text, '\n', &line, &rest))
            line.n++;
        text = slice_from(text, line.n);
        while (quotes < line.n && line.p[quotes] == '>')
            quotes++;
        if (quotes && slice_starts(slice_from(line, quotes), SLICE("From ")))
            line = slice_from(line, 1);
        buf_append(out, line);
    }
}

static void check_unquote(struct slice in, size_t step)
{
    struct mbox_unquote u;
    struct buf fast, slow;
    buf_init(&fast, in.n + 16);
    buf_init(&slow, in.n + 16);
    mbox_unquote_init(&u);
    for (struct slice rest = in; rest.n; rest = slice_from(rest, step))
        mbox_unquote(&u, slice_first(rest, step), &fast);
    mbox_unquote_end(&u, &fast);
    unquote_slowly(in, &slow);
    must(slice_equal(buf_slice(&fast), buf_slice(&slow)));
    buf_clear(&fast);
    buf_clear(&slow);
}

/* Where messages begin does not hang on how the text comes; they are in order and do not overlap; a
 * From_ line stands before each. */
static void check_scan(struct slice in, size_t step)
{
    struct mbox_scan whole, parts;
    mbox_scan_init(&whole);
    mbox_scan_init(&parts);
    bool found = true, again = true;
    size_t at = 0, part_at = 0;
    uint64_t last = 0;
    while (found) {
        at += mbox_scan(&whole, slice_from(in, at), &found);
        do
            part_at += mbox_scan(&parts, slice_first(slice_from(in, part_at), step), &again);
        while (!again && part_at < in.n);
        must(at == part_at && found == again && whole.at == at);
        if (!found)
            break;
        must(whole.before == parts.before && whole.behind == parts.behind && whole.behind == at);
        must(whole.before >= last || (last == 0 && whole.before == 0));
        must(memmem(in.p + whole.before, at - whole.before, "From ", 5));
        last = whole.behind;
    }
    must(at == in.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    size_t step = 1u + choice(&in) % 19;
    check_unquote(in, step);
    check_scan(in, step);
    return 0;
}
