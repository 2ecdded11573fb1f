/* SPDX-License-Identifier: ISC
 *
 * service/tree: the parent of a service: it opens what a configuration needs, starts its workers, starts
 * again who dies, reloads at SIGHUP, and stops at SIGTERM or SIGINT.
 *
 * A reload starts a new generation of workers from the new configuration; the old ones serve their
 * sessions to the end. A bad new file leaves everything as it was. What is special about a service
 * stands in its struct tree_service; the service's own struct embeds the tree (CONTAINER_OF).
 */
#pragma once

#include <sys/types.h>

#include "conf/conf.h"
#include "service/sockets.h"

/* What one configuration needs, opened by the parent and inherited by its workers: embedded in the
 * service's own. */
struct tree_generation {
    struct conf *conf;
    struct sockets sockets;
    unsigned workers;
    uint64_t serial; /* the tree's */
};

struct tree;

struct tree_service {
    const char *name;        /* "submit": in the log */
    const char *workers_key; /* "submission.workers": for faults */
    int64_t (*drain_us)(const struct conf *conf);

    /* Takes conf over; on NULL it is freed, and *why has a line for the operator. t->now is the
     * generation in force, whose sockets stay in use; NULL at the start. */
    struct tree_generation *(*open)(struct tree *t, struct conf *conf, struct buf *why);
    void (*close)(struct tree_generation *g);
    /* In a process of its own: serves, with one byte to ready_fd when it does, until SIGTERM; at
     * SIGHUP until its last session ends. The exit status. */
    int (*run_worker)(struct tree *t, struct tree_generation *g, unsigned column, int ready_fd);
    void (*on_stop)(struct tree *t); /* for the log: service.stop */

    /* The others may be NULL. */
    bool (*prepare)(struct tree *t, struct buf *why); /* after `open`, before any worker */
    void (*on_serving)(struct tree *t); /* the workers serve; "ready" is said when this returns */
    void (*on_renewed)(struct tree *t); /* a reload's generation is in force */
    void (*on_worker_gone)(struct tree *t, unsigned column);
    void (*on_child_gone)(struct tree *t, pid_t pid, int status); /* one that is no worker */
    int64_t (*due_us)(struct tree *t); /* of the next on_due; 0: none. Monotonic */
    void (*on_due)(struct tree *t);    /* and at other times, too */
    void (*finish)(struct tree *t);    /* all workers are gone */
};

struct tree_column { /* a worker's place; its number is free again when it has ended */
    pid_t pid;       /* 0: free */
    uint64_t serial; /* of its generation */
    int64_t started_us, respawn_us; /* respawn_us: when it may start again; 0: now or running */
};

struct tree { /* zero, but for service */
    const struct tree_service *service;
    struct tree_generation *now;
    uint64_t serial; /* of the last generation */
    unsigned columns_n;
    struct tree_column *columns;
    int signals;
    bool stopping;
};

/* Runs until told to stop; conf is taken over. The exit status of the program. */
int tree_run(struct tree *t, struct conf *conf);

/* For a service that has other children. As fork(2): the child logs as the service does and has the
 * parent's sockets still open. */
pid_t tree_fork(struct tree *t);
/* Waits until n bytes have come from fd, one from each child that has its other end. False: one
 * ended first, or it takes too long. */
bool tree_wait_ready(int fd, unsigned n);
/* Waits until a child ends or another signal comes, at most until due_us (0: for ever), and tells of who
 * has ended. The signal, 0: none came. */
int tree_wait(struct tree *t, int64_t due_us);
/* As many as the configuration says; 0: one for each processor. */
unsigned tree_workers(uint32_t configured);
