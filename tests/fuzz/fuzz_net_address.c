/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "net/address.h"
#include "net/listener.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_address(struct slice text)
{
    struct address a = { .n = 0 }, again;
    char ip[ADDRESS_TEXT_MAX];
    if (!address_parse(text, &a)) {
        CHECK(a.n == 0);
        return;
    }
    address_normalise(&a);
    (void)address_prefix(&a);
    CHECK(address_parse_ip(slice_of_str(address_text(&a, ip)), address_port(&a), &again));
    CHECK(address_equal(&a, &again));
}

static void check_network(struct slice text)
{
    struct network net;
    if (!network_parse(text, &net))
        return;
    struct address first = { .in6 = { .sin6_family = AF_INET6, .sin6_addr = net.base },
                             .n = sizeof(struct sockaddr_in6) };
    CHECK(net.bits <= 128);
    /* "::/0" and its kin have no IPv4 address, and their first may look like one. */
    CHECK(network_has(&net, &first) || net.bits < 96);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = { data, size };
    struct listen_spec spec;
    struct fault why;
    check_address(text);
    check_network(text);
    if (!listen_parse(text, &spec, &why))
        CHECK(why.what && why.at <= size);
    if (!listen_parse_milter(text, &spec, &why))
        CHECK(why.what && why.at <= size);
    else
        CHECK(spec.address.n && !spec.tls);
    return 0;
}
