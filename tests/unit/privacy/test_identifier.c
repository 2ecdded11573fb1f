/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "privacy/identifier.h"

static const struct identifier_exposure *row(size_t i)
{
    return identifier_exposure((enum identifier_kind)i);
}

static void test_every_kind_is_found_by_its_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < ID_KIND_COUNT; i++) {
        enum identifier_kind found = ID_KIND_COUNT;
        assert_true(identifier_kind_find(guarded(slice_of_str(row(i)->name)), &found));
        assert_int_equal(found, i);
    }
}

static void test_other_names_are_not_found(void **state)
{
    (void)state;
    static const struct slice names[] = { SLICE_INIT(""),          SLICE_INIT("accoun"),
                                          SLICE_INIT("accounts"),  SLICE_INIT("Account"),
                                          SLICE_INIT("account\0"), SLICE_INIT("client-address") };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        enum identifier_kind found = ID_KIND_COUNT;
        assert_false(identifier_kind_find(guarded(names[i]), &found));
        assert_int_equal(found, ID_KIND_COUNT);
    }
}

static void test_a_clientid_token_can_never_be_clear(void **state)
{
    (void)state;
    const struct identifier_exposure *token = identifier_exposure(ID_CLIENTID_TOKEN);
    assert_false(token->clear_allowed);
    assert_false(token->clear_by_default);
}

static void test_only_accounts_and_addresses_are_clear_by_default(void **state)
{
    (void)state;
    for (size_t i = 0; i < ID_KIND_COUNT; i++) {
        assert_int_equal(row(i)->clear_by_default, i == ID_ACCOUNT || i == ID_CLIENT_ADDRESS);
        assert_true(row(i)->clear_allowed || !row(i)->clear_by_default);
    }
}

/* draft-storey-smtp-client-id-13 §9: the token may be the MAC address. */
static void test_a_token_exposes_all_that_a_hardware_address_does(void **state)
{
    (void)state;
    const struct identifier_exposure *token = identifier_exposure(ID_CLIENTID_TOKEN);
    const struct identifier_exposure *hardware = identifier_exposure(ID_HARDWARE_ADDRESS);
    assert_int_equal(hardware->attacks & ~token->attacks, 0);
    assert_int_equal(token->stability, hardware->stability);
    assert_true(hardware->attacks & ATTACK_DEVICE_TYPE); /* RFC 7819 §5.1: the vendor's prefix */
    assert_true(hardware->attacks & ATTACK_LOCATION);    /* §5.9 */
}

static void test_every_row_says_a_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < ID_KIND_COUNT; i++) {
        size_t n = strlen(row(i)->exposes);
        assert_true(n > 20 && row(i)->exposes[n - 1] == '.');
        assert_int_not_equal(row(i)->attacks, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_is_found_by_its_name),
        cmocka_unit_test(test_other_names_are_not_found),
        cmocka_unit_test(test_a_clientid_token_can_never_be_clear),
        cmocka_unit_test(test_only_accounts_and_addresses_are_clear_by_default),
        cmocka_unit_test(test_a_token_exposes_all_that_a_hardware_address_does),
        cmocka_unit_test(test_every_row_says_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
