/* SPDX-License-Identifier: ISC */
#include "cmd/serve.h"

#include <stdio.h>
#include <unistd.h>

#include "base/slice.h"
#include "cmd/cmd.h"

static int usage(const char *service)
{
    (void)fprintf(stderr, "usage: postern %s [-c file]\n", service);
    return CMD_USAGE;
}

int cmd_serve(int argc, char **argv, int (*run)(struct conf *conf))
{
    const char *file = CONF_DEFAULT_FILE;
    struct buf why;
    for (int option; (option = getopt(argc, argv, "c:")) != -1;) {
        if (option != 'c')
            return usage(argv[0]);
        file = optarg;
    }
    if (optind != argc)
        return usage(argv[0]);
    buf_init(&why, 2048);
    struct conf *conf = conf_load(file, &why);
    if (!conf)
        (void)fprintf(stderr, "postern: %.*s\n", SLICE_ARG(buf_slice(&why)));
    buf_clear(&why);
    return conf ? run(conf) : CMD_FAILED;
}
