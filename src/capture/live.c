/* SPDX-License-Identifier: ISC */
#include "capture/live.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include <pcap/pcap.h>

#include "base/clock.h"
#include "base/err.h"

enum {
    SNAP = CAPTURE_FRAME_MAX,
    KERNEL_BUFFER = 8 * 1024 * 1024,
};

struct capture_live {
    pcap_t *pcap;
    int fd; /* libpcap's */
    uint32_t link;
    bool nanoseconds;
    uint64_t number;
};

static bool refuse(struct buf *why, const char *what, const char *reason)
{
    buf_printf(why, "%s: %s", what, reason);
    return false;
}

static bool activate(pcap_t *pcap, bool promiscuous, struct buf *why)
{
    int status = 0; /* each of these fails only when it is activated already */
    status |= pcap_set_snaplen(pcap, SNAP);
    status |= pcap_set_promisc(pcap, promiscuous);
    status |= pcap_set_immediate_mode(pcap, 1);
    status |= pcap_set_buffer_size(pcap, KERNEL_BUFFER);
    (void)pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO); /* else microseconds */
    if (status)
        return refuse(why, "cannot be captured from", pcap_statustostr(status));
    status = pcap_activate(pcap);
    if (status >= 0) /* more than 0 is a warning */
        return true;
    const char *more = pcap_geterr(pcap);
    return refuse(why, "cannot be captured from", more && *more ? more : pcap_statustostr(status));
}

static bool set_filter(pcap_t *pcap, const char *bpf, struct buf *why)
{
    struct bpf_program program;
    if (!bpf)
        return true;
    if (pcap_compile(pcap, &program, bpf, 1, PCAP_NETMASK_UNKNOWN))
        return refuse(why, "the filter is refused", pcap_geterr(pcap));
    int status = pcap_setfilter(pcap, &program);
    pcap_freecode(&program);
    return status ? refuse(why, "the filter is refused", pcap_geterr(pcap)) : true;
}

static bool set_up(struct capture_live *live, const char *bpf, bool promiscuous, struct buf *why)
{
    char reason[PCAP_ERRBUF_SIZE] = "";
    if (!activate(live->pcap, promiscuous, why) || !set_filter(live->pcap, bpf, why))
        return false;
    if (pcap_setnonblock(live->pcap, 1, reason))
        return refuse(why, "cannot be captured from", reason);
    live->fd = pcap_get_selectable_fd(live->pcap);
    if (live->fd < 0)
        return refuse(why, "cannot be captured from", "it cannot be waited for");
    live->link =
        (uint32_t)pcap_datalink(live->pcap); /* DLT_ and LINKTYPE_ agree in those we read */
    live->nanoseconds = pcap_get_tstamp_precision(live->pcap) == PCAP_TSTAMP_PRECISION_NANO;
    return true;
}

struct capture_live *capture_live_open(const char *interface, const char *bpf, bool promiscuous,
                                       struct buf *why)
{
    char reason[PCAP_ERRBUF_SIZE] = "";
    struct capture_live *live = calloc(1, sizeof *live);
    if (!live) {
        buf_append_str(why, err_text(-ENOMEM));
        return NULL;
    }
    live->pcap = pcap_create(interface, reason);
    if (!live->pcap)
        (void)refuse(why, "cannot be captured from", reason);
    else if (set_up(live, bpf, promiscuous, why))
        return live;
    capture_live_close(live);
    return NULL;
}

void capture_live_close(struct capture_live *live)
{
    if (!live)
        return;
    if (live->pcap)
        pcap_close(live->pcap);
    free(live);
}

uint64_t capture_live_dropped(const struct capture_live *live)
{
    struct pcap_stat stat = { 0 };
    return pcap_stats(live->pcap, &stat) == 0 ? (uint64_t)stat.ps_drop + stat.ps_ifdrop : 0;
}

/* 1; 0: none is there. */
static int take(struct capture_live *live, struct capture_frame *out, struct buf *why)
{
    struct pcap_pkthdr *header = NULL;
    const u_char *data = NULL;
    int got = pcap_next_ex(live->pcap, &header, &data);
    if (got < 0) {
        buf_append_str(why, pcap_geterr(live->pcap));
        return -EIO;
    }
    if (got == 0)
        return 0;
    *out = (struct capture_frame){
        .number = ++live->number,
        .time_ns = (int64_t)header->ts.tv_sec * 1000000000 +
                   header->ts.tv_usec * (live->nanoseconds ? 1 : 1000),
        .link = live->link,
        .data = { data, header->caplen },
        .length = header->len < header->caplen ? header->caplen : header->len,
    };
    return 1;
}

int capture_live_next(struct capture_live *live, int wait_ms, struct capture_frame *out,
                      struct buf *why)
{
    struct pollfd p = { .fd = live->fd, .events = POLLIN };
    int64_t end_us = clock_monotonic_us() + wait_ms * US_PER_MS;
    for (;;) {
        int got = take(live, out, why);
        if (got)
            return got;
        int64_t left_us = end_us - clock_monotonic_us();
        if (wait_ms >= 0 && left_us <= 0)
            return 0;
        int ready = poll(&p, 1, wait_ms < 0 ? -1 : (int)((left_us + 999) / US_PER_MS));
        if (ready < 0)
            return -errno;
    }
}
