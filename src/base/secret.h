/* SPDX-License-Identifier: ISC
 *
 * base/secret: passwords, tokens and keys while they are needed.
 *
 * Cells of one locked slab per process (a locked page a session would pass RLIMIT_MEMLOCK). A
 * cell is wiped when it is given back. The slab is left out of core dumps.
 */
#pragma once

#include "base/slice.h"

struct secret_slab;

/* cells of cell_size bytes each. NULL without memory; a slab that could not be locked still works. */
struct secret_slab *secret_slab_new(size_t cells, size_t cell_size);
void secret_slab_free(struct secret_slab *slab); /* wipes; NULL is fine */

/* One zeroed cell, or NULL when all are taken. */
uint8_t *secret_cell_take(struct secret_slab *slab);
void secret_cell_give(struct secret_slab *slab, uint8_t *cell); /* wipes; NULL is fine */
size_t secret_cell_size(const struct secret_slab *slab);

/* Overwrites n bytes in a way the compiler keeps. */
void secret_wipe(void *p, size_t n);
/* Same length and bytes, in time that depends on the length only. */
bool secret_equal(struct slice a, struct slice b);
