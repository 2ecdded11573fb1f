/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "wire.h"

#include "dhcp/relay.h"

/* clang-format off */
/* Sub-options as "code@at=hex", and where one overruns. */
static const struct {
    const char *name, *hex, *want;
    size_t at;
} lists[] = {
    { "nothing", "", "", 0 },
    { "RFC 3046 §3: circuit and remote", "0102 6131 0206 020304050607", "1@0=6131 2@4=020304050607 ", 0 },
    { "RFC 8357: relay source port has no octets", "1300 050400000000", "19@0= 5@2=00000000 ", 0 },
    { "RFC 3046 §2.0: there is no pad", "0000 0101aa", "0@0= 1@2=aa ", 0 },
    { "the same code again", "0101aa 0101bb", "1@0=aa 1@3=bb ", 0 },
    { "a code without a length", "0101aa 02", "1@0=aa ", 3 },
    { "one octet too few", "0101aa 0202bb", "1@0=aa ", 3 },
    { "one octet too many is a code", "0101aa bb", "1@0=aa ", 3 },
};
/* clang-format on */

static void test_sub_options(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
        struct octets value = { .n = 0 };
        struct dhcp_sub sub;
        struct fault why = { 0 };
        char got[512] = "";
        size_t at = 0, n = 0;
        int result;
        put_hex(&value, lists[i].hex);
        struct slice in = guarded(octets_slice(&value));
        while ((result = dhcp_sub_next(in, &at, &sub, &why)) > 0) {
            n += (size_t)snprintf(got + n, sizeof got - n, "%u@%zu=", sub.code, sub.at);
            for (size_t k = 0; k < sub.value.n; k++)
                n += (size_t)snprintf(got + n, sizeof got - n, "%02x", sub.value.p[k]);
            n += (size_t)snprintf(got + n, sizeof got - n, " ");
        }
        expect_slice(lists[i].name, slice_of_str(got), slice_of_str(lists[i].want));
        assert_int_equal(result, lists[i].at ? -1 : 0);
        assert_int_equal(why.at, lists[i].at);
    }
}

static void test_find_gives_the_first_that_can_be_read(void **state)
{
    (void)state;
    struct octets value = { .n = 0 };
    struct dhcp_sub sub = { .code = 99 };
    put_hex(&value, "0101aa 0201bb 0201cc 0605");
    assert_true(dhcp_sub_find(guarded(octets_slice(&value)), DHCP_RELAY_REMOTE_ID, &sub));
    expect_slice("remote", sub.value, SLICE("\xbb"));
    assert_int_equal(sub.at, 3);
    assert_false(dhcp_sub_find(octets_slice(&value), DHCP_RELAY_SUBSCRIBER_ID, &sub));
    assert_int_equal(sub.code, 2);
    assert_false(dhcp_sub_find((struct slice){ 0 }, 1, &sub));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sub_options),
        cmocka_unit_test(test_find_gives_the_first_that_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
