/* SPDX-License-Identifier: ISC
 *
 * The tool's side of the control socket: one question, one answer, blocking.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "submit/control.h"

#define WAIT_US (10 * US_PER_S)

static int wait_for(int fd, short what, int64_t deadline_us)
{
    struct pollfd p = { .fd = fd, .events = what };
    for (;;) {
        int64_t left_us = deadline_us - clock_monotonic_us();
        if (left_us <= 0)
            return ERR_TIMEOUT;
        int n = poll(&p, 1, (int)(left_us / US_PER_MS) + 1);
        if (n > 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return -errno;
    }
}

static int open_socket(const char *directory, int *out)
{
    struct buf path;
    struct address to;
    buf_init(&path, 4096);
    buf_printf(&path, "%s/control", directory);
    bool good = !path.failed && address_of_path(buf_slice(&path), &to);
    buf_clear(&path);
    if (!good)
        return -ENAMETOOLONG;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, &to.any, to.n) == 0) {
        *out = fd;
        return 0;
    }
    int error = errno == ENOENT || errno == ECONNREFUSED ? ERR_NOT_FOUND : -errno;
    (void)close(fd); /* nothing was said on it */
    return error;
}

static int send_all(int fd, struct slice bytes, int64_t deadline_us)
{
    while (bytes.n) {
        int error = wait_for(fd, POLLOUT, deadline_us);
        if (error)
            return error;
        ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return errno == EPIPE || errno == ECONNRESET ? ERR_CLOSED : -errno;
        bytes = slice_from(bytes, n > 0 ? (size_t)n : 0);
    }
    return 0;
}

/* Until the line's end. */
static int receive_line(int fd, struct buf *out, int64_t deadline_us)
{
    while (!slice_has(buf_slice(out), '\n')) {
        int error = wait_for(fd, POLLIN, deadline_us);
        if (error)
            return error;
        uint8_t *room = buf_reserve(out, 4096);
        if (!room)
            return ERR_TOO_BIG;
        ssize_t n = recv(fd, room, 4096, MSG_DONTWAIT);
        if (n == 0)
            return ERR_CLOSED;
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return errno == ECONNRESET ? ERR_CLOSED : -errno;
        buf_grew(out, n > 0 ? (size_t)n : 0);
    }
    return 0;
}

static int exchange(int fd, struct slice line, json_t **answer)
{
    struct buf in;
    json_error_t why;
    int64_t deadline_us = clock_monotonic_us() + WAIT_US;
    buf_init(&in, CONTROL_LINE_MAX + 4096);
    int error = send_all(fd, line, deadline_us);
    if (!error)
        error = receive_line(fd, &in, deadline_us);
    if (!error) {
        struct slice said = buf_slice(&in);
        *answer = json_loadb((const char *)said.p, said.n, 0, &why);
        error = json_is_object(*answer) ? 0 : ERR_FORMAT;
        if (error)
            json_decref(*answer);
    }
    buf_clear(&in);
    return error;
}

int control_ask(const char *directory, const json_t *request, json_t **answer)
{
    struct buf line;
    int fd = -1;
    char *text = json_dumps(request, JSON_COMPACT);
    buf_init(&line, CONTROL_LINE_MAX);
    buf_append(&line, slice_of_str(text));
    buf_append_byte(&line, '\n');
    int error = !text ? -ENOMEM : line.failed ? ERR_TOO_BIG : open_socket(directory, &fd);
    if (!error) {
        json_t *got = NULL;
        error = exchange(fd, buf_slice(&line), &got);
        if (!error)
            *answer = got;
        (void)close(fd); /* all was said */
    }
    free(text);
    buf_clear(&line);
    return error;
}
