/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "smtp/clientid.h"

#define HEX16  "0123456789abcdef"
#define HEX128 HEX16 HEX16 HEX16 HEX16 HEX16 HEX16 HEX16 HEX16

/* clang-format off */
static const struct {
    const char *name;
    struct slice in;
    bool underscore;
    const char *fault; /* NULL: parses */
    size_t at;
    struct slice type, token;
} cases[] = {
    { "draft 8.1", SLICE_INIT("UUID 23bf83be-aad7-46aa-9e0f-39191ccf402f"), false, NULL, 0, SLICE_INIT("UUID"), SLICE_INIT("23bf83be-aad7-46aa-9e0f-39191ccf402f") },
    { "draft 8.3", SLICE_INIT("MAC 08:9e:01:70:f6:46"), false, NULL, 0, SLICE_INIT("MAC"), SLICE_INIT("08:9e:01:70:f6:46") },
    { "shortest", SLICE_INIT("a b"), false, NULL, 0, SLICE_INIT("a"), SLICE_INIT("b") },
    { "dashes and digits", SLICE_INIT("-TB-7 ~!"), false, NULL, 0, SLICE_INIT("-TB-7"), SLICE_INIT("~!") },
    { "type of 16", SLICE_INIT(HEX16 " x"), false, NULL, 0, SLICE_INIT(HEX16), SLICE_INIT("x") },
    { "type of 17 (§4: MUST be between 1 and 16)", SLICE_INIT(HEX16 "g x"), false, "type too long", 16, SLICE_INIT(""), SLICE_INIT("") },
    { "token of 128", SLICE_INIT("UUID " HEX128), false, NULL, 0, SLICE_INIT("UUID"), SLICE_INIT(HEX128) },
    { "token of 129 (§4: MUST be between 1 and 128)", SLICE_INIT("UUID " HEX128 "g"), false, "token too long", 133, SLICE_INIT(""), SLICE_INIT("") },
    { "empty", SLICE_INIT(""), false, "no type", 0, SLICE_INIT(""), SLICE_INIT("") },
    { "draft 8.4: one part", SLICE_INIT("MAC"), false, "no token", 3, SLICE_INIT(""), SLICE_INIT("") },
    { "empty token", SLICE_INIT("MAC "), false, "no token", 4, SLICE_INIT(""), SLICE_INIT("") },
    { "empty type", SLICE_INIT(" x"), false, "no type", 0, SLICE_INIT(""), SLICE_INIT("") },
    { "two spaces", SLICE_INIT("UUID  x"), false, "wrong byte in the token", 5, SLICE_INIT(""), SLICE_INIT("") },
    { "three parts", SLICE_INIT("UUID x y"), false, "wrong byte in the token", 6, SLICE_INIT(""), SLICE_INIT("") },
    { "space at the end", SLICE_INIT("UUID x "), false, "wrong byte in the token", 6, SLICE_INIT(""), SLICE_INIT("") },
    { "tab between", SLICE_INIT("UUID\tx"), false, "wrong byte in the type", 4, SLICE_INIT(""), SLICE_INIT("") },
    { "tab in the token", SLICE_INIT("UUID x\ty"), false, "wrong byte in the token", 6, SLICE_INIT(""), SLICE_INIT("") },
    { "NUL in the token", SLICE_INIT("UUID x\0"), false, "wrong byte in the token", 6, SLICE_INIT(""), SLICE_INIT("") },
    { "DEL in the token", SLICE_INIT("UUID \x7f"), false, "wrong byte in the token", 5, SLICE_INIT(""), SLICE_INIT("") },
    { "8-bit in the token", SLICE_INIT("UUID \xc3\xa9"), false, "wrong byte in the token", 5, SLICE_INIT(""), SLICE_INIT("") },
    { "8-bit in the type", SLICE_INIT("\xc3\xa9 x"), false, "wrong byte in the type", 0, SLICE_INIT(""), SLICE_INIT("") },
    { "dot in the type", SLICE_INIT("U.ID x"), false, "wrong byte in the type", 1, SLICE_INIT(""), SLICE_INIT("") },
    { "underscore (§5: ABNF has none)", SLICE_INIT("DEVICE_ID x"), false, "wrong byte in the type", 6, SLICE_INIT(""), SLICE_INIT("") },
    { "underscore when asked (§7)", SLICE_INIT("DEVICE_ID x"), true, NULL, 0, SLICE_INIT("DEVICE_ID"), SLICE_INIT("x") },
};
/* clang-format on */

static void clientid_is_exactly_type_space_token(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct clientid got = { 0 };
        struct fault why = { 0 };
        bool ok = smtp_clientid_parse(guarded(cases[i].in), cases[i].underscore, &got, &why);
        if (ok != !cases[i].fault)
            fail_msg("%s: %s", cases[i].name, ok ? "accepted" : why.what);
        if (!ok && (strcmp(why.what, cases[i].fault) != 0 || why.at != cases[i].at))
            fail_msg("%s: fault '%s' at %zu", cases[i].name, why.what, why.at);
        expect_slice(cases[i].name, got.type, cases[i].type);
        expect_slice(cases[i].name, got.token, cases[i].token);
    }
}

/* §5: client-id-type-char and VCHAR, byte by byte. */
static void clientid_takes_each_byte_where_the_abnf_has_it(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        uint8_t in_type[] = { (uint8_t)c, ' ', 'x' }, in_token[] = { 'x', ' ', (uint8_t)c };
        struct clientid got;
        struct fault why;
        assert_int_equal(smtp_clientid_parse((struct slice){ in_type, 3 }, false, &got, &why),
                         letter || (c >= '0' && c <= '9') || c == '-');
        assert_int_equal(smtp_clientid_parse((struct slice){ in_token, 3 }, false, &got, &why),
                         c >= 0x21 && c <= 0x7e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clientid_is_exactly_type_space_token),
        cmocka_unit_test(clientid_takes_each_byte_where_the_abnf_has_it),
    };
    return cmocka_run_group_tests_name("smtp/clientid", tests, NULL, NULL);
}
