/* SPDX-License-Identifier: ISC
 *
 * message/domain: domain names as mail writes them (RFC 5890 labels, RFC 8616). Pure.
 */
#pragma once

#include "base/slice.h"

#define DOMAIN_MAX 253 /* octets of a name without its final dot */

struct domain { /* A-labels, lower case, no final dot, NUL-terminated: compare with strcmp */
    char text[DOMAIN_MAX + 1];
    size_t n;
};

/* U-labels become A-labels; letters, digits, "-" and "_" are what a label may hold, 1 to 63 octets
 * each; one final dot is taken off. False: no DNS name (empty, a literal, too long, a bad label). */
MUST_USE bool domain_parse(struct slice text, struct domain *out);
unsigned domain_labels(const struct domain *d);
/* The name without its first label; false: it has one label. */
MUST_USE bool domain_parent(const struct domain *d, struct domain *out);
bool domain_equal(const struct domain *a, const struct domain *b);
/* Is d below above, or the same? */
bool domain_within(const struct domain *d, const struct domain *above);
