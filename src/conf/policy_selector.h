/* SPDX-License-Identifier: ISC
 *
 * conf/policy_selector: whom a rule or a limit is about, as rows of a record. Internal.
 */
#pragma once

#include "conf/record.h"

#define SELECTOR_LIST_MAX 1000

/* clang-format off */
#define SELECTOR_LIST(path, entry, member, form, help) \
    { path, NULL, "everyone", KEY_LIST, true, 1, SELECTOR_LIST_MAX, offsetof(struct entry, who.member), 0, form, NULL, help }

#define SELECTOR_ROWS(path, entry)                                                                                             \
    SELECTOR_LIST(path ".account", entry, account, &form_account,                                                               \
                  "Accounts, by pattern (* any run, ? one character) of the canonical name: lower case, with its domain."),    \
    SELECTOR_LIST(path ".group", entry, group, &form_name, "Groups of accounts, by their names in policy.groups."),             \
    SELECTOR_LIST(path ".network", entry, network, &form_network, "Networks that the client's address is in."),                \
    SELECTOR_LIST(path ".type", entry, type, &form_type, "Types of CLIENTID, by pattern; who presents none has no type.")
/* clang-format on */

struct reading;
struct node;

/* Every group that the entry at n names is one of policy.groups. list: "policy.rules". */
MUST_USE bool conf_selector_check(struct reading *r, const char *path,
                                  const struct conf_selector *who);
