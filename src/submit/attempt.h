/* SPDX-License-Identifier: ISC
 *
 * submit/attempt: one AUTH as policy sees it: the facts are gathered (registry, location, identity),
 * policy is asked before the password is looked at and after, what it says is carried out: the
 * log, the keeper's events, what the session holds open. Between them a site's weakforced is asked.
 */
#pragma once

#include "submit/client.h"

/* Answers SUBMIT_ASK_POLICY and SUBMIT_ASK_VERDICT, at once or when the site's server has. */
void attempt_ask_before(struct client *c);
void attempt_ask_after(struct client *c);
/* The AUTH is over: its outcome stands in the session. Logs nothing of the AUTH itself. */
void attempt_over(struct client *c);
/* May the authenticated session send so much more of `what` (messages, recipients)? */
bool attempt_may_send(struct client *c, enum conf_count what);
/* Gives back what is held. Idempotent. */
void attempt_free(struct client *c);

/* For the log of the AUTH: the class and the 12 bits of the guess as hex digits, each "" when there
 * is none; the name of the rule or limit that decided, NULL when none did. */
const char *attempt_class(const struct client *c);
const char *attempt_guess(const struct client *c);
const char *attempt_rule(const struct client *c);
