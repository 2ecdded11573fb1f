/* SPDX-License-Identifier: ISC
 *
 * audit/link: which hardware addresses are one device: a sum of log-likelihood ratios per pair, with a veto for
 * weak evidence when both were active at once on one link.
 */
#pragma once

#include "audit/evidence.h"

struct audit;

enum audit_link_kind {                            /* the ladder, the strongest first */
                       AUDIT_LINK_DUID,           /* the same DUID, UUID (97) or opaque client-id */
                       AUDIT_LINK_OTHER_HARDWARE, /* a client-id that carries the other's address */
                       AUDIT_LINK_NAME,           /* the same host name, not a generic one */
                       AUDIT_LINK_ADDRESS, /* an address of the one claimed or given again to the other */
                       AUDIT_LINK_NAME_TAIL, /* a host name that ends in the other's address */
                       AUDIT_LINK_HABIT,     /* fingerprint, and one came when the other had gone */
                       AUDIT_LINK_KINDS,
};

enum audit_link_reading {
    AUDIT_LINK_ONE_DEVICE,     /* one interface with several addresses over time */
    AUDIT_LINK_TWO_INTERFACES, /* active at once with one identity, and it fits one device */
    AUDIT_LINK_CLONED,         /* active at once with one identity that does not fit one device */
};

struct audit_link {
    uint32_t a, b; /* numbers of clients, a < b */
    double probability;
    double ratio;   /* the sum, in nats */
    unsigned kinds; /* 1 << enum audit_link_kind */
    enum audit_link_reading reading;
    struct audit_findings evidence;
};

const char *audit_link_kind_text(enum audit_link_kind kind);
const char *audit_link_reading_text(enum audit_link_reading reading); /* "one device", ... */

/* Fills audit.links with every pair above audit.options.threshold, and gives each client its device. A copied identity is
 * told whatever its probability, and joins nothing. Work is bounded: of what more than a bounded number of clients share,
 * only so many pairs are looked at, and the others counted (audit.links_passed_over). */
MUST_USE int audit_links_judge(struct audit *audit);
