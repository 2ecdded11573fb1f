/* SPDX-License-Identifier: ISC */
#include "dkim/key.h"

#include <stdlib.h>
#include <string.h>

#include "dkim/der.h"
#include "dkim/ed25519.h"
#include "dkim/encoding.h"
#include "dkim/rsa.h"
#include "dkim/tag.h"

#define RDATA_MAX ((size_t)65535)

/* ---- the record ---- */

static enum dkim_key_reading say(enum dkim_key_reading reading, struct fault *why, const char *what)
{
    *why = (struct fault){ .what = what };
    return reading;
}

static bool has_element(const struct tag *tag, struct slice wanted)
{
    struct slice rest = tag ? tag->value : (struct slice){ 0 }, element;
    while (tag_element_next(&rest, &element))
        if (slice_equal(element, wanted))
            return true;
    return false;
}

/* Does it say first of all that it is a key record, whatever comes behind? */
static bool claims(struct slice text)
{
    struct tag_reader reader = tag_reader_of(text, TAG_FOLDED);
    struct tag first;
    struct fault why;
    return tag_next(&reader, &first, &why) > 0 && slice_equal(first.name, SLICE("v")) &&
           slice_equal(first.value, SLICE("DKIM1"));
}

static enum dkim_key_type type_of(const struct tag *k)
{
    if (!k || slice_equal(k->value, SLICE("rsa")))
        return DKIM_KEY_RSA;
    return slice_equal(k->value, SLICE("ed25519")) ? DKIM_KEY_ED25519 : DKIM_KEY_NONE;
}

/* RFC 6376 §3.6.1. g= (RFC 4871) means nothing any more, and n= is for people. */
static void read_tags(const struct tag_list *list, struct dkim_key_record *out)
{
    const struct tag *h = tag_find(list, SLICE("h")), *s = tag_find(list, SLICE("s")),
                     *t = tag_find(list, SLICE("t"));
    out->type = type_of(tag_find(list, SLICE("k")));
    out->sha256 = !h || has_element(h, SLICE("sha256"));
    out->email = !s || has_element(s, SLICE("*")) || has_element(s, SLICE("email"));
    out->testing = has_element(t, SLICE("y"));
    out->strict = has_element(t, SLICE("s"));
}

enum dkim_key_reading dkim_key_record_parse(struct slice text, struct dkim_key_record *out,
                                            struct fault *why)
{
    struct tag_list list;
    bool claimed = claims(text);
    if (!tag_list_parse(text, TAG_FOLDED, &list, why))
        return claimed ? DKIM_KEY_BROKEN : DKIM_KEY_FOREIGN;
    if (!claimed && tag_find(&list, SLICE("v")))
        return say(DKIM_KEY_FOREIGN, why, "v= is not DKIM1, or not the first tag");
    const struct tag *p = tag_find(&list, SLICE("p"));
    if (!p)
        return say(claimed ? DKIM_KEY_BROKEN : DKIM_KEY_FOREIGN, why, "there is no p=");
    struct dkim_key_record read = { .key = p->value };
    read_tags(&list, &read);
    *out = read;
    return DKIM_KEY_READ;
}

/* ---- the key ---- */

static struct postern_dkim_key *key_alloc(size_t octets)
{
    struct postern_dkim_key *key = calloc(1, sizeof *key + octets);
    if (!key)
        return NULL;
    atomic_init(&key->holds, 1);
    key->without = POSTERN_DKIM_PASS;
    return key;
}

static struct postern_dkim_key *without(struct postern_dkim_key *key,
                                        enum postern_dkim_result result, const char *fault)
{
    if (key) {
        key->fault = fault;
        key->without = result;
    }
    return key;
}

static struct postern_dkim_key *no_key(enum postern_dkim_result result, const char *fault)
{
    return without(key_alloc(0), result, fault);
}

/* NULL: nothing in the record forbids its use for mail with SHA-256 (RFC 6376 §6.1.2). */
static const char *forbids(const struct dkim_key_record *record)
{
    if (record->key.n == 0)
        return "the key was revoked: p= is empty";
    if (record->type == DKIM_KEY_NONE)
        return "k= names a type of key that is not known";
    if (!record->sha256)
        return "h= of the key does not allow sha256";
    return record->email ? NULL : "s= of the key does not allow mail";
}

static const char no_memory[] = "out of memory"; /* the words of dkim/rsa.h */

static const char *make_rsa(struct postern_dkim_key *key)
{
    struct slice modulus, exponent;
    struct fault fault;
    const char *why = NULL;
    if (!der_rsa_public(key->octets, &modulus, &exponent, &fault))
        return fault.what;
    key->rsa = rsa_public_new(modulus, exponent, &why);
    if (!key->rsa)
        return why;
    key->bits = rsa_public_bits(key->rsa);
    return NULL;
}

static const char *make_ed25519(struct postern_dkim_key *key)
{
    if (key->octets.n != ED25519_KEY_SIZE)
        return "an Ed25519 key is 32 octets, with nothing around them (RFC 8463 §4)";
    if (ed25519_is_small(key->octets))
        return "the Ed25519 key is a point of small order, with which anybody can sign";
    key->ed25519 = ed25519_public_new(key->octets);
    return key->ed25519 ? NULL : no_memory;
}

static const char *make(struct postern_dkim_key *key, struct slice text)
{
    uint8_t *octets = (uint8_t *)(key + 1);
    size_t n;
    if (!dkim_base64_decode(text, octets, &n))
        return "p= is not base64";
    key->octets = (struct slice){ octets, n };
    return key->type == DKIM_KEY_RSA ? make_rsa(key) : make_ed25519(key);
}

static struct postern_dkim_key *key_of_record(const struct dkim_key_record *record)
{
    struct postern_dkim_key *key = key_alloc(DKIM_BASE64_ROOM(record->key.n));
    if (!key)
        return NULL;
    key->type = record->type;
    key->testing = record->testing;
    key->strict = record->strict;
    const char *fault = forbids(record);
    if (!fault)
        fault = make(key, record->key);
    if (!fault)
        return key;
    if (strcmp(fault, no_memory) != 0)
        return without(key, POSTERN_DKIM_PERMERROR, fault);
    postern_dkim_key_free(key);
    return NULL;
}

/* ---- the answer ---- */

struct search {
    struct dkim_key_record record; /* its key points into room */
    unsigned found;                /* key records, broken ones too */
    bool broken;
};

static void look_at(struct search *s, struct slice rdata, uint8_t *room)
{
    struct dkim_key_record record;
    struct slice text;
    struct fault why;
    if (rdata.n > RDATA_MAX || !dkim_strings_join(rdata, room, &text))
        return;
    switch (dkim_key_record_parse(text, &record, &why)) {
    case DKIM_KEY_READ:
        s->record = record;
        s->found++;
        break;
    case DKIM_KEY_BROKEN:
        s->broken = true;
        s->found++;
        break;
    case DKIM_KEY_FOREIGN: break; /* other people's TXT records, for example of a wildcard */
    }
}

static struct postern_dkim_key *key_of_search(const struct search *s)
{
    if (s->found == 0)
        return no_key(POSTERN_DKIM_PERMERROR, "there is no key: none of the TXT records is one");
    if (s->found > 1)
        return no_key(POSTERN_DKIM_PERMERROR, "there are several key records");
    if (s->broken)
        return no_key(POSTERN_DKIM_PERMERROR, "the key record breaks the syntax");
    return key_of_record(&s->record);
}

static struct postern_dkim_key *key_of_data(const struct postern_dns_response *response)
{
    struct search s = { 0 };
    size_t all = 1;
    for (size_t i = 0; i < response->rdata_n; i++)
        all += response->rdata[i].n;
    uint8_t *room = malloc(all), *at = room;
    if (!room)
        return NULL;
    for (size_t i = 0; i < response->rdata_n; i++) {
        struct slice rdata = { response->rdata[i].p, response->rdata[i].n };
        look_at(&s, rdata, at);
        at += rdata.n;
    }
    struct postern_dkim_key *key = key_of_search(&s);
    free(room);
    return key;
}

struct postern_dkim_key *postern_dkim_key_new(const struct postern_dns_response *response)
{
    switch (response->answer) {
    case POSTERN_DNS_DATA: return key_of_data(response);
    case POSTERN_DNS_NODATA:
        return no_key(POSTERN_DKIM_PERMERROR, "there is no key: the name has no TXT record");
    case POSTERN_DNS_NXDOMAIN:
        return no_key(POSTERN_DKIM_PERMERROR, "there is no key: the name does not exist");
    case POSTERN_DNS_SERVFAIL: break;
    case POSTERN_DNS_BOGUS:
        return no_key(POSTERN_DKIM_TEMPERROR, "the key cannot be had: DNSSEC calls it forged");
    case POSTERN_DNS_TIMEOUT:
        return no_key(POSTERN_DKIM_TEMPERROR, "the key cannot be had: DNS does not answer");
    }
    return no_key(POSTERN_DKIM_TEMPERROR, "the key cannot be had: DNS fails");
}

struct postern_dkim_key *postern_dkim_key_hold(struct postern_dkim_key *key)
{
    if (key)
        atomic_fetch_add_explicit(&key->holds, 1, memory_order_relaxed);
    return key;
}

void postern_dkim_key_free(struct postern_dkim_key *key)
{
    if (!key || atomic_fetch_sub_explicit(&key->holds, 1, memory_order_acq_rel) > 1)
        return;
    rsa_public_free(key->rsa);
    ed25519_public_free(key->ed25519);
    free(key);
}

const char *postern_dkim_key_fault(const struct postern_dkim_key *key)
{
    return key->fault;
}

const char *postern_dkim_key_type(const struct postern_dkim_key *key)
{
    switch (key->type) {
    case DKIM_KEY_RSA: return "rsa";
    case DKIM_KEY_ED25519: return "ed25519";
    case DKIM_KEY_NONE: break;
    }
    return NULL;
}

unsigned postern_dkim_key_bits(const struct postern_dkim_key *key)
{
    return key->bits;
}

int postern_dkim_key_testing(const struct postern_dkim_key *key)
{
    return key->testing;
}
