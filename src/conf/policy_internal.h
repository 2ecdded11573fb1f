/* SPDX-License-Identifier: ISC
 *
 * What the readers of `policy:` share.
 */
#pragma once

#include "conf/read.h"

extern const char *const conf_thens[]; /* of enum conf_limit_then, bit 0 first */

/* What contradicts itself in one limit. n: where it stands. */
MUST_USE bool conf_limit_check(struct reading *r, const struct conf_limit *limit,
                               const struct node *n);
/* When all is read. */
MUST_USE bool conf_rules_finish(struct reading *r);
MUST_USE bool conf_limits_finish(struct reading *r);
