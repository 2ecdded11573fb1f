/* SPDX-License-Identifier: ISC
 *
 * How an attack is proved: places, and texts that are made once.
 */
#include "audit/attack_internal.h"

#include <errno.h>
#include <string.h>

#include "dhcp/fqdn.h"
#include "dhcp/name.h"

struct audit_saying saying_value(const struct audit_value *value)
{
    return (struct audit_saying){ .form = SAYING_VALUE, .kind = value->kind, .value = value };
}

struct audit_saying saying_address(enum identifier_kind kind, uint32_t address)
{
    return (struct audit_saying){ .form = SAYING_ADDRESS, .kind = kind, .address = address };
}

struct audit_saying saying_text(enum identifier_kind kind, struct slice text)
{
    return (struct audit_saying){ .form = SAYING_TEXT, .kind = kind, .text = text };
}

struct audit_saying saying_kept(enum identifier_kind kind, struct slice text)
{
    return (struct audit_saying){ .form = SAYING_KEPT, .kind = kind, .text = text };
}

struct audit_saying saying_network(const struct audit *audit, uint32_t network)
{
    if (network >= audit->networks_n)
        return (struct audit_saying){ .form = SAYING_NOTHING };
    return saying_kept(ID_NETWORK, audit->networks[network].name);
}

struct audit_saying saying_hardware(const struct audit_client *client, char room[48])
{
    static const char digits[] = "0123456789abcdef";
    size_t n = 0;
    for (size_t i = 0; i < client->hlen && i < sizeof client->hardware; i++) {
        if (i)
            room[n++] = ':';
        room[n++] = digits[client->hardware[i] >> 4];
        room[n++] = digits[client->hardware[i] & 15];
    }
    room[n] = '\0';
    return saying_text(ID_HARDWARE_ADDRESS, (struct slice){ (const uint8_t *)room, n });
}

static struct slice keep(struct audit_judge *judge, struct slice text)
{
    struct slice kept;
    if (!audit_keep(judge->audit, text, &kept)) {
        judge->error = -ENOMEM;
        return SLICE("");
    }
    return kept;
}

static struct slice text_of_value(struct audit_judge *judge, const struct audit_value *value)
{
    for (size_t i = 0; i < judge->texts_n; i++)
        if (judge->texts[i].value == value)
            return judge->texts[i].text;
    buf_consume(&judge->scratch, buf_size(&judge->scratch));
    audit_value_text(value, &judge->scratch);
    struct slice text = keep(judge, buf_slice(&judge->scratch));
    if (judge->texts_n < AUDIT_JUDGE_TEXTS) {
        judge->texts[judge->texts_n].value = value;
        judge->texts[judge->texts_n++].text = text;
    }
    return text;
}

static struct audit_said said_of(struct audit_judge *judge, const struct audit_saying *saying)
{
    struct audit_said said = { .kind = saying->kind };
    char dotted[16];
    switch (saying->form) {
    case SAYING_NOTHING: break;
    case SAYING_VALUE: said.text = text_of_value(judge, saying->value); break;
    case SAYING_ADDRESS:
        said.text = keep(judge, slice_of_str(dhcp_address_text(saying->address, dotted)));
        break;
    case SAYING_KEPT: said.text = saying->text; break;
    case SAYING_TEXT: said.text = keep(judge, saying->text); break;
    }
    return said;
}

static bool is_proof(const struct audit_evidence *evidence, const struct audit_proof *proof)
{
    return audit_place_equal(&evidence->place, &proof->place) &&
           strcmp(evidence->what, proof->what) == 0;
}

/* A live audit judges again and again: what it wrote before is not written anew. */
static const struct audit_evidence *written_before(const struct audit_judge *judge,
                                                   const struct audit_proof *proof)
{
    const struct audit_findings *before = &judge->before->evidence;
    for (size_t i = 0; i < before->n; i++)
        if (is_proof(&before->at[i], proof))
            return &before->at[i];
    return NULL;
}

void audit_prove(struct audit_judge *judge, const struct audit_proof *proof)
{
    if (judge->weighing && proof->verdict > judge->verdict)
        judge->verdict = proof->verdict;
    if (judge->weighing || proof->verdict != judge->verdict || proof->verdict == AUDIT_NOT_SEEN ||
        judge->error < 0)
        return;
    for (size_t i = 0; i < judge->n; i++)
        if (is_proof(&judge->gathered[i], proof))
            return;
    if (judge->n == AUDIT_EVIDENCE_MAX) {
        judge->dropped++;
        return;
    }
    const struct audit_evidence *before = written_before(judge, proof);
    judge->gathered[judge->n++] =
        before ? *before
               : (struct audit_evidence){ .place = proof->place,
                                          .what = proof->what,
                                          .value = said_of(judge, &proof->value),
                                          .other = said_of(judge, &proof->other) };
}

struct slice audit_fqdn_name(const struct audit_value *value, struct dhcp_fqdn *room)
{
    struct fault why;
    /* As far as it can be read. */
    if (!dhcp_fqdn_parse(value->octets, room, &why) && !room->name_n)
        return SLICE("");
    return (struct slice){ (const uint8_t *)room->name, room->name_n };
}

void audit_each_name(struct audit_judge *judge, audit_name_visit visit)
{
    const struct audit_trait *trait = audit_trait_first(judge->client, ID_HOST_NAME);
    struct dhcp_fqdn room;
    for (; trait; trait = audit_trait_next(trait))
        if (trait->by & AUDIT_BY_CLIENT)
            visit(judge, trait, trait->value->octets);
    trait = audit_trait_first(judge->client, ID_CLIENT_FQDN);
    for (; trait; trait = audit_trait_next(trait))
        if (trait->by & AUDIT_BY_CLIENT)
            visit(judge, trait, audit_fqdn_name(trait->value, &room));
}

void audit_prove_host_name(struct audit_judge *judge, const struct audit_trait *trait,
                           const char *what, const char *ours)
{
    audit_prove(judge,
                &(struct audit_proof){ .verdict = AUDIT_EXPOSED,
                                       .place = trait->first,
                                       .what = what,
                                       .value = saying_value(trait->value),
                                       .other = saying_kept(ID_KIND_COUNT, slice_of_str(ours)) });
}

void audit_each_duid(struct audit_judge *judge, audit_duid_visit visit)
{
    const struct audit_trait *trait = audit_trait_first(judge->client, ID_CLIENT_ID);
    struct dhcp_client_id id;
    struct fault why;
    for (; trait; trait = audit_trait_next(trait))
        if (dhcp_client_id_parse(trait->value->octets, &id, &why) && id.form == DHCP_CLIENT_ID_DUID)
            visit(judge, trait, &id.duid);
}
