/* SPDX-License-Identifier: ISC */
#include "submit/recorder.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "submit/record.h"

#define SEND_EVERY_US (100 * US_PER_MS)
#define SEND_AT       ((size_t)8 * 1024)
#define WAITING_MAX   ((size_t)64 * 1024)
#define DROP_AT_ONCE  32 /* records: dropping one by one would move all the others each time */

struct recorder {
    struct loop *loop;
    int fd;
    struct loop_timer timer;
    struct buf waiting;
    bool blocked; /* the keeper's socket was full: the next try is the timer's */
    uint64_t dropped, dropped_unsaid;
};

/* False: the socket takes no more now, or the keeper is gone (its successor has the same socket). */
static bool send_message(struct recorder *r)
{
    struct slice all = buf_slice(&r->waiting);
    size_t n = record_fit(all, RECORD_MESSAGE_MAX);
    ssize_t sent = send(r->fd, all.p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0)
        return errno == EINTR;
    buf_consume(&r->waiting, n);
    return true;
}

static void say_dropped(struct recorder *r)
{
    if (r->dropped_unsaid)
        LOG(L_WARN, "device.dropped", FIELD_NUM("records", r->dropped_unsaid),
            FIELD_STR("reason", "keeper busy"));
    r->dropped_unsaid = 0;
}

void recorder_flush(struct recorder *r)
{
    r->blocked = false;
    while (buf_size(&r->waiting) && !r->blocked)
        r->blocked = !send_message(r);
    if (!r->blocked)
        say_dropped(r);
}

static void arm(struct recorder *r)
{
    if (buf_size(&r->waiting) && r->timer.due_us == 0)
        timer_set(&r->timer, loop_now_us(r->loop) + SEND_EVERY_US);
}

static void on_timer(struct loop_timer *t)
{
    struct recorder *r = CONTAINER_OF(t, struct recorder, timer);
    recorder_flush(r);
    arm(r);
}

struct recorder *recorder_new(struct loop *loop, int fd)
{
    struct recorder *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->loop = loop;
    r->fd = fd;
    buf_init(&r->waiting, WAITING_MAX);
    timer_init(&r->timer, loop, on_timer);
    return r;
}

void recorder_free(struct recorder *r)
{
    if (!r)
        return;
    recorder_flush(r);
    timer_clear(&r->timer);
    buf_clear(&r->waiting);
    free(r);
}

static void count_dropped(struct recorder *r, uint64_t n)
{
    r->dropped += n;
    r->dropped_unsaid += n;
}

static void make_room(struct recorder *r)
{
    while (buf_size(&r->waiting) > WAITING_MAX - RECORD_MAX) {
        buf_consume(&r->waiting, record_span(buf_slice(&r->waiting), DROP_AT_ONCE));
        count_dropped(r, DROP_AT_ONCE); /* so many are there: WAITING_MAX / RECORD_MAX is more */
    }
}

void recorder_event(struct recorder *r, const struct device_event *event)
{
    make_room(r);
    if (!record_append(&r->waiting, event)) {
        r->waiting.failed = false; /* nothing was written: the next one has its chance */
        count_dropped(r, 1);
        return;
    }
    if (buf_size(&r->waiting) >= SEND_AT && !r->blocked)
        recorder_flush(r);
    arm(r);
}

size_t recorder_waiting(const struct recorder *r)
{
    return buf_size(&r->waiting);
}

uint64_t recorder_dropped(const struct recorder *r)
{
    return r->dropped;
}
