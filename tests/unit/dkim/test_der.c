/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "dkim/der.h"

#define RSA  "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00"
#define KEY  "\x30\x06\x02\x01\x0f\x02\x01\x03" /* n = 15, e = 3 */
#define X16  "\x77\x77\x77\x77\x77\x77\x77\x77\x77\x77\x77\x77\x77\x77\x77\x77"
#define X128 X16 X16 X16 X16 X16 X16 X16 X16

/* clang-format off */
static const struct {
    const char *name;
    struct slice in, modulus, exponent; /* modulus empty: no key */
} keys[] = {
    { "RSAPublicKey (RFC 8017 A.1.1)", SLICE_INIT(KEY), SLICE_INIT("\x0f"), SLICE_INIT("\x03") },
    { "SubjectPublicKeyInfo (RFC 3279 §2.3.1)", SLICE_INIT("\x30\x1a" RSA "\x03\x09\x00" KEY), SLICE_INIT("\x0f"), SLICE_INIT("\x03") },
    { "without the NULL behind rsaEncryption", SLICE_INIT("\x30\x18\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x03\x09\x00" KEY), SLICE_INIT("\x0f"), SLICE_INIT("\x03") },
    { "a sign octet", SLICE_INIT("\x30\x07\x02\x02\x00\x8f\x02\x01\x03"), SLICE_INIT("\x8f"), SLICE_INIT("\x03") },
    { "an exponent of three octets", SLICE_INIT("\x30\x08\x02\x01\x0f\x02\x03\x01\x00\x01"), SLICE_INIT("\x0f"), SLICE_INIT("\x01\x00\x01") },
    { "a length of two octets", SLICE_INIT("\x30\x81\x86\x02\x81\x80" X128 "\x02\x01\x03"), SLICE_INIT(X128), SLICE_INIT("\x03") },
    { "a length of three octets", SLICE_INIT("\x30\x82\x01\x07\x02\x82\x01\x00" X128 X128 "\x02\x01\x03"), SLICE_INIT(X128 X128), SLICE_INIT("\x03") },

    { "nothing", SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT("") },
    { "one octet", SLICE_INIT("\x30"), SLICE_INIT(""), SLICE_INIT("") },
    { "an empty sequence", SLICE_INIT("\x30\x00"), SLICE_INIT(""), SLICE_INIT("") },
    { "no sequence", SLICE_INIT("\x31\x06\x02\x01\x0f\x02\x01\x03"), SLICE_INIT(""), SLICE_INIT("") },
    { "one octet short", SLICE_INIT("\x30\x06\x02\x01\x0f\x02\x01"), SLICE_INIT(""), SLICE_INIT("") },
    { "one octet more", SLICE_INIT(KEY "\0"), SLICE_INIT(""), SLICE_INIT("") },
    { "one number", SLICE_INIT("\x30\x03\x02\x01\x0f"), SLICE_INIT(""), SLICE_INIT("") },
    { "three numbers", SLICE_INIT("\x30\x09\x02\x01\x0f\x02\x01\x03\x02\x01\x03"), SLICE_INIT(""), SLICE_INIT("") },
    { "a number of no octets", SLICE_INIT("\x30\x05\x02\x00\x02\x01\x03"), SLICE_INIT(""), SLICE_INIT("") },
    { "zero", SLICE_INIT("\x30\x06\x02\x01\x00\x02\x01\x03"), SLICE_INIT(""), SLICE_INIT("") },
    { "a negative number", SLICE_INIT("\x30\x06\x02\x01\x8f\x02\x01\x03"), SLICE_INIT(""), SLICE_INIT("") },
    { "a sign octet too many (X.690 §8.3.2)", SLICE_INIT("\x30\x07\x02\x02\x00\x0f\x02\x01\x03"), SLICE_INIT(""), SLICE_INIT("") },
    { "no number", SLICE_INIT("\x30\x06\x04\x01\x0f\x02\x01\x03"), SLICE_INIT(""), SLICE_INIT("") },
    { "a number that reaches past the sequence", SLICE_INIT("\x30\x06\x02\x05\x0f\x02\x01\x03"), SLICE_INIT(""), SLICE_INIT("") },
    { "a length that is not the shortest (§10.1)", SLICE_INIT("\x30\x81\x06\x02\x01\x0f\x02\x01\x03"), SLICE_INIT(""), SLICE_INIT("") },
    { "another one", SLICE_INIT("\x30\x82\x00\x86\x02\x81\x80" X128 "\x02\x01\x03"), SLICE_INIT(""), SLICE_INIT("") },
    { "an indefinite length", SLICE_INIT("\x30\x80\x02\x01\x0f\x02\x01\x03\x00\x00"), SLICE_INIT(""), SLICE_INIT("") },
    { "a length of four octets", SLICE_INIT("\x30\x83\x00\x00\x06\x02\x01\x0f\x02\x01\x03"), SLICE_INIT(""), SLICE_INIT("") },
    { "a length of 127 octets", SLICE_INIT("\x30\xff\x02\x01\x0f"), SLICE_INIT(""), SLICE_INIT("") },
    { "another algorithm", SLICE_INIT("\x30\x1a\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x05\x00\x03\x09\x00" KEY), SLICE_INIT(""), SLICE_INIT("") },
    { "Ed25519 wrapped", SLICE_INIT("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00" X16 X16), SLICE_INIT(""), SLICE_INIT("") },
    { "parameters that are not NULL", SLICE_INIT("\x30\x1a\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x04\x00\x03\x09\x00" KEY), SLICE_INIT(""), SLICE_INIT("") },
    { "unused bits in the bit string", SLICE_INIT("\x30\x1a" RSA "\x03\x09\x01" KEY), SLICE_INIT(""), SLICE_INIT("") },
    { "an empty bit string", SLICE_INIT("\x30\x11" RSA "\x03\x00"), SLICE_INIT(""), SLICE_INIT("") },
    { "a bit string with nothing inside", SLICE_INIT("\x30\x12" RSA "\x03\x01\x00"), SLICE_INIT(""), SLICE_INIT("") },
    { "something behind the key inside", SLICE_INIT("\x30\x1b" RSA "\x03\x0a\x00" KEY "\0"), SLICE_INIT(""), SLICE_INIT("") },
    { "something behind the bit string", SLICE_INIT("\x30\x1b" RSA "\x03\x09\x00" KEY "\0"), SLICE_INIT(""), SLICE_INIT("") },
    { "no bit string", SLICE_INIT("\x30\x0f" RSA), SLICE_INIT(""), SLICE_INIT("") },
};
/* clang-format on */

static void keys_are_der_or_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        struct slice modulus = SLICE("untouched"), exponent = modulus;
        struct fault why = { 0 };
        bool wanted = keys[i].modulus.n > 0;
        if (der_rsa_public(guarded(keys[i].in), &modulus, &exponent, &why) != wanted)
            fail_msg("%s: %s", keys[i].name, why.what ? why.what : "taken");
        if (wanted) {
            expect_slice(keys[i].name, modulus, keys[i].modulus);
            expect_slice(keys[i].name, exponent, keys[i].exponent);
        } else {
            assert_non_null(why.what);
            expect_slice(keys[i].name, modulus, SLICE("untouched"));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(keys_are_der_or_nothing) };
    return cmocka_run_group_tests_name("dkim/der", tests, NULL, NULL);
}
