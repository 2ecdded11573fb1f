/* SPDX-License-Identifier: ISC
 *
 * How common what two clients share is among all: a name, an address, a way of speaking at that time.
 */
#include "audit/link_internal.h"

enum { LOOKED_AT = 64 }; /* of those who share something; what they tell stands for all */

/* --- names ----------------------------------------------------------------------------------- */

/* How many of the holders of a name are active, anywhere, while another of them is: those are different devices,
 * whatever the name. Each is compared with those next in time. */
static size_t holders_at_once(const struct link_work *work, size_t first, size_t end)
{
    size_t n = 0;
    for (size_t i = first; i < end; i++) {
        const struct audit_client *a = work->audit->clients[work->items[i].client];
        bool found = false;
        for (size_t k = first; k < end && !found; k++)
            found = k != i && (k > i ? k - i : i - k) <= LINK_GROUP_ALL &&
                    link_active_together(a, work->audit->clients[work->items[k].client]);
        n += found;
    }
    return n;
}

/* Two at once may be two interfaces of one device, and are counted for little. */
static double share_of(const struct link_work *work, size_t first, size_t end)
{
    size_t looked = end - first < LOOKED_AT ? end - first : LOOKED_AT;
    size_t n = holders_at_once(work, first, first + looked);
    double holders = (double)n / (double)looked * (double)(end - first);
    size_t clients = work->audit->clients_n;
    clients = clients < LINK_CLIENTS_LEAST ? LINK_CLIENTS_LEAST : clients;
    return (n > 2 ? holders : 0.05 * holders) / (double)clients;
}

void link_names_measure(struct link_work *work)
{
    size_t first = 0;
    for (size_t i = 1; i <= work->items_n; i++) {
        const struct link_item *items = work->items;
        if (i < work->items_n && items[i].key == items[first].key &&
            items[i].hash == items[first].hash)
            continue;
        if (items[first].key == LINK_KEY_NAME)
            work->items[first].share = share_of(work, first, i);
        first = i;
    }
}

double link_name_share(const struct link_work *work, struct slice name)
{
    size_t first, end = link_items_find(work, LINK_KEY_NAME, name, &first);
    return first < end ? work->items[first].share : -1;
}

/* --- addresses ------------------------------------------------------------------------------- */

double link_owners(const struct link_work *work, uint32_t address)
{
    size_t n = 0, first,
           end = link_items_find(work, LINK_KEY_ADDRESS,
                                 (struct slice){ (const uint8_t *)&address, 4 }, &first);
    for (size_t i = end; i > first && n < LOOKED_AT; i--) /* owners stand last */
        n += work->items[i - 1].role == LINK_OWNS;
    return n > 1 ? (double)n : 1;
}

/* --- habits ---------------------------------------------------------------------------------- */

#define HABIT_AROUND_US INT64_C(1800000000) /* before and after: how busy the network is then */

static size_t first_since(const struct link_work *work, size_t low, size_t high, int64_t time_us)
{
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (work->items[middle].time_us < time_us)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Half a client more than were seen around that time, as few say little. The gap counts as 10 s at least. Beyond
 * LOOKED_AT others the ratio is below nothing anyhow. */
double link_habit_chance(const struct link_work *work, const struct link_habit *habit,
                         uint32_t network, int64_t came_us, int64_t gap_us)
{
    uint8_t room[32];
    size_t first, end = link_items_find(work, LINK_KEY_HABIT,
                                        link_habit_octets(habit, network, room, work), &first);
    size_t from = first_since(work, first, end, came_us - HABIT_AROUND_US);
    size_t others = 0;
    for (size_t i = from; i < end && others < LOOKED_AT; i++) {
        if (work->items[i].time_us > came_us + HABIT_AROUND_US)
            break;
        others += work->items[i].time_us != came_us;
    }
    double gap = gap_us > 10000000 ? (double)gap_us : 10000000;
    return ((double)others + 0.5) * gap / (2.0 * (double)HABIT_AROUND_US);
}
