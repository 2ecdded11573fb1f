/* SPDX-License-Identifier: ISC
 *
 * cmd/gather: from a verification that is done to what is reported of it.
 */
#pragma once

#include "base/arena.h"
#include "cmd/dkim_report.h"
#include "cmd/mailbox.h"
#include "verify/verification.h"

/* Results live in the arena, in message and in v. explain: what was hashed, and hints, too. False: no
 * memory. */
MUST_USE bool gather_report(const struct mailbox_message *message, const struct verification *v,
                            bool explain, struct arena *arena, struct dkim_report *out);
