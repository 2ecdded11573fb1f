/* SPDX-License-Identifier: ISC
 *
 * audit/evidence: where something was seen, and what it says. The values in it are in clear; whoever prints
 * it masks them (audit/mask.h).
 */
#pragma once

#include "privacy/identifier.h"

#define AUDIT_NO_TIME      INT64_MIN
#define AUDIT_EVIDENCE_MAX 8 /* of one finding */

struct audit_place {
    uint32_t file;  /* index of audit.files */
    uint16_t at, n; /* the octets that prove it, from the op octet; n 0: the message as a whole */
    uint64_t frame;
};

struct audit_said {            /* a text in clear that a report masks as its kind */
    enum identifier_kind kind; /* ID_KIND_COUNT: of a table of ours, never masked */
    struct slice text; /* printable UTF-8; lives as long as the audit; empty: there is none */
};

/* Reads: "the vendor class names the system: dhcpcd-9.4.1 (Linux)". */
struct audit_evidence {
    struct audit_place place;
    const char *what;        /* static, complete without the values */
    struct audit_said value; /* behind a colon */
    struct audit_said
        other; /* in parentheses behind it: the network's name, the other client's address */
};

/* Bounded; what is beyond is counted. An equal one (place, what) is not added again. */
struct audit_findings {
    struct audit_evidence
        *at; /* of the audit's memory; grown by doubling up to AUDIT_EVIDENCE_MAX */
    uint16_t n, size;
    uint32_t dropped;
};
