/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "saying.h"

struct step {
    uint32_t xid;
    uint16_t secs, ip_id;
    uint8_t ttl;
};

static struct audit *run(const struct step *steps, size_t n)
{
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "a");
    for (size_t i = 0; i < n; i++) {
        struct saying s = ask(DHCP_DISCOVER, 1, steps[i].xid);
        s.octets[8] = (uint8_t)(steps[i].secs >> 8);
        s.octets[9] = (uint8_t)steps[i].secs;
        s.captured.ip_id = steps[i].ip_id;
        s.captured.ttl = steps[i].ttl;
        see(audit, file, s);
    }
    assert_int_equal(audit_finish(audit), 0);
    return audit;
}

static void test_how_header_fields_change_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct step steps[3];
        const char *text;
    } cases[] = {
        { "random", { { 900000, 0, 7, 64 }, { 5, 0, 9000, 64 }, { 70000, 0, 3, 64 } }, "TTL 64" },
        { "counting",
          { { 5, 0, 7, 128 }, { 6, 0, 8, 128 }, { 9, 0, 20, 128 } },
          "TTL 128, xid counts up, IP ID counts up" },
        { "secs",
          { { 5, 1, 0, 60 }, { 5, 4, 0, 60 }, { 5, 9, 0, 60 } },
          "TTL 64, secs counts, IP ID 0" },
        { "secs of another exchange",
          { { 5, 1, 0, 255 }, { 90000, 4, 0, 255 }, { 800000, 9, 0, 255 } },
          "TTL 255, IP ID 0" },
        { "ttl",
          { { 5, 0, 0, 64 }, { 5, 0, 0, 63 }, { 5, 0, 0, 64 } },
          "TTL 64, TTL varies, IP ID 0" },
        { "a counter wraps",
          { { UINT32_MAX, 0, 0xffff, 1 }, { 0, 0, 0, 1 }, { 1, 0, 1, 1 } },
          "TTL 32, xid counts up, IP ID counts up" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct audit *audit = run(cases[i].steps, ARRAY_SIZE(cases[i].steps));
        const struct audit_trait *habits = audit_trait_first(client_of(audit, 1), ID_HEADER_HABITS);
        struct buf text;
        buf_init(&text, 256);
        assert_non_null(habits);
        audit_value_text(habits->value, &text);
        expect_slice(cases[i].name, buf_slice(&text), slice_of_str(cases[i].text));
        buf_clear(&text);
        audit_free(audit);
    }
}

static void test_a_client_that_never_changes_its_xid(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "a");
    join(audit, file, 1, 7, 0xc0000205);
    assert_false(client_of(audit, 1)->habits.xid_repeats);
    join(audit, file, 1, 7, 0xc0000205);
    assert_true(client_of(audit, 1)->habits.xid_repeats);
    assert_int_equal(client_of(audit, 1)->habits.exchanges, 2);
    audit_free(audit);
}

/* What a relay agent passes on has its own IP header. */
static void test_the_header_of_a_relay_agent_is_not_the_clients(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "a");
    struct saying s = ask(DHCP_DISCOVER, 1, 7);
    put32(s.octets + 24, 0xc0000201);
    s.octets[10] = 0x80;
    see(audit, file, s);
    assert_int_equal(client_of(audit, 1)->habits.ttl, 0);
    assert_true(client_of(audit, 1)->habits.broadcast);
    audit_free(audit);
}

static void test_habits_are_one_value_and_change_with_what_is_seen(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "a");
    see(audit, file, ask(DHCP_DISCOVER, 1, 7));
    see(audit, file, ask(DHCP_DISCOVER, 2, 7));
    assert_int_equal(audit_finish(audit), 0);
    const struct audit_trait *one = audit_trait_first(client_of(audit, 1), ID_HEADER_HABITS);
    const struct audit_value *before = one->value;
    assert_int_equal(before->clients, 2);
    struct saying s = ask(DHCP_DISCOVER, 1, 90000);
    s.octets[10] = 0x80;
    see(audit, file, s);
    assert_int_equal(audit_finish(audit), 0);
    assert_ptr_not_equal(one->value, before);
    assert_int_equal(before->clients, 1);
    assert_int_equal(one->value->clients, 1);
    assert_null(audit_trait_next(one));
    audit_free(audit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_how_header_fields_change_is_told),
        cmocka_unit_test(test_a_client_that_never_changes_its_xid),
        cmocka_unit_test(test_the_header_of_a_relay_agent_is_not_the_clients),
        cmocka_unit_test(test_habits_are_one_value_and_change_with_what_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
