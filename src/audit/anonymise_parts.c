/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "audit/anonymise_option.h"
#include "dhcp/client_id.h"
#include "dhcp/relay.h"

#define EUI48      6
#define IAID_AT    1
#define DUID_AT    5
#define UUID_SIZE  16
#define LLT_HEAD   8 /* type, hardware type, time */
#define LL_HEAD    4
#define EN_HEAD    6
#define IAID_SMALL 256 /* a number that counts interfaces names nobody */

void anonymise_owned(const struct anonymise_map *map, const struct anonymise_owner *owner,
                     uint8_t *value, size_t n)
{
    uint8_t original[256];
    size_t kept = n < sizeof original ? n : sizeof original;
    if (!n)
        return;
    memcpy(original, value, kept);
    anonymise_opaque(map, value, n);
    for (size_t i = 0; owner->n == EUI48 && i + EUI48 <= kept; i++)
        if (memcmp(original + i, owner->before, EUI48) == 0)
            memcpy(value + i, owner->behind, EUI48);
}

/* ---- client identifiers ---- */

/* The version and the variant stay (RFC 9562 §4). */
static void replace_uuid(const struct anonymise_map *map, uint8_t *uuid)
{
    uint8_t version = uuid[6] & 0xf0, variant = uuid[8] & 0xc0;
    anonymise_octets(map, "uuid", uuid, UUID_SIZE);
    uuid[6] = (uint8_t)((uuid[6] & 0x0f) | version);
    uuid[8] = (uint8_t)((uuid[8] & 0x3f) | variant);
}

/* DUID-LLT's time says when the system first ran: it stays within about a year. */
static void replace_time(const struct anonymise_map *map, uint8_t *time)
{
    uint8_t drawn[4];
    anonymise_draw(map, "time", (struct slice){ time, 4 }, drawn, sizeof drawn);
    time[0] = (uint8_t)((time[0] & 0xfe) | (drawn[0] & 1));
    memcpy(time + 1, drawn + 1, 3);
}

void anonymise_duid(const struct anonymise_map *map, uint8_t *duid, size_t n)
{
    unsigned type = n >= 2 ? (unsigned)duid[0] << 8 | duid[1] : 0;
    if (type == DHCP_DUID_LLT && n >= LLT_HEAD) {
        replace_time(map, duid + 4);
        anonymise_hardware(map, duid + LLT_HEAD, n - LLT_HEAD);
    } else if (type == DHCP_DUID_LL && n >= LL_HEAD) {
        anonymise_hardware(map, duid + LL_HEAD, n - LL_HEAD);
    } else if (type == DHCP_DUID_EN && n >= EN_HEAD) {
        anonymise_octets(map, "duid", duid + EN_HEAD, n - EN_HEAD);
    } else if (type == DHCP_DUID_UUID && n == 2 + UUID_SIZE) {
        replace_uuid(map, duid + 2);
    } else if (n > 2) {
        anonymise_octets(map, "duid", duid + 2, n - 2);
    }
}

/* dhclient and dhcpcd take the end of the hardware address. */
static void replace_iaid(const struct anonymise_map *map, const struct anonymise_owner *owner,
                         uint8_t *iaid)
{
    static const uint8_t small[2];
    if (owner->n == EUI48 && memcmp(iaid, owner->before + 2, 4) == 0)
        memcpy(iaid, owner->behind + 2, 4);
    else if (memcmp(iaid, small, 2) != 0 || iaid[2])
        anonymise_octets(map, "iaid", iaid, 4);
}

void anonymise_client_id(const struct anonymise_map *map, const struct anonymise_owner *owner,
                         uint8_t *value, size_t n)
{
    struct dhcp_client_id id;
    struct fault why;
    if (!dhcp_client_id_parse((struct slice){ value, n }, &id, &why))
        return;
    switch (id.form) {
    case DHCP_CLIENT_ID_HARDWARE: anonymise_hardware(map, value + 1, n - 1); break;
    case DHCP_CLIENT_ID_OPAQUE: anonymise_owned(map, owner, value + 1, n - 1); break;
    case DHCP_CLIENT_ID_DUID:
        replace_iaid(map, owner, value + IAID_AT);
        anonymise_duid(map, value + DUID_AT, n - DUID_AT);
        break;
    }
}

/* ---- relay agents ---- */

/* Often a hardware address, bare or behind a type and a length. */
static void replace_remote_id(const struct anonymise_map *map, const struct anonymise_owner *owner,
                              uint8_t *value, size_t n)
{
    if (n == EUI48)
        anonymise_hardware(map, value, n);
    else if (n == 2 + EUI48 && value[0] == 0 && value[1] == EUI48)
        anonymise_hardware(map, value + 2, EUI48);
    else
        anonymise_owned(map, owner, value, n);
}

/* An octet that says how the rest is meant. */
static void replace_behind(const struct anonymise_map *map, const struct anonymise_owner *owner,
                           uint8_t *value, size_t n, size_t head)
{
    if (n > head)
        anonymise_owned(map, owner, value + head, n - head);
}

static void replace_sub(const struct anonymise_map *map, const struct anonymise_owner *owner,
                        const struct dhcp_sub *sub, uint8_t *value)
{
    size_t n = sub->value.n;
    switch ((enum dhcp_relay_sub)sub->code) {
    case DHCP_RELAY_REMOTE_ID: replace_remote_id(map, owner, value, n); return;
    case DHCP_RELAY_LINK_SELECTION:
    case DHCP_RELAY_SERVER_OVERRIDE: anonymise_addresses(map, value, n); return;
    case DHCP_RELAY_RELAY_ID: anonymise_duid(map, value, n); return;
    case DHCP_RELAY_BSSID: anonymise_hardware(map, value, n); return;
    case DHCP_RELAY_DOCSIS: replace_behind(map, owner, value, n, 4); return;
    case DHCP_RELAY_FLAGS: replace_behind(map, owner, value, n, 1); return;
    case DHCP_RELAY_VENDOR: /* RFC 4243 §3: enterprise number, length */
        replace_behind(map, owner, value, n, 5);
        return;
    case DHCP_RELAY_CIRCUIT_ID:
    case DHCP_RELAY_SUBSCRIBER_ID:
    case DHCP_RELAY_RADIUS:
    case DHCP_RELAY_AUTHENTICATION: break;
    }
    anonymise_owned(map, owner, value, n);
}

void anonymise_relay(const struct anonymise_map *map, const struct anonymise_owner *owner,
                     uint8_t *value, size_t n)
{
    struct dhcp_sub sub;
    struct fault why;
    size_t at = 0, end = 0;
    while (dhcp_sub_next((struct slice){ value, n }, &at, &sub, &why) > 0) {
        replace_sub(map, owner, &sub, value + sub.at + 2);
        end = sub.at + 2 + sub.value.n;
    }
    if (n - end > 2) /* what overruns: its code and length stay */
        anonymise_octets(map, "rest", value + end + 2, n - end - 2);
}

/* ---- places and names ---- */

static uint64_t bits_of(const uint8_t *octets, unsigned from, unsigned n)
{
    uint64_t bits = 0;
    for (unsigned i = from; i < from + n; i++)
        bits = bits << 1 | (octets[i / 8] >> (7 - i % 8) & 1);
    return bits;
}

static void put_bits(uint8_t *octets, unsigned from, unsigned n, uint64_t bits)
{
    for (unsigned i = 0; i < n; i++) {
        unsigned at = from + i, bit = (unsigned)(bits >> (n - 1 - i)) & 1;
        octets[at / 8] = (uint8_t)((octets[at / 8] & ~(0x80 >> at % 8)) | bit << (7 - at % 8));
    }
}

/* RFC 6225 §2.1: 6 bits of resolution, 34 of latitude, 6, 34 of longitude, 4 and 6 of altitude's type and
 * resolution, 30 of altitude. Latitude and longitude become others of the world, or stay outside of it. */
void anonymise_geo(const struct anonymise_map *map, uint8_t *value, size_t n)
{
    enum { LATITUDE = 6, LONGITUDE = 46, ALTITUDE = 90, ANGLE = 34, HEIGHT = 30, TURN = 25 };
    static const uint64_t outside = UINT64_C(1) << (ANGLE - 2); /* 128 degrees, half of what fits */
    uint8_t drawn[12];
    if (n != 16) {
        anonymise_octets(map, "geo", value, n);
        return;
    }
    anonymise_draw(map, "geo", (struct slice){ value, n }, drawn, sizeof drawn);
    for (unsigned i = 0; i < 2; i++) {
        unsigned at = i ? LONGITUDE : LATITUDE, degrees = i ? 180 : 90;
        uint64_t angle = bits_of(value, at, ANGLE),
                 size = angle >> (ANGLE - 1) ? (UINT64_C(1) << ANGLE) - angle : angle;
        bool wrong = size > (uint64_t)degrees << TURN;
        uint64_t other = bits_of(drawn + 4 * i, 0, 32) % ((uint64_t)degrees << TURN);
        put_bits(value, at, ANGLE, wrong ? (i ? outside + outside / 2 : outside) : other);
    }
    if (bits_of(value, ALTITUDE, HEIGHT))
        put_bits(value, ALTITUDE, HEIGHT, bits_of(drawn + 8, 0, 16));
}

/* RFC 1035 §3.1: labels stay as long as they are; pointers stay. */
void anonymise_names(const struct anonymise_map *map, uint8_t *value, size_t n)
{
    enum { POINTER = 0xc0, LABEL_MAX = 63 };
    for (size_t at = 0; at < n;) {
        size_t label = value[at];
        if (label >= POINTER) {
            at += 2;
            continue;
        }
        size_t left = n - at - 1, part = label < left ? label : left;
        if (label > LABEL_MAX)
            part = left;
        anonymise_text(map, value + at + 1, part);
        at += 1 + part;
    }
}
