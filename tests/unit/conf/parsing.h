/* SPDX-License-Identifier: ISC
 *
 * A right configuration, and what a wrong one is told. Behind check.h.
 */
#pragma once

#include "conf/conf.h"

/* text, as the file t.yaml, is right; the caller's, for conf_free. */
static inline struct conf *parse(struct slice text)
{
    struct buf why;
    buf_init(&why, 4096);
    struct conf *conf = conf_parse("t.yaml", guarded(text), &why);
    if (!conf)
        fail_msg("%.*s", SLICE_ARG(buf_slice(&why)));
    assert_int_equal(buf_size(&why), 0);
    return conf;
}

/* text, as the file t.yaml, is refused with place ("t.yaml:", or more of it) and what behind it. */
static inline void expect_fault(struct slice text, const char *place, const char *what)
{
    struct buf why;
    buf_init(&why, 4096);
    if (conf_parse("t.yaml", guarded(text), &why))
        fail_msg("no fault: %s", what);
    if (!slice_starts(buf_slice(&why), slice_of_str(place)))
        fail_msg("not at %s: %.*s", place, SLICE_ARG(buf_slice(&why)));
    expect_slice(what, slice_from(buf_slice(&why), strlen(place)), slice_of_str(what));
    buf_clear(&why);
}
