/* SPDX-License-Identifier: ISC
 *
 * submit/service: the parent of `postern submit`: it binds, reads keys and secrets, forks one
 * keeper and the workers, starts again what dies, and reloads.
 *
 * A reload starts a new generation of workers from the new configuration; the old ones serve
 * their sessions to the end. A bad new file leaves everything as it was.
 */
#pragma once

#include "conf/conf.h"

/* Runs until SIGTERM or SIGINT; conf is taken over. The exit status of the program. */
int service_run(struct conf *conf);
