/* SPDX-License-Identifier: ISC
 *
 * audit/report_text: what the parts of the report for a terminal share.
 */
#pragma once

#include "audit/show.h"

#define AUDIT_TEXT_MAX (256 * 1024)

struct audit_text {
    struct audit_show show;
    struct buf text; /* of the line under way, not yet cut and escaped */
    size_t columns;
};

/* Appends text without anything that moves a terminal. */
void audit_text_safe(struct audit_text *t, struct slice text);
/* Exactly so many columns: filled up, or cut with "~" at the end. */
void audit_text_cell(struct audit_text *t, struct slice text, size_t columns);
/* Lines that fit; the second and further ones stand indent columns in, where the first one begins. */
void audit_text_wrap(struct audit_text *t, size_t indent, struct slice text);
/* The same of t->text, which is empty then. */
void audit_text_said(struct audit_text *t, size_t indent);
void audit_text_place(struct audit_text *t, const struct audit_place *place); /* to t->text */
void audit_text_evidence(struct audit_text *t, size_t indent,
                         const struct audit_evidence *evidence);
void audit_text_findings(struct audit_text *t, size_t indent, const struct audit_findings *findings,
                         size_t max);
void audit_text_link(struct audit_text *t, const struct audit_link *link);
/* report_text_client.c: all that is known of one. */
void audit_text_client(struct audit_text *t, const struct audit_client *client);
