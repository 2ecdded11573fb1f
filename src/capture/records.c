/* SPDX-License-Identifier: ISC */
#include "capture/records.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/err.h"
#include "capture/records_internal.h"

enum { DAMAGE_MAX = 256 };

int records_damage(uint64_t at, struct buf *why, const char *what)
{
    buf_printf(why, "damaged at byte %" PRIu64 ": %s", at, what);
    return ERR_FORMAT;
}

int records_take(struct capture_records *records, size_t n, const char *what, struct slice *out,
                 struct buf *why)
{
    int got = capture_input_take(records->in, n, out);
    records->at += out->n;
    if (got > 0)
        return got;
    if (got == 0)
        buf_printf(why, "damaged at byte %" PRIu64 ": the file ends inside %s", records->at, what);
    else if (got == ERR_FORMAT)
        buf_printf(why, "damaged at byte %" PRIu64 " when unpacked: the gzip is damaged or cut",
                   records->at);
    else
        buf_printf(why, "cannot be read at byte %" PRIu64 ": %s", records->at, err_text(got));
    return got ? got : ERR_FORMAT;
}

int64_t records_time(int64_t seconds, uint64_t nanoseconds)
{
    int64_t ns = 0;
    if (!__builtin_mul_overflow(seconds, INT64_C(1000000000), &ns) &&
        !__builtin_add_overflow(ns, nanoseconds, &ns) && ns != CAPTURE_NO_TIME)
        return ns;
    return seconds < 0 ? INT64_MIN + 1 : INT64_MAX;
}

static int open_format(struct capture_records *records, struct buf *why)
{
    struct slice magic;
    int got = capture_input_peek(records->in, 4, &magic);
    if (got > 0 && memcmp(magic.p, "\x0a\x0d\x0d\x0a", 4) == 0) {
        records->format = CAPTURE_PCAPNG;
        return 0;
    }
    if (got > 0)
        return pcap_open(records, magic, why);
    if (got == 0)
        buf_append_str(why, magic.n ? "no capture: too short to be one" : "no capture: empty");
    else
        buf_printf(why, "cannot be read: %s",
                   got == ERR_FORMAT ? "the gzip is damaged or cut" : err_text(got));
    return got ? got : ERR_FORMAT;
}

struct capture_records *capture_records_open(struct capture_input *in, struct buf *why)
{
    struct capture_records *records = calloc(1, sizeof *records);
    if (!records) {
        capture_input_close(in);
        buf_append_str(why, err_text(-ENOMEM));
        return NULL;
    }
    records->in = in;
    buf_init(&records->damage, DAMAGE_MAX);
    if (open_format(records, why) == 0)
        return records;
    capture_records_close(records);
    return NULL;
}

void capture_records_close(struct capture_records *records)
{
    if (!records)
        return;
    capture_input_close(records->in);
    free(records->pcapng.interfaces);
    buf_clear(&records->damage);
    free(records);
}

int capture_records_next(struct capture_records *records, struct capture_frame *out,
                         struct buf *why)
{
    if (records->format == CAPTURE_PCAP)
        return pcap_next(records, out, why);
    return pcapng_next(records, out, why);
}

enum capture_format capture_records_format(const struct capture_records *records)
{
    return records->format;
}

void capture_records_position(const struct capture_records *records, uint64_t *out_read,
                              uint64_t *out_size)
{
    capture_input_position(records->in, out_read, out_size);
}
