/* SPDX-License-Identifier: ISC */
#include "base/err.h"
#include "capture/capture.h"
#include "property.h"

static void check_message(struct slice file, const struct capture_message *m)
{
    must(m->faults_n <= CAPTURE_FAULTS_MAX && m->vlan_n <= CAPTURE_VLANS_MAX);
    for (size_t i = 0; i < m->faults_n; i++)
        must(is_fault(m->payload, m->faults + i));
    must((m->kind == CAPTURE_LOSS) == (m->what != NULL));
    must(m->kind != CAPTURE_LOSS || m->payload.n == 0);
    must(m->kind != CAPTURE_UDP || !m->payload_at || inside(file, m->payload));
    must(m->payload.n <= 65535 || m->kind == CAPTURE_UDP);
    unsigned sum = 0; /* every octet can be read */
    for (size_t i = 0; i < m->payload.n; i++)
        sum |= m->payload.p[i];
    must(sum <= UINT8_MAX);
}

/* Datagrams come in the order of their frames; so do a stream's messages, until it has a hole. */
static void read_all(struct slice file, struct capture *capture, bool stop, struct buf *why)
{
    const struct capture_totals *t = capture_totals(capture);
    struct capture_message m;
    uint64_t last = 0, messages = 0, losses = 0;
    int got = 0;
    while ((got = capture_next(capture, 0, &m, why)) > 0) {
        check_message(file, &m);
        must(m.frame > 0 && m.frame <= t->frames);
        must(m.kind != CAPTURE_UDP || m.frame > last);
        if (m.kind == CAPTURE_UDP)
            last = m.frame;
        losses += m.kind == CAPTURE_LOSS;
        messages += m.kind != CAPTURE_LOSS;
        if (stop && m.kind == CAPTURE_TCP)
            capture_stream_end(capture, m.stream);
    }
    must(got == 0 ? buf_size(why) == 0 : got == ERR_FORMAT && buf_size(why) > 0);
    must(t->messages == messages && t->losses == losses);
    must(t->not_ipv4 + t->outside <= t->frames && t->first_ns <= t->last_ns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice file = { data, size };
    uint8_t chosen = choice(&file);
    struct capture_filter filter;
    struct buf why;
    if (slice_starts(file, SLICE("\x1f\x8b"))) /* fuzz_capture_input's, and slow */
        return 0;
    buf_init(&why, 256);
    capture_filter_init(&filter);
    if (chosen & 1)
        filter.from_ns = 1;
    struct capture *capture = capture_open_bytes(file, &filter, &why);
    must(!capture == (buf_size(&why) > 0));
    if (capture)
        read_all(file, capture, chosen & 2, &why);
    capture_close(capture);
    buf_clear(&why);
    return 0;
}
