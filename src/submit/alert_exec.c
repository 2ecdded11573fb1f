/* SPDX-License-Identifier: ISC
 *
 * The process that starts the operator's commands, and does nothing else.
 *
 * The keeper talks to the network and to the workers; its seccomp filter refuses execve, as
 * everybody's does, and goes on doing so. What may exec is this process, forked before: it holds
 * one socket, to the keeper, and is told which of the configured paths to run, by number, and what
 * its standard input is. Who takes the keeper over can run what the operator named, as the same
 * user, with no new privileges, and nothing else. It blocks nowhere: a request fits into a pipe.
 */
#include "submit/alert_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "service/privilege.h"

#define COMMAND_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define FD_KEEPER    3 /* behind the three that are /dev/null */

_Static_assert(ALERT_JSON_MAX <= 64 * 1024, "a pipe takes it at once");

struct child {
    pid_t pid; /* 0: free */
    uint32_t id;
    int64_t kill_us;
    bool late;
};

struct exec {
    const struct alert_exec_setup *setup;
    int signals;
    struct child children[ALERT_COMMANDS_AT_ONCE];
};

static void reply(uint32_t id, enum alert_exec_end end, int value)
{
    const struct alert_exec_reply r = { .id = id, .end = (int32_t)end, .value = value };
    if (send(FD_KEEPER, &r, sizeof r, MSG_NOSIGNAL) < 0)
        _exit(1); /* there is no keeper any more */
}

/* In the command's process: nothing of ours but the two descriptors is left to it. */
NORETURN static void become_command(const char *path, int input)
{
    char name[PATH_MAX], variable[] = COMMAND_PATH;
    char *const argv[] = { name, NULL }, *const environment[] = { variable, NULL };
    sigset_t none;
    (void)snprintf(name, sizeof name, "%s", path);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);  /* cannot fail */
    for (int number = 1; number < NSIG; number++) /* of SIGPIPE by us, of others by nohup(1) */
        (void)signal(number, SIG_DFL);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (setsid() < 0 || dup2(input, STDIN_FILENO) < 0)
        _exit(126);
    closefrom(STDERR_FILENO + 1);
    (void)execve(path, argv, environment);
    _exit(127);
}

/* A descriptor to read json from. */
static int pipe_of(struct slice json)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        return -errno;
    ssize_t n = json.n ? write(ends[1], json.p, json.n) : 0;
    int error = n == (ssize_t)json.n ? 0 : -EIO;
    (void)close(ends[1]); /* its reader shall see the end */
    if (!error)
        return ends[0];
    (void)close(ends[0]);
    return error;
}

static struct child *find(struct exec *x, pid_t pid)
{
    for (size_t i = 0; i < ALERT_COMMANDS_AT_ONCE; i++)
        if (x->children[i].pid == pid)
            return &x->children[i];
    return NULL;
}

static void run(struct exec *x, const struct alert_exec_request *request, struct slice json)
{
    struct child *c = find(x, 0);
    int input = !c ? -EAGAIN : request->path >= x->setup->n ? -EINVAL : pipe_of(json);
    if (input < 0) {
        reply(request->id, ALERT_EXEC_ERROR, input);
        return;
    }
    pid_t pid = fork();
    if (pid == 0)
        become_command(x->setup->paths[request->path], input);
    int error = -errno;
    (void)close(input); /* the command's */
    if (pid < 0)
        reply(request->id, ALERT_EXEC_ERROR, error);
    else
        *c = (struct child){ pid, request->id, clock_monotonic_us() + x->setup->limit_us, false };
}

/* With all that it has started, unless that left its session. */
static void kill_child(struct child *c)
{
    c->late = true;
    (void)kill(-c->pid, SIGKILL); /* it may not lead its group yet */
    (void)kill(c->pid, SIGKILL);
}

static void reap(struct exec *x)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        struct child *c = find(x, pid);
        if (!c)
            continue;
        if (c->late)
            reply(c->id, ALERT_EXEC_TIMEOUT, 0);
        else if (WIFEXITED(status))
            reply(c->id, ALERT_EXEC_EXIT, WEXITSTATUS(status));
        else
            reply(c->id, ALERT_EXEC_SIGNAL, WTERMSIG(status));
        c->pid = 0;
    }
}

/* Kills who is late. Milliseconds to wait for the next one; -1: none runs. */
static int check_late(struct exec *x)
{
    int64_t now = clock_monotonic_us(), least = -1;
    for (size_t i = 0; i < ALERT_COMMANDS_AT_ONCE; i++) {
        struct child *c = &x->children[i];
        if (!c->pid || c->late)
            continue;
        int64_t left = c->kill_us - now;
        if (left <= 0)
            kill_child(c);
        else if (least < 0 || left < least)
            least = left;
    }
    return least < 0 ? -1 : (int)(least / US_PER_MS) + 1;
}

NORETURN static void end(struct exec *x)
{
    for (size_t i = 0; i < ALERT_COMMANDS_AT_ONCE; i++)
        if (x->children[i].pid)
            kill_child(&x->children[i]);
    _exit(0);
}

static void receive(struct exec *x)
{
    struct alert_exec_request request;
    const size_t head = offsetof(struct alert_exec_request, json);
    ssize_t n = recv(FD_KEEPER, &request, sizeof request, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n < (ssize_t)head)
        end(x);
    run(x, &request, (struct slice){ request.json, (size_t)n - head });
}

/* Standard descriptors to nowhere, the keeper's at its number, all others gone. */
static int leave_all_but(int fd)
{
    int none = open("/dev/null", O_RDWR | O_CLOEXEC), kept = fcntl(fd, F_DUPFD_CLOEXEC, 10);
    if (none < 0 || kept < 0)
        return -errno;
    for (int i = 0; i < FD_KEEPER; i++)
        if (dup2(none, i) < 0)
            return -errno;
    if (dup3(kept, FD_KEEPER, O_CLOEXEC) < 0)
        return -errno;
    closefrom(FD_KEEPER + 1);
    return chdir("/") ? -errno : 0;
}

static int watch_children(struct exec *x)
{
    sigset_t all, ended;
    (void)sigfillset(&all); /* these cannot fail */
    (void)sigemptyset(&ended);
    (void)sigaddset(&ended, SIGCHLD);
    (void)sigprocmask(SIG_SETMASK, &all, NULL); /* it ends with the keeper */
    x->signals = signalfd(-1, &ended, SFD_CLOEXEC | SFD_NONBLOCK);
    return x->signals < 0 ? -errno : 0;
}

void alert_exec_run(int fd, const struct alert_exec_setup *setup)
{
    struct exec x = { .setup = setup };
    struct buf why;
    int error = leave_all_but(fd);
    buf_init(&why, 512);
    (void)prctl(PR_SET_NAME, "postern-alerts", 0, 0, 0);
    if (!error)
        error = watch_children(&x);
    if (!error && !privilege_drop_but_exec(setup->user, &why))
        error = -EPERM;
    reply(0, error ? ALERT_EXEC_ERROR : ALERT_EXEC_READY, error);
    if (error)
        _exit(1);
    for (;;) {
        struct pollfd p[] = { { .fd = FD_KEEPER, .events = POLLIN },
                              { .fd = x.signals, .events = POLLIN } };
        struct signalfd_siginfo info;
        (void)poll(p, 2, check_late(&x)); /* whatever it says, all is looked at */
        while (read(x.signals, &info, sizeof info) == (ssize_t)sizeof info)
            ;
        reap(&x);
        if (p[0].revents)
            receive(&x);
    }
}
