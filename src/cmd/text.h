/* SPDX-License-Identifier: ISC
 *
 * cmd/text: what people read: names that a terminal can bear, times on their own clock.
 */
#pragma once

#include "device/device.h"

#define TEXT_ACCOUNT_MAX  (4 * DEVICE_ACCOUNT_MAX + 1) /* every byte escaped */
#define TEXT_IDENTITY_MAX (DEVICE_TYPE_MAX + 1 + PSEUDONYM_TEXT_MAX)
#define TEXT_TIME_MAX     48
#define TEXT_WHERE_MAX    96

/* Well-formed UTF-8 without control characters stays as it is; else bytes are escaped. Returns the
 * columns it takes. out is NUL-terminated. */
int text_account(struct slice account, char out[TEXT_ACCOUNT_MAX]);
/* "UUID:~1.k3v..."; the next four return out, NUL-terminated. */
const char *text_identity(struct slice type, const struct pseudonym *token,
                          char out[TEXT_IDENTITY_MAX]);
/* "2026-11-21T10:11:49+01:00", local; "-" for 0. */
const char *text_time(int64_t wall_us, char out[TEXT_TIME_MAX]);
/* RFC 3339 in UTC, for programs. */
const char *text_utc(int64_t wall_us, char out[TEXT_TIME_MAX]);
/* "192.0.2.0/24 Building 7", "192.0.2.0/24 DE AS3320": as much as is known. */
const char *text_where(const struct device_network *network, const struct device_location *location,
                       char out[TEXT_WHERE_MAX]);
