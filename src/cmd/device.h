/* SPDX-License-Identifier: ISC
 *
 * cmd/device: the commands of `postern device`, one function each; exit codes.
 */
#pragma once

#include "cmd/tool.h"
#include "privacy/vendor.h"

struct device_command {
    struct tool tool;
    const char *verb;
    char **argument; /* behind the verb; NULL after the last */
    const char *tokens;
    int64_t for_us; /* 0: not given */
};

int cmd_device_list(struct device_command *c);
int cmd_device_places(struct device_command *c);
int cmd_device_show(struct device_command *c);
int cmd_device_history(struct device_command *c);
int cmd_device_change(struct device_command *c);  /* approve, revoke, label, forget, erase */
int cmd_device_allow(struct device_command *c);   /* allow, disallow */
int cmd_device_backup(struct device_command *c);  /* export */
int cmd_device_restore(struct device_command *c); /* import */

/* IDENTITY of an account: TYPE:~pseudonym, TYPE:~ and the beginning of one (at least six letters
 * of it, and of one device only), or TYPE:TOKEN in clear, which becomes a pseudonym here. The
 * slices of out live as long as account and type. Exit code, after saying why not. */
MUST_USE int cmd_device_identity(struct tool *t, struct slice account, const char *text,
                                 struct device_key *out, char type[DEVICE_TYPE_MAX + 1]);

/* Of one device, all that is shown: for --json. NULL without memory. */
json_t *cmd_device_json(const struct device_key *key, const struct device *device,
                        const struct vendors *vendors);
/* The token is a hardware address, as far as its type or its shape tells. */
bool cmd_device_is_hardware(const struct device_key *key, const struct device *device);
/* In the words of the exposure table. */
const char *cmd_device_exposes(const struct device_key *key, const struct device *device);
