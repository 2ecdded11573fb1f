/* SPDX-License-Identifier: ISC
 *
 * base/check: we are wrong. Says where and aborts, in release builds too; never for input.
 */
#pragma once

#include "base/attribute.h"

#define CHECK(cond)                                  \
    do {                                             \
        if (!(cond))                                 \
            check_failed(__FILE__, __LINE__, #cond); \
    } while (0)

NORETURN void check_failed(const char *file, int line, const char *condition);
