/* SPDX-License-Identifier: ISC
 *
 * How many bits each identifier tells within the audit: surprisal, -log2 of the share of clients with a value.
 *
 * Fields that depend on each other are not counted twice: within a group a field adds -log2 P(field | those
 * before it), by counting how many clients have all of them alike. The groups are taken as independent.
 */
#include "audit/audit_internal.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GROUP_MAX = 12 };

/* Parameter list, order, 60 and 57 are nearly one variable: the software. */
static const uint8_t groups[][GROUP_MAX] = {
    { ID_HARDWARE_ADDRESS },
    { ID_CLIENT_ID, ID_CLIENT_UUID },
    { ID_HOST_NAME, ID_CLIENT_FQDN },
    { ID_PARAMETER_LIST, ID_OPTION_ORDER, ID_VENDOR_CLASS, ID_MAX_MESSAGE_SIZE, ID_USER_CLASS,
      ID_VI_CLASS, ID_VI_INFORMATION, ID_VENDOR_SPECIFIC, ID_ARCHITECTURE, ID_CLIENT_INTERFACE,
      ID_MUD_URL, ID_HEADER_HABITS },
    { ID_CIRCUIT_ID, ID_REMOTE_ID, ID_SUBSCRIBER_ID, ID_LINK_SELECTION, ID_RELAY_INFORMATION,
      ID_CIVIC_LOCATION, ID_GEOCONF, ID_GEOLOC },
    { ID_ASSIGNED_ADDRESS, ID_CURRENT_ADDRESS, ID_REQUESTED_ADDRESS },
};

struct joint { /* so many clients have these values of a group's first fields */
    uint64_t key;
    uint32_t clients; /* 0: free */
};

struct joints {
    struct joint *at;
    size_t size, used;
};

static struct joint *joint_find(const struct joints *joints, uint64_t key)
{
    size_t at = key & (joints->size - 1);
    while (joints->at[at].clients && joints->at[at].key != key)
        at = (at + 1) & (joints->size - 1);
    return &joints->at[at];
}

static int joints_grow(struct joints *joints)
{
    struct joints grown = { .size = joints->size ? joints->size * 2 : 1024, .used = joints->used };
    grown.at = calloc(grown.size, sizeof *grown.at);
    if (!grown.at)
        return -ENOMEM;
    for (size_t i = 0; i < joints->size; i++)
        if (joints->at[i].clients)
            *joint_find(&grown, joints->at[i].key) = joints->at[i];
    free(joints->at);
    *joints = grown;
    return 0;
}

static int joint_count(struct joints *joints, uint64_t key)
{
    int err = joints->used * 2 >= joints->size ? joints_grow(joints) : 0;
    if (err < 0)
        return err;
    struct joint *joint = joint_find(joints, key);
    if (joint->clients++ == 0) {
        joint->key = key;
        joints->used++;
    }
    return 0;
}

/* The values' own hashes are keyed; here they are only put together. */
static uint64_t join(uint64_t before, uint64_t hash, size_t step)
{
    uint64_t x = (before ^ hash) + 0x9e3779b97f4a7c15ULL * (step + 1);
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
    return x ^ x >> 31;
}

/* A client-id made of the client's own address says nothing that chaddr has not said. */
static bool repeats_hardware(const struct audit_client *client, const struct audit_trait *trait)
{
    uint8_t hardware[6];
    return trait->kind == ID_CLIENT_ID && client->hlen == 6 &&
           audit_value_hardware(trait->value, hardware) &&
           memcmp(hardware, client->hardware, sizeof hardware) == 0;
}

/* What stands for each kind of a client; NULL: nothing that counts. */
static void rarest_of(const struct audit_client *client, struct audit_trait *out[ID_KIND_COUNT])
{
    uint8_t by[ID_KIND_COUNT] = { 0 };
    memset(out, 0, ID_KIND_COUNT * sizeof(struct audit_trait *));
    for (const struct audit_trait *trait = client->traits; trait; trait = trait->next)
        by[trait->kind] |= trait->by;
    for (struct audit_trait *trait = client->traits; trait; trait = trait->next) {
        struct audit_trait **rarest = &out[trait->kind];
        trait->own_bits = 0;
        if (!(trait->by & AUDIT_BY_CLIENT) && by[trait->kind] & AUDIT_BY_CLIENT)
            continue;
        if (!*rarest || trait->value->clients < (*rarest)->value->clients)
            *rarest = trait;
    }
    if (out[ID_CLIENT_ID] && repeats_hardware(client, out[ID_CLIENT_ID]))
        out[ID_CLIENT_ID] = NULL;
}

/* A value that nobody else has makes all behind it in its group certain: those need no counting. */
static int count_client(struct joints *joints, const struct audit_client *client)
{
    struct audit_trait *rarest[ID_KIND_COUNT];
    int err = 0;
    rarest_of(client, rarest);
    for (size_t g = 0; g < ARRAY_SIZE(groups); g++) {
        uint64_t key = g;
        for (size_t i = 0; i < GROUP_MAX && groups[g][i] && err == 0; i++) {
            const struct audit_trait *trait = rarest[groups[g][i]];
            if (trait && trait->value->clients == 1)
                break;
            key = join(key, trait ? trait->value->hash : 0, i);
            err = joint_count(joints, key);
        }
    }
    return err;
}

static double group_bits(const struct joints *joints, struct audit_trait *const *rarest, size_t g,
                         size_t clients)
{
    uint64_t key = g;
    double sum = 0, before = (double)clients;
    for (size_t i = 0; i < GROUP_MAX && groups[g][i] && before > 1; i++) {
        struct audit_trait *trait = rarest[groups[g][i]];
        double alike = 1;
        if (!trait || trait->value->clients > 1) {
            key = join(key, trait ? trait->value->hash : 0, i);
            alike = joint_find(joints, key)->clients;
        }
        if (trait && alike > 0) {
            trait->own_bits = (float)log2(before / alike);
            sum += (double)trait->own_bits;
        }
        before = alike;
    }
    return sum;
}

static void judge_client(const struct joints *joints, struct audit_client *client, size_t clients)
{
    struct audit_trait *rarest[ID_KIND_COUNT];
    double most = clients ? log2((double)clients) : 0;
    rarest_of(client, rarest);
    client->bits = 0;
    for (size_t g = 0; g < ARRAY_SIZE(groups); g++)
        client->bits += group_bits(joints, rarest, g, clients);
    if (client->bits > most)
        client->bits = most;
}

int audit_entropy_judge(struct audit *audit)
{
    struct joints joints = { 0 };
    int err = joints_grow(&joints);
    for (size_t i = 0; i < audit->clients_n && err == 0; i++)
        err = audit_habits_trait(audit, audit->clients[i]);
    for (size_t i = 0; i < audit->clients_n && err == 0; i++)
        err = count_client(&joints, audit->clients[i]);
    for (size_t i = 0; i < audit->clients_n && err == 0; i++)
        judge_client(&joints, audit->clients[i], audit->clients_n);
    free(joints.at);
    return err;
}
