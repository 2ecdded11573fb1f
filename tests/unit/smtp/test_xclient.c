/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "smtp/capability.h"
#include "smtp/xclient.h"

#define X10 "xxxxxxxxxx"
#define X250                                                                                    \
    X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 \
        X10 X10

/* clang-format off */
static const struct {
    const char *name;
    struct smtp_xclient_facts facts;
    struct slice wire;
} cases[] = {
    { "nothing offered", { 0, SLICE_INIT("192.0.2.1"), 1, SLICE_INIT("a"), SLICE_INIT("b") }, SLICE_INIT("") },
    { "everything", { 0x3f, SLICE_INIT("192.0.2.1"), 4711, SLICE_INIT("client.example"), SLICE_INIT("demo") },
      SLICE_INIT("XCLIENT NAME=[UNAVAILABLE] ADDR=192.0.2.1 PORT=4711 PROTO=ESMTP HELO=client.example LOGIN=demo\r\n") },
    { "IPv6", { SMTP_XCLIENT_ADDR, SLICE_INIT("2001:db8::1"), 0, SLICE_INIT(""), SLICE_INIT("") },
      SLICE_INIT("XCLIENT ADDR=IPV6:2001:db8::1\r\n") },
    { "nothing known", { 0x3f, SLICE_INIT(""), 0, SLICE_INIT(""), SLICE_INIT("") },
      SLICE_INIT("XCLIENT NAME=[UNAVAILABLE] ADDR=[UNAVAILABLE] PORT=[UNAVAILABLE] PROTO=ESMTP HELO=[UNAVAILABLE] LOGIN=[UNAVAILABLE]\r\n") },
    { "only what is offered", { SMTP_XCLIENT_LOGIN, SLICE_INIT("192.0.2.1"), 1, SLICE_INIT("a"), SLICE_INIT("b") },
      SLICE_INIT("XCLIENT LOGIN=b\r\n") },
    { "nothing breaks out of its value", { SMTP_XCLIENT_HELO | SMTP_XCLIENT_LOGIN, SLICE_INIT(""), 0, SLICE_INIT("a b=c+\r\nQUIT"), SLICE_INIT("\xc3\xa9\0") },
      SLICE_INIT("XCLIENT HELO=a+20b+3Dc+2B+0D+0AQUIT LOGIN=+C3+A9+00\r\n") },
    { "HELO of 255", { SMTP_XCLIENT_HELO, SLICE_INIT(""), 0, SLICE_INIT(X250 "xxxxx"), SLICE_INIT("") },
      SLICE_INIT("XCLIENT HELO=" X250 "xxxxx\r\n") },
    { "HELO of 256", { SMTP_XCLIENT_HELO, SLICE_INIT(""), 0, SLICE_INIT(X250 "xxxxxx"), SLICE_INIT("") },
      SLICE_INIT("XCLIENT HELO=[UNAVAILABLE]\r\n") },
};
/* clang-format on */

static void xclient_says_what_is_offered_in_xtext(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct buf out;
        buf_init(&out, 2048);
        smtp_xclient_write(&out, &cases[i].facts);
        assert_false(out.failed);
        expect_slice(cases[i].name, buf_slice(&out), cases[i].wire);
        buf_clear(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(xclient_says_what_is_offered_in_xtext),
    };
    return cmocka_run_group_tests_name("smtp/xclient", tests, NULL, NULL);
}
