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
    ID_ACCOUNT,           /* a SASL authentication identity */
    ID_CLIENT_ADDRESS,    /* a client's IP address */
    ID_CLIENTID_TOKEN,    /* CLIENTID's token, of any type */
    ID_HELO_NAME,         /* what a client calls itself */
    ID_MAIL_ADDRESS,      /* an envelope address */
    ID_HARDWARE_ADDRESS,  /* htype and chaddr, or what carries one */
    ID_CLIENT_ID,         /* DHCP: option 61 and so on; RFC 7819 §3 */
    ID_ASSIGNED_ADDRESS,  /* yiaddr */
    ID_CURRENT_ADDRESS,   /* ciaddr */
    ID_REQUESTED_ADDRESS, /* 50 */
    ID_HOST_NAME,         /* 12 */
    ID_CLIENT_FQDN,       /* 81 */
    ID_PARAMETER_LIST,    /* 55: content and order */
    ID_OPTION_ORDER,      /* of all options */
    ID_VENDOR_CLASS,      /* 60 */
    ID_VENDOR_SPECIFIC,   /* 43 */
    ID_USER_CLASS,        /* 77 */
    ID_VI_CLASS,          /* 124 */
    ID_VI_INFORMATION,    /* 125 */
    ID_CIVIC_LOCATION,    /* 99 */
    ID_GEOCONF,           /* 123 */
    ID_GEOLOC,            /* 144 */
    ID_ARCHITECTURE,      /* 93 */
    ID_CLIENT_INTERFACE,  /* 94 */
    ID_CLIENT_UUID,       /* 97 */
    ID_CIRCUIT_ID,        /* 82.1 */
    ID_REMOTE_ID,         /* 82.2 */
    ID_LINK_SELECTION,    /* 82.5 */
    ID_SUBSCRIBER_ID,     /* 82.6 */
    ID_RELAY_INFORMATION, /* 82, every other sub-option */
    ID_MUD_URL,           /* 161 */
    ID_MAX_MESSAGE_SIZE,  /* 57 */
    ID_HEADER_HABITS,     /* secs, xid, TTL, IP-ID, the broadcast flag */
    ID_SERVER_ADDRESS,    /* 54, giaddr */
    ID_NETWORK,           /* what a network is called, its subnet */
    ID_KIND_COUNT,
};

enum identifier_stability {
    STABLE_SESSION,  /* gone with the session */
    STABLE_NETWORK,  /* while the client stays on one network */
    STABLE_SOFTWARE, /* until the software is reinstalled */
    STABLE_HARDWARE, /* as long as the machine lives */
    STABLE_PERSON,   /* as long as the account lives */
};

enum identifier_attack {                                    /* RFC 7819 §5; then what mail adds */
                         ATTACK_DEVICE_TYPE = 1 << 0,       /* 5.1 */
                         ATTACK_OPERATING_SYSTEM = 1 << 1,  /* 5.2 */
                         ATTACK_LOCATION = 1 << 2,          /* 5.3 */
                         ATTACK_VISITED_NETWORKS = 1 << 3,  /* 5.4 */
                         ATTACK_STABLE_IDENTITY = 1 << 4,   /* 5.5 */
                         ATTACK_PERVASIVE = 1 << 5,         /* 5.6 */
                         ATTACK_NAME_IN_DNS = 1 << 6,       /* 5.7 */
                         ATTACK_NETWORK_ACTIVITY = 1 << 7,  /* 5.8: correlation over time */
                         ATTACK_LOCATION_TRACKING = 1 << 8, /* 5.9 */
                         ATTACK_LEASEQUERY = 1 << 9,        /* 5.10 */
                         ATTACK_PROFILING = 1 << 10,        /* across services */
                         ATTACK_IMPERSONATION = 1 << 11,
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
