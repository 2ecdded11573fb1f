/* SPDX-License-Identifier: ISC
 *
 * Of a capture every frame comes out, in order, as long as it was, with its time; none is held up at the end.
 */
#include "property.h"

#include <string.h>

#include "audit/anonymise.h"

static struct anonymise_map map;

struct count {
    uint64_t in, out, number; /* number: of the last frame that came out */
};

static void take_out(struct anonymiser *a, struct count *count)
{
    struct capture_frame frame;
    while (anonymiser_next(a, &frame)) {
        count->out++;
        must(frame.number > count->number);
        count->number = frame.number;
        must(frame.data.n <= CAPTURE_FRAME_MAX);
    }
    must(count->out <= count->in);
}

static void run(struct capture_records *records)
{
    struct capture_filter filter;
    struct capture_frame frame;
    struct count count = { 0 };
    struct buf why;
    capture_filter_init(&filter);
    struct anonymiser *a = anonymiser_new(&map, &filter);
    must(a != NULL);
    buf_init(&why, 512);
    while (capture_records_next(records, &frame, &why) > 0) {
        must(anonymiser_add(a, &frame) == 0);
        count.in++;
        take_out(a, &count);
    }
    anonymiser_end(a);
    take_out(a, &count);
    must(count.in == count.out);
    anonymiser_free(a);
    buf_clear(&why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t key[ANONYMISE_KEY];
    struct buf why;
    if (!map.tails[0][0] && !map.tails[0][1])
        anonymise_map_init(&map, key);
    buf_init(&why, 512);
    struct capture_input *in = capture_input_of((struct slice){ data, size });
    struct capture_records *records = in ? capture_records_open(in, &why) : NULL;
    if (records) {
        run(records);
        capture_records_close(records);
    }
    buf_clear(&why);
    return 0;
}
