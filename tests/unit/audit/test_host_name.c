/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "audit/host_name.h"

static const struct row {
    const char *name;
    const char *device, *system;
    bool generic;
} rows[] = {
    { "", NULL, NULL, false },
    { "zephyr", NULL, NULL, false },
    { "Annes-iPhone", "iPhone", "iOS", false },
    { "iPhone", "iPhone", "iOS", true },
    { "iphone.fritz.box", "iPhone", "iOS", true },
    { "DESKTOP-AB12CD3", NULL, "Windows", false },
    { "WIN-9K2LQ0V1ABC", NULL, "Windows", false },
    { "tours-desktop", NULL, NULL, false },
    { "desktop-annes", NULL, NULL, false },
    { "desktop-ab-2cd3", NULL, NULL, false },
    { "android-3f2a", NULL, "Android", false },
    { "ESP_07AEFB", "Espressif module", NULL, false },
    { "esperanza", NULL, NULL, false },
    { "finest", NULL, NULL, false },
    { "HS110", "TP-Link HS110", NULL, false },
    { "raspberrypi", "Raspberry Pi", "Linux", true },
    { "x.iphone", NULL, NULL, false },
};

static void expect_text(const char *name, const char *got, const char *want)
{
    if ((got == NULL) != (want == NULL) || (got && strcmp(got, want) != 0))
        fail_msg("%s: got %s, want %s", name, got ? got : "nothing", want ? want : "nothing");
}

static void test_names_of_makers_and_systems(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct audit_host_name read;
        audit_host_name_read(guarded(slice_of_str(rows[i].name)), &read);
        expect_text(rows[i].name, read.device, rows[i].device);
        expect_text(rows[i].name, read.system, rows[i].system);
        assert_int_equal(read.generic, rows[i].generic);
    }
}

static const struct spelt {
    const char *name;
    bool has;
} spelt[] = {
    { "020754000001", true },
    { "x-02-07-54-00-00-01", true },
    { "02:07:54:00:00:01", true },
    { "ABC0207540000012", true },
    { "02075400000", false },
    { "02075400000g", false },
    { "", false },
    { "0207", false },
    { "-02.07_54:00-00.01-", true },
};

static void test_a_hardware_address_spelt_in_a_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(spelt); i++)
        if (audit_host_name_has(guarded(slice_of_str(spelt[i].name)),
                                SLICE("\x02\x07\x54\x00\x00\x01")) != spelt[i].has)
            fail_msg("%s", spelt[i].name);
    assert_false(audit_host_name_has(SLICE("abc"), SLICE("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_of_makers_and_systems),
        cmocka_unit_test(test_a_hardware_address_spelt_in_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
