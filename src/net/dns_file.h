/* SPDX-License-Identifier: ISC
 *
 * net/dns_file: fixed answers from a file, for tests and offline use. Pure but for the reading.
 *
 * One record a line in master-file form (net/zone.h): NAME [TTL] [IN] TYPE RDATA; TXT and DKIMP as
 * quoted or bare strings, any type as "\# n hex" (RFC 3597). "NAME [TYPE] !servfail", "!timeout",
 * "!bogus", "!nodata", "!nxdomain" force an answer. A name that no line holds and that has no
 * descendant is NXDOMAIN; one that exists without the type asked for is NODATA. CNAMEs are followed,
 * at most 8; "*" as the first label answers as RFC 4592 has it.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "postern/dns.h"

struct dns_file;

/* rrtype: the number that DKIMP stands for. NULL: *why has "file:line: what is wrong". */
struct dns_file *dns_file_load(const char *path, uint16_t rrtype, struct buf *why);
struct dns_file *dns_file_parse(const char *name, struct slice text, uint16_t rrtype,
                                struct buf *why);
void dns_file_free(struct dns_file *f);
/* What it points to lives as long as f. */
void dns_file_find(const struct dns_file *f, const char *name, uint16_t type,
                   struct postern_dns_response *out);
