/* SPDX-License-Identifier: ISC
 *
 * cmd/audit: what stands under `postern audit`, a file each. argv[0] is the verb. Exit codes as in cmd/cmd.h.
 */
#pragma once

#include "audit/audit.h"

int cmd_audit_packets(int argc, char **argv);
int cmd_audit_anonymise(int argc, char **argv);
int cmd_audit_dhcid(int argc, char **argv);
int cmd_audit_diff(int argc, char **argv);

/* The captures that the arguments name: files, "-", and what lies in directories (sorted, captures by their
 * first octets or their names). The caller's to clear. */
struct audit_sources {
    char **paths; /* as given, or the directory's and the name in it */
    size_t n;
};
/* *why says of every directory what is wrong with it; the rest is there unless memory is short. */
MUST_USE int audit_sources_find(char *const *names, size_t n, struct audit_sources *out,
                                struct buf *why);
void audit_sources_clear(struct audit_sources *sources);

/* "2026-11-21T10:11:49.5+01:00", "2026-11-21 10:11", "2026-11-21" (UTC without a zone), or seconds since 1970
 * with up to nine digits behind the point. False: none of these. */
MUST_USE bool audit_time_parse(struct slice text, int64_t *out_ns);

/* A further UDP port. False: none, or too many. */
MUST_USE bool audit_port_add(struct capture_filter *filter, const char *text);

/* Connections that go on as TLS: a DHCPTLS that a server answers without refusing (RFC 7724 §7.2). What follows
 * on them are no messages. Shown every message, in order, it ends their streams. */
#define AUDIT_TLS_WAITING 64
struct audit_tls {
    struct audit_tls_offer { /* a client's DHCPTLS; the oldest goes */
        uint32_t source, destination, stream;
        uint16_t source_port, destination_port;
    } offers[AUDIT_TLS_WAITING];
    size_t next;
};
/* True: from here on this connection is hidden. */
bool audit_tls_see(struct audit_tls *tls, struct capture *capture,
                   const struct capture_message *message, const struct dhcp_packet *packet);
