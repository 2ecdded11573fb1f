/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "cmd/dkim_hints.h"
#include "property.h"

/* What is found does not hang on how the body comes; a body in which nothing changed fits in some
 * way whenever it has a line. */
static void look(struct slice body, enum postern_dkim_canon how, const uint8_t *hash, size_t step,
                 struct buf *out)
{
    struct dkim_hints *h = malloc(sizeof *h);
    must(h);
    dkim_hints_init(h, how, hash);
    for (; body.n; body = slice_from(body, step))
        dkim_hints_feed(h, slice_first(body, step));
    must(dkim_hints_end(h, out) == (buf_size(out) > 0));
    dkim_hints_clear(h);
    free(h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    enum postern_dkim_canon how = choice(&in) & 1 ? POSTERN_DKIM_RELAXED : POSTERN_DKIM_SIMPLE, got;
    size_t step = 1u + choice(&in) % 13, cut = choice(&in);
    struct body_hashes *b = body_hashes_new();
    struct buf whole, parts;
    must(b);
    int wanted = body_hashes_want(b, how, BODY_WHOLE);
    must(wanted >= 0);
    body_hashes_feed(b, slice_first(in, cut));
    body_hashes_end(b);
    buf_init(&whole, 1024);
    buf_init(&parts, 1024);
    look(in, how, body_hashes_read(b, wanted), in.n + 1, &whole);
    look(in, how, body_hashes_read(b, wanted), step, &parts);
    must(slice_equal(buf_slice(&whole), buf_slice(&parts)));
    (void)dkim_hints_canon(in, &got);
    buf_clear(&whole);
    buf_clear(&parts);
    body_hashes_free(b);
    return 0;
}
