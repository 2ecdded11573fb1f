/* SPDX-License-Identifier: ISC
 *
 * One test for each transcript of a folder; the name of the file is the rule. Behind check.h.
 */
#pragma once

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define TRANSCRIPTS_MAX 256

/* suite: "submit/session". folder: below tests/. ending: ".smtp"; other files are none. replay is
 * called with the path as its state. The exit status of the test program. */
static inline int transcripts_run(const char *suite, const char *folder, const char *ending,
                                  CMUnitTestFunction replay)
{
    static struct CMUnitTest tests[TRANSCRIPTS_MAX];
    static char paths[TRANSCRIPTS_MAX][512];
    struct dirent **found;
    size_t n = 0;
    int files = scandir(folder, &found, NULL, alphasort);
    for (int i = 0; i < files; i++) {
        const char *name = found[i]->d_name;
        bool is_transcript = slice_ends_nocase(slice_of_str(name), slice_of_str(ending));
        if (is_transcript && n < TRANSCRIPTS_MAX) {
            (void)snprintf(paths[n], sizeof paths[n], "%s/%s", folder, name);
            tests[n] =
                (struct CMUnitTest){ paths[n] + strlen(folder) + 1, replay, NULL, NULL, paths[n] };
        }
        n += is_transcript;
        free(found[i]);
    }
    if (files < 0 || n == 0 || n > TRANSCRIPTS_MAX)
        return 1;
    free(found);
    return _cmocka_run_group_tests(suite, tests, n, NULL, NULL);
}
