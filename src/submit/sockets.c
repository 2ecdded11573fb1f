/* SPDX-License-Identifier: ISC */
#include "submit/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

static const struct socket_group *find_group(const struct sockets *s,
                                             const struct listen_spec *spec)
{
    for (size_t i = 0; s && i < s->n; i++)
        if (s->at[i].spec.address.n == spec->address.n &&
            memcmp(&s->at[i].spec.address.any, &spec->address.any, spec->address.n) == 0)
            return &s->at[i];
    return NULL;
}

static int open_place(const struct listen_spec *spec, int old)
{
    if (old < 0)
        return listen_open(spec);
    int fd = fcntl(old, F_DUPFD_CLOEXEC, 0);
    return fd < 0 ? -errno : fd;
}

static int open_group(struct socket_group *g, unsigned workers, const struct socket_group *old)
{
    int inherited = old ? -1 : listen_inherited(&g->spec);
    g->shared = old ? old->shared : inherited >= 0;
    for (unsigned i = 0; i < (g->shared ? 1 : workers); i++) {
        int fd = inherited >= 0 ? inherited : open_place(&g->spec, old ? old->fds[i] : -1);
        if (fd < 0)
            return fd;
        g->fds[i] = fd;
    }
    return 0;
}

static bool open_one(struct sockets *s, const char *text, unsigned workers,
                     const struct sockets *old, struct buf *why)
{
    struct socket_group *g = &s->at[s->n++];
    struct fault fault = { 0 };
    for (unsigned i = 0; i < SOCKETS_WORKERS_MAX; i++)
        g->fds[i] = -1;
    if (!listen_parse(slice_of_str(text), &g->spec, &fault)) {
        buf_printf(why, "submission.listen: \"%s\": %s", text, fault.what);
        return false;
    }
    int error = open_group(g, workers, find_group(old, &g->spec));
    if (error)
        buf_printf(why, "submission.listen: cannot listen on %s: %s", text, err_text(error));
    return error == 0;
}

bool sockets_open(struct sockets *out, const struct conf_list *list, unsigned workers,
                  const struct sockets *old, struct buf *why)
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
        if (!open_one(out, list->at[i], workers, old, why)) {
            sockets_close(out);
            return false;
        }
        buf_clear(why);
    }
    return true;
}

void sockets_close_others(const struct sockets *s, int worker)
{
    for (size_t i = 0; i < s->n; i++)
        for (int k = 0; k < SOCKETS_WORKERS_MAX; k++)
            if (s->at[i].fds[k] >= 0 && (worker < 0 || (k != worker && !s->at[i].shared)))
                (void)close(s->at[i].fds[k]); /* nothing was written to it */
}

void sockets_close(struct sockets *s)
{
    sockets_close_others(s, -1);
    free(s->at);
    *s = (struct sockets){ 0 };
}

int sockets_fd(const struct sockets *s, size_t i, unsigned worker)
{
    return s->at[i].fds[s->at[i].shared ? 0 : worker];
}
