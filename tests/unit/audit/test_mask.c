/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "tempdir.h"

#include "audit/mask.h"

static struct audit_mask *open_mask(const char *secret, bool reveal)
{
    struct buf why;
    buf_init(&why, 256);
    struct audit_mask *mask = audit_mask_open(secret, reveal, &why);
    assert_non_null(mask);
    assert_int_equal(buf_size(&why), 0);
    buf_clear(&why);
    return mask;
}

static const char *shown(const struct audit_mask *mask, enum identifier_kind kind, const char *text,
                         char out[64])
{
    struct buf to;
    buf_init(&to, 63);
    audit_mask_write(mask, kind, slice_of_str(text), &to);
    struct slice s = buf_slice(&to);
    if (s.n)
        memcpy(out, s.p, s.n);
    out[s.n] = '\0';
    buf_clear(&to);
    return out;
}

static void test_a_value_is_a_short_pseudonym(void **state)
{
    (void)state;
    struct audit_mask *mask = open_mask(NULL, false);
    char a[64], b[64];
    assert_false(audit_mask_reveals(mask));
    shown(mask, ID_HOST_NAME, "brians-phone", a);
    assert_int_equal(strlen(a), 17);
    assert_int_equal(a[0], '~');
    assert_int_equal(strspn(a + 1, "abcdefghijklmnopqrstuvwxyz234567"), 16);
    assert_string_equal(a, shown(mask, ID_HOST_NAME, "brians-phone", b));
    assert_string_not_equal(a, shown(mask, ID_HOST_NAME, "brians-phones", b));
    assert_string_equal("", shown(mask, ID_HOST_NAME, "", b));
    audit_mask_free(mask);
    audit_mask_free(NULL);
}

static void test_reveal_shows_values(void **state)
{
    (void)state;
    struct audit_mask *mask = open_mask(NULL, true);
    char a[64];
    assert_true(audit_mask_reveals(mask));
    assert_string_equal(shown(mask, ID_HOST_NAME, "brians-phone", a), "brians-phone");
    audit_mask_free(mask);
}

/* Addresses are one domain, names another, and every other kind its own. */
static void test_equal_things_stay_equal_whatever_their_kind(void **state)
{
    (void)state;
    static const uint8_t addresses[] = { ID_CLIENT_ADDRESS,  ID_ASSIGNED_ADDRESS,
                                         ID_CURRENT_ADDRESS, ID_REQUESTED_ADDRESS,
                                         ID_LINK_SELECTION,  ID_SERVER_ADDRESS };
    struct audit_mask *mask = open_mask(NULL, false);
    char first[64], other[64];
    shown(mask, ID_CLIENT_ADDRESS, "192.0.2.5", first);
    for (unsigned kind = 0; kind < ID_KIND_COUNT; kind++) {
        bool address = memchr(addresses, (int)kind, sizeof addresses) != NULL;
        bool equal =
            strcmp(first, shown(mask, (enum identifier_kind)kind, "192.0.2.5", other)) == 0;
        assert_int_equal(equal, address);
    }
    shown(mask, ID_HOST_NAME, "brian", first);
    assert_string_equal(first, shown(mask, ID_CLIENT_FQDN, "brian", other));
    audit_mask_free(mask);
}

static void test_two_reports_cannot_be_compared(void **state)
{
    (void)state;
    struct audit_mask *one = open_mask(NULL, false), *two = open_mask(NULL, false);
    char a[64], b[64];
    assert_string_not_equal(shown(one, ID_HOST_NAME, "brian", a),
                            shown(two, ID_HOST_NAME, "brian", b));
    audit_mask_free(one);
    audit_mask_free(two);
}

static void test_with_one_secret_they_can(void **state)
{
    (void)state;
    struct tempdir temp;
    tempdir_make(&temp);
    struct audit_mask *one = open_mask(tempdir_file(&temp, "secret"), false);
    struct audit_mask *two = open_mask(tempdir_file(&temp, "secret"), false);
    char a[64], b[64];
    assert_string_equal(shown(one, ID_HOST_NAME, "brian", a), shown(two, ID_HOST_NAME, "brian", b));
    audit_mask_free(one);
    audit_mask_free(two);
    tempdir_remove(&temp);
}

static void test_a_secret_that_cannot_be_had_is_told(void **state)
{
    (void)state;
    struct buf why;
    buf_init(&why, 256);
    assert_null(audit_mask_open("/nowhere/secret", false, &why));
    assert_true(buf_size(&why) > 0);
    buf_clear(&why);
}

static void test_a_clients_name_is_the_same_revealed_or_not(void **state)
{
    (void)state;
    struct audit_mask *mask = open_mask(NULL, true);
    struct buf a, b;
    buf_init(&a, 64);
    buf_init(&b, 64);
    audit_mask_id(mask, SLICE("\1\6\74\7\124\0\0\1"), &a);
    audit_mask_id(mask, SLICE("\1\6\74\7\124\0\0\2"), &b);
    assert_int_equal(buf_size(&a), 18);
    assert_true(slice_starts(buf_slice(&a), SLICE("c-")));
    assert_false(slice_equal(buf_slice(&a), buf_slice(&b)));
    buf_clear(&a);
    buf_clear(&b);
    audit_mask_free(mask);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_value_is_a_short_pseudonym),
        cmocka_unit_test(test_reveal_shows_values),
        cmocka_unit_test(test_equal_things_stay_equal_whatever_their_kind),
        cmocka_unit_test(test_two_reports_cannot_be_compared),
        cmocka_unit_test(test_with_one_secret_they_can),
        cmocka_unit_test(test_a_secret_that_cannot_be_had_is_told),
        cmocka_unit_test(test_a_clients_name_is_the_same_revealed_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
