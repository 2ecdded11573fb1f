/* SPDX-License-Identifier: ISC
 *
 * Replays a transcript of tests/data/milter against the session core.
 *
 *   conf: KEY VALUE         before all others: suspicious, malformed, temporary, verify, header, list
 *   negotiate [2]           with all that version 6 (or 2) has
 *   > C PAYLOAD             the MTA sends a packet of letter C; what the session wants and says follows,
 *                           line by line, whole: `= WANT`, then `< C PAYLOAD`
 *   >> RAW                  the MTA sends octets
 *   ! NAME | ! error N      the verification's answer (verdicts of replay_session.c), or its failure
 *   tick SECONDS            time passes
 *   hangup REASON           the connection ends
 *   # ...                   a comment
 *
 * \0 \n \r \t \\ \xHH stand for octets, \4{N} for a number of four. A line that ends in "..." is
 * a beginning. Twice: packet by packet, and octet by octet.
 */
#pragma once

void replay_session_file(const char *path);
