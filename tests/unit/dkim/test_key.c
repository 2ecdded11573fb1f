/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdlib.h>

#include "base/base64.h"
#include "dkim/key.h"

/* RFC 6376 Appendix C, and the same as PKCS#1; RFC 8463 §A.2 */
#define NUMBERS                                                                                 \
    "MIGJAoGBAOPMuninpzKxL5BBiJMY0i7x9gLS6PetIiR5WtgCt216ssffrRq9d2zWeKqXdUqblWgGqsYLwNYdQynRe" \
    "2qqPmcAuJRVgVpJZKmuRzAyLnAvjmmP8V0jEJ+A1dey+GWN3qweykhOGSRDiTpPYWvXFj0KIlii/dc3cj4oLC+UdM" \
    "kTAgMBAAE="
#define INFO                                                                                    \
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCj" \
    "xOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf" \
    "6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB"
#define INFO_FOLDED                                                                             \
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCj" \
    " xOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9t" \
    "\r\n\tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB"
#define INFO_2048                                                                               \
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAvyufMhweOobW4qqkZ7XL+Vvt4v2/hmq3bdHXGqIPxilsP" \
    "oU1dOb9qG+mD1pDyWEIbsz/5dAIIOoUmOWeIZFA77pf1KFzhnrac5gDQqm41yZdRbr2NgXtHTwIXwAEHuaq+tscGS" \
    "LxR9rSV1XTP3RhHBdLT4M/wHDAkithTZmMDK9Ei3rGfAE9ps8EiVHgeb+0hpw8nbXeZre7tNpWh6nFIiXGi+DPsx2" \
    "7f9g63tk0WaiJngYKLc7rKACP3WD8vdxgk4lhv8D6NjLn4sDhbBOwMyAaIC8qpNVmNG6H6QeCABxDx1Lp+592o3os" \
    "87qWsv3uP47bQv2r3UjSKPRN8cf2qQIDAQAB"
#define RAW  "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define WRAP "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

#define SEVERAL "there are several key records"
#define FOREIGN "there is no key: none of the TXT records is one"
#define BROKEN  "the key record breaks the syntax"
#define REVOKED "the key was revoked: p= is empty"

enum { RSA = 1, ED25519 = 2, TESTING = 4, STRICT = 8 };

/* clang-format off */
static const struct {
    const char *name;
    const char *records[3];
    const char *fault; /* NULL: a key */
    unsigned bits, flags;
} cases[] = {
    { "p= alone (RFC 6376 §3.6.1: all else has a default)", { "p=" INFO }, NULL, 1024, RSA },
    { "v= first", { "v=DKIM1; p=" INFO }, NULL, 1024, RSA },
    { "2048 bits, in two character-strings (§3.6.2.2: joined, nothing between)", { "v=DKIM1; k=rsa; p=" INFO_2048 }, NULL, 2048, RSA },
    { "a semicolon behind", { "k=rsa; p=" INFO ";" }, NULL, 1024, RSA },
    { "PKCS#1 (erratum 3017)", { "v=DKIM1; k=rsa; p=" NUMBERS }, NULL, 1024, RSA },
    { "white space in p=", { "p=" INFO_FOLDED }, NULL, 1024, RSA },
    { "Ed25519 (RFC 8463 §4: raw)", { "v=DKIM1; k=ed25519; p=" RAW }, NULL, 0, ED25519 },
    { "testing", { "v=DKIM1; t=y; p=" INFO }, NULL, 1024, RSA | TESTING },
    { "strict", { "v=DKIM1; t=s; p=" INFO }, NULL, 1024, RSA | STRICT },
    { "both, and a flag that nobody knows (§3.6.1: MUST be ignored)", { "v=DKIM1; t=x : s : y; p=" INFO }, NULL, 1024, RSA | STRICT | TESTING },
    { "flags are compared with case", { "v=DKIM1; t=Y:S; p=" INFO }, NULL, 1024, RSA },
    { "g= of RFC 4871 means nothing, even empty", { "v=DKIM1; g=; p=" INFO }, NULL, 1024, RSA },
    { "n= is for people", { "v=DKIM1; n=hello=20you; p=" INFO }, NULL, 1024, RSA },
    { "h= with sha256", { "v=DKIM1; h=sha1 : sha256; p=" INFO }, NULL, 1024, RSA },
    { "s= with email", { "v=DKIM1; s=tlsrpt:email; p=" INFO }, NULL, 1024, RSA },
    { "s=*", { "v=DKIM1; s=*; p=" INFO }, NULL, 1024, RSA },
    { "unknown tags (§3.2: MUST be ignored)", { "v=DKIM1; foo=bar; p=" INFO }, NULL, 1024, RSA },
    { "other TXT records beside it", { "v=spf1 -all", "v=DKIM1; p=" INFO, "google-site-verification=x" }, NULL, 1024, RSA },
    { "a tag list that is no key beside it", { "dkim=all", "p=" INFO }, NULL, 1024, RSA },
    { "another v= beside it (§3.6.1: MUST be discarded)", { "v=DKIM2; p=" RAW, "v=DKIM1; p=" INFO }, NULL, 1024, RSA },
    { "an empty TXT record beside it", { "", "v=DKIM1; p=" INFO }, NULL, 1024, RSA },

    { "two keys", { "v=DKIM1; p=" INFO, "v=DKIM1; k=ed25519; p=" RAW }, SEVERAL, 0, 0 },
    { "the same key twice", { "p=" INFO, "p=" INFO }, SEVERAL, 0, 0 },
    { "a key and one that was broken", { "v=DKIM1; p=" INFO, "v=DKIM1; p=" INFO "; ;" }, SEVERAL, 0, 0 },
    { "revoked (§3.6.1: an empty value)", { "v=DKIM1; p=" }, REVOKED, 0, 0 },
    { "revoked, of a type that nobody knows", { "v=DKIM1; k=x; p=;" }, REVOKED, 0, 0 },
    { "no p=", { "v=DKIM1; k=rsa" }, BROKEN, 0, 0 },
    { "p= twice", { "v=DKIM1; p=" INFO "; p=" INFO }, BROKEN, 0, 0 },
    { "a hyphen in a tag's name", { "v=DKIM1; a-b=c; p=" INFO }, BROKEN, 0, 0 },
    { "quotes inside the record", { "\"v=DKIM1; p=" INFO "\"" }, FOREIGN, 0, 0 },
    { "an escaped semicolon", { "v=DKIM1\\; k=rsa\\; p=" INFO }, FOREIGN, 0, 0 },
    { "v= not first (§3.6.1: MUST be)", { "k=rsa; v=DKIM1; p=" INFO }, FOREIGN, 0, 0 },
    { "v= in lower case", { "v=dkim1; p=" INFO }, FOREIGN, 0, 0 },
    { "v= of the future", { "v=DKIM2; p=" INFO }, FOREIGN, 0, 0 },
    { "an empty record", { "" }, FOREIGN, 0, 0 },
    { "SPF", { "v=spf1 include:example.com -all" }, FOREIGN, 0, 0 },
    { "a type that nobody knows", { "v=DKIM1; k=dsa; p=" INFO }, "k= names a type of key that is not known", 0, 0 },
    { "a type in another case", { "v=DKIM1; k=RSA; p=" INFO }, "k= names a type of key that is not known", 0, 0 },
    { "h= without sha256", { "v=DKIM1; h=sha1; p=" INFO }, "h= of the key does not allow sha256", 0, RSA },
    { "s= for something else", { "v=DKIM1; s=tlsrpt; p=" INFO }, "s= of the key does not allow mail", 0, RSA },
    { "p= that is no base64", { "v=DKIM1; p=***" }, "p= is not base64", 0, RSA },
    { "p= cut short", { "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEB" }, "the key is not DER", 0, RSA },
    { "Ed25519 in a SubjectPublicKeyInfo", { "v=DKIM1; k=ed25519; p=" WRAP }, "an Ed25519 key is 32 octets, with nothing around them (RFC 8463 §4)", 0, ED25519 },
    { "Ed25519 in a SubjectPublicKeyInfo that says RSA", { "v=DKIM1; p=" WRAP }, "the key is no RSA key", 0, RSA },
    { "Ed25519 that says RSA", { "v=DKIM1; p=" RAW }, "the key is not DER", 0, RSA },
    { "Ed25519 of small order", { "v=DKIM1; k=ed25519; p=AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" }, "the Ed25519 key is a point of small order, with which anybody can sign", 0, ED25519 },
    { "RSA that says Ed25519", { "v=DKIM1; k=ed25519; p=" INFO }, "an Ed25519 key is 32 octets, with nothing around them (RFC 8463 §4)", 0, ED25519 },
};
/* clang-format on */

/* A TXT record's RDATA: character-strings of 255 octets at most. */
static size_t write_rdata(const char *text, uint8_t *out)
{
    size_t left = strlen(text), n = 0;
    do {
        size_t part = left < 255 ? left : 255;
        out[n++] = (uint8_t)part;
        memcpy(out + n, text, part);
        text += part;
        n += part;
        left -= part;
    } while (left);
    return n;
}

static struct postern_dkim_key *key_of(const char *const *records, size_t most)
{
    static uint8_t room[3][8192];
    struct postern_octets rdata[3];
    struct postern_dns_response response = { .answer = POSTERN_DNS_DATA, .rdata = rdata };
    for (; response.rdata_n < most && records[response.rdata_n]; response.rdata_n++) {
        size_t i = response.rdata_n, n = write_rdata(records[i], room[i]);
        struct slice s = guarded((struct slice){ room[i], n });
        rdata[i] = (struct postern_octets){ s.p, s.n };
    }
    return postern_dkim_key_new(&response);
}

static void expect_key(const char *name, const struct postern_dkim_key *key, const char *fault,
                       unsigned bits, unsigned flags)
{
    const char *said = postern_dkim_key_fault(key), *type = postern_dkim_key_type(key);
    if ((said == NULL) != (fault == NULL) || (said && strcmp(said, fault) != 0))
        fail_msg("%s: %s", name, said ? said : "a key");
    assert_int_equal(key->without, fault ? POSTERN_DKIM_PERMERROR : POSTERN_DKIM_PASS);
    assert_int_equal(postern_dkim_key_bits(key), bits);
    assert_int_equal(key->rsa != NULL, !fault && flags & RSA);
    assert_int_equal(key->ed25519 != NULL, !fault && flags & ED25519);
    assert_int_equal(postern_dkim_key_testing(key), flags & TESTING ? 1 : 0);
    assert_int_equal(key->strict, flags & STRICT ? 1 : 0);
    if (!fault)
        assert_string_equal(type, flags & RSA ? "rsa" : "ed25519");
}

static void records_are_a_key_or_say_why_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct postern_dkim_key *key = key_of(cases[i].records, 3);
        assert_non_null(key);
        expect_key(cases[i].name, key, cases[i].fault, cases[i].bits, cases[i].flags);
        postern_dkim_key_free(key);
    }
}

/* clang-format off */
static const struct {
    enum postern_dns_answer answer;
    enum postern_dkim_result result;
    const char *fault;
} answers[] = {
    { POSTERN_DNS_NODATA,   POSTERN_DKIM_PERMERROR, "there is no key: the name has no TXT record" },
    { POSTERN_DNS_NXDOMAIN, POSTERN_DKIM_PERMERROR, "there is no key: the name does not exist" },
    { POSTERN_DNS_SERVFAIL, POSTERN_DKIM_TEMPERROR, "the key cannot be had: DNS fails" },
    { POSTERN_DNS_BOGUS,    POSTERN_DKIM_TEMPERROR, "the key cannot be had: DNSSEC calls it forged" },
    { POSTERN_DNS_TIMEOUT,  POSTERN_DKIM_TEMPERROR, "the key cannot be had: DNS does not answer" },
};
/* clang-format on */

static void six_answers_of_dns_are_six_answers(void **state)
{
    (void)state;
    static const struct postern_octets rdata = { (const uint8_t *)"\x02p=", 3 };
    for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
        /* a bogus answer brings the forged record along */
        struct postern_dns_response r = { .answer = answers[i].answer,
                                          .rdata = &rdata,
                                          .rdata_n = 1 };
        struct postern_dkim_key *key = postern_dkim_key_new(&r);
        assert_non_null(key);
        assert_string_equal(postern_dkim_key_fault(key), answers[i].fault);
        assert_int_equal(key->without, answers[i].result);
        assert_null(postern_dkim_key_type(key));
        postern_dkim_key_free(key);
    }
}

static void rdata_that_is_no_txt_is_no_key(void **state)
{
    (void)state;
    static const struct slice bad[] = { SLICE_INIT(""), SLICE_INIT("\x05p="), SLICE_INIT("\xff"),
                                        SLICE_INIT("\x03p=A\x01") };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct slice s = guarded(bad[i]);
        struct postern_octets rdata = { s.p, s.n };
        struct postern_dns_response r = { .rdata = &rdata, .rdata_n = 1 };
        struct postern_dkim_key *key = postern_dkim_key_new(&r);
        assert_non_null(key);
        assert_string_equal(postern_dkim_key_fault(key), FOREIGN);
        postern_dkim_key_free(key);
    }
    struct postern_dns_response none = { .answer = POSTERN_DNS_DATA };
    struct postern_dkim_key *key = postern_dkim_key_new(&none);
    assert_string_equal(postern_dkim_key_fault(key), FOREIGN);
    postern_dkim_key_free(key);
}

static void write_head(struct buf *out, uint8_t type, size_t n)
{
    buf_append_byte(out, type);
    if (n >= 0x80)
        buf_append_byte(out, n < 0x100 ? 0x81 : 0x82);
    if (n >= 0x100)
        buf_append_byte(out, (uint8_t)(n >> 8));
    buf_append_byte(out, (uint8_t)n);
}

/* A number of so many bits, all of them set. */
static void write_ones(struct buf *out, size_t bits)
{
    size_t octets = bits / 8 + 1; /* a zero bit is its sign */
    write_head(out, 0x02, octets);
    buf_append_byte(out, (uint8_t)((1u << bits % 8) - 1));
    for (size_t i = 1; i < octets; i++)
        buf_append_byte(out, 0xff);
}

/* "p=" of an RSA key whose modulus has so many bits, and whose exponent is that. */
static void write_rsa(char *out, size_t size, size_t bits, struct slice exponent)
{
    struct buf numbers, der, text;
    buf_init(&numbers, 4096);
    buf_init(&der, 4096);
    buf_init(&text, size - 1);
    write_ones(&numbers, bits);
    write_head(&numbers, 0x02, exponent.n);
    buf_append(&numbers, exponent);
    write_head(&der, 0x30, buf_size(&numbers));
    buf_append(&der, buf_slice(&numbers));
    buf_append_str(&text, "p=");
    base64_encode(&text, buf_slice(&der));
    assert_false(numbers.failed || der.failed || text.failed);
    out[slice_keep(buf_slice(&text), out, size - 1).n] = 0;
    buf_clear(&numbers);
    buf_clear(&der);
    buf_clear(&text);
}

/* clang-format off */
static const struct {
    const char *name;
    size_t bits;
    struct slice exponent;
    const char *fault;
} sizes[] = {
    { "bits are counted, not octets", 1023, SLICE_INIT("\x01\x00\x01"), NULL },
    { "1032 bits, as some have", 1032, SLICE_INIT("\x01\x00\x01"), NULL },
    { "4096 bits (RFC 8301 §3.2: MUST)", 4096, SLICE_INIT("\x03"), NULL },
    { "4097 bits", 4097, SLICE_INIT("\x03"), "the key has more than 4096 bits" },
    { "16384 bits", 16384, SLICE_INIT("\x03"), "the key has more than 4096 bits" },
    { "an even exponent", 2048, SLICE_INIT("\x04"), "the key has an exponent that no RSA key has" },
    { "an exponent of 1", 2048, SLICE_INIT("\x01"), "the key has an exponent that no RSA key has" },
    { "an exponent of 40 bits", 2048, SLICE_INIT("\x70\x00\x00\x00\x01"), "the key has an exponent that no RSA key has" },
};
/* clang-format on */

static void rsa_keys_are_judged_before_they_are_used(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        char text[4096];
        write_rsa(text, sizeof text, sizes[i].bits, sizes[i].exponent);
        struct postern_dkim_key *key = key_of((const char *const[]){ text, NULL }, 1);
        assert_non_null(key);
        expect_key(sizes[i].name, key, sizes[i].fault, sizes[i].fault ? 0 : (unsigned)sizes[i].bits,
                   RSA);
        postern_dkim_key_free(key);
    }
}

static void a_key_lives_as_long_as_somebody_holds_it(void **state)
{
    (void)state;
    struct postern_dkim_key *key = key_of((const char *const[]){ "p=" INFO, NULL }, 1);
    assert_ptr_equal(postern_dkim_key_hold(key), key);
    postern_dkim_key_free(key);
    assert_int_equal(postern_dkim_key_bits(key), 1024);
    postern_dkim_key_free(key); /* a leak is for the sanitizer to find */
    postern_dkim_key_free(NULL);
    assert_null(postern_dkim_key_hold(NULL));
}

/* clang-format off */
static const struct {
    const char *name;
    struct slice in;
    enum dkim_key_reading reading;
    const char *why;
} readings[] = {
    { "a key", SLICE_INIT("v=DKIM1;p=x"), DKIM_KEY_READ, NULL },
    { "NUL inside", SLICE_INIT("v=DKIM1;p=\0"), DKIM_KEY_BROKEN, "an octet that no value may hold" },
    { "no p=", SLICE_INIT("v=DKIM1"), DKIM_KEY_BROKEN, "there is no p=" },
    { "another v=", SLICE_INIT("v=DMARC1; p=none"), DKIM_KEY_FOREIGN, "v= is not DKIM1, or not the first tag" },
    { "no list", SLICE_INIT("hello"), DKIM_KEY_FOREIGN, "a tag without \"=\"" },
    { "nothing", SLICE_INIT(""), DKIM_KEY_FOREIGN, "no tag at all" },
};
/* clang-format on */

static void a_record_says_what_is_wrong_with_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(readings); i++) {
        struct dkim_key_record record;
        struct fault why = { 0 };
        enum dkim_key_reading got = dkim_key_record_parse(guarded(readings[i].in), &record, &why);
        if (got != readings[i].reading ||
            (readings[i].why && strcmp(why.what, readings[i].why) != 0))
            fail_msg("%s: %d, %s", readings[i].name, (int)got, why.what ? why.what : "-");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_a_key_or_say_why_not),
        cmocka_unit_test(six_answers_of_dns_are_six_answers),
        cmocka_unit_test(rdata_that_is_no_txt_is_no_key),
        cmocka_unit_test(rsa_keys_are_judged_before_they_are_used),
        cmocka_unit_test(a_key_lives_as_long_as_somebody_holds_it),
        cmocka_unit_test(a_record_says_what_is_wrong_with_it),
    };
    return cmocka_run_group_tests_name("dkim/key", tests, NULL, NULL);
}
