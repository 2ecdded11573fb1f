/* SPDX-License-Identifier: ISC
 *
 * The check procedure of draft-allman-dkim-ssp-02 §4.3, step by step: each row is one test.
 */
#include "check.h"

#include "practices_script.h"

#define H      "host.example.com"
#define HJ     "jdoe@host.example.com"
#define J      "jdoe@example.com"
#define UJ     "jdoe._user.example.com"
#define UHJ    "jdoe._user.host.example.com"
#define LABEL1 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" /* 63 */
#define LONG   LABEL1 "." LABEL1 "." LABEL1 ".example"                           /* 199 */
#define L300                                                                                       \
    "x=" LABEL1 LABEL1 LABEL1 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa|aa" \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;p=strict"

enum {
    LOG = 1,        /* something for the log */
    ACCEPTED = 2,   /* list.example is the accepted signer */
    LETTER = 4,     /* S9: t=y of a user record is not honoured */
    USER_LEVEL = 8, /* practice (4) of §3 was met */
    TESTING = 16,   /* t=y decided */
    NO_TLD = 32,    /* S13: parents of one label are not asked */
    ANY_CASE = 64,  /* S25 */
    BELOW = 128     /* .list.example: all below are accepted too */
};

/* verdicts */
#define N POSTERN_NON_SUSPICIOUS
#define S POSTERN_SUSPICIOUS
#define T POSTERN_VERDICT_TEMPERROR
#define E POSTERN_VERDICT_PERMERROR

/* clang-format off */
static const struct row {
    const char *id, *from, *signatures;
    struct script_row dns[SCRIPT_MAX];
    unsigned practice; /* of §3, as applied at last */
    enum postern_verdict verdict;
    unsigned step;
    size_t queries;
    unsigned flags;
} rows[] = {
    /* ---- the decision table ---- */
    { "orig-valid", J, "O", { { 0 } }, 0, N, 1, 0, 0 },
    { "orig-valid-plus-others", J, "T!,X,O", { { 0 } }, 0, N, 1, 0, 0 },
    { "orig-valid-nx-domain", J, "O", { { EX, "!nxdomain" } }, 0, N, 1, 0, 0 },
    { "dom-nx", J, "", { { EX, "!nxdomain" } }, 5, S, 2, 1, 0 },
    { "dom-nx-thirdparty", J, "T", { { EX, "!nxdomain" } }, 5, S, 2, 1, 0 },
    { "dom-nx-parent-never-asked", HJ, "", { { H, "!nxdomain" } }, 5, S, 2, 1, 0 },
    { "unknown-unsigned", J, "", { { EX, "p=unknown" } }, 1, N, 7, 1, 0 },
    { "unknown-badsig", J, "O!", { { EX, "p=unknown" } }, 1, N, 7, 1, 0 },
    { "p-absent", J, "", { { EX, "t=s" } }, 1, N, 7, 1, 0 },
    { "p-illegal-value", J, "", { { EX, "p=bogus" } }, 1, N, 7, 1, LOG },
    { "p-empty-value", J, "", { { EX, "p=" } }, 1, N, 7, 1, LOG },
    { "all-unsigned", J, "", { { EX, "p=all" } }, 2, S, 9, 1, 0 },
    { "all-badsig", J, "O!", { { EX, "p=all" } }, 2, S, 9, 1, 0 },
    { "all-thirdparty", J, "T", { { EX, "p=all" } }, 2, N, 8, 1, 0 },
    { "all-thirdparty-unaccepted", J, "X", { { EX, "p=all" } }, 2, S, 9, 1, ACCEPTED },
    { "all-thirdparty-fails", J, "T!", { { EX, "p=all" } }, 2, S, 9, 1, 0 },
    { "all-same-domain-other-user", J, "joe", { { EX, "p=all" } }, 2, N, 8, 1, 0 },
    { "strict-unsigned", J, "", { { EX, "p=strict" } }, 3, S, 9, 1, 0 },
    { "strict-thirdparty", J, "T", { { EX, "p=strict" } }, 3, S, 9, 1, 0 },
    { "strict-same-domain-other-user", J, "joe", { { EX, "p=strict" } }, 3, S, 9, 1, 0 },
    { "strict-parent-d-without-i", HJ, "parent", { { H, "p=strict" } }, 3, S, 9, 1, 0 },
    { "strict-parent-d-with-i-sub", HJ, "sub", { { 0 } }, 0, N, 1, 0, 0 },
    { "strict-uppercase", J, "", { { EX, "p=STRICT" } }, 3, S, 9, 1, 0 },
    { "strict-uppercase-tagname", J, "", { { EX, "P=strict" } }, 1, N, 7, 1, 0 },
    { "test-all", J, "", { { EX, "p=all; t=y" } }, 2, N, 3, 1, TESTING },
    { "test-strict-user-not-asked", J, "", { { EX, "p=strict; u=yes; t=y" } }, 3, N, 3, 1, TESTING },
    { "test-among-flags", J, "", { { EX, "p=strict; t=s:foo-1:y" } }, 3, N, 3, 1, TESTING | LOG },
    { "own-t-s-no-effect", J, "", { { EX, "p=strict; t=s" } }, 3, S, 9, 1, 0 },
    { "t-unknown-flag", J, "", { { EX, "p=strict; t=future" } }, 3, S, 9, 1, LOG },
    { "t-malformed", J, "", { { EX, "p=strict; t=y:" } }, 3, N, 3, 1, TESTING | LOG },
    { "t-empty", J, "", { { EX, "p=strict; t=" } }, 3, S, 9, 1, LOG },
    { "unknown-tag", J, "", { { EX, "p=all; q=1; x_y=/@!" } }, 2, S, 9, 1, 0 },
    { "user-nx-fallback", J, "", { { EX, "p=strict; u=yes" }, { UJ, "!nxdomain" } }, 3, S, 9, 2, USER_LEVEL },
    { "user-nd-fallback-unknown", J, "", { { EX, "p=unknown; u=yes" }, { UJ, "!nodata" } }, 1, N, 7, 2, USER_LEVEL },
    { "user-bad-fallback", J, "", { { EX, "p=strict; u=yes" }, { UJ, "strict" } }, 3, S, 9, 2, USER_LEVEL | LOG },
    { "user-relaxes", J, "", { { EX, "p=strict; u=yes" }, { UJ, "p=unknown" } }, 1, N, 7, 2, USER_LEVEL },
    { "user-tightens", J, "T", { { EX, "p=unknown; u=yes" }, { UJ, "p=strict" } }, 3, S, 9, 2, USER_LEVEL },
    { "user-all-thirdparty", J, "T", { { EX, "p=strict; u=yes" }, { UJ, "p=all" } }, 2, N, 8, 2, USER_LEVEL },
    { "user-no-p", J, "", { { EX, "p=strict; u=yes" }, { UJ, "t=s" } }, 1, N, 7, 2, USER_LEVEL },
    { "user-has-u", J, "", { { EX, "p=all; u=yes" }, { UJ, "p=strict; u=yes" } }, 3, S, 9, 2, USER_LEVEL | LOG },
    { "user-testing", J, "", { { EX, "p=strict; u=yes" }, { UJ, "p=strict; t=y" } }, 3, N, 6, 2, USER_LEVEL | TESTING },
    { "user-testing-letter", J, "", { { EX, "p=strict; u=yes" }, { UJ, "p=strict; t=y" } }, 3, S, 9, 2, USER_LEVEL | LETTER },
    { "user-fail", J, "", { { EX, "p=strict; u=yes" }, { UJ, "!servfail" } }, 4, T, 5, 2, USER_LEVEL | LOG },
    { "user-fail-unknown", J, "", { { EX, "p=unknown; u=yes" }, { UJ, "!timeout" } }, 4, T, 5, 2, USER_LEVEL | LOG },
    { "user-bogus", J, "", { { EX, "p=all; u=yes" }, { UJ, "!bogus" } }, 4, T, 5, 2, USER_LEVEL | LOG },
    { "user-label-empty", "\"!!!\"@" EX, "", { { EX, "p=strict; u=yes" } }, 3, S, 9, 1, USER_LEVEL | LOG },
    { "user-label-64", "a" LABEL1 "@" EX, "", { { EX, "p=unknown; u=yes" }, { LABEL1 "._user." EX, "p=strict" } }, 3, S, 9, 2, USER_LEVEL },
    { "user-label-dots", "j.doe+x@" EX, "", { { EX, "p=unknown; u=yes" }, { "jdoex._user." EX, "p=strict" } }, 3, S, 9, 2, USER_LEVEL },
    { "user-label-quoted", "\"J D\\\"oe\"@" EX, "", { { EX, "u=yes" }, { "JDoe._user." EX, "p=all" } }, 2, S, 9, 2, USER_LEVEL },
    { "user-name-too-long", LABEL1 "@" LONG, "", { { LONG, "p=strict; u=yes" } }, 3, S, 9, 1, USER_LEVEL | LOG },
    { "u-no", J, "", { { EX, "p=all; u=no" } }, 2, S, 9, 1, 0 },
    { "u-illegal", J, "", { { EX, "p=all; u=maybe" } }, 2, S, 9, 1, LOG },
    { "nd-no-parent-record", HJ, "", { { H, "!nodata" }, { EX, "!nodata" } }, 1, N, 11, 2, 0 },
    { "nd-parent-strict", HJ, "", { { H, "!nodata" }, { EX, "p=strict" } }, 3, S, 9, 2, 0 },
    { "nd-parent-all-thirdparty", HJ, "T", { { H, "!nodata" }, { EX, "p=all" } }, 2, N, 8, 2, 0 },
    { "nd-parent-unknown", HJ, "", { { H, "!nodata" }, { EX, "p=unknown" } }, 1, N, 7, 2, 0 },
    { "nd-parent-t-s", HJ, "", { { H, "!nodata" }, { EX, "p=strict; t=s" } }, 1, N, 12, 2, 0 },
    { "nd-parent-t-y", HJ, "", { { H, "!nodata" }, { EX, "p=strict; t=y" } }, 3, N, 12, 2, TESTING },
    { "nd-parent-u-yes", HJ, "", { { H, "!nodata" }, { EX, "p=unknown; u=yes" }, { UHJ, "p=strict" } }, 3, S, 9, 3, USER_LEVEL },
    { "nd-parent-u-yes-wrong-place", HJ, "", { { H, "!nodata" }, { EX, "p=unknown; u=yes" }, { UHJ, "!nxdomain" } }, 1, N, 7, 3, USER_LEVEL },
    { "nd-parent-bad", HJ, "", { { H, "!nodata" }, { EX, "strict" } }, 1, N, 11, 2, LOG },
    { "nd-parent-nx", HJ, "", { { H, "!nodata" }, { EX, "!nxdomain" } }, 1, N, 11, 2, LOG },
    { "nd-parent-fail", HJ, "", { { H, "!nodata" }, { EX, "!servfail" } }, 0, T, 11, 2, LOG },
    { "nd-grandparent-never-asked", "jdoe@a." H, "", { { "a." H, "!nodata" }, { H, "!nodata" } }, 1, N, 11, 2, 0 },
    { "bad-then-parent", HJ, "", { { H, "strict" }, { EX, "p=strict" } }, 3, S, 9, 2, LOG },
    { "dup-tag-then-parent", HJ, "", { { H, "p=unknown; p=all" }, { EX, "p=strict" } }, 3, S, 9, 2, LOG },
    { "two-records", HJ, "", { { H, "p=all+p=strict" }, { EX, "!nodata" } }, 1, N, 11, 2, LOG },
    { "one-good-one-bad", J, "", { { EX, "p=strict+junk" } }, 3, S, 9, 1, LOG },
    { "tld-nd", "jdoe@corp", "", { { "corp", "!nodata" } }, 1, N, 10, 1, 0 },
    { "tld-nx", "jdoe@invalid", "", { { "invalid", "!nxdomain" } }, 5, S, 2, 1, 0 },
    { "tld-record", "jdoe@corp", "", { { "corp", "p=strict" } }, 3, S, 9, 1, 0 },
    { "second-level-asks-tld", J, "", { { EX, "!nodata" }, { "com", "p=strict" } }, 3, S, 9, 2, 0 },
    { "dom-fail", J, "", { { EX, "!servfail" } }, 0, T, 2, 1, LOG },
    { "dom-timeout", J, "T", { { EX, "!timeout" } }, 0, T, 2, 1, LOG },
    { "dom-bogus", J, "", { { EX, "!bogus" } }, 0, T, 2, 1, LOG },
    { "key-temperror-strict", J, "O?", { { EX, "p=strict" } }, 3, T, 9, 1, 0 },
    { "key-temperror-all-plus-thirdparty", J, "O?,T", { { EX, "p=all" } }, 2, N, 8, 1, 0 },
    { "thirdparty-key-temperror-all", J, "T?", { { EX, "p=all" } }, 2, S, 9, 1, 0 },
    { "accepted-key-temperror-all", J, "T?", { { EX, "p=all" } }, 2, T, 9, 1, ACCEPTED },
    { "dom-nx-key-temperror", J, "O?", { { EX, "!nxdomain" } }, 5, T, 2, 1, 0 },
    { "key-temperror-unknown", J, "O?", { { EX, "p=unknown" } }, 1, N, 7, 1, 0 },
    { "multi-string", J, "", { { EX, "p=str|ict" } }, 3, S, 9, 1, 0 },
    { "folded-space", J, "", { { EX, "p = strict ; t = s ;" } }, 3, S, 9, 1, 0 },
    { "double-semicolon", HJ, "", { { H, "p=strict;;" }, { EX, "!nodata" } }, 1, N, 11, 2, LOG },
    { "cname-to-record", J, "", { { EX, "p=all" } }, 2, S, 9, 1, 0 },
    { "cname-dangling", HJ, "", { { H, "!dangling" }, { EX, "!nodata" } }, 1, N, 11, 2, LOG },
    { "wildcard-user", J, "", { { EX, "p=unknown; u=yes" }, { UJ, "p=strict; u=yes" } }, 3, S, 9, 2, USER_LEVEL | LOG },
    { "from-two-addresses", J ", joe@other.example", "X", { { EX, "p=strict" } }, 3, S, 9, 1, 0 },
    { "from-group-first", "G: a@" EX ", b@other.example;", "", { { EX, "p=strict" } }, 3, S, 9, 1, 0 },
    { "from-empty-group", "undisclosed:;", "T", { { 0 } }, 0, E, 0, 0, 0 },
    { "from-none", NULL, "T", { { 0 } }, 0, E, 0, 0, 0 },
    { "from-two-fields", J "\n" J, "T", { { 0 } }, 0, E, 0, 0, 0 },
    { "from-literal", "jdoe@[192.0.2.1]", "T", { { 0 } }, 0, E, 0, 0, 0 },

    /* ---- what it leaves open, at the seams of its rows ---- */
    { "orig-valid-with-local-part", J, "Ojdoe", { { 0 } }, 0, N, 1, 0, 0 },
    { "orig-other-case-is-another-user", J, "JDOE", { { EX, "p=strict" } }, 3, S, 9, 1, 0 },
    { "orig-any-case", J, "JDOE", { { 0 } }, 0, N, 1, 0, ANY_CASE },
    { "orig-testing-key-counts", J, "Otesting", { { 0 } }, 0, N, 1, 0, 0 },
    { "orig-valid-needs-no-acceptance", J, "O", { { 0 } }, 0, N, 1, 0, ACCEPTED },
    { "policy-is-not-valid", J, "Opolicy", { { EX, "p=strict" } }, 3, S, 9, 1, 0 },
    { "thirdparty-policy-is-not-valid", J, "Tpolicy", { { EX, "p=all" } }, 2, S, 9, 1, 0 },
    { "neutral-permerror-unread-are-not-valid", J, "Oneutral,Operm,Ounread", { { EX, "p=all" } }, 2, S, 9, 1, 0 },
    { "dom-nx-thirdparty-temperror", J, "T?", { { EX, "!nxdomain" } }, 5, S, 2, 1, ACCEPTED },
    { "accepted-key-temperror-strict", J, "T?", { { EX, "p=strict" } }, 3, S, 9, 1, ACCEPTED },
    { "unaccepted-key-temperror-all", J, "X?", { { EX, "p=all" } }, 2, S, 9, 1, ACCEPTED },
    { "same-domain-other-user-key-temperror", J, "joe?", { { EX, "p=strict" } }, 3, S, 9, 1, 0 },
    { "accepted-among-unaccepted", J, "X,T", { { EX, "p=all" } }, 2, N, 8, 1, ACCEPTED },
    { "accepted-is-not-its-subdomain", J, "Xsub", { { EX, "p=all" } }, 2, S, 9, 1, ACCEPTED },
    { "accepted-below", J, "Xsub", { { EX, "p=all" } }, 2, N, 8, 1, BELOW },
    { "accepted-below-and-itself", J, "T", { { EX, "p=all" } }, 2, N, 8, 1, BELOW },
    { "user-key-temperror", J, "O?", { { EX, "p=unknown; u=yes" }, { UJ, "p=all" } }, 2, T, 9, 2, USER_LEVEL },
    { "user-illegal-p", J, "", { { EX, "p=strict; u=yes" }, { UJ, "p=sometimes" } }, 1, N, 7, 2, USER_LEVEL | LOG },
    { "user-two-records", J, "", { { EX, "p=strict; u=yes" }, { UJ, "p=unknown+p=all" } }, 3, S, 9, 2, USER_LEVEL | LOG },
    { "user-dangling", J, "", { { EX, "p=all; u=yes" }, { UJ, "!dangling" } }, 2, S, 9, 2, USER_LEVEL | LOG },
    { "user-t-s-no-effect", J, "", { { EX, "u=yes" }, { UJ, "p=strict; t=s" } }, 3, S, 9, 2, USER_LEVEL },
    { "user-without-p-of-the-domain", J, "", { { EX, "u=YES" }, { UJ, "!nodata" } }, 1, N, 7, 2, USER_LEVEL },
    { "user-utf8", "j\xc3\xb6rg@" EX, "", { { EX, "u=yes" }, { "jrg._user." EX, "p=all" } }, 2, S, 9, 2, USER_LEVEL },
    { "user-hyphens-stay", "-j_d-@" EX, "", { { EX, "u=yes" }, { "-jd-._user." EX, "p=all" } }, 2, S, 9, 2, USER_LEVEL },
    { "nd-parent-user-fail", HJ, "", { { H, "!nodata" }, { EX, "p=strict; u=yes" }, { UHJ, "!timeout" } }, 4, T, 5, 3, USER_LEVEL | LOG },
    { "nd-parent-user-testing", HJ, "", { { H, "!nodata" }, { EX, "p=strict; u=yes" }, { UHJ, "p=all; t=y" } }, 2, N, 6, 3, USER_LEVEL | TESTING },
    { "nd-parent-timeout", HJ, "", { { H, "!nodata" }, { EX, "!timeout" } }, 0, T, 11, 2, LOG },
    { "nd-parent-bogus", HJ, "O?", { { H, "!nodata" }, { EX, "!bogus" } }, 0, T, 11, 2, LOG },
    { "nd-parent-t-s-and-t-y", HJ, "", { { H, "!nodata" }, { EX, "p=strict; t=y:s" } }, 1, N, 12, 2, 0 },
    { "nd-parent-dangling", HJ, "", { { H, "!nodata" }, { EX, "!dangling" } }, 1, N, 11, 2, LOG },
    { "second-level-does-not-ask-tld", J, "", { { EX, "!nodata" } }, 1, N, 10, 1, NO_TLD },
    { "third-level-asks-with-no-tld", HJ, "", { { H, "!nodata" }, { EX, "p=all" } }, 2, S, 9, 2, NO_TLD },
    { "tag-name-with-a-hyphen-is-none", HJ, "", { { H, "p=strict; x-y=1" }, { EX, "!nodata" } }, 1, N, 11, 2, LOG },
    { "record-empty-string", HJ, "", { { H, "" }, { EX, "!nodata" } }, 1, N, 11, 2, LOG },
    { "record-without-a-string", HJ, "", { { H, "=" }, { EX, "!nodata" } }, 1, N, 11, 2, LOG },
    { "record-string-over-its-end", HJ, "", { { H, "=\x07p=all" }, { EX, "!nodata" } }, 1, N, 11, 2, LOG },
    { "record-blank", HJ, "", { { H, " " }, { EX, "!nodata" } }, 1, N, 11, 2, LOG },
    { "record-bare-word", HJ, "", { { H, "all" }, { EX, "!nodata" } }, 1, N, 11, 2, LOG },
    { "record-8-bit", HJ, "", { { H, "p=all; x=\xc3\xa9" }, { EX, "!nodata" } }, 1, N, 11, 2, LOG },
    { "record-bare-lf", HJ, "", { { H, "p=all;\n t=s" }, { EX, "!nodata" } }, 1, N, 11, 2, LOG },
    { "record-folded", J, "", { { EX, "p=\r\n all;\r\n\tt=s" } }, 2, S, 9, 1, 0 },
    { "record-same-twice", HJ, "", { { H, "p=all+p=all" }, { EX, "!nodata" } }, 1, N, 11, 2, LOG },
    { "record-two-bad-one-good", J, "", { { EX, "junk+p=all+;" } }, 2, S, 9, 1, LOG },
    { "record-of-300-octets", J, "", { { EX, L300 } }, 3, S, 9, 1, 0 },
    { "data-without-a-record-is-nodata", HJ, "", { { H, "!data" }, { EX, "!nodata" } }, 1, N, 11, 2, 0 },
    { "from-u-label", "jdoe@m\xc3\xbc" "ller.example", "", { { "xn--mller-kva.example", "p=strict" } }, 3, S, 9, 1, 0 },
    { "from-final-dot", "jdoe@EXAMPLE.com.", "", { { EX, "p=strict" } }, 3, S, 9, 1, 0 },
    { "from-encoded-word-stays-encoded", "=?utf-8?q?=3Cme=40own.example=3E=2C?= <" J ">", "", { { EX, "p=strict" } }, 3, S, 9, 1, 0 },
    { "from-comment-route-quotes", "\"<a@b.example>,\" (c@d.example) <@r.example:" J ">", "", { { EX, "p=strict" } }, 3, S, 9, 1, 0 },
    { "from-unreadable", "me@own.example <" J ">", "O", { { 0 } }, 0, E, 0, 0, 0 },
    { "from-empty", "", "O", { { 0 } }, 0, E, 0, 0, 0 },
    { "from-no-dns-name", "jdoe@a%b", "", { { 0 } }, 0, E, 0, 0, 0 },
    { "from-label-64", "jdoe@a" LABEL1 ".example", "", { { 0 } }, 0, E, 0, 0, 0 },
};
/* clang-format on */

static struct postern_originator *originator_of_row(const struct row *row)
{
    struct postern_originator *o = postern_originator_new();
    struct slice rest = slice_of_str(row->from), field;
    assert_non_null(o);
    for (bool more = row->from != NULL; more;) { /* one line a field */
        more = slice_cut(rest, '\n', &field, &rest);
        field = guarded(field);
        assert_int_equal(postern_originator_from(o, field.p, field.n), 0);
    }
    return o;
}

static struct postern_practices_options options_of(const struct row *row)
{
    static const char *const listed[] = { "bad..entry", "LIST.example." };
    static const char *const below[] = { ".list.example" };
    struct postern_practices_options options;
    postern_practices_options_init(&options, POSTERN_SSP);
    assert_int_equal(options.rrtype, 65280);
    options.accepted = row->flags & BELOW ? below : listed;
    options.accepted_n = row->flags & ACCEPTED ? 2 : row->flags & BELOW ? 1 : 0;
    options.user_testing_letter = (row->flags & LETTER) != 0;
    options.local_part_any_case = (row->flags & ANY_CASE) != 0;
    if (row->flags & NO_TLD)
        options.parent_min_labels = 2;
    return options;
}

static const char *word_of(unsigned practice)
{
    static const char *const words[] = { NULL, "unknown", "all", "strict", NULL, NULL };
    return words[practice];
}

static const char *result_of(const struct row *row)
{
    switch (row->verdict) {
    case N: return row->step == 1 || row->step == 8 ? "pass" : "unknown";
    case S: return "fail";
    case T: return "temperror";
    case E: return "permerror";
    case POSTERN_VERDICT_NONE: break;
    }
    return NULL;
}

static void expect_text(const char *what, const char *got, const char *want)
{
    if ((got == NULL) != (want == NULL) || (got && strcmp(got, want) != 0))
        fail_msg("%s: got %s, want %s", what, got ? got : "NULL", want ? want : "NULL");
}

static void compare(const struct row *row, const struct postern_practices_outcome *o)
{
    expect_text("verdict", postern_verdict_text(o->verdict), postern_verdict_text(row->verdict));
    assert_int_equal(o->step, row->step);
    assert_int_equal(o->ssp.practice, row->practice);
    expect_text("practice", o->practice, word_of(row->practice));
    expect_text("result", o->result, result_of(row));
    assert_int_equal(o->queries_n, row->queries);
    assert_int_equal(o->ssp.user_level, (row->flags & USER_LEVEL) != 0);
    assert_int_equal(o->ssp.testing, (row->flags & TESTING) != 0);
    assert_int_equal(o->notes_n > 0, (row->flags & LOG) != 0);
    assert_int_equal(o->originator_signature >= 0, row->step == 1);
    assert_true(o->explanation && strlen(o->explanation) > 20);
    for (size_t i = 0; i < o->queries_n; i++) {
        assert_string_equal(o->queries[i].name, row->dns[i].name);
        assert_int_equal(o->queries[i].type, 65280);
    }
}

static void runs(void **state)
{
    const struct row *row = *state;
    const struct postern_dkim_signature *signatures[8];
    struct postern_practices_options options = options_of(row);
    struct postern_originator *o = originator_of_row(row);
    struct postern_practices *p =
        postern_practices_new(&options, o, signatures, signatures_of(row->signatures, signatures));
    assert_non_null(p);
    postern_originator_free(o); /* it is not kept */
    run_check(p, row->dns);
    const struct postern_practices_outcome *outcome = postern_practices_outcome(p);
    assert_non_null(outcome);
    compare(row, outcome);
    postern_practices_free(p);
}

int main(void)
{
    static struct CMUnitTest tests[ARRAY_SIZE(rows)];
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        union { /* cmocka's state is not const; runs() only reads */
            const struct row *row;
            void *state;
        } u = { .row = &rows[i] };
        tests[i] = (struct CMUnitTest){ rows[i].id, runs, NULL, NULL, u.state };
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
