/* SPDX-License-Identifier: ISC */
#include "capture/capture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "capture/datagram.h"
#include "capture/fragments.h"
#include "capture/live.h"
#include "capture/ports.h"
#include "capture/streams.h"

enum { TCP = 6, UDP = 17, UDP_HEADER = 8, WHY_MAX = 512 };

struct capture {
    struct capture_records *records; /* one of the two */
    struct capture_live *live;
    int64_t from_ns, to_ns;
    struct capture_ports udp, tcp;
    struct capture_fragments *fragments; /* made with the first */
    struct capture_streams *streams;
    struct capture_totals totals;
    bool finished;
    int result; /* once finished */
    struct buf why;
};

void capture_filter_init(struct capture_filter *out)
{
    *out = (struct capture_filter){ .ports = { 67, 68 },
                                    .ports_n = 2,
                                    .tcp_ports = { 67 },
                                    .tcp_ports_n = 1,
                                    .from_ns = CAPTURE_NO_TIME,
                                    .to_ns = CAPTURE_NO_TIME };
}

static void set_ports(struct capture_ports *out, const uint16_t *ports, size_t n)
{
    for (size_t i = 0; i < n && i < CAPTURE_PORTS_MAX; i++)
        capture_ports_add(out, ports[i]);
}

static struct capture *capture_new(const struct capture_filter *filter)
{
    struct capture *capture = calloc(1, sizeof *capture);
    if (!capture)
        return NULL;
    capture->from_ns = filter->from_ns;
    capture->to_ns = filter->to_ns;
    capture->totals.first_ns = capture->totals.last_ns = CAPTURE_NO_TIME;
    set_ports(&capture->udp, filter->ports, filter->ports_n);
    set_ports(&capture->tcp, filter->tcp_ports, filter->tcp_ports_n);
    buf_init(&capture->why, WHY_MAX);
    return capture;
}

static struct capture *open_input(struct capture_input *in, const struct capture_filter *filter,
                                  struct buf *why)
{
    struct capture_records *records = in ? capture_records_open(in, why) : NULL;
    struct capture *capture = records ? capture_new(filter) : NULL;
    if (capture)
        capture->records = records;
    else
        capture_records_close(records);
    if (!capture && buf_size(why) == 0)
        buf_append_str(why, err_text(-ENOMEM));
    return capture;
}

struct capture *capture_open(const char *path, const struct capture_filter *filter, struct buf *why)
{
    return open_input(capture_input_open(path, why), filter, why);
}

struct capture *capture_open_bytes(struct slice bytes, const struct capture_filter *filter,
                                   struct buf *why)
{
    return open_input(capture_input_of(bytes), filter, why);
}

struct capture *capture_open_live(const char *interface, const char *bpf, bool promiscuous,
                                  const struct capture_filter *filter, struct buf *why)
{
    struct capture *capture = capture_new(filter);
    if (!capture) {
        buf_append_str(why, err_text(-ENOMEM));
        return NULL;
    }
    capture->live = capture_live_open(interface, bpf, promiscuous, why);
    if (capture->live)
        return capture;
    capture_close(capture);
    return NULL;
}

void capture_close(struct capture *capture)
{
    if (!capture)
        return;
    capture_records_close(capture->records);
    capture_live_close(capture->live);
    capture_fragments_free(capture->fragments);
    capture_streams_free(capture->streams);
    buf_clear(&capture->why);
    free(capture);
}

/* Counts the frame. False: its time is not wanted. */
static bool count_frame(struct capture *c, const struct capture_frame *frame)
{
    struct capture_totals *t = &c->totals;
    int64_t time = frame->time_ns;
    t->frames = frame->number;
    t->octets += frame->length;
    if (time == CAPTURE_NO_TIME)
        return true;
    if (t->first_ns == CAPTURE_NO_TIME || time < t->first_ns)
        t->first_ns = time;
    if (t->last_ns == CAPTURE_NO_TIME || time > t->last_ns)
        t->last_ns = time;
    if (time >= c->from_ns && (c->to_ns == CAPTURE_NO_TIME || time <= c->to_ns))
        return true;
    t->outside++;
    return false;
}

static void describe(const struct capture_frame *frame, const struct capture_packet *p,
                     struct capture_message *out)
{
    *out = (struct capture_message){
        .frame = frame->number,
        .time_ns = frame->time_ns,
        .interface = frame->interface,
        .source = p->source_address,
        .destination = p->destination_address,
        .has_hardware = p->has_source && p->has_destination,
        .outgoing = p->outgoing,
        .vlan_n = p->vlan_n,
        .ttl = p->ttl,
        .ip_id = p->id,
    };
    memcpy(out->source_hardware, p->source, sizeof p->source);
    memcpy(out->destination_hardware, p->destination, sizeof p->destination);
    memcpy(out->vlan, p->vlan, sizeof p->vlan);
}

/* 1: *out. */
static int read_udp(struct capture *c, const struct capture_frame *frame,
                    const struct capture_packet *p, struct capture_message *out)
{
    uint16_t source = 0, destination = 0;
    if (!capture_datagram_ports(p->payload, &source, &destination) ||
        !capture_ports_want(&c->udp, p->payload.p))
        return 0;
    describe(frame, p, out);
    out->kind = CAPTURE_UDP;
    out->source_port = source;
    out->destination_port = destination;
    capture_datagram_read(p, out);
    if (out->payload.n && p->payload_at)
        out->payload_at = (size_t)(out->payload.p - frame->data.p);
    return 1;
}

/* What the segment completes is given by the next calls. */
static int read_tcp(struct capture *c, const struct capture_frame *frame,
                    const struct capture_packet *p)
{
    struct capture_message about;
    if (p->payload.n < 4 || !capture_ports_want(&c->tcp, p->payload.p))
        return 0;
    if (!c->streams && !(c->streams = capture_streams_new()))
        return -ENOMEM;
    describe(frame, p, &about);
    about.payload_at = p->payload_at;
    return capture_streams_add(c->streams, &about, p->payload, p->missing);
}

static const struct capture_ports *ports_of(const struct capture *c, uint8_t protocol)
{
    if (protocol == UDP)
        return &c->udp;
    return protocol == TCP ? &c->tcp : NULL;
}

/* 1: p is now the whole datagram. */
static int put_together(struct capture *c, const struct capture_frame *frame,
                        struct capture_packet *p, struct fault *out_clash)
{
    const struct capture_ports *ports = ports_of(c, p->protocol);
    if (!ports)
        return 0;
    if (!c->fragments && !(c->fragments = capture_fragments_new()))
        return -ENOMEM;
    return capture_fragments_add(c->fragments, frame, ports, p, out_clash);
}

static int read_packet(struct capture *c, const struct capture_frame *frame,
                       struct capture_packet *p, struct capture_message *out)
{
    struct fault clash = { 0 };
    if (p->fragment) {
        int whole = put_together(c, frame, p, &clash);
        if (whole <= 0)
            return whole;
    }
    if (p->protocol == TCP)
        return read_tcp(c, frame, p);
    int got = p->protocol == UDP ? read_udp(c, frame, p, out) : 0;
    if (got > 0 && clash.what)
        capture_message_fault(out, clash.what, clash.at < UDP_HEADER ? 0 : clash.at - UDP_HEADER);
    return got;
}

/* 1: *out; negative: no memory. */
static int see(struct capture *c, const struct capture_frame *frame, struct capture_message *out)
{
    struct capture_packet p;
    if (!count_frame(c, frame))
        return 0;
    if (!capture_packet_parse(frame, &p)) {
        c->totals.not_ipv4++;
        return 0;
    }
    return read_packet(c, frame, &p, out);
}

/* What earlier frames have left to give. */
static bool pending(struct capture *c, struct capture_message *out)
{
    bool got = (c->fragments && capture_fragments_lost(c->fragments, out)) ||
               (c->streams && capture_streams_next(c->streams, out));
    if (got)
        *(out->kind == CAPTURE_LOSS ? &c->totals.losses : &c->totals.messages) += 1;
    return got;
}

static void finish(struct capture *c, int result)
{
    c->finished = true;
    c->result = result;
    if (c->fragments)
        capture_fragments_end(c->fragments);
    if (c->streams)
        capture_streams_end(c->streams);
}

/* 1: go on, *out_message says whether *out is one; 0: nothing in time; negative: a signal came. */
static int read_frame(struct capture *c, int wait_ms, struct capture_message *out,
                      bool *out_message)
{
    struct capture_frame frame;
    int got = c->live ? capture_live_next(c->live, wait_ms, &frame, &c->why)
                      : capture_records_next(c->records, &frame, &c->why);
    if (c->live && (got == 0 || got == -EINTR))
        return got;
    int seen = got > 0 ? see(c, &frame, out) : 0;
    if (seen < 0)
        buf_append_str(&c->why, err_text(seen));
    if (got <= 0 || seen < 0)
        finish(c, seen < 0 ? seen : got);
    *out_message = seen > 0;
    return 1;
}

/* Frames of others do not make the wait longer. */
static int wait_left(const struct capture *c, int wait_ms, int64_t end_us)
{
    if (!c->live || wait_ms < 0)
        return wait_ms;
    int64_t left_us = end_us - clock_monotonic_us();
    return left_us > 0 ? (int)((left_us + US_PER_MS - 1) / US_PER_MS) : 0;
}

int capture_next(struct capture *capture, int wait_ms, struct capture_message *out, struct buf *why)
{
    int64_t end_us = capture->live ? clock_monotonic_us() + wait_ms * US_PER_MS : 0;
    bool message = false;
    for (int left_ms = wait_ms;; left_ms = wait_left(capture, wait_ms, end_us)) {
        if (pending(capture, out))
            return 1;
        if (capture->finished)
            break;
        if (capture->live && wait_ms > 0 && left_ms == 0)
            return 0;
        int got = read_frame(capture, left_ms, out, &message);
        if (got <= 0)
            return got;
        if (message) {
            capture->totals.messages++;
            return 1;
        }
    }
    if (capture->result < 0)
        buf_append(why, buf_slice(&capture->why));
    return capture->result;
}

void capture_stream_end(struct capture *capture, uint32_t stream)
{
    if (capture->streams)
        capture_streams_stop(capture->streams, stream);
}

const struct capture_totals *capture_totals(const struct capture *capture)
{
    return &capture->totals;
}

uint64_t capture_dropped(const struct capture *capture)
{
    return capture->live ? capture_live_dropped(capture->live) : 0;
}

void capture_position(const struct capture *capture, uint64_t *out_read, uint64_t *out_size)
{
    *out_read = *out_size = 0;
    if (capture->records)
        capture_records_position(capture->records, out_read, out_size);
}
