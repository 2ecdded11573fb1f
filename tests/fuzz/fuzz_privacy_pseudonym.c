/* SPDX-License-Identifier: ISC */
#include "base/check.h"
#include "privacy/pseudonym.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each pseudonym has one text only: what parses is written the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = { data, size };
    struct pseudonym p, again;
    char out[PSEUDONYM_TEXT_MAX];
    if (!pseudonym_parse(text, &p))
        return 0;
    CHECK(p.key > 0);
    CHECK(slice_equal(slice_of_str(pseudonym_text(&p, out)), text));
    CHECK(pseudonym_parse(slice_of_str(out), &again) && pseudonym_equal(&p, &again));
    return 0;
}
