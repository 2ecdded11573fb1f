/* SPDX-License-Identifier: ISC */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "conf/conf.h"
#include "milter/service.h"

#define OUTPUT_MAX (8u << 20)

static const char usage[] = "usage: postern config check|show|schema [-c file]\n"
                            "\n"
                            "  check   say whether the file is right, and where not\n"
                            "  show    print every effective value, as a file\n"
                            "  schema  print a JSON Schema of the file, for editors\n"
                            "  manual  print the keys as postern.yaml(5) lists them\n"
                            "  -c      the file; " CONF_DEFAULT_FILE " by default\n";

/* Prints what out holds; a full disk or a closed pipe is a failure. */
static int print(struct buf *out)
{
    struct slice text = buf_slice(out);
    bool fine = !out->failed && fwrite(text.p, 1, text.n, stdout) == text.n && fflush(stdout) == 0;
    buf_clear(out);
    if (!fine)
        (void)fputs("postern config: cannot write the output\n", stderr);
    return fine ? CMD_OK : CMD_FAILED;
}

static int print_from_table(void (*write)(struct buf *out))
{
    struct buf out;
    buf_init(&out, OUTPUT_MAX);
    write(&out);
    return print(&out);
}

static int say_wrong(struct buf *why)
{
    (void)fprintf(stderr, "%.*s\n", SLICE_ARG(buf_slice(why)));
    buf_clear(why);
    return CMD_FAILED;
}

/* Reads the file; tells of it when `show` is false, prints its values otherwise. */
static int run_file(const char *file, bool show)
{
    struct buf out;
    buf_init(&out, OUTPUT_MAX);
    struct conf *conf = conf_load(file, &out);
    if (!conf)
        return say_wrong(&out);
    bool fine = show || milter_service_check(conf, &out);
    if (show)
        conf_show(conf, &out);
    else if (fine)
        buf_printf(&out, "%s: ok\n", file);
    conf_free(conf);
    return fine ? print(&out) : say_wrong(&out);
}

static int run(const char *action, const char *file)
{
    if (strcmp(action, "check") == 0)
        return run_file(file, false);
    if (strcmp(action, "show") == 0)
        return run_file(file, true);
    if (strcmp(action, "schema") == 0)
        return print_from_table(conf_schema);
    if (strcmp(action, "manual") == 0)
        return print_from_table(conf_manual);
    (void)fputs(usage, stderr);
    return CMD_USAGE;
}

int cmd_config(int argc, char **argv)
{
    const char *file = CONF_DEFAULT_FILE;
    for (int option; (option = getopt(argc, argv, "c:h")) != -1;) {
        if (option == 'h') {
            (void)fputs(usage, stdout);
            return CMD_OK;
        }
        if (option != 'c') {
            (void)fputs(usage, stderr);
            return CMD_USAGE;
        }
        file = optarg;
    }
    if (argc - optind != 1) {
        (void)fputs(usage, stderr);
        return CMD_USAGE;
    }
    return run(argv[optind], file);
}
