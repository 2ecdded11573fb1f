/* SPDX-License-Identifier: ISC */
#include "base/clock.h"

#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec t;
    (void)clock_gettime(id, &t); /* cannot fail for the two clocks asked for */
    return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

int64_t clock_monotonic_us(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_wall_us(void)
{
    return read_clock(CLOCK_REALTIME);
}

/* Of the second that wall_us lies in, before 1970 too. */
static int microseconds_of(int64_t wall_us)
{
    int64_t rest = wall_us % US_PER_S;
    return (int)(rest < 0 ? rest + US_PER_S : rest);
}

static struct tm utc_of(int64_t wall_us)
{
    time_t seconds = (time_t)((wall_us - microseconds_of(wall_us)) / US_PER_S);
    struct tm tm = { 0 };
    (void)gmtime_r(&seconds, &tm); /* fails past year 2^31 only: then the zero date stands */
    return tm;
}

void clock_write_mail_date(struct buf *out, int64_t wall_us)
{
    static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    struct tm tm = utc_of(wall_us);
    buf_printf(out, "%s, %d %s %04d %02d:%02d:%02d +0000", days[tm.tm_wday], tm.tm_mday,
               months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

void clock_write_rfc3339(struct buf *out, int64_t wall_us)
{
    struct tm tm = utc_of(wall_us);
    buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", tm.tm_year + 1900, tm.tm_mon + 1,
               tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, microseconds_of(wall_us));
}
