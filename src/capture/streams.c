/* SPDX-License-Identifier: ISC */
#include "capture/streams.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "capture/stream.h"
#include "capture/table.h"

enum { MEMORY_MAX = 64 * 1024 * 1024, HEADER = 20, FIN = 0x01, SYN = 0x02, RST = 0x04, ACK = 0x10 };

struct entry {
    struct capture_node node;
    struct capture_stream stream;
    size_t memory;      /* as counted */
    struct entry *work; /* the next of those that may have something to give */
    bool queued;
    bool gone; /* no longer in the table */
};

struct capture_streams {
    struct capture_table table;
    size_t memory;
    uint32_t number; /* of the last stream */
    struct entry *work, **work_end;
};

struct segment { /* RFC 9293 §3.1 */
    uint64_t key[2], reverse[2];
    uint32_t sequence, acknowledged;
    uint8_t flags;
    struct slice octets;
    struct capture_message about;
};

struct capture_streams *capture_streams_new(void)
{
    struct capture_streams *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->work_end = &s->work;
    if (capture_table_init(&s->table) == 0)
        return s;
    free(s);
    return NULL;
}

static void queue(struct capture_streams *s, struct entry *e)
{
    if (e->queued)
        return;
    e->queued = true;
    e->work = NULL;
    *s->work_end = e;
    s->work_end = &e->work;
}

static void count(struct capture_streams *s, struct entry *e)
{
    s->memory -= e->memory;
    e->memory = capture_stream_memory(&e->stream);
    s->memory += e->memory;
}

static struct entry *entry_of(struct capture_node *node)
{
    return node ? CONTAINER_OF(node, struct entry, node) : NULL;
}

/* Out of the table; what it has is still to be given. */
static void retire(struct capture_streams *s, struct entry *e)
{
    capture_table_remove(&s->table, &e->node);
    e->gone = true;
    e->stream.closing = true;
    queue(s, e);
}

void capture_streams_end(struct capture_streams *s)
{
    while (s->table.oldest)
        retire(s, entry_of(s->table.oldest));
}

static void entry_free(struct capture_streams *s, struct entry *e)
{
    s->memory -= e->memory;
    capture_stream_clear(&e->stream);
    free(e);
}

bool capture_streams_next(struct capture_streams *s, struct capture_message *out)
{
    while (s->work) {
        struct entry *e = s->work;
        if (capture_stream_next(&e->stream, out))
            return true;
        s->work = e->work;
        if (!s->work)
            s->work_end = &s->work;
        e->queued = false;
        count(s, e);
        if (e->gone)
            entry_free(s, e);
    }
    return false;
}

void capture_streams_free(struct capture_streams *s)
{
    if (!s)
        return;
    capture_streams_end(s);
    while (s->work) {
        struct entry *e = s->work;
        s->work = e->work;
        entry_free(s, e);
    }
    capture_table_clear(&s->table);
    free(s);
}

void capture_streams_stop(struct capture_streams *s, uint32_t number)
{
    struct entry *e = s->work; /* the one that gave a message is there */
    while (e && e->stream.number != number)
        e = e->work;
    for (struct capture_node *node = s->table.newest; node && !e; node = node->older)
        if (entry_of(node)->stream.number == number)
            e = entry_of(node);
    if (e)
        capture_stream_stop(&e->stream);
}

/* Those longest idle go; e is the newest. What they have is given before anything else comes. */
static void bound_memory(struct capture_streams *s, const struct entry *e)
{
    size_t memory = s->memory;
    while (memory > MEMORY_MAX && s->table.oldest != &e->node) {
        struct entry *oldest = entry_of(s->table.oldest);
        memory -= oldest->memory;
        retire(s, oldest);
    }
}

static struct entry *entry_new(struct capture_streams *s, const struct segment *segment,
                               uint32_t first, bool in_step)
{
    struct entry *e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    if (s->table.n == CAPTURE_STREAMS_MAX)
        retire(s, entry_of(s->table.oldest));
    memcpy(e->node.key, segment->key, sizeof e->node.key);
    capture_stream_init(&e->stream, ++s->number, first, in_step);
    e->stream.about = segment->about;
    capture_table_add(&s->table, &e->node);
    return e;
}

static bool parse_segment(const struct capture_message *about, struct slice bytes,
                          struct segment *out)
{
    struct reader r = reader_of(bytes);
    uint16_t source = reader_be16(&r), destination = reader_be16(&r);
    uint32_t sequence = reader_be32(&r), acknowledged = reader_be32(&r);
    size_t header = (size_t)(reader_u8(&r) >> 4) * 4;
    uint8_t flags = reader_u8(&r);
    if (r.bad || header < HEADER || header > bytes.n)
        return false;
    *out = (struct segment){
        .key = { (uint64_t)about->source << 32 | about->destination,
                 (uint64_t)source << 16 | destination },
        .reverse = { (uint64_t)about->destination << 32 | about->source,
                     (uint64_t)destination << 16 | source },
        .sequence = sequence,
        .acknowledged = acknowledged,
        .flags = flags,
        .octets = slice_from(bytes, header),
        .about = *about,
    };
    out->about.source_port = source;
    out->about.destination_port = destination;
    out->about.payload_at = about->payload_at ? about->payload_at + header : 0;
    return true;
}

/* The stream that the segment belongs to, which may begin with it; NULL: none, *error says if that is
 * a failure. A SYN that is not the one that was seen begins another. */
static struct entry *find(struct capture_streams *s, const struct segment *segment, int *error)
{
    struct entry *e = entry_of(capture_table_find(&s->table, segment->key));
    bool syn = segment->flags & SYN;
    uint32_t first = segment->sequence + syn;
    if (e &&
        (syn ? !capture_stream_syn(&e->stream, first) : !capture_stream_fits(&e->stream, first))) {
        retire(s, e);
        e = NULL;
    }
    if (e || (!syn && segment->octets.n == 0))
        return e;
    e = entry_new(s, segment, first, syn);
    if (!e)
        *error = -ENOMEM;
    return e;
}

/* What one side acknowledges the other has sent. */
static void acknowledge(struct capture_streams *s, const struct segment *segment)
{
    struct entry *other = entry_of(capture_table_find(&s->table, segment->reverse));
    if (!other || !(segment->flags & ACK))
        return;
    other->stream.has_acknowledged = true;
    other->stream.acknowledged = segment->acknowledged;
    other->stream.now_ns = segment->about.time_ns;
    if (other->stream.held)
        queue(s, other);
}

int capture_streams_add(struct capture_streams *s, const struct capture_message *about,
                        struct slice bytes, size_t missing)
{
    struct segment segment;
    int error = 0;
    if (!parse_segment(about, bytes, &segment))
        return 0;
    acknowledge(s, &segment);
    struct entry *e = find(s, &segment, &error);
    if (!e)
        return error;
    bool syn = segment.flags & SYN;
    capture_table_touch(&s->table, &e->node);
    e->stream.now_ns = about->time_ns;
    if (segment.octets.n)
        error =
            capture_stream_hold(&e->stream, &segment.about, segment.sequence + syn, segment.octets);
    if (segment.flags & FIN) {
        e->stream.has_fin = true;
        e->stream.fin = segment.sequence + syn + (uint32_t)(segment.octets.n + missing);
    }
    if (segment.flags & RST)
        e->stream.closing = true;
    count(s, e);
    queue(s, e);
    bound_memory(s, e);
    return error;
}
