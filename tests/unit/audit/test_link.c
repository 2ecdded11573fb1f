/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "saying.h"

/* --- scenes: what clients say of themselves, and what links it makes -------------------------- */

enum { HERE, THERE };

struct said_of {
    uint8_t code;
    struct slice value;
};

struct scene {
    const char *name;
    struct said_of a[3], b[3]; /* of client 1 here, of client 2 */
    uint8_t where;             /* client 2 */
    int64_t later;             /* seconds between them; each repeats itself after 60 */
    unsigned kinds;            /* 0: no link */
    enum audit_link_reading reading;
    double least;
};

#define IS(kind) (1U << AUDIT_LINK_##kind)
#define OTHERS   "\x3c\x07\x54\0\0"
#define DUID_EN  "\0\2\0\0\xab\x11\1\2\3\4\5\6\7\x08"
#define UUID     "\0\x4c\x4c\x45\x44\0\x37\x10\x4d\x80\x4e\xb4\xc0\x4f\x4e\x35\x32"
#define DAY      86400

/* clang-format off */
static const struct scene scenes[] = {
    { "nothing in common", { { 12, SLICE_INIT("alder-desk") } }, { { 12, SLICE_INIT("maple-desk") } }, THERE, DAY, 0, 0, 0 },
    { "the same DUID, another IAID", { { 61, SLICE_INIT("\xff\1\1\1\1" DUID_EN) } }, { { 61, SLICE_INIT("\xff\2\2\2\2" DUID_EN) } },
      THERE, DAY, IS(DUID), AUDIT_LINK_ONE_DEVICE, 0.999 },
    { "another DUID", { { 61, SLICE_INIT("\xff\1\1\1\1" DUID_EN) } }, { { 61, SLICE_INIT("\xff\1\1\1\1" DUID_EN "\1") } },
      THERE, DAY, 0, 0, 0 },
    { "the same UUID", { { 97, SLICE_INIT(UUID) } }, { { 97, SLICE_INIT(UUID) } }, HERE, DAY, IS(DUID), AUDIT_LINK_ONE_DEVICE, 0.999 },
    { "the UUID of boards that have none", { { 97, SLICE_INIT("\0\3\0\2\0\4\0\5\0\0\6\0\7\0\x08\0\x09") } },
      { { 97, SLICE_INIT("\0\3\0\2\0\4\0\5\0\0\6\0\7\0\x08\0\x09") } }, THERE, DAY, 0, 0, 0 },
    { "a UUID of zeros", { { 97, SLICE_INIT("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") } }, { { 97, SLICE_INIT("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") } },
      THERE, DAY, 0, 0, 0 },
    { "the same opaque client-id", { { 61, SLICE_INIT("\0meter-7601") } }, { { 61, SLICE_INIT("\0meter-7601") } },
      THERE, DAY, IS(DUID), AUDIT_LINK_ONE_DEVICE, 0.999 },
    { "an opaque client-id of three octets", { { 61, SLICE_INIT("\0abc") } }, { { 61, SLICE_INIT("\0abc") } }, THERE, DAY, 0, 0, 0 },
    { "DUID-UUID and option 97", { { 61, SLICE_INIT("\xff\1\1\1\1\0\4\x4c\x4c\x45\x44\0\x37\x10\x4d\x80\x4e\xb4\xc0\x4f\x4e\x35\x32") } },
      { { 97, SLICE_INIT(UUID) } }, THERE, DAY, IS(DUID), AUDIT_LINK_ONE_DEVICE, 0.999 },
    { "each its own address", { { 61, SLICE_INIT("\1" OTHERS "\1") } }, { { 61, SLICE_INIT("\1" OTHERS "\2") } }, THERE, DAY, 0, 0, 0 },
    { "a client-id with the other's address", { { 12, SLICE_INIT("x") } }, { { 61, SLICE_INIT("\1" OTHERS "\1") } },
      THERE, DAY, IS(OTHER_HARDWARE), AUDIT_LINK_ONE_DEVICE, 0.999 },
    { "a DUID-LL of the other's address", { { 12, SLICE_INIT("x") } }, { { 61, SLICE_INIT("\xff\0\0\0\1\0\3\0\1" OTHERS "\1") } },
      THERE, DAY, IS(OTHER_HARDWARE), AUDIT_LINK_ONE_DEVICE, 0.999 },
    { "both with a third address", { { 61, SLICE_INIT("\1" OTHERS "\x63") } }, { { 61, SLICE_INIT("\1" OTHERS "\x63") } },
      THERE, DAY, IS(OTHER_HARDWARE), AUDIT_LINK_ONE_DEVICE, 0.999 },
    { "the same host name", { { 12, SLICE_INIT("tours-laptop") } }, { { 12, SLICE_INIT("Tours-Laptop") } },
      THERE, DAY, IS(NAME), AUDIT_LINK_ONE_DEVICE, 0.99 },
    { "the same name in an FQDN", { { 12, SLICE_INIT("tours-laptop") } }, { { 81, SLICE_INIT("\1\0\0tours-laptop.example.com") } },
      THERE, DAY, IS(NAME), AUDIT_LINK_ONE_DEVICE, 0.99 },
    { "a name that all of them have", { { 12, SLICE_INIT("iPhone") } }, { { 12, SLICE_INIT("iPhone") } }, THERE, DAY, 0, 0, 0 },
    { "the same name, another identity", { { 12, SLICE_INIT("kiosk") }, { 61, SLICE_INIT("\0meter-7601") } },
      { { 12, SLICE_INIT("kiosk") }, { 61, SLICE_INIT("\0meter-7602") } }, THERE, DAY, IS(NAME), AUDIT_LINK_ONE_DEVICE, 0.5 },
    { "a name with the other's tail", { { 12, SLICE_INIT("x") } }, { { 12, SLICE_INIT("ESP_000001") } },
      THERE, DAY, IS(NAME_TAIL), AUDIT_LINK_ONE_DEVICE, 0.9 },
    { "a name with its own tail", { { 12, SLICE_INIT("x") } }, { { 12, SLICE_INIT("ESP_000002") } }, THERE, DAY, 0, 0, 0 },
    /* Active at once on one link. */
    { "veto: the same host name at once", { { 12, SLICE_INIT("tours-laptop") } }, { { 12, SLICE_INIT("tours-laptop") } }, HERE, 30, 0, 0, 0 },
    { "at once, but elsewhere", { { 12, SLICE_INIT("tours-laptop") } }, { { 12, SLICE_INIT("tours-laptop") } },
      THERE, 30, IS(NAME), AUDIT_LINK_ONE_DEVICE, 0.8 },
    { "one DUID at once, two IAIDs, one name", { { 61, SLICE_INIT("\xff\1\1\1\1" DUID_EN) }, { 12, SLICE_INIT("tours-laptop") } },
      { { 61, SLICE_INIT("\xff\2\2\2\2" DUID_EN) }, { 12, SLICE_INIT("tours-laptop") } }, HERE, 30, IS(DUID) | IS(NAME), AUDIT_LINK_TWO_INTERFACES, 0.99 },
    { "one UUID at once", { { 97, SLICE_INIT(UUID) } }, { { 97, SLICE_INIT(UUID) } }, HERE, 30, IS(DUID), AUDIT_LINK_TWO_INTERFACES, 0.99 },
    { "one DUID at once, two names, two systems", { { 61, SLICE_INIT("\xff\1\1\1\1" DUID_EN) }, { 12, SLICE_INIT("alder") }, { 60, SLICE_INIT("one") } },
      { { 61, SLICE_INIT("\xff\1\1\1\1" DUID_EN) }, { 12, SLICE_INIT("maple") }, { 60, SLICE_INIT("two") } }, HERE, 30, IS(DUID), AUDIT_LINK_CLONED, 0 },
};
/* clang-format on */

static void say(struct audit *audit, uint32_t file, uint8_t who, const struct said_of *what,
                int64_t second)
{
    struct saying s = ask(DHCP_DISCOVER, who, (uint32_t)second + who);
    for (size_t i = 0; i < 3 && what[i].code; i++)
        option(&s, what[i].code, what[i].value);
    see_at(audit, file, s, second);
}

static struct audit *play(const struct scene *scene)
{
    struct audit *audit = new_audit(0);
    uint32_t files[2];
    files[HERE] = add_file(audit, "here.pcap", "here");
    files[THERE] = add_file(audit, "there.pcap", "there");
    for (int64_t i = 0; i < 2; i++) {
        say(audit, files[HERE], 1, scene->a, 1000 + 60 * i);
        say(audit, files[scene->where], 2, scene->b, 1000 + scene->later + 60 * i);
    }
    assert_int_equal(audit_links_judge(audit), 0);
    return audit;
}

static void test_what_two_clients_share_makes_a_link(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
        const struct scene *scene = &scenes[i];
        struct audit *audit = play(scene);
        const struct audit_link *link = audit->links;
        if (audit->links_n != (scene->kinds != 0))
            fail_msg("%s: %zu links", scene->name, audit->links_n);
        if (link && (link->kinds != scene->kinds || link->reading != scene->reading ||
                     link->probability < scene->least))
            fail_msg("%s: kinds %x, %s, probability %f", scene->name, link->kinds,
                     audit_link_reading_text(link->reading), link->probability);
        bool one = link && link->reading != AUDIT_LINK_CLONED;
        assert_int_equal(audit->clients[0]->device, 0);
        assert_int_equal(audit->clients[1]->device, one ? 0 : 1);
        audit_free(audit);
    }
}

/* --- evidence --------------------------------------------------------------------------------- */

static void test_a_link_shows_both_ends(void **state)
{
    (void)state;
    struct audit *audit = play(&scenes[1]);
    const struct audit_findings *evidence = &audit->links[0].evidence;
    assert_int_equal(evidence->n, 2);
    assert_int_equal(evidence->at[0].place.frame, 1);
    assert_int_equal(evidence->at[1].place.frame, 2);
    assert_int_equal(evidence->at[0].place.n, 2 + 19);
    assert_string_equal(evidence->at[0].what, "both have the same DUID");
    assert_int_equal(evidence->at[0].value.kind, ID_CLIENT_ID);
    expect_slice("the other", evidence->at[0].other.text, SLICE("3c:07:54:00:00:02"));
    expect_slice("the other", evidence->at[1].other.text, SLICE("3c:07:54:00:00:01"));
    assert_false(slice_equal(evidence->at[0].value.text, evidence->at[1].value.text)); /* IAID */
    audit_free(audit);
}

static void test_being_active_at_once_is_evidence(void **state)
{
    (void)state;
    size_t last = sizeof scenes / sizeof *scenes - 1;
    struct audit *audit = play(&scenes[last]);
    assert_true(audit->links[0].probability < 0.5); /* told whatever the threshold */
    assert_string_equal(
        audit->links[0].evidence.at[2].what,
        "both are active at once on one link, and it does not fit one device: a cloned identity");
    audit_free(audit);
}

static void test_threshold_is_where_telling_begins(void **state)
{
    (void)state;
    struct audit *audit = play(&scenes[1]);
    double p = audit->links[0].probability;
    audit->options.threshold = p;
    assert_int_equal(audit_links_judge(audit), 0);
    assert_int_equal(audit->links_n, 1);
    audit->options.threshold = p + 1e-9;
    assert_int_equal(audit_links_judge(audit), 0);
    assert_int_equal(audit->links_n, 0);
    assert_int_equal(audit->clients[1]->device, 1);
    audit_free(audit);
}

static void test_judging_again_does_not_grow(void **state)
{
    (void)state;
    struct audit *audit = play(&scenes[1]);
    size_t used = audit->memory.used;
    for (int i = 0; i < 3; i++)
        assert_int_equal(audit_links_judge(audit), 0);
    assert_int_equal(audit->memory.used, used);
    assert_int_equal(audit->links[0].evidence.n, 2);
    audit_free(audit);
}

static void test_nobody_is_no_link(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    assert_int_equal(audit_links_judge(audit), 0);
    assert_int_equal(audit->links_n, 0);
    audit_free(audit);
}

/* --- addresses -------------------------------------------------------------------------------- */

#define HOME 0xc0000205U /* 192.0.2.5 */

static void claim(struct audit *audit, uint32_t file, uint8_t who, int64_t second)
{
    struct saying s = ask(DHCP_REQUEST, who, (uint32_t)second); /* INIT-REBOOT */
    option32(&s, DHCP_O_REQUESTED_ADDRESS, HOME);
    see_at(audit, file, s, second);
}

/* Claims are noted by audit_see; they are there as soon as a message is. */
static void test_an_address_of_another_is_evidence(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t here = add_file(audit, "here.pcap", "here"),
             there = add_file(audit, "there.pcap", "there");
    see_at(audit, here, give(DHCP_ACK, 1, 7, HOME), 1000);
    claim(audit, there, 2, DAY);
    assert_int_equal(audit_links_judge(audit), 0);
    assert_int_equal(audit->links_n, 1);
    assert_int_equal(audit->links[0].kinds, IS(ADDRESS));
    assert_true(audit->links[0].probability > 0.9 && audit->links[0].probability < 0.99);
    expect_slice("the address", audit->links[0].evidence.at[0].value.text, SLICE("192.0.2.5"));
    audit_free(audit);
}

static void test_an_address_of_many_is_less(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t here = add_file(audit, "here.pcap", "here"),
             there = add_file(audit, "there.pcap", "there");
    for (uint8_t who = 1; who <= 30; who++)
        see_at(audit, here, give(DHCP_ACK, who, who, HOME), who * 1000);
    claim(audit, there, 31, DAY);
    assert_int_equal(audit_links_judge(audit), 0);
    assert_int_equal(audit->links_n, 0);
    audit_free(audit);
}

static void test_its_own_address_is_no_evidence(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t here = add_file(audit, "here.pcap", "here");
    see_at(audit, here, give(DHCP_ACK, 1, 7, HOME), 1000);
    see_at(audit, here, give(DHCP_ACK, 2, 8, HOME), DAY);
    claim(audit, here, 2, 2 * DAY);
    assert_int_equal(audit_links_judge(audit), 0);
    assert_int_equal(audit->links_n, 0);
    audit_free(audit);
}

/* --- habits and time -------------------------------------------------------------------------- */

/* A locally administered address, so that it may have been changed to. */
static void speak(struct audit *audit, uint32_t file, uint8_t who, int64_t second)
{
    struct saying s = ask(DHCP_DISCOVER, who, (uint32_t)second);
    s.octets[28] = 2;
    option(&s, DHCP_O_PARAMETER_LIST, SLICE("\1\3\6\x0f"));
    see_at(audit, file, s, second);
}

static void test_habits_convince_only_where_many_are_known(void **state)
{
    (void)state;
    for (int many = 0; many < 2; many++) {
        struct audit *audit = new_audit(0);
        uint32_t here = add_file(audit, "here.pcap", "here");
        for (uint8_t who = 10; who < (many ? 70 : 15); who++)
            speak(audit, here, who, (int64_t)who * 2 * 3600);
        speak(audit, here, 1, 1000);
        speak(audit, here, 2, 1012);
        assert_int_equal(audit_links_judge(audit), 0);
        assert_int_equal(audit->links_n, many);
        assert_true(!many ||
                    (audit->links[0].kinds == IS(HABIT) && audit->links[0].probability <= 0.91));
        audit->options.threshold = 0.1;
        assert_int_equal(audit_links_judge(audit), 0);
        assert_int_equal(audit->links_n, 1); /* none of the others came so soon */
        audit_free(audit);
    }
}

/* --- names that many have, and bounds --------------------------------------------------------- */

static void test_a_name_that_several_have_at_once_proves_little(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t here = add_file(audit, "here.pcap", "here"),
             there = add_file(audit, "there.pcap", "there");
    const struct said_of kiosk[3] = { { 12, SLICE_INIT("kiosk") } };
    for (int64_t i = 0; i < 2; i++)
        for (uint8_t who = 1; who <= 5; who++)
            say(audit, here, who, kiosk, 1000 + who + 60 * i);
    say(audit, there, 9, kiosk, DAY);
    assert_int_equal(audit_links_judge(audit), 0);
    assert_int_equal(audit->links_n, 0);
    audit_free(audit);
}

static void test_what_all_share_is_bounded_work(void **state)
{
    (void)state;
    enum { MANY = 200 };
    struct audit *audit = new_audit(0);
    uint32_t here = add_file(audit, "here.pcap", "here");
    for (uint32_t i = 0; i < MANY; i++) {
        const struct said_of id[3] = { { 61, SLICE_INIT("\0meter-7601") } };
        say(audit, here, (uint8_t)i, id, 1000 + i * INT64_C(10000));
    }
    assert_int_equal(audit_links_judge(audit), 0);
    assert_int_equal(audit->links_n, 2 * MANY - 3);
    assert_int_equal(audit->links_passed_over, MANY * (MANY - 1) / 2 - (2 * MANY - 3));
    for (uint32_t i = 0; i < MANY; i++)
        assert_int_equal(audit->clients[i]->device, 0);
    audit_free(audit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_two_clients_share_makes_a_link),
        cmocka_unit_test(test_a_link_shows_both_ends),
        cmocka_unit_test(test_being_active_at_once_is_evidence),
        cmocka_unit_test(test_threshold_is_where_telling_begins),
        cmocka_unit_test(test_judging_again_does_not_grow),
        cmocka_unit_test(test_nobody_is_no_link),
        cmocka_unit_test(test_an_address_of_another_is_evidence),
        cmocka_unit_test(test_an_address_of_many_is_less),
        cmocka_unit_test(test_its_own_address_is_no_evidence),
        cmocka_unit_test(test_habits_convince_only_where_many_are_known),
        cmocka_unit_test(test_a_name_that_several_have_at_once_proves_little),
        cmocka_unit_test(test_what_all_share_is_bounded_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
