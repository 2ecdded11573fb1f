/* SPDX-License-Identifier: ISC
 *
 * cmd/dkim_tables: OpenDKIM's KeyTable and SigningTable (opendkim.conf(5)) as `milter.sign`. Pure.
 *
 * A key signs there for whatever its pattern matches; here for a domain, and perhaps those below it.
 * What goes beyond that (single users, patterns within a name, signing for strangers) is said.
 */
#pragma once

#include "base/buf.h"

#define DKIM_TABLE_MAX ((size_t)16 * 1024 * 1024) /* octets of one */

struct dkim_table {
    const char *name; /* of the file */
    struct slice text;
};

struct dkim_import {
    struct buf yaml;  /* "milter:\n  sign:\n ..." */
    struct buf notes; /* lines "FILE:LINE: what is so" */
    size_t mapped, unmapped;
};

/* signing: NULL: every key of the KeyTable, for its own domain. Patterns: "*" in any place, as refile:
 * has them, and the forms of file: (address, domain, .domain). False: no memory. The caller clears
 * yaml and notes in any case. */
MUST_USE bool dkim_tables_import(const struct dkim_table *keys, const struct dkim_table *signing,
                                 struct dkim_import *out);
