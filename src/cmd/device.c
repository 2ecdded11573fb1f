/* SPDX-License-Identifier: ISC
 *
 * postern device: what the registry knows, and the operator's word in it.
 */
#include "cmd/device.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"

static const char usage[] =
    "usage: postern device list [-c FILE] [--json] [ACCOUNT]\n"
    "       postern device places [-c FILE] [--json] [ACCOUNT]\n"
    "       postern device show [-c FILE] [--json] ACCOUNT IDENTITY\n"
    "       postern device history [-c FILE] [--json] ACCOUNT\n"
    "       postern device approve [-c FILE] [--json] ACCOUNT IDENTITY\n"
    "       postern device revoke [-c FILE] [--json] [--for TIME] ACCOUNT IDENTITY\n"
    "       postern device label [-c FILE] [--json] ACCOUNT IDENTITY TEXT\n"
    "       postern device forget [-c FILE] [--json] ACCOUNT IDENTITY|NETWORK\n"
    "       postern device allow [-c FILE] [--json] ACCOUNT|* TYPE --tokens TOKENS\n"
    "       postern device disallow [-c FILE] [--json] ACCOUNT|* TYPE --tokens TOKENS\n"
    "       postern device export [-c FILE] [ACCOUNT]\n"
    "       postern device import [-c FILE] [--json] BACKUP\n"
    "       postern device erase [-c FILE] [--json] ACCOUNT\n"
    "\n"
    "  IDENTITY  TYPE:~pseudonym as `list` shows it, the beginning of one, or TYPE:TOKEN in clear\n"
    "  TOKENS    a file, one token a line in clear; \"-\" is the standard input, for BACKUP too\n"
    "  TIME      90s, 10m, 8h, 7d\n";

/* clang-format off */
static const struct {
    const char *verb;
    int least, most; /* arguments */
    int (*run)(struct device_command *c);
} verbs[] = {
    { "list",     0, 1, cmd_device_list },
    { "places",   0, 1, cmd_device_places },
    { "show",     2, 2, cmd_device_show },
    { "history",  1, 1, cmd_device_history },
    { "approve",  2, 2, cmd_device_change },
    { "revoke",   2, 2, cmd_device_change },
    { "label",    3, 3, cmd_device_change },
    { "forget",   2, 2, cmd_device_change },
    { "erase",    1, 1, cmd_device_change },
    { "allow",    2, 2, cmd_device_allow },
    { "disallow", 2, 2, cmd_device_allow },
    { "export",   0, 1, cmd_device_backup },
    { "import",   1, 1, cmd_device_restore },
};
/* clang-format on */

/* Options that only one verb has. */
static bool options_fit(const struct device_command *c)
{
    bool allow = strcmp(c->verb, "allow") == 0 || strcmp(c->verb, "disallow") == 0;
    return (c->tokens != NULL) == allow && (!c->for_us || strcmp(c->verb, "revoke") == 0);
}

static int run(struct device_command *c, int arguments, const char *file)
{
    for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
        if (strcmp(c->verb, verbs[i].verb) != 0)
            continue;
        if (arguments < verbs[i].least || arguments > verbs[i].most || !options_fit(c))
            break;
        int code = tool_open(&c->tool, file);
        if (code == CMD_OK)
            code = verbs[i].run(c);
        tool_close(&c->tool);
        return code;
    }
    (void)fputs(usage, stderr);
    return CMD_USAGE;
}

int cmd_device(int argc, char **argv)
{
    static const struct option longs[] = {
        { "config", required_argument, NULL, 'c' }, { "json", no_argument, NULL, 'j' },
        { "tokens", required_argument, NULL, 't' }, { "for", required_argument, NULL, 'f' },
        { "help", no_argument, NULL, 'h' },         { NULL, 0, NULL, 0 },
    };
    struct device_command c = { .tool.name = "postern device" };
    const char *file = CONF_DEFAULT_FILE;
    int option;
    while ((option = getopt_long(argc, argv, "c:h", longs, NULL)) != -1) {
        if (option == 'c')
            file = optarg;
        else if (option == 'j')
            c.tool.json = true;
        else if (option == 't')
            c.tokens = optarg;
        else if (option != 'f' || !tool_time(optarg, &c.for_us)) {
            (void)fputs(usage, option == 'h' ? stdout : stderr);
            return option == 'h' ? CMD_OK : CMD_USAGE;
        }
    }
    if (optind == argc) {
        (void)fputs(usage, stderr);
        return CMD_USAGE;
    }
    c.verb = argv[optind];
    c.argument = argv + optind + 1;
    return run(&c, argc - optind - 1, file);
}
