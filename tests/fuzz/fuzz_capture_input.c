/* SPDX-License-Identifier: ISC */
#include "base/err.h"
#include "capture/input.h"
#include "property.h"

enum { MOST = 1 << 18 }; /* of what a small gzip may unpack to */

struct all {
    uint64_t sum;
    size_t n;
    int end;
};

/* All of it, in pieces: the same however it is cut. */
static struct all read_all(struct slice file, size_t piece)
{
    struct all all = { .end = 1 };
    struct capture_input *in = capture_input_of(file);
    struct slice got, seen;
    must(in != NULL);
    while (all.end > 0 && all.n < MOST) {
        int peeked = capture_input_peek(in, piece, &seen);
        all.end = capture_input_take(in, piece, &got);
        must(all.end == peeked && seen.p == got.p && seen.n == got.n);
        must(all.end > 0 ? got.n == piece : got.n < piece);
        for (size_t i = 0; i < got.n && all.n < MOST; i++, all.n++)
            all.sum = all.sum * 31 + got.p[i];
    }
    uint64_t read = 0, size = 0;
    capture_input_position(in, &read, &size);
    must(read <= size && size == file.n);
    capture_input_close(in);
    return all;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice file = { data, size };
    size_t piece = (size_t)choice(&file) * 64 + 1;
    struct all one = read_all(file, 4096), other = read_all(file, piece);
    must(one.n == other.n && one.sum == other.sum);
    must(one.n >= MOST || one.end == other.end);
    must(one.end == 0 || one.end == 1 || one.end == ERR_FORMAT);
    return 0;
}
