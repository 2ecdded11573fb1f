/* SPDX-License-Identifier: ISC
 *
 * The session core against every transcript of tests/data/milter; each one's name is the rule.
 */
#include "check.h"

#include "replay_session.h"
#include "transcripts.h"

static void replay(void **state)
{
    replay_session_file(*state);
}

int main(void)
{
    return transcripts_run("milter/session", "data/milter", ".milter", replay);
}
