/* SPDX-License-Identifier: ISC
 *
 * cmd/audit_dhcid: a search of many prefixes by threads; the caller's thread watches, tells, and takes signals.
 */
#pragma once

#include <signal.h>

#include "dhcp/dhcid_search.h"

enum { DHCID_THREADS_MAX = 256, DHCID_SUFFIXES = 1 << 24 };

struct dhcid_prefix {
    uint8_t oui[3];
};

struct dhcid_job {
    const struct dhcp_dhcid *record;
    struct slice name; /* wire form */
    const struct dhcid_prefix *prefixes;
    size_t prefixes_n;
    unsigned threads;
};

struct dhcid_outcome {
    int result; /* 1: mac; 0: none of what was tried; negative: an error number */
    uint8_t mac[6];
    bool stopped;   /* by a signal, before all was tried */
    uint64_t tried; /* addresses */
    double seconds;
};

/* Tries every address of the prefixes. shown, several times a second: how far it came; NULL: nobody wants to know.
 * SIGINT and SIGTERM stop it. */
void dhcid_run(const struct dhcid_job *job, void (*shown)(const struct dhcid_outcome *, void *),
               void *with, struct dhcid_outcome *out);
