/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "net/proxy.h"

#define V2  "\r\n\r\n\0\r\nQUIT\n"
#define IP4 "\xc0\x00\x02\x01\xcb\x00\x71\x02\x10\x00\x02\x4b"
#define IP6 "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
#define P107                                                 \
    "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff " \
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"

/* clang-format off */
static const struct {
    const char *name;
    struct slice bytes;
    enum proxy_result result;
    bool local;
    size_t length;
    const char *source;
    uint16_t port;
} cases[] = {
    { "nothing yet",       SLICE_INIT(""), PROXY_MORE, 0, 0, NULL, 0 },
    { "first byte",        SLICE_INIT("P"), PROXY_MORE, 0, 0, NULL, 0 },
    { "v2 first byte",     SLICE_INIT("\r"), PROXY_MORE, 0, 0, NULL, 0 },
    { "neither",           SLICE_INIT("EHLO x\r\n"), PROXY_BAD, 0, 0, NULL, 0 },
    { "TLS",               SLICE_INIT("\x16\x03\x01"), PROXY_BAD, 0, 0, NULL, 0 },
    { "v1 TCP4",           SLICE_INIT("PROXY TCP4 192.0.2.1 203.0.113.2 4096 587\r\nEHLO"), PROXY_DONE, 0, 43, "192.0.2.1", 4096 },
    { "v1 TCP6",           SLICE_INIT("PROXY TCP6 2001:db8::1 2001:db8::2 65535 0\r\n"), PROXY_DONE, 0, 44, "2001:db8::1", 65535 },
    { "v1 UNKNOWN",        SLICE_INIT("PROXY UNKNOWN\r\n"), PROXY_DONE, 1, 15, NULL, 0 },
    { "v1 maximum",        SLICE_INIT(P107), PROXY_DONE, 1, 107, NULL, 0 },
    { "v1 unfinished",     SLICE_INIT("PROXY TCP4 192.0.2.1 203.0.113.2 4096 587\r"), PROXY_MORE, 0, 0, NULL, 0 },
    { "v1 maximum + 1",    SLICE_INIT("PROXY UNKNOWN                                                                                                \r\n"), PROXY_BAD, 0, 0, NULL, 0 },
    { "v1 bare LF",        SLICE_INIT("PROXY UNKNOWN\n"), PROXY_BAD, 0, 0, NULL, 0 },
    { "v1 UNKNOWNx",       SLICE_INIT("PROXY UNKNOWNx\r\n"), PROXY_BAD, 0, 0, NULL, 0 },
    { "v1 UDP4",           SLICE_INIT("PROXY UDP4 192.0.2.1 203.0.113.2 4096 587\r\n"), PROXY_BAD, 0, 0, NULL, 0 },
    { "v1 family",         SLICE_INIT("PROXY TCP6 192.0.2.1 203.0.113.2 4096 587\r\n"), PROXY_BAD, 0, 0, NULL, 0 },
    { "v1 NUL",            SLICE_INIT("PROXY TCP4 192.0.2.1\0 203.0.113.2 4096 587\r\n"), PROXY_BAD, 0, 0, NULL, 0 },
    { "v1 field missing",  SLICE_INIT("PROXY TCP4 192.0.2.1 203.0.113.2 4096\r\n"), PROXY_BAD, 0, 0, NULL, 0 },
    { "v1 field too many", SLICE_INIT("PROXY TCP4 192.0.2.1 203.0.113.2 4096 587 1\r\n"), PROXY_BAD, 0, 0, NULL, 0 },
    { "v1 space at end",   SLICE_INIT("PROXY TCP4 192.0.2.1 203.0.113.2 4096 587 \r\n"), PROXY_BAD, 0, 0, NULL, 0 },
    { "v1 two spaces",     SLICE_INIT("PROXY TCP4 192.0.2.1  203.0.113.2 4096 587\r\n"), PROXY_BAD, 0, 0, NULL, 0 },
    { "v1 port 65536",     SLICE_INIT("PROXY TCP4 192.0.2.1 203.0.113.2 65536 587\r\n"), PROXY_BAD, 0, 0, NULL, 0 },
    { "v1 leading zero",   SLICE_INIT("PROXY TCP4 192.0.2.1 203.0.113.2 04096 587\r\n"), PROXY_BAD, 0, 0, NULL, 0 },
    { "v2 TCP4",           SLICE_INIT(V2 "\x21\x11\x00\x0c" IP4 "EHLO"), PROXY_DONE, 0, 28, "192.0.2.1", 4096 },
    { "v2 TCP4 + TLV",     SLICE_INIT(V2 "\x21\x11\x00\x0f" IP4 "\x04\x00\x00"), PROXY_DONE, 0, 31, "192.0.2.1", 4096 },
    { "v2 TCP6",           SLICE_INIT(V2 "\x21\x21\x00\x24" IP6 IP6 "\x10\x00\x02\x4b"), PROXY_DONE, 0, 52, "2001:db8::1", 4096 },
    { "v2 LOCAL",          SLICE_INIT(V2 "\x20\x00\x00\x00"), PROXY_DONE, 1, 16, NULL, 0 },
    { "v2 LOCAL + rest",   SLICE_INIT(V2 "\x20\x11\x00\x0c" IP4), PROXY_DONE, 1, 28, NULL, 0 },
    { "v2 UNSPEC",         SLICE_INIT(V2 "\x21\x00\x00\x00"), PROXY_DONE, 1, 16, NULL, 0 },
    { "v2 one byte short", SLICE_INIT(V2 "\x21\x11\x00\x0c\xc0\x00\x02\x01\xcb\x00\x71\x02\x10\x00\x02"), PROXY_MORE, 0, 0, NULL, 0 },
    { "v2 head short",     SLICE_INIT(V2 "\x21\x11\x00"), PROXY_MORE, 0, 0, NULL, 0 },
    { "v2 length short",   SLICE_INIT(V2 "\x21\x11\x00\x0b" IP4), PROXY_BAD, 0, 0, NULL, 0 },
    { "v2 IPv6 short",     SLICE_INIT(V2 "\x21\x21\x00\x0c" IP4), PROXY_BAD, 0, 0, NULL, 0 },
    { "v2 version 1",      SLICE_INIT(V2 "\x11\x11\x00\x0c" IP4), PROXY_BAD, 0, 0, NULL, 0 },
    { "v2 command 2",      SLICE_INIT(V2 "\x22\x11\x00\x0c" IP4), PROXY_BAD, 0, 0, NULL, 0 },
    { "v2 datagram",       SLICE_INIT(V2 "\x21\x12\x00\x0c" IP4), PROXY_BAD, 0, 0, NULL, 0 },
    { "v2 UNIX short",     SLICE_INIT(V2 "\x21\x31\x00\x0c" IP4), PROXY_BAD, 0, 0, NULL, 0 },
    { "v2 maximum",        SLICE_INIT(V2 "\x21\x11\x0f\xf0"), PROXY_MORE, 0, 0, NULL, 0 },
    { "v2 maximum + 1",    SLICE_INIT(V2 "\x21\x11\x0f\xf1"), PROXY_BAD, 0, 0, NULL, 0 },
};
/* clang-format on */

static void headers_are_parsed_or_refused(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct proxy_header h = { .length = 0 };
        struct fault why = { 0 };
        char text[ADDRESS_TEXT_MAX];
        enum proxy_result result = proxy_parse(guarded(cases[i].bytes), &h, &why);
        if (result != cases[i].result || h.length != cases[i].length || h.local != cases[i].local)
            fail_msg("%s: %d, length %zu, %s", cases[i].name, (int)result, h.length,
                     why.what ? why.what : "");
        assert_true((why.what != NULL) == (result == PROXY_BAD));
        assert_true(why.at <= cases[i].bytes.n);
        if (!cases[i].source)
            continue;
        assert_string_equal(address_text(&h.source, text), cases[i].source);
        assert_int_equal(address_port(&h.source), cases[i].port);
    }
}

/* "A receiver must wait for the full header": each shorter piece of a good one asks for more. */
static void every_prefix_of_a_header_asks_for_more(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        for (size_t n = 0; cases[i].result == PROXY_DONE && n < cases[i].length; n++) {
            struct proxy_header h;
            struct fault why;
            if (proxy_parse(slice_first(cases[i].bytes, n), &h, &why) != PROXY_MORE)
                fail_msg("%s, first %zu bytes", cases[i].name, n);
        }
}

static void a_unix_client_is_local(void **state UNUSED)
{
    uint8_t bytes[16 + 216] = V2 "\x21\x31\x00\xd8";
    struct proxy_header h;
    struct fault why;
    char text[ADDRESS_TEXT_MAX];
    assert_int_equal(proxy_parse((struct slice){ bytes, sizeof bytes }, &h, &why), PROXY_DONE);
    assert_int_equal(h.length, sizeof bytes);
    assert_string_equal(address_text(&h.source, text), "local");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_parsed_or_refused),
        cmocka_unit_test(every_prefix_of_a_header_asks_for_more),
        cmocka_unit_test(a_unix_client_is_local),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
