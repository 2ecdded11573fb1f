/* SPDX-License-Identifier: ISC
 *
 * cmd/policy: the commands of `postern policy`, one function each; exit codes.
 */
#pragma once

#include "cmd/tool.h"

struct policy_command {
    struct tool tool;
    const char *file; /* the configuration */
    char **argument;  /* behind the verb; NULL after the last */
    const char *account, *clientid, *ip, *outcome, *network, *mode, *policy;
    int64_t for_us; /* 0: not given */
    bool verbose;
};

int cmd_policy_explain(struct policy_command *c);
int cmd_policy_check(struct policy_command *c);
int cmd_policy_replay(struct policy_command *c);
int cmd_policy_attack(struct policy_command *c);
int cmd_policy_status(struct policy_command *c);
