/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "dkim/signature.h"

#define BH    "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define V     "v=1;"
#define A     "a=rsa-sha256;"
#define B     "b=Zm9vYmFy;"
#define D     "d=example.com;"
#define S     "s=s1;"
#define H     "h=From:To;"
#define HASH  "bh=" BH ";"
#define ALL   V A B HASH D S H
#define L10   "abcdefghij"
#define L60   L10 L10 L10 L10 L10 L10
#define D4    L60 "." L60 "." L60 "." L60 /* 243 octets */
#define NINES "99999999999999999999"      /* 20 digits */
#define ZEROS "00000000000000000000"
#define N10   "a:a:a:a:a:a:a:a:a:a:"
#define N100  N10 N10 N10 N10 N10 N10 N10 N10 N10 N10
#define A100  L10 L10 L10 L10 L10 L10 L10 L10 L10 L10
#define A96                                                                                        \
    "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijab" \
    "cdef"
#define A1000 A100 A100 A100 A100 A100 A100 A100 A100 A100 A100

enum {
    PASS = POSTERN_DKIM_PASS,
    NEUTRAL = POSTERN_DKIM_NEUTRAL,
    PERMERROR = POSTERN_DKIM_PERMERROR
};

/* clang-format off */
static const struct {
    const char *name;
    struct slice in;
    int result;
} cases[] = {
    { "what is needed", SLICE_INIT(ALL), PASS },
    { "in another order", SLICE_INIT(H S D HASH B A V), PASS },
    { "unknown tags are ignored (RFC 6376 §3.2: MUST)", SLICE_INIT(ALL "foo=bar;r=y"), PASS },
    { "folded", SLICE_INIT(" v=1;\r\n\t" A "\r\n b=Zm9v\r\n YmFy;" HASH D S "h= From :\r\n To"), PASS },
    { "everything", SLICE_INIT(ALL "c=relaxed/simple;i=joe@mail.example.com;l=0;q=dns/txt;t=1;x=2;z=From:a|To:b"), PASS },

    { "nothing", SLICE_INIT(""), NEUTRAL },
    { "no list", SLICE_INIT(ALL ";"), NEUTRAL },
    { "a tag given twice", SLICE_INIT(ALL "d=example.com"), NEUTRAL },
    { "no v= (§6.1.1: a required tag)", SLICE_INIT(A B HASH D S H), NEUTRAL },
    { "no a=", SLICE_INIT(V B HASH D S H), NEUTRAL },
    { "no b=", SLICE_INIT(V A HASH D S H), NEUTRAL },
    { "no bh=", SLICE_INIT(V A B D S H), NEUTRAL },
    { "no d=", SLICE_INIT(V A B HASH S H), NEUTRAL },
    { "no s=", SLICE_INIT(V A B HASH D H), NEUTRAL },
    { "no h=", SLICE_INIT(V A B HASH D S), NEUTRAL },

    { "v=2 (§6.1.1: MUST return)", SLICE_INIT("v=2;" A B HASH D S H), NEUTRAL },
    { "v=1.0", SLICE_INIT("v=1.0;" A B HASH D S H), NEUTRAL },
    { "v= empty", SLICE_INIT("v=;" A B HASH D S H), NEUTRAL },
    { "a= unknown", SLICE_INIT(V "a=rsa-sha512;" B HASH D S H), NEUTRAL },
    { "a= with another case", SLICE_INIT(V "a=RSA-SHA256;" B HASH D S H), NEUTRAL },
    { "a= empty", SLICE_INIT(V "a=;" B HASH D S H), NEUTRAL },
    { "rsa-sha1 (RFC 8301 §3.1: MUST NOT)", SLICE_INIT(V "a=rsa-sha1;" B "bh=2jmj7l5rSw0yVb/vlWAYkK/YBwk=;" D S H), PERMERROR },
    { "ed25519-sha256 (RFC 8463 §3)", SLICE_INIT(V "a=ed25519-sha256;" B HASH D S H), PASS },
    { "b= empty", SLICE_INIT(V A "b=;" HASH D S H), NEUTRAL },
    { "b= that is no base64", SLICE_INIT(V A "b=*;" HASH D S H), NEUTRAL },
    { "b= of 4096 characters", SLICE_INIT(V A "b=" A1000 A1000 A1000 A1000 A96 ";" HASH D S H), PASS },
    { "b= of 4097", SLICE_INIT(V A "b=" A1000 A1000 A1000 A1000 A96 "a;" HASH D S H), NEUTRAL },
    { "bh= empty", SLICE_INIT(V A B "bh=;" D S H), NEUTRAL },
    { "bh= that is no base64", SLICE_INIT(V A B "bh=!;" D S H), NEUTRAL },
    { "bh= of 31 octets", SLICE_INIT(V A B "bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuA==;" D S H), PERMERROR },
    { "bh= of 33 octets", SLICE_INIT(V A B "bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFUA;" D S H), PERMERROR },
    { "bh= of 1000 characters", SLICE_INIT(V A B "bh=" A1000 ";" D S H), PERMERROR },

    { "c= of the header only", SLICE_INIT(ALL "c=relaxed"), PASS },
    { "c= unknown", SLICE_INIT(ALL "c=nowsp"), NEUTRAL },
    { "c= unknown for the body", SLICE_INIT(ALL "c=simple/nofws"), NEUTRAL },
    { "c= with nothing for the body", SLICE_INIT(ALL "c=simple/"), NEUTRAL },
    { "c= of three", SLICE_INIT(ALL "c=simple/simple/simple"), NEUTRAL },
    { "c= empty", SLICE_INIT(ALL "c="), NEUTRAL },
    { "c= with another case", SLICE_INIT(ALL "c=Simple"), NEUTRAL },

    { "d= of one label (domain-name has two)", SLICE_INIT(V A B HASH "d=com;" S H), NEUTRAL },
    { "d= in another case, with U-labels (RFC 8616)", SLICE_INIT(V A B HASH "d=B\xc3\xbc" "cher.Example;" S H), PASS },
    { "d= empty", SLICE_INIT(V A B HASH "d=;" S H), NEUTRAL },
    { "d= with a parenthesis (CVE-2020-12272)", SLICE_INIT(V A B HASH "d=evil.example(.bank.example;" S H), NEUTRAL },
    { "d= that is a literal", SLICE_INIT(V A B HASH "d=[192.0.2.1];" S H), NEUTRAL },
    { "d= with a space", SLICE_INIT(V A B HASH "d=example .com;" S H), NEUTRAL },
    { "d= with a dot at the end", SLICE_INIT(V A B HASH "d=example.com.;" S H), NEUTRAL },
    { "d= with a label of 64", SLICE_INIT(V A B HASH "d=" L60 "abcd.com;" S H), NEUTRAL },
    { "d= with NUL", SLICE_INIT(V A B HASH "d=example.com\0;" S H), NEUTRAL },
    { "s= of several labels", SLICE_INIT(V A B HASH D "s=2026.mail;" H), PASS },
    { "s= empty", SLICE_INIT(V A B HASH D "s=;" H), NEUTRAL },
    { "s= with a dot at the end", SLICE_INIT(V A B HASH D "s=a.;" H), NEUTRAL },
    { "s= with an empty label", SLICE_INIT(V A B HASH D "s=a..b;" H), NEUTRAL },
    { "s= and d= too long for one name", SLICE_INIT(V A B HASH "d=" D4 ";" S H), PERMERROR },

    { "h= without From (§6.1.1: MUST)", SLICE_INIT(V A B HASH D S "h=To:Subject"), PERMERROR },
    { "h= with from in another case", SLICE_INIT(V A B HASH D S "h=FROM"), PASS },
    { "h= empty", SLICE_INIT(V A B HASH D S "h="), NEUTRAL },
    { "h= with an empty name", SLICE_INIT(V A B HASH D S "h=From::To"), NEUTRAL },
    { "h= with an empty name at the end", SLICE_INIT(V A B HASH D S "h=From:"), NEUTRAL },
    { "h= with a name of two words", SLICE_INIT(V A B HASH D S "h=From:a b"), NEUTRAL },
    { "h= with UTF-8", SLICE_INIT(V A B HASH D S "h=From:\xc3\xa9"), NEUTRAL },
    { "h= of 512 names", SLICE_INIT(V A B HASH D S "h=" N100 N100 N100 N100 N100 N10 "a:From"), PASS },
    { "h= of 513 names", SLICE_INIT(V A B HASH D S "h=" N100 N100 N100 N100 N100 N10 "a:a:From"), NEUTRAL },

    { "i= without a local part", SLICE_INIT(ALL "i=@example.com"), PASS },
    { "i= of a subdomain", SLICE_INIT(ALL "i=a@b.example.com"), PASS },
    { "i= with a domain in another case", SLICE_INIT(ALL "i=a@EXAMPLE.com"), PASS },
    { "i= not under d= (§6.1.1: MUST)", SLICE_INIT(ALL "i=a@example.org"), PERMERROR },
    { "i= that only ends like d=", SLICE_INIT(ALL "i=a@notexample.com"), PERMERROR },
    { "i= above d=", SLICE_INIT(ALL "i=a@com"), PERMERROR },
    { "i= without @", SLICE_INIT(ALL "i=example.com"), NEUTRAL },
    { "i= with a dot at the end", SLICE_INIT(ALL "i=a@example.com."), NEUTRAL },
    { "i= empty", SLICE_INIT(ALL "i="), NEUTRAL },
    { "i= with broken encoding", SLICE_INIT(ALL "i=a=b@example.com"), NEUTRAL },
    { "i= with a line end encoded", SLICE_INIT(ALL "i=a=0D=0Ab@example.com"), NEUTRAL },
    { "i= with NUL encoded", SLICE_INIT(ALL "i=a=00@example.com"), NEUTRAL },
    { "i= with half of a character", SLICE_INIT(ALL "i=a=C3@example.com"), NEUTRAL },
    { "i= of 2048 characters", SLICE_INIT(ALL "i=" A1000 A1000 "abcdefghijabcdefghijabcdefghijabcdef@example.com"), PASS },
    { "i= of 2049", SLICE_INIT(ALL "i=" A1000 A1000 "abcdefghijabcdefghijabcdefghijabcdefg@example.com"), NEUTRAL },

    { "l= of 76 digits", SLICE_INIT(ALL "l=" NINES NINES NINES "9999999999999999"), PASS },
    { "l= of 77 digits", SLICE_INIT(ALL "l=" NINES NINES NINES "99999999999999999"), NEUTRAL },
    { "l= negative", SLICE_INIT(ALL "l=-1"), NEUTRAL },
    { "l= empty", SLICE_INIT(ALL "l="), NEUTRAL },
    { "q= with another method too", SLICE_INIT(ALL "q=foo : dns/txt"), PASS },
    { "q= with other methods only", SLICE_INIT(ALL "q=foo:dns"), NEUTRAL },
    { "q= empty", SLICE_INIT(ALL "q="), NEUTRAL },
    { "t= of 20 digits", SLICE_INIT(ALL "t=" NINES), PASS },
    { "t= of 21 digits", SLICE_INIT(ALL "t=" NINES "9"), NEUTRAL },
    { "t= negative", SLICE_INIT(ALL "t=-1"), NEUTRAL },
    { "t= with a fraction", SLICE_INIT(ALL "t=1.5"), NEUTRAL },
    { "t= with a space", SLICE_INIT(ALL "t=1 2"), NEUTRAL },
    { "x= without t=", SLICE_INIT(ALL "x=0"), PASS },
    { "x= after t=", SLICE_INIT(ALL "x=2;t=1"), PASS },
    { "x= at t= (§3.5: MUST be greater)", SLICE_INIT(ALL "t=2;x=2"), PERMERROR },
    { "x= before t=", SLICE_INIT(ALL "x=1;t=2"), PERMERROR },
    { "x= that is no number", SLICE_INIT(ALL "x=never"), NEUTRAL },
    { "what cannot be read comes before what cannot be", SLICE_INIT(ALL "t=2;x=1;c=foo"), NEUTRAL },
};
/* clang-format on */

static enum postern_dkim_result parse(struct slice in, struct arena *arena,
                                      struct dkim_signature *out)
{
    const char *why = NULL;
    arena_init(arena, (size_t)64 * 1024);
    enum postern_dkim_result result = dkim_signature_parse(guarded(in), arena, out, &why);
    assert_true((why == NULL) == (result == POSTERN_DKIM_PASS || result == POSTERN_DKIM_NONE));
    return result;
}

static void signatures_are_whole_or_neutral_or_in_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct arena arena;
        struct dkim_signature got;
        int result = (int)parse(cases[i].in, &arena, &got);
        if (result != cases[i].result)
            fail_msg("%s: %s", cases[i].name,
                     result == PASS        ? "pass"
                     : result == NEUTRAL   ? "neutral"
                     : result == PERMERROR ? "permerror"
                                           : "none");
        arena_clear(&arena);
    }
}

static void a_signature_says_what_its_tags_say(void **state)
{
    (void)state;
    struct slice in =
        SLICE(" v=1; a=ed25519-sha256; c=relaxed/simple; d=Example.COM;\r\n\ts=S1; q=dns/txt;"
              " i=Joe=2BX@Mail.example.com; l=007; t=12; x=0013;\r\n h=from : To:\r\n\tfrom; "
              "z=From:a=20b|To:c;"
              " bh=47DEQpj8HBSa+/TImW+5JCeu\r\n QeRkm5NMpJWZG3hSuFU=; b= Zm9v\r\n\tYmFy ;");
    static const uint8_t hash[] = { 0xe3, 0xb0, 0xc4, 0x42 };
    struct arena arena;
    struct dkim_signature got;
    assert_int_equal(parse(in, &arena, &got), PASS);
    assert_int_equal(got.algorithm, DKIM_ED25519_SHA256);
    assert_string_equal(got.algorithm_text, "ed25519-sha256");
    assert_int_equal(got.header, POSTERN_DKIM_RELAXED);
    assert_int_equal(got.body, POSTERN_DKIM_SIMPLE);
    assert_string_equal(got.domain.text, "example.com");
    assert_string_equal(got.selector.text, "s1");
    assert_string_equal(got.identity, "Joe+X@mail.example.com");
    assert_string_equal(got.identity_at.text, "mail.example.com");
    assert_memory_equal(got.body_hash, hash, sizeof hash);
    expect_slice("b=", got.octets, SLICE("foobar"));
    expect_slice("b= as text", got.text, SLICE("Zm9vYmFy"));
    expect_slice("what b= holds", slice_first(slice_from(in, got.b_at), got.b_end - got.b_at),
                 SLICE(" Zm9v\r\n\tYmFy "));
    assert_int_equal(got.names_n, 3);
    expect_slice("the first name", got.names[0], SLICE("from"));
    expect_slice("the second", got.names[1], SLICE("To"));
    expect_slice("the third", got.names[2], SLICE("from"));
    expect_slice("z=", got.copied, SLICE("From:a=20b|To:c"));
    assert_true(got.body_length == 7 && got.signed_at == 12 && got.expires_at == 13);
    arena_clear(&arena);
}

static void what_is_not_said_has_its_default(void **state)
{
    (void)state;
    struct arena arena;
    struct dkim_signature got;
    assert_int_equal(parse(SLICE(ALL), &arena, &got), PASS);
    assert_int_equal(got.algorithm, DKIM_RSA_SHA256);
    assert_int_equal(got.header, POSTERN_DKIM_SIMPLE); /* RFC 6376 §3.5: simple/simple */
    assert_int_equal(got.body, POSTERN_DKIM_SIMPLE);
    assert_string_equal(got.identity, "@example.com");
    assert_string_equal(got.identity_at.text, "example.com");
    assert_true(got.body_length == -1 && got.signed_at == -1 && got.expires_at == -1);
    assert_int_equal(got.copied.n, 0);
    arena_clear(&arena);
    assert_int_equal(parse(SLICE(ALL "c=relaxed"), &arena, &got), PASS);
    assert_int_equal(got.header, POSTERN_DKIM_RELAXED);
    assert_int_equal(got.body, POSTERN_DKIM_SIMPLE); /* not relaxed/relaxed */
    arena_clear(&arena);
}

static void numbers_larger_than_ours_are_the_largest(void **state)
{
    (void)state;
    struct arena arena;
    struct dkim_signature got;
    assert_int_equal(
        parse(SLICE(ALL "t=999999999999;x=" NINES ";l=9223372036854775808"), &arena, &got), PASS);
    assert_true(got.signed_at == 999999999999);
    assert_true(got.expires_at == INT64_MAX && got.body_length == INT64_MAX);
    arena_clear(&arena);
    assert_int_equal(parse(SLICE(ALL "x=" ZEROS), &arena, &got), PASS);
    assert_true(got.expires_at == 0);
    arena_clear(&arena);
}

static void labels_become_what_dns_knows(void **state)
{
    (void)state;
    struct arena arena;
    struct dkim_signature got;
    struct slice in =
        SLICE(V A B HASH H "d=b\xc3\xbc"
                           "cher.example; s=s\xc3\xa9; i=j\xc3\xb6@x.xn--bcher-kva.example");
    assert_int_equal(parse(in, &arena, &got), PASS);
    assert_string_equal(got.domain.text, "xn--bcher-kva.example");
    assert_string_equal(got.selector.text, "xn--s-bga");
    assert_string_equal(got.identity, "j\xc3\xb6@x.xn--bcher-kva.example");
    arena_clear(&arena);
}

static void what_can_be_read_of_a_faulty_one_is_told(void **state)
{
    (void)state;
    struct arena arena;
    struct dkim_signature got;
    assert_int_equal(parse(SLICE("v=2;a=foo;d=example.com;s=s1;b=Zm9v"), &arena, &got), NEUTRAL);
    assert_string_equal(got.domain.text, "example.com");
    assert_string_equal(got.selector.text, "s1");
    assert_string_equal(got.identity, "@example.com");
    assert_string_equal(got.algorithm_text, "foo");
    expect_slice("b=", got.text, SLICE("Zm9v"));
    arena_clear(&arena);
    assert_int_equal(parse(SLICE("v=1;;d=example.com"), &arena, &got), NEUTRAL);
    assert_true(got.domain.n == 0 && got.identity == NULL && got.algorithm_text == NULL);
    arena_clear(&arena);
    assert_int_equal(parse(SLICE(V A B HASH D "s=a..b;" H), &arena, &got), NEUTRAL);
    assert_int_equal(got.selector.n, 0);
    arena_clear(&arena);
}

static void without_memory_there_is_no_verdict(void **state)
{
    (void)state;
    static const struct slice in = SLICE_INIT(ALL "i=joe@example.com");
    const char *why;
    struct dkim_signature got;
    bool whole = false;
    for (size_t max = 0; !whole; max += 8) {
        struct arena arena;
        arena_init(&arena, max);
        enum postern_dkim_result result = dkim_signature_parse(in, &arena, &got, &why);
        whole = result == POSTERN_DKIM_PASS;
        if (!whole)
            assert_int_equal(result, POSTERN_DKIM_NONE);
        arena_clear(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_are_whole_or_neutral_or_in_error),
        cmocka_unit_test(a_signature_says_what_its_tags_say),
        cmocka_unit_test(what_is_not_said_has_its_default),
        cmocka_unit_test(numbers_larger_than_ours_are_the_largest),
        cmocka_unit_test(labels_become_what_dns_knows),
        cmocka_unit_test(what_can_be_read_of_a_faulty_one_is_told),
        cmocka_unit_test(without_memory_there_is_no_verdict),
    };
    return cmocka_run_group_tests_name("dkim/signature", tests, NULL, NULL);
}
