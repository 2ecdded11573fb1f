/* SPDX-License-Identifier: ISC
 *
 * Replays a transcript against the session core: tests/data/sessions/NAME.smtp.
 *
 *     C: EHLO x        the client sends this line with CRLF; \r \n \0 \\ \xNN are escapes
 *     C+ half a line   the same without CRLF; lines join with what follows until a "C:" or "S:"
 *     S: 250 2.1.0     a reply line that starts so; "S=" wants the whole line
 *     S-               no reply stands there now
 *     Q: mail <a@b>    the open question, with its details; see question_text
 *     A: ok demo       its answer: ok ACCOUNT | failed | unavailable | challenge TEXT | tls |
 *                      CODE text (a delivery's reply)
 *     M: text          content handed on since the last M:, whole; escapes as above
 *     T: 2s            time passes
 *     !: lost 451 text the delivery fails by itself
 *     V: abort         the next event, abort, cancel or close that came out; "V-" none came
 *     X                the session has closed
 *     # a comment; the first lines may be "conf: KEY VALUE" (see apply_option)
 */
#pragma once

/* Fails the test naming file and line. */
void replay_session_file(const char *path);
