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
        .attacks = ATTACK_DEVICE_TYPE | ATTACK_LOCATION | ATTACK_NETWORK_ACTIVITY |
                   ATTACK_PROFILING | ATTACK_IMPERSONATION,
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
        .attacks = ATTACK_DEVICE_TYPE | ATTACK_LOCATION | ATTACK_NETWORK_ACTIVITY |
                   ATTACK_PROFILING | ATTACK_IMPERSONATION,
        .clear_by_default = false,
        .clear_allowed = true,
        .exposes = "Which device it is and who made it, on every network that it joins for as long "
                   "as it lives.",
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
