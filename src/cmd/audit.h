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
 * first octets). The caller's to clear. */
struct audit_sources {
    char **paths; /* as given, or the directory's and the name in it */
    size_t n;
};
MUST_USE int audit_sources_find(char *const *names, size_t n, struct audit_sources *out,
                                struct buf *why);
void audit_sources_clear(struct audit_sources *sources);
