/* SPDX-License-Identifier: ISC */
#include "property.h"

#include <string.h>

#include "base/buf.h"
#include "smtp/data.h"

struct result {
    struct buf content;
    size_t taken;
    bool bad, ended;
};

static void scan_by(struct slice in, size_t step, struct result *out)
{
    struct smtp_data_scan scan = { 0 };
    struct slice content;
    *out = (struct result){ 0 };
    buf_init(&out->content, in.n);
    while (out->taken < in.n && !scan.ended) {
        struct slice part = slice_first(slice_from(in, out->taken), step);
        bool was_bad = scan.bad;
        size_t n = smtp_data_scan(&scan, part, &content);
        must(n > 0 && n <= part.n && inside(slice_first(part, n), content));
        must(!was_bad || (scan.bad && content.n == 0));
        buf_append(&out->content, content);
        out->taken += n;
    }
    must(!out->content.failed);
    out->bad = scan.bad;
    out->ended = scan.ended;
}

/* The end as RFC 5321 §4.1.1.4 has it, found in the plainest way. */
static size_t true_end(struct slice in)
{
    if (slice_starts(in, SLICE(".\r\n")))
        return 3;
    const uint8_t *end = in.n ? memmem(in.p, in.n, "\r\n.\r\n", 5) : NULL;
    return end ? (size_t)(end - in.p) + 5 : 0;
}

static bool is_clean(struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        bool cr_before = i > 0 && s.p[i - 1] == '\r', lf_behind = i + 1 < s.n && s.p[i + 1] == '\n';
        if (s.p[i] == 0 || (s.p[i] == '\n' && !cr_before) || (s.p[i] == '\r' && !lf_behind))
            return false;
    }
    return true;
}

static void stuff_by(struct slice content, size_t step, struct buf *out)
{
    struct smtp_stuff stuff = { 0 };
    bool dot;
    for (size_t n; content.n; content = slice_from(content, n)) {
        struct slice part = slice_first(content, step);
        n = smtp_stuff_next(&stuff, part, &dot);
        must(n > 0 && n <= part.n);
        buf_append(out, dot ? SLICE(".") : SLICE(""));
        buf_append(out, slice_first(part, n));
    }
    buf_append(out, smtp_stuff_end(&stuff));
    must(!out->failed);
}

/* scan∘stuff is the identity on clean content, up to the CRLF that ends its last line. */
static void check_round_trip(struct slice content, size_t step)
{
    struct buf wire, again;
    struct result back;
    buf_init(&wire, 2 * content.n + 5);
    buf_init(&again, 2 * content.n + 5);
    stuff_by(content, step, &wire);
    stuff_by(content, SIZE_MAX, &again);
    must(slice_equal(buf_slice(&wire), buf_slice(&again)));
    scan_by(buf_slice(&wire), step, &back);
    must(back.ended && !back.bad && back.taken == buf_size(&wire));
    struct slice got = buf_slice(&back.content);
    must(slice_starts(got, content));
    must(got.n == content.n || slice_equal(slice_from(got, content.n), SLICE("\r\n")));
    buf_clear(&back.content);
    buf_clear(&wire);
    buf_clear(&again);
}

static bool chunk_is_bad(struct slice in, size_t step)
{
    struct smtp_chunk_check check = { 0 };
    for (size_t at = 0; at < in.n; at += slice_first(slice_from(in, at), step).n)
        smtp_chunk_check(&check, slice_first(slice_from(in, at), step));
    smtp_chunk_check_end(&check);
    return check.bad;
}

static void check_bdat(struct slice in)
{
    uint64_t size;
    bool last;
    struct fault why = { 0 };
    if (!smtp_bdat_parse(in, &size, &last, &why))
        must(is_fault(in, &why));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    size_t step = 1 + choice(&in) % 16, end = true_end(in);
    struct result whole, sliced;
    scan_by(in, SIZE_MAX, &whole);
    scan_by(in, step, &sliced);
    must(whole.ended == (end > 0) && (!whole.ended || whole.taken == end));
    must(whole.ended == sliced.ended && whole.bad == sliced.bad && whole.taken == sliced.taken);
    must(slice_equal(buf_slice(&whole.content), buf_slice(&sliced.content)));
    if (whole.ended)
        must(whole.bad == !is_clean(slice_first(in, whole.taken)));
    if (whole.ended && !whole.bad)
        must(is_clean(buf_slice(&whole.content)));
    must(chunk_is_bad(in, SIZE_MAX) == !is_clean(in) && chunk_is_bad(in, step) == !is_clean(in));
    if (is_clean(in))
        check_round_trip(in, step);
    check_bdat(in);
    buf_clear(&whole.content);
    buf_clear(&sliced.content);
    return 0;
}
