/* SPDX-License-Identifier: ISC
 *
 * weakforced with the policy it ships (wforce/wforce.conf), asked by Dovecot: in one hour (six
 * windows of ten minutes) more than 50 distinct failed passwords by address: refused; more than 3
 * by address and login: 3 s. What policy refused is not counted. A password is what Dovecot sends
 * of it: 12 bits of a hash over nonce, user and password. Counted exactly here; the real one counts
 * with HyperLogLog of 64 registers (13 %).
 */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "map.h"
#include "random.h"
#include "system.h"

#define WINDOWS     6
#define WINDOW_US   (10 * MINUTE_US)
#define ADDRESS_MAX 50
#define LOGIN_MAX   3
#define TARPIT_US   (3 * SECOND_US)
#define KEPT        (ADDRESS_MAX + 1) /* more distinct ones than that change nothing */

struct stats {
    struct map addresses, logins;
};

struct seen { /* hashes of failed passwords, and the window in which each was last seen */
    uint32_t n;
    uint16_t hash[KEPT];
    uint32_t window[KEPT];
};

static void *start(const struct system *system, const struct settings *settings)
{
    (void)system;
    (void)settings;
    struct stats *s = calloc(1, sizeof(*s));
    CHECK(s != NULL);
    map_init(&s->addresses, sizeof(struct seen *));
    map_init(&s->logins, sizeof(struct seen *));
    return s;
}

static void seen_clear(struct map *m)
{
    for (size_t i = 0; i < m->slots; i++) {
        if (m->keys[i] != 0)
            free(*(struct seen **)(void *)(m->records + i * m->size));
    }
    map_clear(m);
}

static void stop(void *state)
{
    struct stats *s = state;
    seen_clear(&s->addresses);
    seen_clear(&s->logins);
    free(s);
}

static uint32_t window_of(int64_t wall_us)
{
    return (uint32_t)(wall_us / WINDOW_US);
}

static uint32_t distinct(struct map *m, uint64_t key, uint32_t window)
{
    struct seen **found = map_find(m, key);
    if (found == NULL)
        return 0;
    struct seen *s = *found;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        if (window - s->window[i] >= WINDOWS)
            continue;
        s->hash[kept] = s->hash[i];
        s->window[kept++] = s->window[i];
    }
    s->n = kept;
    return kept;
}

static void add(struct map *m, uint64_t key, uint16_t hash, uint32_t window)
{
    struct seen **found = map_make(m, key);
    if (*found == NULL)
        *found = calloc(1, sizeof(**found));
    struct seen *s = *found;
    CHECK(s != NULL);
    uint32_t at = 0;
    while (at < s->n && s->hash[at] != hash)
        at++;
    if (at == KEPT)
        return;
    if (at == s->n)
        s->n++;
    s->hash[at] = hash;
    s->window[at] = window;
}

static void try(void *state, const struct house *house, const struct attempt *a,
                struct verdict *out)
{
    (void)house;
    struct stats *s = state;
    uint32_t window = window_of(a->wall_us);
    uint64_t address = (uint64_t)a->address + 1;
    uint64_t login = chance_of(1, a->address, a->account, 0) | 1;
    if (distinct(&s->addresses, address, window) > ADDRESS_MAX)
        return;
    if (distinct(&s->logins, login, window) > LOGIN_MAX)
        out->delay_us = TARPIT_US;
    out->reached = true;
    out->let_in = a->right;
    if (a->right)
        return;
    uint16_t hash = (uint16_t)(chance_of(2, a->account, a->password, 0) & 0xfff);
    add(&s->addresses, address, hash, window);
    add(&s->logins, login, hash, window);
}

const struct system weakforced = {
    .name = "weakforced's sample", .start = start, .try = try, .stop = stop
};
