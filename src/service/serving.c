/* SPDX-License-Identifier: ISC */
#include "service/serving.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"

/* --- accepting --- */

static void on_accept(struct listener *l, int fd, const struct address *peer)
{
    struct serving_listener *own = CONTAINER_OF(l, struct serving_listener, listener);
    own->serving->worker->on_accept(own->serving, own->spec, fd, peer);
}

static void on_trouble(struct listener *l, int error)
{
    (void)l; /* all listeners share the process's limits */
    LOG(L_ERROR, "listener.paused", FIELD_STR("reason", err_text(error)));
}

int serving_listen(struct serving *s)
{
    for (size_t i = 0; i < s->sockets->n && i < SERVING_SOCKETS_MAX; i++) {
        struct serving_listener *l = &s->listeners[i];
        l->serving = s;
        l->spec = &s->sockets->at[i].spec;
        l->listener.tls = l->spec->tls;
        l->listener.talks = s->talks;
        l->listener.on_accept = on_accept;
        l->listener.on_trouble = on_trouble;
        int error = listener_start(&l->listener, s->loop, s->sockets->at[i].fd);
        if (error)
            return error;
        s->listeners_n++;
    }
    s->listening = true;
    return 0;
}

void serving_pause(struct serving *s, bool paused)
{
    for (size_t i = 0; i < s->listeners_n; i++)
        (paused ? listener_pause : listener_resume)(&s->listeners[i].listener);
}

static void on_close_sockets(struct loop_timer *timer)
{
    struct serving *s = CONTAINER_OF(timer, struct serving, close_sockets);
    for (size_t i = 0; i < s->sockets->n; i++)
        (void)close(s->sockets->at[i].fd); /* who waits there is for others to serve */
}

/* Closed a turn later, when the loop has told the kernel that it watches them no more: others hold
 * these sockets too, so closing them would not end the watch. */
static void stop_listening(struct serving *s)
{
    for (size_t i = 0; i < s->listeners_n; i++)
        listener_stop(&s->listeners[i].listener);
    s->listeners_n = 0;
    if (s->listening)
        timer_set(&s->close_sockets, loop_now_us(s->loop) + 1);
    s->listening = false;
}

/* --- its end --- */

void serving_recount(struct serving *s)
{
    if (s->draining && s->clients_n == 0)
        loop_stop(s->loop);
}

static void drain(struct serving *s)
{
    stop_listening(s);
    s->draining = true;
    serving_recount(s);
}

static void stop(struct serving *s)
{
    bool again = s->stopping;
    s->stopping = true;
    drain(s);
    if (!again)
        timer_set(&s->drain, loop_now_us(s->loop) + s->drain_us + 1);
    s->worker->hang_up(s, again);
}

static void on_drain_over(struct loop_timer *timer)
{
    struct serving *s = CONTAINER_OF(timer, struct serving, drain);
    s->worker->hang_up(s, true);
}

static void on_signal(struct loop_watch *watch)
{
    struct serving *s = CONTAINER_OF(watch, struct serving, signals);
    struct signalfd_siginfo info;
    while (read(watch->fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGTERM)
            stop(s);
        else if (info.ssi_signo == SIGHUP)
            drain(s);
    }
}

int serving_open(struct serving *s)
{
    sigset_t set;
    timer_init(&s->drain, s->loop, on_drain_over);
    timer_init(&s->close_sockets, s->loop, on_close_sockets);
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGHUP);
    (void)sigaddset(&set, SIGINT); /* from a terminal: the parent hears it too, and decides */
    if (sigprocmask(SIG_SETMASK, &set, NULL))
        return -errno;
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return fd < 0 ? -errno : watch_start(&s->signals, s->loop, fd, on_signal);
}

void serving_close(struct serving *s)
{
    stop_listening(s);
    timer_clear(&s->drain);
    timer_clear(&s->close_sockets);
    watch_stop(&s->signals);
}
