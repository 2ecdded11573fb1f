/* SPDX-License-Identifier: ISC
 *
 * RFC 7819 §5.2.
 */
#include "check.h"

#include "verdict.h"

#define ID AUDIT_5_2_OPERATING_SYSTEM

static const struct row {
    const char *name;
    struct slice client;
    enum audit_verdict verdict;
    const char *text;
} rows[] = {
    { "nothing but a client-id tells nothing", OPTIONS("\x3d\x07\x01\x02\x07\x54\x00\x00\x01"),
      AUDIT_NOT_SEEN, "" },
    { "a vendor class names it", OPTIONS("\x3c\x08MSFT 5.0"), AUDIT_EXPOSED, "MSFT 5.0" },
    { "an architecture tells what it boots", OPTIONS("\x5d\x02\x00\x07"), AUDIT_EXPOSED, "" },
    { "systemd's DUID names Linux",
      OPTIONS("\x3d\x0f\xff\x00\x00\x00\x01\x00\x02\x00\x00\xab\x11\x01\x02\x03\x04"),
      AUDIT_EXPOSED, "systemd" },
    { "a host name that the system gives",
      OPTIONS("\x0c\x0f"
              "DESKTOP-AB12CD3"),
      AUDIT_EXPOSED, "Windows" },
    { "a host name of one's own does not", OPTIONS("\x0c\x06zephyr"), AUDIT_NOT_SEEN, "" },
    { "a list that no table knows is possible", OPTIONS("\x37\x03\xc8\xc7\xc6"), AUDIT_POSSIBLE,
      "" },
    { "a user class may", OPTIONS("\x4d\x05\x04iPXE"), AUDIT_POSSIBLE, "" },
};

static void test_operating_system_by_what_a_client_sends(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        expect_of_one(LIFE(.name = rows[i].name, .client = rows[i].client), ID, rows[i].verdict,
                      rows[i].text);
}

static void guess(double score, enum audit_verdict verdict, const char *text)
{
    struct life life = LIFE(.client = OPTIONS("\x37\x03\xc8\xc7\xc6"));
    struct fingerprint_guess is = { .system = "Plan 9", .by = "parameter list", .score = score };
    struct audit *audit = new_audit(0);
    live(audit, add_file(audit, "a.pcap", "office"), life);
    finish(audit);
    life_of(audit, life)->guess = &is;
    assert_int_equal(audit_attacks_judge(audit), 0);
    expect(audit, life, ID, verdict, text);
    audit_free(audit);
}

static void test_a_fingerprint_alone_exposes_by_its_score(void **state)
{
    (void)state;
    guess(0.9, AUDIT_EXPOSED, "Plan 9 (parameter list)");
    guess(0.79, AUDIT_POSSIBLE, "Plan 9 (parameter list)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_operating_system_by_what_a_client_sends),
        cmocka_unit_test(test_a_fingerprint_alone_exposes_by_its_score),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
