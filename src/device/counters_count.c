/* SPDX-License-Identifier: ISC
 *
 * Counts, marks and holds: the two lines of a key, looked at once and changed by one CAS.
 *
 * Two processes may give the same new key a slot each when others change its lines meanwhile; a
 * count is therefore the sum of all slots with its id, and nothing is lost.
 */
#include "device/counters_internal.h"

#define SEEN (2 * LINE_SLOTS)
#define NONE SIZE_MAX

#define HOLD_AT_MOST (3 * COUNTERS_WITHIN_MAX_US)

enum kind { COUNT, MARK, HOLD };

/* The two lines of a key, and what is looked for there. Small: it is made for each operation. */
struct view {
    struct line *lines;
    uint64_t id;   /* the bits of a slot that name it */
    uint64_t mask; /* which those are */
    uint32_t now;
    uint32_t alike; /* a bit for each slot with those bits: it may yet be over */
};

/* A slot, and what stood there. at NONE: there is none. */
struct found {
    size_t at;
    uint64_t word;
};

/* The two lines as they were, when something is to be placed there. */
struct words {
    uint64_t at[SEEN];
};

/* 16 bits name a count, 31 a mark: a false hold would shut someone out. */
static void view_init(struct view *v, const struct area *area, uint64_t key, enum kind kind,
                      int64_t wall_us)
{
    uint64_t spread = key_spread(key);
    uint64_t id = (spread + kind) * UINT64_C(0xd6e8feb86659fd93);
    uint64_t more = (id >> 17) & (UINT64_C(0x7fff) << 16);
    v->lines = lines_of(area, spread);
    v->now = units_of(wall_us);
    v->mask = kind == COUNT ? SLOT_ID : ~SLOT_EXPIRY;
    v->id = id & SLOT_ID;
    if (kind == MARK)
        v->id |= more ? more : UINT64_C(1) << 16;
    if (kind == HOLD)
        v->id |= SLOT_HOLD | more;
}

static uint64_t slot_load(const struct view *v, size_t at)
{
    return atomic_load_explicit(&v->lines[at / LINE_SLOTS].slot[at % LINE_SLOTS],
                                memory_order_relaxed);
}

static inline uint32_t line_alike(struct line *line, uint64_t mask, uint64_t id)
{
    uint32_t alike = 0;
#pragma GCC unroll 8
    for (size_t i = 0; i < LINE_SLOTS; i++) {
        uint64_t word = atomic_load_explicit(&line->slot[i], memory_order_relaxed);
        alike |= (uint32_t)((word & mask) == id) << i;
    }
    return alike;
}

/* Without branches: nearly always no slot is alike, or one. */
static void view_look(struct view *v)
{
    uint32_t first = line_alike(&v->lines[0], v->mask, v->id);
    uint32_t second = line_alike(&v->lines[1], v->mask, v->id);
    v->alike = first | second << LINE_SLOTS;
}

static bool view_is(const struct view *v, uint64_t word)
{
    return (word & v->mask) == v->id && slot_live(word, v->now) &&
           (v->mask != SLOT_ID || (word & SLOT_COUNT));
}

/* The next slot that is what is looked for; each is found once. */
static struct found view_next(struct view *v)
{
    while (v->alike) {
        struct found f = { .at = (size_t)__builtin_ctz(v->alike) };
        v->alike &= v->alike - 1;
        f.word = slot_load(v, f.at);
        if (view_is(v, f.word))
            return f;
    }
    return (struct found){ .at = NONE };
}

static bool view_swap(struct counters *c, const struct view *v, struct found from, uint64_t to)
{
    return slot_swap(c, &v->lines[from.at / LINE_SLOTS], from.at % LINE_SLOTS, from.word, to);
}

/* ---- who gives way ---- */

/* The order in which live slots give way: marks, then counts from the smallest, then holds; among
 * equals what is over sooner. */
#define RANK_COUNT (INT64_C(1) << 40)
#define RANK_HOLD  (INT64_C(2) << 40)

static uint32_t count_of(uint64_t word)
{
    return (uint16_t)(word >> 32);
}

static uint32_t before_of(uint64_t word)
{
    return (uint16_t)(word >> 16);
}

static int64_t rank(uint64_t word, uint32_t now)
{
    int left = slot_left(word, now);
    if (word & SLOT_COUNT)
        return RANK_COUNT + ((int64_t)(count_of(word) + before_of(word)) << 16) + left;
    return word & SLOT_HOLD ? RANK_HOLD + left : left;
}

/* The slot of the lowest rank below `under`; one that is over has none. NONE. */
static size_t lowest(const struct words *words, uint32_t now, int64_t under)
{
    size_t at = NONE;
    for (size_t i = 0; i < SEEN; i++) {
        if (!slot_live(words->at[i], now))
            return i;
        int64_t r = rank(words->at[i], now);
        if (r < under) {
            under = r;
            at = i;
        }
    }
    return at;
}

/* A slot for a newcomer: free, or the lowest rank below `under`. What is looked for when another
 * process has just placed it: both would think that they were first. */
static struct found victim(const struct view *v, int64_t under)
{
    struct words words;
    for (size_t i = 0; i < SEEN; i++) {
        words.at[i] = slot_load(v, i);
        if (view_is(v, words.at[i]))
            return (struct found){ i, words.at[i] };
    }
    size_t at = lowest(&words, v->now, under);
    return (struct found){ at, at == NONE ? 0 : words.at[at] };
}

/* ---- counts ---- */

static uint32_t window_of(int64_t within_us)
{
    if (within_us > COUNTERS_WITHIN_MAX_US)
        within_us = COUNTERS_WITHIN_MAX_US;
    return within_us <= UNIT_US ? 1 : (uint32_t)((within_us + UNIT_US - 1) / UNIT_US);
}

static uint32_t at_most(uint64_t count)
{
    return count < COUNTERS_MAX ? (uint32_t)count : COUNTERS_MAX;
}

/* A slot ends two windows after the beginning of its current one. More than that is left when the
 * clock was set back or the window made shorter: then it counts as beginning now. */
static uint32_t estimate(uint64_t word, uint32_t now, uint32_t window)
{
    uint32_t left = (uint32_t)slot_left(word, now), count = count_of(word), part = before_of(word);
    if (left <= window) {
        part = count;
        count = 0;
    } else {
        left = left > 2 * window ? window : left - window;
    }
    if (part && left < window)
        part = (part * left + window - 1) / window;
    return count + part;
}

static uint64_t count_word(uint64_t id, uint32_t count, uint32_t before, uint32_t until)
{
    return id | ((uint64_t)count << 32) | ((uint64_t)before << 16) | (uint16_t)until;
}

static uint64_t added(uint64_t word, uint32_t now, uint32_t window, uint32_t amount)
{
    uint32_t left = (uint32_t)slot_left(word, now), count = count_of(word),
             before = before_of(word);
    if (left <= window) {
        before = count;
        count = 0;
        left += window;
    } else if (left > 2 * window) {
        left = 2 * window;
    }
    return count_word(word & SLOT_ID, at_most((uint64_t)count + amount), before, now + left);
}

/* What a newcomer starts from in the place of a slot: the same windowed count under its own name,
 * so that what was charged to the slot still ends with its window. */
static uint64_t inherited(const struct view *v, uint64_t word, uint32_t window)
{
    int left = slot_left(word, v->now);
    if (left > (int)window)
        return (word & ~SLOT_ID) | v->id;
    return count_word(v->id, 0, count_of(word), v->now + 2 * window);
}

/* What is in the slot where a key begins, before it is counted. */
static uint64_t newcomer(const struct view *v, unsigned area, uint64_t word, uint32_t window)
{
    if (view_is(v, word))
        return word;
    if (area != COUNTERS_KNOWN && (word & SLOT_COUNT) && slot_live(word, v->now))
        return inherited(v, word, window);
    return count_word(v->id, 0, 0, v->now + 2 * window);
}

/* What further slots of the same id hold. */
static uint64_t doubles(struct view *v, uint32_t window)
{
    uint64_t sum = 0;
    for (struct found f = view_next(v); f.at != NONE; f = view_next(v))
        sum += estimate(f.word, v->now, window);
    return sum;
}

uint32_t counters_add(struct counters *c, enum counters_area area, uint64_t key, int64_t within_us,
                      uint32_t amount, int64_t wall_us)
{
    if (amount == 0)
        return counters_read(c, area, key, within_us, wall_us);
    struct view v;
    struct found f;
    uint32_t window = window_of(within_us);
    uint64_t word;
    view_init(&v, &c->areas[area], key, COUNT, wall_us);
    do {
        view_look(&v);
        f = view_next(&v);
        if (f.at == NONE)
            f = victim(&v, INT64_MAX);
        word = added(newcomer(&v, area, f.word, window), v.now, window, amount);
    } while (!view_swap(c, &v, f, word));
    return at_most(doubles(&v, window) + estimate(word, v.now, window));
}

uint32_t counters_read(const struct counters *c, enum counters_area area, uint64_t key,
                       int64_t within_us, int64_t wall_us)
{
    struct view v;
    uint32_t window = window_of(within_us);
    view_init(&v, &c->areas[area], key, COUNT, wall_us);
    view_look(&v);
    struct found f = view_next(&v);
    if (f.at == NONE && area == COUNTERS_KNOWN)
        return 0;
    if (f.at == NONE)
        f.word = newcomer(&v, area, victim(&v, INT64_MAX).word, window);
    return at_most(estimate(f.word, v.now, window) + doubles(&v, window));
}

/* ---- marks and holds ---- */

static bool view_has(struct view *v)
{
    view_look(v);
    return view_next(v).at != NONE;
}

bool counters_first(struct counters *c, enum counters_area area, uint64_t key, int64_t within_us,
                    int64_t wall_us)
{
    struct view v;
    struct found f;
    uint64_t word;
    view_init(&v, &c->areas[area], key, MARK, wall_us);
    /* The unit that has begun does not count: it is seen for the whole of within_us. */
    word = slot_until(v.id, v.now + window_of(within_us) + 1);
    do {
        if (view_has(&v))
            return false;
        f = victim(&v, RANK_COUNT);
        if (f.at == NONE)
            return true;
    } while (view_is(&v, f.word) || !view_swap(c, &v, f, word));
    return true;
}

bool counters_would_be_first(const struct counters *c, enum counters_area area, uint64_t key,
                             int64_t within_us, int64_t wall_us)
{
    struct view v;
    (void)within_us; /* the mark knows */
    view_init(&v, &c->areas[area], key, MARK, wall_us);
    return !view_has(&v);
}

static void unhold(struct counters *c, struct view *v)
{
    struct found f;
    for (view_look(v); (f = view_next(v)).at != NONE; view_look(v))
        (void)view_swap(c, v, f, 0);
}

void counters_hold(struct counters *c, enum counters_area area, uint64_t key, int64_t until_us,
                   int64_t wall_us)
{
    struct view v;
    struct found f;
    view_init(&v, &c->areas[area], key, HOLD, wall_us);
    if (until_us == 0) {
        unhold(c, &v);
        return;
    }
    if (until_us <= wall_us)
        return;
    if (until_us > wall_us + HOLD_AT_MOST)
        until_us = wall_us + HOLD_AT_MOST;
    int left = (int)((until_us - 1) / UNIT_US + 1 - v.now);
    do {
        view_look(&v);
        f = view_next(&v);
        if (f.at == NONE)
            f = victim(&v, RANK_HOLD + left);
        if (f.at == NONE || (view_is(&v, f.word) && slot_left(f.word, v.now) >= left))
            return;
    } while (!view_swap(c, &v, f, slot_until(v.id, v.now + (uint32_t)left)));
}

bool counters_held(const struct counters *c, enum counters_area area, uint64_t key, int64_t wall_us)
{
    struct view v;
    view_init(&v, &c->areas[area], key, HOLD, wall_us);
    return view_has(&v);
}
