/* SPDX-License-Identifier: ISC
 *
 * conf/show: a value as the text that reads back to it. Internal.
 */
#pragma once

#include "conf/keys.h"

#define SHOW_VALUE_MAX (2u << 20) /* all that a key can hold */

/* What stands behind "name:", with the space or line break in front. indent: of the name, for
 * values of many lines. False, and nothing, when the key has no value. */
bool show_value(const struct conf *conf, const struct key *key, unsigned indent, struct buf *out);
