/* SPDX-License-Identifier: ISC
 *
 * RFC 7819 §5.10: leasequeries (RFC 4388), bulk (RFC 6926) and active ones (RFC 7724): who asks, about whom, and what
 * the answers disclose. It is the exposure of the client that was asked about, not of the one who asks. An asker that
 * is no relay agent in this capture weighs more. Behind DHCPTLS nothing can be read.
 */
#include "audit/attack_leasequery_see.h"

static const char *asked_text(const struct audit_query *query, bool relay)
{
    switch (query->type) {
    case DHCP_LEASEQUERY:
        return relay
                   ? "a relay agent asks about it (leasequery)"
                   : "an address that is no relay agent in this capture asks about it (leasequery)";
    case DHCP_BULKLEASEQUERY:
        return relay ? "a relay agent asks about many clients, it among them (bulk leasequery)"
                     : "an address that is no relay agent in this capture asks about many clients, "
                       "it among them (bulk leasequery)";
    case DHCP_ACTIVELEASEQUERY:
        return relay ? "a relay agent has every change of its lease told (active leasequery)"
                     : "an address that is no relay agent in this capture has every change of its "
                       "lease told (active leasequery)";
    default:
        return relay ? "a relay agent is answered a leasequery about it"
                     : "an address that is no relay agent in this capture is answered a leasequery "
                       "about it";
    }
}

static void prove_told(struct audit_judge *judge, const struct audit_query *query,
                       enum audit_told what, const char *text, struct audit_saying value)
{
    if (query->told[what].n)
        audit_prove(judge, &(struct audit_proof){ .verdict = AUDIT_EXPOSED,
                                                  .place = query->told[what],
                                                  .what = text,
                                                  .value = value });
}

/* Of what a leasequery told. */
static struct audit_saying told_value(const struct audit_client *client, enum identifier_kind kind)
{
    const struct audit_trait *trait = audit_trait_first(client, kind);
    while (trait && !(trait->by & AUDIT_BY_LEASEQUERY))
        trait = audit_trait_next(trait);
    return trait ? saying_value(trait->value) : (struct audit_saying){ .form = SAYING_NOTHING };
}

static void prove_answer(struct audit_judge *judge, const struct audit_query *query)
{
    static const enum identifier_kind attached[] = { ID_CIRCUIT_ID, ID_REMOTE_ID, ID_SUBSCRIBER_ID,
                                                     ID_LINK_SELECTION, ID_RELAY_INFORMATION };
    const struct audit_client *client = judge->client;
    struct audit_saying attachment = { .form = SAYING_NOTHING };
    char room[48];
    for (size_t i = 0; i < ARRAY_SIZE(attached) && attachment.form == SAYING_NOTHING; i++)
        attachment = told_value(client, attached[i]);
    prove_told(judge, query, AUDIT_TOLD_ADDRESS, "the answer tells its address",
               saying_address(ID_ASSIGNED_ADDRESS, query->address));
    prove_told(judge, query, AUDIT_TOLD_RELAY,
               "the answer tells where it is attached (relay agent information)", attachment);
    prove_told(judge, query, AUDIT_TOLD_HARDWARE, "the answer tells its hardware address",
               saying_hardware(client, room));
    prove_told(judge, query, AUDIT_TOLD_CLIENT_ID, "the answer tells its client-id",
               told_value(client, ID_CLIENT_ID));
    prove_told(judge, query, AUDIT_TOLD_TIMES,
               "the answer tells when it was last heard, or how long its lease lasts",
               (struct audit_saying){ .form = SAYING_NOTHING });
}

static void prove_query(struct audit_judge *judge, const struct audit_query *query, bool relay)
{
    bool active = query->has_answered && query->answer == DHCP_LEASEACTIVE;
    enum audit_verdict verdict = active ? AUDIT_EXPOSED : AUDIT_POSSIBLE;
    struct audit_saying requestor = saying_address(ID_SERVER_ADDRESS, query->requestor);
    if (audit_is_relay(judge->audit, query->requestor) != relay)
        return;
    audit_prove(judge,
                &(struct audit_proof){ .verdict = verdict,
                                       .place = query->has_asked ? query->asked : query->answered,
                                       .what = asked_text(query, relay),
                                       .value = requestor });
    if (active)
        prove_answer(judge, query);
    else if (query->has_answered)
        audit_prove(judge, &(struct audit_proof){
                               .verdict = verdict,
                               .place = query->answered,
                               .what = "the answer tells that it has no lease (leasequery)" });
}

static void prove_tls(struct audit_judge *judge)
{
    const struct audit_asked *asked = judge->audit->asked;
    for (size_t i = 0; asked && i < AUDIT_HIDDEN_MAX; i++) {
        const struct audit_hidden *tls = &asked->hidden[i];
        if (!tls->place.frame || tls->refused ||
            (tls->serves && !audit_is_hidden_for(judge->client, tls)))
            continue; /* whose server it is, may not be in the capture: then it may be anybody's */
        audit_prove(judge,
                    &(struct audit_proof){
                        .verdict = AUDIT_POSSIBLE,
                        .place = tls->place,
                        .what = "leasequeries to its server go behind DHCPTLS, where nothing "
                                "can be read",
                        .value = saying_address(ID_SERVER_ADDRESS, tls->requestor) });
    }
}

void audit_judge_leasequery(struct audit_judge *judge)
{
    const struct audit_noted *noted = judge->client->noted;
    for (size_t i = 0; noted && i < noted->queries_n; i++)
        prove_query(judge, &noted->queries[i], false);
    for (size_t i = 0; noted && i < noted->queries_n; i++)
        prove_query(judge, &noted->queries[i], true);
    prove_tls(judge);
}
