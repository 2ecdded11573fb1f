/* SPDX-License-Identifier: ISC
 *
 * conf/policy_defaults: the limits that hold without being written down. Internal.
 */
#pragma once

#include "conf/conf.h"

extern const struct conf_limit conf_shipped_limits[];
extern const size_t conf_shipped_limits_n;

/* NULL: none of that name. */
const struct conf_limit *conf_shipped_limit_find(struct slice name);
