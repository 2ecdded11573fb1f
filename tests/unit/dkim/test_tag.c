/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdio.h>

#include "dkim/tag.h"

/* clang-format off */
/* What a list says, its tags written "name=<value>" each; NULL: it is invalid, at this octet. */
static const struct {
    const char *name;
    struct slice in;
    const char *folded;
    size_t at;
} lists[] = {
    { "one tag", SLICE_INIT("a=b"), "a=<b>", 0 },
    { "several (RFC 6376 §3.2: separated by semicolons)", SLICE_INIT("a=b;c=d;e=f"), "a=<b>c=<d>e=<f>", 0 },
    { "a semicolon at the end", SLICE_INIT("a=b;"), "a=<b>", 0 },
    { "white space behind it, as real mail has", SLICE_INIT("a=b; \t\r\n "), "a=<b>", 0 },
    { "white space around everything", SLICE_INIT(" a\t= b ;\r\n\tc =\r\n d "), "a=<b>c=<d>", 0 },
    { "an empty value (§3.2: an empty string is a value)", SLICE_INIT("a=;b= ;c="), "a=<>b=<>c=<>", 0 },
    { "white space inside a value is kept (§3.2: whitespace MUST be included)", SLICE_INIT("a=b \r\n\t c"), "a=<b \r\n\t c>", 0 },
    { "equal signs inside a value", SLICE_INIT("a==b=="), "a=<=b==>", 0 },
    { "names are compared with case (§3.2: MUST)", SLICE_INIT("a=1;A=2"), "a=<1>A=<2>", 0 },
    { "digits and _ in a name", SLICE_INIT("a1_=b"), "a1_=<b>", 0 },
    { "UTF-8 in a value (RFC 8616)", SLICE_INIT("d=\xc3\xa9.example"), "d=<\xc3\xa9.example>", 0 },
    { "all that a value may hold", SLICE_INIT("a=!\"#$%&'()*+,-./09:<=>?@AZ[\\]^_`az{|}~"), "a=<!\"#$%&'()*+,-./09:<=>?@AZ[\\]^_`az{|}~>", 0 },
    { "nothing", SLICE_INIT(""), NULL, 0 },
    { "white space only", SLICE_INIT(" \t"), NULL, 0 },
    { "a semicolon only", SLICE_INIT(";"), NULL, 0 },
    { "an empty tag between two", SLICE_INIT("a=b;;c=d"), NULL, 4 },
    { "an empty tag of white space", SLICE_INIT("a=b; ;c=d"), NULL, 5 },
    { "two semicolons at the end", SLICE_INIT("a=b;;"), NULL, 4 },
    { "an empty tag first", SLICE_INIT(";a=b"), NULL, 0 },
    { "a tag given twice (§3.2: the entire list is invalid)", SLICE_INIT("a=b;c=d;a=b"), NULL, 8 },
    { "no equal sign", SLICE_INIT("a=b;c"), NULL, 5 },
    { "no name", SLICE_INIT("=b"), NULL, 0 },
    { "a name that begins with a digit", SLICE_INIT("1a=b"), NULL, 0 },
    { "a name that begins with _", SLICE_INIT("_a=b"), NULL, 0 },
    { "a name with a hyphen", SLICE_INIT("a-b=c"), NULL, 1 },
    { "a name with a space", SLICE_INIT("a b=c"), NULL, 2 },
    { "UTF-8 in a name", SLICE_INIT("\xc3\xa9=c"), NULL, 0 },
    { "NUL in a value", SLICE_INIT("a=b\0c"), NULL, 3 },
    { "NUL behind a value", SLICE_INIT("a=b\0"), NULL, 3 },
    { "NUL in a name", SLICE_INIT("a\0=b"), NULL, 1 },
    { "a control character", SLICE_INIT("a=b\x7f"), NULL, 3 },
    { "a bare CR", SLICE_INIT("a=b\rc"), NULL, 3 },
    { "a bare LF", SLICE_INIT("a=b\n c"), NULL, 3 },
    { "CRLF that no white space follows", SLICE_INIT("a=b;\r\nc=d"), NULL, 4 },
    { "CRLF at the end", SLICE_INIT("a=b\r\n"), NULL, 3 },
    { "CRLF behind the last semicolon", SLICE_INIT("a=b;\r\n"), NULL, 4 },
    { "half a character of UTF-8", SLICE_INIT("a=\xc3"), NULL, 2 },
    { "Latin-1", SLICE_INIT("a=x\xe9y"), NULL, 3 },
    { "UTF-8 of a surrogate", SLICE_INIT("a=\xed\xa0\x80"), NULL, 2 },
};
/* clang-format on */

static void write_list(const struct tag_list *list, char *out, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < list->n; i++) {
        const struct tag *t = &list->tags[i];
        n += (size_t)snprintf(out + n, size - n, "%.*s=<%.*s>", SLICE_ARG(t->name), (int)t->value.n,
                              (const char *)t->value.p);
    }
}

static void a_list_is_read_whole_or_not_at_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
        static struct tag_list list;
        struct fault why = { 0 };
        char got[256] = "";
        bool valid = tag_list_parse(guarded(lists[i].in), TAG_FOLDED, &list, &why);
        if (valid != (lists[i].folded != NULL) || (!valid && why.at != lists[i].at))
            fail_msg("%s: %d, %s at %zu", lists[i].name, valid, why.what, why.at);
        if (valid)
            write_list(&list, got, sizeof got);
        if (valid && strcmp(got, lists[i].folded) != 0)
            fail_msg("%s: got %s", lists[i].name, got);
    }
}

static void folding_is_no_white_space_of_a_record(void **state)
{
    (void)state;
    struct tag_list list;
    struct fault why;
    assert_true(tag_list_parse(guarded(SLICE("a\t= b ; c=d; ")), TAG_SPACED, &list, &why));
    assert_int_equal(list.n, 2);
    assert_false(tag_list_parse(guarded(SLICE("a=b;\r\n c=d")), TAG_SPACED, &list, &why));
    assert_int_equal(why.at, 4);
    assert_false(tag_list_parse(guarded(SLICE("a=b\r\n c")), TAG_SPACED, &list, &why));
    assert_int_equal(why.at, 3);
}

/* n tags "a0000=;", "a0001=;" and so on, and whether their list is valid. */
static bool valid_with(unsigned n)
{
    static char text[8 * (TAGS_MAX + 1)];
    struct tag_list list;
    struct fault why;
    size_t end = 0;
    for (unsigned i = 0; i < n; i++)
        end += (size_t)snprintf(text + end, sizeof text - end, "a%04u=;", i);
    return tag_list_parse(guarded((struct slice){ (uint8_t *)text, end }), TAG_FOLDED, &list, &why);
}

static void a_list_has_64_tags_at_most(void **state)
{
    (void)state;
    assert_true(valid_with(TAGS_MAX));
    assert_false(valid_with(TAGS_MAX + 1));
}

static void a_tag_knows_where_its_value_stands(void **state)
{
    (void)state;
    struct slice in = guarded(SLICE(" a = 1 ; b= \t; c=3 "));
    struct tag_list list;
    struct fault why;
    assert_true(tag_list_parse(in, TAG_FOLDED, &list, &why));
    const struct tag *b = tag_find(&list, SLICE("b")), *c = tag_find(&list, SLICE("c"));
    assert_true(b && c && !tag_find(&list, SLICE("B")) && !tag_find(&list, SLICE("")));
    assert_int_equal(b->at, 11);
    assert_int_equal(b->end, 13);
    assert_int_equal(b->value.n, 0);
    assert_non_null(b->value.p);
    assert_int_equal(c->end, in.n);
}

static void a_reader_may_go_on_behind_what_is_broken(void **state)
{
    (void)state;
    struct tag_reader reader =
        tag_reader_of(guarded(SLICE("v=DMARC1; p reject; ; 1=2; pct=\x01; a=1; a=2;")), TAG_SPACED);
    static const int wanted[] = { 1, -1, -1, -1, -1, 1, 1, 0, 0 };
    struct tag tag;
    struct fault why;
    for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
        assert_int_equal(tag_next(&reader, &tag, &why), wanted[i]);
    expect_slice("the last", tag.value, SLICE("2"));
}

static void elements_stand_between_colons(void **state)
{
    (void)state;
    static const char *const wanted[] = { "a", "", "b c", "", NULL };
    struct slice rest = guarded(SLICE("a :\r\n\t: b c: ")), element;
    size_t i = 0;
    while (tag_element_next(&rest, &element)) {
        assert_non_null(wanted[i]);
        expect_slice("element", element, slice_of_str(wanted[i++]));
    }
    assert_null(wanted[i]);
    rest = guarded(SLICE(""));
    assert_true(tag_element_next(&rest, &element)); /* an empty value has one, empty */
    assert_int_equal(element.n, 0);
    assert_false(tag_element_next(&rest, &element));
    rest = guarded(SLICE("a:"));
    assert_true(tag_element_next(&rest, &element) && tag_element_next(&rest, &element));
    assert_int_equal(element.n, 0);
    assert_false(tag_element_next(&rest, &element));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_is_read_whole_or_not_at_all),
        cmocka_unit_test(folding_is_no_white_space_of_a_record),
        cmocka_unit_test(a_list_has_64_tags_at_most),
        cmocka_unit_test(a_tag_knows_where_its_value_stands),
        cmocka_unit_test(a_reader_may_go_on_behind_what_is_broken),
        cmocka_unit_test(elements_stand_between_colons),
    };
    return cmocka_run_group_tests_name("dkim/tag", tests, NULL, NULL);
}
