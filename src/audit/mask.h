/* SPDX-License-Identifier: ISC
 *
 * audit/mask: what a report shows of a value: itself, or a short keyed pseudonym of it, by which the same
 * value is known again within one report, or among reports made with the same secret.
 */
#pragma once

#include "base/buf.h"
#include "privacy/pseudonym.h"

struct audit_mask;
/* secret: the path of a secret file as privacy_open takes it (it is made when it is not there); NULL: a
 * random key of this report. reveal: values are shown. NULL: *why has a line. */
struct audit_mask *audit_mask_open(const char *secret, bool reveal, struct buf *why);
void audit_mask_free(struct audit_mask *mask);
bool audit_mask_reveals(const struct audit_mask *mask);
/* The value, or "~" and 16 characters of its pseudonym. */
void audit_mask_write(const struct audit_mask *mask, enum identifier_kind kind, struct slice text,
                      struct buf *out);
/* "c-" and 16 characters: how a client is called, revealed or not. */
void audit_mask_id(const struct audit_mask *mask, struct slice hardware, struct buf *out);
