/* SPDX-License-Identifier: ISC */
#include "audit/anonymise_map.h"

#include <string.h>

#include <sodium.h>

#define EUI48       6
#define OUI         3
#define LOCAL       0x02 /* IEEE 802: the U/L bit */
#define GROUP       0x01
#define LINK_LOCAL  0xa9fe /* 169.254 */
#define FIRST_GROUP 224

void anonymise_draw(const struct anonymise_map *map, const char *purpose, struct slice value,
                    uint8_t *out, size_t n)
{
    static const uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];
    uint8_t seed[crypto_stream_chacha20_KEYBYTES];
    crypto_generichash_state state;
    (void)crypto_generichash_init(&state, map->key, sizeof map->key, sizeof seed);
    (void)crypto_generichash_update(&state, (const uint8_t *)purpose, strlen(purpose) + 1);
    if (value.n)
        (void)crypto_generichash_update(&state, value.p, value.n);
    (void)crypto_generichash_final(&state, seed, sizeof seed);
    if (n)
        (void)crypto_stream_chacha20(out, n, nonce, seed);
}

void anonymise_octets(const struct anonymise_map *map, const char *purpose, uint8_t *octets,
                      size_t n)
{
    anonymise_draw(map, purpose, (struct slice){ octets, n }, octets, n);
}

/* ---- tables ---- */

static uint32_t below(const uint8_t drawn[4], uint32_t bound)
{
    uint32_t number =
        (uint32_t)drawn[0] << 24 | (uint32_t)drawn[1] << 16 | (uint32_t)drawn[2] << 8 | drawn[3];
    return number % bound; /* the bias is of no use to anybody here */
}

/* Sattolo's shuffle: one cycle, so that nothing stands for itself. */
static void init_networks(struct anonymise_map *map)
{
    uint8_t drawn[256][4], names[256];
    uint32_t n = 0;
    anonymise_draw(map, "networks", (struct slice){ 0 }, (uint8_t *)drawn, sizeof drawn);
    for (unsigned i = 0; i < 256; i++)
        map->networks[i] = (uint8_t)i;
    for (unsigned i = 1; i < FIRST_GROUP; i++)
        if (i != 127)
            names[n++] = (uint8_t)i;
    for (uint32_t i = n - 1; i > 0; i--) {
        uint32_t j = below(drawn[i], i);
        uint8_t first = map->networks[names[i]];
        map->networks[names[i]] = map->networks[names[j]];
        map->networks[names[j]] = first;
    }
}

static void init_tails(struct anonymise_map *map)
{
    uint8_t drawn[256][4];
    for (uint32_t i = 0; i < 1 << 16; i++) {
        map->tails[i][0] = (uint8_t)(i >> 8);
        map->tails[i][1] = (uint8_t)i;
    }
    for (uint32_t i = (1 << 16) - 1; i > 0; i--) {
        const uint8_t part = (uint8_t)(i >> 8);
        if (i % 256 == 255)
            anonymise_draw(map, "tails", (struct slice){ &part, 1 }, (uint8_t *)drawn,
                           sizeof drawn);
        uint8_t *a = map->tails[i], *b = map->tails[below(drawn[i % 256], i)];
        const uint8_t held[2] = { a[0], a[1] };
        memcpy(a, b, 2);
        memcpy(b, held, 2);
    }
}

void anonymise_map_init(struct anonymise_map *map, const uint8_t *key)
{
    *map = (struct anonymise_map){ 0 };
    memcpy(map->key, key, sizeof map->key);
    init_networks(map);
    init_tails(map);
}

/* ---- addresses ---- */

/* Bit by bit, each flipped or not as the bits before it say: what shared a prefix shares one still (Crypto-PAn). */
static uint8_t second_octet(const struct anonymise_map *map, uint8_t first, uint8_t second)
{
    uint8_t out = 0;
    for (int bit = 7; bit >= 0; bit--) {
        uint8_t flip, before[3] = { first, (uint8_t)bit, (uint8_t)(second >> bit >> 1) };
        anonymise_draw(map, "prefix", (struct slice){ before, sizeof before }, &flip, 1);
        out |= (uint8_t)((second ^ ((flip & 1) << bit)) & (1 << bit));
    }
    return out;
}

uint32_t anonymise_address(const struct anonymise_map *map, uint32_t address)
{
    uint8_t first = (uint8_t)(address >> 24), second = (uint8_t)(address >> 16);
    if (first == 0 || first == 127 || first >= FIRST_GROUP)
        return address;
    if (address >> 16 == LINK_LOCAL) {
        const uint8_t *tail = map->tails[address & 0xffff];
        return (address & 0xffff0000) | (uint32_t)tail[0] << 8 | tail[1];
    }
    return (uint32_t)map->networks[first] << 24 | (uint32_t)second_octet(map, first, second) << 16 |
           (address & 0xffff);
}

void anonymise_addresses(const struct anonymise_map *map, uint8_t *octets, size_t n)
{
    for (; n >= 4; octets += 4, n -= 4) {
        uint32_t address =
            anonymise_address(map, (uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 |
                                       (uint32_t)octets[2] << 8 | octets[3]);
        for (int i = 0; i < 4; i++)
            octets[i] = (uint8_t)(address >> (24 - 8 * i));
    }
    anonymise_octets(map, "rest", octets, n);
}

/* ---- hardware addresses ---- */

/* The last two octets, or the last three, are replaced without regard to those before them: a name that ends in
 * them is replaced alike. */
static void replace_tail(const struct anonymise_map *map, uint8_t *tail)
{
    memcpy(tail, map->tails[(unsigned)tail[0] << 8 | tail[1]], 2);
}

static void replace_nic(const struct anonymise_map *map, uint8_t nic[3])
{
    uint8_t mask;
    anonymise_draw(map, "nic", (struct slice){ nic + 1, 2 }, &mask, 1);
    nic[0] ^= mask;
    replace_tail(map, nic + 1);
}

static void replace_oui(const struct anonymise_map *map, uint8_t *oui)
{
    uint8_t kept = oui[0] & (LOCAL | GROUP);
    if (map->keep_oui && !kept)
        return;
    anonymise_octets(map, "oui", oui, OUI);
    oui[0] = (uint8_t)((oui[0] & ~(LOCAL | GROUP)) | kept);
}

/* Groups that say nothing of a host: all stations, IPv4's, bridges'. IPv6's hold the end of an address. */
static bool is_well_known(const uint8_t *octets)
{
    static const uint8_t kept[][OUI] = { { 0x01, 0x00, 0x5e }, { 0x01, 0x80, 0xc2 } };
    static const uint8_t zeros[EUI48], all[EUI48] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
    return memcmp(octets, zeros, EUI48) == 0 || memcmp(octets, all, EUI48) == 0 ||
           memcmp(octets, kept[0], OUI) == 0 || memcmp(octets, kept[1], OUI) == 0;
}

void anonymise_hardware(const struct anonymise_map *map, uint8_t *octets, size_t n)
{
    if (n != EUI48) {
        anonymise_octets(map, "hardware", octets, n);
        return;
    }
    if (is_well_known(octets))
        return;
    replace_oui(map, octets);
    replace_nic(map, octets + OUI);
}

/* ---- text ---- */

static int digit_of(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_separator(uint8_t c)
{
    return c == ':' || c == '-' || c == '.' || c == '_';
}

struct spelled {
    size_t at[2 * EUI48]; /* of its digits */
    uint8_t octets[EUI48];
    size_t n;   /* digits */
    size_t end; /* behind the last one */
};

/* Up to twelve digits, with separators between pairs or without. */
static void spell(struct slice s, size_t from, struct spelled *out)
{
    *out = (struct spelled){ .end = from };
    for (size_t i = from; i < s.n && out->n < 2 * EUI48; i++) {
        int digit = digit_of(s.p[i]);
        bool between = out->n && out->n % 2 == 0 && i == out->end && is_separator(s.p[i]);
        if (digit < 0 && !between)
            return;
        if (digit < 0)
            continue;
        out->octets[out->n / 2] = (uint8_t)(out->octets[out->n / 2] << 4 | digit);
        out->at[out->n++] = i;
        out->end = i + 1;
    }
}

/* In the case of the letters that stood there. */
static void write_spelled(struct slice original, uint8_t *octets, const struct spelled *it)
{
    bool upper = false;
    for (size_t i = 0; i < it->n; i++)
        upper |= original.p[it->at[i]] >= 'A' && original.p[it->at[i]] <= 'F';
    for (size_t i = 0; i < it->n; i++) {
        unsigned digit = (it->octets[i / 2] >> (i % 2 ? 0 : 4)) & 15;
        octets[it->at[i]] = (uint8_t)(digit < 10 ? '0' + digit : (upper ? 'A' : 'a') + digit - 10);
    }
}

/* "00:11:22:33:44:55", "0011.2233.4455", "001122334455" anywhere. */
static void overlay_addresses(const struct anonymise_map *map, struct slice original,
                              uint8_t *octets)
{
    for (size_t i = 0; i < original.n; i++) {
        struct spelled it;
        if (digit_of(original.p[i]) < 0 || (i && digit_of(original.p[i - 1]) >= 0))
            continue;
        spell(original, i, &it);
        if (it.n < 2 * EUI48 || (it.end < original.n && digit_of(original.p[it.end]) >= 0))
            continue;
        anonymise_hardware(map, it.octets, EUI48);
        write_spelled(original, octets, &it);
        i = it.end - 1;
    }
}

/* "ESP_07AEFB", "printer-9c2e": the first label ends in the last octets of an address. */
static void overlay_tail(const struct anonymise_map *map, struct slice label, uint8_t *octets)
{
    size_t digits = 0;
    struct spelled it;
    while (digits < label.n && digits < 7 && digit_of(label.p[label.n - 1 - digits]) >= 0)
        digits++;
    size_t n = digits >= 2 * OUI ? 2 * OUI : 4;
    if (digits < 4)
        return;
    spell(label, label.n - n, &it);
    if (n == 4)
        replace_tail(map, it.octets);
    else
        replace_nic(map, it.octets);
    write_spelled(label, octets, &it);
}

/* No letter and no digit stands for itself. */
static void replace_label(const struct anonymise_map *map, uint8_t *octets, size_t n)
{
    enum { PART = 256 };
    uint8_t lower[PART], drawn[PART];
    for (size_t i = 0; i < n; i++)
        lower[i] = ascii_lower(octets[i]);
    anonymise_draw(map, "label", (struct slice){ lower, n }, drawn, n);
    for (size_t i = 0; i < n; i++) {
        uint8_t c = octets[i];
        if (c >= '0' && c <= '9')
            octets[i] = (uint8_t)('0' + (c - '0' + 1 + drawn[i] % 9) % 10);
        else if (lower[i] >= 'a' && lower[i] <= 'z')
            octets[i] = (uint8_t)(c - lower[i] + 'a' + (lower[i] - 'a' + 1 + drawn[i] % 25) % 26);
        else if (c == 0 || (c >= 0x20 && c < 0x7f))
            continue;
        else
            octets[i] = (uint8_t)('a' + drawn[i] % 26);
    }
}

static void replace_labels(const struct anonymise_map *map, struct slice original, uint8_t *octets)
{
    enum { PART = 255 };
    for (size_t at = 0; at < original.n;) {
        size_t n = 0;
        while (n < PART && at + n < original.n && original.p[at + n] != '.')
            n++;
        replace_label(map, octets + at, n);
        overlay_tail(map, (struct slice){ original.p + at, n }, octets + at);
        at += n + (at + n < original.n && original.p[at + n] == '.');
    }
}

void anonymise_text(const struct anonymise_map *map, uint8_t *octets, size_t n)
{
    enum { PART = 4096 }; /* a longer text is several */
    uint8_t original[PART];
    for (size_t at = 0; at < n; at += PART) {
        size_t part = n - at < PART ? n - at : PART;
        memcpy(original, octets + at, part);
        replace_labels(map, (struct slice){ original, part }, octets + at);
        overlay_addresses(map, (struct slice){ original, part }, octets + at);
    }
}

static bool is_text(struct slice s)
{
    if (s.n && s.p[s.n - 1] == 0)
        s.n--;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < 0x20 || s.p[i] == 0x7f)
            return false;
    return s.n && slice_is_utf8(s);
}

void anonymise_opaque(const struct anonymise_map *map, uint8_t *octets, size_t n)
{
    if (is_text((struct slice){ octets, n }))
        anonymise_text(map, octets, n);
    else
        anonymise_octets(map, "opaque", octets, n);
}
