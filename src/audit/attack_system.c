/* SPDX-License-Identifier: ISC
 *
 * RFC 7819 §5.2, operating system discovery: what the vendor class, the architecture, a DUID or a host name say
 * outright, and what the fingerprint (55, the order of options, 57, TTL) lets one guess.
 */
#include "audit/attack_internal.h"

#include "audit/host_name.h"
#include "dhcp/client_id.h"

#define GUESS_SURE         0.8   /* of a score from 0 to 1 */
#define SYSTEM_LIKELY      0.5   /* beside a vendor class */
#define ENTERPRISE_SYSTEMD 43793 /* IANA: systemd; DUID-EN of systemd-networkd */

/* clang-format off */
static const struct row {
    enum identifier_kind kind;
    enum audit_verdict verdict;
    const char *what;
} rows[] = {
    { ID_VENDOR_CLASS, AUDIT_EXPOSED,  "its vendor class (60) names its system or its DHCP client" },
    { ID_VI_CLASS,     AUDIT_EXPOSED,  "its vendor-identifying class (124) names its system or its DHCP client" },
    { ID_ARCHITECTURE, AUDIT_EXPOSED,  "its client architecture (93) tells what it can boot" },
    { ID_USER_CLASS,   AUDIT_POSSIBLE, "its user class (77) may name its system" },
};
/* clang-format on */

/* What a guess rests upon, the first that was seen. */
static const struct audit_trait *basis(const struct audit_client *client)
{
    static const enum identifier_kind kinds[] = { ID_PARAMETER_LIST, ID_OPTION_ORDER,
                                                  ID_MAX_MESSAGE_SIZE };
    const struct audit_trait *trait = NULL;
    for (size_t i = 0; i < ARRAY_SIZE(kinds) && !trait; i++)
        trait = audit_trait_first(client, kinds[i]);
    return trait;
}

static void prove_guess(struct audit_judge *judge)
{
    const struct fingerprint_guess *guess = judge->client->guess;
    const struct audit_trait *trait = basis(judge->client);
    if (!guess || !trait || !guess->system[0])
        return;
    audit_prove(
        judge, &(struct audit_proof){
                   .verdict = guess->score >= GUESS_SURE ? AUDIT_EXPOSED : AUDIT_POSSIBLE,
                   .place = trait->first,
                   .what = guess->score >= GUESS_SURE ? "its fingerprint is known"
                                                      : "its fingerprint resembles a known one",
                   .value = saying_kept(ID_KIND_COUNT, slice_of_str(guess->system)),
                   .other = saying_text(ID_KIND_COUNT, slice_of_str(guess->by ? guess->by : "")) });
}

/* A list and an order that no table knows today may be known to another's. */
static void prove_unknown(struct audit_judge *judge)
{
    const struct audit_trait *list = audit_trait_first(judge->client, ID_PARAMETER_LIST);
    if (list)
        audit_prove(judge,
                    &(struct audit_proof){ .verdict = AUDIT_POSSIBLE,
                                           .place = list->first,
                                           .what = "its parameter request list (55) and the order "
                                                   "of its options can be compared with others'",
                                           .value = saying_value(list->value) });
}

static void prove_duid(struct audit_judge *judge, const struct audit_trait *trait,
                       const struct dhcp_duid *duid)
{
    if (duid->type == DHCP_DUID_EN && duid->enterprise == ENTERPRISE_SYSTEMD)
        audit_prove(judge,
                    &(struct audit_proof){ .verdict = AUDIT_EXPOSED,
                                           .place = trait->first,
                                           .what = "the DUID in its client-id (61) is made by "
                                                   "systemd, which runs on Linux",
                                           .value = saying_value(trait->value) });
}

static void prove_name(struct audit_judge *judge, const struct audit_trait *trait,
                       struct slice name)
{
    struct audit_host_name read;
    audit_host_name_read(name, &read);
    if (read.system)
        audit_prove_host_name(judge, trait, "its host name is one that a system gives",
                              read.system);
}

/* Which system that is, when it is known; the fingerprint as a whole decides between those that send the same. */
static struct audit_saying system_of(const struct audit_judge *judge, enum identifier_kind kind)
{
    const struct fingerprint_guess *guess = judge->client->guess;
    if (kind != ID_VENDOR_CLASS || !guess || guess->score < SYSTEM_LIKELY || !guess->system[0])
        return (struct audit_saying){ .form = SAYING_NOTHING };
    return saying_kept(ID_KIND_COUNT, slice_of_str(guess->system));
}

void audit_judge_system(struct audit_judge *judge)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct audit_trait *trait = audit_trait_first(judge->client, rows[i].kind);
        for (; trait; trait = audit_trait_next(trait))
            audit_prove(judge, &(struct audit_proof){ .verdict = rows[i].verdict,
                                                      .place = trait->first,
                                                      .what = rows[i].what,
                                                      .value = saying_value(trait->value),
                                                      .other = system_of(judge, rows[i].kind) });
    }
    prove_guess(judge);
    audit_each_duid(judge, prove_duid);
    audit_each_name(judge, prove_name);
    prove_unknown(judge);
}
