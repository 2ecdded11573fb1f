/* SPDX-License-Identifier: ISC */
#include "device/device.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

struct device_network device_network_of(const struct address *a)
{
    struct device_network n = { 0 };
    struct address plain = *a;
    address_normalise(&plain);
    if (plain.n && plain.any.sa_family == AF_INET) {
        n.family = 4;
        memcpy(n.bytes, &plain.in.sin_addr, 3);
    } else if (plain.n && plain.any.sa_family == AF_INET6) {
        n.family = 6;
        memcpy(n.bytes, &plain.in6.sin6_addr, 6);
    }
    return n;
}

bool device_network_equal(const struct device_network *a, const struct device_network *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

const char *device_network_text(const struct device_network *n, char out[DEVICE_NETWORK_TEXT_MAX])
{
    char text[INET6_ADDRSTRLEN] = "";
    uint8_t bytes[16] = { 0 };
    memcpy(bytes, n->bytes, n->family == 4 ? 3 : sizeof n->bytes);
    if (n->family != 4 && n->family != 6)
        (void)snprintf(out, DEVICE_NETWORK_TEXT_MAX, "local");
    else {
        (void)inet_ntop(n->family == 4 ? AF_INET : AF_INET6, bytes, text, sizeof text);
        (void)snprintf(out, DEVICE_NETWORK_TEXT_MAX, "%s/%d", text, n->family == 4 ? 24 : 48);
    }
    return out;
}

bool device_network_parse(struct slice text, struct device_network *out)
{
    struct network net;
    struct device_network n = { 0 };
    if (slice_equal(text, SLICE("local"))) {
        *out = n;
        return true;
    }
    if (!network_parse(text, &net))
        return false;
    bool mapped = IN6_IS_ADDR_V4MAPPED(&net.base);
    if (mapped && !slice_has(text, ':') && net.bits == 96 + 24) {
        n.family = 4;
        memcpy(n.bytes, net.base.s6_addr + 12, 3);
    } else if (!mapped && net.bits == 48) {
        n.family = 6;
        memcpy(n.bytes, net.base.s6_addr, 6);
    } else
        return false;
    *out = n;
    return true;
}
