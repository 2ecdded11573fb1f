/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "audit/fingerprint.h"
#include "base/err.h"
#include "tempdir.h"

#define WINDOWS "\1\3\6\x0f\x1f\x21\x2b\x2c\x2e\x2f\x77\x79\xf9\xfc"
#define PROFILE "\1\3\6\x0f\x1f\x21\x2b\x2c\x2e\x2f\x79\xf9\xfc"

struct own_case {
    const char *name;
    struct fingerprint_habit habit;
    const char *system, *device, *by;
    double least, most; /* score */
};

/* clang-format off */
#define CLASS(text) .vendor_class = SLICE_INIT(text)
#define PARAMETERS(text) .parameters = SLICE_INIT(text)
#define ORDER(text) .order = SLICE_INIT(text)

static const struct own_case own[] = {
    /* vendor classes that say it all */
    { "Android", { .type = 1, CLASS("android-dhcp-14") }, "Android 14", "", "vendor class", 1, 1 },
    { "Android without a release", { .type = 1, CLASS("android-dhcp-") }, "Android ", "", "vendor class", 1, 1 },
    { "Android is believed before a list of Windows'", { .type = 1, CLASS("android-dhcp-9"), PARAMETERS(WINDOWS) }, "Android 9", "", "vendor class", 1, 1 },
    { "Windows by its class alone", { .type = 1, CLASS("MSFT 5.0") }, "Windows", "", "vendor class", 1, 1 },
    { "Xbox", { .type = 1, CLASS("MSFT 5.0 XBOX") }, "Xbox", "games console", "vendor class", 1, 1 },
    { "dhcpcd in full", { .type = 1, CLASS("dhcpcd-6.11.5:Linux-4.1.18-v7+:armv7l:BCM2709") },
      "Linux 4.1.18-v7+ with dhcpcd 6.11.5", "armv7l BCM2709", "vendor class", 1, 1 },
    { "dhcpcd without a platform", { .type = 1, CLASS("dhcpcd-9.4.1:Linux-5.10:x86_64") }, "Linux 5.10 with dhcpcd 9.4.1", "x86_64", "vendor class", 1, 1 },
    { "dhcpcd, the version alone", { .type = 1, CLASS("dhcpcd-5.5.6") }, "dhcpcd 5.5.6", "", "vendor class", 1, 1 },
    { "dhcpcd with nothing", { .type = 1, CLASS("dhcpcd-") }, "dhcpcd ", "", "vendor class", 1, 1 },
    { "BusyBox", { .type = 1, CLASS("udhcp 1.35.0") }, "Linux with BusyBox 1.35.0", "", "vendor class", 1, 1 },
    { "PXE", { .type = 1, CLASS("PXEClient:Arch:00000:UNDI:002001") }, "PXE boot firmware", "*", "vendor class", 1, 1 },
    { "PXE without an architecture", { .type = 1, CLASS("PXEClient") }, "PXE boot firmware", "", "vendor class", 1, 1 },
    { "PXE with a bad one", { .type = 1, CLASS("PXEClient:Arch:9999999:UNDI:1") }, "PXE boot firmware", "", "vendor class", 1, 1 },
    { "HP's printer", { .type = 1, CLASS("Mfg=HP;Typ=Printer;Mod=HP LaserJet 4250;Ser=X;") }, "printer firmware", "Printer, HP LaserJet 4250", "vendor class", 1, 1 },
    { "what is not printable", { .type = 1, CLASS("android-dhcp-1\0\xff\n") }, "Android 1\?\?\?", "", "vendor class", 1, 1 },
    { "another class", { .type = 1, CLASS("acme") }, NULL, NULL, NULL, 0, 0 },

    /* lists and orders */
    { "Windows 11", { .type = 1, CLASS("MSFT 5.0"), PARAMETERS(WINDOWS), ORDER("\x35\x3d\x0c\x3c\x37"), .ttl = 128 },
      "Windows 10 or 11", "computer", "parameter list", 0.7, 1 },
    { "Windows' list alone", { .type = 1, PARAMETERS(WINDOWS) }, "Windows 10 or 11", "computer", "parameter list", 0.3, 0.7 },
    { "the profile's list and Linux' TTL", { .type = 1, PARAMETERS(PROFILE), ORDER("\x35\x3d\x37"), .ttl = 64 },
      "Linux with systemd-networkd, Anonymize=yes", "computer", "parameter list", 0.2, 0.7 },
    { "the profile's list and Windows' TTL", { .type = 1, PARAMETERS(PROFILE), ORDER("\x35\x3d\x37"), .ttl = 128 },
      "Windows 10 with random hardware addresses", "computer", "parameter list", 0.2, 0.7 },
    { "iOS", { .type = 1, PARAMETERS("\1\x79\3\6\x0f\x6c\x72\x77\xfc"), ORDER("\x35\x37\x39\x3d"), .max_size = 1500 },
      "iOS or iPadOS 14 or later", "phone or tablet", "parameter list", 0.7, 1 },
    { "macOS", { .type = 1, PARAMETERS("\1\x79\3\6\x0f\x6c\x72\x77\xfc\x5f\x2c\x2e") }, "macOS 11 or later", "computer", "parameter list", 0.4, 1 },
    { "dhclient", { .type = 1, PARAMETERS("\1\x1c\2\3\x0f\6\x77\x0c\x2c\x2f\x1a\x79\x2a"), ORDER("\x35\x0c\x37"), .ttl = 128 },
      "Linux with dhclient, Debian's settings", "computer", "parameter list", 0.7, 1 },
    { "dhcpcd of Debian", { .type = 1, PARAMETERS("\1\x79\3\6\x0c\x0f\x1a\x1c\x21\x33\x36\x3a\x3b\x77"), ORDER("\x35\x37\x39\x3d\x50\x91") },
      "Linux with dhcpcd", "computer", "parameter list", 0.7, 1 },
    { "dhcpcd, anonymous", { .type = 1, PARAMETERS("\1\3\x1c\x21\x3a\x3b"), ORDER("\x35\x37\x3d") }, "dhcpcd with anonymous", "computer", "parameter list", 0.6, 1 },
    { "udhcpc with a class of its device", { .type = 1, CLASS("acme"), PARAMETERS("\1\3\6\x0c\x0f\x1c\x2a") }, "Linux with BusyBox (udhcpc)", "embedded device", "parameter list", 0.3, 1 },
    { "an ESP", { .type = 1, PARAMETERS("\1\3\x1c\6") }, "lwIP", "embedded device (ESP8266, ESP32 and others)", "parameter list", 0.3, 1 },
    { "the codes of a list in another order", { .type = 1, PARAMETERS("\x2a\1\x1c\2\3\x0f\6\x77\x0c\x2c\x2f\x1a\x79") },
      "Linux with dhclient, Debian's settings", "computer", "parameter list", 0.1, 0.4 },
    { "a short list in another order tells nothing", { .type = 1, PARAMETERS("\6\x1c\3\1") }, NULL, NULL, NULL, 0, 0 },
    { "a list that nobody has", { .type = 1, PARAMETERS("\1\2\3\4\5") }, NULL, NULL, NULL, 0, 0 },
    { "nothing", { .type = 0 }, NULL, NULL, NULL, 0, 0 },
    { "a TTL alone", { .type = 1, .ttl = 128 }, NULL, NULL, NULL, 0, 0 },
};
/* clang-format on */

static void expect_guess(const struct fingerprints *p, const struct own_case *c)
{
    struct fingerprint_guess guess = { .score = -1 };
    bool found = fingerprints_find(p, &c->habit, &guess);
    if (found != (c->system != NULL))
        fail_msg("%s: found %d (%s)", c->name, found, guess.system);
    if (!found) {
        assert_true(guess.score == -1);
        return;
    }
    expect_slice(c->name, slice_of_str(guess.system), slice_of_str(c->system));
    if (strcmp(c->device, "*") != 0)
        expect_slice(c->name, slice_of_str(guess.device), slice_of_str(c->device));
    expect_slice(c->name, slice_of_str(guess.by), slice_of_str(c->by));
    expect_slice(c->name, slice_of_str(guess.source), SLICE("postern"));
    if (guess.score < c->least || guess.score > c->most)
        fail_msg("%s: score %f", c->name, guess.score);
}

static void test_our_own_table_knows_the_published_clients(void **state)
{
    (void)state;
    struct fingerprints *p = fingerprints_new();
    assert_non_null(p);
    assert_true(fingerprints_count(p) > 20);
    for (size_t i = 0; i < ARRAY_SIZE(own); i++)
        expect_guess(p, &own[i]);
    fingerprints_free(p);
    fingerprints_free(NULL);
}

static void test_a_long_vendor_class_is_cut(void **state)
{
    (void)state;
    uint8_t class[255];
    struct fingerprint_habit habit = { .vendor_class = { class, sizeof class } };
    struct fingerprint_guess guess;
    struct fingerprints *p = fingerprints_new();
    memset(class, 'x', sizeof class);
    memcpy(class, "android-dhcp-", 13);
    assert_true(fingerprints_find(p, &habit, &guess));
    assert_int_equal(strlen(guess.system), sizeof guess.system - 1);
    fingerprints_free(p);
}

#define SATORI(tests)                                                               \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- x -->\n<DHCP author=\"x\">\n" \
    "<fingerprints>\n<fingerprint name=\"Acme 3 &amp; 4\" device_type=\"Router\" "  \
    "device_vendor=\"Acme\" os_name=\"\">\n<dhcp_tests>\n" tests                    \
    "</dhcp_tests>\n</fingerprint>\n</fingerprints>\n</DHCP>\n"
#define TEST(attributes) "<test " attributes "/>\n"

struct file_case {
    const char *name;
    struct slice text;
    struct fingerprint_habit habit;
    const char *system, *device, *by;
};

static const struct file_case files[] = {
    /* clang-format off */
    { "Satori: a list", SLICE_INIT(SATORI(TEST("weight=\"5\" matchtype=\"exact\" dhcptype=\"Any\" dhcpoption55=\"1, 2,99\""))),
      { .type = 1, PARAMETERS("\1\2\x63") }, "Acme 3 & 4", "Acme Router", "parameter list" },
    { "Satori: of another message", SLICE_INIT(SATORI(TEST("weight=\"5\" matchtype=\"exact\" dhcptype=\"Request\" dhcpoption55=\"1,2,99\""))),
      { .type = 1, PARAMETERS("\1\2\x63") }, NULL, NULL, NULL },
    { "Satori: an order", SLICE_INIT(SATORI(TEST("weight=\"5\" matchtype=\"exact\" dhcptype=\"Discover\" dhcpoptions=\"53,99,98,255\""))),
      { .type = 1, ORDER("\x35\x63\x62") }, "Acme 3 & 4", "Acme Router", "option order" },
    { "Satori: a part of a list", SLICE_INIT(SATORI(TEST("weight=\"5\" matchtype=\"partial\" dhcptype=\"Discover\" dhcpoption55=\"98,99\""))),
      { .type = 1, PARAMETERS("\1\x62\x63\3") }, "Acme 3 & 4", "Acme Router", "parameter list" },
    { "Satori: a part of a class", SLICE_INIT(SATORI(TEST("weight=\"5\" matchtype=\"partial\" dhcptype=\"Discover\" dhcpvendorcode=\"acme\""))),
      { .type = 1, CLASS("the acme 5") }, "Acme 3 & 4", "Acme Router", "vendor class" },
    { "Satori: a whole class is not a part", SLICE_INIT(SATORI(TEST("weight=\"5\" matchtype=\"exact\" dhcptype=\"Discover\" dhcpvendorcode=\"acme\""))),
      { .type = 1, CLASS("the acme 5") }, NULL, NULL, NULL },
    { "Satori: a TTL alone says nothing", SLICE_INIT(SATORI(TEST("weight=\"1\" matchtype=\"exact\" dhcptype=\"Any\" ipttl=\"77\""))),
      { .type = 1, .ttl = 77 }, NULL, NULL, NULL },
    { "Satori: servers' tests are passed over", SLICE_INIT(SATORI(TEST("weight=\"5\" matchtype=\"exact\" dhcptype=\"ACK\" dhcpvendorcode=\"acme\""))),
      { .type = 5, CLASS("acme") }, NULL, NULL, NULL },
    { "Satori makes a family more exact", SLICE_INIT(SATORI(TEST("weight=\"5\" matchtype=\"partial\" dhcptype=\"Any\" dhcpvendorcode=\"dhcpcd-5.5.6\""))),
      { .type = 1, CLASS("dhcpcd-5.5.6") }, "Acme 3 & 4", "Acme Router", "vendor class" },

    { "PRADS: a line", SLICE_INIT("# x\n\n1:64:53,99,255:1,2,99:.:Acme:Three\n"),
      { .type = 1, PARAMETERS("\1\2\x63") }, "Acme Three", "", "parameter list" },
    { "PRADS: a class with colons", SLICE_INIT("1:64:53:.:a:b:c:Acme:\n"), { .type = 1, CLASS("a:b:c") }, "Acme", "", "vendor class" },
    { "PRADS: CR LF, no end", SLICE_INIT("1:64:53:1,2,99:.:Acme:4\r\n1:64:53:9,9,99:.:Acme:4"), { .type = 1, PARAMETERS("\x09\x09\x63") }, "Acme 4", "", "parameter list" },
    { "PRADS: servers' lines are passed over", SLICE_INIT("2:64:53:1,2,99:.:Acme:4\n1:1:53,77:.:.:X:\n"), { .type = 2, PARAMETERS("\1\2\x63") }, NULL, NULL, NULL },

    { "fingerbank", SLICE_INIT("[class 4]\ndescription=Routers\nmembers=1,400-499\n\n[os 404]\n# x\ndescription=Acme\nfingerprints=<<EOT\n1,2,99\n1,2,98\nEOT\n"),
      { .type = 1, PARAMETERS("\1\2\x62") }, "Acme", "Routers", "parameter list" },
    { "fingerbank: a class", SLICE_INIT("[os 404]\ndescription=Acme\nvendor_id=<<EOT\nacme\nEOT\nother=<<X\n[os 5]\nX\n"),
      { .type = 3, CLASS("acme 7") }, "Acme", "", "vendor class" },
    { "fingerbank: no class has it", SLICE_INIT("\xef\xbb\xbf[class 4]\ndescription=Routers\nmembers=400-499\n[os 500]\ndescription=Acme\nfingerprints=<<EOT\n1,2,99\nEOT\n"),
      { .type = 1, PARAMETERS("\1\2\x63") }, "Acme", "", "parameter list" },
    /* clang-format on */
};

static void test_files_that_a_user_may_have(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        const struct file_case *c = &files[i];
        struct fingerprints *p = fingerprints_new();
        struct fingerprint_guess guess;
        struct buf why CLEANUP(buf_clear);
        bool found;
        buf_init(&why, 1000);
        if (fingerprints_parse(p, guarded(c->text), "dir/x.fp", &why) != 0)
            fail_msg("%s: %.*s", c->name, SLICE_ARG(buf_slice(&why)));
        found = fingerprints_find(p, &c->habit, &guess);
        if (found != (c->system != NULL))
            fail_msg("%s: found %d", c->name, found);
        if (found) {
            expect_slice(c->name, slice_of_str(guess.system), slice_of_str(c->system));
            expect_slice(c->name, slice_of_str(guess.device), slice_of_str(c->device));
            expect_slice(c->name, slice_of_str(guess.by), slice_of_str(c->by));
            expect_slice(c->name, slice_of_str(guess.source), SLICE("x.fp"));
        }
        fingerprints_free(p);
    }
}

static const struct {
    struct slice text;
    int error;
    const char *why;
} faults[] = {
    /* clang-format off */
    { SLICE_INIT(""), ERR_FORMAT, "x:1: no fingerprints: neither Satori's, PRADS' nor fingerbank's form" },
    { SLICE_INIT("# nothing\n"), ERR_FORMAT, "x:1: no fingerprints: neither Satori's, PRADS' nor fingerbank's form" },
    { SLICE_INIT("\n1:64:53:.:.:Acme\n"), ERR_FORMAT, "x:2: fewer than seven fields" },
    { SLICE_INIT("one:64:53:.:.:Acme:\n"), ERR_FORMAT, "x:1: the message type is no number up to 255" },
    { SLICE_INIT("1:256:53:.:.:Acme:\n"), ERR_FORMAT, "x:1: the TTL is no number up to 255" },
    { SLICE_INIT("1:64:53,x:.:.:Acme:\n"), ERR_FORMAT, "x:1: not a list of option codes" },
    { SLICE_INIT("1:64:53:1,256:.:Acme:\n"), ERR_FORMAT, "x:1: not a list of option codes" },
    { SLICE_INIT("1:64:53:1\0,2:.:Acme:\n"), ERR_FORMAT, "x:1: not a list of option codes" },
    { SLICE_INIT("1:64:53:.:.::\n"), ERR_FORMAT, "x:1: no system" },
    { SLICE_INIT("[os 4\n"), ERR_FORMAT, "x:1: a section without its end" },
    { SLICE_INIT("[os]\n"), ERR_FORMAT, "x:1: an os without a number" },
    { SLICE_INIT("[os x]\n"), ERR_FORMAT, "x:1: an os without a number" },
    { SLICE_INIT("[os 4]\nx\n"), ERR_FORMAT, "x:2: neither a section nor a key with a value" },
    { SLICE_INIT("[os 4]\nfingerprints=<<EOT\n"), ERR_FORMAT, "x:2: a list before the description" },
    { SLICE_INIT("[os 4]\ndescription=A\nfingerprints=<<\n"), ERR_FORMAT, "x:3: a list without a word for its end" },
    { SLICE_INIT("[os 4]\ndescription=A\nfingerprints=<<EOT\n1\n"), ERR_FORMAT, "x:4: a list without its end" },
    { SLICE_INIT("[os 4]\ndescription=A\nfingerprints=<<EOT\n1,x\nEOT\n"), 0, "x:4: not a list of option codes: passed over" },
    { SLICE_INIT("<html/>"), ERR_FORMAT, "x:1: the document is no DHCP of Satori's" },
    { SLICE_INIT("<DHCP>\n<x>"), ERR_FORMAT, "x:2: no element found" },
    { SLICE_INIT("<DHCP>\n<x></y></DHCP>"), ERR_FORMAT, "x:2: mismatched tag" },
    { SLICE_INIT("<!DOCTYPE DHCP [\n<!ENTITY a \"b\">]><DHCP/>"), ERR_FORMAT, "x:1: a document type is not allowed" },
    { SLICE_INIT("<DHCP/>"), ERR_FORMAT, "x:1: no fingerprints: neither Satori's, PRADS' nor fingerbank's form" },
    { SLICE_INIT(SATORI(TEST("dhcptype=\"Any\" dhcpoption55=\"x\""))), 0, "x:7: a test that cannot be read: passed over" },
    { SLICE_INIT(SATORI(TEST("dhcptype=\"Any\" ipttl=\"999\""))), 0, "x:7: a test that cannot be read: passed over" },
    /* clang-format on */
};

static void test_faults_are_told_with_file_and_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
        struct fingerprints *p = fingerprints_new();
        struct buf why CLEANUP(buf_clear);
        buf_init(&why, 1000);
        int error = fingerprints_parse(p, guarded(faults[i].text), "x", &why);
        expect_slice(faults[i].why, buf_slice(&why), slice_of_str(faults[i].why));
        assert_int_equal(error, faults[i].error);
        fingerprints_free(p);
    }
}

static void test_a_list_has_at_most_255_codes(void **state)
{
    (void)state;
    for (size_t n = 255; n <= 256; n++) {
        struct fingerprints *p = fingerprints_new();
        struct buf text CLEANUP(buf_clear), why CLEANUP(buf_clear);
        buf_init(&text, 4096);
        buf_init(&why, 1000);
        buf_append_str(&text, "1:64:53:7");
        for (size_t i = 1; i < n; i++)
            buf_append_str(&text, ",7");
        buf_append_str(&text, ":.:Acme:\n");
        int error = fingerprints_parse(p, buf_slice(&text), "x", &why);
        assert_int_equal(error, n == 255 ? 0 : ERR_FORMAT);
        fingerprints_free(p);
    }
}

static void test_files_are_read_and_their_absence_told(void **state)
{
    (void)state;
    struct tempdir t;
    struct fingerprints *p = fingerprints_new();
    struct buf why CLEANUP(buf_clear);
    size_t before = fingerprints_count(p);
    tempdir_make(&t);
    buf_init(&why, 4096);
    const char *path = tempdir_file(&t, "x.fp");
    assert_true(fingerprints_read(p, path, &why) < 0);
    assert_non_null(memmem(buf_slice(&why).p, buf_size(&why), "x.fp: ", 6));
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    assert_true(fputs("1:64:53:1,2,99:.:Acme:\n", f) >= 0);
    assert_int_equal(fclose(f), 0);
    buf_clear(&why);
    assert_int_equal(fingerprints_read(p, path, &why), 0);
    assert_int_equal(buf_size(&why), 0);
    assert_int_equal(fingerprints_count(p), before + 1);
    fingerprints_free(p);
    tempdir_remove(&t);
}

/* A real one, where Debian's package is installed. */
static void test_prads_own_file_is_read_whole(void **state)
{
    (void)state;
    static const struct fingerprint_habit linspire = {
        .type = 1,
        PARAMETERS("\1\x1c\2\3\x0f\6\x0c\x2c\x2f"),
        ORDER("\x35\x0c\x37"),
    };
    struct fingerprint_guess guess;
    struct buf why CLEANUP(buf_clear);
    buf_init(&why, 4096);
    if (access("/etc/prads/dhcp.fp", R_OK) != 0)
        skip();
    struct fingerprints *p = fingerprints_new();
    if (fingerprints_read(p, "/etc/prads/dhcp.fp", &why) != 0)
        fail_msg("%.*s", SLICE_ARG(buf_slice(&why)));
    assert_true(fingerprints_find(p, &linspire, &guess));
    assert_string_equal(guess.system, "Linux Linspire 5.0-69");
    assert_string_equal(guess.source, "dhcp.fp");
    fingerprints_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_our_own_table_knows_the_published_clients),
        cmocka_unit_test(test_a_long_vendor_class_is_cut),
        cmocka_unit_test(test_files_that_a_user_may_have),
        cmocka_unit_test(test_faults_are_told_with_file_and_line),
        cmocka_unit_test(test_a_list_has_at_most_255_codes),
        cmocka_unit_test(test_prads_own_file_is_read_whole),
        cmocka_unit_test(test_files_are_read_and_their_absence_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
