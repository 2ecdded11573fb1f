/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "base/attribute.h"
#include "cmd/cmd.h"

/* clang-format off */
static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    { "submit", cmd_submit, "run the mail submission gate" },
    { "milter", cmd_milter, "verify and sign mail for an MTA" },
    { "config", cmd_config, "check, show or describe the configuration" },
    { "passwd", cmd_passwd, "set the password of an account of the file backend" },
    { "device", cmd_device, "show, approve, revoke and back up the devices of accounts" },
    { "policy", cmd_policy, "explain, check and replay the policy; attack mode" },
    { "dkim", cmd_dkim, "verify and sign messages, make and check keys" },
    { "practices", cmd_practices, "look up and publish what domains say about their mail" },
    { "audit", cmd_audit, "tell what DHCP clients and servers in captures give away" },
};
/* clang-format on */

static void print_usage(FILE *out)
{
    (void)fputs("usage: postern command [options]\n\n", out);
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        (void)fprintf(out, "  %-9s %s\n", commands[i].name, commands[i].help);
    (void)fputs("\n`postern --version` prints the version; see postern(1).\n", out);
}

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "";
    if (strcmp(word, "--version") == 0 || strcmp(word, "version") == 0) {
        (void)puts("postern " POSTERN_VERSION);
        return CMD_OK;
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "help") == 0 || strcmp(word, "-h") == 0) {
        print_usage(stdout);
        return CMD_OK;
    }
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        if (strcmp(word, commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    print_usage(stderr);
    return CMD_USAGE;
}
