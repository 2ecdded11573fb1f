/* SPDX-License-Identifier: ISC */
#include "dhcp/dhcid_search.h"

#include <stdlib.h>
#include <string.h>

#include "dhcp/sha256_lanes.h"

enum {
    SHA256 = 1, /* RFC 4701 §3.4 */
    OUI_SIZE = 3,
    MAC_SIZE = 6,
    HEAD_MAX = 4,
    INPUT_MAX = HEAD_MAX + MAC_SIZE + DHCP_DHCID_NAME_MAX,
    PADDING = 9, /* FIPS 180-4 §5.1.1: a bit, and 64 bits of length */
    BLOCKS_MAX = (INPUT_MAX + PADDING + SHA256_BLOCK - 1) / SHA256_BLOCK,
    SUFFIXES = 1 << 24,
};

/* What is hashed is one run of octets: a head by the record's type, the address, the name. */
struct dhcid_search {
    sha256_lanes_fn *lanes;
    uint8_t digest[DHCP_DHCID_DIGEST];
    size_t mac_at, n, blocks_n;
    uint8_t input[BLOCKS_MAX * SHA256_BLOCK]; /* padded; the address's octets are zero */
};

/* What stands before the address; an empty slice for a type that nobody knows. */
static struct slice head_of(uint16_t type)
{
    switch (type) {
    case DHCP_DHCID_HARDWARE:  /* RFC 4701 §3.3: htype, then chaddr */
    case DHCP_DHCID_CLIENT_ID: /* option 61 as most clients send it: RFC 2132 §9.14 */
        return SLICE("\x01");
    case DHCP_DHCID_DUID: return SLICE("\x00\x03\x00\x01"); /* RFC 8415 §11.4 over Ethernet */
    default: return (struct slice){ 0 };
    }
}

/* FIPS 180-4 §5.1.1. */
static void pad(struct dhcid_search *search)
{
    search->input[search->n] = 0x80;
    search->blocks_n = (search->n + PADDING + SHA256_BLOCK - 1) / SHA256_BLOCK;
    uint8_t *end = search->input + search->blocks_n * SHA256_BLOCK;
    end[-2] = (uint8_t)(search->n * 8 >> 8);
    end[-1] = (uint8_t)(search->n * 8);
}

struct dhcid_search *dhcid_search_new(const struct dhcp_dhcid *record, struct slice name_wire)
{
    struct slice head = head_of(record->type);
    if (head.n == 0 || record->digest_type != SHA256 || name_wire.n > DHCP_DHCID_NAME_MAX)
        return NULL;
    struct dhcid_search *search = calloc(1, sizeof *search);
    if (!search)
        return NULL;
    search->lanes = sha256_lanes();
    memcpy(search->digest, record->digest, sizeof search->digest);
    memcpy(search->input, head.p, head.n);
    search->mac_at = head.n;
    search->n = head.n + MAC_SIZE + name_wire.n;
    if (name_wire.n)
        memcpy(search->input + head.n + MAC_SIZE, name_wire.p, name_wire.n);
    pad(search);
    return search;
}

void dhcid_search_free(struct dhcid_search *search)
{
    free(search);
}

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void to_words(const struct dhcid_search *search, const uint8_t oui[OUI_SIZE],
                     uint32_t out[BLOCKS_MAX][SHA256_WORDS])
{
    uint8_t input[BLOCKS_MAX * SHA256_BLOCK];
    memcpy(input, search->input, sizeof input);
    memcpy(input + search->mac_at, oui, OUI_SIZE);
    for (size_t i = 0; i < search->blocks_n * SHA256_WORDS; i++)
        out[i / SHA256_WORDS][i % SHA256_WORDS] = be32(input + 4 * i);
}

/* The whole digest of one address, by OpenSSL: 1, 0, or negative. */
static int confirm(const struct dhcid_search *search, const uint8_t oui[OUI_SIZE], uint32_t suffix,
                   uint8_t out[MAC_SIZE])
{
    const uint8_t mac[MAC_SIZE] = {
        oui[0], oui[1], oui[2], (uint8_t)(suffix >> 16), (uint8_t)(suffix >> 8), (uint8_t)suffix
    };
    uint8_t input[INPUT_MAX], digest[DHCP_DHCID_DIGEST];
    memcpy(input, search->input, search->n);
    memcpy(input + search->mac_at, mac, sizeof mac);
    int error = dhcp_dhcid_digest((struct slice){ input, search->n }, (struct slice){ 0 }, digest);
    if (error)
        return error;
    if (memcmp(digest, search->digest, sizeof digest) != 0)
        return 0;
    memcpy(out, mac, sizeof mac);
    return 1;
}

int dhcid_search_range(struct dhcid_search *search, const uint8_t oui[3], uint32_t from,
                       uint32_t to, uint8_t out[6])
{
    uint32_t words[BLOCKS_MAX][SHA256_WORDS], first[SHA256_LANES];
    const struct sha256_family family = {
        .blocks = (const uint32_t(*)[SHA256_WORDS])words,
        .blocks_n = search->blocks_n,
        /* The address's last octet is octet mac_at + 5; the 64 bits end with octet 11. */
        .shift = (unsigned)(8 * (11 - (search->mac_at + MAC_SIZE - 1))),
    };
    const uint32_t wanted = be32(search->digest);
    to_words(search, oui, words);
    to = to < SUFFIXES ? to : SUFFIXES;
    for (uint32_t suffix = from; suffix < to; suffix += SHA256_LANES) {
        search->lanes(&family, suffix, first);
        for (uint32_t i = 0; i < SHA256_LANES && i < to - suffix; i++) {
            int result = first[i] == wanted ? confirm(search, oui, suffix + i, out) : 0;
            if (result != 0)
                return result;
        }
    }
    return 0;
}
