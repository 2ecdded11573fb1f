/* SPDX-License-Identifier: ISC
 *
 * audit/severity: how bad a finding is, and the findings of a whole audit, the worst first: what a report
 * begins with, and what `--fail-on` asks for. Pure.
 *
 *   attack (RFC 7819 §5)                              exposed    possible
 *   5.3 location, 5.9 location tracking               critical   medium
 *   5.4, 5.5, 5.6, 5.7, 5.8, 5.10                     high       low
 *   5.1 device type, 5.2 operating system             medium     low
 *
 *   more than one server on a link                    high
 *   addresses by hardware address or unkeyed hash     medium     (§4.2: the address tells the client)
 *   addresses one after the other                     low
 *   82, names or locations sent toward clients        medium
 *   options that nobody asked for                     low
 *   RFC 7844: a MUST broken                           medium
 *   RFC 7844: a SHOULD broken                         low
 *   malformed messages                                low
 */
#pragma once

#include "audit/attack.h"

struct audit;

enum audit_severity { AUDIT_HARMLESS, AUDIT_LOW, AUDIT_MEDIUM, AUDIT_HIGH, AUDIT_CRITICAL };

const char *audit_severity_text(enum audit_severity severity); /* "none", "low", ... "critical" */
/* By its name; false for every other word, and for "none". */
MUST_USE bool audit_severity_find(struct slice name, enum audit_severity *out);
enum audit_severity audit_attack_severity(enum audit_attack_id id, enum audit_verdict verdict);

#define AUDIT_CONCERNS_MAX 40

struct audit_concern {
    enum audit_severity severity;
    bool has_example;
    const char *section; /* "5.5", "A2", "4.2", "": none */
    const char *title, *advice;
    const char *unit;   /* "clients", "servers", ... */
    uint64_t count, of; /* concerned, of all */
    uint64_t exposed;   /* of those concerned: verdict exposed; not of attacks: all */
    struct audit_evidence example;
    const struct audit_client *client; /* of the example; NULL: none */
};
/* The worst first; returns how many. After audit_finish. */
size_t audit_concerns(const struct audit *audit, struct audit_concern out[AUDIT_CONCERNS_MAX]);
