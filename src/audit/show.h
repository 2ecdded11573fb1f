/* SPDX-License-Identifier: ISC
 *
 * audit/show: the words that every kind of report shares: how clients, networks, times and proofs are written.
 * All of a capture's values go through the mask here, and nowhere else.
 */
#pragma once

#include "audit/report.h"

/* A report under way: out is what was not yet given to write(). */
struct audit_show {
    const struct audit_report *report;
    struct buf out;
    int error;
};
void audit_show_init(struct audit_show *show, const struct audit_report *report);
/* Gives out to write() once there is a good piece of it; all: in any case. */
void audit_show_flush(struct audit_show *show, bool all);
/* The rest, and frees. What the report's function returns. */
MUST_USE int audit_show_end(struct audit_show *show);

/* Each appends plain text: neither JSON nor HTML. */
void audit_show_id(const struct audit_report *report, const struct audit_client *client,
                   struct buf *out);
/* "02:00:5e:10:00:00", or its pseudonym; nothing when it has none. */
void audit_show_hardware(const struct audit_report *report, const struct audit_client *client,
                         struct buf *out);
/* A hardware address of n octets, at most 16. */
void audit_show_mac(const struct audit_report *report, const uint8_t *hardware, size_t n,
                    struct buf *out);
void audit_show_address(const struct audit_report *report, uint32_t address, struct buf *out);
void audit_show_network(const struct audit_report *report, uint32_t network, struct buf *out);
/* The subnet of a network; nothing when it is not known. */
void audit_show_subnet(const struct audit_report *report, uint32_t network, struct buf *out);
void audit_show_value(const struct audit_report *report, const struct audit_value *value,
                      struct buf *out);
/* "what: value (other)" */
void audit_show_what(const struct audit_report *report, const struct audit_evidence *evidence,
                     struct buf *out);
/* What is said where there is no finding. */
void audit_show_nothing(const struct audit_report *report, struct buf *out);
struct slice audit_show_file(const struct audit_report *report, uint32_t file);
/* "2026-11-21 09:11:49" in UTC; "-" for AUDIT_NO_TIME. */
void audit_show_time(int64_t time_us, struct buf *out);

/* The octets of a value that was seen at a place; empty when no trait of the client has that place. */
struct slice audit_show_octets(const struct audit_client *client, const struct audit_place *place);
const char *audit_stability_text(enum audit_stability stability);
/* Clients in the order of how much is exposed, the worst first. The caller's to free; NULL: no memory, or
 * no clients. */
const struct audit_client **audit_show_sorted(const struct audit *audit);
unsigned audit_show_weight(const struct audit_client *client);
