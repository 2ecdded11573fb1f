/* SPDX-License-Identifier: ISC
 *
 * postern policy: what the policy says and why, and the operator's word in an attack.
 */
#include "cmd/policy.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"

static const char usage[] =
    "usage: postern policy explain [-c FILE] [--json] --account ACCOUNT [--clientid IDENTITY]\n"
    "                              --ip IP [--outcome ok|fail]\n"
    "       postern policy check [-c FILE] [--json]\n"
    "       postern policy replay [-c FILE] [--json] [--policy FILE] [--verbose] LOG\n"
    "       postern policy attack on|off|status [-c FILE] [--json] [--account ACCOUNT |\n"
    "                             --network NETWORK] [--mode MODE] [--for TIME]\n"
    "       postern policy status [-c FILE] [--json]\n"
    "\n"
    "  IDENTITY  TYPE:TOKEN in clear, or TYPE:~pseudonym as `postern device list` shows it\n"
    "  LOG       what the gate has logged; \"-\" is the standard input\n"
    "  NETWORK   an IPv4 /24 or an IPv6 /48\n"
    "  MODE      known-devices-only (without --mode) or require-clientid\n"
    "  TIME      90s, 10m, 8h, 3d at most; an hour without --for\n";

/* clang-format off */
enum { ACCOUNT = 1, CLIENTID = 2, IP = 4, OUTCOME = 8, NETWORK = 16, MODE = 32, POLICY = 64, FOR = 128, VERBOSE = 256 };

static const struct {
    const char *verb;
    int arguments;
    unsigned may, must; /* options */
    int (*run)(struct policy_command *c);
} verbs[] = {
    { "explain", 0, ACCOUNT | CLIENTID | IP | OUTCOME, ACCOUNT | IP, cmd_policy_explain },
    { "check",   0, 0,                                 0,            cmd_policy_check },
    { "replay",  1, POLICY | VERBOSE,                  0,            cmd_policy_replay },
    { "attack",  1, ACCOUNT | NETWORK | MODE | FOR,    0,            cmd_policy_attack },
    { "status",  0, 0,                                 0,            cmd_policy_status },
};
/* clang-format on */

static unsigned given(const struct policy_command *c)
{
    return (c->account ? ACCOUNT : 0u) | (c->clientid ? CLIENTID : 0u) | (c->ip ? IP : 0u) |
           (c->outcome ? OUTCOME : 0u) | (c->network ? NETWORK : 0u) | (c->mode ? MODE : 0u) |
           (c->policy ? POLICY : 0u) | (c->for_us ? FOR : 0u) | (c->verbose ? VERBOSE : 0u);
}

static bool one_of(const char *text, const char *a, const char *b, const char *otherwise)
{
    return !text || strcmp(text, a) == 0 || strcmp(text, b) == 0 || strcmp(text, otherwise) == 0;
}

static bool values_fit(const struct policy_command *c)
{
    return one_of(c->outcome, "ok", "fail", "fail") && !(c->account && c->network) &&
           one_of(c->mode, "known-devices-only", "require-clientid", "require-clientid");
}

static bool attack_fits(const struct policy_command *c)
{
    const char *what = c->argument[0];
    bool on = strcmp(what, "on") == 0;
    return one_of(what, "on", "off", "status") && (on || !(given(c) & (MODE | FOR)));
}

static int run(struct policy_command *c, const char *verb, int arguments)
{
    unsigned options = given(c);
    for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
        if (strcmp(verb, verbs[i].verb) != 0)
            continue;
        if (arguments != verbs[i].arguments || options & ~verbs[i].may ||
            verbs[i].must & ~options || !values_fit(c) ||
            (verbs[i].run == cmd_policy_attack && !attack_fits(c)))
            break;
        int code = tool_open(&c->tool, c->policy ? c->policy : c->file);
        if (code == CMD_OK)
            code = verbs[i].run(c);
        tool_close(&c->tool);
        return code;
    }
    (void)fputs(usage, stderr);
    return CMD_USAGE;
}

static bool take_option(struct policy_command *c, int option)
{
    switch (option) {
    case 'c': c->file = optarg; return true;
    case 'j': c->tool.json = true; return true;
    case 'a': c->account = optarg; return true;
    case 'd': c->clientid = optarg; return true;
    case 'i': c->ip = optarg; return true;
    case 'o': c->outcome = optarg; return true;
    case 'n': c->network = optarg; return true;
    case 'm': c->mode = optarg; return true;
    case 'p': c->policy = optarg; return true;
    case 'v': c->verbose = true; return true;
    case 'f': return tool_time(optarg, &c->for_us);
    default: return false;
    }
}

int cmd_policy(int argc, char **argv)
{
    static const struct option longs[] = {
        { "config", required_argument, NULL, 'c' },
        { "json", no_argument, NULL, 'j' },
        { "account", required_argument, NULL, 'a' },
        { "clientid", required_argument, NULL, 'd' },
        { "ip", required_argument, NULL, 'i' },
        { "outcome", required_argument, NULL, 'o' },
        { "network", required_argument, NULL, 'n' },
        { "mode", required_argument, NULL, 'm' },
        { "policy", required_argument, NULL, 'p' },
        { "for", required_argument, NULL, 'f' },
        { "verbose", no_argument, NULL, 'v' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    struct policy_command c = { .tool.name = "postern policy", .file = CONF_DEFAULT_FILE };
    int option;
    while ((option = getopt_long(argc, argv, "c:h", longs, NULL)) != -1)
        if (!take_option(&c, option)) {
            (void)fputs(usage, option == 'h' ? stdout : stderr);
            return option == 'h' ? CMD_OK : CMD_USAGE;
        }
    if (optind == argc) {
        (void)fputs(usage, stderr);
        return CMD_USAGE;
    }
    c.argument = argv + optind + 1;
    return run(&c, argv[optind], argc - optind - 1);
}
