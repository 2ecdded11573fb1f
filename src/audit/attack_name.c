/* SPDX-License-Identifier: ISC
 *
 * RFC 7819 §5.7, finding the client's address or host name: what a server's answer to FQDN (RFC 4702 §4) says that it
 * puts into DNS. An answer with N publishes nothing; what a client only asks for is possible. Beside the name stands a
 * DHCID (RFC 4701), which is no secret when it is made of a hardware address: `postern audit dhcid` finds it.
 */
#include "audit/attack_internal.h"

#include <errno.h>

#include "dhcp/client_id.h"

/* RFC 4702 §3.1: S asks the server for the address record, without N the server does the pointer. */
static struct audit_answer *wish(struct audit_noted *noted, uint8_t flags)
{
    bool nothing = flags & DHCP_FQDN_N && !(flags & DHCP_FQDN_S);
    return nothing ? NULL : &noted->wished;
}

/* §4: the server tells what it does; an OFFER is what it would do. S and N together must not be (§2.1): who knows. */
static struct audit_answer *answer(struct audit_noted *noted, uint8_t type, uint8_t flags)
{
    bool n = flags & DHCP_FQDN_N, s = flags & DHCP_FQDN_S;
    if (type != DHCP_ACK && type != DHCP_OFFER)
        return NULL;
    if (n && !s)
        return &noted->refused;
    if (n || type == DHCP_OFFER)
        return &noted->offered;
    if (s)
        noted->published_all = true;
    return &noted->published;
}

static int note(struct audit *audit, struct audit_answer *out, const struct dhcp_option *option,
                struct audit_place place)
{
    struct dhcp_fqdn fqdn;
    struct fault why;
    struct slice name = SLICE("");
    /* As far as it can be read. */
    if (dhcp_fqdn_parse(option->value, &fqdn, &why) || fqdn.name_n)
        name = (struct slice){ (const uint8_t *)fqdn.name, fqdn.name_n };
    if (!audit_keep(audit, name, &out->name))
        return -ENOMEM;
    out->seen = true;
    out->place = place;
    return 0;
}

int audit_names_see(struct audit *audit, struct audit_client *client,
                    const struct audit_message *message)
{
    const struct dhcp_option *option = dhcp_packet_option(message->packet, DHCP_O_FQDN);
    if (!option || option->value.n < 3)
        return 0;
    struct audit_noted *noted = audit_noted_of(audit, client);
    if (!noted)
        return -ENOMEM;
    uint8_t flags = option->value.p[0];
    struct audit_answer *is = message->sender == AUDIT_FROM_SERVER
                                  ? answer(noted, message->packet->type, flags)
                                  : wish(noted, flags);
    return is && !is->seen ? note(audit, is, option, audit_place_of(message, option)) : 0;
}

/* A server may answer without a name of its own: the client's own stands. */
static struct slice name_of(const struct audit_noted *noted, const struct audit_answer *answer)
{
    if (answer->name.n)
        return answer->name;
    return noted->wished.name;
}

static void prove(struct audit_judge *judge, enum audit_verdict verdict,
                  const struct audit_answer *answer, const char *what)
{
    const struct audit_noted *noted = judge->client->noted;
    if (answer->seen)
        audit_prove(judge, &(struct audit_proof){
                               .verdict = verdict,
                               .place = answer->place,
                               .what = what,
                               .value = saying_kept(ID_CLIENT_FQDN, name_of(noted, answer)) });
}

/* RFC 4701 §3.3: type 1 is made of the client-id, type 2 of a DUID, type 0 of htype and chaddr. */
static const char *dhcid_text(const struct audit_client *client, const struct audit_trait **from)
{
    struct dhcp_client_id id;
    struct fault why;
    *from = audit_trait_first(client, ID_CLIENT_ID);
    if (!*from) {
        *from = audit_trait_first(client, ID_HARDWARE_ADDRESS);
        return "the DHCID beside the name is a digest of its hardware address, which can be found "
               "by trying all (postern audit dhcid)";
    }
    if (!dhcp_client_id_parse((*from)->value->octets, &id, &why))
        return NULL;
    if (id.form == DHCP_CLIENT_ID_HARDWARE)
        return "the DHCID beside the name is a digest of the hardware address in its client-id, "
               "which can be found by trying all (postern audit dhcid)";
    if (id.form == DHCP_CLIENT_ID_DUID && id.duid.type == DHCP_DUID_LL)
        return "the DHCID beside the name is a digest of its DUID-LL, whose hardware address can "
               "be found by trying all (postern audit dhcid)";
    return "the DHCID beside the name is a digest of its client-id: the same wherever it goes by "
           "this name";
}

static void prove_dhcid(struct audit_judge *judge)
{
    const struct audit_trait *from;
    const char *what = dhcid_text(judge->client, &from);
    if (what && from)
        audit_prove(judge, &(struct audit_proof){ .verdict = AUDIT_EXPOSED,
                                                  .place = from->first,
                                                  .what = what,
                                                  .value = saying_value(from->value) });
}

/* Servers publish what a client calls itself in option 12, too, and tell nobody. */
static void prove_host_name(struct audit_judge *judge)
{
    const struct audit_trait *trait = audit_trait_first(judge->client, ID_HOST_NAME);
    for (; trait; trait = audit_trait_next(trait))
        audit_prove(judge, &(struct audit_proof){ .verdict = AUDIT_POSSIBLE,
                                                  .place = trait->first,
                                                  .what = "a server may publish its host name (12)",
                                                  .value = saying_value(trait->value) });
}

/* RFC 2136: what the capture itself shows of DNS. */
static void prove_updates(struct audit_judge *judge)
{
    const struct audit_findings *updates = &judge->client->dns;
    for (size_t i = 0; i < updates->n; i++)
        audit_prove(
            judge,
            &(struct audit_proof){
                .verdict = AUDIT_EXPOSED,
                .place = updates->at[i].place,
                .what = updates->at[i].what,
                .value = saying_kept(updates->at[i].value.kind, updates->at[i].value.text),
                .other = saying_kept(updates->at[i].other.kind, updates->at[i].other.text) });
}

void audit_judge_name(struct audit_judge *judge)
{
    const struct audit_noted *noted = judge->client->noted;
    prove_updates(judge);
    if (noted)
        prove(judge, AUDIT_EXPOSED, &noted->published,
              noted->published_all ? "the server publishes its name and address in DNS (81)"
                                   : "the server publishes the name of its address in DNS (81)");
    if (judge->verdict == AUDIT_EXPOSED) {
        prove_dhcid(judge);
        return;
    }
    if (noted && noted->refused.seen)
        return;
    if (noted) {
        prove(judge, AUDIT_POSSIBLE, &noted->offered, "the server would publish its name in DNS");
        prove(judge, AUDIT_POSSIBLE, &noted->wished, "it asks that its name be published (81)");
    }
    prove_host_name(judge);
}
