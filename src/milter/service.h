/* SPDX-License-Identifier: ISC
 *
 * milter/service: the parent of `postern milter`, on the tree of service/: it binds, reads the private
 * keys, and has nothing but workers.
 */
#pragma once

#include "conf/conf.h"

/* Runs until SIGTERM or SIGINT; conf is taken over. The exit status of the program. */
int milter_service_run(struct conf *conf);
/* What `milter_service_run` would find wrong with conf's files, less what only root may know. False:
 * *why says what and where. */
MUST_USE bool milter_service_check(const struct conf *conf, struct buf *why);
