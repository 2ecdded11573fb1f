/* SPDX-License-Identifier: ISC
 *
 * net/address: socket addresses as values, their text, and networks. Pure.
 */
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/slice.h"

#define ADDRESS_TEXT_MAX 128

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
        struct sockaddr_un un;
    };
    socklen_t n; /* 0: unknown */
};

/* "192.0.2.1", "2001:db8::1" (an IPv4-mapped IPv6 address as IPv4), "local" for a UNIX socket or
 * an unknown one. Returns out, NUL-terminated. */
const char *address_text(const struct address *a, char out[ADDRESS_TEXT_MAX]);
uint16_t address_port(const struct address *a); /* 0 when it has none */
/* IPv4-mapped IPv6 becomes IPv4; everything else is left alone. */
void address_normalise(struct address *a);
/* Same family, same host, same port; the same path for UNIX sockets. */
bool address_equal(const struct address *a, const struct address *b);
/* "/run/x.sock", or "@name" for an abstract one. False when it is empty or too long. */
MUST_USE bool address_of_path(struct slice path, struct address *out);

/* "192.0.2.1:25", "[2001:db8::1]:25". False when it is not that. */
MUST_USE bool address_parse(struct slice text, struct address *out);
/* An IP without a port. */
MUST_USE bool address_parse_ip(struct slice text, uint16_t port, struct address *out);

/* The 64 bits by which strangers are counted: an IPv4 address, or the /64 of an IPv6 one; 0 for
 * what has neither. */
uint64_t address_prefix(const struct address *a);

struct network {
    struct in6_addr base; /* IPv4 as mapped */
    unsigned bits;        /* 0..128 */
};

/* "192.0.2.0/24", "2001:db8::/32", or a single address. False for host bits set or nonsense. */
MUST_USE bool network_parse(struct slice text, struct network *out);
/* An IPv4 address is in IPv4 networks only: ::/0 does not have it. */
bool network_has(const struct network *net, const struct address *a);
