/* SPDX-License-Identifier: ISC
 *
 * Any bytes as a configuration file: either a configuration whose `show` reads back to the same,
 * or one line that names the file, a line and a column within it, and a key.
 */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t count_lines(struct slice text)
{
    size_t n = 1;
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n' || text.p[i] == '\r' || text.p[i] == 0x85 || text.p[i] == 0xa8 ||
             text.p[i] == 0xa9; /* YAML's other line breaks end so */
    return n;
}

static void check_fault(struct slice why, struct slice text)
{
    struct slice file, line, column, what;
    uint32_t number;
    CHECK(slice_is_utf8(why) && !slice_has(why, '\n') && !slice_has(why, 0));
    CHECK(slice_cut(why, ':', &file, &what) && slice_equal(file, SLICE("fuzz.yaml")));
    CHECK(slice_cut(what, ':', &line, &what) &&
          slice_to_u32(line, 1, (uint32_t)count_lines(text) + 1, &number));
    CHECK(slice_cut(what, ':', &column, &what) &&
          slice_to_u32(column, 1, (uint32_t)text.n + 1, &number));
    CHECK(slice_starts(what, SLICE(" ")));
    const char *end = memmem(what.p, what.n, ": ", 2); /* an unknown key may have a colon itself */
    CHECK(end && end + 2 < (const char *)what.p + what.n);
}

static void check_shown(const struct conf *conf)
{
    struct buf shown, again, why;
    buf_init(&shown, 4u << 20);
    buf_init(&again, 4u << 20);
    buf_init(&why, 4096);
    conf_show(conf, &shown);
    struct conf *second = conf_parse("shown.yaml", buf_slice(&shown), &why);
    CHECK(second && !shown.failed);
    conf_show(second, &again);
    CHECK(slice_equal(buf_slice(&shown), buf_slice(&again)));
    conf_fixed_changes(conf, second, &why);
    CHECK(buf_size(&why) == 0);
    conf_free(second);
    buf_clear(&shown);
    buf_clear(&again);
    buf_clear(&why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = { data, size };
    struct buf why;
    buf_init(&why, 8192);
    struct conf *conf = conf_parse("fuzz.yaml", text, &why);
    CHECK(!why.failed && (conf != NULL) == (buf_size(&why) == 0));
    if (conf)
        check_shown(conf);
    else
        check_fault(buf_slice(&why), text);
    conf_free(conf);
    buf_clear(&why);
    return 0;
}
