/* SPDX-License-Identifier: ISC
 *
 * message/authres: Authentication-Results (RFC 8601): written strictly, read leniently. Pure.
 */
#pragma once

#include "base/buf.h"

/* Whose result is it? value: of the field, behind the colon. True when its authserv-id is ours in any
 * spelling a reader might take for it (case, comments, folding, quoted string, version, U-label), and
 * also when it cannot be read but has ours before the first ";". */
bool authres_claims(struct slice value, struct slice authserv_id);

/* Writing: start, then results each with its properties, then the value is whole. Values that are no
 * token are quoted; what no quoted string can hold (controls, parentheses raw in none) is left out. */
void authres_start(struct buf *out, struct slice authserv_id);
/* comment, reason: empty: none. Folded before each result. */
void authres_result(struct buf *out, const char *method, const char *result, struct slice comment,
                    struct slice reason);
void authres_property(struct buf *out, const char *ptype, const char *property, struct slice value);
/* Nothing was checked: "; none". */
void authres_none(struct buf *out);
