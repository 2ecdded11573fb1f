/* SPDX-License-Identifier: ISC
 *
 * service/serving: what each worker of a tree does, whatever it serves: it accepts from the sockets that
 * the parent opened, hears the parent's signals, drains (SIGHUP: a reload) and stops (SIGTERM).
 *
 * Draining: none is accepted any more, and the loop ends with the last client. Stopping: the same, but for
 * drain_us at most; told twice, at once.
 */
#pragma once

#include "net/loop.h"
#include "service/sockets.h"

#define SERVING_SOCKETS_MAX 64

struct serving;

struct serving_worker { /* what is special about a service's workers */
    void (*on_accept)(struct serving *, const struct listen_spec *, int fd,
                      const struct address *peer);
    /* all: everybody, now; else who loses nothing by it: the service stops. */
    void (*hang_up)(struct serving *, bool all);
};

struct serving { /* inside its worker; zero, but for the first five */
    const struct serving_worker *worker;
    struct loop *loop;
    const struct sockets *sockets;
    int64_t drain_us;
    bool talks; /* see struct listener */
    bool listening, draining, stopping;
    uint32_t clients_n; /* the worker's count: see serving_recount */
    struct serving_listener {
        struct listener listener;
        struct serving *serving;
        const struct listen_spec *spec;
    } listeners[SERVING_SOCKETS_MAX];
    size_t listeners_n;
    struct loop_watch signals;
    struct loop_timer drain, close_sockets;
};

/* Signals are heard from here on. 0 or negative. */
MUST_USE int serving_open(struct serving *s);
/* Starts to accept. 0 or negative. */
MUST_USE int serving_listen(struct serving *s);
void serving_pause(struct serving *s, bool paused); /* who comes waits in the queue */
/* clients_n has changed. */
void serving_recount(struct serving *s);
void serving_close(struct serving *s); /* idempotent; before the loop goes */
