/* SPDX-License-Identifier: ISC
 *
 * milter/act: what becomes of a message. Pure.
 */
#pragma once

#include "milter/message.h"
#include "milter/results.h"

struct act {
    enum milter_action action;
    const char *code; /* of REJECT and TEMPFAIL: "550 5.7.1" */
    const char *text; /* behind it, and of QUARANTINE; static */
    const char *why;  /* for the log; static; NULL: nothing to say */
};

/* Of mail from outside. may_quarantine: the MTA can. */
void act_inbound(const struct results *r, bool may_quarantine, struct act *out);
/* Of what a list manager re-sends; decision: of postern_list_decide. */
void act_list(const struct conf_milter *conf, const struct results *r,
              const struct postern_list_decision *decision, struct act *out);
