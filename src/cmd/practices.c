/* SPDX-License-Identifier: ISC
 *
 * postern practices: what domains say about their mail: look it up, check mail by it, publish it.
 */
#include "cmd/practices.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"

static const char usage[] =
    "usage: postern practices record [--p unknown|all|strict] [--u yes|no] [--t FLAGS]\n"
    "                                [--rrtype N] [--json] NAME\n"
    "       postern practices lint [--origin NAME] [--rrtype N] [--json] ZONE\n"
    "       postern practices lookup [-c FILE] [--json] [--practices ssp|adsp|dmarc]\n"
    "                                [--dns-file FILE] [--resolver ADDR[@PORT]]\n"
    "                                [--trust-anchor FILE] [--timeout TIME] [--rrtype N]\n"
    "                                [--user-testing honour|letter] [--parent-labels N]\n"
    "                                DOMAIN|ADDRESS\n"
    "       postern practices check [-c FILE] [--json] [--brief] [--practices ssp|adsp|dmarc]\n"
    "                               [--dns-file FILE] [--resolver ADDR[@PORT]]\n"
    "                               [--trust-anchor FILE] [--timeout TIME] [--rrtype N]\n"
    "                               [--user-testing honour|letter] [--parent-labels N]\n"
    "                               [--at UNIXTIME] [--accept SIGNER]\n"
    "                               [--testing-keys pass|ignore] [--partial-body policy|pass]\n"
    "                               [--clock-skew TIME] [--jobs N] MESSAGE...\n"
    "\n"
    "  NAME      a domain, or LOCAL-PART@DOMAIN for a record of one user\n"
    "  FLAGS     y (testing), s (not for subdomains), or y:s\n"
    "  ZONE      a master file\n"
    "  MESSAGE   a file, a Maildir, an mbox, a folder of these; \"-\" is the standard input\n"
    "  TIME      90s, 10m\n"
    "  SIGNER    a domain, or .domain for it and all below\n"
    "  -c FILE   the configuration whose dns: and milter: count; none without it\n";

enum { JSON = JUDGING_OPTIONS, BRIEF, P, U, T, ORIGIN };

/* clang-format off */
static const struct option longs[] = {
    JUDGING_LONGS,
    { "json", no_argument, NULL, OPTION(JSON) },
    { "brief", no_argument, NULL, OPTION(BRIEF) },
    { "p", required_argument, NULL, OPTION(P) },
    { "u", required_argument, NULL, OPTION(U) },
    { "t", required_argument, NULL, OPTION(T) },
    { "origin", required_argument, NULL, OPTION(ORIGIN) },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

#define RRTYPE BIT(JUDGING_RRTYPE_OPTION)
#define LOOKUP (JUDGING_DNS | JUDGING_READINGS | BIT(JUDGING_PRACTICES) | BIT(JSON))

static const struct {
    const char *verb;
    int least, most; /* arguments */
    uint64_t may;    /* options */
    int (*run)(struct practices_command *c);
} verbs[] = {
    { "record", 1, 1,         BIT(P) | BIT(U) | BIT(T) | RRTYPE | BIT(JSON), cmd_practices_record },
    { "lint",   1, 1,         BIT(ORIGIN) | RRTYPE | BIT(JSON),              cmd_practices_lint },
    { "lookup", 1, 1,         LOOKUP,                                        cmd_practices_lookup },
    { "check",  1, INT32_MAX, LOOKUP | BIT(BRIEF) | BIT(JUDGING_AT) | BIT(JUDGING_ACCEPT) |
                              JUDGING_SIGNATURES | BIT(JUDGING_JOBS),        cmd_practices_check },
};
/* clang-format on */

static bool take_own(struct practices_command *c, int option)
{
    switch (option) {
    case OPTION(JSON): c->tool.json = true; return true;
    case OPTION(BRIEF): c->brief = true; return true;
    case OPTION(P): c->p = optarg; return true;
    case OPTION(U): c->u = optarg; return true;
    case OPTION(T): c->t = optarg; return true;
    case OPTION(ORIGIN): c->origin = optarg; return true;
    default: return false;
    }
}

static bool take_option(struct practices_command *c, int option, uint64_t *given)
{
    if (take_own(c, option)) {
        *given |= BIT(option - OPTION(0));
        return true;
    }
    return judging_take(&c->judging, option, optarg);
}

static int run(struct practices_command *c, const char *verb, uint64_t given)
{
    for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
        if (strcmp(verb, verbs[i].verb) != 0)
            continue;
        if (c->arguments < verbs[i].least || c->arguments > verbs[i].most || given & ~verbs[i].may)
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

int cmd_practices(int argc, char **argv)
{
    struct practices_command c = { .tool.name = "postern practices" };
    uint64_t given = 0;
    int option;
    while ((option = getopt_long(argc, argv, "c:h", longs, NULL)) != -1)
        if (!take_option(&c, option, &given))
            return tool_usage(&c.tool, usage, option);
    if (optind == argc)
        return tool_usage(&c.tool, usage, '?');
    c.argument = argv + optind + 1;
    c.arguments = argc - optind - 1;
    return run(&c, argv[optind], given | c.judging.given);
}
