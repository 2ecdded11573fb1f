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
    enum audit_conformance result;          /* violates when one message does */
    uint32_t conforming, violating, untold; /* messages */
    struct audit_findings evidence;         /* of violations */
};

struct audit_conduct {
    struct audit_rule_result rules[AUDIT_RULES];
    /* what the rules remember between messages: last orders, last lists, ... (owned by conduct.c) */
    struct slice order, parameters;
    bool order_changed, parameters_changed;
    uint32_t messages;
};

MUST_USE int audit_conduct_see(struct audit *audit, struct audit_client *client,
                               const struct audit_message *message);
MUST_USE int audit_conduct_judge(struct audit *audit);
/* "A" (follows the profile) to "F" (breaks a MUST and sends stable identifiers), "-" when there was too little;
 * and one line: "C: sends its host name and vendor class; its client-id is its hardware address". */
char audit_grade(const struct audit_client *client);
void audit_grade_text(const struct audit_client *client, struct buf *out);
