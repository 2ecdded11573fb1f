/* SPDX-License-Identifier: ISC
 *
 * A line is taken for the event that stands where an event stands, never for one inside a value:
 * what peers sent is in there.
 */
#include "cmd/replay_line.h"

#include <stddef.h>
#include <string.h>

#include <jansson.h>

#include "base/attribute.h"
#include "base/clock.h"

#define EVENT "submit.auth"

/* clang-format off */
static const struct {
    const char *name;
    size_t at;
} fields[] = {
    { "session",  offsetof(struct replay_event, session) },
    { "client",   offsetof(struct replay_event, client) },
    { "account",  offsetof(struct replay_event, account) },
    { "identity", offsetof(struct replay_event, identity) },
    { "outcome",  offsetof(struct replay_event, outcome) },
    { "class",    offsetof(struct replay_event, class) },
    { "guess",    offsetof(struct replay_event, guess) },
    { "reason",   offsetof(struct replay_event, reason) },
    { "policy",   offsetof(struct replay_event, policy) },
};
/* clang-format on */

/* ---- time ---- */

static bool number(struct slice text, size_t at, size_t n, uint32_t max, uint32_t *out)
{
    return slice_to_u32(slice_first(slice_from(text, at), n), 0, max, out) && at + n <= text.n;
}

/* Days from 1970-01-01 in the Gregorian calendar; the year begins in March, so that a leap day is
 * its last. */
static int64_t days_of(uint32_t year, uint32_t month, uint32_t day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = y / 400, in_era = y % 400;
    int64_t in_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
}

static bool parse_clock(struct slice text, int64_t *out_us)
{
    uint32_t h, m, s;
    if (text.n != 8 || text.p[2] != ':' || text.p[5] != ':' || !number(text, 0, 2, 23, &h) ||
        !number(text, 3, 2, 59, &m) || !number(text, 6, 2, 60, &s))
        return false;
    *out_us = ((int64_t)h * 3600 + m * 60 + s) * US_PER_S;
    return true;
}

/* Takes ".123456" from the front. */
static void take_fraction(struct slice *rest, int64_t *out_us)
{
    int64_t unit = US_PER_S;
    *out_us = 0;
    if (rest->n == 0 || rest->p[0] != '.')
        return;
    *rest = slice_from(*rest, 1);
    while (rest->n && rest->p[0] >= '0' && rest->p[0] <= '9') {
        unit /= 10;
        *out_us += (rest->p[0] - '0') * unit;
        *rest = slice_from(*rest, 1);
    }
}

/* "Z", "+01:00", "+0100". */
static bool parse_zone(struct slice text, int64_t *out_us)
{
    uint32_t h, m;
    bool colon = text.n == 6 && text.p[3] == ':';
    if (slice_equal(text, SLICE("Z"))) {
        *out_us = 0;
        return true;
    }
    if ((text.n != 5 && !colon) || (text.p[0] != '+' && text.p[0] != '-') ||
        !number(text, 1, 2, 23, &h) || !number(text, colon ? 4 : 3, 2, 59, &m))
        return false;
    int64_t us = ((int64_t)h * 3600 + m * 60) * US_PER_S;
    *out_us = text.p[0] == '-' ? -us : us;
    return true;
}

bool replay_time_parse(struct slice text, int64_t *out_us)
{
    uint32_t year, month, day;
    int64_t clock_us, fraction_us, zone_us;
    if (text.n < 20 || text.p[4] != '-' || text.p[7] != '-' || text.p[10] != 'T' ||
        !number(text, 0, 4, 9999, &year) || !number(text, 5, 2, 12, &month) ||
        !number(text, 8, 2, 31, &day) || year < 1970 || month == 0 || day == 0 ||
        !parse_clock(slice_first(slice_from(text, 11), 8), &clock_us))
        return false;
    struct slice rest = slice_from(text, 19);
    take_fraction(&rest, &fraction_us);
    if (!parse_zone(rest, &zone_us))
        return false;
    *out_us = days_of(year, month, day) * 86400 * US_PER_S + clock_us + fraction_us - zone_us;
    return true;
}

/* "Nov 21 09:11:49": 15 bytes, without a year. */
static bool parse_syslog_time(struct slice text, int64_t *out_us)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct slice day_text = slice_trim(slice_first(slice_from(text, 4), 2));
    uint32_t day, month = 0;
    int64_t clock_us;
    if (text.n < 15 || text.p[3] != ' ' || text.p[6] != ' ')
        return false;
    while (month < 12 && memcmp(text.p, months + (size_t)3 * month, 3) != 0)
        month++;
    if (month == 12 || !slice_to_u32(day_text, 1, 31, &day) ||
        !parse_clock(slice_first(slice_from(text, 7), 8), &clock_us))
        return false;
    *out_us = days_of(1970, month + 1, day) * 86400 * US_PER_S + clock_us;
    return true;
}

/* ---- where the event stands ---- */

static bool is_level(struct slice word)
{
    static const char *const levels[] = { "debug", "info", "notice", "warning", "error" };
    for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
        if (slice_equal(word, slice_of_str(levels[i])))
            return true;
    return false;
}

/* "<6>", as the journal is told a level. */
static struct slice skip_priority(struct slice s)
{
    bool there = s.n >= 3 && s.p[0] == '<' && s.p[1] >= '0' && s.p[1] <= '7' && s.p[2] == '>';
    return there ? slice_from(s, 3) : s;
}

/* Our own "TIME LEVEL " in front. */
static bool take_own(struct slice *rest, int64_t *out_us)
{
    struct slice time, level, behind;
    if (!slice_cut(*rest, ' ', &time, &behind) || !replay_time_parse(time, out_us) ||
        !slice_cut(behind, ' ', &level, &behind) || !is_level(level))
        return false;
    *rest = behind;
    return true;
}

static bool find_colon(struct slice s, size_t *out)
{
    for (size_t i = 0; i + 1 < s.n; i++)
        if (s.p[i] == ':' && s.p[i + 1] == ' ') {
            *out = i;
            return true;
        }
    return false;
}

/* What others put in front, up to the first ": " (a time has no space behind its colons). */
static bool take_prefix(struct slice *rest, bool *timed, struct replay_event *out)
{
    struct slice time, behind;
    size_t colon;
    if (!find_colon(*rest, &colon))
        return false;
    out->no_year = parse_syslog_time(*rest, &out->wall_us);
    *timed = out->no_year;
    if (!*timed && slice_cut(*rest, ' ', &time, &behind))
        *timed = replay_time_parse(time, &out->wall_us);
    *rest = slice_from(*rest, colon + 2);
    return true;
}

static bool at_event(struct slice rest)
{
    struct slice name, behind;
    if (rest.n && rest.p[0] == '{')
        return true;
    (void)slice_cut(rest, ' ', &name, &behind); /* without fields there is no space */
    return slice_equal(name, SLICE(EVENT));
}

static bool take_front(struct slice *rest, bool *timed, struct replay_event *out)
{
    *rest = skip_priority(*rest);
    if (at_event(*rest))
        return true;
    if (take_own(rest, &out->wall_us))
        *timed = true;
    else {
        if (!take_prefix(rest, timed, out))
            return false;
        *rest = skip_priority(slice_trim(*rest));
        if (take_own(rest, &out->wall_us)) { /* ours is finer than what stands in front */
            *timed = true;
            out->no_year = false;
        }
    }
    return at_event(*rest);
}

/* ---- fields ---- */

static void put(struct replay_event *out, char c)
{
    if (out->text_n < sizeof out->text) /* a line is not longer */
        out->text[out->text_n++] = c;
}

static struct slice kept_from(const struct replay_event *out, size_t start)
{
    return (struct slice){ (const uint8_t *)out->text + start, out->text_n - start };
}

static struct slice *field_of(struct replay_event *out, struct slice name)
{
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
        if (slice_equal(name, slice_of_str(fields[i].name)))
            return (struct slice *)(void *)((char *)out + fields[i].at);
    return NULL;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What stands behind a backslash: a quote, a backslash, "u00xx". */
static bool take_escape(struct slice *rest, struct replay_event *out)
{
    if (rest->n && (rest->p[0] == '"' || rest->p[0] == '\\')) {
        put(out, (char)rest->p[0]);
        *rest = slice_from(*rest, 1);
        return true;
    }
    if (rest->n < 5 || !slice_starts(*rest, SLICE("u00")))
        return false;
    int high = hex_digit(rest->p[3]), low = hex_digit(rest->p[4]);
    if (high < 0 || low < 0)
        return false;
    put(out, (char)(high << 4 | low));
    *rest = slice_from(*rest, 5);
    return true;
}

/* Up to the closing quote, which is taken. */
static bool take_quoted(struct slice *rest, struct replay_event *out)
{
    while (rest->n) {
        uint8_t c = rest->p[0];
        *rest = slice_from(*rest, 1);
        if (c == '"')
            return true;
        if (c != '\\')
            put(out, (char)c);
        else if (!take_escape(rest, out))
            return false;
    }
    return false;
}

static bool take_value(struct slice *rest, struct replay_event *out)
{
    struct slice bare, behind;
    if (rest->n && rest->p[0] == '"') {
        *rest = slice_from(*rest, 1);
        if (!take_quoted(rest, out) || (rest->n && rest->p[0] != ' '))
            return false;
        *rest = slice_from(*rest, 1);
        return true;
    }
    (void)slice_cut(*rest, ' ', &bare, &behind); /* the last has no space behind it */
    for (size_t i = 0; i < bare.n; i++)
        put(out, (char)bare.p[i]);
    *rest = behind;
    return true;
}

static bool parse_text(struct slice rest, struct replay_event *out)
{
    struct slice name, behind;
    rest = slice_from(rest, strlen(EVENT) + 1);
    while (rest.n) {
        size_t start = out->text_n;
        if (!slice_cut(rest, '=', &name, &behind) || slice_has(name, ' '))
            return false;
        struct slice *field = field_of(out, name);
        rest = behind;
        if (!take_value(&rest, out))
            return false;
        if (field)
            *field = kept_from(out, start);
    }
    return true;
}

static void keep_json(const json_t *o, struct replay_event *out)
{
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        const json_t *value = json_object_get(o, fields[i].name);
        const char *text = json_string_value(value);
        size_t start = out->text_n;
        for (size_t k = 0; text && k < json_string_length(value); k++)
            put(out, text[k]);
        *field_of(out, slice_of_str(fields[i].name)) = kept_from(out, start);
    }
}

static enum replay_line parse_json(struct slice rest, bool timed, struct replay_event *out)
{
    json_error_t why;
    json_t *o = json_loadb((const char *)rest.p, rest.n, 0, &why);
    struct slice event = slice_of_str(json_string_value(json_object_get(o, "event")));
    struct slice time = slice_of_str(json_string_value(json_object_get(o, "time")));
    enum replay_line result = REPLAY_OTHER;
    if (slice_equal(event, SLICE(EVENT))) {
        bool own = replay_time_parse(time, &out->wall_us);
        out->no_year = out->no_year && !own;
        keep_json(o, out);
        result = own || timed ? REPLAY_AUTH : REPLAY_UNTIMED;
    }
    json_decref(o);
    return result;
}

enum replay_line replay_line_parse(struct slice line, struct replay_event *out)
{
    bool timed = false;
    memset(out, 0, offsetof(struct replay_event, text));
    out->text_n = 0;
    if (line.n > REPLAY_LINE_MAX || !take_front(&line, &timed, out))
        return REPLAY_OTHER;
    if (line.p[0] == '{')
        return parse_json(line, timed, out);
    if (!parse_text(line, out))
        return REPLAY_BROKEN;
    return timed ? REPLAY_AUTH : REPLAY_UNTIMED;
}
