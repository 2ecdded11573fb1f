/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "audit/audit_internal.h"
#include "saying.h"

#define WINDOWS "\1\3\6\x0f\x1f\x21\x2b\x2c\x2e\x2f\x77\x79\xf9\xfc"
#define ESP     "\1\3\x1c\6"

static void show(struct audit *audit, uint32_t file, uint8_t who, struct slice list,
                 struct slice vendor_class)
{
    struct saying s = ask(DHCP_DISCOVER, who, who);
    if (vendor_class.n)
        option(&s, DHCP_O_VENDOR_CLASS, vendor_class);
    option(&s, DHCP_O_PARAMETER_LIST, list);
    see(audit, file, s);
}

static void test_clients_of_one_habit_share_one_guess(void **state)
{
    (void)state;
    struct fingerprints *prints = fingerprints_new();
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "");
    audit->options.prints = prints;
    show(audit, file, 1, SLICE(WINDOWS), SLICE("MSFT 5.0"));
    show(audit, file, 2, SLICE(WINDOWS), SLICE("MSFT 5.0"));
    show(audit, file, 3, SLICE(ESP), SLICE(""));
    show(audit, file, 4, SLICE("\1\2\4"), SLICE(""));
    for (size_t again = 0; again < 2; again++) {
        assert_int_equal(audit_finish(audit), 0);
        assert_string_equal(client_of(audit, 1)->guess->system, "Windows 10 or 11");
        assert_ptr_equal(client_of(audit, 2)->guess, client_of(audit, 1)->guess);
        assert_string_equal(client_of(audit, 3)->guess->system, "lwIP");
        assert_null(client_of(audit, 4)->guess);
        assert_int_equal(audit->index->guesses.used, 3);
    }
    audit_free(audit);
    fingerprints_free(prints);
}

static void test_the_best_of_several_orders_counts(void **state)
{
    (void)state;
    struct fingerprints *prints = fingerprints_new();
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "");
    struct saying request = ask(DHCP_REQUEST, 1, 7);
    audit->options.prints = prints;
    show(audit, file, 1, SLICE(ESP), SLICE(""));
    assert_int_equal(audit_finish(audit), 0);
    double before = client_of(audit, 1)->guess->score;
    option(&request, 57, SLICE("\x05\xdc"));
    option(&request, DHCP_O_PARAMETER_LIST, SLICE(ESP));
    option(&request, DHCP_O_HOST_NAME, SLICE("ESP_000001"));
    see(audit, file, request);
    assert_int_equal(audit_finish(audit), 0);
    assert_true(client_of(audit, 1)->guess->score > before);
    audit_free(audit);
    fingerprints_free(prints);
}

static void test_without_fingerprints_there_is_no_guess(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "");
    show(audit, file, 1, SLICE(WINDOWS), SLICE("MSFT 5.0"));
    assert_int_equal(audit_finish(audit), 0);
    assert_null(client_of(audit, 1)->guess);
    audit_free(audit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clients_of_one_habit_share_one_guess),
        cmocka_unit_test(test_the_best_of_several_orders_counts),
        cmocka_unit_test(test_without_fingerprints_there_is_no_guess),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
