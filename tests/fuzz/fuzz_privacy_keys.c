/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/check.h"
#include "privacy/keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_keys(const struct secret_keys *keys)
{
    CHECK(keys->n > 0 && keys->n <= SECRET_KEYS_MAX);
    for (size_t i = 0; i < keys->n; i++)
        CHECK(keys->at[i].number > (i ? keys->at[i - 1].number : 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct secret_keys keys, again;
    struct fault why = { 0 };
    struct buf out;
    if (!secret_keys_parse((struct slice){ data, size }, &keys, &why)) {
        CHECK(why.what && why.at <= size);
        return 0;
    }
    check_keys(&keys);
    buf_init(&out, SECRET_FILE_MAX);
    secret_keys_write(&out, &keys);
    CHECK(!out.failed && secret_keys_parse(buf_slice(&out), &again, &why) && again.n == keys.n);
    for (size_t i = 0; i < keys.n; i++) {
        CHECK(again.at[i].number == keys.at[i].number);
        CHECK(memcmp(again.at[i].bytes, keys.at[i].bytes, SECRET_KEY_BYTES) == 0);
    }
    buf_clear(&out);
    return 0;
}
