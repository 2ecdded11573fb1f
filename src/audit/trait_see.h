/* SPDX-License-Identifier: ISC
 *
 * audit/trait_see: what a message discloses, to the traits of its client: trait_see.c has the header and the table
 * of options, trait_see_relay.c option 82.
 */
#pragma once

#include "audit/audit_internal.h"

struct audit_seen { /* a message, and whose it is */
    struct audit *audit;
    struct audit_client *client;
    const struct audit_message *message;
    enum audit_discloser by;
    bool to_client; /* 82 in it is shown to the client */
};

/* 0 or -ENOMEM. Beyond the bound of its kind it is only counted. */
MUST_USE int audit_trait_note(const struct audit_seen *seen, enum identifier_kind kind,
                              struct slice octets, struct audit_place place);
/* These octets are the value, as far as it was kept. */
bool audit_value_is(const struct audit *audit, const struct audit_value *value,
                    struct slice octets);
/* Of a sub-option of 82. */
enum identifier_kind audit_relay_kind(uint8_t sub);
MUST_USE int audit_see_relay(const struct audit_seen *seen, const struct dhcp_option *option);
