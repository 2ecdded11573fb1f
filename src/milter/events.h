/* SPDX-License-Identifier: ISC
 *
 * milter/events: the log lines of a session (postern-events(7)).
 */
#pragma once

#include "milter/session.h"

struct privacy;

/* For MILTER_WANT_EVENT. */
void milter_event_log(const struct milter_session *s, enum milter_event event,
                      const struct privacy *privacy);
/* Before milter_verified is told: what the practices ask to be logged. */
void milter_event_notes(const struct milter_session *s, const struct milter_verified *verified);
