/* SPDX-License-Identifier: ISC
 *
 * RFC 7819 §5: the ten attacks, and their judges.
 */
#include "audit/attack_internal.h"

#include <errno.h>
#include <stdlib.h>

#include "base/check.h"

/* clang-format off */
static const struct row {
    const char *section, *title, *advice;
    void (*judge)(struct audit_judge *judge);
} rows[AUDIT_ATTACKS] = {
    [AUDIT_5_1_DEVICE_TYPE] = { "5.1", "Device type discovery",
        "Let clients use random hardware addresses, and send no vendor class, architecture or MUD URL "
        "(RFC 7844 §3.4, §3.9, §3.10).",
        audit_judge_device },
    [AUDIT_5_2_OPERATING_SYSTEM] = { "5.2", "Operating system discovery",
        "Let clients send no vendor class, and a short parameter request list in random order "
        "(RFC 7844 §3.1, §3.6, §3.10).",
        audit_judge_system },
    [AUDIT_5_3_LOCATION] = { "5.3", "Finding location information",
        "Let servers send options 99, 123 and 144 only to clients that need them, and strip option 82 before "
        "it reaches a client.",
        audit_judge_location },
    [AUDIT_5_4_VISITED_NETWORKS] = { "5.4", "Finding previously visited networks",
        "Let clients begin with a DISCOVER without a requested address on every network (RFC 7844 §3.3).",
        audit_judge_visited },
    [AUDIT_5_5_STABLE_IDENTITY] = { "5.5", "Finding a stable identity",
        "Let clients derive the client-id from the random hardware address in use, and send no host name "
        "or FQDN (RFC 7844 §3.5, §3.7, §3.8).",
        audit_judge_identity },
    [AUDIT_5_6_PERVASIVE_MONITORING] = { "5.6", "Pervasive monitoring",
        "Let clients use a new hardware address and client-id on every network.",
        audit_judge_pervasive },
    [AUDIT_5_7_NAME_IN_DNS] = { "5.7", "Finding the client's address or host name",
        "Let servers answer FQDN with N set and publish no names of clients, or publish made-up ones and a "
        "DHCID over a keyed identifier.",
        audit_judge_name },
    [AUDIT_5_8_CORRELATION] = { "5.8", "Correlation of activities over time",
        "Let clients change the hardware address and the client-id together, and give up the lease before "
        "that.",
        audit_judge_correlation },
    [AUDIT_5_9_LOCATION_TRACKING] = { "5.9", "Location tracking",
        "Let clients be another one on every network: no identifier and no name may follow them.",
        audit_judge_tracking },
    [AUDIT_5_10_LEASEQUERY] = { "5.10", "Leasequery and bulk leasequery",
        "Let servers answer leasequeries only to listed relay agents, over TLS, and not at all where nobody "
        "needs them.",
        audit_judge_leasequery },
};
/* clang-format on */

const char *audit_attack_section(enum audit_attack_id id)
{
    return rows[id].section;
}

const char *audit_attack_title(enum audit_attack_id id)
{
    return rows[id].title;
}

const char *audit_attack_advice(enum audit_attack_id id)
{
    return rows[id].advice;
}

const char *audit_verdict_text(enum audit_verdict verdict)
{
    switch (verdict) {
    case AUDIT_NOT_SEEN: return "not seen";
    case AUDIT_POSSIBLE: return "possible";
    case AUDIT_EXPOSED: return "exposed";
    }
    return "not seen";
}

struct audit_noted *audit_noted_of(struct audit *audit, struct audit_client *client)
{
    if (!client->noted)
        client->noted = arena_alloc(&audit->memory, sizeof *client->noted);
    return client->noted;
}

int audit_attacks_see(struct audit *audit, struct audit_client *client,
                      const struct audit_message *message)
{
    if (message->sender == AUDIT_FROM_REQUESTOR || message->sender == AUDIT_TO_REQUESTOR)
        return audit_leasequeries_see(audit, client, message);
    if (!client)
        return 0;
    int err = audit_claims_see(audit, client, message);
    if (err == 0)
        err = audit_shown_see(audit, client, message);
    return err < 0 ? err : audit_names_see(audit, client, message);
}

struct links { /* which links a client has, found by walking chains of indices */
    uint32_t *heads, *chain;
};

static void clear_links(struct links *links)
{
    free(links->heads);
    free(links->chain);
}

static int index_links(const struct audit *audit, struct links *out)
{
    if (audit->links_n == 0 || audit->links_n > UINT32_MAX / 2 - 1)
        return 0;
    out->heads = calloc(audit->clients_n, sizeof *out->heads);
    out->chain = calloc(audit->links_n, 2 * sizeof *out->chain);
    if (!out->heads || !out->chain)
        return -ENOMEM;
    for (size_t i = audit->links_n; i > 0; i--) {
        const struct audit_link *link = &audit->links[i - 1];
        out->chain[2 * (i - 1)] = out->heads[link->a];
        out->heads[link->a] = (uint32_t)(2 * (i - 1) + 1);
        out->chain[2 * (i - 1) + 1] = out->heads[link->b];
        out->heads[link->b] = (uint32_t)(2 * (i - 1) + 2);
    }
    return 0;
}

const struct audit_link *audit_judge_link(const struct audit_judge *judge, uint32_t *at)
{
    if (!judge->link_heads)
        return NULL;
    *at = *at ? judge->link_chain[*at - 1] : judge->link_heads[judge->client->number];
    return *at ? &judge->audit->links[(*at - 1) / 2] : NULL;
}

static int judge_one(struct audit_judge *judge, enum audit_attack_id id)
{
    struct audit_attack *attack = &judge->client->attacks[id];
    judge->before = attack;
    judge->verdict = AUDIT_NOT_SEEN;
    judge->n = 0;
    judge->dropped = 0;
    judge->weighing = true;
    rows[id].judge(judge);
    judge->weighing = false;
    if (judge->verdict != AUDIT_NOT_SEEN)
        rows[id].judge(judge);
    if (judge->error == 0)
        judge->error =
            audit_findings_set(judge->audit, &attack->evidence, judge->gathered, judge->n);
    CHECK(judge->verdict != AUDIT_EXPOSED || judge->n || judge->error < 0);
    attack->verdict = judge->verdict;
    attack->evidence.dropped = judge->dropped;
    return judge->error;
}

static int judge_all(struct audit *audit, struct audit_judge *judge)
{
    int err = 0;
    for (size_t i = 0; i < audit->clients_n && err == 0; i++) {
        judge->client = audit->clients[i];
        judge->texts_n = 0;
        for (enum audit_attack_id id = 0; id < AUDIT_ATTACKS && err == 0; id++)
            err = judge_one(judge, id);
    }
    return err;
}

int audit_attacks_judge(struct audit *audit)
{
    struct links CLEANUP(clear_links) links = { 0 };
    struct audit_judge judge = { .audit = audit };
    int err = audit_leasequeries_resolve(audit);
    if (err == 0)
        err = index_links(audit, &links);
    if (err < 0)
        return err;
    judge.link_heads = links.heads;
    judge.link_chain = links.chain;
    buf_init(&judge.scratch, 1 << 20);
    err = judge_all(audit, &judge);
    buf_clear(&judge.scratch);
    return err < 0 ? err : audit_listeners_judge(audit);
}
