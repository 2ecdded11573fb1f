/* SPDX-License-Identifier: ISC */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

#define BUF_FIRST 128  /* the first block */
#define BUF_KEEP  1024 /* an emptied buf keeps a block up to this size */

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){ .max = max };
}

void buf_clear(struct buf *b)
{
    free(b->p);
    buf_init(b, b->max);
}

void buf_wipe(struct buf *b)
{
    if (b->p)
        secret_wipe(b->p, b->cap);
    buf_clear(b);
}

size_t buf_size(const struct buf *b)
{
    return b->end - b->start;
}

struct slice buf_slice(const struct buf *b)
{
    return (struct slice){ b->p ? b->p + b->start : NULL, buf_size(b) };
}

static void move_to_front(struct buf *b)
{
    size_t held = buf_size(b);
    if (b->p && b->start && held)
        memmove(b->p, b->p + b->start, held);
    b->start = 0;
    b->end = held;
}

/* Not realloc: it would leave a copy of what may be a password in freed memory. */
static bool grow(struct buf *b, size_t cap)
{
    uint8_t *grown = malloc(cap);
    if (!grown) {
        b->failed = true;
        return false;
    }
    if (b->p) {
        memcpy(grown, b->p, b->end);
        secret_wipe(b->p, b->cap);
        free(b->p);
    }
    b->p = grown;
    b->cap = cap;
    return true;
}

/* Room for n bytes of content and `spare` bytes that never become content. */
static uint8_t *room_for(struct buf *b, size_t n, size_t spare)
{
    size_t held = buf_size(b);
    if (b->failed || n > b->max || held > b->max - n) {
        b->failed = true;
        return NULL;
    }
    n += spare;
    if (b->cap - b->end >= n && b->p)
        return b->p + b->end;
    if (b->start)
        move_to_front(b);
    if (b->cap - b->end < n || !b->p) {
        size_t cap = b->cap ? b->cap : BUF_FIRST;
        while (cap < held + n)
            cap *= 2;
        if (!grow(b, cap))
            return NULL;
    }
    return b->p + b->end;
}

uint8_t *buf_reserve(struct buf *b, size_t n)
{
    return room_for(b, n, 0);
}

void buf_grew(struct buf *b, size_t n)
{
    if (n > b->cap - b->end) { /* more than was reserved */
        b->failed = true;
        return;
    }
    b->end += n;
}

void buf_append(struct buf *b, struct slice s)
{
    if (s.n == 0)
        return;
    uint8_t *room = buf_reserve(b, s.n);
    if (!room)
        return;
    memcpy(room, s.p, s.n);
    b->end += s.n;
}

void buf_append_str(struct buf *b, const char *text)
{
    buf_append(b, slice_of_str(text));
}

void buf_append_byte(struct buf *b, uint8_t byte)
{
    buf_append(b, (struct slice){ &byte, 1 });
}

void buf_vprintf(struct buf *b, const char *format, va_list args)
{
    char line[512];
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(line, sizeof line, format, args);
    if (n < 0) {
        b->failed = true;
    } else if ((size_t)n < sizeof line) {
        buf_append(b, (struct slice){ (uint8_t *)line, (size_t)n });
    } else {
        uint8_t *room = room_for(b, (size_t)n, 1); /* vsnprintf writes a NUL too */
        if (room) {
            (void)vsnprintf((char *)room, (size_t)n + 1, format, again);
            b->end += (size_t)n;
        }
    }
    va_end(again);
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    buf_vprintf(b, format, args);
    va_end(args);
}

void buf_consume(struct buf *b, size_t n)
{
    size_t held = buf_size(b);
    b->start += n < held ? n : held;
    if (b->start != b->end)
        return;
    b->start = b->end = 0;
    if (b->cap > BUF_KEEP) {
        free(b->p);
        b->p = NULL;
        b->cap = 0;
    }
}
