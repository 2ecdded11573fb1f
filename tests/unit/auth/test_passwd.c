/* SPDX-License-Identifier: ISC */
#include "rig.h"

#include <errno.h>
#include <fcntl.h>

#include "auth/passwd.h"
#include "auth/verifier.h"
#include "base/err.h"

/* RFC 7677 §3: user "user", password "pencil" */
#define RFC7677                                     \
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"  \
    "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:" \
    "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
#define SHA512                                            \
    "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjlO/" \
    "O817G3uBnIFNjnQJuesI68OTLiBFdcbYEdFCoEOfaS35inz1"
#define DES "abNANd1rDfiNc"

/* clang-format off */
static const struct {
    const char *name;
    struct slice text;
    const char *why; /* NULL: good */
    size_t count;
} files[] = {
    { "empty",            SLICE_INIT(""), NULL, 0 },
    { "comments",         SLICE_INIT("# a\n\n#\n"), NULL, 0 },
    { "one",              SLICE_INIT("demo:" SHA512 "\n"), NULL, 1 },
    { "no newline",       SLICE_INIT("demo:" SHA512), NULL, 1 },
    { "DES",              SLICE_INIT("demo:" DES), NULL, 1 },
    { "both",             SLICE_INIT("demo:" SHA512 ":" RFC7677 "\nb:" DES), NULL, 2 },
    { "verifier alone",   SLICE_INIT("user:" RFC7677), NULL, 1 },
    { "no hash",          SLICE_INIT("a:*\nb:\nc:!" DES "\nd::" RFC7677), NULL, 4 },
    { "no colon",         SLICE_INIT("demo\n"), "f:1: not name:hash[:verifier]", 0 },
    { "second line",      SLICE_INIT("# x\ndemo\n"), "f:2: not name:hash[:verifier]", 0 },
    { "empty name",       SLICE_INIT(":" DES), "f:1: a name has 1 to 255 bytes", 0 },
    { "space",            SLICE_INIT("a b:" DES), "f:1: a name has no spaces or control characters", 0 },
    { "NUL in the name",  SLICE_INIT("a\0:" DES), "f:1: a name has no spaces or control characters", 0 },
    { "NUL in the hash",  SLICE_INIT("a:" DES "\0"), "f:1: NUL in a password hash", 0 },
    { "Latin-1",          SLICE_INIT("\xfc:" DES), "f:1: name is not UTF-8", 0 },
    { "clear password",   SLICE_INIT("a:secret"), "f:1: not a password hash that crypt(3) knows", 0 },
    { "unknown method",   SLICE_INIT("a:$zz$x"), "f:1: not a password hash that crypt(3) knows", 0 },
    { "Dovecot's scheme", SLICE_INIT("a:{PLAIN}x"), "f:1: {SCHEME} prefixes are not known here, only hashes of crypt(3)", 0 },
    { "carriage return",  SLICE_INIT("a:" DES "\r\n"), "f:1: not a password hash that crypt(3) knows", 0 },
    { "third field",      SLICE_INIT("a:" DES ":1000"), "f:1: not a SCRAM-SHA-256 verifier", 0 },
    { "twice",            SLICE_INIT("a:" DES "\nb:*\nA:*\n"), "f:3: the name stands in the file twice", 0 },
    { "iterations 0",     SLICE_INIT("a:SCRAM-SHA-256$0:AAAA$x:y"), "f:1: SCRAM iterations are not from 1 to 10000000", 0 },
    { "iterations max+1", SLICE_INIT("a:SCRAM-SHA-256$10000001:AAAA$x:y"), "f:1: SCRAM iterations are not from 1 to 10000000", 0 },
    { "empty salt",       SLICE_INIT("a:SCRAM-SHA-256$1:$x:y"), "f:1: SCRAM salt is not base64 of 1 to 64 bytes", 0 },
    { "short StoredKey",  SLICE_INIT("a:SCRAM-SHA-256$1:AAAA$AAAA:y"), "f:1: SCRAM StoredKey is not base64 of 32 bytes", 0 },
    { "no keys",          SLICE_INIT("a:SCRAM-SHA-256$1:AAAA"), "f:1: SCRAM verifier is not iterations:salt$StoredKey:ServerKey", 0 },
    { "SHA-1",            SLICE_INIT("a:SCRAM-SHA-1$1:AAAA$x:y"), "f:1: not a SCRAM-SHA-256 verifier", 0 },
};
/* clang-format on */

static void account_files(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        struct buf why;
        buf_init(&why, 1024);
        struct passwd_file *file = passwd_parse("f", guarded(files[i].text), &why);
        if ((file == NULL) != (files[i].why != NULL))
            fail_msg("%s: %s", files[i].name, file ? "accepted" : "refused");
        expect_slice(files[i].name, buf_slice(&why), slice_of_str(files[i].why));
        if (file)
            assert_int_equal(passwd_count(file), files[i].count);
        passwd_free(file);
        buf_clear(&why);
    }
}

static struct passwd_file *parsed(const char *text)
{
    struct buf why;
    buf_init(&why, 1024);
    struct passwd_file *file = passwd_parse("f", slice_of_str(text), &why);
    if (!file)
        fail_msg("%.*s", SLICE_ARG(buf_slice(&why)));
    buf_clear(&why);
    return file;
}

static void lookups_ignore_ascii_case(void **state UNUSED)
{
    struct passwd_file *file = parsed("zoe:*\nBob@Example.com:" DES "\namy:" RFC7677 "\n");
    assert_non_null(passwd_find(file, SLICE("zoe")));
    const struct passwd_entry *bob = passwd_find(file, SLICE("bob@example.COM"));
    assert_non_null(bob);
    expect_slice("as the file has it", bob->name, SLICE("Bob@Example.com"));
    assert_string_equal(bob->hash, DES);
    assert_false(bob->scram.present);
    const struct passwd_entry *amy = passwd_find(file, SLICE("AMY"));
    assert_non_null(amy);
    assert_null(amy->hash);
    assert_true(amy->scram.present);
    assert_int_equal(amy->scram.iterations, 4096);
    assert_null(passwd_find(file, SLICE("bob")));
    assert_null(passwd_find(file, SLICE("")));
    assert_true(passwd_has_scram(file));
    passwd_free(file);
    file = parsed("a:" DES);
    assert_false(passwd_has_scram(file));
    passwd_free(file);
}

static void a_name_of_255_bytes_and_one_more(void **state UNUSED)
{
    struct buf text, why;
    buf_init(&text, 1024);
    buf_init(&why, 1024);
    for (int i = 0; i < 255; i++)
        buf_append_byte(&text, 'n');
    buf_append_str(&text, ":" DES);
    struct passwd_file *file = passwd_parse("f", buf_slice(&text), &why);
    assert_non_null(file);
    passwd_free(file);
    struct buf longer;
    buf_init(&longer, 1024);
    buf_append_byte(&longer, 'n');
    buf_append(&longer, buf_slice(&text));
    assert_null(passwd_parse("f", buf_slice(&longer), &why));
    buf_clear(&longer);
    buf_clear(&text);
    buf_clear(&why);
}

/* RFC 7677 §3's example, and writing gives back what was read. */
static void verifiers_are_those_of_rfc_7677(void **state UNUSED)
{
    struct scram_verifier v, made;
    struct fault why;
    struct buf out;
    buf_init(&out, 1024);
    assert_true(scram_verifier_parse(guarded(SLICE(RFC7677)), &v, &why));
    scram_verifier_write(&v, &out);
    expect_slice("round trip", buf_slice(&out), SLICE(RFC7677));
    made = v;
    memset(made.stored_key, 0, sizeof made.stored_key);
    assert_true(scram_verifier_make(&made, "pencil"));
    assert_memory_equal(made.stored_key, v.stored_key, 32);
    assert_memory_equal(made.server_key, v.server_key, 32);
    assert_true(scram_verifier_check(&v, "pencil"));
    assert_false(scram_verifier_check(&v, "pencil "));
    assert_false(scram_verifier_check(&v, ""));
    assert_false(scram_verifier_check(&v, "\x07")); /* RFC 4013 §2.3 prohibits it */
    buf_clear(&out);
}

/* RFC 4013: a soft hyphen maps to nothing, U+2168 normalises to "IX". */
static void verifiers_prepare_the_password(void **state UNUSED)
{
    struct scram_verifier v = { .iterations = 4096, .salt_n = 4, .salt = "salt" };
    assert_true(scram_verifier_make(&v, "IX"));
    assert_true(scram_verifier_check(&v, "I\xc2\xadX"));
    assert_true(scram_verifier_check(&v, "\xe2\x85\xa8"));
}

static mode_t mode_of(const char *path, ino_t *inode)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    if (inode)
        *inode = st.st_ino;
    return st.st_mode & 07777;
}

static void expect_file(const char *path, const char *text)
{
    char all[4096];
    int fd = open(path, O_RDONLY);
    ssize_t n = read(fd, all, sizeof all);
    (void)close(fd);
    assert_true(n >= 0);
    expect_slice("file", (struct slice){ (uint8_t *)all, (size_t)n }, slice_of_str(text));
}

static void a_file_that_others_can_use_is_refused(void **state UNUSED)
{
    static const struct {
        mode_t mode;
        bool good;
    } modes[] = { { 0600, true },  { 0640, true },  { 0660, true }, { 0604, false },
                  { 0602, false }, { 0601, false }, { 0644, false } };
    struct rig r = rig_new(1);
    char path[128];
    rig_path(&r, "acc", path);
    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        struct buf why;
        buf_init(&why, 1024);
        rig_write(&r, "acc", "a:*\n", modes[i].mode);
        struct passwd_file *file = passwd_load(path, &why);
        assert_int_equal(file != NULL, modes[i].good);
        passwd_free(file);
        buf_clear(&why);
    }
    struct buf why;
    buf_init(&why, 1024);
    assert_null(passwd_load(r.directory, &why)); /* not a file */
    assert_null(passwd_load("/nonexistent/x", &why));
    buf_clear(&why);
    rig_free(&r, (const char *const[]){ "acc", NULL });
}

static void set_creates_with_0600_and_both_secrets(void **state UNUSED)
{
    struct rig r = rig_new(1);
    char path[128];
    struct buf why;
    buf_init(&why, 1024);
    rig_path(&r, "acc", path);
    assert_int_equal(passwd_remove(path, SLICE("demo"), &why), ERR_NOT_FOUND);
    assert_int_equal(passwd_set(path, SLICE("demo"), SLICE("pw"), &why), 0);
    assert_int_equal(mode_of(path, NULL), 0600);
    struct passwd_file *file = passwd_load(path, &why);
    assert_non_null(file);
    const struct passwd_entry *demo = passwd_find(file, SLICE("demo"));
    assert_non_null(demo);
    assert_memory_equal(demo->hash, "$y$", 3);
    assert_true(demo->scram.iterations >= 4096);
    assert_int_equal(demo->scram.salt_n, 16);
    assert_true(scram_verifier_check(&demo->scram, "pw"));
    passwd_free(file);
    buf_clear(&why);
    rig_free(&r, (const char *const[]){ "acc", NULL });
}

static void edits_keep_the_rest_of_the_file_and_its_mode(void **state UNUSED)
{
    struct rig r = rig_new(1);
    char path[128];
    struct buf why;
    ino_t before, after;
    buf_init(&why, 1024);
    rig_path(&r, "acc", path);
    rig_write(&r, "acc", "# kept\n\na:" DES "\nB:*\nc:" DES, 0640);
    (void)mode_of(path, &before);
    assert_int_equal(passwd_remove(path, SLICE("b"), &why), 0);
    assert_int_equal(mode_of(path, &after), 0640);
    assert_int_not_equal(before, after); /* replaced, never written in place */
    expect_file(path, "# kept\n\na:" DES "\nc:" DES "\n");
    assert_int_equal(passwd_set(path, SLICE("A"), SLICE(""), &why), 0);
    expect_file(path, "# kept\n\nc:" DES "\n");
    assert_int_equal(passwd_set(path, SLICE("c"), SLICE("new"), &why), 0);
    struct passwd_file *file = passwd_load(path, &why);
    assert_int_equal(passwd_count(file), 1);
    assert_memory_equal(passwd_find(file, SLICE("C"))->hash, "$y$", 3);
    passwd_free(file);
    assert_int_equal(passwd_remove(path, SLICE("nobody"), &why), ERR_NOT_FOUND);
    buf_clear(&why);
    rig_free(&r, (const char *const[]){ "acc", NULL });
}

static void what_cannot_be_stored_is_refused(void **state UNUSED)
{
    static const struct {
        struct slice name, password;
    } cases[] = {
        { SLICE_INIT(""), SLICE_INIT("x") },     { SLICE_INIT("a:b"), SLICE_INIT("x") },
        { SLICE_INIT("a b"), SLICE_INIT("x") },  { SLICE_INIT("#a"), SLICE_INIT("x") },
        { SLICE_INIT("a\nb"), SLICE_INIT("x") }, { SLICE_INIT("\xfc"), SLICE_INIT("x") },
        { SLICE_INIT("a"), SLICE_INIT("x\0y") }, { SLICE_INIT("a"), SLICE_INIT("\xfc") },
        { SLICE_INIT("a"), SLICE_INIT("\x07") },
    };
    struct rig r = rig_new(1);
    char path[128], long_password[513];
    struct buf why;
    buf_init(&why, 4096);
    rig_path(&r, "acc", path);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_int_equal(passwd_set(path, cases[i].name, cases[i].password, &why), ERR_FORMAT);
    memset(long_password, 'x', sizeof long_password);
    struct slice at_most = { (uint8_t *)long_password, 511 }, too_long = { at_most.p, 512 };
    assert_int_equal(passwd_set(path, SLICE("a"), too_long, &why), ERR_FORMAT);
    assert_int_equal(access(path, F_OK), -1); /* nothing was made */
    assert_int_equal(passwd_set(path, SLICE("a"), at_most, &why), 0);
    rig_write(&r, "acc", "broken\n", 0600);
    assert_int_equal(passwd_set(path, SLICE("a"), SLICE("x"), &why), ERR_FORMAT);
    expect_file(path, "broken\n");
    buf_clear(&why);
    rig_free(&r, (const char *const[]){ "acc", NULL });
}

static void a_link_stays_a_link(void **state UNUSED)
{
    struct rig r = rig_new(1);
    char path[128], link[128];
    struct buf why;
    struct stat st;
    buf_init(&why, 1024);
    rig_path(&r, "acc", path);
    rig_path(&r, "link", link);
    rig_write(&r, "acc", "a:*\nb:*\n", 0600);
    assert_int_equal(symlink("acc", link), 0);
    assert_int_equal(passwd_remove(link, SLICE("a"), &why), 0);
    assert_int_equal(lstat(link, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    expect_file(path, "b:*\n");
    buf_clear(&why);
    rig_free(&r, (const char *const[]){ "acc", "link", NULL });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(account_files),
        cmocka_unit_test(lookups_ignore_ascii_case),
        cmocka_unit_test(a_name_of_255_bytes_and_one_more),
        cmocka_unit_test(verifiers_are_those_of_rfc_7677),
        cmocka_unit_test(verifiers_prepare_the_password),
        cmocka_unit_test(a_file_that_others_can_use_is_refused),
        cmocka_unit_test(set_creates_with_0600_and_both_secrets),
        cmocka_unit_test(edits_keep_the_rest_of_the_file_and_its_mode),
        cmocka_unit_test(what_cannot_be_stored_is_refused),
        cmocka_unit_test(a_link_stays_a_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
