/* SPDX-License-Identifier: ISC
 *
 * privacy/vendor: who made it: the first 24 bits of a hardware address to a name, by the IEEE's list as
 * Debian's ieee-data has it. Without the list nobody is known.
 */
#pragma once

#include "base/slice.h"

#define VENDOR_FILE "/usr/share/ieee-data/oui.txt"

/* "00-22-72   (hex)\t\tNAME"; false for every other line. Pure; name points into line. */
MUST_USE bool vendor_line(struct slice line, uint8_t oui[3], struct slice *name);

struct vendors;
struct vendors *vendors_open(const char *path); /* NULL: not there, or not readable */
void vendors_free(struct vendors *vendors);     /* NULL is fine */
/* Empty when unknown, or vendors is NULL. Lives as long as vendors. */
struct slice vendors_find(const struct vendors *vendors, const uint8_t oui[3]);
/* Every prefix that has a maker, in order, each once. */
size_t vendors_count(const struct vendors *vendors);
void vendors_prefix(const struct vendors *vendors, size_t i, uint8_t oui[3]); /* i < count */
/* A locally administered address has no maker: software made it up (IEEE 802, RFC 7042 §2.1). */
bool vendor_is_local(const uint8_t oui[3]);
