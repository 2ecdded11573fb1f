/* SPDX-License-Identifier: ISC */
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/clock.h"

#define LINE_MAX_BYTES 4096
#define GATHER_BYTES   16384

static struct {
    enum log_sink sink;
    enum log_format format;
    enum log_level least;
    const char *service;
    char gathered[GATHER_BYTES];
    size_t gathered_n;
    int64_t second; /* whose text stands in second_text */
    char second_text[32];
    size_t second_n;
} state = { .least = L_INFO, .service = "postern" };

struct line {
    char bytes[LINE_MAX_BYTES];
    size_t n;
    bool full; /* something did not fit */
};

static const char *const level_names[] = { "debug", "info", "notice", "warning", "error" };
static const int priorities[] = { LOG_DEBUG, LOG_INFO, LOG_NOTICE, LOG_WARNING, LOG_ERR };

void log_setup(enum log_sink sink, enum log_format format, enum log_level least,
               const char *service)
{
    log_flush();
    state.sink = sink;
    state.format = format;
    state.least = least;
    state.service = service;
    if (sink == LOG_TO_SYSLOG)
        openlog("postern", LOG_PID, LOG_MAIL);
}

bool log_wanted(enum log_level level)
{
    return level >= state.least;
}

/* Two bytes are kept for the brace and the newline that end a line. */
static void put(struct line *l, const char *bytes, size_t n)
{
    l->full |= n > sizeof l->bytes - 2 - l->n;
    if (l->full)
        return;
    memcpy(l->bytes + l->n, bytes, n);
    l->n += n;
}

static void put_str(struct line *l, const char *text)
{
    put(l, text, strlen(text));
}

static void put_number(struct line *l, int64_t number)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do
        digits[--at] = (char)('0' + left % 10);
    while (left /= 10);
    if (number < 0)
        digits[--at] = '-';
    put(l, digits + at, sizeof digits - at);
}

static bool stands_as_it_is(uint8_t c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void put_escape(struct line *l, uint8_t c)
{
    static const char hex[] = "0123456789abcdef";
    char quoted[2] = { '\\', (char)c }, code[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };
    if (c == '"' || c == '\\')
        put(l, quoted, sizeof quoted);
    else
        put(l, code, sizeof code);
}

static void put_escaped(struct line *l, struct slice text)
{
    text = slice_first(text, LOG_VALUE_MAX);
    while (text.n) {
        size_t n = 0;
        while (n < text.n && stands_as_it_is(text.p[n]))
            n++;
        put(l, (const char *)text.p, n);
        if (n < text.n)
            put_escape(l, text.p[n++]);
        text = slice_from(text, n);
    }
}

static void put_quoted(struct line *l, struct slice text)
{
    put_str(l, "\"");
    put_escaped(l, text);
    put_str(l, "\"");
}

static void put_text_value(struct line *l, struct slice text)
{
    bool bare = text.n > 0;
    for (size_t i = 0; bare && i < text.n; i++)
        bare = stands_as_it_is(text.p[i]) && text.p[i] != ' ' && text.p[i] != '=';
    if (bare)
        put_escaped(l, text);
    else
        put_quoted(l, text);
}

/* The text of a second is kept: a busy process writes many lines in it. */
static void put_time(struct line *l)
{
    int64_t now_us = clock_wall_us(), second = now_us / US_PER_S;
    if (state.second != second || state.second_n == 0) {
        struct buf out;
        buf_init(&out, sizeof state.second_text);
        clock_write_rfc3339(&out, second * US_PER_S);
        struct slice text = buf_slice(&out);
        state.second = second;
        state.second_n = text.n - strlen("000000Z");
        memcpy(state.second_text, text.p, state.second_n);
        buf_clear(&out);
    }
    char fraction[7] = { 0, 0, 0, 0, 0, 0, 'Z' };
    int64_t us = now_us % US_PER_S;
    for (size_t i = 6; i > 0; us /= 10)
        fraction[--i] = (char)('0' + us % 10);
    put(l, state.second_text, state.second_n);
    put(l, fraction, sizeof fraction);
}

static void put_field(struct line *l, const struct log_field *field)
{
    if (state.format == LOG_AS_JSON) {
        put_str(l, ",");
        put_quoted(l, slice_of_str(field->name));
        put_str(l, ":");
    } else {
        put_str(l, " ");
        put_str(l, field->name);
        put_str(l, "=");
    }
    if (field->kind == LOG_NUMBER)
        put_number(l, field->number);
    else if (state.format == LOG_AS_JSON)
        put_quoted(l, field->text);
    else
        put_text_value(l, field->text);
}

/* A field goes in whole or not at all: a line is never cut inside quotes. */
static void put_fields(struct line *l, const struct log_field *fields, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t before = l->n;
        if (fields[i].kind == LOG_TEXT && fields[i].text.n == 0)
            continue;
        put_field(l, &fields[i]);
        if (l->full)
            l->n = before;
        l->full = false;
    }
}

static void write_text(struct line *l, enum log_level level, const char *event,
                       const struct log_field *fields, size_t n)
{
    if (state.sink == LOG_TO_STDERR) {
        put_time(l);
        put_str(l, " ");
        put_str(l, level_names[level]);
        put_str(l, " ");
    }
    put_str(l, event);
    put_fields(l, fields, n);
}

static void write_json(struct line *l, enum log_level level, const char *event,
                       const struct log_field *fields, size_t n)
{
    put_str(l, "{\"time\":\"");
    put_time(l);
    put_str(l, "\",\"level\":\"");
    put_str(l, level_names[level]);
    put_str(l, "\",\"event\":");
    put_quoted(l, slice_of_str(event));
    put_fields(l, fields, n);
    l->bytes[l->n++] = '}';
}

bool log_waiting(void)
{
    return state.gathered_n > 0;
}

void log_flush(void)
{
    size_t sent = 0;
    while (sent < state.gathered_n) {
        ssize_t n = write(STDERR_FILENO, state.gathered + sent, state.gathered_n - sent);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break; /* nowhere to say it */
        sent += (size_t)n;
    }
    if (state.gathered_n) /* a tool's loops, one a thread, say nothing: then nothing is written */
        state.gathered_n = 0;
}

static void gather(const struct line *l, enum log_level level)
{
    char prefix[8] = "";
    if (state.sink == LOG_TO_JOURNAL) /* sd-daemon(3): the journal reads <N> as the level */
        (void)snprintf(prefix, sizeof prefix, "<%d>", priorities[level]);
    size_t need = strlen(prefix) + l->n;
    if (need > sizeof state.gathered - state.gathered_n)
        log_flush();
    memcpy(state.gathered + state.gathered_n, prefix, strlen(prefix));
    memcpy(state.gathered + state.gathered_n + strlen(prefix), l->bytes, l->n);
    state.gathered_n += need;
    if (level >= L_WARN)
        log_flush();
}

void log_event(enum log_level level, const char *event, const struct log_field *fields, size_t n)
{
    struct line l;
    if (!log_wanted(level))
        return;
    l.n = 0;
    l.full = false;
    if (state.format == LOG_AS_JSON)
        write_json(&l, level, event, fields, n);
    else
        write_text(&l, level, event, fields, n);
    if (state.sink == LOG_TO_SYSLOG) {
        syslog(priorities[level], "%.*s", (int)l.n, l.bytes);
        return;
    }
    l.bytes[l.n++] = '\n';
    gather(&l, level);
}
