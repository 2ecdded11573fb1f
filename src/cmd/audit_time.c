/* SPDX-License-Identifier: ISC */
#include "cmd/audit.h"

#define NS_PER_S INT64_C(1000000000)
#define DAY_S    86400

struct text { /* what is left of it; bad is sticky */
    struct slice s;
    bool bad;
};

static uint32_t digits(struct text *t, size_t n, uint32_t min, uint32_t max)
{
    uint32_t number = 0;
    if (t->s.n < n || !slice_to_u32(slice_first(t->s, n), min, max, &number))
        t->bad = true;
    t->s = slice_from(t->s, n);
    return number;
}

static bool take(struct text *t, const char *any)
{
    if (!t->s.n || !slice_has(slice_of_str(any), t->s.p[0]))
        return false;
    t->s = slice_from(t->s, 1);
    return true;
}

static void must_take(struct text *t, const char *any)
{
    if (!take(t, any))
        t->bad = true;
}

/* ".5": up to nine digits; nothing is 0. */
static int64_t fraction(struct text *t)
{
    int64_t ns = 0, unit = NS_PER_S / 10;
    if (!take(t, "."))
        return 0;
    t->bad |= !t->s.n;
    for (; t->s.n && t->s.p[0] >= '0' && t->s.p[0] <= '9'; unit /= 10) {
        t->bad |= !unit;
        ns += (t->s.p[0] - '0') * unit;
        t->s = slice_from(t->s, 1);
    }
    return ns;
}

/* Days since 1970 of the proleptic Gregorian calendar: years begin in March, so that the leap day is last. */
static int64_t days_of(uint32_t year, uint32_t month, uint32_t day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t from_march = (month + 9) % 12;
    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * from_march + 2) / 5 + day - 1 - 719468;
}

static uint32_t days_in(uint32_t year, uint32_t month)
{
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (month == 2)
        return leap ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

static int64_t date(struct text *t)
{
    uint32_t year = digits(t, 4, 1970, 2200);
    must_take(t, "-");
    uint32_t month = digits(t, 2, 1, 12);
    must_take(t, "-");
    uint32_t day = digits(t, 2, 1, 31);
    t->bad |= !t->bad && day > days_in(year, month);
    return t->bad ? 0 : days_of(year, month, day) * DAY_S;
}

static int64_t clock_of_day(struct text *t)
{
    int64_t seconds = digits(t, 2, 0, 23) * INT64_C(3600);
    must_take(t, ":");
    seconds += digits(t, 2, 0, 59) * INT64_C(60);
    if (take(t, ":"))
        seconds += digits(t, 2, 0, 60);
    return seconds;
}

static int64_t zone(struct text *t)
{
    if (!t->s.n || take(t, "Zz"))
        return 0;
    bool west = take(t, "-");
    if (!west)
        must_take(t, "+");
    int64_t seconds = digits(t, 2, 0, 23) * INT64_C(3600);
    (void)take(t, ":");
    seconds += digits(t, 2, 0, 59) * INT64_C(60);
    return west ? -seconds : seconds;
}

static bool parse_date(struct text t, int64_t *out_ns)
{
    int64_t ns = 0, seconds = date(&t);
    if (t.s.n) {
        must_take(&t, "Tt ");
        seconds += clock_of_day(&t);
        ns = fraction(&t);
        seconds -= zone(&t);
    }
    *out_ns = seconds * NS_PER_S + ns;
    return !t.bad && !t.s.n;
}

static bool parse_number(struct text t, int64_t *out_ns)
{
    struct slice whole, rest;
    uint64_t seconds;
    bool has_point = slice_cut(t.s, '.', &whole, &rest);
    if (!slice_to_u64(whole, 0, INT64_MAX / NS_PER_S - 1, &seconds))
        return false;
    t.s = has_point ? slice_from(t.s, whole.n) : (struct slice){ 0 };
    *out_ns = (int64_t)seconds * NS_PER_S + fraction(&t);
    return !t.bad && !t.s.n;
}

bool audit_time_parse(struct slice text, int64_t *out_ns)
{
    int64_t ns;
    struct text t = { text, false };
    if (!(slice_has(text, '-') ? parse_date(t, &ns) : parse_number(t, &ns)))
        return false;
    *out_ns = ns;
    return true;
}
