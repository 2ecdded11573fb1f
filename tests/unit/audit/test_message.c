/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "audit/message.h"

static void test_the_sender_by_op_and_type(void **state)
{
    (void)state;
    for (unsigned type = 0; type < 256; type++)
        for (uint8_t op = 0; op < 4; op++) {
            struct dhcp_packet packet = { .op = op, .type = (uint8_t)type };
            enum audit_sender want = op == DHCP_BOOTREPLY ? AUDIT_FROM_SERVER : AUDIT_FROM_CLIENT;
            if (type == DHCP_LEASEQUERY || type == DHCP_BULKLEASEQUERY ||
                type == DHCP_ACTIVELEASEQUERY || (type == DHCP_TLS && op != DHCP_BOOTREPLY))
                want = AUDIT_FROM_REQUESTOR;
            else if ((type >= DHCP_LEASEUNASSIGNED && type <= DHCP_LEASEACTIVE) ||
                     type == DHCP_LEASEQUERYDONE || type == DHCP_LEASEQUERYSTATUS ||
                     type == DHCP_TLS)
                want = AUDIT_TO_REQUESTOR;
            assert_int_equal(audit_message_sender(&packet), want);
        }
}

static void test_the_place_of_an_option_is_its_code_to_its_end(void **state)
{
    (void)state;
    static const uint8_t octets[] = { 0, 0, 12, 2, 'a', 'b', 12, 1, 'c' };
    struct capture_message captured = { .frame = 9 };
    struct dhcp_packet packet = { .whole = guarded((struct slice){ octets, sizeof octets }) };
    struct audit_message message = { .captured = &captured, .packet = &packet, .file = 3 };
    struct dhcp_option option = { .code = 12, .pieces = 1, .at = 2, .value = SLICE("ab") };
    struct audit_place place = audit_place_of(&message, &option);
    assert_int_equal(place.at, 2);
    assert_int_equal(place.n, 4);
    assert_int_equal(place.frame, 9);
    assert_int_equal(place.file, 3);
    option.pieces = 2; /* RFC 3396: the first of them */
    option.value = SLICE("abc");
    assert_int_equal(audit_place_of(&message, &option).n, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_sender_by_op_and_type),
        cmocka_unit_test(test_the_place_of_an_option_is_its_code_to_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
