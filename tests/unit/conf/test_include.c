/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "conf/conf.h"

static char folder[] = "/tmp/postern-conf-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    char sub[PATH_MAX];
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(sub, sizeof sub, "%s/sub", folder);
    return mkdir(sub, 0700);
}

static int remove_folder(void **state)
{
    static const char *const names[] = { "main.yaml", "a.yaml", "b.yaml", "sub/c.yaml", "sub", "" };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        char path[PATH_MAX];
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)remove(path); /* not every test makes every file */
    }
    return 0;
}

static void put(const char *name, const char *text)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(close(fd), 0);
}

static struct conf *load(const char *name, struct buf *why)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    buf_init(why, 4096);
    return conf_load(path, why);
}

/* "@" stands for the folder. */
static void expect_fault(const char *expected)
{
    struct buf why, whole;
    buf_init(&whole, 4096);
    assert_null(load("main.yaml", &why));
    for (; *expected; expected++)
        if (*expected == '@')
            buf_append_str(&whole, folder);
        else
            buf_append_byte(&whole, (uint8_t)*expected);
    expect_slice("fault", buf_slice(&why), buf_slice(&whole));
    buf_clear(&why);
    buf_clear(&whole);
}

static void sections_of_included_files_are_merged(void **state)
{
    struct buf why;
    (void)state;
    put("main.yaml", "include: [a.yaml, sub/c.yaml]\n"
                     "submission: {hostname: a.example, limits: {errors: 5}}\n"
                     "clientid: {MAC: ignore}\n");
    put("a.yaml", "submission:\n  limits:\n    failures: 2\n  realm: x\nclientid: {\"*\": auth}\n");
    put("sub/c.yaml", "user: mail\nclientid: {LATE: session}\n");
    struct conf *c = load("main.yaml", &why);
    if (!c)
        fail_msg("%.*s", (int)buf_size(&why), (const char *)buf_slice(&why).p);
    assert_int_equal(c->submission.limits.errors, 5);
    assert_int_equal(c->submission.limits.failures, 2);
    assert_string_equal(c->submission.realm, "x");
    assert_string_equal(c->user, "mail");
    assert_non_null(strstr(c->user_place.file, "/sub/c.yaml"));
    assert_int_equal(conf_place_of(c, "submission.limits.failures").line, 3);
    assert_int_equal(c->clientid.n, 3); /* the including file's first */
    assert_string_equal(c->clientid.at[0].pattern, "MAC");
    assert_string_equal(c->clientid.at[1].pattern, "*");
    assert_string_equal(c->clientid.at[2].pattern, "LATE");
    conf_free(c);
}

static void groups_may_stand_in_another_file_than_what_names_them(void **state)
{
    struct buf why;
    (void)state;
    put("main.yaml", "include: a.yaml\n"
                     "policy: {rules: [{name: r, then: deny, group: x}], places: 1}\n");
    put("a.yaml", "policy: {groups: {x: a@b}}\n");
    struct conf *c = load("main.yaml", &why);
    if (!c)
        fail_msg("%.*s", (int)buf_size(&why), (const char *)buf_slice(&why).p);
    assert_int_equal(c->policy.groups_n, 1);
    conf_free(c);
    put("a.yaml", "policy: {groups: {y: a@b}, limits: [{name: gate-novelty, group: z}]}\n");
    expect_fault("@/main.yaml:2:47: policy.rules.group: \"x\" is no group of policy.groups");
    put("main.yaml", "include: a.yaml\npolicy: {limits: []}\n");
    expect_fault("@/a.yaml:1:28: policy.limits: set twice, first at @/main.yaml:2:18");
}

static void a_key_set_in_two_files_names_both_places(void **state)
{
    (void)state;
    put("main.yaml", "include: [a.yaml, b.yaml]\nuser: x\n");
    put("a.yaml", "submission: {hostname: x.example}\n");
    put("b.yaml", "user: x\n");
    expect_fault("@/b.yaml:1:1: user: set twice, first at @/main.yaml:2:7");
    put("b.yaml", "submission:\n  hostname: b.example\n");
    expect_fault("@/b.yaml:2:3: submission.hostname: set twice, first at @/a.yaml:1:24");
    put("main.yaml", "include: a.yaml\nclientid: {MAC: auth}\n");
    put("a.yaml", "clientid:\n  mac: ignore\n");
    expect_fault("@/a.yaml:2:3: clientid.mac: set twice, first at @/main.yaml:2:12");
}

static void faults_of_included_files_name_them(void **state)
{
    (void)state;
    put("main.yaml", "include: a.yaml\n");
    put("a.yaml", "uzer: x\n");
    expect_fault("@/a.yaml:1:1: uzer: unknown key; did you mean \"user\"?");
    put("a.yaml", "[\n");
    expect_fault("@/a.yaml:2:1: yaml: expected a value here; one that holds [ ] or { } stands in "
                 "quotes");
    put("main.yaml", "user: x\ninclude: [a.yaml, none.yaml]\n");
    put("a.yaml", "state: x\n");
    expect_fault("@/main.yaml:2:19: include: cannot read \"@/none.yaml\": No such file or "
                 "directory");
    put("main.yaml", "include: sub\n");
    expect_fault("@/main.yaml:1:10: include: cannot read \"@/sub\": Is a directory");
}

static void an_included_file_includes_no_other(void **state)
{
    (void)state;
    put("main.yaml", "include: a.yaml\n");
    put("a.yaml", "include: b.yaml\n");
    expect_fault("@/a.yaml:1:1: include: an included file includes no other");
    put("main.yaml", "include: main.yaml\n");
    expect_fault("@/main.yaml:1:1: include: an included file includes no other");
}

static void at_most_sixteen_files_are_included(void **state)
{
    (void)state;
    put("main.yaml", "include: [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q]\n");
    expect_fault("@/main.yaml:1:10: include: more than 16 elements");
    put("main.yaml", "include: []\n");
    expect_fault("@/main.yaml:1:10: include: the list is empty; expected a path");
    put("main.yaml", "include: [a.yaml, a.yaml]\n");
    expect_fault("@/main.yaml:1:19: include: \"a.yaml\" is listed twice");
}

static void a_file_that_cannot_be_read_is_a_fault(void **state)
{
    struct buf why;
    (void)state;
    assert_null(load("none.yaml", &why));
    assert_true(slice_ends_nocase(buf_slice(&why), SLICE("No such file or directory")));
    buf_clear(&why);
    assert_null(load("", &why));
    assert_true(slice_ends_nocase(buf_slice(&why), SLICE("Is a directory")));
    buf_clear(&why);
}

#define SET "submission: {hostname: a.example}" /* no resolver is asked */

static void a_file_on_disk_has_at_most_one_mebibyte(void **state)
{
    static char text[(1 << 20) + 2];
    struct buf why;
    (void)state;
    memset(text, '\n', sizeof text - 1);
    memcpy(text, SET, strlen(SET));
    put("main.yaml", text);
    expect_fault("@/main.yaml:1:1: file: larger than 1 MiB");
    text[1 << 20] = '\0';
    put("main.yaml", text);
    conf_free(load("main.yaml", &why));
    assert_int_equal(buf_size(&why), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections_of_included_files_are_merged),
        cmocka_unit_test(groups_may_stand_in_another_file_than_what_names_them),
        cmocka_unit_test(a_key_set_in_two_files_names_both_places),
        cmocka_unit_test(faults_of_included_files_name_them),
        cmocka_unit_test(an_included_file_includes_no_other),
        cmocka_unit_test(at_most_sixteen_files_are_included),
        cmocka_unit_test(a_file_that_cannot_be_read_is_a_fault),
        cmocka_unit_test(a_file_on_disk_has_at_most_one_mebibyte),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
