/* SPDX-License-Identifier: ISC */
#include "net/address.h"

#include <arpa/inet.h>
#include <string.h>

static bool is_mapped(const struct address *a)
{
    return a->n && a->any.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&a->in6.sin6_addr);
}

void address_normalise(struct address *a)
{
    if (!is_mapped(a))
        return;
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = a->in6.sin6_port };
    memcpy(&in.sin_addr, a->in6.sin6_addr.s6_addr + 12, 4);
    *a = (struct address){ .in = in, .n = sizeof in };
}

const char *address_text(const struct address *a, char out[ADDRESS_TEXT_MAX])
{
    const void *bytes = NULL;
    int family = a->n ? a->any.sa_family : AF_UNSPEC;
    if (family == AF_INET)
        bytes = &a->in.sin_addr;
    else if (family == AF_INET6)
        bytes = &a->in6.sin6_addr;
    if (is_mapped(a)) {
        family = AF_INET;
        bytes = a->in6.sin6_addr.s6_addr + 12;
    }
    if (!bytes || !inet_ntop(family, bytes, out, ADDRESS_TEXT_MAX))
        memcpy(out, "local", sizeof "local");
    return out;
}

uint16_t address_port(const struct address *a)
{
    if (a->n && a->any.sa_family == AF_INET)
        return ntohs(a->in.sin_port);
    if (a->n && a->any.sa_family == AF_INET6)
        return ntohs(a->in6.sin6_port);
    return 0;
}

static bool same_host(const struct address *a, const struct address *b)
{
    if (a->any.sa_family == AF_INET)
        return a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
    return memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, sizeof a->in6.sin6_addr) == 0;
}

bool address_equal(const struct address *a, const struct address *b)
{
    if (a->n == 0 || b->n == 0 || a->any.sa_family != b->any.sa_family)
        return a->n == b->n;
    if (a->any.sa_family == AF_INET || a->any.sa_family == AF_INET6)
        return same_host(a, b) && address_port(a) == address_port(b);
    return a->n == b->n && memcmp(&a->un, &b->un, a->n) == 0;
}

bool address_of_path(struct slice path, struct address *out)
{
    struct address a = { .un = { .sun_family = AF_UNIX } };
    if (path.n == 0 || path.n >= sizeof a.un.sun_path || slice_has(path, 0))
        return false;
    memcpy(a.un.sun_path, path.p, path.n);
    /* unix(7): an abstract name has no end but the length's. */
    bool abstract = path.p[0] == '@';
    if (abstract)
        a.un.sun_path[0] = 0;
    a.n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.n + (abstract ? 0 : 1));
    *out = a;
    return true;
}

bool address_parse_ip(struct slice text, uint16_t port, struct address *out)
{
    char ip[INET6_ADDRSTRLEN + 1] = "";
    struct address a = { 0 };
    if (text.n == 0 || text.n >= sizeof ip || slice_has(text, 0))
        return false;
    memcpy(ip, text.p, text.n);
    if (inet_pton(AF_INET, ip, &a.in.sin_addr) == 1) {
        a.in.sin_family = AF_INET;
        a.in.sin_port = htons(port);
        a.n = sizeof a.in;
    } else if (inet_pton(AF_INET6, ip, &a.in6.sin6_addr) == 1) {
        a.in6.sin6_family = AF_INET6;
        a.in6.sin6_port = htons(port);
        a.n = sizeof a.in6;
    } else {
        return false;
    }
    *out = a;
    return true;
}

bool address_parse(struct slice text, struct address *out)
{
    struct slice host, port_text;
    uint32_t port;
    if (!slice_cut_last(text, ':', &host, &port_text) || !slice_to_u32(port_text, 0, 65535, &port))
        return false;
    bool bracketed = host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';
    if (bracketed)
        host = slice_first(slice_from(host, 1), host.n - 2);
    if (slice_has(host, ':') != bracketed) /* IPv6 stands in brackets, IPv4 without */
        return false;
    return address_parse_ip(host, (uint16_t)port, out);
}

/* As IPv6, an IPv4 address mapped. False for what has no IP. */
static bool as_in6(const struct address *a, struct in6_addr *out)
{
    if (a->n == 0 || (a->any.sa_family != AF_INET && a->any.sa_family != AF_INET6))
        return false;
    if (a->any.sa_family == AF_INET6) {
        *out = a->in6.sin6_addr;
        return true;
    }
    *out = (struct in6_addr){ .s6_addr = { [10] = 0xff, [11] = 0xff } };
    memcpy(out->s6_addr + 12, &a->in.sin_addr, 4);
    return true;
}

uint64_t address_prefix(const struct address *a)
{
    struct in6_addr ip;
    uint64_t prefix = 0;
    if (!as_in6(a, &ip))
        return 0;
    /* IPv4 counts as 0:0:ffff:x, a /64 that nobody can come from. */
    for (size_t i = 0; i < 8; i++)
        prefix = prefix << 8 |
                 (IN6_IS_ADDR_V4MAPPED(&ip) ? (i < 4 ? 0 : ip.s6_addr[i + 8]) : ip.s6_addr[i]);
    return IN6_IS_ADDR_V4MAPPED(&ip) ? prefix | UINT64_C(0xffff) << 32 : prefix;
}

static bool same_bits(const struct in6_addr *a, const struct in6_addr *b, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;
    if (memcmp(a->s6_addr, b->s6_addr, whole) != 0)
        return false;
    return rest == 0 || (a->s6_addr[whole] ^ b->s6_addr[whole]) >> (8 - rest) == 0;
}

static bool host_bits_clear(const struct network *net)
{
    for (unsigned bit = net->bits; bit < 128; bit++)
        if (net->base.s6_addr[bit / 8] & 0x80 >> bit % 8)
            return false;
    return true;
}

bool network_parse(struct slice text, struct network *out)
{
    struct slice host, bits_text;
    struct address a;
    struct network net;
    bool cut = slice_cut(text, '/', &host, &bits_text);
    if (!address_parse_ip(host, 0, &a) || !as_in6(&a, &net.base))
        return false;
    uint32_t width = a.any.sa_family == AF_INET ? 32 : 128, bits = width;
    if (cut && !slice_to_u32(bits_text, 0, width, &bits))
        return false;
    net.bits = bits + 128 - width;
    if (!host_bits_clear(&net))
        return false;
    *out = net;
    return true;
}

bool network_has(const struct network *net, const struct address *a)
{
    struct in6_addr ip;
    if (!as_in6(a, &ip) || (net->bits < 96 && IN6_IS_ADDR_V4MAPPED(&ip)))
        return false;
    return same_bits(&net->base, &ip, net->bits);
}
