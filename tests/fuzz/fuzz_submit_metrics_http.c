/* SPDX-License-Identifier: ISC */
#include "base/check.h"
#include "submit/metrics_http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An answer comes once the head is whole, or too long, is one of ours, and more bytes do not change
 * it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct metrics *m;
    struct slice bytes = { data, size };
    struct buf out, cut;
    if (!m)
        m = metrics_new(1);
    buf_init(&out, METRICS_HTTP_ANSWER_MAX);
    buf_init(&cut, METRICS_HTTP_ANSWER_MAX);
    bool answered = metrics_http_answer(bytes, m, &out);
    CHECK(!out.failed && answered == (buf_size(&out) > 0));
    CHECK(answered || size < METRICS_HTTP_REQUEST_MAX);
    if (answered)
        CHECK(slice_starts(buf_slice(&out), SLICE("HTTP/1.1 ")));
    if (metrics_http_answer(slice_first(bytes, size / 2), m, &cut))
        CHECK(slice_equal(buf_slice(&out), buf_slice(&cut)));
    buf_clear(&out);
    buf_clear(&cut);
    return 0;
}
