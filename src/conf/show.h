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
/* An entry of a list of entries with keys of their own, as {name: x, ...}: what is not as it would
 * be when left out. conf: the entry's; NULL for a shipped limit. */
void show_entry(const struct conf *conf, enum key_type list, const void *entry, struct buf *out);
