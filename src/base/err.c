/* SPDX-License-Identifier: ISC */
#include "base/err.h"

#include <string.h>

#include "base/attribute.h"

/* clang-format off */
static const struct { int error; const char *text; } texts[] = {
    { ERR_TOO_BIG,   "too big" },
    { ERR_FORMAT,    "not in the expected format" },
    { ERR_CLOSED,    "closed by the other side" },
    { ERR_TLS,       "TLS failed" },
    { ERR_REFUSED,   "refused" },
    { ERR_TIMEOUT,   "timed out" },
    { ERR_FULL,      "no room left" },
    { ERR_NOT_FOUND, "not found" },
    { ERR_OPEN_MODE, "readable by others" },
    { ERR_STORE,     "the store failed" },
    { ERR_CRYPTO,    "the crypto library failed" },
};
/* clang-format on */

const char *err_text(int error)
{
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        if (texts[i].error == error)
            return texts[i].text;
    const char *system = error < 0 ? strerrordesc_np(-error) : NULL;
    return system ? system : "unknown error";
}
