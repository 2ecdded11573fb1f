/* SPDX-License-Identifier: ISC
 *
 * milter/signing: is this message ours to sign, with which keys, and if not, why not. Pure.
 */
#pragma once

#include "milter/setup.h"

#define SIGNING_ROWS_MAX 8 /* signatures made of one message */

enum milter_role {
    MILTER_ROLE_INBOUND, /* from a stranger: verified, never signed */
    MILTER_ROLE_OURS,    /* authenticated, internal, or of a daemon of ours: signed, not verified */
    MILTER_ROLE_LIST,    /* ours, re-sent by a list manager: verified, then signed */
};
const char *milter_role_text(enum milter_role role); /* "inbound", "ours", "list" */

struct signing_client { /* what the MTA says of the client; "" or n 0: nothing */
    const struct address *address;
    const char *auth_type, *auth_authen, *daemon;
    const char *envelope_sender;
};

struct signing_judgement {
    enum milter_role role;
    bool may_sign;
    const char *why_not;                  /* static text, when it may not */
    const struct conf_list_manager *list; /* of ROLE_LIST */
};
void signing_judge(const struct milter_setup *setup, const struct signing_client *client,
                   struct signing_judgement *out);

/* The rows of milter.sign for a domain: its own, else those of the nearest domain above that signs for
 * its subdomains. Indexes in conf->sign, in its order; 0: none. */
size_t signing_rows(const struct milter_setup *setup, const struct domain *domain,
                    size_t out[SIGNING_ROWS_MAX]);
