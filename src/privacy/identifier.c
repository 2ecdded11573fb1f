/* SPDX-License-Identifier: ISC
 *
 * The exposure table. A kind is rated by the worst that is met in practice: a CLIENTID token may be
 * a MAC address (draft-storey-smtp-client-id-13 §7.4, §9), a HELO name is often the machine's.
 */
#include "privacy/identifier.h"

#include "base/check.h"

/* clang-format off */
static const struct identifier_exposure table[] = {
    [ID_ACCOUNT] = {
        .name = "account",
        .stability = STABLE_PERSON,
        .attacks = ATTACK_NETWORK_ACTIVITY | ATTACK_PROFILING | ATTACK_IMPERSONATION,
        .clear_by_default = true, /* the operator must answer for his accounts */
        .clear_allowed = true,
        .exposes = "Who it is: it ties together all that a person does, from any device and any "
                   "network, and it is half of what an impostor needs.",
    },
    [ID_CLIENT_ADDRESS] = { /* RFC 7819 §5.3, §5.8, §5.9 */
        .name = "address",
        .stability = STABLE_NETWORK,
        .attacks = ATTACK_LOCATION | ATTACK_NETWORK_ACTIVITY,
        .clear_by_default = true,
        .clear_allowed = true,
        .exposes = "Where the client is, and what it does for as long as it keeps the address.",
    },
    [ID_CLIENTID_TOKEN] = {
        .name = "token",
        .stability = STABLE_HARDWARE,
        .attacks = ATTACK_DEVICE_TYPE | ATTACK_LOCATION | ATTACK_STABLE_IDENTITY | ATTACK_PERVASIVE |
                   ATTACK_NAME_IN_DNS | ATTACK_NETWORK_ACTIVITY | ATTACK_LOCATION_TRACKING |
                   ATTACK_LEASEQUERY | ATTACK_PROFILING | ATTACK_IMPERSONATION,
        .clear_by_default = false,
        .clear_allowed = false, /* whoever can read it can present it */
        .exposes = "Which device it is, on every network and for every account that it uses; it may "
                   "be a hardware address or a licence, and whoever knows it can pass for the "
                   "device.",
    },
    [ID_HELO_NAME] = { /* RFC 7819 §2 counts host names as stable identifiers; §5.7, §5.9 */
        .name = "helo",
        .stability = STABLE_SOFTWARE,
        .attacks = ATTACK_DEVICE_TYPE | ATTACK_OPERATING_SYSTEM | ATTACK_LOCATION |
                   ATTACK_NETWORK_ACTIVITY | ATTACK_PROFILING,
        .clear_by_default = false,
        .clear_allowed = true,
        .exposes = "What the machine is called, which often names its owner, make or system, or its "
                   "address inside the network that it is in.",
    },
    [ID_MAIL_ADDRESS] = {
        .name = "mail-address",
        .stability = STABLE_PERSON,
        .attacks = ATTACK_NETWORK_ACTIVITY | ATTACK_PROFILING | ATTACK_IMPERSONATION,
        .clear_by_default = false,
        .clear_allowed = true,
        .exposes = "Who writes to whom, and when.",
    },
    [ID_HARDWARE_ADDRESS] = { /* RFC 7819 §3.1, §3.2, §5.1, §5.5, §5.9 */
        .name = "hardware-address",
        .stability = STABLE_HARDWARE,
        .attacks = ATTACK_DEVICE_TYPE | ATTACK_LOCATION | ATTACK_STABLE_IDENTITY | ATTACK_PERVASIVE |
                   ATTACK_NAME_IN_DNS | ATTACK_NETWORK_ACTIVITY | ATTACK_LOCATION_TRACKING |
                   ATTACK_LEASEQUERY | ATTACK_PROFILING | ATTACK_IMPERSONATION,
        .clear_by_default = false,
        .clear_allowed = true,
        .exposes = "Which device it is and who made it, on every network that it joins for as long "
                   "as it lives.",
    },
    [ID_CLIENT_ID] = { /* RFC 7819 §3.1 */
        .name = "client-id",
        .stability = STABLE_SOFTWARE,
        .attacks = ATTACK_DEVICE_TYPE | ATTACK_STABLE_IDENTITY | ATTACK_PERVASIVE |
                   ATTACK_NAME_IN_DNS | ATTACK_NETWORK_ACTIVITY | ATTACK_LOCATION_TRACKING |
                   ATTACK_LEASEQUERY,
        .clear_by_default = false,
        .clear_allowed = true,
        .exposes = "Which client it is, even after its hardware address has changed; it often "
                   "carries the original one and the time of the first boot.",
    },
    [ID_ASSIGNED_ADDRESS] = { /* RFC 7819 §3.2 */
        .name = "assigned-address",
        .stability = STABLE_NETWORK,
        .attacks = ATTACK_LOCATION | ATTACK_NETWORK_ACTIVITY | ATTACK_LOCATION_TRACKING |
                   ATTACK_LEASEQUERY,
        .clear_by_default = false,
        .clear_allowed = true,
        .exposes = "Where the client is, and what it does for as long as it keeps the address.",
    },
    [ID_CURRENT_ADDRESS] = { /* RFC 7819 §3.2, §5.4 */
        .name = "current-address",
        .stability = STABLE_NETWORK,
        .attacks = ATTACK_VISITED_NETWORKS | ATTACK_NETWORK_ACTIVITY,
        .clear_by_default = false,
        .clear_allowed = true,
        .exposes = "Which address it holds, and on a foreign network where it was before.",
    },
    [ID_REQUESTED_ADDRESS] = { /* RFC 7819 §3.2, §5.4 */
        .name = "requested-address",
        .stability = STABLE_NETWORK,
        .attacks = ATTACK_VISITED_NETWORKS | ATTACK_NETWORK_ACTIVITY,
        .clear_by_default = false,
        .clear_allowed = true,
        .exposes = "Which network it was on before, and who it was there.",
    },
    [ID_HOST_NAME] = { /* RFC 7819 §2; RFC 8117 */
        .name = "host-name",
        .stability = STABLE_SOFTWARE,
        .attacks = ATTACK_DEVICE_TYPE | ATTACK_OPERATING_SYSTEM | ATTACK_STABLE_IDENTITY |
                   ATTACK_PERVASIVE | ATTACK_NAME_IN_DNS | ATTACK_NETWORK_ACTIVITY |
                   ATTACK_LOCATION_TRACKING,
        .clear_by_default = false,
        .clear_allowed = true,
        .exposes = "What the machine is called, which often names its owner or model, and is the "
                   "same on every network.",
    },
    [ID_CLIENT_FQDN] = { /* RFC 7819 §3.3 */
        .name = "client-fqdn",
        .stability = STABLE_SOFTWARE,
        .attacks = ATTACK_DEVICE_TYPE | ATTACK_OPERATING_SYSTEM | ATTACK_STABLE_IDENTITY |
                   ATTACK_PERVASIVE | ATTACK_NAME_IN_DNS | ATTACK_NETWORK_ACTIVITY |
                   ATTACK_LOCATION_TRACKING,
        .clear_by_default = false,
        .clear_allowed = true,
        .exposes = "What the machine is called, its home domain, and whether DNS shall tell "
                   "everybody.",
    },
    [ID_PARAMETER_LIST] = { /* RFC 7819 §3.4 */
        .name = "parameter-list",
        .stability = STABLE_SOFTWARE,
        .attacks = ATTACK_DEVICE_TYPE | ATTACK_OPERATING_SYSTEM | ATTACK_PERVASIVE,
        .clear_by_default = false,
        .clear_allowed = true,
        .exposes = "Which software speaks, by what it asks for and in which order.",
    },
    [ID_OPTION_ORDER] = { /* RFC 7844 §3.1 */
        .name = "option-order",
        .stability = STABLE_SOFTWARE,
        .attacks = ATTACK_OPERATING_SYSTEM | ATTACK_PERVASIVE,
        .clear_by_default = false,
        .clear_allowed = true,
        .exposes = "Which software speaks, by the order of its options.",
    },
    [ID_VENDOR_CLASS] = { /* RFC 7819 §3.5 */
        .name = "vendor-class",
        .stability = STABLE_SOFTWARE,
        .attacks = ATTACK_DEVICE_TYPE | ATTACK_OPERATING_SYSTEM,
        .clear_by_default = false,
        .clear_allowed = true,
        .exposes = "Make, model or system, often with the version.",
    },
    [ID_VENDOR_SPECIFIC] = { /* RFC 7819 §3.5 */
        .name = "vendor-specific",
        .stability = STABLE_HARDWARE,
        .attacks = ATTACK_DEVICE_TYPE | ATTACK_OPERATING_SYSTEM | ATTACK_STABLE_IDENTITY,
        .clear_by_default = false,
        .clear_allowed = true,
        .exposes = "What the vendor pleased to tell: model, version, serial number.",
    },
    [ID_USER_CLASS] = { /* RFC 3004 */
        .name = "user-class",
        .stability = STABLE_SOFTWARE,
        .attacks = ATTACK_DEVICE_TYPE | ATTACK_OPERATING_SYSTEM | ATTACK_STABLE_IDENTITY,
        .clear_by_default = false,
        .clear_allowed = true,
        .exposes = "Which group of users or machines it belongs to.",
    },
    [ID_VI_CLASS] = { /* RFC 7819 §3.5 */
        .name = "vi-vendor-class",
        .stability = STABLE_SOFTWARE,
        .attacks = ATTACK_DEVICE_TYPE | ATTACK_OPERATING_SYSTEM,
        .clear_by_default = false,
        .clear_allowed = true,
        .exposes = "Make, model or system, with the vendor's enterprise number.",
    },
    [ID_VI_INFORMATION] = { /* RFC 7819 §3.5 */
        .name = "vi-vendor-information",
        .stability = STABLE_HARDWARE,
        .attacks = ATTACK_DEVICE_TYPE | ATTACK_OPERATING_SYSTEM | ATTACK_STABLE_IDENTITY,
        .clear_by_default = false,
        .clear_allowed = true,
        .exposes = "What the vendor pleased to tell: model, version, serial number.",
    },
    [ID_CIVIC_LOCATION] = { /* RFC 7819 §3.6 */
        .name = "civic-location",
        .stability = STABLE_NETWORK,
        .attacks = ATTACK_LOCATION | ATTACK_LOCATION_TRACKING | ATTACK_LEASEQUERY,
        .clear_by_default = false,
        .clear_allowed = true,
        .exposes = "The postal address of the client, or of what it is attached to.",
    },
    [ID_GEOCONF] = { /* RFC 7819 §3.7 */
        .name = "geoconf",
        .stability = STABLE_NETWORK,
        .attacks = ATTACK_LOCATION | ATTACK_LOCATION_TRACKING | ATTACK_LEASEQUERY,
        .clear_by_default = false,
        .clear_allowed = true,
        .exposes = "Where the client is, in degrees.",
    },
    [ID_GEOLOC] = { /* RFC 7819 §3.7 */
        .name = "geoloc",
        .stability = STABLE_NETWORK,
        .attacks = ATTACK_LOCATION | ATTACK_LOCATION_TRACKING | ATTACK_LEASEQUERY,
        .clear_by_default = false,
        .clear_allowed = true,
        .exposes = "Where the client is, in degrees.",
    },
    [ID_ARCHITECTURE] = { /* RFC 7819 §3.8 */
        .name = "architecture",
        .stability = STABLE_HARDWARE,
        .attacks = ATTACK_DEVICE_TYPE | ATTACK_OPERATING_SYSTEM,
        .clear_by_default = false,
        .clear_allowed = true,
        .exposes = "Which kind of machine it is, and that it boots from the network.",
    },
    [ID_CLIENT_INTERFACE] = { /* RFC 4578 §2.2 */
        .name = "client-interface",
        .stability = STABLE_HARDWARE,
        .attacks = ATTACK_DEVICE_TYPE | ATTACK_OPERATING_SYSTEM,
        .clear_by_default = false,
        .clear_allowed = true,
        .exposes = "Which firmware it boots with.",
    },
    [ID_CLIENT_UUID] = { /* RFC 4578 §2.3 */
        .name = "client-uuid",
        .stability = STABLE_HARDWARE,
        .attacks = ATTACK_STABLE_IDENTITY | ATTACK_PERVASIVE | ATTACK_NETWORK_ACTIVITY |
                   ATTACK_LOCATION_TRACKING,
        .clear_by_default = false,
        .clear_allowed = true,
        .exposes = "Which machine it is, for as long as its board lives.",
    },
    [ID_CIRCUIT_ID] = { /* RFC 7819 §3.9 */
        .name = "circuit-id",
        .stability = STABLE_NETWORK,
        .attacks = ATTACK_LOCATION | ATTACK_LOCATION_TRACKING | ATTACK_LEASEQUERY,
        .clear_by_default = false,
        .clear_allowed = true,
        .exposes = "Which port or line the client is attached to, which is a place.",
    },
    [ID_REMOTE_ID] = { /* RFC 7819 §3.9 */
        .name = "remote-id",
        .stability = STABLE_HARDWARE,
        .attacks = ATTACK_LOCATION | ATTACK_STABLE_IDENTITY | ATTACK_LOCATION_TRACKING |
                   ATTACK_LEASEQUERY,
        .clear_by_default = false,
        .clear_allowed = true,
        .exposes = "Which modem, line or caller is at the other end.",
    },
    [ID_LINK_SELECTION] = { /* RFC 7819 §3.9 */
        .name = "link-selection",
        .stability = STABLE_NETWORK,
        .attacks = ATTACK_LOCATION,
        .clear_by_default = false,
        .clear_allowed = true,
        .exposes = "Which subnet the client is on.",
    },
    [ID_SUBSCRIBER_ID] = { /* RFC 7819 §3.9 */
        .name = "subscriber-id",
        .stability = STABLE_PERSON,
        .attacks = ATTACK_LOCATION | ATTACK_STABLE_IDENTITY | ATTACK_PERVASIVE |
                   ATTACK_NETWORK_ACTIVITY | ATTACK_LOCATION_TRACKING | ATTACK_LEASEQUERY,
        .clear_by_default = false,
        .clear_allowed = true,
        .exposes = "Whose contract it is, wherever the customer connects.",
    },
    [ID_RELAY_INFORMATION] = { /* RFC 3046 */
        .name = "relay-information",
        .stability = STABLE_NETWORK,
        .attacks = ATTACK_LOCATION,
        .clear_by_default = false,
        .clear_allowed = true,
        .exposes = "What the access network knows of the client's line: network and access point "
                   "names, the relay agent's own identifier.",
    },
    [ID_MUD_URL] = { /* RFC 8520 §10 */
        .name = "mud-url",
        .stability = STABLE_HARDWARE,
        .attacks = ATTACK_DEVICE_TYPE | ATTACK_OPERATING_SYSTEM,
        .clear_by_default = false,
        .clear_allowed = true,
        .exposes = "Make and model, in a manufacturer's own words.",
    },
    [ID_MAX_MESSAGE_SIZE] = { /* RFC 2132 §9.10 */
        .name = "max-message-size",
        .stability = STABLE_SOFTWARE,
        .attacks = ATTACK_OPERATING_SYSTEM,
        .clear_by_default = false,
        .clear_allowed = true,
        .exposes = "Which software speaks, by the size that it can take.",
    },
    [ID_HEADER_HABITS] = { /* RFC 7844 §3 */
        .name = "header-habits",
        .stability = STABLE_SOFTWARE,
        .attacks = ATTACK_OPERATING_SYSTEM | ATTACK_NETWORK_ACTIVITY,
        .clear_by_default = false,
        .clear_allowed = true,
        .exposes = "Which software speaks, and sometimes which machine goes on where another "
                   "address had stopped.",
    },
    [ID_SERVER_ADDRESS] = { /* RFC 7819 §5.4 */
        .name = "server-address",
        .stability = STABLE_NETWORK,
        .attacks = ATTACK_LOCATION,
        .clear_by_default = false,
        .clear_allowed = true,
        .exposes = "Which network it is, by the address of its server or relay agent.",
    },
    [ID_NETWORK] = { /* RFC 7819 §5.4 */
        .name = "network",
        .stability = STABLE_NETWORK,
        .attacks = ATTACK_LOCATION,
        .clear_by_default = false,
        .clear_allowed = true,
        .exposes = "Which network it is, and so where.",
    },
};
/* clang-format on */

_Static_assert(ARRAY_SIZE(table) == ID_KIND_COUNT, "every kind has its row");

const struct identifier_exposure *identifier_exposure(enum identifier_kind kind)
{
    CHECK((unsigned)kind < ID_KIND_COUNT);
    return &table[kind];
}

bool identifier_kind_find(struct slice name, enum identifier_kind *out)
{
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        if (slice_equal(name, slice_of_str(table[i].name))) {
            *out = (enum identifier_kind)i;
            return true;
        }
    return false;
}
