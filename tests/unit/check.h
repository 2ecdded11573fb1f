/* SPDX-License-Identifier: ISC
 *
 * What every unit test includes first: cmocka with what it needs, in order, and guarded().
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/slice.h"

/* Puts bytes right before an unreadable page: one byte too far is a crash, in any build. The pages
 * stay mapped until the test ends. */
static inline struct slice guarded(struct slice s)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (s.n / page + 1) * page;
    uint8_t *m =
        mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(m != MAP_FAILED);
    assert_int_equal(mprotect(m + room, page, PROT_NONE), 0);
    if (s.n)
        memcpy(m + room - s.n, s.p, s.n);
    return (struct slice){ m + room - s.n, s.n };
}

/* Fails naming the case when got is not want. */
static inline void expect_slice(const char *name, struct slice got, struct slice want)
{
    if (!slice_equal(got, want))
        fail_msg("%s: got \"%.*s\", want \"%.*s\"", name, (int)got.n,
                 got.n ? (const char *)got.p : "", (int)want.n, want.n ? (const char *)want.p : "");
}
