/* SPDX-License-Identifier: ISC
 *
 * What the files of this room share.
 */
#pragma once

#include "device/device.h"

bool device_account_ok(struct slice account); /* 1 to DEVICE_ACCOUNT_MAX bytes, no NUL */
bool device_type_ok(struct slice type);       /* 1 to DEVICE_TYPE_MAX of A-Z, 0-9, "-", "_" */

/* Big-endian, appended. */
void device_put_u64(struct buf *out, uint64_t value);
void device_put_u32(struct buf *out, uint32_t value);
