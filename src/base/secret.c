/* SPDX-License-Identifier: ISC */
#include "base/secret.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/check.h"

struct secret_slab {
    uint8_t *cells;
    size_t count, cell_size, bytes;
    size_t *unused; /* indices of the cells that can be taken */
    size_t unused_n;
};

void secret_wipe(void *p, size_t n)
{
    if (n)
        explicit_bzero(p, n);
}

bool secret_equal(struct slice a, struct slice b)
{
    uint8_t differ = 0;
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        differ |= (uint8_t)(a.p[i] ^ b.p[i]);
    return differ == 0;
}

struct secret_slab *secret_slab_new(size_t cells, size_t cell_size)
{
    struct secret_slab *slab = calloc(1, sizeof *slab);
    size_t bytes;
    if (!slab || __builtin_mul_overflow(cells, cell_size, &bytes) || bytes == 0) {
        free(slab);
        return NULL;
    }
    slab->cells = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    slab->unused = calloc(cells, sizeof *slab->unused);
    if (slab->cells == MAP_FAILED || !slab->unused) {
        if (slab->cells != MAP_FAILED)
            (void)munmap(slab->cells, bytes);
        free(slab->unused);
        free(slab);
        return NULL;
    }
    (void)mlock(slab->cells, bytes); /* best effort: RLIMIT_MEMLOCK may be small */
    (void)madvise(slab->cells, bytes, MADV_DONTDUMP);
    slab->count = slab->unused_n = cells;
    slab->cell_size = cell_size;
    slab->bytes = bytes;
    for (size_t i = 0; i < cells; i++)
        slab->unused[i] = cells - 1 - i;
    return slab;
}

void secret_slab_free(struct secret_slab *slab)
{
    if (!slab)
        return;
    secret_wipe(slab->cells, slab->bytes);
    (void)munmap(slab->cells, slab->bytes);
    free(slab->unused);
    free(slab);
}

size_t secret_cell_size(const struct secret_slab *slab)
{
    return slab->cell_size;
}

uint8_t *secret_cell_take(struct secret_slab *slab)
{
    if (slab->unused_n == 0)
        return NULL;
    return slab->cells + slab->unused[--slab->unused_n] * slab->cell_size;
}

void secret_cell_give(struct secret_slab *slab, uint8_t *cell)
{
    if (!cell)
        return;
    CHECK(cell >= slab->cells && cell < slab->cells + slab->bytes);
    CHECK(slab->unused_n < slab->count);
    secret_wipe(cell, slab->cell_size);
    slab->unused[slab->unused_n++] = (size_t)(cell - slab->cells) / slab->cell_size;
}
