/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "cmd/dkim_tables.h"

#define HEAD "milter:\n  sign:\n"

static const char keys[] = "# keys of the house\n"
                           "s1._domainkey.example.com example.com:s1:/etc/keys/s1.private\n"
                           "ed\texample.com:ed:/etc/keys/ed.private # Ed25519\n"
                           "any %:mail:/etc/keys/%/mail\r\n"
                           "inline example.org:x:MIICXAIBAAKBgQ\n"
                           "odd example.net:a b:/k e y\n"
                           "yaml example.net:s:/k:e\"y\n"
                           "broken example.org\n";

static void import(const char *signing, const char *yaml, const char *notes, size_t unmapped)
{
    struct dkim_table k = { "keys", guarded(slice_of_str(keys)) };
    struct dkim_table s = { "signing", guarded(slice_of_str(signing)) };
    struct dkim_import out;
    struct slice broken = SLICE("keys:6: not NAME DOMAIN:SELECTOR:PATH\n"
                                "keys:8: not NAME DOMAIN:SELECTOR:PATH\n");
    assert_true(dkim_tables_import(&k, &s, &out));
    expect_slice(signing, buf_slice(&out.yaml), slice_of_str(yaml));
    assert_true(slice_starts(buf_slice(&out.notes), broken));
    expect_slice(signing, slice_from(buf_slice(&out.notes), broken.n), slice_of_str(notes));
    assert_int_equal(out.unmapped, unmapped);
    buf_clear(&out.yaml);
    buf_clear(&out.notes);
}

static void test_what_signs_for_a_domain_is_mapped(void **state)
{
    (void)state;
    import("*@example.com s1._domainkey.example.com\n",
           HEAD "    example.com: {selector: s1, key: /etc/keys/s1.private}\n", "", 0);
    import("example.com s1._domainkey.example.com",
           HEAD "    example.com: {selector: s1, key: "
                "/etc/keys/s1.private}\n",
           "", 0);
    import("*@Example.ORG any\n*@b\xc3\xbc"
           "cher.example any\n",
           HEAD "    example.org: {selector: mail, key: /etc/keys/example.org/mail}\n"
                "    xn--bcher-kva.example: {selector: mail, key: "
                "/etc/keys/xn--bcher-kva.example/mail}\n",
           "", 0);
    import("*@example.com ed:postmaster@%\n",
           HEAD "    example.com: {selector: ed, key: /etc/keys/ed.private, identity: "
                "\"postmaster@example.com\"}\n",
           "", 0);
    import("*@example.net yaml\n", HEAD "    example.net: {selector: s, key: \"/k:e\\\"y\"}\n", "",
           0);
    import("", "milter:\n  sign: {}\n", "", 0);
}

static void test_several_keys_of_a_domain_are_a_list(void **state)
{
    (void)state;
    import("*@example.com s1._domainkey.example.com\n*@example.com ed\n",
           HEAD "    example.com:\n      - {selector: s1, key: /etc/keys/s1.private}\n      - "
                "{selector: ed, key: /etc/keys/ed.private}\n",
           "signing:2: another key of a domain: both sign (as with MultipleSignatures yes)\n", 0);
}

static void test_a_domain_and_what_is_below_it_become_one_row(void **state)
{
    (void)state;
    import("example.com ed\n.example.com ed\n",
           HEAD "    example.com: {selector: ed, key: /etc/keys/ed.private, subdomains: yes}\n", "",
           0);
    import("*@*.example.com ed\n",
           HEAD "    example.com: {selector: ed, key: /etc/keys/ed.private, subdomains: yes}\n",
           "signing:1: signs for the domain itself, too, now\n", 0);
}

static void test_what_cannot_be_mapped_is_said_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *signing, *note;
    } cases[] = {
        { "#\n\njoe@example.com ed\n",
          "signing:3: signs for one user: a milter of ours signs for whole domains\n" },
        { "j*@example.com ed\n", "signing:1: patterns of users cannot be mapped\n" },
        { "* ed\n", "signing:1: signs for every domain: name them\n" },
        { "*@* any\n", "signing:1: signs for every domain: name them\n" },
        { "*@mail[0-9].example.com ed\n", "signing:1: such patterns cannot be mapped\n" },
        { "*@ex*.com ed\n", "signing:1: such patterns cannot be mapped\n" },
        { "*@*.example.org any\n",
          "signing:1: each domain below would sign for itself: name them\n" },
        { "*@example.org ed\n",
          "signing:1: the key is another domain's: a milter of ours signs for its own\n" },
        { "*@example.org inline\n",
          "signing:1: the key stands in the KeyTable: write it to a file\n" },
        { "*@example.net nothing\n", "signing:1: the KeyTable has no such key\n" },
        { "*@example.net\n", "signing:1: names no key\n" },
        { "*@ ed\n", "signing:1: no domain\n" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        import(cases[i].signing, "milter:\n  sign: {}\n", cases[i].note, 1);
}

static void test_an_identity_of_another_domain_is_left_out(void **state)
{
    (void)state;
    import("*@example.com ed:joe@example.org\n",
           HEAD "    example.com: {selector: ed, key: /etc/keys/ed.private}\n",
           "signing:1: the identity is not in the domain, and is left out\n", 0);
}

static void test_without_a_signing_table_each_key_signs_for_its_own_domain(void **state)
{
    (void)state;
    struct slice text = SLICE("a example.com:s1:/a\nb example.org:s2:./b\nc %:s:/c\n");
    struct dkim_table k = { "keys", guarded(text) };
    struct dkim_import out;
    assert_true(dkim_tables_import(&k, NULL, &out));
    expect_slice("yaml", buf_slice(&out.yaml),
                 SLICE(HEAD "    example.com: {selector: s1, key: /a}\n    example.org: {selector: "
                            "s2, key: \"./b\"}\n"));
    expect_slice("notes", buf_slice(&out.notes),
                 SLICE("keys:3: which domain it signs for is in the SigningTable\n"));
    assert_int_equal(out.mapped, 2);
    assert_int_equal(out.unmapped, 1);
    buf_clear(&out.yaml);
    buf_clear(&out.notes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_signs_for_a_domain_is_mapped),
        cmocka_unit_test(test_several_keys_of_a_domain_are_a_list),
        cmocka_unit_test(test_a_domain_and_what_is_below_it_become_one_row),
        cmocka_unit_test(test_what_cannot_be_mapped_is_said_with_its_line),
        cmocka_unit_test(test_an_identity_of_another_domain_is_left_out),
        cmocka_unit_test(test_without_a_signing_table_each_key_signs_for_its_own_domain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
