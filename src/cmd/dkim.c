/* SPDX-License-Identifier: ISC
 *
 * postern dkim: verify and sign messages, make and check keys.
 */
#include "cmd/dkim.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"

static const char usage[] =
    "usage: postern dkim verify [-c FILE] [--json] [--brief] [--dns-file FILE]\n"
    "                           [--resolver ADDR[@PORT]] [--trust-anchor FILE] [--timeout TIME]\n"
    "                           [--at UNIXTIME] [--testing-keys pass|ignore]\n"
    "                           [--partial-body policy|pass] [--clock-skew TIME] [--jobs N]\n"
    "                           MESSAGE...\n"
    "       postern dkim sign -d DOMAIN -s SELECTOR -k KEY [-s SELECTOR -k KEY]...\n"
    "                         [--canonicalization CANON/CANON] [--header-canon CANON]\n"
    "                         [--body-canon CANON] [--identity ADDRESS] [--fields NAMES]\n"
    "                         [--oversign NAMES] [--at UNIXTIME]\n"
    "                         [--no-timestamp] [--expire TIME] [--copy-fields] [--only-header]\n"
    "                         [--list ADDRESS] [--list-kind resending|verbatim|digest]\n"
    "                         [--reject-suspicious] [--reject-strict] [-c FILE]\n"
    "                         [--dns-file FILE] [--resolver ADDR[@PORT]] [--trust-anchor FILE]\n"
    "                         [--timeout TIME] [--rrtype N] [--accept SIGNER]\n"
    "                         [--user-testing honour|letter] [--parent-labels N]\n"
    "                         [--testing-keys pass|ignore] [--partial-body policy|pass]\n"
    "                         [--clock-skew TIME] [MESSAGE]\n"
    "       postern dkim keygen -d DOMAIN -s SELECTOR --out KEY [--type rsa|ed25519] [--bits N]\n"
    "                           [--testing] [--exact-domain] [--ttl SECONDS] [--text] [--json]\n"
    "       postern dkim record -k KEY [-d DOMAIN -s SELECTOR [--ttl SECONDS] [--json] | --text]\n"
    "                           [--testing] [--exact-domain]\n"
    "       postern dkim check-key -d DOMAIN -s SELECTOR -k KEY [-c FILE] [--json]\n"
    "                              [--dns-file FILE] [--resolver ADDR[@PORT]]\n"
    "                              [--trust-anchor FILE] [--timeout TIME]\n"
    "       postern dkim import KEYTABLE [SIGNINGTABLE]\n"
    "\n"
    "  MESSAGE   a file, a Maildir, an mbox, a folder of these; \"-\" is the standard input\n"
    "  KEY       a private key in PEM\n"
    "  CANON     simple or relaxed\n"
    "  NAMES     of header fields, with \":\" between\n"
    "  TIME      90s, 10m, 8h, 7d\n"
    "  SIGNER    a domain, or .domain for it and all below\n"
    "  -c FILE   the configuration whose dns: and milter: count; none without it\n";

enum {
    JSON = JUDGING_OPTIONS,
    BRIEF,
    DOMAIN,
    SELECTOR,
    KEY,
    OUT,
    TEXT,
    TYPE,
    BITS,
    TTL,
    TESTING,
    EXACT_DOMAIN,
    CANONICALIZATION,
    HEADER_CANON,
    BODY_CANON,
    IDENTITY,
    FIELDS,
    OVERSIGN,
    NO_TIMESTAMP,
    EXPIRE,
    COPY_FIELDS,
    ONLY_HEADER,
    LIST,
    LIST_KIND,
    REJECT_SUSPICIOUS,
    REJECT_STRICT
};

/* clang-format off */
static const struct option longs[] = {
    JUDGING_LONGS,
    { "json", no_argument, NULL, OPTION(JSON) },
    { "brief", no_argument, NULL, OPTION(BRIEF) },
    { "domain", required_argument, NULL, OPTION(DOMAIN) },
    { "selector", required_argument, NULL, OPTION(SELECTOR) },
    { "key", required_argument, NULL, OPTION(KEY) },
    { "out", required_argument, NULL, OPTION(OUT) },
    { "text", no_argument, NULL, OPTION(TEXT) },
    { "type", required_argument, NULL, OPTION(TYPE) },
    { "bits", required_argument, NULL, OPTION(BITS) },
    { "ttl", required_argument, NULL, OPTION(TTL) },
    { "testing", no_argument, NULL, OPTION(TESTING) },
    { "exact-domain", no_argument, NULL, OPTION(EXACT_DOMAIN) },
    { "canonicalization", required_argument, NULL, OPTION(CANONICALIZATION) },
    { "header-canon", required_argument, NULL, OPTION(HEADER_CANON) },
    { "body-canon", required_argument, NULL, OPTION(BODY_CANON) },
    { "identity", required_argument, NULL, OPTION(IDENTITY) },
    { "fields", required_argument, NULL, OPTION(FIELDS) },
    { "oversign", required_argument, NULL, OPTION(OVERSIGN) },
    { "no-timestamp", no_argument, NULL, OPTION(NO_TIMESTAMP) },
    { "expire", required_argument, NULL, OPTION(EXPIRE) },
    { "copy-fields", no_argument, NULL, OPTION(COPY_FIELDS) },
    { "only-header", no_argument, NULL, OPTION(ONLY_HEADER) },
    { "list", required_argument, NULL, OPTION(LIST) },
    { "list-kind", required_argument, NULL, OPTION(LIST_KIND) },
    { "reject-suspicious", no_argument, NULL, OPTION(REJECT_SUSPICIOUS) },
    { "reject-strict", no_argument, NULL, OPTION(REJECT_STRICT) },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

#define KEY_NAMED (BIT(DOMAIN) | BIT(SELECTOR) | BIT(KEY))
#define NAMED     (BIT(DOMAIN) | BIT(SELECTOR))
#define RECORD    (NAMED | BIT(TESTING) | BIT(EXACT_DOMAIN) | BIT(TTL) | BIT(TEXT) | BIT(JSON))
#define SIGN      (KEY_NAMED | BIT(CANONICALIZATION) | BIT(HEADER_CANON) | BIT(BODY_CANON) | BIT(IDENTITY) | BIT(FIELDS) | BIT(OVERSIGN) | \
                   BIT(JUDGING_AT) | BIT(NO_TIMESTAMP) | BIT(EXPIRE) | BIT(COPY_FIELDS) | BIT(ONLY_HEADER) | \
                   BIT(LIST) | BIT(LIST_KIND) | BIT(REJECT_SUSPICIOUS) | BIT(REJECT_STRICT) | JUDGING_DNS | \
                   JUDGING_READINGS | BIT(JUDGING_ACCEPT) | JUDGING_SIGNATURES)
#define VERIFY    (JUDGING_DNS | BIT(JUDGING_AT) | JUDGING_SIGNATURES | BIT(JUDGING_JOBS) | BIT(JSON) | BIT(BRIEF))

static const struct {
    const char *verb;
    int least, most; /* arguments */
    uint64_t may, must; /* options */
    int (*run)(struct dkim_command *c);
} verbs[] = {
    { "verify",    1, INT32_MAX, VERIFY,                            0,         cmd_dkim_verify },
    { "sign",      0, 1,         SIGN,                              KEY_NAMED, cmd_dkim_sign },
    { "keygen",    0, 0,         RECORD | BIT(OUT) | BIT(TYPE) | BIT(BITS), NAMED | BIT(OUT), cmd_dkim_keygen },
    { "record",    0, 0,         RECORD | BIT(KEY),                 BIT(KEY),  cmd_dkim_record },
    { "check-key", 0, 0,         KEY_NAMED | JUDGING_DNS | BIT(JSON), KEY_NAMED, cmd_dkim_check_key },
    { "import",    1, 2,         0,                                 0,         cmd_dkim_import },
};
/* clang-format on */

static bool take_name(struct dkim_names *names, const char *value)
{
    if (names->n == DKIM_KEYS_MAX)
        return false;
    names->at[names->n++] = value;
    return true;
}

static bool take_canon(struct slice value, enum postern_dkim_canon *out)
{
    bool simple = slice_equal(value, SLICE("simple"));
    *out = simple ? POSTERN_DKIM_SIMPLE : POSTERN_DKIM_RELAXED;
    return simple || slice_equal(value, SLICE("relaxed"));
}

/* As in c= (RFC 6376 §3.5): the body's is simple where none is said. */
static bool take_canons(struct dkim_command *c, struct slice value)
{
    struct slice header, body;
    bool both = slice_cut(value, '/', &header, &body);
    return take_canon(header, &c->header) && take_canon(both ? body : SLICE("simple"), &c->body);
}

static bool take_list_kind(const char *value, enum postern_list_kind *out)
{
    static const char *const kinds[] = { "resending", "verbatim", "digest" };
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        if (strcmp(value, kinds[i]) == 0) {
            *out = (enum postern_list_kind)i;
            return true;
        }
    return false;
}

static bool take_flag(struct dkim_command *c, int option)
{
    switch (option) {
    case OPTION(JSON): c->tool.json = true; return true;
    case OPTION(BRIEF): c->brief = true; return true;
    case OPTION(TEXT): c->text = true; return true;
    case OPTION(TESTING): c->testing = true; return true;
    case OPTION(EXACT_DOMAIN): c->exact_domain = true; return true;
    case OPTION(NO_TIMESTAMP): c->no_timestamp = true; return true;
    case OPTION(COPY_FIELDS): c->copy_fields = true; return true;
    case OPTION(ONLY_HEADER): c->only_header = true; return true;
    case OPTION(REJECT_SUSPICIOUS): c->reject_suspicious = true; return true;
    case OPTION(REJECT_STRICT): c->reject_strict = true; return true;
    default: return false;
    }
}

static bool take_value(struct dkim_command *c, int option, const char *value)
{
    struct slice text = slice_of_str(value);
    switch (option) {
    case OPTION(DOMAIN): return take_name(&c->domains, value);
    case OPTION(SELECTOR): return take_name(&c->selectors, value);
    case OPTION(KEY): return take_name(&c->keys, value);
    case OPTION(OUT): c->out = value; return true;
    case OPTION(TYPE): c->type = value; return true;
    case OPTION(BITS): return slice_to_u32(text, 1024, 4096, &c->bits);
    case OPTION(TTL): return slice_to_u32(text, 0, INT32_MAX, &c->ttl);
    case OPTION(CANONICALIZATION): return take_canons(c, text);
    case OPTION(HEADER_CANON): return take_canon(text, &c->header);
    case OPTION(BODY_CANON): return take_canon(text, &c->body);
    case OPTION(IDENTITY): c->identity = value; return true;
    case OPTION(FIELDS): c->fields = value; return true;
    case OPTION(OVERSIGN): c->oversign = value; return true;
    case OPTION(EXPIRE): return tool_time(value, &c->expire_us);
    case OPTION(LIST): c->list = value; return true;
    case OPTION(LIST_KIND): return take_list_kind(value, &c->list_kind);
    default: return false;
    }
}

static int short_option(int option)
{
    switch (option) {
    case 'd': return OPTION(DOMAIN);
    case 's': return OPTION(SELECTOR);
    case 'k': return OPTION(KEY);
    default: return option;
    }
}

static bool take_option(struct dkim_command *c, int option, uint64_t *given)
{
    option = short_option(option);
    if (option >= OPTION(JSON) && option <= OPTION(REJECT_STRICT)) {
        *given |= BIT(option - OPTION(0));
        return take_flag(c, option) || take_value(c, option, optarg);
    }
    return judging_take(&c->judging, option, optarg);
}

/* A selector for each key; one domain for all of them, or for each. A line of a zone needs both.
 * What only a list manager has is for him. */
static bool names_fit(const struct dkim_command *c, uint64_t given)
{
    bool lists = given & (BIT(LIST_KIND) | BIT(REJECT_SUSPICIOUS) | BIT(REJECT_STRICT)) && !c->list;
    bool named = c->selectors.n && c->domains.n;
    if (!(given & BIT(KEY)) || c->text)
        return c->selectors.n <= 1 && c->domains.n <= 1 && (!c->text || !c->tool.json) &&
               (named || c->text || !(given & BIT(KEY)));
    return c->selectors.n == c->keys.n && (c->domains.n == 1 || c->domains.n == c->keys.n) &&
           !lists;
}

static int run(struct dkim_command *c, const char *verb, uint64_t given)
{
    for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
        if (strcmp(verb, verbs[i].verb) != 0)
            continue;
        bool one = verbs[i].run == cmd_dkim_sign || c->keys.n <= 1;
        if (c->arguments < verbs[i].least || c->arguments > verbs[i].most ||
            given & ~verbs[i].may || verbs[i].must & ~given || !names_fit(c, given) || !one)
            break;
        int code = judging_open(&c->judging, &c->tool);
        if (code == CMD_OK)
            code = verbs[i].run(c);
        judging_close(&c->judging);
        return code;
    }
    (void)fputs(usage, stderr);
    return CMD_USAGE;
}

int cmd_dkim(int argc, char **argv)
{
    static struct dkim_command c = { .tool.name = "postern dkim",
                                     .header = POSTERN_DKIM_RELAXED,
                                     .body = POSTERN_DKIM_RELAXED,
                                     .ttl = 3600 };
    uint64_t given = 0;
    int option;
    while ((option = getopt_long(argc, argv, "c:d:s:k:h", longs, NULL)) != -1)
        if (!take_option(&c, option, &given))
            return tool_usage(&c.tool, usage, option);
    if (optind == argc)
        return tool_usage(&c.tool, usage, '?');
    c.argument = argv + optind + 1;
    c.arguments = argc - optind - 1;
    return run(&c, argv[optind], given | c.judging.given);
}
