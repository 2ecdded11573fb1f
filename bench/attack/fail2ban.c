/* SPDX-License-Identifier: ISC
 *
 * fail2ban as it comes (config/jail.conf): maxretry 5, findtime 10m, bantime 10m, by address. It
 * acts at once here; the real one is as late as its log reader.
 */
#include <stdlib.h>

#include "base/check.h"
#include "map.h"
#include "system.h"

#define MAX_RETRY 5
#define FIND_US   (10 * MINUTE_US)
#define BAN_US    (10 * MINUTE_US)

struct jail {
    struct map addresses;
};

struct failures {
    int64_t at[MAX_RETRY - 1]; /* the last ones, the oldest first */
    int64_t banned_until_us;
};

static void *start(const struct system *system, const struct settings *settings)
{
    (void)system;
    (void)settings;
    struct jail *j = calloc(1, sizeof(*j));
    CHECK(j != NULL);
    map_init(&j->addresses, sizeof(struct failures));
    return j;
}

static void stop(void *state)
{
    struct jail *j = state;
    map_clear(&j->addresses);
    free(j);
}

static void note(struct jail *j, const struct attempt *a)
{
    struct failures *f = map_make(&j->addresses, (uint64_t)a->address + 1);
    if (f->at[0] != 0 && a->wall_us - f->at[0] <= FIND_US) {
        *f = (struct failures){ .banned_until_us = a->wall_us + BAN_US };
        return;
    }
    for (size_t i = 0; i + 1 < MAX_RETRY - 1; i++)
        f->at[i] = f->at[i + 1];
    f->at[MAX_RETRY - 2] = a->wall_us;
}

static void try(void *state, const struct house *house, const struct attempt *a,
                struct verdict *out)
{
    (void)house;
    struct jail *j = state;
    const struct failures *f = map_find(&j->addresses, (uint64_t)a->address + 1);
    if (f != NULL && a->wall_us < f->banned_until_us) {
        out->dropped = true;
        return;
    }
    out->reached = true;
    out->let_in = a->right;
    if (!a->right)
        note(j, a);
}

const struct system fail2ban = { .name = "fail2ban", .start = start, .try = try, .stop = stop };
