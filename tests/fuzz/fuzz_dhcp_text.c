/* SPDX-License-Identifier: ISC
 *
 * A code, and its option's value: one line of UTF-8 that no terminal obeys.
 */
#include "base/buf.h"
#include "dhcp/name.h"
#include "dhcp/text.h"
#include "property.h"

static void check_line(const struct buf *text)
{
    struct slice line = buf_slice(text);
    must(!text->failed && slice_is_utf8(line));
    for (size_t i = 0; i < line.n; i++) {
        must(line.p[i] >= 0x20 && line.p[i] != 0x7f);
        must(line.p[i] != 0xc2 || line.p[i + 1] >= 0xa0);  /* C1 controls */
        must(line.p[i] != 0xe2 || line.p[i + 1] != 0x80 || /* U+2028 to U+202E */
             line.p[i + 2] < 0xa8 || line.p[i + 2] > 0xae);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    uint8_t code = choice(&in);
    struct buf text;
    /* A sub-option without a value has a name of 32 characters. */
    buf_init(&text, 40 * size + 1024);
    dhcp_option_text(&text, code, in);
    check_line(&text);
    buf_clear(&text);
    dhcp_octets_text(&text, in);
    check_line(&text);
    buf_clear(&text);
    must(dhcp_option_name(code) != NULL);
    return 0;
}
