/* SPDX-License-Identifier: ISC
 *
 * RFC 7819 §5.1, device type discovery: the OUI of chaddr, client-id and DUID; vendor class, architecture, MUD URL,
 * and host names that name a model. A locally administered address names nobody.
 */
#include "audit/attack_internal.h"

#include <string.h>

#include "audit/host_name.h"
#include "dhcp/client_id.h"

/* clang-format off */
static const struct row {
    enum identifier_kind kind;
    enum audit_verdict verdict;
    const char *what;
} rows[] = {
    { ID_VENDOR_CLASS,    AUDIT_EXPOSED,  "its vendor class (60) tells what it is" },
    { ID_VI_CLASS,        AUDIT_EXPOSED,  "its vendor-identifying class (124) tells what it is" },
    { ID_VI_INFORMATION,  AUDIT_EXPOSED,  "its vendor-identifying information (125) tells what it is" },
    { ID_MUD_URL,         AUDIT_EXPOSED,  "its MUD URL (161) names its model" },
    { ID_ARCHITECTURE,    AUDIT_EXPOSED,  "its client architecture (93) tells what kind of machine it is" },
    { ID_VENDOR_SPECIFIC, AUDIT_POSSIBLE, "its vendor-specific information (43) may tell what it is" },
    { ID_USER_CLASS,      AUDIT_POSSIBLE, "its user class (77) may tell what it is" },
    { ID_CLIENT_UUID,     AUDIT_POSSIBLE, "its machine identifier (97) shows that it boots from the network" },
};
/* clang-format on */

/* IEEE 802: not locally administered, no group's, and not left out. */
static bool is_makers(const uint8_t hardware[6])
{
    static const uint8_t none[6];
    return !(hardware[0] & 3) && memcmp(hardware, none, sizeof none) != 0;
}

/* The first three octets of a universally administered address are its maker's. */
static void prove_maker(struct audit_judge *judge, const struct audit_trait *trait,
                        const char *what)
{
    const struct audit_options *options = &judge->audit->options;
    static const char digits[] = "0123456789abcdef";
    uint8_t hardware[6], oui[8];
    if (!audit_value_hardware(trait->value, hardware) || !is_makers(hardware))
        return;
    for (size_t i = 0; i < 3; i++) {
        oui[3 * i] = (uint8_t)digits[hardware[i] >> 4];
        oui[3 * i + 1] = (uint8_t)digits[hardware[i] & 15];
        if (i < 2)
            oui[3 * i + 2] = ':';
    }
    struct slice maker = options->maker ? options->maker(options->owner, hardware) : SLICE("");
    audit_prove(judge, &(struct audit_proof){
                           .verdict = AUDIT_EXPOSED,
                           .place = trait->first,
                           .what = what,
                           .value = saying_value(trait->value),
                           .other = maker.n ? saying_text(ID_KIND_COUNT, maker)
                                            : saying_text(ID_HARDWARE_ADDRESS,
                                                          (struct slice){ oui, sizeof oui }),
                       });
}

static void prove_makers(struct audit_judge *judge)
{
    const struct audit_trait *trait = audit_trait_first(judge->client, ID_HARDWARE_ADDRESS);
    for (; trait; trait = audit_trait_next(trait))
        prove_maker(judge, trait, "its hardware address (chaddr) names its maker");
    trait = audit_trait_first(judge->client, ID_CLIENT_ID);
    for (; trait; trait = audit_trait_next(trait))
        prove_maker(judge, trait, "the hardware address in its client-id (61) names its maker");
}

/* RFC 8415 §11.3: a DUID-EN has its maker's enterprise number. */
static void prove_enterprise(struct audit_judge *judge, const struct audit_trait *trait,
                             const struct dhcp_duid *duid)
{
    if (duid->type == DHCP_DUID_EN)
        audit_prove(judge,
                    &(struct audit_proof){ .verdict = AUDIT_POSSIBLE,
                                           .place = trait->first,
                                           .what = "the DUID in its client-id (61) names who made "
                                                   "its software or hardware",
                                           .value = saying_value(trait->value) });
}

static void prove_name(struct audit_judge *judge, const struct audit_trait *trait,
                       struct slice name)
{
    struct audit_host_name read;
    audit_host_name_read(name, &read);
    if (read.device)
        audit_prove_host_name(judge, trait, "its host name names a model", read.device);
}

void audit_judge_device(struct audit_judge *judge)
{
    prove_makers(judge);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct audit_trait *trait = audit_trait_first(judge->client, rows[i].kind);
        for (; trait; trait = audit_trait_next(trait))
            audit_prove(judge, &(struct audit_proof){ .verdict = rows[i].verdict,
                                                      .place = trait->first,
                                                      .what = rows[i].what,
                                                      .value = saying_value(trait->value) });
    }
    audit_each_name(judge, prove_name);
    audit_each_duid(judge, prove_enterprise);
}
