/* SPDX-License-Identifier: ISC
 *
 * audit/report_json: what the parts of the report for programs share. postern-audit(1) documents every key.
 */
#pragma once

#include "audit/json.h"
#include "audit/show.h"

struct audit_told {
    struct audit_show show;
    struct audit_json j;
    struct buf text; /* scratch of one value */
};

/* A key and its value. audit_told_text: of w->text, which is empty then. */
void audit_told_text(struct audit_told *w, const char *key);
void audit_told_str(struct audit_told *w, const char *key, const char *text);
void audit_told_uint(struct audit_told *w, const char *key, uint64_t number);
void audit_told_number(struct audit_told *w, const char *key, double number, int places);
void audit_told_bool(struct audit_told *w, const char *key, bool value);
void audit_told_time(struct audit_told *w, const char *key, int64_t time_us);
void audit_told_id(struct audit_told *w, const char *key, const struct audit_client *client);
void audit_told_address(struct audit_told *w, const char *key, uint32_t address);
void audit_told_network(struct audit_told *w, const char *key, uint32_t network);
void audit_told_array(struct audit_told *w, const char *key);
void audit_told_object(struct audit_told *w, const char *key);
void audit_told_place(struct audit_told *w, const struct audit_place *place);
void audit_told_evidence(struct audit_told *w, const struct audit_client *client,
                         const struct audit_evidence *evidence);
void audit_told_findings(struct audit_told *w, const char *key, const struct audit_client *client,
                         const struct audit_findings *findings);

/* report_json_client.c, report_json_server.c */
void audit_told_client(struct audit_told *w, const struct audit_client *client);
void audit_told_servers(struct audit_told *w);
