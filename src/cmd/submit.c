/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <unistd.h>

#include "base/slice.h"
#include "cmd/cmd.h"
#include "conf/conf.h"
#include "submit/service.h"

static int usage(void)
{
    (void)fputs("usage: postern submit [-c file]\n", stderr);
    return CMD_USAGE;
}

int cmd_submit(int argc, char **argv)
{
    const char *file = CONF_DEFAULT_FILE;
    struct buf why;
    for (int option; (option = getopt(argc, argv, "c:")) != -1;) {
        if (option != 'c')
            return usage();
        file = optarg;
    }
    if (optind != argc)
        return usage();
    buf_init(&why, 2048);
    struct conf *conf = conf_load(file, &why);
    if (!conf)
        (void)fprintf(stderr, "postern: %.*s\n", SLICE_ARG(buf_slice(&why)));
    buf_clear(&why);
    return conf ? service_run(conf) : CMD_FAILED;
}
