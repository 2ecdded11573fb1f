/* SPDX-License-Identifier: ISC */
#include "submit/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"

#define TRY_AGAIN_US (20 * US_PER_MS)

static const struct socket_entry *find_entry(const struct sockets *s,
                                             const struct listen_spec *spec)
{
    for (size_t i = 0; s && i < s->n; i++)
        if (s->at[i].spec.address.n == spec->address.n &&
            memcmp(&s->at[i].spec.address.any, &spec->address.any, spec->address.n) == 0)
            return &s->at[i];
    return NULL;
}

static int bind_patiently(const struct listen_spec *spec, int64_t patience_us)
{
    struct timespec pause = { .tv_nsec = TRY_AGAIN_US * 1000 };
    int64_t until = clock_monotonic_us() + patience_us;
    int fd = listen_open(spec);
    while (fd == -EADDRINUSE && clock_monotonic_us() < until) {
        (void)nanosleep(&pause, NULL); /* a signal only makes it shorter */
        fd = listen_open(spec);
    }
    return fd;
}

static int open_socket(const struct listen_spec *spec, const struct socket_entry *old,
                       int64_t patience_us)
{
    if (old) {
        int fd = fcntl(old->fd, F_DUPFD_CLOEXEC, 0);
        return fd < 0 ? -errno : fd;
    }
    int inherited = listen_inherited(spec);
    return inherited >= 0 ? inherited : bind_patiently(spec, patience_us);
}

static bool open_one(struct sockets *s, const char *text, const struct sockets *old,
                     int64_t patience_us, struct buf *why)
{
    struct socket_entry *e = &s->at[s->n];
    struct fault fault = { 0 };
    if (!listen_parse(slice_of_str(text), &e->spec, &fault)) {
        buf_printf(why, "submission.listen: \"%s\": %s", text, fault.what);
        return false;
    }
    e->fd = open_socket(&e->spec, find_entry(old, &e->spec), patience_us);
    if (e->fd < 0) {
        buf_printf(why, "submission.listen: cannot listen on %s: %s", text, err_text(e->fd));
        return false;
    }
    s->n++;
    return true;
}

bool sockets_open(struct sockets *out, const struct conf_list *list, const struct sockets *old,
                  int64_t patience_us, struct buf *why)
{
    *out = (struct sockets){ .at = calloc(list->n ? list->n : 1, sizeof *out->at) };
    if (!out->at) {
        buf_append_str(why, "out of memory");
        return false;
    }
    for (size_t i = 0; i < list->n; i++) {
        const struct conf_place *place = &list->place[i];
        if (place->file)
            buf_printf(why, "%s:%u:%u: ", place->file, place->line, place->column);
        if (!open_one(out, list->at[i], old, patience_us, why)) {
            sockets_close(out);
            return false;
        }
        buf_clear(why);
    }
    return true;
}

void sockets_close(struct sockets *s)
{
    for (size_t i = 0; i < s->n; i++)
        (void)close(s->at[i].fd); /* nothing was written to it */
    free(s->at);
    *s = (struct sockets){ 0 };
}
