/* SPDX-License-Identifier: ISC
 *
 * Who is judged: an attempt's class, and its hashes.
 */
#include "device/policy_internal.h"

#include <string.h>

/* ---- hashes ---- */

uint64_t policy_hash_account(const struct counters *c, struct slice account)
{
    return counters_hash(c, TAG_ACCOUNT, account);
}

static uint64_t hash_type(const struct counters *c, struct slice type)
{
    return counters_hash(c, TAG_TYPE, type);
}

static uint64_t hash_token(const struct counters *c, uint64_t type, const struct pseudonym *token)
{
    uint8_t bytes[sizeof token->key + PSEUDONYM_BYTES];
    memcpy(bytes, &token->key, sizeof token->key);
    memcpy(bytes + sizeof token->key, token->bytes, PSEUDONYM_BYTES);
    struct slice s = { bytes, sizeof bytes };
    return counters_mix(counters_hash(c, TAG_TOKEN, s), type);
}

uint64_t policy_hash_network(const struct counters *c, const struct device_network *n)
{
    uint8_t bytes[1 + sizeof n->bytes];
    bytes[0] = n->family;
    memcpy(bytes + 1, n->bytes, sizeof n->bytes);
    struct slice s = { bytes, sizeof bytes };
    return counters_hash(c, TAG_NETWORK, s);
}

static uint64_t hash_ip(const struct counters *c, uint8_t family, const struct address *peer)
{
    uint64_t words[2] = { family, address_prefix(peer) };
    struct slice s = { (const uint8_t *)words, sizeof words };
    return counters_hash(c, TAG_IP, s);
}

uint64_t policy_device_hash(const struct policy_attempt *a)
{
    return counters_mix(counters_mix(a->account_hash, a->token_hash), SALT_DEVICE);
}

uint64_t policy_place_hash(const struct policy_attempt *a)
{
    return counters_mix(counters_mix(a->account_hash, a->network_hash), SALT_PLACE);
}

uint64_t policy_hold_revoked(const struct policy_attempt *a)
{
    return counters_mix(policy_device_hash(a), SALT_REVOKED);
}

/* ---- what was a moment ago ---- */

static uint64_t history_hash(const struct policy_attempt *a)
{
    return counters_mix(a->account_hash, SALT_HISTORY);
}

static uint64_t tag_of(uint64_t key)
{
    return counters_mix(key, SALT_REMEMBERED);
}

static bool remembers(const struct counters *c, const struct policy_attempt *a, uint64_t key)
{
    return counters_remembers(c, key, tag_of(key), a->wall_us);
}

void policy_remember(struct counters *c, const struct policy_attempt *a, bool device, bool place)
{
    uint64_t history = history_hash(a), d = policy_device_hash(a), p = policy_place_hash(a);
    if (!a->registry->account_known)
        counters_remember(c, history, tag_of(history), a->wall_us);
    if (device)
        counters_remember(c, d, tag_of(d), a->wall_us);
    if (place)
        counters_remember(c, p, tag_of(p), a->wall_us);
}

static void forget(struct counters *c, uint64_t key)
{
    counters_forget(c, key, tag_of(key));
}

void policy_forget(struct counters *counters, struct slice account, struct slice type,
                   const struct pseudonym *token, const struct device_network *network)
{
    struct policy_attempt a = { .account_hash = policy_hash_account(counters, account) };
    if (token) {
        a.token_hash = hash_token(counters, hash_type(counters, type), token);
        forget(counters, policy_device_hash(&a));
    }
    if (network) {
        a.network_hash = policy_hash_network(counters, network);
        forget(counters, policy_place_hash(&a));
    }
    if (!token && !network)
        forget(counters, history_hash(&a));
}

/* ---- class ---- */

static unsigned words_of(const struct policy_attempt *a, bool known)
{
    unsigned words = known ? 1u << CONF_DEVICE_KNOWN : 0;
    switch (a->registry->device) {
    case DEVICE_NONE: words |= known ? 0 : 1u << CONF_DEVICE_NEW; break;
    case DEVICE_PENDING: words |= known ? 0 : 1u << CONF_DEVICE_PENDING; break;
    case DEVICE_KNOWN: break;
    case DEVICE_APPROVED: words |= 1u << CONF_DEVICE_APPROVED; break;
    case DEVICE_REVOKED: words |= 1u << CONF_DEVICE_REVOKED; break;
    }
    return a->registry->licensed ? words | 1u << CONF_DEVICE_LICENSED : words;
}

static bool is_known(const struct device_facts *f, bool remembered)
{
    switch (f->device) {
    case DEVICE_NONE: return f->licensed || remembered;
    case DEVICE_PENDING: return f->licensed;
    case DEVICE_KNOWN:
    case DEVICE_APPROVED: return true;
    case DEVICE_REVOKED: return false;
    }
    return false;
}

static void classify(const struct policy *policy, const struct counters *c,
                     struct policy_attempt *a)
{
    const struct device_facts *f = a->registry;
    bool presents = policy_presents(a);
    bool remembered =
        presents && f->device == DEVICE_NONE && remembers(c, a, policy_device_hash(a));
    bool known = presents && is_known(f, remembered);
    a->words = presents ? words_of(a, known) : 0;
    a->is_new = presents && f->device == DEVICE_NONE && !remembered && !f->failed;
    a->returns = f->place_known || (!known && remembers(c, a, policy_place_hash(a)));
    a->exists = f->account_known || f->devices || f->has_places || remembers(c, a, history_hash(a));
    a->history = a->exists || f->failed;
    a->class = presents ? POLICY_UNKNOWN : POLICY_ABSENT;
    if (known)
        a->class = POLICY_KNOWN;
    else if (a->returns)
        a->class = POLICY_PLACE;
    a->assumed = f->failed && a->class >= POLICY_UNKNOWN &&
                 policy->conf->store_failure == CONF_STORE_FAILURE_OPEN;
    if (a->assumed)
        a->class = POLICY_PLACE;
}

void policy_attempt_init(const struct policy *policy, const struct counters *counters,
                         struct policy_attempt *a)
{
    if (a->type.n == 0)
        a->token = NULL;
    a->network = device_network_of(&a->peer);
    a->account_hash = policy_hash_account(counters, slice_of_str(a->registry->account));
    a->type_hash = a->token ? hash_type(counters, a->type) : 0;
    a->token_hash = a->token ? hash_token(counters, a->type_hash, a->token) : 0;
    a->network_hash = policy_hash_network(counters, &a->network);
    a->ip_hash = hash_ip(counters, a->network.family, &a->peer);
    classify(policy, counters, a);
}

enum policy_column policy_column_of(const struct policy_attempt *a)
{
    if (a->assumed)
        return policy_presents(a) ? COLUMN_ASSUMED_UNKNOWN : COLUMN_ASSUMED_ABSENT;
    switch (a->class) {
    case POLICY_KNOWN: return COLUMN_KNOWN;
    case POLICY_PLACE: return COLUMN_PLACE;
    case POLICY_UNKNOWN: return COLUMN_UNKNOWN;
    case POLICY_ABSENT: return COLUMN_ABSENT;
    }
    return COLUMN_ABSENT;
}

const char *policy_class_text(enum policy_class c)
{
    switch (c) {
    case POLICY_KNOWN: return "known";
    case POLICY_PLACE: return "place";
    case POLICY_UNKNOWN: return "unknown";
    case POLICY_ABSENT: return "absent";
    }
    return "";
}

/* What the keeper will make of it; when the store is behind, as if it had places already. */
enum device_state policy_enrols(const struct policy *policy, const struct policy_attempt *a)
{
    const struct device_facts *f = a->registry;
    static const int modes[] = {
        [CONF_ENROL_OPEN] = DEVICE_ENROL_OPEN,
        [CONF_ENROL_FIRST] = DEVICE_ENROL_FIRST,
        [CONF_ENROL_CLOSED] = DEVICE_ENROL_CLOSED,
    };
    struct device_enrolment e = { .first = policy->conf->enrol_first };
    e.mode = modes[policy->conf->enrol];
    if (f->device != DEVICE_NONE && !(f->device == DEVICE_PENDING && f->licensed))
        return f->device;
    bool behind = f->failed || (a->exists && !f->account_known);
    return device_enrol(&e, f->licensed, f->devices, f->has_places || behind, a->returns);
}
