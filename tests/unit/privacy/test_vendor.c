/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "privacy/vendor.h"
#include "tempdir.h"

static void test_only_the_lines_that_name_a_maker_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct slice line;
        uint8_t oui[3];
        struct slice maker; /* empty: no such line */
    } cases[] = {
        { "as the list has it",
          SLICE_INIT("00-22-72   (hex)\t\tAmerican Micro"),
          { 0, 0x22, 0x72 },
          SLICE_INIT("American Micro") },
        { "lower case, CR",
          SLICE_INIT("ac-de-48   (hex)\t\tPrivate\r"),
          { 0xac, 0xde, 0x48 },
          SLICE_INIT("Private") },
        { "not UTF-8",
          SLICE_INIT("AC-DE-48 (hex) \xff"),
          { 0xac, 0xde, 0x48 },
          SLICE_INIT("\xff") },
        { "empty", SLICE_INIT(""), { 0 }, SLICE_INIT("") },
        { "no name", SLICE_INIT("00-22-72   (hex)\t\t"), { 0 }, SLICE_INIT("") },
        { "cut in the mark", SLICE_INIT("00-22-72   (hex"), { 0 }, SLICE_INIT("") },
        { "cut in the address", SLICE_INIT("00-22-7"), { 0 }, SLICE_INIT("") },
        { "base 16", SLICE_INIT("002272     (base 16)\t\tAmerican"), { 0 }, SLICE_INIT("") },
        { "an address line", SLICE_INIT("\t\t\t\tLoop Ferndale"), { 0 }, SLICE_INIT("") },
        { "no digit", SLICE_INIT("0G-22-72   (hex)\t\tX"), { 0 }, SLICE_INIT("") },
        { "colons", SLICE_INIT("00:22:72   (hex)\t\tX"), { 0 }, SLICE_INIT("") },
        { "NUL inside", SLICE_INIT("00-22\0-72   (hex)\t\tX"), { 0 }, SLICE_INIT("") },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t oui[3] = { 9, 9, 9 };
        struct slice name = { 0 };
        bool there = vendor_line(guarded(cases[i].line), oui, &name);
        if (there != (cases[i].maker.n > 0))
            fail_msg("%s: %d", cases[i].name, there);
        if (there) {
            expect_slice(cases[i].name, name, cases[i].maker);
            assert_memory_equal(oui, cases[i].oui, 3);
        } else
            assert_int_equal(oui[0], 9);
    }
}

static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void test_makers_are_found_in_any_order_of_the_list(void **state)
{
    (void)state;
    struct tempdir t;
    tempdir_make(&t);
    write_text(tempdir_file(&t, "oui.txt"), "OUI/MA-L  Organization\n\n"
                                            "F4-BD-9E   (hex)\t\tCisco\nF4BD9E (base 16)\tCisco\n"
                                            "00-22-72   (hex)\t\tAmerican");
    struct vendors *v = vendors_open(tempdir_file(&t, "oui.txt"));
    assert_non_null(v);
    expect_slice("first", vendors_find(v, (uint8_t[]){ 0, 0x22, 0x72 }), SLICE("American"));
    expect_slice("last", vendors_find(v, (uint8_t[]){ 0xf4, 0xbd, 0x9e }), SLICE("Cisco"));
    expect_slice("none", vendors_find(v, (uint8_t[]){ 1, 2, 3 }), SLICE(""));
    vendors_free(v);
    tempdir_remove(&t);
}

static void test_every_prefix_is_given_once_and_in_order(void **state)
{
    (void)state;
    static const uint8_t want[][3] = { { 0, 0x22, 0x72 }, { 8, 0, 0x30 }, { 0xf4, 0xbd, 0x9e } };
    struct tempdir t;
    uint8_t oui[3];
    tempdir_make(&t);
    write_text(tempdir_file(&t, "oui.txt"), "F4-BD-9E   (hex)\t\tCisco\n"
                                            "08-00-30   (hex)\t\tNETWORK RESEARCH\n"
                                            "08-00-30   (hex)\t\tCERN\n"
                                            "00-22-72   (hex)\t\tAmerican\n"
                                            "08-00-30   (hex)\t\tROYAL MELBOURNE\n");
    struct vendors *v = vendors_open(tempdir_file(&t, "oui.txt"));
    assert_int_equal(vendors_count(v), 3);
    for (size_t i = 0; i < 3; i++) {
        vendors_prefix(v, i, oui);
        assert_memory_equal(oui, want[i], 3);
    }
    expect_slice("the first stands", vendors_find(v, want[1]), SLICE("NETWORK RESEARCH"));
    assert_int_equal(vendors_count(NULL), 0);
    vendors_free(v);
    tempdir_remove(&t);
}

static void test_without_a_list_nobody_is_known(void **state)
{
    (void)state;
    struct tempdir t;
    tempdir_make(&t);
    assert_null(vendors_open(tempdir_file(&t, "none")));
    assert_null(vendors_open(t.path)); /* a folder */
    write_text(tempdir_file(&t, "empty"), "");
    struct vendors *empty = vendors_open(tempdir_file(&t, "empty"));
    expect_slice("empty", vendors_find(empty, (uint8_t[]){ 0, 0, 0 }), SLICE(""));
    expect_slice("NULL", vendors_find(NULL, (uint8_t[]){ 0, 0, 0 }), SLICE(""));
    vendors_free(empty);
    vendors_free(NULL);
    tempdir_remove(&t);
}

static void test_a_locally_administered_address_has_no_maker(void **state)
{
    (void)state;
    assert_true(vendor_is_local((uint8_t[]){ 0x02, 0, 0 }));
    assert_true(vendor_is_local((uint8_t[]){ 0xda, 1, 2 }));
    assert_false(vendor_is_local((uint8_t[]){ 0x08, 0x9e, 1 }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_the_lines_that_name_a_maker_are_read),
        cmocka_unit_test(test_makers_are_found_in_any_order_of_the_list),
        cmocka_unit_test(test_every_prefix_is_given_once_and_in_order),
        cmocka_unit_test(test_without_a_list_nobody_is_known),
        cmocka_unit_test(test_a_locally_administered_address_has_no_maker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
