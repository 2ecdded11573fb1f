/* SPDX-License-Identifier: ISC */
#include "capture/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

enum {
    ROOM = 1024 * 1024, /* no less than a frame with what stands around it */
    INTERFACES_MAX = 4096,
    SECTION = 0x0a0d0d0a,
    INTERFACE = 1,
    SIMPLE = 3,
    ENHANCED = 6,
};
#define MAGIC_NANOSECONDS UINT32_C(0xa1b23c4d)
#define BYTE_ORDER_MAGIC  UINT32_C(0x1a2b3c4d)

struct interface {
    uint32_t number, link; /* as frames have them */
    uint8_t fcs;
};

struct capture_writer {
    int fd;
    enum capture_format format;
    uint8_t *room; /* owned */
    size_t n;
    struct interface *interfaces; /* owned; of a pcap one */
    uint32_t interfaces_n, interfaces_room;
};

static int flush(struct capture_writer *w)
{
    for (size_t at = 0; at < w->n;) {
        ssize_t put = write(w->fd, w->room + at, w->n - at);
        if (put < 0 && errno != EINTR)
            return -errno;
        if (put > 0)
            at += (size_t)put;
    }
    w->n = 0;
    return 0;
}

/* All that is appended before the next call fits: it is one frame's. */
static int make_room(struct capture_writer *w, size_t n)
{
    return ROOM - w->n < n ? flush(w) : 0;
}

/* In this host's byte order, which the magic numbers tell. */
static void put16(struct capture_writer *w, uint32_t value)
{
    uint16_t v = (uint16_t)value;
    memcpy(w->room + w->n, &v, sizeof v);
    w->n += sizeof v;
}

static void put32(struct capture_writer *w, uint32_t v)
{
    memcpy(w->room + w->n, &v, sizeof v);
    w->n += sizeof v;
}

static void put_bytes(struct capture_writer *w, struct slice s)
{
    if (s.n)
        memcpy(w->room + w->n, s.p, s.n);
    w->n += s.n;
}

static uint32_t padding(size_t n)
{
    return (uint32_t)(4 - n % 4) % 4;
}

static void put_section(struct capture_writer *w)
{
    put32(w, SECTION);
    put32(w, 28);
    put32(w, BYTE_ORDER_MAGIC);
    put16(w, 1); /* version */
    put16(w, 0);
    put32(w, UINT32_MAX); /* section length: not said */
    put32(w, UINT32_MAX);
    put32(w, 28);
}

static void put_interface(struct capture_writer *w, const struct interface *i)
{
    uint32_t length = i->fcs ? 40 : 32;
    put32(w, INTERFACE);
    put32(w, length);
    put16(w, i->link);
    put16(w, 0);
    put32(w, 0); /* snap length: none */
    put16(w, 9); /* if_tsresol: nanoseconds */
    put16(w, 1);
    put_bytes(w, SLICE("\x09\0\0\0"));
    if (i->fcs) {
        put16(w, 13); /* if_fcslen */
        put16(w, 1);
        put_bytes(w, (struct slice){ (const uint8_t[]){ i->fcs, 0, 0, 0 }, 4 });
    }
    put32(w, 0); /* end of options */
    put32(w, length);
}

/* Neither format has times before 1970 here; nor has a frame without a time another place to say so than the
 * simple block. */
static uint64_t time_of(const struct capture_frame *frame)
{
    return frame->time_ns > 0 ? (uint64_t)frame->time_ns : 0;
}

static void put_enhanced(struct capture_writer *w, uint32_t interface,
                         const struct capture_frame *frame)
{
    uint32_t n = (uint32_t)frame->data.n, length = 32 + n + padding(n);
    uint64_t time = time_of(frame);
    put32(w, ENHANCED);
    put32(w, length);
    put32(w, interface);
    put32(w, (uint32_t)(time >> 32));
    put32(w, (uint32_t)time);
    put32(w, n);
    put32(w, frame->length);
    put_bytes(w, frame->data);
    put_bytes(w, slice_first(SLICE("\0\0\0"), padding(n)));
    put32(w, length);
}

/* Of the first interface only, whole: as an SPB has no place for how much was captured. */
static void put_simple(struct capture_writer *w, const struct capture_frame *frame)
{
    uint32_t n = (uint32_t)frame->data.n, length = 16 + n + padding(n);
    put32(w, SIMPLE);
    put32(w, length);
    put32(w, frame->length);
    put_bytes(w, frame->data);
    put_bytes(w, slice_first(SLICE("\0\0\0"), padding(n)));
    put32(w, length);
}

static void put_pcap_header(struct capture_writer *w, const struct interface *i)
{
    uint32_t fcs = i->fcs ? UINT32_C(0x04000000) | (uint32_t)(i->fcs / 2) << 28 : 0;
    put32(w, MAGIC_NANOSECONDS);
    put16(w, 2);
    put16(w, 4);
    put32(w, 0);
    put32(w, 0);
    put32(w, CAPTURE_FRAME_MAX);
    put32(w, i->link | fcs);
}

static void put_pcap_frame(struct capture_writer *w, const struct capture_frame *frame)
{
    uint64_t time = time_of(frame);
    put32(w, (uint32_t)(time / 1000000000));
    put32(w, (uint32_t)(time % 1000000000));
    put32(w, (uint32_t)frame->data.n);
    put32(w, frame->length);
    put_bytes(w, frame->data);
}

static int add_interface(struct capture_writer *w, const struct capture_frame *frame)
{
    if (w->interfaces_n == INTERFACES_MAX)
        return ERR_TOO_BIG;
    if (w->interfaces_n == w->interfaces_room) {
        uint32_t room = w->interfaces_room ? w->interfaces_room * 2 : 4;
        void *grown = reallocarray(w->interfaces, room, sizeof *w->interfaces);
        if (!grown)
            return -ENOMEM;
        w->interfaces = grown;
        w->interfaces_room = room;
    }
    struct interface *made = w->interfaces + w->interfaces_n++;
    *made = (struct interface){ frame->interface, frame->link, frame->fcs };
    if (w->format == CAPTURE_PCAP)
        put_pcap_header(w, made);
    else
        put_interface(w, made);
    return 0;
}

/* The frame's interface as the file numbers it, described there when it is new. */
static int find_interface(struct capture_writer *w, const struct capture_frame *frame,
                          uint32_t *out)
{
    for (uint32_t i = w->interfaces_n; i--;) {
        const struct interface *known = w->interfaces + i;
        if (known->link == frame->link && known->fcs == frame->fcs &&
            (known->number == frame->interface || w->format == CAPTURE_PCAP)) {
            *out = i;
            return 0;
        }
    }
    if (w->format == CAPTURE_PCAP && w->interfaces_n)
        return ERR_FORMAT;
    *out = w->interfaces_n;
    return add_interface(w, frame);
}

int capture_writer_frame(struct capture_writer *w, const struct capture_frame *frame)
{
    uint32_t interface = 0;
    if (frame->data.n > CAPTURE_FRAME_MAX || frame->link > UINT16_MAX)
        return ERR_TOO_BIG;
    int error = make_room(w, frame->data.n + 128);
    if (!error)
        error = find_interface(w, frame, &interface);
    if (error)
        return error;
    if (w->format == CAPTURE_PCAP)
        put_pcap_frame(w, frame);
    else if (frame->time_ns == CAPTURE_NO_TIME && interface == 0 && frame->length == frame->data.n)
        put_simple(w, frame);
    else
        put_enhanced(w, interface, frame);
    return 0;
}

static int open_file(struct capture_writer *w, const char *path)
{
    w->room = malloc(ROOM);
    if (!w->room)
        return -ENOMEM;
    w->fd = strcmp(path, "-") == 0
                ? STDOUT_FILENO
                : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (w->fd < 0 || (w->fd != STDOUT_FILENO && fchmod(w->fd, 0600)))
        return -errno;
    return 0;
}

static void writer_free(struct capture_writer *w)
{
    if (!w)
        return;
    if (w->fd > STDOUT_FILENO)
        (void)close(w->fd); /* synced before, or given up */
    free(w->room);
    free(w->interfaces);
    free(w);
}

struct capture_writer *capture_writer_open(const char *path, enum capture_format format,
                                           struct buf *why)
{
    struct capture_writer *w = calloc(1, sizeof *w);
    int error = -ENOMEM;
    if (w) {
        w->fd = -1;
        w->format = format;
        error = open_file(w, path);
    }
    if (!error) {
        if (format == CAPTURE_PCAPNG)
            put_section(w);
        return w;
    }
    buf_printf(why, "%s: cannot be written: %s", path, err_text(error));
    writer_free(w);
    return NULL;
}

/* A pcap without frames has a header all the same. */
int capture_writer_close(struct capture_writer *w)
{
    const struct interface none = { .link = 1 };
    if (w->format == CAPTURE_PCAP && !w->interfaces_n)
        put_pcap_header(w, &none);
    int error = flush(w);
    if (!error && w->fd != STDOUT_FILENO && fsync(w->fd) && errno != EINVAL)
        error = -errno; /* EINVAL: a pipe or a device, nothing to sync */
    writer_free(w);
    return error;
}
