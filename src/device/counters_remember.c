/* SPDX-License-Identifier: ISC */
#include "device/counters_internal.h"

/* Where a tag stands, live or over. */
struct found {
    struct line *line;
    size_t at;
    uint64_t word;
};

static uint64_t tag_word(uint64_t tag)
{
    uint64_t high = tag & ~SLOT_EXPIRY;
    return high ? high : SLOT_EXPIRY + 1;
}

static bool tag_find(const struct counters *c, uint64_t key, uint64_t tag, struct found *out)
{
    struct line *lines = lines_of(&c->areas[AREA_REMEMBERED], key_spread(key));
    for (size_t i = 0; i < 2 * LINE_SLOTS; i++) {
        struct found f = { lines + i / LINE_SLOTS, i % LINE_SLOTS, 0 };
        f.word = atomic_load_explicit(&f.line->slot[f.at], memory_order_relaxed);
        if ((f.word & ~SLOT_EXPIRY) == tag_word(tag)) {
            *out = f;
            return true;
        }
    }
    return false;
}

/* One that is over, or else the one whose success is longest ago. */
static struct found tag_victim(const struct counters *c, uint64_t key, uint32_t now)
{
    struct line *lines = lines_of(&c->areas[AREA_REMEMBERED], key_spread(key));
    struct found best = { NULL, 0, 0 };
    int least = INT32_MAX;
    for (size_t i = 0; i < 2 * LINE_SLOTS; i++) {
        struct found f = { lines + i / LINE_SLOTS, i % LINE_SLOTS, 0 };
        f.word = atomic_load_explicit(&f.line->slot[f.at], memory_order_relaxed);
        int left = slot_live(f.word, now) ? slot_left(f.word, now) : 0;
        if (left < least) {
            best = f;
            least = left;
        }
    }
    return best;
}

void counters_remember(struct counters *c, uint64_t key, uint64_t tag, int64_t wall_us)
{
    uint32_t now = units_of(wall_us);
    uint64_t word = slot_until(tag_word(tag), now + REMEMBERED_IN);
    struct found f;
    do {
        if (!tag_find(c, key, tag, &f))
            f = tag_victim(c, key, now);
    } while (f.word != word && !slot_swap(c, f.line, f.at, f.word, word));
}

bool counters_remembers(const struct counters *c, uint64_t key, uint64_t tag, int64_t wall_us)
{
    struct found f;
    return tag_find(c, key, tag, &f) && slot_live(f.word, units_of(wall_us));
}

void counters_forget(struct counters *c, uint64_t key, uint64_t tag)
{
    struct found f;
    while (tag_find(c, key, tag, &f))
        (void)slot_swap(c, f.line, f.at, f.word, 0);
}
