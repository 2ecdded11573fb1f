/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

#include "submit/sender.h"
#include "tempdir.h"

static const char map_text[] = "# who may use what\n"
                               "\n"
                               "demo  alias@example.net, Other@Example.ORG\r\n"
                               "  team\t@example.com ,, x@y\n"
                               "demo second@example.net\n"
                               "boss *\n"
                               "last a@b";

static struct sender_map *map_of(struct slice text)
{
    struct buf why;
    buf_init(&why, 1024);
    struct sender_map *map = sender_map_parse("senders", guarded(text), &why);
    if (!map)
        fail_msg("%.*s", SLICE_ARG(buf_slice(&why)));
    buf_clear(&why);
    return map;
}

/* clang-format off */
static const struct { const char *name; struct slice text, fault; } faults[] = {
    { "no address", SLICE_INIT("demo\n"), SLICE_INIT("senders:1: an account without addresses") },
    { "only spaces", SLICE_INIT("a b@c\n\ndemo \t \n"), SLICE_INIT("senders:3: an account without addresses") },
    { "no at", SLICE_INIT("# x\ndemo a@b, nobody"), SLICE_INIT("senders:2: not an address, \"@domain\" or \"*\"") },
    { "empty domain", SLICE_INIT("demo @"), SLICE_INIT("senders:1: not an address, \"@domain\" or \"*\"") },
    { "bad domain", SLICE_INIT("demo @a..b"), SLICE_INIT("senders:1: not an address, \"@domain\" or \"*\"") },
    { "star as a local part", SLICE_INIT("demo *@b"), SLICE_INIT("") },
    { "NUL", SLICE_INIT("demo a\0b@c"), SLICE_INIT("senders:1: not an address, \"@domain\" or \"*\"") },
    { "two words", SLICE_INIT("demo a@b c@d"), SLICE_INIT("senders:1: not an address, \"@domain\" or \"*\"") },
};
/* clang-format on */

static void a_fault_names_file_and_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct buf why;
        buf_init(&why, 1024);
        struct sender_map *map = sender_map_parse("senders", guarded(faults[i].text), &why);
        if ((map == NULL) != (faults[i].fault.n > 0))
            fail_msg("%s: %s", faults[i].name, map ? "taken" : "refused");
        expect_slice(faults[i].name, buf_slice(&why), faults[i].fault);
        sender_map_free(map);
        buf_clear(&why);
    }
}

static void a_map_is_read_from_its_file(void **state)
{
    struct tempdir dir;
    struct buf why;
    (void)state;
    tempdir_make(&dir);
    const char *path = tempdir_file(&dir, "senders");
    buf_init(&why, 1024);
    assert_null(sender_map_load(path, &why));
    assert_true(slice_starts(buf_slice(&why), slice_of_str(path)));
    FILE *f = fopen(path, "w");
    assert_int_equal(fwrite(map_text, 1, sizeof map_text - 1, f), sizeof map_text - 1);
    assert_int_equal(fclose(f), 0);
    struct sender_map *map = sender_map_load(path, &why);
    assert_non_null(map);
    sender_map_free(map);
    sender_map_free(NULL);
    buf_clear(&why);
    assert_null(sender_map_load(dir.path, &why)); /* a folder */
    buf_clear(&why);
    tempdir_remove(&dir);
}

/* clang-format off */
static const struct {
    enum conf_sender mode; const char *realm, *account, *address; bool allowed;
} cases[] = {
    /* any: whoever; own: the account's address and its aliases; the local part's case is folded */
    { CONF_SENDER_ANY,  "", "demo", "x@else.example", true },
    { CONF_SENDER_OWN,  "", "demo@example.net", "demo@example.net", true },
    { CONF_SENDER_OWN,  "", "demo@example.net", "Demo@EXAMPLE.net", true },
    { CONF_SENDER_OWN,  "", "demo@example.net", "demo@example.com", false },
    { CONF_SENDER_OWN,  "", "demo@example.net", "demon@example.net", false },
    { CONF_SENDER_OWN,  "", "demo@example.net", "dem@example.net", false },
    { CONF_SENDER_OWN,  "", "demo@example.net", "\"demo\"@example.net", true },
    { CONF_SENDER_OWN,  "", "demo@example.net", "demo@[192.0.2.1]", false },
    { CONF_SENDER_OWN,  "example.net", "demo", "demo@example.net", true },
    { CONF_SENDER_OWN,  "example.net", "demo", "demo@example.org", false },
    { CONF_SENDER_OWN,  "", "demo", "demo@example.net", false }, /* no domain: nothing is its own */
    { CONF_SENDER_OWN,  "", "demo", "alias@example.net", true },
    { CONF_SENDER_OWN,  "", "DEMO", "other@example.org", true },
    { CONF_SENDER_OWN,  "", "demo", "second@example.net", true }, /* on a line of its own */
    { CONF_SENDER_OWN,  "", "dem", "alias@example.net", false },
    { CONF_SENDER_OWN,  "", "demo2", "alias@example.net", false },
    /* map: only what it says */
    { CONF_SENDER_MAP,  "example.net", "demo", "demo@example.net", false },
    { CONF_SENDER_MAP,  "", "demo", "alias@example.net", true },
    { CONF_SENDER_MAP,  "", "team", "whoever@example.com", true },
    { CONF_SENDER_MAP,  "", "team", "whoever@sub.example.com", false },
    { CONF_SENDER_MAP,  "", "team", "x@y", true },
    { CONF_SENDER_MAP,  "", "team", "y@x", false },
    { CONF_SENDER_MAP,  "", "boss", "x@else.example", true },
    { CONF_SENDER_MAP,  "", "last", "a@b", true },
    { CONF_SENDER_MAP,  "", "nobody", "a@b", false },
    { CONF_SENDER_MAP,  "", "#", "what@x", false },
    /* auto: own where there is a domain, else any */
    { CONF_SENDER_AUTO, "", "demo", "x@else.example", true },
    { CONF_SENDER_AUTO, "", "demo@example.net", "x@else.example", false },
    { CONF_SENDER_AUTO, "", "demo@example.net", "demo@example.net", true },
    { CONF_SENDER_AUTO, "example.net", "demo", "x@else.example", false },
    { CONF_SENDER_AUTO, "example.net", "demo", "demo@example.net", true },
    { CONF_SENDER_AUTO, "", "demo@", "x@else.example", true },
    { CONF_SENDER_OWN,  "", "a@b@c", "b@c", false },
};
/* clang-format on */

static void who_may_use_which_address(void **state)
{
    struct sender_map *map =
        map_of((struct slice){ (const uint8_t *)map_text, sizeof map_text - 1 });
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sender_policy policy = { cases[i].mode, map, slice_of_str(cases[i].realm) };
        struct smtp_path path;
        struct fault why;
        assert_true(smtp_mailbox_parse(slice_of_str(cases[i].address), &path, &why));
        if (sender_allowed(&policy, slice_of_str(cases[i].account), &path) != cases[i].allowed)
            fail_msg("%s as %s in mode %u", cases[i].account, cases[i].address, cases[i].mode);
    }
    sender_map_free(map);
}

static void without_a_map_only_the_own_address_is_left(void **state)
{
    struct sender_policy own = { CONF_SENDER_OWN, NULL, SLICE("example.net") };
    struct sender_policy map = { CONF_SENDER_MAP, NULL, SLICE("example.net") };
    struct smtp_path path;
    struct fault why;
    (void)state;
    assert_true(smtp_mailbox_parse(SLICE("demo@example.net"), &path, &why));
    assert_true(sender_allowed(&own, SLICE("demo"), &path));
    assert_false(sender_allowed(&own, SLICE("demi"), &path));
    assert_false(sender_allowed(&map, SLICE("demo"), &path));
}

static void the_null_sender_is_allowed_to_everybody(void **state)
{
    static const struct smtp_path null;
    struct sender_policy policy = { CONF_SENDER_MAP, NULL, { 0 } };
    (void)state;
    assert_true(sender_allowed(&policy, SLICE("demo"), &null));
}

/* clang-format off */
static const struct { const char *name; struct slice from; unsigned fields; bool allowed; } froms[] = {
    { "own", SLICE_INIT(" demo@example.net\r\n"), 1, true },
    { "with a name", SLICE_INIT(" Demo <demo@example.net>\r\n"), 1, true },
    { "folded", SLICE_INIT(" \"x\"\r\n (c) <demo@example.net>\r\n"), 1, true },
    { "a name that looks like another", SLICE_INIT(" \"boss@example.net\" <demo@example.net>\r\n"), 1, true },
    { "another", SLICE_INIT(" boss@example.net\r\n"), 1, false },
    { "own name, another address", SLICE_INIT(" demo@example.net <boss@example.net>\r\n"), 1, false },
    { "two own", SLICE_INIT(" demo@example.net, DEMO@example.net\r\n"), 1, true },
    { "one of two", SLICE_INIT(" demo@example.net, boss@example.net\r\n"), 1, false },
    { "own in a group", SLICE_INIT(" us: demo@example.net;\r\n"), 1, true },
    { "another in a group", SLICE_INIT(" us: demo@example.net, boss@example.net;\r\n"), 1, false },
    { "an empty group", SLICE_INIT(" nobody:;\r\n"), 1, false },
    { "nothing", SLICE_INIT("\r\n"), 1, false },
    { "too long to be kept", SLICE_INIT(""), 1, false },
    { "null path", SLICE_INIT(" <>\r\n"), 1, false },
    { "no domain", SLICE_INIT(" demo\r\n"), 1, false },
    { "broken", SLICE_INIT(" demo@example.net <\r\n"), 1, false },
    { "two fields", SLICE_INIT(" demo@example.net\r\n demo@example.net\r\n"), 2, false },
    { "no field at all", SLICE_INIT(""), 0, true },
};
/* clang-format on */

static void every_address_of_from_must_be_allowed(void **state)
{
    struct sender_policy policy = { CONF_SENDER_OWN, NULL, { 0 } };
    (void)state;
    for (size_t i = 0; i < sizeof froms / sizeof *froms; i++)
        if (sender_from_allowed(&policy, SLICE("demo@example.net"), guarded(froms[i].from),
                                froms[i].fields) != froms[i].allowed)
            fail_msg("%s", froms[i].name);
}

static void so_many_addresses_are_read_and_no_more(void **state)
{
    struct sender_policy policy = { CONF_SENDER_OWN, NULL, { 0 } };
    struct buf from;
    (void)state;
    buf_init(&from, 65536);
    for (unsigned i = 0; i < 64; i++)
        buf_append_str(&from, i ? ",demo@example.net" : "demo@example.net");
    assert_true(sender_from_allowed(&policy, SLICE("demo@example.net"), buf_slice(&from), 1));
    buf_append_str(&from, ",demo@example.net");
    assert_false(sender_from_allowed(&policy, SLICE("demo@example.net"), buf_slice(&from), 1));
    buf_clear(&from);
}

static void an_unrestricted_account_may_write_what_it_likes(void **state)
{
    struct sender_policy policy = { CONF_SENDER_AUTO, NULL, { 0 } };
    (void)state;
    assert_false(sender_is_restricted(&policy, SLICE("demo")));
    assert_true(sender_is_restricted(&policy, SLICE("demo@example.net")));
    assert_true(sender_from_allowed(&policy, SLICE("demo"), SLICE(" <<<\r\n"), 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fault_names_file_and_line),
        cmocka_unit_test(a_map_is_read_from_its_file),
        cmocka_unit_test(who_may_use_which_address),
        cmocka_unit_test(without_a_map_only_the_own_address_is_left),
        cmocka_unit_test(the_null_sender_is_allowed_to_everybody),
        cmocka_unit_test(every_address_of_from_must_be_allowed),
        cmocka_unit_test(so_many_addresses_are_read_and_no_more),
        cmocka_unit_test(an_unrestricted_account_may_write_what_it_likes),
    };
    return cmocka_run_group_tests_name("submit/sender", tests, NULL, NULL);
}
