/* SPDX-License-Identifier: ISC
 *
 * Which pairs are worth a look: those that have something in common, each once. Of what up to LINK_GROUP_ALL clients
 * share all pairs are taken; in larger groups each client is paired with the first one and with the one that came
 * before it: that joins them as well, and the work stays linear. What is left out is counted.
 */
#include "audit/link_internal.h"

#include <errno.h>
#include <stdlib.h>

/* What an address change takes, generously: a client that comes later than this after another had gone is not
 * told from any other by it. */
#define HABIT_GAP_US INT64_C(900000000)
enum { HABIT_BACK = 8 }; /* so many that came before are looked at */

static int add(struct link_work *work, uint32_t a, uint32_t b)
{
    if (a == b)
        return 0;
    if (work->pairs_n >= work->pairs_max) {
        work->passed_over++;
        return 0;
    }
    int err =
        link_grow((void **)&work->pairs, &work->pairs_size, work->pairs_n, sizeof *work->pairs);
    if (err < 0)
        return err;
    work->pairs[work->pairs_n++] = a < b ? (struct link_pair){ a, b } : (struct link_pair){ b, a };
    return 0;
}

static int add_all(struct link_work *work, const struct link_item *items, size_t n)
{
    int err = 0;
    if (n > LINK_GROUP_ALL) {
        work->passed_over += (uint64_t)n * (n - 1) / 2 - (2 * n - 3);
        for (size_t i = 1; i < n && err == 0; i++) {
            err = add(work, items[0].client, items[i].client);
            if (err == 0 && i > 1)
                err = add(work, items[i - 1].client, items[i].client);
        }
        return err;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n && err == 0; k++)
            err = add(work, items[i].client, items[k].client);
    return err;
}

/* Each that says it with each it is about. */
static int add_across(struct link_work *work, const struct link_item *items, size_t says, size_t n)
{
    size_t to_says = says < LINK_GROUP_ALL ? says : LINK_GROUP_ALL;
    size_t to_owns = n - says < LINK_GROUP_ALL ? n - says : LINK_GROUP_ALL;
    work->passed_over += (uint64_t)says * (n - says) - (uint64_t)to_says * to_owns;
    int err = 0;
    for (size_t i = 0; i < to_says; i++)
        for (size_t k = 0; k < to_owns && err == 0; k++)
            err = add(work, items[i].client, items[says + k].client);
    return err;
}

/* One came when the other had gone. */
static int add_successors(struct link_work *work, const struct link_item *items, size_t n)
{
    int err = 0;
    for (size_t i = 1; i < n; i++)
        for (size_t k = i; k > 0 && i - k < HABIT_BACK && err == 0; k--) {
            const struct link_item *before = &items[k - 1];
            if (items[i].time_us >= before->gone_us &&
                items[i].time_us - before->gone_us <= HABIT_GAP_US)
                err = add(work, before->client, items[i].client);
        }
    return err;
}

static int add_group(struct link_work *work, const struct link_item *items, size_t n)
{
    size_t says = 0;
    while (says < n && items[says].role == LINK_SAYS)
        says++;
    switch ((enum link_key)items->key) {
    case LINK_KEY_IDENTITY:
    case LINK_KEY_NAME: return add_all(work, items, n);
    case LINK_KEY_HARDWARE:
    case LINK_KEY_ADDRESS: {
        int err = add_all(work, items, says);
        return err < 0 ? err : add_across(work, items, says, n);
    }
    case LINK_KEY_TAIL: return add_across(work, items, says, n);
    case LINK_KEY_HABIT: return add_successors(work, items, n);
    case LINK_KEYS: break;
    }
    return 0;
}

static int by_clients(const void *one, const void *other)
{
    const struct link_pair *a = one, *b = other;
    if (a->a != b->a)
        return a->a < b->a ? -1 : 1;
    return (a->b > b->b) - (a->b < b->b);
}

static void drop_equal(struct link_work *work)
{
    size_t kept = 0;
    for (size_t i = 0; i < work->pairs_n; i++)
        if (kept == 0 || by_clients(&work->pairs[i], &work->pairs[kept - 1]) != 0)
            work->pairs[kept++] = work->pairs[i];
    work->pairs_n = kept;
}

int link_pairs_make(struct link_work *work)
{
    size_t first = 0;
    work->pairs_max = LINK_PAIRS_LEAST + LINK_PAIRS_PER_CLIENT * work->audit->clients_n;
    for (size_t i = 1; i <= work->items_n; i++) {
        const struct link_item *items = work->items;
        if (i < work->items_n && items[i].key == items[first].key &&
            items[i].hash == items[first].hash)
            continue;
        int err = add_group(work, items + first, i - first);
        if (err < 0)
            return err;
        first = i;
    }
    if (work->pairs_n)
        qsort(work->pairs, work->pairs_n, sizeof *work->pairs, by_clients);
    drop_equal(work);
    return 0;
}
