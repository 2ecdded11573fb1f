/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "device/device.h"

static void test_what_a_token_looks_like(void **state)
{
    (void)state;
    static const struct {
        struct slice token;
        enum device_shape want;
        uint8_t oui[3];
    } cases[] = {
        { SLICE_INIT(""), DEVICE_SHAPE_PLAIN, { 0 } },
        { SLICE_INIT("my phone"), DEVICE_SHAPE_PLAIN, { 0 } },
        { SLICE_INIT("00:50:C2:ab:cd:ef"), DEVICE_SHAPE_HARDWARE, { 0, 0x50, 0xc2 } },
        { SLICE_INIT("00-50-c2-ab-cd-ef"), DEVICE_SHAPE_HARDWARE, { 0, 0x50, 0xc2 } },
        { SLICE_INIT("0050.c2ab.cdef"), DEVICE_SHAPE_HARDWARE, { 0, 0x50, 0xc2 } },
        { SLICE_INIT("0050c2abcdef"), DEVICE_SHAPE_HARDWARE, { 0, 0x50, 0xc2 } },
        { SLICE_INIT("0050c2-abcdef"), DEVICE_SHAPE_HARDWARE, { 0, 0x50, 0xc2 } },
        { SLICE_INIT("00:50:c2:ff:fe:ab:cd:ef"), DEVICE_SHAPE_HARDWARE, { 0, 0x50, 0xc2 } },
        { SLICE_INIT("0050c2fffeabcdef"), DEVICE_SHAPE_HARDWARE, { 0, 0x50, 0xc2 } },
        { SLICE_INIT("00:50:c2:ab:cd"), DEVICE_SHAPE_PLAIN, { 0 } },
        { SLICE_INIT("00:50:c2:ab:cd:ef:00"), DEVICE_SHAPE_PLAIN, { 0 } },
        { SLICE_INIT("00:50-c2:ab:cd:ef"), DEVICE_SHAPE_PLAIN, { 0 } },
        { SLICE_INIT("00:50:c2:ab:cd:eg"), DEVICE_SHAPE_PLAIN, { 0 } },
        { SLICE_INIT("00:50:c2:ab:cd:e\0"), DEVICE_SHAPE_PLAIN, { 0 } },
        { SLICE_INIT("23bf83be-aad7-46aa-9e0f-39191ccf402f"), DEVICE_SHAPE_UUID, { 0 } },
        { SLICE_INIT("23BF83BE-AAD7-46AA-9E0F-39191CCF402F"), DEVICE_SHAPE_UUID, { 0 } },
        { SLICE_INIT("{23bf83be-aad7-46aa-9e0f-39191ccf402f}"), DEVICE_SHAPE_UUID, { 0 } },
        { SLICE_INIT("23bf83beaad746aa9e0f39191ccf402f"), DEVICE_SHAPE_UUID, { 0 } },
        { SLICE_INIT("23bf83be-aad7-46aa-9e0f-39191ccf402"), DEVICE_SHAPE_PLAIN, { 0 } },
        { SLICE_INIT("23bf83be-aad7-46aa-9e0f-39191ccf402ff"), DEVICE_SHAPE_PLAIN, { 0 } },
        /* RFC 9562 §5.1: the node of version 1 is a hardware address ... */
        { SLICE_INIT("c232ab00-9414-11ec-b3c8-9e6bdeced846"),
          DEVICE_SHAPE_HARDWARE,
          { 0x9e, 0x6b, 0xde } },
        { SLICE_INIT("1ec9414c-232a-6b00-b3c8-9e6bdeced846"),
          DEVICE_SHAPE_HARDWARE,
          { 0x9e, 0x6b, 0xde } },
        /* ... or random, with the multicast bit (§6.10) */
        { SLICE_INIT("c232ab00-9414-11ec-b3c8-9f6bdeced846"), DEVICE_SHAPE_UUID, { 0 } },
        { SLICE_INIT("c232ab00-9414-11ec-33c8-9e6bdeced846"), DEVICE_SHAPE_UUID, { 0 } },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint8_t oui[3] = { 0 };
        if (device_shape_of(guarded(cases[i].token), oui) != cases[i].want)
            fail_msg("\"%.*s\"", SLICE_ARG(cases[i].token));
        assert_memory_equal(oui, cases[i].oui, sizeof oui);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_what_a_token_looks_like) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
