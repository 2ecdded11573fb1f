/* SPDX-License-Identifier: ISC
 *
 * The text of a table of metrics, for tests: whole, and line by line.
 */
#pragma once

#include "check.h"

#include "submit/metrics.h"

static inline void text_of(const struct metrics *m, struct buf *out)
{
    buf_init(out, METRICS_TEXT_MAX);
    metrics_write(m, out);
    assert_false(out->failed);
}

static inline bool has_line(const struct buf *text, const char *line)
{
    struct slice rest = buf_slice(text), one;
    while (slice_cut(rest, '\n', &one, &rest))
        if (slice_equal(one, slice_of_str(line)))
            return true;
    return false;
}

static inline void expect_line(const struct metrics *m, const char *line)
{
    struct buf text;
    text_of(m, &text);
    if (!has_line(&text, line))
        fail_msg("no line \"%s\" in:\n%.*s", line, SLICE_ARG(buf_slice(&text)));
    buf_clear(&text);
}
