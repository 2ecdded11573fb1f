/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "audit/link_internal.h"

static struct link_name named(const char *text)
{
    struct link_name name = { .n = strlen(text) };
    assert_true(name.n <= LINK_LABEL_MAX);
    memcpy(name.text, text, name.n);
    return name;
}

static void test_names_of_systems_and_makers_are_generic(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool generic;
    } cases[] = {
        { "iphone", true },
        { "iphone-2", true },
        { "tours-iphone", false },
        { "android", true },
        { "android-dhcp-13", true },
        { "android-1f3b5c7d9e0a1b2c", false }, /* an id drawn at the first boot */
        { "galaxy-s21", true },
        { "localhost", true },
        { "raspberrypi", true },
        { "desktop", true },
        { "desktop-k3v9q1z", false }, /* drawn at the installation of Windows */
        { "desktop-1", true },
        { "tours-laptop", false },
        { "kiosk", false },
        { "esp_07aefb", false },
        { "esp", true },
        { "redmi-note-9-pro", true },
        { "x", true },
        { "", true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct link_name name = named(cases[i].name);
        if (link_name_generic(&name) != cases[i].generic)
            fail_msg("%s", cases[i].name);
    }
}

static void test_tail_is_three_octets_in_hex(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t tail; /* 0: none */
    } cases[] = {
        { "esp_07aefb", 0x07aefb },
        { "lightify-7b5f6b", 0x7b5f6b },
        { "hub-02005e07aefb", 0x07aefb },
        { "07aefb", 0x07aefb },
        { "7aefb", 0 },
        { "facade", 0 },
        { "esp_07aefg", 0 },
        { "", 0 },
        { "a-07aefb-x", 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t tail[3] = { 0 };
        bool found = link_name_tail(guarded(slice_of_str(cases[i].name)), tail);
        uint32_t got = (uint32_t)tail[0] << 16 | (uint32_t)tail[1] << 8 | tail[2];
        if (found != (cases[i].tail != 0) || got != cases[i].tail)
            fail_msg("%s: %06x", cases[i].name, got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_of_systems_and_makers_are_generic),
        cmocka_unit_test(test_tail_is_three_octets_in_hex),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
