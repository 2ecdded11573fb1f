/* SPDX-License-Identifier: ISC */
#include "base/secret.h"

#include <string.h>

void secret_wipe(void *p, size_t n)
{
    if (n)
        explicit_bzero(p, n);
}

bool secret_equal(struct slice a, struct slice b)
{
    uint8_t differ = 0;
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        differ |= (uint8_t)(a.p[i] ^ b.p[i]);
    return differ == 0;
}
