/* SPDX-License-Identifier: ISC
 *
 * device/location: where an address is, from the operator's own sources: MaxMind DB files (city or
 * country, and ASN, in any order) and a table of networks and names, which goes first.
 */
#pragma once

#include "conf/conf.h"
#include "device/device.h"

struct locations;

/* NULL: *why has file:line: what is wrong. Nothing configured is fine: nothing is known then. */
struct locations *locations_open(const struct conf *conf, struct buf *why);
void locations_free(struct locations *l); /* NULL is fine */
void locations_find(const struct locations *l, const struct address *a,
                    struct device_location *out);
/* Whether it has a position that is on Earth. */
bool location_has_position(const struct device_location *l);
/* Great-circle distance in kilometres; both must have a position. */
double location_distance(const struct device_location *a, const struct device_location *b);
