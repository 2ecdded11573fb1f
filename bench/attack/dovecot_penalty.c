/* SPDX-License-Identifier: ISC
 *
 * Dovecot's penalty (src/auth/auth-penalty.c, src/anvil/penalty.c): by address, a wait before the
 * password is looked at: 4 s behind one failure, 8 behind two, then 15. One more with a user and
 * password of the last ten counts nothing; 15 s without a counted failure and it is gone, as it is
 * after a success. It never refuses.
 */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "map.h"
#include "random.h"
#include "system.h"

#define INIT_S    2
#define MAX_S     15
#define MAX_LEVEL 4
#define EXPIRE_S  29
#define REMEMBERS 10

struct anvil {
    struct map addresses;
};

struct penalty {
    uint32_t level;
    int64_t last_us;    /* counted failure */
    int64_t updated_us; /* counted or not */
    uint32_t guesses[REMEMBERS];
};

static void *start(const struct system *system, const struct settings *settings)
{
    (void)system;
    (void)settings;
    struct anvil *v = calloc(1, sizeof(*v));
    CHECK(v != NULL);
    map_init(&v->addresses, sizeof(struct penalty));
    return v;
}

static void stop(void *state)
{
    struct anvil *v = state;
    map_clear(&v->addresses);
    free(v);
}

static int64_t level_us(uint32_t level)
{
    int64_t s = INIT_S << level;
    return (s < MAX_S ? s : MAX_S) * SECOND_US;
}

/* auth_penalty_anvil_callback: how much of it the idle time has taken away. */
static uint32_t level_now(const struct penalty *p, int64_t wall_us)
{
    int64_t idle = wall_us > p->last_us ? wall_us - p->last_us : 0;
    uint32_t level = p->level;
    for (uint32_t drop = MAX_LEVEL; level > 0 && idle >= level_us(drop); drop--)
        level--;
    return level;
}

/* penalty_bump_checksum and penalty_add_checksum. */
static bool is_repeat(struct penalty *p, uint32_t guess)
{
    size_t at = 0;
    while (at < REMEMBERS && p->guesses[at] != guess)
        at++;
    bool found = at < REMEMBERS;
    memmove(p->guesses + 1, p->guesses, (found ? at : REMEMBERS - 1) * sizeof(*p->guesses));
    p->guesses[0] = guess;
    return found;
}

static void note_failure(struct penalty *p, const struct attempt *a, uint32_t level, int64_t now_us)
{
    uint32_t guess = (uint32_t)chance_of(0, a->account, a->password, 0) | 1;
    p->updated_us = now_us;
    if (is_repeat(p, guess)) {
        p->level = level;
        return;
    }
    p->level = level < MAX_LEVEL ? level + 1 : MAX_LEVEL;
    p->last_us = now_us;
}

static void try(void *state, const struct house *house, const struct attempt *a,
                struct verdict *out)
{
    (void)house;
    struct anvil *v = state;
    struct penalty *p = map_make(&v->addresses, (uint64_t)a->address + 1);
    if (a->wall_us - p->updated_us >= EXPIRE_S * SECOND_US)
        *p = (struct penalty){ 0 };
    uint32_t level = level_now(p, a->wall_us);
    out->delay_us = level == 0 ? 0 : level_us(level);
    out->reached = true;
    out->let_in = a->right;
    if (!a->right)
        note_failure(p, a, level, a->wall_us + out->delay_us);
    else if (level != 0)
        p->level = 0;
}

const struct system dovecot_penalty = {
    .name = "Dovecot's penalty", .start = start, .try = try, .stop = stop
};
