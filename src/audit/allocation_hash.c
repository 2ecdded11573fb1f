/* SPDX-License-Identifier: ISC */
#include "audit/allocation_hash.h"

#include <math.h>
#include <string.h>

#include <sodium.h>

enum {
    POOL_SIZE_MAX = 1 << 16, /* of a pool: a /16 */
    SPANS = 4,      /* and so many times what many cases show of it: all in a quarter is rare */
    SPANS_FEW = 16, /* and what few show */
    MANY = 8,
    SAMPLE = 24,    /* cases by which a start and size are found */
    ANCHORS = 3,    /* of these, the ones taken to have hit nobody else's address */
    FIRST_LOOK = 6, /* of these, one besides the anchor has to fit */
};

/* The last octets of the hardware address as a number. */
static bool low_octets(const struct allocation_case *it, unsigned octets, uint64_t *out)
{
    if (it->hlen < octets)
        return false;
    uint64_t value = 0;
    for (unsigned i = it->hlen - octets; i < it->hlen; i++)
        value = value << 8 | it->hardware[i];
    *out = value;
    return true;
}

static bool low_8(const struct allocation_case *it, uint64_t *out)
{
    return low_octets(it, 1, out);
}

static bool low_16(const struct allocation_case *it, uint64_t *out)
{
    return low_octets(it, 2, out);
}

static bool low_24(const struct allocation_case *it, uint64_t *out)
{
    return low_octets(it, 3, out);
}

static bool low_32(const struct allocation_case *it, uint64_t *out)
{
    return low_octets(it, 4, out);
}

static bool all_48(const struct allocation_case *it, uint64_t *out)
{
    return it->hlen == 6 && low_octets(it, 6, out);
}

/* dnsmasq, src/dhcp.c: "j = b + (j << 6) + (j << 16) - j", and 0 becomes 1. */
static bool sdbm(const struct allocation_case *it, uint64_t *out)
{
    uint32_t j = 0;
    for (unsigned i = 0; i < it->hlen; i++)
        j = it->hardware[i] + (j << 6) + (j << 16) - j;
    *out = j ? j : 1;
    return it->hlen > 0;
}

/* Older dnsmasq, and busybox udhcpd with BASE_IP_ON_MAC: "j += b + (j << 6) + (j << 16) - j". */
static bool sdbm_added(const struct allocation_case *it, uint64_t *out)
{
    uint32_t j = 0;
    for (unsigned i = 0; i < it->hlen; i++)
        j += it->hardware[i] + (j << 6) + (j << 16) - j;
    *out = j;
    return it->hlen > 0;
}

/* nrand48(3): X = 0x5DEECE66D X + 0xB mod 2^48, of which the upper 31 bits. */
static uint64_t first_of_nrand48(const uint16_t seed[3])
{
    uint64_t x = (uint64_t)seed[2] << 32 | (uint32_t)seed[1] << 16 | seed[0];
    x = (x * UINT64_C(0x5deece66d) + 0xb) & UINT64_C(0xffffffffffff);
    return x >> 17;
}

/* odhcpd: the six octets are the three numbers of the seed, as they lie in memory. */
static bool nrand48_little(const struct allocation_case *it, uint64_t *out)
{
    uint16_t seed[3];
    for (unsigned i = 0; i < 3; i++)
        seed[i] = (uint16_t)(it->hardware[2 * i] | it->hardware[2 * i + 1] << 8);
    *out = first_of_nrand48(seed);
    return it->hlen == 6;
}

static bool nrand48_big(const struct allocation_case *it, uint64_t *out)
{
    uint16_t seed[3];
    for (unsigned i = 0; i < 3; i++)
        seed[i] = (uint16_t)(it->hardware[2 * i] << 8 | it->hardware[2 * i + 1]);
    *out = first_of_nrand48(seed);
    return it->hlen == 6;
}

/* systemd, sd-dhcp-server.c: SipHash-2-4 under HASH_KEY over the length (a size_t) and the client identifier,
 * which is type 1 and the hardware address where a client sends none. */
static bool siphash_systemd(const struct allocation_case *it, uint64_t *out)
{
    static const uint8_t key[crypto_shorthash_KEYBYTES] = {
        0x0d, 0x1d, 0xfe, 0xbd, 0xf1, 0x24, 0xbd, 0xb3,
        0x47, 0xf1, 0xdd, 0x6e, 0x73, 0x21, 0x93, 0x30,
    };
    uint8_t input[8 + 255] = { 0 }, hash[crypto_shorthash_BYTES];
    size_t n = it->client_id.n;
    if (n > 255 || (n == 0 && it->hlen != 6))
        return false;
    if (n > 0) {
        memcpy(input + 8, it->client_id.p, n);
    } else {
        n = 7;
        input[8] = 1;
        memcpy(input + 9, it->hardware, 6);
    }
    input[0] = (uint8_t)n;
    if (crypto_shorthash(hash, input, 8 + n, key) != 0)
        return false;
    uint64_t value = 0;
    for (unsigned i = 8; i-- > 0;)
        value = value << 8 | hash[i];
    *out = value;
    return true;
}

static const struct allocation_function functions[] = {
    { AUDIT_STRATEGY_IDENTIFIER, "the last octet of the hardware address", low_8 },
    { AUDIT_STRATEGY_IDENTIFIER, "the last 2 octets of the hardware address", low_16 },
    { AUDIT_STRATEGY_IDENTIFIER, "the last 3 octets of the hardware address", low_24 },
    { AUDIT_STRATEGY_IDENTIFIER, "the last 4 octets of the hardware address", low_32 },
    { AUDIT_STRATEGY_IDENTIFIER, "the hardware address as a number", all_48 },
    { AUDIT_STRATEGY_HASH, "SDBM over the hardware address (dnsmasq)", sdbm },
    { AUDIT_STRATEGY_HASH, "SDBM over the hardware address (udhcpd, older dnsmasq)", sdbm_added },
    { AUDIT_STRATEGY_HASH, "nrand48 seeded with the hardware address (odhcpd)", nrand48_little },
    { AUDIT_STRATEGY_HASH, "nrand48 seeded with the hardware address (odhcpd, big-endian)",
      nrand48_big },
    { AUDIT_STRATEGY_HASH, "SipHash of the client identifier with a published key (systemd)",
      siphash_systemd },
};

size_t allocation_functions(const struct allocation_function **out)
{
    *out = functions;
    return ARRAY_SIZE(functions);
}

struct sample {
    uint64_t value[SAMPLE];
    uint32_t address[SAMPLE];
    size_t n;
    uint32_t low, high; /* of all cases */
};

static void take_sample(const struct allocation_function *function,
                        const struct allocation_case *cases, size_t n, struct sample *out)
{
    *out = (struct sample){ .low = UINT32_MAX };
    for (size_t i = 0; i < n; i++) {
        uint32_t address = cases[i].address;
        out->low = address < out->low ? address : out->low;
        out->high = address > out->high ? address : out->high;
        if (out->n < SAMPLE && function->value(&cases[i], &out->value[out->n]))
            out->address[out->n++] = address;
    }
}

/* The short division is several times as fast, and most values are short. */
static uint32_t remainder_of(uint64_t value, uint32_t size)
{
    return value <= UINT32_MAX ? (uint32_t)value % size : (uint32_t)(value % size);
}

static size_t right_among(const struct sample *s, size_t n, uint32_t start, uint32_t size)
{
    size_t right = 0;
    for (size_t i = 0; i < n; i++)
        right += start + remainder_of(s->value[i], size) == s->address[i];
    return right;
}

/* How many of the sample come out. A pool holds all that was given. */
static size_t right_with(const struct sample *s, uint32_t start, uint32_t size)
{
    size_t few = s->n < FIRST_LOOK ? s->n : FIRST_LOOK;
    if (start > s->low || (uint64_t)start + size <= s->high || right_among(s, few, start, size) < 2)
        return 0;
    return right_among(s, s->n, start, size);
}

bool allocation_fit(const struct allocation_function *function, const struct allocation_case *cases,
                    size_t n, struct allocation_fit *out)
{
    struct sample s;
    take_sample(function, cases, n, &s);
    uint64_t span = (uint64_t)s.high - s.low + 1;
    if (s.n < 3 || span > POOL_SIZE_MAX)
        return false;
    uint64_t spans = span * (s.n >= MANY ? SPANS : SPANS_FEW);
    size_t best = 0, largest = spans < POOL_SIZE_MAX ? spans : POOL_SIZE_MAX;
    for (uint32_t size = (uint32_t)span; size <= largest; size++)
        for (size_t anchor = 0; anchor < ANCHORS && anchor < s.n; anchor++) {
            uint32_t start = s.address[anchor] - remainder_of(s.value[anchor], size);
            size_t right = right_with(&s, start, size);
            if (right <= best)
                continue;
            best = right;
            *out = (struct allocation_fit){ .start = start, .size = size };
        }
    /* Sizes that could have been, and starts: at most what the size leaves below the lowest. */
    if (best * 2 < s.n)
        return false;
    out->tried = log((double)(largest - span + 1)) + log((double)(out->size - span + 1));
    return true;
}
