/* SPDX-License-Identifier: ISC */
#include "property.h"

#include "base/base64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    struct buf text;
    size_t n = 0;
    uint8_t *bytes = malloc(BASE64_DECODED_MAX(BASE64_ENCODED(size)) + 1);
    if (!bytes)
        return 0;
    buf_init(&text, BASE64_ENCODED(size));
    if (base64_decode(in, bytes, &n)) { /* one text for one meaning */
        must(n <= BASE64_DECODED_MAX(size));
        base64_encode(&text, (struct slice){ bytes, n });
        must(slice_equal(buf_slice(&text), in));
        buf_clear(&text);
    }
    base64_encode(&text, in);
    must(!text.failed && base64_decode(buf_slice(&text), bytes, &n));
    must(slice_equal((struct slice){ bytes, n }, in));
    buf_clear(&text);
    free(bytes);
    return 0;
}
