/* SPDX-License-Identifier: ISC
 *
 * milter/session_internal: what the files of the session share. Not for others.
 */
#pragma once

#include "milter/session.h"
#include "milter/wire.h"

enum handled {
    HANDLED,        /* the MTA is told to go on, where it waits for a reply */
    HANDLED_SILENT, /* nothing is said, or it has been */
};

typedef enum handled command_handler(struct milter_session *s, struct slice payload);

/* session.c */
void milter_session_want(struct milter_session *s, enum milter_want_kind kind, struct slice bytes);
void milter_session_event(struct milter_session *s, enum milter_event event);
enum handled milter_session_refuse(struct milter_session *s,
                                   const char *reason); /* static; closes */
bool milter_session_leading_space(const struct milter_session *s);
void milter_session_await_verdict(struct milter_session *s);

/* envelope.c */
command_handler milter_on_connect, milter_on_mail, milter_on_macros, milter_on_quit_next;
/* The value of a macro: the message's, else the connection's; never NULL. */
const char *milter_message_macro(const struct milter_session *s, enum milter_macro macro);
void milter_message_init(struct milter_message *m);
void milter_message_clear(struct milter_message *m);  /* all but its report and macros */
void milter_message_forget(struct milter_message *m); /* those too */
/* Ends the message: what is open of it is given up, the event says so. */
void milter_message_over(struct milter_session *s, enum milter_event event);

/* content.c */
command_handler milter_on_header, milter_on_header_end, milter_on_body, milter_on_end;

/* sign.c */
void milter_sign_begin(struct milter_session *s); /* who it is from is known, not yet what it is */
void milter_sign_field(struct milter_session *s, struct slice field);
void milter_sign_header_end(struct milter_session *s);
void milter_sign_body(struct milter_session *s, struct slice octets);
void milter_sign_end(struct milter_session *s);
/* Why it will not be signed: fixed when it is first said. */
void milter_sign_not(struct milter_message *m, const char *format, ...) PRINTF(2, 3);
/* Writes the signatures (and the Sender of a list); the report says what was signed. */
void milter_sign_write(struct milter_session *s);

/* finish.c */
void milter_finish(struct milter_session *s, const struct milter_verified *verified);
