/* SPDX-License-Identifier: ISC
 *
 * audit/conduct: RFC 7844 §3 in clients: rules A1 to A16, message by message. conduct_rules.c has a function
 * for each.
 */
#pragma once

#include "audit/evidence.h"
#include "base/buf.h"

struct audit;
struct audit_client;
struct audit_message;

enum { AUDIT_RULES = 16 }; /* A1 is 0 */

enum audit_level { AUDIT_MUST, AUDIT_SHOULD, AUDIT_MAY, AUDIT_NOTE };
enum audit_conformance { AUDIT_CANNOT_TELL, AUDIT_CONFORMS, AUDIT_VIOLATES };

struct audit_rule {
    const char *id;    /* "A2" */
    const char *rule;  /* one sentence */
    const char *where; /* "RFC 7844 §3.1" */
    enum audit_level level;
};
const struct audit_rule *audit_rule(size_t i);
const char *audit_level_text(enum audit_level level);
const char *audit_conformance_text(enum audit_conformance c); /* "cannot tell", ... */

struct audit_rule_result {
    enum audit_conformance result; /* violates when one message does */
    /* Messages that the rule is about; each number stays at 65535. */
    uint32_t conforming, violating, untold;
    struct audit_findings evidence; /* of violations: of each kind the first; A16: what is noted */
    struct audit_evidence room[AUDIT_EVIDENCE_MAX]; /* of evidence */
};
/* What became of a client by a rule, after audit_finish. *out is not to be copied: it points into itself. */
void audit_conduct_result(const struct audit_client *client, size_t rule,
                          struct audit_rule_result *out);

struct audit_rule_tally { /* of all clients, after audit_finish: audit.tallies, one for each rule */
    uint32_t clients, violating;
    struct audit_evidence example; /* of the first client that violates it */
    const struct audit_client *client;
};

struct audit_conduct; /* of one client; made with the first message that it sends itself */

MUST_USE int audit_conduct_see(struct audit *audit, struct audit_client *client,
                               const struct audit_message *message);
MUST_USE int audit_conduct_judge(struct audit *audit);

/* Points: A9, A6, A13 and names (A11, A12) 40, 40, 40 and 20; a vendor or user class (A14) 15; the maker's
 * hardware address (A8) 15; a former address (A7) 10; options beyond the profile (A2, A5, A15) 5; a list of its own
 * (A10) 5; A3, A4 5; the order of options (A1) 3.
 * "A": at most 5 points. "B": at most 25. "C": at most 65. "D": more. "E": breaks the MUST of A6 or A13. "F": does so
 * and sends an identifier that outlives its hardware address, or breaks A9, which is one. "-": it sent nothing that
 * can be judged. */
char audit_grade(const struct audit_client *client);
/* One line: "C: sends its host name and vendor class; its client-id is its hardware address". */
void audit_grade_text(const struct audit_client *client, struct buf *out);
