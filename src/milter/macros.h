/* SPDX-License-Identifier: ISC
 *
 * milter/macros: what the MTA says about a connection and a message besides the mail itself. Pure.
 */
#pragma once

#include "base/slice.h"

#define MILTER_MACRO_MAX 256 /* octets kept of a value, with a NUL */

enum milter_macro {
    MILTER_MACRO_AUTH_TYPE, /* {auth_type}: the SASL mechanism, of an authenticated client only */
    MILTER_MACRO_AUTH_AUTHEN,
    MILTER_MACRO_DAEMON_NAME,
    MILTER_MACRO_QUEUE_ID, /* i */
    MILTER_MACRO_COUNT,
};

struct milter_macros {
    char value[MILTER_MACRO_COUNT][MILTER_MACRO_MAX]; /* "": not said */
};

/* definitions: name NUL value NUL ...; with or without braces. Others are ignored. */
void milter_macros_take(struct milter_macros *macros, struct slice definitions);
