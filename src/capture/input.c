/* SPDX-License-Identifier: ISC */
#include "capture/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ZLIB_CONST /* zlib reads what next_in points at, no more */
#include <zlib.h>

#include "base/err.h"

enum {
    ROOM = 256 * 1024, /* stays in the second cache while its frames are looked at */
    PACKED_ROOM = 64 * 1024,
    GZIP_HEADER_BITS = 16 + MAX_WBITS, /* zlib.h, inflateInit2: gzip only */
};

/* Where a gzip stands (RFC 1952 §2.2: members follow one another with nothing between them). */
enum gzip {
    GZIP_NONE, /* plain */
    GZIP_MEMBER,
    GZIP_BETWEEN, /* behind a member's trailer */
    GZIP_PADDING, /* zeros, as tapes and some tools leave them */
};

struct capture_input {
    int fd;        /* -1: bytes */
    uint8_t *room; /* owned; NULL while the bytes are given out where they are */
    size_t room_size;
    const uint8_t *at; /* what is not taken yet */
    size_t n;
    bool ended; /* no more comes */
    int error;  /* nor this after it */
    uint64_t read, size;
    enum gzip gzip;
    z_stream inflater;
    bool inflating;   /* to be ended */
    uint8_t *packed;  /* owned; NULL for bytes of the caller's */
    struct slice raw; /* packed and not looked at yet */
};

static int read_some(struct capture_input *in, uint8_t *room, size_t size, size_t *out)
{
    ssize_t got = -1;
    do
        got = read(in->fd, room, size);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return -errno;
    in->read += (uint64_t)got;
    *out = (size_t)got;
    return 0;
}

/* The next packed bytes into raw, which is empty; it stays so at the end. */
static int fill_raw(struct capture_input *in)
{
    size_t got = 0;
    if (in->fd < 0)
        return 0;
    int error = read_some(in, in->packed, PACKED_ROOM, &got);
    in->raw = (struct slice){ in->packed, got };
    return error;
}

/* Between members: zeros are padding, the next member's magic goes on, anything else is damage. */
static int gzip_between(struct capture_input *in)
{
    if (in->gzip == GZIP_BETWEEN && in->raw.p[0] == 0x1f) {
        in->gzip = GZIP_MEMBER;
        return inflateReset(&in->inflater) == Z_OK ? 0 : ERR_FORMAT;
    }
    in->gzip = GZIP_PADDING;
    while (in->raw.n && in->raw.p[0] == 0)
        in->raw = slice_from(in->raw, 1);
    return in->raw.n ? ERR_FORMAT : 0;
}

static int gzip_member(struct capture_input *in, uint8_t *room, size_t size, size_t *out)
{
    z_stream *z = &in->inflater;
    z->next_in = in->raw.p;
    z->avail_in = (uInt)(in->raw.n < PACKED_ROOM ? in->raw.n : PACKED_ROOM);
    size_t given = z->avail_in;
    z->next_out = room;
    z->avail_out = (uInt)size;
    int status = inflate(z, Z_NO_FLUSH);
    in->raw = slice_from(in->raw, given - z->avail_in);
    if (in->fd < 0)
        in->read += given - z->avail_in;
    *out = size - z->avail_out;
    if (status == Z_STREAM_END)
        in->gzip = GZIP_BETWEEN;
    else if (status == Z_MEM_ERROR)
        return -ENOMEM;
    else if (status != Z_OK && status != Z_BUF_ERROR)
        return ERR_FORMAT;
    return 0;
}

/* Some unpacked bytes; none: the end. */
static int inflate_some(struct capture_input *in, uint8_t *room, size_t size, size_t *out)
{
    for (;;) {
        int error = in->raw.n ? 0 : fill_raw(in);
        if (error)
            return error;
        if (in->raw.n == 0) /* a member without its trailer was cut */
            return in->gzip == GZIP_MEMBER ? ERR_FORMAT : 0;
        if (in->gzip == GZIP_MEMBER)
            error = gzip_member(in, room, size, out);
        else
            error = gzip_between(in);
        if (error || *out)
            return error;
    }
}

/* Moves what is left to the front of a room that has space for n bytes and some more. */
static int make_room(struct capture_input *in, size_t n)
{
    size_t size = n > ROOM / 2 ? n + ROOM : ROOM;
    if (size > in->room_size) {
        uint8_t *room = malloc(size);
        if (!room)
            return -ENOMEM;
        if (in->n)
            memcpy(room, in->at, in->n);
        free(in->room);
        in->room = room;
        in->room_size = size;
    } else if (in->n) {
        memmove(in->room, in->at, in->n);
    }
    in->at = in->room;
    return 0;
}

static void fill(struct capture_input *in, size_t n)
{
    if (!in->ended && !in->error)
        in->error = make_room(in, n);
    while (in->n < n && !in->ended && !in->error) {
        size_t got = 0, free_room = in->room_size - in->n;
        if (in->gzip)
            in->error = inflate_some(in, in->room + in->n, free_room, &got);
        else
            in->error = read_some(in, in->room + in->n, free_room, &got);
        in->n += got;
        in->ended = got == 0;
    }
}

int capture_input_peek(struct capture_input *in, size_t n, struct slice *out)
{
    if (in->n < n)
        fill(in, n);
    *out = (struct slice){ in->at, in->n < n ? in->n : n };
    if (in->n >= n)
        return 1;
    return in->error;
}

int capture_input_take(struct capture_input *in, size_t n, struct slice *out)
{
    int got = capture_input_peek(in, n, out);
    in->at += out->n;
    in->n -= out->n;
    if (in->fd < 0 && !in->gzip)
        in->read += out->n;
    return got;
}

/* A gzip's magic (RFC 1952 §2.3.1): what was read so far becomes packed bytes. */
static int detect_gzip(struct capture_input *in)
{
    struct slice magic;
    int got = capture_input_peek(in, 3, &magic);
    if (got <= 0 || memcmp(magic.p, "\x1f\x8b\x08", 3) != 0)
        return got < 0 ? got : 0;
    if (inflateInit2(&in->inflater, GZIP_HEADER_BITS) != Z_OK)
        return -ENOMEM;
    in->inflating = true;
    in->gzip = GZIP_MEMBER;
    in->raw = (struct slice){ in->at, in->n };
    in->packed = in->room; /* NULL for bytes; ROOM is no less than PACKED_ROOM */
    in->room = NULL;
    in->room_size = 0;
    in->n = 0;
    in->ended = false;
    return 0;
}

static struct capture_input *input_new(void)
{
    struct capture_input *in = calloc(1, sizeof *in);
    if (in)
        in->fd = -1;
    return in;
}

static int open_file(struct capture_input *in, const char *path)
{
    struct stat st;
    bool standard = strcmp(path, "-") == 0;
    in->fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (in->fd < 0 || fstat(in->fd, &st))
        return -errno;
    if (S_ISDIR(st.st_mode))
        return -EISDIR;
    if (S_ISREG(st.st_mode)) {
        in->size = (uint64_t)st.st_size;
        (void)posix_fadvise(in->fd, 0, 0, POSIX_FADV_SEQUENTIAL); /* advice only */
    }
    return detect_gzip(in);
}

struct capture_input *capture_input_open(const char *path, struct buf *why)
{
    struct capture_input *in = input_new();
    int error = in ? open_file(in, path) : -ENOMEM;
    if (!error)
        return in;
    buf_printf(why, "cannot be read: %s", err_text(error));
    capture_input_close(in);
    return NULL;
}

struct capture_input *capture_input_of(struct slice bytes)
{
    struct capture_input *in = input_new();
    if (!in)
        return NULL;
    in->at = bytes.p;
    in->n = bytes.n;
    in->size = bytes.n;
    in->ended = true;
    if (detect_gzip(in) == 0)
        return in;
    capture_input_close(in);
    return NULL;
}

void capture_input_close(struct capture_input *in)
{
    if (!in)
        return;
    if (in->fd > STDIN_FILENO)
        (void)close(in->fd); /* only read from */
    if (in->inflating)
        (void)inflateEnd(&in->inflater); /* frees in any case */
    free(in->room);
    free(in->packed);
    free(in);
}

void capture_input_position(const struct capture_input *in, uint64_t *out_read, uint64_t *out_size)
{
    *out_read = in->read;
    *out_size = in->size;
}
