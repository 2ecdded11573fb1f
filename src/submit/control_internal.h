/* SPDX-License-Identifier: ISC
 *
 * What the files of submit/control share: one request under way, and how its fields are read.
 */
#pragma once

#include "submit/control.h"

struct control_call {
    const struct control_context *context;
    const json_t *request;
    int64_t wall_us;
    json_t *answer;     /* owned; NULL at the end: out of memory */
    struct buf account; /* of control_account */
    char type[DEVICE_TYPE_MAX + 1];
};

/* Each of these sets the answer to a refusal when it returns false. */

/* Text of at most max bytes. Absent: false when it is required, else true and empty. */
MUST_USE bool control_text(struct control_call *call, const char *name, size_t max, bool required,
                           struct slice *out);
/* Whole, 1 to max; absent: *out stays as it is. */
MUST_USE bool control_number(struct control_call *call, const char *name, int64_t max,
                             int64_t *out);
/* Canonical, aliases followed; "*" too where star is set. Lives as long as the call. */
MUST_USE bool control_account(struct control_call *call, bool star, struct slice *out);
/* In upper case. Lives as long as the call. */
MUST_USE bool control_type(struct control_call *call, struct slice *out);
MUST_USE bool control_token(struct control_call *call, struct slice text, struct pseudonym *out);
MUST_USE bool control_network(struct control_call *call, struct device_network *out);
MUST_USE bool control_store(struct control_call *call); /* it is there */

void control_refuse(struct control_call *call, const char *format, ...) PRINTF(2, 3);
/* An error of the world; not_found: what ERR_NOT_FOUND means here. */
void control_fail(struct control_call *call, int error, const char *not_found);
/* Takes fields over ("ok" is added); NULL: out of memory. */
void control_done(struct control_call *call, json_t *fields);

void control_device_approve(struct control_call *call);
void control_device_revoke(struct control_call *call);
void control_device_forget(struct control_call *call);
void control_device_label(struct control_call *call);
void control_device_allow(struct control_call *call);
void control_device_disallow(struct control_call *call);
void control_device_import(struct control_call *call);
void control_device_erase(struct control_call *call);
void control_place_forget(struct control_call *call);
void control_policy_attack(struct control_call *call);
void control_policy_status(struct control_call *call);
void control_policy_explain(struct control_call *call);
