/* SPDX-License-Identifier: ISC */
#include "capture/fragments.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/table.h"

enum {
    DATAGRAM_MAX = 65535,
    UNIT = 8, /* octets that an offset counts */
    UNITS = (DATAGRAM_MAX + UNIT) / UNIT,
    MEMORY_MAX = 64 * 1024 * 1024, /* of all datagrams' octets */
    PORTS = 4,                     /* octets */
};
#define LIFE_NS (INT64_C(120) * 1000000000)

struct datagram {
    struct capture_node node;
    struct datagram *next_lost;
    struct capture_message about; /* the last frame of it */
    int64_t first_ns;
    uint8_t *octets;
    size_t room;
    size_t end; /* 0: the last fragment has not come */
    size_t units_n;
    struct fault clash;
    bool unwanted;     /* its ports are others: kept to know its fragments, without octets */
    bool cut;          /* a fragment of it, by the snap length */
    bool length_wrong; /* a fragment's */
    uint8_t ttl;
    uint64_t units[(UNITS + 63) / 64]; /* those that are there */
};

struct capture_fragments {
    struct capture_table table;
    size_t memory;
    struct datagram *lost, **lost_end;
    struct datagram *given; /* the last whole one */
};

struct capture_fragments *capture_fragments_new(void)
{
    struct capture_fragments *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->lost_end = &f->lost;
    if (capture_table_init(&f->table) == 0)
        return f;
    free(f);
    return NULL;
}

static void datagram_free(struct datagram *d)
{
    if (d)
        free(d->octets);
    free(d);
}

static void drop_octets(struct capture_fragments *f, struct datagram *d)
{
    f->memory -= d->room;
    free(d->octets);
    d->octets = NULL;
    d->room = 0;
}

static void take_out(struct capture_fragments *f, struct datagram *d)
{
    capture_table_remove(&f->table, &d->node);
    f->memory -= d->room;
    d->room = 0;
}

static void lose(struct capture_fragments *f, struct datagram *d)
{
    take_out(f, d);
    if (d->unwanted) {
        datagram_free(d);
        return;
    }
    *f->lost_end = d;
    f->lost_end = &d->next_lost;
}

static struct datagram *oldest(const struct capture_fragments *f)
{
    struct capture_node *node = f->table.oldest;
    return node ? CONTAINER_OF(node, struct datagram, node) : NULL;
}

/* There is another. */
static struct datagram *oldest_but(const struct capture_fragments *f, const struct datagram *d)
{
    struct datagram *first = oldest(f);
    return first == d ? CONTAINER_OF(d->node.newer, struct datagram, node) : first;
}

void capture_fragments_end(struct capture_fragments *f)
{
    while (f->table.oldest)
        lose(f, oldest(f));
}

bool capture_fragments_lost(struct capture_fragments *f, struct capture_message *out)
{
    struct datagram *d = f->lost;
    if (!d)
        return false;
    f->lost = d->next_lost;
    if (!f->lost)
        f->lost_end = &f->lost;
    *out = d->about;
    out->kind = CAPTURE_LOSS;
    out->what = d->cut ? "a fragment was cut by the snap length"
                       : "a fragmented datagram never became whole";
    datagram_free(d);
    return true;
}

void capture_fragments_free(struct capture_fragments *f)
{
    struct capture_message lost;
    if (!f)
        return;
    capture_fragments_end(f);
    while (capture_fragments_lost(f, &lost))
        ;
    datagram_free(f->given);
    capture_table_clear(&f->table);
    free(f);
}

/* RFC 791 §3.2: source, destination, protocol and identification make a datagram; so does its VLAN here, as a
 * capture of a trunk has the same packet on several. */
static void set_key(const struct capture_packet *p, uint64_t key[2])
{
    uint16_t vlan = p->vlan_n ? p->vlan[p->vlan_n - 1] : UINT16_MAX;
    key[0] = (uint64_t)p->source_address << 32 | p->destination_address;
    key[1] = (uint64_t)vlan << 32 | (uint64_t)p->protocol << 16 | p->id;
}

static bool is_stale(const struct datagram *d, int64_t now_ns)
{
    return now_ns != CAPTURE_NO_TIME && d->first_ns != CAPTURE_NO_TIME && now_ns > d->first_ns &&
           now_ns - d->first_ns > LIFE_NS;
}

static struct datagram *datagram_new(struct capture_fragments *f, const uint64_t key[2],
                                     int64_t now_ns)
{
    struct datagram *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    if (f->table.n == CAPTURE_FRAGMENTS_MAX)
        lose(f, oldest(f));
    memcpy(d->node.key, key, sizeof d->node.key);
    d->first_ns = now_ns;
    capture_table_add(&f->table, &d->node);
    return d;
}

static struct datagram *datagram_of(struct capture_fragments *f, const struct capture_packet *p,
                                    int64_t now_ns)
{
    uint64_t key[2];
    set_key(p, key);
    struct capture_node *node = capture_table_find(&f->table, key);
    struct datagram *d = node ? CONTAINER_OF(node, struct datagram, node) : NULL;
    bool another = d && d->unwanted && p->fragment_at == 0; /* or the same again */
    if (d && !another && !is_stale(d, now_ns))
        return d;
    if (d)
        lose(f, d);
    return datagram_new(f, key, now_ns);
}

static int reserve(struct capture_fragments *f, struct datagram *d, size_t n)
{
    if (n <= d->room)
        return 0;
    size_t room = d->room ? d->room * 2 : 2048;
    if (room < n)
        room = n;
    while (f->memory - d->room + room > MEMORY_MAX && f->table.n > 1)
        lose(f, oldest_but(f, d));
    uint8_t *octets = realloc(d->octets, room);
    if (!octets)
        return -ENOMEM;
    f->memory += room - d->room;
    d->octets = octets;
    d->room = room;
    return 0;
}

/* One unit, or what the last has of it: new, or compared with what came first. */
static void put_unit(struct datagram *d, size_t at, const uint8_t *bytes, size_t n)
{
    size_t unit = at / UNIT;
    uint64_t bit = UINT64_C(1) << unit % 64;
    if (!(d->units[unit / 64] & bit)) {
        d->units[unit / 64] |= bit;
        d->units_n++;
        memcpy(d->octets + at, bytes, n);
    } else if (!d->clash.what && memcmp(d->octets + at, bytes, n) != 0) {
        d->clash = (struct fault){ .at = at, .what = "fragments differ where they overlap" };
    }
}

/* How many of its octets can be used: the end that was told first holds, a fragment that goes on ends with a
 * whole unit. */
static size_t usable(struct datagram *d, const struct capture_packet *p)
{
    size_t at = p->fragment_at, n = p->payload.n, whole = n + p->missing;
    if (at + whole > DATAGRAM_MAX)
        return 0;
    if (!p->more && !d->end)
        d->end = at + whole;
    if (d->end && at >= d->end)
        return 0;
    if (d->end && n > d->end - at)
        n = d->end - at;
    return d->end && at + n == d->end ? n : n / UNIT * UNIT;
}

static int put(struct capture_fragments *f, struct datagram *d, const struct capture_packet *p)
{
    size_t at = p->fragment_at, n = usable(d, p);
    int error = reserve(f, d, at + n);
    if (error)
        return error;
    for (size_t i = 0; i < n; i += UNIT)
        put_unit(d, at + i, p->payload.p + i, n - i < UNIT ? n - i : UNIT);
    return 0;
}

static bool is_whole(const struct datagram *d)
{
    return d->end && d->units_n >= (d->end + UNIT - 1) / UNIT;
}

static void remember(struct datagram *d, const struct capture_frame *frame,
                     const struct capture_packet *p)
{
    d->about = (struct capture_message){ .frame = frame->number,
                                         .time_ns = frame->time_ns,
                                         .interface = frame->interface,
                                         .source = p->source_address,
                                         .destination = p->destination_address,
                                         .ttl = p->ttl,
                                         .ip_id = p->id };
    d->cut |= p->missing > 0;
    d->length_wrong |= p->length_wrong;
    if (p->fragment_at == 0)
        d->ttl = p->ttl;
}

/* Of one that nobody wants later fragments must be known, but not held. */
static void look_at_ports(struct capture_fragments *f, struct datagram *d,
                          const struct capture_ports *ports)
{
    if (!(d->units[0] & 1) || (d->end && d->end < PORTS) || capture_ports_want(ports, d->octets))
        return;
    d->unwanted = true;
    drop_octets(f, d);
}

static void give(struct capture_fragments *f, struct datagram *d, struct capture_packet *packet,
                 struct fault *out_clash)
{
    take_out(f, d);
    f->given = d;
    packet->payload = (struct slice){ d->octets, d->end };
    packet->payload_at = 0;
    packet->missing = 0;
    packet->length_wrong = d->length_wrong;
    packet->fragment = packet->more = false;
    packet->fragment_at = 0;
    packet->ttl = d->ttl;
    *out_clash = d->clash;
}

int capture_fragments_add(struct capture_fragments *f, const struct capture_frame *frame,
                          const struct capture_ports *ports, struct capture_packet *packet,
                          struct fault *out_clash)
{
    datagram_free(f->given);
    f->given = NULL;
    struct datagram *d = datagram_of(f, packet, frame->time_ns);
    if (!d)
        return -ENOMEM;
    remember(d, frame, packet);
    if (d->unwanted)
        return 0;
    int error = put(f, d, packet);
    if (error)
        return error;
    if (is_whole(d)) {
        give(f, d, packet, out_clash);
        return 1;
    }
    look_at_ports(f, d, ports);
    return 0;
}
