/* SPDX-License-Identifier: ISC
 *
 * audit/anonymise_map: what stands for an identifier in a copy that may be sent: of the same length, the same for
 * the same value, and not to be turned back without the key (BLAKE2b, ChaCha20). Pure.
 *
 * What an audit looks at is kept: subnets and the order of addresses in them, the U/L and group bits of hardware
 * addresses, which of them share an OUI, and that a name ends in one.
 */
#pragma once

#include "base/slice.h"

enum { ANONYMISE_KEY = 32 };

struct anonymise_map {
    uint8_t key[ANONYMISE_KEY];
    bool keep_oui;             /* of universally administered addresses */
    bool keep_vendor;          /* vendor class strings: of software, not of persons */
    uint8_t networks[256];     /* the first octet of an address */
    uint8_t tails[1 << 16][2]; /* the last two octets of a hardware address */
};

/* key: ANONYMISE_KEY octets. */
void anonymise_map_init(struct anonymise_map *map, const uint8_t *key);

/* The first 16 bits are replaced, prefixes of 8 to 16 bits stay together (10.1/16 and 10.2/16 in one /8); the last
 * 16 stay, so that the order in which a server gives addresses stays. Of what names no host (0/8, 127/8, 224/3)
 * nothing is changed, of link-local addresses the last 16 bits are. */
uint32_t anonymise_address(const struct anonymise_map *map, uint32_t address);
/* In place, n octets. Six of them are an EUI-48; zeros and the broadcast address stay. */
void anonymise_hardware(const struct anonymise_map *map, uint8_t *octets, size_t n);
/* In place: addresses, four octets each; what is left over is drawn. */
void anonymise_addresses(const struct anonymise_map *map, uint8_t *octets, size_t n);
/* n octets that only the key, the purpose (static text) and the value decide. */
void anonymise_draw(const struct anonymise_map *map, const char *purpose, struct slice value,
                    uint8_t *out, size_t n);
/* In place: octets drawn for these octets. */
void anonymise_octets(const struct anonymise_map *map, const char *purpose, uint8_t *octets,
                      size_t n);
/* In place: letters for letters, digits for digits, label by label, other ASCII characters and NULs stay. Hardware
 * addresses and tails of them that are spelled out are replaced as such. */
void anonymise_text(const struct anonymise_map *map, uint8_t *octets, size_t n);
/* In place: as text when it is printable, else drawn. */
void anonymise_opaque(const struct anonymise_map *map, uint8_t *octets, size_t n);
