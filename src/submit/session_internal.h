/* SPDX-License-Identifier: ISC
 *
 * What the files of the session core share; nobody outside includes it.
 */
#pragma once

#include "submit/session.h"

enum submit_reply { /* the replies that are ours; their texts stand in answer.c */
                    REPLY_OK,
                    REPLY_BYE,
                    REPLY_FLUSHED,
                    REPLY_HELP,
                    REPLY_VRFY,
                    REPLY_START_TLS,
                    REPLY_AUTHENTICATED,
                    REPLY_CLIENTID_OK,
                    REPLY_NOT_RECOGNISED,
                    REPLY_BARE_LINE,
                    REPLY_LINE_LONG,
                    REPLY_AUTH_LONG,
                    REPLY_SYNTAX,
                    REPLY_SEQUENCE,
                    REPLY_HELLO_FIRST,
                    REPLY_NESTED_MAIL,
                    REPLY_NEED_MAIL,
                    REPLY_NEED_RCPT,
                    REPLY_AFTER_STARTTLS,
                    REPLY_TLS_ACTIVE,
                    REPLY_TLS_REQUIRED,
                    REPLY_AUTH_REQUIRED,
                    REPLY_AUTH_AGAIN,
                    REPLY_AUTH_MECHANISM,
                    REPLY_AUTH_BASE64,
                    REPLY_AUTH_CANCELLED,
                    REPLY_AUTH_FAILED,
                    REPLY_AUTH_UNAVAILABLE,
                    REPLY_POLICY,
                    REPLY_TOO_MANY_FAILURES,
                    REPLY_TOO_MANY_ERRORS,
                    REPLY_TOO_MANY_COMMANDS,
                    REPLY_TIMEOUT,
                    REPLY_PATH,
                    REPLY_PARAMETER,
                    REPLY_PARAMETER_UNKNOWN,
                    REPLY_UTF8_NEEDED,
                    REPLY_UPSTREAM_CHANGED,
                    REPLY_TOO_BIG,
                    REPLY_SENDER,
                    REPLY_FROM,
                    REPLY_TOO_MANY_RECIPIENTS,
                    REPLY_BINARY_NEEDS_BDAT,
                    REPLY_DATA_AND_BDAT,
                    REPLY_CHUNK_OK,
                    REPLY_BARE_CONTENT,
                    REPLY_LOOP,
                    REPLY_NO_MEMORY,
                    REPLY_UPSTREAM_ODD,
                    REPLY_COUNT,
};

/* answer.c */
const struct smtp_reply *reply_of(enum submit_reply reply);
void reply_send(struct submit_session *s, enum submit_reply reply);
/* Another's reply, with an enhanced code added where it has none and its 421 made a 451. */
void reply_pass(struct submit_session *s, const struct smtp_reply *reply,
                struct smtp_enhanced fallback);
/* Sends a 4yz or 5yz, counts it as an error of the client, and says why to the log. */
void reply_refuse(struct submit_session *s, enum submit_reply reply, const char *reason);
/* The same, without counting. */
void reply_decline(struct submit_session *s, enum submit_reply reply, const char *reason);
/* Sends it and closes. */
void reply_close(struct submit_session *s, enum submit_reply reply, const char *reason);

/* session.c */
void session_enter(struct submit_session *s, enum submit_state state);
void session_ask(struct submit_session *s, enum submit_question question);
void session_event(struct submit_session *s, enum submit_event event, uint16_t code,
                   const char *reason);
void session_content(struct submit_session *s, struct slice content);
void session_want(struct submit_session *s, enum submit_want_kind kind);
void session_close(struct submit_session *s, const char *reason);
/* After STARTTLS: as if the client had just connected (RFC 3207 §4.2). */
void session_reset(struct submit_session *s);

typedef void command_handler(struct submit_session *s, const struct smtp_command *command);
/* hello.c */
command_handler on_ehlo, on_helo, on_starttls, on_help, on_noop, on_quit, on_vrfy;
void hello_tls_done(struct submit_session *s);
/* identity.c */
command_handler on_clientid;
void clientid_forget(struct submit_session *s);
/* authenticate.c */
command_handler on_auth;
void auth_response(struct submit_session *s, struct slice line);
void auth_line_refused(struct submit_session *s, enum submit_reply reply, const char *reason);
void auth_answer(struct submit_session *s, const struct submit_answer *answer);
void auth_policy(struct submit_session *s, const struct submit_answer *answer);
void auth_verdict(struct submit_session *s, const struct submit_answer *answer);
void auth_resume(struct submit_session *s);
void auth_release(struct submit_session *s);
void auth_wipe(struct submit_session *s);
/* envelope.c */
command_handler on_mail, on_rcpt, on_rset;
void envelope_answer(struct submit_session *s, const struct submit_answer *answer);
/* Ends the transaction; an open delivery is given up. */
void envelope_drop(struct submit_session *s);
void envelope_free(struct submit_session *s);
bool envelope_from_allowed(const struct submit_session *s);
/* content.c */
command_handler on_data, on_bdat;
size_t content_data(struct submit_session *s, struct slice bytes);
size_t content_chunk(struct submit_session *s, struct slice bytes);
void content_answer(struct submit_session *s, const struct submit_answer *answer);
/* The message will be answered with this, whatever its content; the delivery is given up. */
void content_refuse(struct submit_session *s, const struct smtp_reply *reply);
/* trace.c */
void trace_write(const struct submit_session *s, struct buf *out, int64_t wall_us);
