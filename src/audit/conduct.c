/* SPDX-License-Identifier: ISC */
#include "audit/conduct_internal.h"

#include <errno.h>

/* Rules that every message has to keep: one that cannot be judged leaves the whole open. Of the others one message that
 * keeps the rule shows how the client does it: an order that is shuffled shows only from the second on. */
static bool each_message_counts(enum conduct_rule rule)
{
    return rule == A6_CLIENT_ADDRESS || rule == A9_CLIENT_ID || rule == A11_HOST_NAME ||
           rule == A12_FQDN;
}

bool conduct_proved(const struct audit_conduct *conduct, enum conduct_what what)
{
    return conduct->proved[what / 8] & (1 << what % 8);
}

static struct conduct_proof *next_proof(struct audit *audit, struct audit_conduct *conduct)
{
    struct conduct_proofs *block = conduct->proofs;
    if (!block || block->n == CONDUCT_PROOFS_EACH) {
        block = arena_alloc(&audit->memory, sizeof *block);
        if (!block)
            return NULL;
        block->next = conduct->proofs;
        conduct->proofs = block;
    }
    return &block->at[block->n++];
}

int conduct_prove(struct audit *audit, struct audit_conduct *conduct, enum conduct_what what,
                  const struct audit_place *place)
{
    struct conduct_proof *proof;
    if (conduct_proved(conduct, what))
        return 0;
    proof = next_proof(audit, conduct);
    if (!proof)
        return -ENOMEM;
    *proof = (struct conduct_proof){ .frame = place->frame,
                                     .file = place->file,
                                     .at = place->at,
                                     .n = (uint16_t)(place->n < UINT16_MAX ? place->n : UINT16_MAX),
                                     .what = (uint8_t)what };
    conduct->proved[what / 8] |= (uint8_t)(1 << what % 8);
    return 0;
}

enum conduct_verdict conduct_violates(struct conduct_view *v, enum conduct_what what,
                                      const struct dhcp_option *option)
{
    struct audit_place place;
    int error;
    if (conduct_proved(v->conduct, what))
        return CONDUCT_VIOLATES;
    place = option ? audit_place_of(v->message, option) : audit_place_at(v->message, 0, 0);
    error = conduct_prove(v->audit, v->conduct, what, &place);
    if (error)
        v->error = error;
    return CONDUCT_VIOLATES;
}

void conduct_count(struct audit_conduct *conduct, enum conduct_rule rule,
                   enum audit_conformance verdict)
{
    if (conduct->count[rule][verdict] < UINT16_MAX)
        conduct->count[rule][verdict]++;
}

bool conduct_was_given(const struct audit_conduct *conduct, uint32_t address, uint32_t network)
{
    size_t n = conduct->given_n < CONDUCT_GIVEN ? conduct->given_n : CONDUCT_GIVEN;
    for (size_t i = 0; i < n; i++)
        if (conduct->given[i].address == address && conduct->given[i].network == network)
            return true;
    return false;
}

/* The ring keeps the latest; given_n counts on from 2 * CONDUCT_GIVEN to CONDUCT_GIVEN. */
static void note_given(struct audit_conduct *conduct, uint32_t address, uint32_t network)
{
    if (address == 0 || conduct_was_given(conduct, address, network))
        return;
    conduct->given[conduct->given_n % CONDUCT_GIVEN] = (struct conduct_given){ address, network };
    conduct->given_n++;
    if (conduct->given_n == 2 * CONDUCT_GIVEN)
        conduct->given_n = CONDUCT_GIVEN;
}

static void note_answer(struct audit_conduct *conduct, const struct audit_message *message)
{
    const struct dhcp_packet *packet = message->packet;
    if (packet->type == DHCP_OFFER) {
        conduct->has_offer = true;
        conduct->offer_xid = packet->xid;
    } else if (packet->type == DHCP_ACK)
        note_given(conduct, packet->yiaddr, message->network);
}

/* BOOTP and what clients do not send is nothing that RFC 7844 speaks of. */
static bool is_judged(const struct dhcp_packet *packet)
{
    return packet->type == DHCP_DISCOVER || packet->type == DHCP_REQUEST ||
           packet->type == DHCP_DECLINE || packet->type == DHCP_RELEASE ||
           packet->type == DHCP_INFORM;
}

static struct audit_conduct *conduct_of(struct audit *audit, struct audit_client *client,
                                        const struct audit_message *message)
{
    if (!client->conduct) {
        client->conduct = arena_alloc(&audit->memory, sizeof *client->conduct);
        if (client->conduct)
            client->conduct->first = audit_place_at(message, 0, 0);
    }
    return client->conduct;
}

int audit_conduct_see(struct audit *audit, struct audit_client *client,
                      const struct audit_message *message)
{
    struct conduct_view v = {
        .audit = audit, .client = client, .message = message, .packet = message->packet
    };
    if (message->sender == AUDIT_FROM_SERVER && client->conduct)
        note_answer(client->conduct, message);
    if (message->sender != AUDIT_FROM_CLIENT || !is_judged(message->packet))
        return 0;
    v.conduct = conduct_of(audit, client, message);
    if (!v.conduct)
        return -ENOMEM;
    v.slot = message->packet->type == DHCP_DISCOVER ? SLOT_DISCOVER : SLOT_OTHER;
    for (size_t i = 0; i < AUDIT_RULES; i++) {
        enum conduct_verdict verdict = conduct_rules[i](&v);
        if (verdict != CONDUCT_NOT_ABOUT)
            conduct_count(v.conduct, (enum conduct_rule)i, (enum audit_conformance)verdict);
    }
    return v.error;
}

static bool had_address(const struct audit_client *client, uint32_t address)
{
    for (const struct audit_stay *stay = client->stays; stay; stay = stay->next)
        for (size_t i = 0; i < stay->leases_n; i++)
            if (stay->leases[i].address == address)
                return true;
    return false;
}

/* A6 once more: it claims what it got under another hardware address. */
static int judge_claim(struct audit *audit, struct audit_client *client,
                       const struct audit_client *other)
{
    struct audit_conduct *conduct = client->conduct;
    if (!conduct || !conduct->claim || conduct->claim->judged ||
        !had_address(other, conduct->claim->address))
        return 0;
    conduct->claim->judged = true;
    conduct_count(conduct, A6_CLIENT_ADDRESS, AUDIT_VIOLATES);
    return conduct_prove(audit, conduct, ADDRESS_OF_ITS_OTHER_SELF, &conduct->claim->place);
}

/* Every home has a 192.168.1.2: an address alone does not show that it is the same. */
static bool linked_by_more(const struct audit_link *link)
{
    return link->kinds & ~(1u << AUDIT_LINK_ADDRESS);
}

/* A11 once more: a name that may be made from a hardware address, but another one has it, too, is not. */
static int judge_shared_name(struct audit *audit, struct audit_client *client)
{
    struct audit_conduct *conduct = client->conduct;
    if (!conduct || conduct->count[A11_HOST_NAME][AUDIT_CANNOT_TELL] == 0 ||
        conduct_proved(conduct, NAME_SHARED))
        return 0;
    for (const struct audit_trait *t = audit_trait_first(client, ID_HOST_NAME); t;
         t = audit_trait_next(t))
        if (t->value->clients > 1) {
            conduct_count(conduct, A11_HOST_NAME, AUDIT_VIOLATES);
            return conduct_prove(audit, conduct, NAME_SHARED, &t->first);
        }
    return 0;
}

static void tally(struct audit_rule_tally *tallies, const struct audit_client *client)
{
    struct audit_rule_result result;
    for (size_t i = 0; i < AUDIT_RULES && client->conduct; i++) {
        tallies[i].clients++;
        if (client->conduct->count[i][AUDIT_VIOLATES] == 0 || tallies[i].violating++)
            continue;
        audit_conduct_result(client, i, &result);
        tallies[i].example = result.room[0];
        tallies[i].client = client;
    }
}

static int tally_all(struct audit *audit)
{
    if (!audit->tallies)
        audit->tallies = arena_alloc(&audit->memory, AUDIT_RULES * sizeof *audit->tallies);
    if (!audit->tallies)
        return -ENOMEM;
    for (size_t i = 0; i < AUDIT_RULES; i++)
        audit->tallies[i] = (struct audit_rule_tally){ 0 };
    for (size_t i = 0; i < audit->clients_n; i++)
        tally(audit->tallies, audit->clients[i]);
    return 0;
}

int audit_conduct_judge(struct audit *audit)
{
    int error = 0;
    for (size_t i = 0; i < audit->links_n && error == 0; i++) {
        struct audit_client *a = audit->clients[audit->links[i].a];
        struct audit_client *b = audit->clients[audit->links[i].b];
        if (!linked_by_more(&audit->links[i]))
            continue;
        error = judge_claim(audit, a, b);
        error = error ? error : judge_claim(audit, b, a);
    }
    for (size_t i = 0; i < audit->clients_n && error == 0; i++)
        error = judge_shared_name(audit, audit->clients[i]);
    return error ? error : tally_all(audit);
}

static void add_evidence(struct audit_rule_result *out, const char *what,
                         const struct audit_place *place)
{
    if (out->evidence.n == AUDIT_EVIDENCE_MAX)
        out->evidence.dropped++;
    else
        out->room[out->evidence.n++] = (struct audit_evidence){ .place = *place, .what = what };
}

static void note_habits(const struct audit_client *client, struct audit_rule_result *out)
{
    const struct audit_habits *h = &client->habits;
    const struct {
        bool it;
        const char *what;
    } notes[] = {
        { h->xid_repeats, "the transaction number is used again" },
        { h->xid_sequential, "transaction numbers follow one another" },
        { h->secs_counts, "secs counts the time since it began" },
        { h->broadcast, "it asks for answers by broadcast" },
        { h->ip_id_zero, "the IP identification is zero" },
        { h->ip_id_sequential, "IP identifications follow one another" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(notes); i++)
        if (notes[i].it)
            add_evidence(out, notes[i].what, &client->conduct->first);
}

static enum audit_conformance result_of(enum conduct_rule rule, const struct audit_rule_result *r)
{
    if (r->violating)
        return AUDIT_VIOLATES;
    if (r->conforming == 0 || (r->untold && each_message_counts(rule)))
        return AUDIT_CANNOT_TELL;
    return AUDIT_CONFORMS;
}

/* In the order of enum conduct_what. */
static void tell_proofs(const struct audit_conduct *conduct, enum conduct_rule rule,
                        struct audit_rule_result *out)
{
    for (enum conduct_what what = 0; what < CONDUCT_WHATS; what++) {
        if (conduct_what_rule(what) != rule || !conduct_proved(conduct, what))
            continue;
        for (const struct conduct_proofs *b = conduct->proofs; b; b = b->next)
            for (size_t i = 0; i < b->n; i++)
                if (b->at[i].what == what) {
                    struct audit_place place = { .file = b->at[i].file,
                                                 .at = (uint16_t)b->at[i].at,
                                                 .n = b->at[i].n,
                                                 .frame = b->at[i].frame };
                    add_evidence(out, conduct_what_text(what), &place);
                }
    }
}

void audit_conduct_result(const struct audit_client *client, size_t rule,
                          struct audit_rule_result *out)
{
    const struct audit_conduct *conduct = client->conduct;
    *out = (struct audit_rule_result){ .result = AUDIT_CANNOT_TELL };
    out->evidence.at = out->room;
    out->evidence.size = AUDIT_EVIDENCE_MAX;
    if (!conduct || rule >= AUDIT_RULES)
        return;
    out->conforming = conduct->count[rule][AUDIT_CONFORMS];
    out->violating = conduct->count[rule][AUDIT_VIOLATES];
    out->untold = conduct->count[rule][AUDIT_CANNOT_TELL];
    out->result = result_of((enum conduct_rule)rule, out);
    tell_proofs(conduct, (enum conduct_rule)rule, out);
    if (rule == A16_HABITS)
        note_habits(client, out);
}
