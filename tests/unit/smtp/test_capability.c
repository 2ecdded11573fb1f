/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "smtp/capability.h"

/* clang-format off */
static const struct {
    const char *name;
    struct slice lines;
    unsigned offered, xclient;
    uint64_t size;
} cases[] = {
    { "empty", SLICE_INIT(""), 0, 0, 0 },
    { "only a name", SLICE_INIT("250 PIPELINING"), 0, 0, 0 },
    { "all", SLICE_INIT("250-mx\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250-8BITMIME\r\n250-BINARYMIME\r\n250-SMTPUTF8\r\n250-CHUNKING\r\n"
                        "250-DSN\r\n250-ENHANCEDSTATUSCODES\r\n250-STARTTLS\r\n250-AUTH PLAIN LOGIN\r\n"
                        "250 XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR"), 0x7ff, 0x3f, 1000 },
    { "without case", SLICE_INIT("250-mx\r\n250-pipelining\r\n250 xclient addr"), SMTP_CAP_PIPELINING | SMTP_CAP_XCLIENT, SMTP_XCLIENT_ADDR, 0 },
    { "lone LF", SLICE_INIT("250-mx\n250-DSN\n250 CHUNKING"), SMTP_CAP_DSN | SMTP_CAP_CHUNKING, 0, 0 },
    { "old AUTH=", SLICE_INIT("250-mx\r\n250 AUTH=LOGIN PLAIN"), SMTP_CAP_AUTH, 0, 0 },
    { "unknown ones", SLICE_INIT("250-mx\r\n250-VRFY\r\n250-DSNX\r\n250-\r\n250 X=DSN"), 0, 0, 0 },
    { "SIZE without a number", SLICE_INIT("250-mx\r\n250 SIZE"), SMTP_CAP_SIZE, 0, 0 },
    { "SIZE that is none", SLICE_INIT("250-mx\r\n250 SIZE 10x"), SMTP_CAP_SIZE, 0, 0 },
    { "SIZE with spaces", SLICE_INIT("250-mx\r\n250 SIZE  10 "), SMTP_CAP_SIZE, 0, 10 },
    { "short lines", SLICE_INIT("250\r\n2\r\n\r\n250"), 0, 0, 0 },
    { "NUL", SLICE_INIT("250-mx\r\n250 DSN\0"), 0, 0, 0 },
    { "attributes with several spaces", SLICE_INIT("250-mx\r\n250 XCLIENT  NAME   LOGIN"), SMTP_CAP_XCLIENT, SMTP_XCLIENT_NAME | SMTP_XCLIENT_LOGIN, 0 },
};
/* clang-format on */

static void capabilities_are_those_behind_the_first_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct smtp_capabilities got;
        smtp_capabilities_parse(guarded(cases[i].lines), &got);
        if (got.offered != cases[i].offered || got.xclient != cases[i].xclient ||
            got.size != cases[i].size)
            fail_msg("%s: offered %x, xclient %x", cases[i].name, got.offered, got.xclient);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(capabilities_are_those_behind_the_first_line),
    };
    return cmocka_run_group_tests_name("smtp/capability", tests, NULL, NULL);
}
