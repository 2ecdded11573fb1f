/* SPDX-License-Identifier: ISC
 *
 * cmd/practices: the commands of `postern practices`, one function each; exit codes.
 */
#pragma once

#include "cmd/judging.h"
#include "cmd/tool.h"

struct practices_command {
    struct tool tool; /* its name, and --json */
    struct judging judging;
    char **argument; /* behind the verb; NULL after the last */
    int arguments;
    bool brief;
    const char *p, *u, *t; /* of a record; NULL: not given */
    const char *origin;    /* of a zone; NULL: not given */
};

int cmd_practices_record(struct practices_command *c);
int cmd_practices_lint(struct practices_command *c);
int cmd_practices_lookup(struct practices_command *c);
int cmd_practices_check(struct practices_command *c);
