/* SPDX-License-Identifier: ISC
 *
 * bench_make_capture: a pcap file for the bench of `postern audit`: TCP and UDP of the sizes that networks
 * have, and among it the exchanges DISCOVER, OFFER, REQUEST, ACK of so many clients, one after another and
 * again. The same arguments give the same file.
 * usage: bench_make_capture PACKETS PERCENT-DHCP CLIENTS FILE
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "capture/writer.h"

enum {
    ETHERNET = 14,
    IP = 20,
    UDP = 8,
    BOOTP = 240, /* with the cookie */
    FRAME = 1514,
    STEP_NS = 20000,
};

struct maker {
    uint64_t random;
    uint64_t packets, clients, percent;
    uint64_t owed;      /* hundredths of a DHCP message */
    uint64_t exchanges; /* messages of them so far */
    uint8_t frame[FRAME];
    size_t n;
};

static uint64_t random_next(struct maker *m)
{
    m->random += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = (m->random ^ (m->random >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void put(struct maker *m, size_t at, uint64_t value, size_t n)
{
    for (size_t i = 0; i < n; i++)
        m->frame[at + i] = (uint8_t)(value >> 8 * (n - 1 - i));
}

static void append(struct maker *m, const char *bytes, size_t n)
{
    memcpy(m->frame + m->n, bytes, n);
    m->n += n;
}

static void put_ip(struct maker *m, uint8_t protocol, uint32_t source, uint32_t destination)
{
    put(m, 12, 0x0800, 2);
    put(m, ETHERNET, 0x4500, 2);
    put(m, ETHERNET + 2, m->n - ETHERNET, 2);
    put(m, ETHERNET + 4, m->random & 0xffff, 2);
    put(m, ETHERNET + 8, 64, 1);
    put(m, ETHERNET + 9, protocol, 1);
    put(m, ETHERNET + 12, source, 4);
    put(m, ETHERNET + 16, destination, 4);
}

/* Half small (acknowledgements, DNS), a sixth of any size, a third full. */
static size_t random_size(struct maker *m)
{
    uint64_t r = random_next(m);
    if (r % 6 < 3)
        return 60 + (r >> 8) % 60;
    return r % 6 < 4 ? 120 + (r >> 8) % 1300 : FRAME;
}

static void make_other(struct maker *m)
{
    uint64_t r = random_next(m);
    bool tcp = r % 10 < 8;
    m->n = random_size(m);
    memset(m->frame, 0, ETHERNET + IP + IP);
    put(m, 0, 0x020000000000 | (r & 0xffff), 6);
    put(m, 6, 0x020000000000 | (r >> 16 & 0xffff), 6);
    put_ip(m, tcp ? 6 : 17, 0x0a000000 | (r >> 16 & 0xffff), 0x0a000000 | (r & 0xffff));
    put(m, ETHERNET + IP, tcp || r >> 40 & 3 ? 443 : 53, 2);
    put(m, ETHERNET + IP + 2, 32768 + (r >> 32) % 28000, 2);
    if (tcp)
        put(m, ETHERNET + IP + 12, 0x50, 1);
    else
        put(m, ETHERNET + IP + 4, m->n - ETHERNET - IP, 2);
}

static void put_option(struct maker *m, uint8_t code, uint64_t value, size_t n)
{
    put(m, m->n, code, 1);
    put(m, m->n + 1, n, 1);
    put(m, m->n + 2, value, n);
    m->n += 2 + n;
}

static void put_client_options(struct maker *m, uint64_t hardware, uint64_t client)
{
    char name[32];
    put_option(m, 61, UINT64_C(0x01) << 48 | hardware, 7);
    int n = snprintf(name, sizeof name, "host-%06u", (unsigned)client % 1000000);
    put(m, m->n, 12U << 8 | (unsigned)n, 2);
    m->n += 2;
    append(m, name, (size_t)n);
    append(m,
           "\x3c\x0c"
           "dhcpcd-9.4.1",
           14);
    append(m, "\x37\x0a\x01\x79\x03\x06\x0c\x0f\x1c\x2a\x33\x36", 12);
    put_option(m, 57, 1472, 2);
}

static void put_server_options(struct maker *m)
{
    put_option(m, 54, 0x0a000001, 4);
    put_option(m, 51, 3600, 4);
    put_option(m, 1, 0xff000000, 4);
    put_option(m, 3, 0x0a000001, 4);
    put_option(m, 6, 0x0a000001, 4);
}

/* DISCOVER, OFFER, REQUEST, ACK are types 1, 2, 3, 5. */
static void make_dhcp(struct maker *m)
{
    static const uint8_t types[] = { 1, 2, 3, 5 };
    uint64_t step = m->exchanges % 4, round = m->exchanges / 4, client = round % m->clients;
    uint64_t hardware = UINT64_C(0x001122000000) + client;
    uint32_t address = 0x0a010000 + (uint32_t)client;
    bool reply = step % 2;
    size_t at = ETHERNET + IP + UDP;
    m->exchanges++;
    memset(m->frame, 0, sizeof m->frame);
    put(m, 0, reply ? hardware : UINT64_C(0xffffffffffff), 6);
    put(m, 6, reply ? UINT64_C(0x001122fffffe) : hardware, 6);
    put(m, at, (reply ? 0x02010600 : 0x01010600), 4);
    put(m, at + 4, ((round + 1) * 2654435761U) & UINT32_MAX, 4);
    put(m, at + 16, reply ? address : 0, 4);
    put(m, at + 28, hardware, 6);
    put(m, at + 236, 0x63825363, 4);
    m->n = at + BOOTP;
    put_option(m, 53, types[step], 1);
    if (reply)
        put_server_options(m);
    else
        put_client_options(m, hardware, client);
    if (step == 2) {
        put_option(m, 50, address, 4);
        put_option(m, 54, 0x0a000001, 4);
    }
    put(m, m->n++, 255, 1);
    if (m->n < at + 300) /* RFC 951: no less */
        m->n = at + 300;
    put_ip(m, 17, reply ? 0x0a000001 : 0, reply ? address : UINT32_MAX);
    put(m, ETHERNET + IP, reply ? 67 : 68, 2);
    put(m, ETHERNET + IP + 2, reply ? 68 : 67, 2);
    put(m, ETHERNET + IP + 4, m->n - ETHERNET - IP, 2);
}

static int make(struct maker *m, struct capture_writer *writer)
{
    for (uint64_t i = 0; i < m->packets; i++) {
        m->owed += m->percent;
        if (m->owed >= 100) {
            m->owed -= 100;
            make_dhcp(m);
        } else {
            make_other(m);
        }
        struct capture_frame frame = {
            .time_ns = INT64_C(1795253509000000000) + (int64_t)i * STEP_NS,
            .link = 1,
            .data = { m->frame, m->n },
            .length = (uint32_t)m->n,
        };
        int error = capture_writer_frame(writer, &frame);
        if (error)
            return error;
    }
    return 0;
}

int main(int argc, char **argv)
{
    static struct maker m;
    struct buf why;
    buf_init(&why, 512);
    if (argc != 5 || !slice_to_u64(slice_of_str(argv[1]), 1, UINT32_MAX, &m.packets) ||
        !slice_to_u64(slice_of_str(argv[2]), 0, 100, &m.percent) ||
        !slice_to_u64(slice_of_str(argv[3]), 1, 1 << 24, &m.clients)) {
        (void)fprintf(stderr, "usage: %s PACKETS PERCENT-DHCP CLIENTS FILE\n", argv[0]);
        return 2;
    }
    struct capture_writer *writer = capture_writer_open(argv[4], CAPTURE_PCAP, &why);
    if (!writer) {
        (void)fprintf(stderr, "%.*s\n", SLICE_ARG(buf_slice(&why)));
        buf_clear(&why);
        return 1;
    }
    int error = make(&m, writer), closed = capture_writer_close(writer);
    if (error || closed)
        (void)fprintf(stderr, "%s: %s\n", argv[4], err_text(error ? error : closed));
    return error || closed;
}
