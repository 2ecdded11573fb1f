/* SPDX-License-Identifier: ISC
 *
 * The session core against every transcript of tests/data/milter; each one's name is the rule.
 */
#include "check.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "replay_session.h"

#define SESSIONS     "data/milter"
#define SESSIONS_MAX 256

static void replay(void **state)
{
    replay_session_file(*state);
}

static int is_transcript(const struct dirent *e)
{
    size_t n = strlen(e->d_name);
    return n > 7 && strcmp(e->d_name + n - 7, ".milter") == 0;
}

int main(void)
{
    static struct CMUnitTest tests[SESSIONS_MAX];
    static char paths[SESSIONS_MAX][512];
    struct dirent **found;
    int n = scandir(SESSIONS, &found, is_transcript, alphasort);
    if (n <= 0 || n > SESSIONS_MAX)
        return 1;
    for (int i = 0; i < n; i++) {
        (void)snprintf(paths[i], sizeof paths[i], SESSIONS "/%s", found[i]->d_name);
        tests[i] =
            (struct CMUnitTest){ paths[i] + strlen(SESSIONS "/"), replay, NULL, NULL, paths[i] };
        free(found[i]);
    }
    free(found);
    return _cmocka_run_group_tests("milter/session", tests, (size_t)n, NULL, NULL);
}
