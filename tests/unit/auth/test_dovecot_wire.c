/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "auth/dovecot_wire.h"

/* clang-format off */
static const struct {
    const char *name;
    struct slice line;
    const char *what; /* NULL: good */
    struct dovecot_line want;
} lines[] = {
    { "version",          SLICE_INIT("VERSION\t1\t2"), NULL, { .command = DOVECOT_VERSION, .major = 1 } },
    { "version 2",        SLICE_INIT("VERSION\t2\t0"), NULL, { .command = DOVECOT_VERSION, .major = 2 } },
    { "no minor",         SLICE_INIT("VERSION\t1"), "VERSION without a minor number", { 0 } },
    { "no major",         SLICE_INIT("VERSION"), "VERSION without a major number", { 0 } },
    { "bad major",        SLICE_INIT("VERSION\tx\t2"), "VERSION without a major number", { 0 } },
    { "mech",             SLICE_INIT("MECH\tPLAIN\tplaintext"), NULL, { .command = DOVECOT_MECH, .mechanism = SLICE_INIT("PLAIN") } },
    { "mech, anonymous",  SLICE_INIT("MECH\tX\tanonymous"), NULL, { .command = DOVECOT_MECH, .mechanism = SLICE_INIT("X"), .anonymous = true } },
    { "mech, private",    SLICE_INIT("MECH\tX\tmutual-auth\tprivate"), NULL, { .command = DOVECOT_MECH, .mechanism = SLICE_INIT("X"), .private = true } },
    { "mech, no name",    SLICE_INIT("MECH"), "MECH without a name", { 0 } },
    { "mech, empty",      SLICE_INIT("MECH\t"), "MECH without a name", { 0 } },
    { "spid",             SLICE_INIT("SPID\t17"), NULL, { .command = DOVECOT_SPID } },
    { "cuid",             SLICE_INIT("CUID\t1"), NULL, { .command = DOVECOT_CUID } },
    { "cookie",           SLICE_INIT("COOKIE\tabcd"), NULL, { .command = DOVECOT_COOKIE } },
    { "done",             SLICE_INIT("DONE"), NULL, { .command = DOVECOT_DONE } },
    { "empty",            SLICE_INIT(""), NULL, { .command = DOVECOT_OTHER } },
    { "unknown",          SLICE_INIT("CANCELLED\t7"), NULL, { .command = DOVECOT_OTHER } },
    { "ok",               SLICE_INIT("OK\t7\tuser=joe"), NULL, { .command = DOVECOT_OK, .id = 7, .user = SLICE_INIT("joe") } },
    { "ok, largest id",   SLICE_INIT("OK\t4294967295\tuser=joe"), NULL, { .command = DOVECOT_OK, .id = UINT32_MAX, .user = SLICE_INIT("joe") } },
    { "ok, id too large", SLICE_INIT("OK\t4294967296\tuser=joe"), "reply without an id", { 0 } },
    { "ok, id 0",         SLICE_INIT("OK\t0"), "reply without an id", { 0 } },
    { "ok, no id",        SLICE_INIT("OK"), "reply without an id", { 0 } },
    { "ok, no user",      SLICE_INIT("OK\t7"), NULL, { .command = DOVECOT_OK, .id = 7 } },
    { "ok, proxy",        SLICE_INIT("OK\t7\tuser=joe\tproxy\tpass=x"), NULL, { .command = DOVECOT_OK, .id = 7, .user = SLICE_INIT("joe"), .proxy = true } },
    { "ok, proxy=y",      SLICE_INIT("OK\t7\tproxy=y"), NULL, { .command = DOVECOT_OK, .id = 7, .proxy = true } },
    { "ok, proxy_maybe",  SLICE_INIT("OK\t7\tproxy_maybe"), NULL, { .command = DOVECOT_OK, .id = 7, .proxy = true } },
    { "ok, proxy_timeout is no proxy", SLICE_INIT("OK\t7\tproxy_timeout=1"), NULL, { .command = DOVECOT_OK, .id = 7 } },
    { "ok, nologin",      SLICE_INIT("OK\t7\tnologin"), NULL, { .command = DOVECOT_OK, .id = 7, .nologin = true } },
    { "ok, anonymous",    SLICE_INIT("OK\t7\tanonymous"), NULL, { .command = DOVECOT_OK, .id = 7, .is_anonymous = true } },
    { "cont",             SLICE_INIT("CONT\t3\tPDE+"), NULL, { .command = DOVECOT_CONT, .id = 3, .challenge = SLICE_INIT("PDE+") } },
    { "cont, empty",      SLICE_INIT("CONT\t3\t"), NULL, { .command = DOVECOT_CONT, .id = 3 } },
    { "cont, nothing",    SLICE_INIT("CONT\t3"), NULL, { .command = DOVECOT_CONT, .id = 3 } },
    { "cont, 2.4",        SLICE_INIT("CONT\t3\tYQ==\tchannel_binding=x"), NULL, { .command = DOVECOT_CONT, .id = 3, .challenge = SLICE_INIT("YQ==") } },
    { "fail",             SLICE_INIT("FAIL\t3\tuser=joe"), NULL, { .command = DOVECOT_FAIL, .id = 3, .user = SLICE_INIT("joe") } },
    { "fail, temp",       SLICE_INIT("FAIL\t3\ttemp"), NULL, { .command = DOVECOT_FAIL, .id = 3, .failure = DOVECOT_TEMPORARY } },
    { "fail, temp_fail",  SLICE_INIT("FAIL\t3\tcode=temp_fail\treason=x"), NULL, { .command = DOVECOT_FAIL, .id = 3, .failure = DOVECOT_TEMPORARY } },
    { "fail, reason only", SLICE_INIT("FAIL\t3\treason=temp"), NULL, { .command = DOVECOT_FAIL, .id = 3 } },
    { "fail, authz",      SLICE_INIT("FAIL\t3\tauthz"), NULL, { .command = DOVECOT_FAIL, .id = 3, .failure = DOVECOT_NOT_AUTHORIZED } },
    { "fail, disabled",   SLICE_INIT("FAIL\t3\tuser_disabled"), NULL, { .command = DOVECOT_FAIL, .id = 3, .failure = DOVECOT_DISABLED } },
    { "fail, expired",    SLICE_INIT("FAIL\t3\tcode=pass_expired"), NULL, { .command = DOVECOT_FAIL, .id = 3, .failure = DOVECOT_EXPIRED } },
    { "fail, unknown code", SLICE_INIT("FAIL\t3\tcode=new"), NULL, { .command = DOVECOT_FAIL, .id = 3 } },
    { "fail, no id",      SLICE_INIT("FAIL\t"), "reply without an id", { 0 } },
    { "NUL",              SLICE_INIT("OK\t7\0"), "NUL, CR or LF in a line", { 0 } },
    { "CR",               SLICE_INIT("DONE\r"), "NUL, CR or LF in a line", { 0 } },
};
/* clang-format on */

static void server_lines(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        const char *name = lines[i].name;
        const struct dovecot_line *want = &lines[i].want;
        struct dovecot_line got = { .id = 4711 };
        struct fault why = { 0 };
        bool good = dovecot_line_parse(guarded(lines[i].line), &got, &why);
        if (good != !lines[i].what)
            fail_msg("%s: %s", name, good ? "accepted" : why.what);
        if (!good) {
            assert_string_equal(why.what, lines[i].what);
            assert_true(why.at <= lines[i].line.n);
            assert_int_equal(got.id, 4711);
            continue;
        }
        if (got.command != want->command || got.major != want->major || got.id != want->id ||
            got.failure != want->failure || got.proxy != want->proxy ||
            got.nologin != want->nologin || got.is_anonymous != want->is_anonymous ||
            got.anonymous != want->anonymous || got.private != want->private)
            fail_msg("%s: not what it should be", name);
        expect_slice(name, got.mechanism, want->mechanism);
        expect_slice(name, got.user, want->user);
        expect_slice(name, got.challenge, want->challenge);
    }
}

static void escapes(void **state UNUSED)
{
    static const struct {
        struct slice clear, escaped;
    } cases[] = {
        { SLICE_INIT(""), SLICE_INIT("") },
        { SLICE_INIT("abc"), SLICE_INIT("abc") },
        { SLICE_INIT("\0\1\t\n\r"), SLICE_INIT("\0010\0011\001t\001n\001r") },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct buf out;
        buf_init(&out, 64);
        dovecot_escape(guarded(cases[i].clear), &out);
        expect_slice("escape", buf_slice(&out), cases[i].escaped);
        buf_clear(&out);
        assert_true(dovecot_unescape(guarded(cases[i].escaped), &out));
        expect_slice("unescape", buf_slice(&out), cases[i].clear);
        buf_clear(&out);
    }
    struct buf out;
    buf_init(&out, 2);
    assert_false(dovecot_unescape(SLICE("a\001"), &out));
    buf_clear(&out);
    assert_true(dovecot_unescape(SLICE("\001x"), &out)); /* any other stands for itself */
    expect_slice("other", buf_slice(&out), SLICE("x"));
    buf_clear(&out);
    assert_false(dovecot_unescape(SLICE("abc"), &out)); /* does not fit */
    buf_clear(&out);
}

static void requests(void **state UNUSED)
{
    struct address local, remote;
    struct buf out;
    buf_init(&out, 1024);
    assert_true(address_parse(SLICE("[2001:db8::1]:587"), &local));
    assert_true(address_parse(SLICE("192.0.2.7:4711"), &remote));
    struct dovecot_request request = { .mechanism = SLICE("plain"),
                                       .service = SLICE("smtp"),
                                       .session = SLICE("a\tb"),
                                       .client_id = SLICE("UUID:x"),
                                       .local = &local,
                                       .remote = &remote,
                                       .tls = true,
                                       .has_response = true,
                                       .response = SLICE("\0a\0b") };
    dovecot_request_write(&request, &out);
    expect_slice("all", buf_slice(&out),
                 SLICE("\tPLAIN\tservice=smtp\tsecured=tls\tlip=2001:db8::1\tlport=587"
                       "\trip=192.0.2.7\trport=4711\tsession=a\001tb\tclient_id=UUID:x"
                       "\tresp=AGEAYg=="));
    buf_clear(&out);
    struct address local_socket = { .un.sun_family = AF_UNIX, .n = sizeof(struct sockaddr_un) };
    request = (struct dovecot_request){ .mechanism = SLICE("SCRAM-SHA-1"),
                                        .service = SLICE("smtp"),
                                        .remote = &local_socket };
    dovecot_request_write(&request, &out);
    expect_slice("no response", buf_slice(&out), SLICE("\tSCRAM-SHA-1\tservice=smtp"));
    buf_clear(&out);
    request.has_response = true;
    dovecot_request_write(&request, &out);
    expect_slice("an empty one", buf_slice(&out), SLICE("\tSCRAM-SHA-1\tservice=smtp\tresp=="));
    buf_clear(&out);
    dovecot_auth_write(UINT32_MAX, SLICE("\tX"), &out);
    dovecot_continue_write(2, SLICE("a"), &out);
    dovecot_continue_write(2, SLICE(""), &out);
    dovecot_cancel_write(3, &out);
    expect_slice("commands", buf_slice(&out),
                 SLICE("AUTH\t4294967295\tX\nCONT\t2\tYQ==\nCONT\t2\t\nCANCEL\t3\n"));
    buf_clear(&out);
    dovecot_hello_write(77, &out);
    expect_slice("hello", buf_slice(&out), SLICE("VERSION\t1\t2\nCPID\t77\n"));
    buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_lines),
        cmocka_unit_test(escapes),
        cmocka_unit_test(requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
