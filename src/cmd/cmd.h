/* SPDX-License-Identifier: ISC
 *
 * cmd: one function per subcommand: options, exit codes, printing. No protocol code.
 *
 * argv[0] is the subcommand's own name. Exit codes: 0 yes or done, 1 no or failed, 2 usage,
 * 75 try again (EX_TEMPFAIL).
 */
#pragma once

enum { CMD_OK = 0, CMD_FAILED = 1, CMD_USAGE = 2, CMD_TRY_AGAIN = 75 };

int cmd_submit(int argc, char **argv);
int cmd_milter(int argc, char **argv);
int cmd_config(int argc, char **argv); /* check | show | schema */
int cmd_passwd(int argc, char **argv);
int cmd_device(int argc, char **argv);
int cmd_policy(int argc, char **argv);
int cmd_dkim(int argc, char **argv);
int cmd_practices(int argc, char **argv);
int cmd_audit(int argc, char **argv);
