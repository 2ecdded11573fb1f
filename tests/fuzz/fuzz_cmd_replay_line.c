/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "cmd/replay_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(const struct replay_event *e, struct slice s)
{
    CHECK(!s.n || ((const char *)s.p >= e->text && (const char *)s.p + s.n <= e->text + e->text_n));
}

/* What is read stands in the event; it never is longer than the line; an event has a time. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct replay_event *e = malloc(sizeof *e);
    struct slice line = { data, size };
    CHECK(e);
    enum replay_line result = replay_line_parse(line, e);
    CHECK(result == REPLAY_OTHER || size <= REPLAY_LINE_MAX);
    CHECK(result == REPLAY_OTHER || memmem(data, size, "auth", 4) || memmem(data, size, "\\u", 2));
    if (result == REPLAY_AUTH) {
        const struct slice all[] = { e->session, e->client, e->account, e->identity, e->outcome,
                                     e->class,   e->guess,  e->reason,  e->policy };
        CHECK(e->text_n <= size);
        CHECK(e->wall_us > -86400 * INT64_C(1000000) && e->wall_us < INT64_MAX / 2);
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
            inside(e, all[i]);
    }
    free(e);
    return 0;
}
