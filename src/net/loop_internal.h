/* SPDX-License-Identifier: ISC
 *
 * net/loop_internal: what the connections of a loop share. For this room only.
 */
#pragma once

#include "net/loop.h"

/* Where input is read to: LOOP_SCRATCH bytes for all connections, used within one callback and
 * wiped by who used it. */
#define LOOP_SCRATCH ((size_t)32 * 1024)
uint8_t *loop_scratch(struct loop *loop);

/* How OpenSSL reads and writes for all of them; made by conn_tls.c, freed with the loop. */
struct bio_method_st;
struct bio_method_st **loop_bio_method(struct loop *loop);
