/* SPDX-License-Identifier: ISC
 *
 * cmd/serve: the command line of every service: `postern SERVICE [-c file]`.
 */
#pragma once

#include "conf/conf.h"

/* Reads the configuration, then run is the service. argv[0] is its name. Exit code. */
int cmd_serve(int argc, char **argv, int (*run)(struct conf *conf));
