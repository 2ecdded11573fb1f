/* SPDX-License-Identifier: ISC
 *
 * audit/anonymise_option: the value of an option, replaced in place: what is a number, a code or a time stays, what
 * names somebody or something does not, and lengths inside it stay true. Pure.
 */
#pragma once

#include "audit/anonymise_map.h"

/* Of the message that an option stands in: its hardware address before and behind; n: its octets. */
struct anonymise_owner {
    uint8_t before[16], behind[16];
    size_t n;
};

void anonymise_option(const struct anonymise_map *map, const struct anonymise_owner *owner,
                      uint8_t code, uint8_t *value, size_t n);

/* Those with parts, of an own file. */
void anonymise_client_id(const struct anonymise_map *map, const struct anonymise_owner *owner,
                         uint8_t *value, size_t n); /* 61 */
void anonymise_duid(const struct anonymise_map *map, uint8_t *duid, size_t n);
void anonymise_relay(const struct anonymise_map *map, const struct anonymise_owner *owner,
                     uint8_t *value, size_t n);                                  /* 82 */
void anonymise_geo(const struct anonymise_map *map, uint8_t *value, size_t n);   /* 123, 144 */
void anonymise_names(const struct anonymise_map *map, uint8_t *value, size_t n); /* of the wire */
/* Opaque octets; the owner's hardware address in them is replaced as such. */
void anonymise_owned(const struct anonymise_map *map, const struct anonymise_owner *owner,
                     uint8_t *value, size_t n);
