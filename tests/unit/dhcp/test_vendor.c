/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "wire.h"

#include "dhcp/vendor.h"

/* clang-format off */
static const struct {
    const char *name, *hex, *want;
    size_t at;
    bool fault;
} vendors[] = {
    { "nothing", "", "", 0, false },
    { "one enterprise", "00000009 03 616263", "9@0=616263 ", 0, false },
    { "several", "00000009 00 ffffffff 01 aa", "9@0= 4294967295@5=aa ", 0, false },
    { "half a number", "000000", "", 0, true },
    { "no length", "00000009", "", 0, true },
    { "one octet too few", "00000009 01 aa 00000009 02 bb", "9@0=aa ", 6, true },
    { "one octet too many", "00000009 01 aa bb", "9@0=aa ", 6, true },
};

static const struct {
    const char *name, *hex, *want;
    bool list;
} classes[] = {
    { "nothing is no list", "", "", false },
    { "RFC 3004 §4: one class", "03 616263", "616263 ", true },
    { "two classes", "03 616263 01 64", "616263 64 ", true },
    { "Microsoft's bare text", "4d534654", "", false },
    { "an empty class is none", "00", " ", false },
    { "one octet too few", "01 61 02 62", "61 ", false },
};
/* clang-format on */

static size_t write_hex(char *out, size_t size, struct slice octets)
{
    size_t n = 0;
    for (size_t k = 0; k < octets.n; k++)
        n += (size_t)snprintf(out + n, size - n, "%02x", octets.p[k]);
    return n + (size_t)snprintf(out + n, size - n, " ");
}

static void test_enterprises(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(vendors); i++) {
        struct octets value = { .n = 0 };
        struct dhcp_vendor_item item;
        struct fault why = { 0 };
        char got[512] = "";
        size_t at = 0, n = 0;
        int result;
        put_hex(&value, vendors[i].hex);
        struct slice in = guarded(octets_slice(&value));
        while ((result = dhcp_vendor_next(in, &at, &item, &why)) > 0) {
            n += (size_t)snprintf(got + n, sizeof got - n, "%u@%zu=", item.enterprise, item.at);
            n += write_hex(got + n, sizeof got - n, item.data);
        }
        expect_slice(vendors[i].name, slice_of_str(got), slice_of_str(vendors[i].want));
        assert_int_equal(result, vendors[i].fault ? -1 : 0);
        assert_int_equal(why.at, vendors[i].at);
    }
}

static void test_user_classes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
        struct octets value = { .n = 0 };
        struct slice item;
        struct fault why = { 0 };
        char got[512] = "";
        size_t at = 0, n = 0;
        put_hex(&value, classes[i].hex);
        struct slice in = guarded(octets_slice(&value));
        while (dhcp_user_class_next(in, &at, &item, &why) > 0)
            n += write_hex(got + n, sizeof got - n, item);
        expect_slice(classes[i].name, slice_of_str(got), slice_of_str(classes[i].want));
        assert_int_equal(dhcp_user_class_is_list(in), classes[i].list);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_enterprises),
        cmocka_unit_test(test_user_classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
