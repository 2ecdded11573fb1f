/* SPDX-License-Identifier: ISC
 *
 * The session core against every transcript of tests/data/sessions; each one's name is the rule.
 */
#include "check.h"

#include "submit/replay_session.h"
#include "transcripts.h"

static void replay(void **state)
{
    replay_session_file(*state);
}

int main(void)
{
    return transcripts_run("submit/session", "data/sessions", ".smtp", replay);
}
