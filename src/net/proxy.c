/* SPDX-License-Identifier: ISC */
#include "net/proxy.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/reader.h"

#define V1_MAX  107 /* §2.1: the longest line, CRLF included */
#define V2_HEAD 16

static const struct slice v1_start = SLICE_INIT("PROXY ");
static const struct slice v2_start = SLICE_INIT("\r\n\r\n\0\r\nQUIT\n");

static enum proxy_result bad(struct fault *why, size_t at, const char *what)
{
    *why = (struct fault){ .at = at, .what = what };
    return PROXY_BAD;
}

/* A decimal port without leading zeros (§2.1). */
static bool parse_port(struct slice text, uint16_t *out)
{
    uint32_t port;
    if ((text.n > 1 && text.p[0] == '0') || !slice_to_u32(text, 0, 65535, &port))
        return false;
    *out = (uint16_t)port;
    return true;
}

static bool parse_end(struct slice ip, uint16_t port, int family, struct address *out)
{
    return address_parse_ip(ip, port, out) && out->any.sa_family == family;
}

/* source SP destination SP source-port SP destination-port */
static enum proxy_result parse_v1_tcp(struct slice line, int family, struct proxy_header *out,
                                      struct fault *why)
{
    const size_t at = v1_start.n + sizeof "TCP4";
    struct slice words[4], rest = line;
    uint16_t ports[2];
    for (size_t i = 0; i < 4; i++) {
        bool more = slice_cut(rest, ' ', &words[i], &rest);
        if (more != (i < 3) || words[i].n == 0)
            return bad(why, at, "PROXY v1: not four fields");
    }
    for (size_t i = 0; i < 2; i++)
        if (!parse_port(words[i + 2], &ports[i]))
            return bad(why, at + (size_t)(words[i + 2].p - line.p), "PROXY v1: not a port");
    if (!parse_end(words[0], ports[0], family, &out->source) ||
        !parse_end(words[1], ports[1], family, &out->destination))
        return bad(why, at, "PROXY v1: not an address of that family");
    return PROXY_DONE;
}

static enum proxy_result parse_v1(struct slice bytes, struct proxy_header *out, struct fault *why)
{
    struct slice line, rest;
    struct slice window = slice_first(bytes, V1_MAX);
    if (!slice_cut(window, '\n', &line, &rest))
        return bytes.n < V1_MAX ? PROXY_MORE : bad(why, V1_MAX, "PROXY v1: line too long");
    if (line.p[line.n - 1] != '\r')
        return bad(why, line.n, "PROXY v1: not ended by CRLF");
    out->length = line.n + 1;
    line = slice_from(slice_first(line, line.n - 1), v1_start.n);
    if (slice_starts(line, SLICE("TCP4 ")))
        return parse_v1_tcp(slice_from(line, 5), AF_INET, out, why);
    if (slice_starts(line, SLICE("TCP6 ")))
        return parse_v1_tcp(slice_from(line, 5), AF_INET6, out, why);
    if (!slice_equal(line, SLICE("UNKNOWN")) && !slice_starts(line, SLICE("UNKNOWN ")))
        return bad(why, v1_start.n, "PROXY v1: unknown protocol");
    out->local = true; /* §2.1: what follows UNKNOWN is ignored */
    return PROXY_DONE;
}

static struct address in_of(struct slice ip, uint16_t port)
{
    struct address a = { .in = { .sin_family = AF_INET, .sin_port = htons(port) },
                         .n = sizeof(struct sockaddr_in) };
    memcpy(&a.in.sin_addr, ip.p, sizeof a.in.sin_addr);
    return a;
}

static struct address in6_of(struct slice ip, uint16_t port)
{
    struct address a = { .in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) },
                         .n = sizeof(struct sockaddr_in6) };
    memcpy(&a.in6.sin6_addr, ip.p, sizeof a.in6.sin6_addr);
    return a;
}

/* §2.2: source, destination, source port, destination port; TLVs follow and are skipped. */
static enum proxy_result parse_v2_ip(struct slice body, size_t width, struct proxy_header *out,
                                     struct fault *why)
{
    struct reader r = reader_of(body);
    struct slice source = reader_bytes(&r, width), destination = reader_bytes(&r, width);
    uint16_t source_port = reader_be16(&r), destination_port = reader_be16(&r);
    if (r.bad)
        return bad(why, V2_HEAD, "PROXY v2: addresses cut short");
    out->source = width == 4 ? in_of(source, source_port) : in6_of(source, source_port);
    out->destination =
        width == 4 ? in_of(destination, destination_port) : in6_of(destination, destination_port);
    return PROXY_DONE;
}

static enum proxy_result parse_v2_addresses(uint8_t family, struct slice body,
                                            struct proxy_header *out, struct fault *why)
{
    switch (family) {
    case 0x00: /* UNSPEC: the sender does not know; §2.2: keep the real addresses */
        out->local = true;
        return PROXY_DONE;
    case 0x11: return parse_v2_ip(body, 4, out, why);
    case 0x21: return parse_v2_ip(body, 16, out, why);
    case 0x31: /* two paths of 108 bytes, of which we use none */
        if (body.n < 216)
            return bad(why, V2_HEAD, "PROXY v2: addresses cut short");
        out->source = out->destination =
            (struct address){ .un = { .sun_family = AF_UNIX }, .n = sizeof(sa_family_t) };
        return PROXY_DONE;
    default: return bad(why, 13, "PROXY v2: not a stream of a known family");
    }
}

static enum proxy_result parse_v2(struct slice bytes, struct proxy_header *out, struct fault *why)
{
    if (bytes.n < V2_HEAD)
        return PROXY_MORE;
    struct reader r = reader_of(slice_from(bytes, v2_start.n));
    uint8_t version_command = reader_u8(&r), family = reader_u8(&r);
    size_t length = reader_be16(&r);
    if (version_command != 0x20 && version_command != 0x21)
        return bad(why, 12, "PROXY v2: unknown version or command");
    if (V2_HEAD + length > PROXY_HEADER_MAX)
        return bad(why, 14, "PROXY v2: header too long");
    if (bytes.n < V2_HEAD + length)
        return PROXY_MORE;
    out->length = V2_HEAD + length;
    if (version_command == 0x20) { /* LOCAL: a health check of the proxy itself */
        out->local = true;
        return PROXY_DONE;
    }
    return parse_v2_addresses(family, slice_first(slice_from(bytes, V2_HEAD), length), out, why);
}

enum proxy_result proxy_parse(struct slice bytes, struct proxy_header *out, struct fault *why)
{
    struct proxy_header header = { 0 };
    struct slice v1 = slice_first(v1_start, bytes.n), v2 = slice_first(v2_start, bytes.n);
    bool is_v1 = slice_starts(bytes, v1), is_v2 = slice_starts(bytes, v2);
    if (!is_v1 && !is_v2)
        return bad(why, 0, "no PROXY header");
    if ((is_v1 && bytes.n < v1_start.n) || (is_v2 && bytes.n < v2_start.n))
        return PROXY_MORE;
    enum proxy_result result =
        is_v1 ? parse_v1(bytes, &header, why) : parse_v2(bytes, &header, why);
    if (result == PROXY_DONE)
        *out = header;
    return result;
}
