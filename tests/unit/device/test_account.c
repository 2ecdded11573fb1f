/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "device/device.h"

#define TEN "aaaaaaaaaa"
#define A250                                                                                    \
    TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN \
        TEN TEN

static void test_canonical_form(void **state)
{
    (void)state;
    static const struct {
        struct slice typed, realm, want; /* want empty: refused */
    } cases[] = {
        { SLICE_INIT("demo"), SLICE_INIT(""), SLICE_INIT("demo") },
        { SLICE_INIT("Demo"), SLICE_INIT("Example.ORG"), SLICE_INIT("demo@example.org") },
        { SLICE_INIT("DEMO@Other.example"), SLICE_INIT("x"), SLICE_INIT("demo@other.example") },
        { SLICE_INIT("demo@"), SLICE_INIT("x"), SLICE_INIT("demo@") },
        { SLICE_INIT("J\xc3\x9cRG"), SLICE_INIT(""), SLICE_INIT("j\xc3\x9crg") },
        { SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT("") },
        { SLICE_INIT(""), SLICE_INIT("example.org"), SLICE_INIT("") },
        { SLICE_INIT("de\0mo"), SLICE_INIT(""), SLICE_INIT("") },
        { SLICE_INIT("demo"), SLICE_INIT("x\0"), SLICE_INIT("") },
        { SLICE_INIT(A250 "aaaaa"), SLICE_INIT(""), SLICE_INIT(A250 "aaaaa") },
        { SLICE_INIT(A250 "aaaaaa"), SLICE_INIT(""), SLICE_INIT("") },
        { SLICE_INIT(A250), SLICE_INIT("four"), SLICE_INIT(A250 "@four") },
        { SLICE_INIT(A250), SLICE_INIT("five5"), SLICE_INIT("") },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct buf out;
        buf_init(&out, 1000);
        bool ok = device_account_write(guarded(cases[i].typed), guarded(cases[i].realm), &out);
        assert_int_equal(ok, cases[i].want.n > 0);
        expect_slice("account", buf_slice(&out), cases[i].want);
        buf_clear(&out);
    }
}

static void test_no_room_is_a_refusal(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 3);
    assert_false(device_account_write(SLICE("demo"), SLICE(""), &out));
    buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_canonical_form),
        cmocka_unit_test(test_no_room_is_a_refusal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
