/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "tempdir.h"

#include "privacy/pseudonym.h"

#define KEY_A "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY_B "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define UUID  "23bf83be-aad7-46aa-9e0f-39191ccf402f"

static struct tempdir temp;

static int setup(void **state)
{
    (void)state;
    tempdir_make(&temp);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tempdir_remove(&temp);
    return 0;
}

static void write_secret(const char *text)
{
    FILE *f = fopen(tempdir_file(&temp, "secret"), "w");
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(temp.file, 0600), 0);
}

static struct privacy *open_with(const char *text, const char *const *clear, size_t clear_n)
{
    struct buf why;
    buf_init(&why, 512);
    write_secret(text);
    struct privacy *privacy = privacy_open(tempdir_file(&temp, "secret"), clear, clear_n, &why);
    assert_non_null(privacy);
    buf_clear(&why);
    return privacy;
}

static void expect_text(const struct pseudonym *p, const char *want)
{
    char text[PSEUDONYM_TEXT_MAX];
    assert_string_equal(pseudonym_text(p, text), want);
}

/* BLAKE2b of tag, 8 bytes of length, context, value, made with another implementation: what stands
 * in stores must not change. */
static void test_known_pseudonyms(void **state)
{
    (void)state;
    struct privacy *privacy = open_with("1 " KEY_A "\n", NULL, 0);
    struct pseudonym token =
        pseudonym_of(privacy, ID_CLIENTID_TOKEN, SLICE("UUID"), guarded(SLICE(UUID)));
    expect_text(&token, "~1.7sve76bcwmhqsvlg3kqjh32w6a");
    struct pseudonym account =
        pseudonym_of(privacy, ID_ACCOUNT, SLICE(""), guarded(SLICE("demo@example.org")));
    expect_text(&account, "~1.tavqreqzx3mllsxzs2vzgsm67y");
    privacy_free(privacy);
}

static void test_different_things_never_share_a_pseudonym(void **state)
{
    (void)state;
    static const struct {
        enum identifier_kind kind;
        struct slice context, value;
    } cases[] = {
        { ID_CLIENTID_TOKEN, SLICE_INIT("UUID"), SLICE_INIT("x") },
        { ID_CLIENTID_TOKEN, SLICE_INIT("UUI"), SLICE_INIT("Dx") },
        { ID_CLIENTID_TOKEN, SLICE_INIT(""), SLICE_INIT("UUIDx") },
        { ID_CLIENTID_TOKEN, SLICE_INIT("UUIDx"), SLICE_INIT("") },
        { ID_CLIENTID_TOKEN, SLICE_INIT("uuid"), SLICE_INIT("x") },
        { ID_CLIENTID_TOKEN, SLICE_INIT("UUID"), SLICE_INIT("x\0") },
        { ID_ACCOUNT, SLICE_INIT("UUID"), SLICE_INIT("x") },
        { ID_HARDWARE_ADDRESS, SLICE_INIT("UUID"), SLICE_INIT("x") },
        { ID_ACCOUNT, SLICE_INIT(""), SLICE_INIT("") },
    };
    struct privacy *privacy = open_with("1 " KEY_A "\n", NULL, 0);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        for (size_t j = 0; j < ARRAY_SIZE(cases); j++) {
            struct pseudonym a =
                pseudonym_of(privacy, cases[i].kind, cases[i].context, cases[i].value);
            struct pseudonym b =
                pseudonym_of(privacy, cases[j].kind, cases[j].context, cases[j].value);
            assert_int_equal(pseudonym_equal(&a, &b), i == j);
        }
    privacy_free(privacy);
}

static void test_the_newest_key_is_used_and_named(void **state)
{
    (void)state;
    struct privacy *privacy = open_with("1 " KEY_B "\n", NULL, 0);
    struct pseudonym before = pseudonym_of(privacy, ID_ACCOUNT, SLICE(""), SLICE("a"));
    privacy_free(privacy);
    privacy = open_with("1 " KEY_B "\n7 " KEY_A "\n", NULL, 0);
    struct pseudonym after = pseudonym_of(privacy, ID_CLIENTID_TOKEN, SLICE("UUID"), SLICE(UUID));
    expect_text(&after, "~7.7sve76bcwmhqsvlg3kqjh32w6a");
    after = pseudonym_of(privacy, ID_ACCOUNT, SLICE(""), SLICE("a"));
    assert_false(pseudonym_equal(&before, &after));
    privacy_free(privacy);
    struct pseudonym renumbered = after;
    renumbered.key++;
    assert_false(pseudonym_equal(&renumbered, &after));
}

static void test_older_keys_stand_behind_the_newest(void **state)
{
    (void)state;
    struct pseudonym all[3] = { { .key = 99 }, { .key = 99 }, { .key = 99 } };
    struct privacy *privacy = open_with("1 " KEY_B "\n", NULL, 0);
    struct pseudonym before = pseudonym_of(privacy, ID_CLIENTID_TOKEN, SLICE("UUID"), SLICE(UUID));
    assert_int_equal(pseudonyms_of(privacy, ID_CLIENTID_TOKEN, SLICE("UUID"), SLICE(UUID), all, 3),
                     1);
    assert_true(pseudonym_equal(&all[0], &before));
    privacy_free(privacy);
    privacy = open_with("1 " KEY_B "\n7 " KEY_A "\n", NULL, 0);
    struct pseudonym after = pseudonym_of(privacy, ID_CLIENTID_TOKEN, SLICE("UUID"), SLICE(UUID));
    assert_int_equal(pseudonyms_of(privacy, ID_CLIENTID_TOKEN, SLICE("UUID"), SLICE(UUID), all, 3),
                     2);
    assert_true(pseudonym_equal(&all[0], &after));
    assert_true(pseudonym_equal(&all[1], &before));
    assert_int_equal(all[2].key, 99);
    all[1].key = 99;
    assert_int_equal(pseudonyms_of(privacy, ID_CLIENTID_TOKEN, SLICE("UUID"), SLICE(UUID), all, 1),
                     1);
    assert_int_equal(all[1].key, 99);
    assert_int_equal(pseudonyms_of(privacy, ID_ACCOUNT, SLICE(""), SLICE(""), all, 0), 0);
    privacy_free(privacy);
}

static void test_texts_parse_back(void **state)
{
    (void)state;
    static const char *const texts[] = { "~1.7sve76bcwmhqsvlg3kqjh32w6a",
                                         "~16.aaaaaaaaaaaaaaaaaaaaaaaaaa",
                                         "~4294967295.77777777777777777777777774" };
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct pseudonym p;
        assert_true(pseudonym_parse(guarded(slice_of_str(texts[i])), &p));
        expect_text(&p, texts[i]);
    }
}

static void test_other_texts_are_refused(void **state)
{
    (void)state;
    static const struct slice texts[] = {
        SLICE_INIT(""),
        SLICE_INIT("~"),
        SLICE_INIT("~1"),
        SLICE_INIT("~1."),
        SLICE_INIT("1.7sve76bcwmhqsvlg3kqjh32w6a"),
        SLICE_INIT("~.7sve76bcwmhqsvlg3kqjh32w6a"),
        SLICE_INIT("~0.7sve76bcwmhqsvlg3kqjh32w6a"),
        SLICE_INIT("~01.7sve76bcwmhqsvlg3kqjh32w6a"),
        SLICE_INIT("~-1.7sve76bcwmhqsvlg3kqjh32w6a"),
        SLICE_INIT("~4294967296.7sve76bcwmhqsvlg3kqjh32w6a"),
        SLICE_INIT("~1.7sve76bcwmhqsvlg3kqjh32w6"),   /* one short */
        SLICE_INIT("~1.7sve76bcwmhqsvlg3kqjh32w6aa"), /* one long */
        SLICE_INIT("~1.7sve76bcwmhqsvlg3kqjh32w6b"),  /* bits left over */
        SLICE_INIT("~1.7777777777777777777777777z"),
        SLICE_INIT("~1.7SVE76BCWMHQSVLG3KQJH32W6A"),
        SLICE_INIT("~1.7sve76bcwmhqsvlg3kqjh32w61"),
        SLICE_INIT("~1.7sve76bcwmhqsv\0g3kqjh32w6a"),
        SLICE_INIT("~1.7sve76bcwmhqsvlg3kqjh32w6a "),
    };
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct pseudonym p = { .key = 99 };
        if (pseudonym_parse(guarded(texts[i]), &p))
            fail_msg("accepted \"%.*s\"", SLICE_ARG(texts[i]));
        assert_int_equal(p.key, 99);
    }
}

static void test_fields_are_clear_only_where_asked_for(void **state)
{
    (void)state;
    static const char *const clear[] = { "account", "hardware-address" };
    char text[PSEUDONYM_TEXT_MAX];
    struct privacy *privacy = open_with("1 " KEY_A "\n", clear, ARRAY_SIZE(clear));
    for (size_t i = 0; i < ID_KIND_COUNT; i++) {
        bool shown = i == ID_ACCOUNT || i == ID_HARDWARE_ADDRESS;
        struct log_field field = identifier_field(privacy, (enum identifier_kind)i, "who",
                                                  SLICE("demo@example.org"), text);
        assert_string_equal(field.name, "who");
        assert_int_equal(slice_equal(field.text, SLICE("demo@example.org")), shown);
        assert_int_equal(slice_starts(field.text, SLICE("~1.")), !shown);
    }
    privacy_free(privacy);
    privacy = open_with("1 " KEY_A "\n", NULL, 0); /* an empty list: nothing is clear */
    struct log_field field =
        identifier_field(privacy, ID_ACCOUNT, "who", SLICE("demo@example.org"), text);
    expect_slice("none", field.text, SLICE("~1.tavqreqzx3mllsxzs2vzgsm67y"));
    privacy_free(privacy);
}

static void test_a_token_cannot_be_made_clear(void **state)
{
    (void)state;
    static const struct {
        const char *name, *want;
    } cases[] = {
        { "token", "a token is never logged in clear" },
        { "tokens", "there is no kind \"tokens\"; there are account address" },
        { "", "there is no kind \"\"" },
    };
    write_secret("1 " KEY_A "\n");
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const char *clear[] = { "account", cases[i].name };
        struct buf why;
        buf_init(&why, 512);
        assert_null(privacy_open(tempdir_file(&temp, "secret"), clear, 2, &why));
        buf_append_byte(&why, '\0');
        assert_non_null(strstr((const char *)buf_slice(&why).p, cases[i].want));
        buf_clear(&why);
    }
}

static void test_open_passes_on_why_it_cannot(void **state)
{
    (void)state;
    struct buf why;
    buf_init(&why, 512);
    write_secret("nonsense\n");
    assert_null(privacy_open(tempdir_file(&temp, "secret"), NULL, 0, &why));
    assert_true(buf_size(&why) > 0);
    buf_clear(&why);
    privacy_free(NULL);
}

static void test_derived_keys(void **state)
{
    (void)state;
    static const uint8_t want[] = { 0x6b, 0xa4, 0x93, 0x4f, 0xee, 0xf4, 0xb8, 0x7c };
    uint8_t a[32], b[32];
    struct privacy *privacy = open_with("1 " KEY_A "\n", NULL, 0);
    privacy_derive(privacy, "scram-salt", a);
    assert_memory_equal(a, want, sizeof want);
    privacy_derive(privacy, "scram-salt", b);
    assert_memory_equal(a, b, sizeof a);
    privacy_derive(privacy, "scram-sal", b);
    assert_memory_not_equal(a, b, sizeof a);
    privacy_free(privacy);
    privacy = open_with("1 " KEY_B "\n", NULL, 0);
    privacy_derive(privacy, "scram-salt", b);
    assert_memory_not_equal(a, b, sizeof a);
    privacy_free(privacy);
}

static void test_equal_bytes_of_two_kinds_have_two_pseudonyms(void **state)
{
    (void)state;
    struct buf why;
    buf_init(&why, 512);
    struct privacy *privacy = privacy_open_random(&why);
    struct pseudonym all[ID_KIND_COUNT];
    assert_non_null(privacy);
    for (unsigned i = 0; i < ID_KIND_COUNT; i++) {
        all[i] = pseudonym_of(privacy, (enum identifier_kind)i, SLICE(""), SLICE("x"));
        for (unsigned j = 0; j < i; j++)
            assert_false(pseudonym_equal(&all[i], &all[j]));
    }
    privacy_free(privacy);
    buf_clear(&why);
}

static void test_a_random_key_is_another_each_time(void **state)
{
    (void)state;
    struct buf why;
    buf_init(&why, 512);
    struct privacy *a = privacy_open_random(&why), *b = privacy_open_random(&why);
    assert_non_null(a);
    assert_non_null(b);
    struct pseudonym of_a = pseudonym_of(a, ID_HOST_NAME, SLICE(""), SLICE("x"));
    struct pseudonym of_b = pseudonym_of(b, ID_HOST_NAME, SLICE(""), SLICE("x"));
    assert_false(pseudonym_equal(&of_a, &of_b));
    privacy_free(a);
    privacy_free(b);
    assert_int_equal(buf_size(&why), 0);
    buf_clear(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_pseudonyms),
        cmocka_unit_test(test_different_things_never_share_a_pseudonym),
        cmocka_unit_test(test_the_newest_key_is_used_and_named),
        cmocka_unit_test(test_older_keys_stand_behind_the_newest),
        cmocka_unit_test(test_texts_parse_back),
        cmocka_unit_test(test_other_texts_are_refused),
        cmocka_unit_test(test_fields_are_clear_only_where_asked_for),
        cmocka_unit_test(test_a_token_cannot_be_made_clear),
        cmocka_unit_test(test_open_passes_on_why_it_cannot),
        cmocka_unit_test(test_derived_keys),
        cmocka_unit_test(test_equal_bytes_of_two_kinds_have_two_pseudonyms),
        cmocka_unit_test(test_a_random_key_is_another_each_time),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
