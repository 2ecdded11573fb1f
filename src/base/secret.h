/* SPDX-License-Identifier: ISC
 *
 * base/secret: passwords, tokens and keys when they are needed no more, or compared.
 */
#pragma once

#include "base/slice.h"

/* Overwrites n bytes in a way the compiler keeps. */
void secret_wipe(void *p, size_t n);
/* Same length and bytes, in time that depends on the length only. */
bool secret_equal(struct slice a, struct slice b);
