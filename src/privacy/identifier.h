/* SPDX-License-Identifier: ISC
 *
 * privacy/identifier: the kinds of identifiers that Postern meets, and what each exposes.
 *
 * The words of the exposure table are shared by the device registry, the lease log and the audit
 * (RFC 7819 §2 "stable identifier", §5 attacks; draft-storey-smtp-client-id-13 §9).
 */
#pragma once

#include "base/slice.h"

enum identifier_kind {
    ID_ACCOUNT,        /* a SASL authentication identity */
    ID_CLIENT_ADDRESS, /* a client's IP address */
    ID_CLIENTID_TOKEN, /* CLIENTID's token, of any type */
    ID_HELO_NAME,      /* what a client calls itself */
    ID_MAIL_ADDRESS,   /* an envelope address */
    ID_HARDWARE_ADDRESS,
    ID_KIND_COUNT,
};

enum identifier_stability {
    STABLE_SESSION,  /* gone with the session */
    STABLE_NETWORK,  /* while the client stays on one network */
    STABLE_SOFTWARE, /* until the software is reinstalled */
    STABLE_HARDWARE, /* as long as the machine lives */
    STABLE_PERSON,   /* as long as the account lives */
};

enum identifier_attack { /* RFC 7819 §5 */
                         ATTACK_DEVICE_TYPE = 1 << 0,
                         ATTACK_OPERATING_SYSTEM = 1 << 1,
                         ATTACK_LOCATION = 1 << 2,
                         ATTACK_NETWORK_ACTIVITY = 1 << 3, /* correlation over time */
                         ATTACK_PROFILING = 1 << 4,        /* across services */
                         ATTACK_IMPERSONATION = 1 << 5,
};

struct identifier_exposure {
    const char *name; /* in configuration (`log: clear:`) and output: "account", "address", ... */
    enum identifier_stability stability;
    unsigned attacks;      /* of enum identifier_attack */
    bool clear_by_default; /* the operator's log shows it as it is */
    bool clear_allowed;    /* false: never, whatever the configuration says */
    const char *exposes;   /* one sentence for people */
};

const struct identifier_exposure *identifier_exposure(enum identifier_kind kind);
/* By its name in the configuration; false when there is none. */
MUST_USE bool identifier_kind_find(struct slice name, enum identifier_kind *out);
