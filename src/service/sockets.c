/* SPDX-License-Identifier: ISC */
#include "service/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "service/privilege.h"

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

/* A path that is no socket of ours any more has another inode. */
static uint64_t inode_of(const struct address *a)
{
    struct stat s;
    bool path = a->any.sa_family == AF_UNIX && a->un.sun_path[0];
    return path && lstat(a->un.sun_path, &s) == 0 && S_ISSOCK(s.st_mode) ? s.st_ino : 0;
}

static int give_to(const char *user, const struct address *a)
{
    unsigned uid, gid;
    if (!user || geteuid() != 0)
        return 0;
    if (!privilege_ids(user, &uid, &gid))
        return -ENOENT;
    return fchownat(AT_FDCWD, a->un.sun_path, uid, gid, AT_SYMLINK_NOFOLLOW) ? -errno : 0;
}

static int bind_new(struct socket_entry *e, const struct sockets_wanted *wanted)
{
    int fd = bind_patiently(&e->spec, wanted->patience_us);
    if (fd < 0)
        return fd;
    e->inode = inode_of(&e->spec.address);
    int error = e->inode ? give_to(wanted->user, &e->spec.address) : 0;
    if (!error)
        return fd;
    (void)unlink(e->spec.address.un.sun_path); /* unused yet, as the descriptor */
    (void)close(fd);
    return error;
}

static int open_socket(struct socket_entry *e, const struct sockets_wanted *wanted,
                       const struct sockets *old)
{
    const struct socket_entry *before = find_entry(old, &e->spec);
    if (before) {
        int fd = fcntl(before->fd, F_DUPFD_CLOEXEC, 0);
        e->inode = before->inode;
        return fd < 0 ? -errno : fd;
    }
    int inherited = listen_inherited(&e->spec);
    return inherited >= 0 ? inherited : bind_new(e, wanted);
}

static bool open_one(struct sockets *s, const struct sockets_wanted *wanted, const char *text,
                     const struct sockets *old, struct buf *why)
{
    struct socket_entry *e = &s->at[s->n];
    struct fault fault = { 0 };
    if (!wanted->parse(slice_of_str(text), &e->spec, &fault)) {
        buf_printf(why, "%s: \"%s\": %s", wanted->key, text, fault.what);
        return false;
    }
    e->spec.mode = wanted->mode;
    e->fd = open_socket(e, wanted, old);
    if (e->fd < 0) {
        buf_printf(why, "%s: cannot listen on %s: %s", wanted->key, text, err_text(e->fd));
        return false;
    }
    s->n++;
    return true;
}

bool sockets_open(struct sockets *out, const struct sockets_wanted *wanted,
                  const struct sockets *old, struct buf *why)
{
    const struct conf_list *list = wanted->list;
    *out = (struct sockets){ .at = calloc(list->n ? list->n : 1, sizeof *out->at) };
    if (!out->at) {
        buf_append_str(why, "out of memory");
        return false;
    }
    for (size_t i = 0; i < list->n; i++) {
        const struct conf_place *place = &list->place[i];
        if (place->file)
            buf_printf(why, "%s:%u:%u: ", place->file, place->line, place->column);
        if (!open_one(out, wanted, list->at[i], old, why)) {
            sockets_remove(out, old);
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

void sockets_remove(struct sockets *s, const struct sockets *kept)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct socket_entry *e = &s->at[i];
        if (e->inode && !find_entry(kept, &e->spec) && inode_of(&e->spec.address) == e->inode)
            (void)unlink(e->spec.address.un.sun_path); /* else the next start finds it stale */
    }
    sockets_close(s);
}
