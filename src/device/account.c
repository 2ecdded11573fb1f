/* SPDX-License-Identifier: ISC */
#include "device/device.h"

static void append_lower(struct buf *out, struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        buf_append_byte(out, ascii_lower(s.p[i]));
}

bool device_account_write(struct slice typed, struct slice realm, struct buf *out)
{
    bool bare = realm.n > 0 && !slice_has(typed, '@');
    size_t n = bare ? typed.n + 1 + realm.n : typed.n;
    if (typed.n == 0 || typed.n > DEVICE_ACCOUNT_MAX || n > DEVICE_ACCOUNT_MAX)
        return false;
    if (slice_has(typed, '\0') || (bare && slice_has(realm, '\0')))
        return false; /* NUL ends an account in the registry's keys */
    append_lower(out, typed);
    if (bare) {
        buf_append_byte(out, '@');
        append_lower(out, realm);
    }
    return !out->failed;
}
