/* SPDX-License-Identifier: ISC
 *
 * IPv4 fragments of UDP (RFC 791 §3.2), as capture/fragments puts them together: of octets that come twice the
 * first stand. A datagram that is whole is rewritten and put back into its frames.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit/anonymise_internal.h"

enum { UNIT = 8, UNITS = 65536 / UNIT, JOBS_MAX = 1024, PIECES_MAX = 16384, UDP_HEADER = 8 };

struct job {
    struct job *next;
    uint64_t key[2];
    uint32_t source, destination;   /* as they are now */
    struct anonymise_piece *pieces; /* the newest first */
    size_t pieces_n, end, units_n;  /* end 0: the last fragment has not come */
    uint64_t units[UNITS / 64];
    bool unwanted; /* not DHCP's: only zeros */
};

struct anonymise_fragments {
    struct job *jobs; /* the newest first */
    size_t n;
};

struct anonymise_fragments *anonymise_fragments_new(void)
{
    return calloc(1, sizeof(struct anonymise_fragments));
}

static void set_key(const struct capture_packet *p, uint64_t key[2])
{
    uint16_t vlan = p->vlan_n ? p->vlan[p->vlan_n - 1] : UINT16_MAX;
    key[0] = (uint64_t)p->source_address << 32 | p->destination_address;
    key[1] = (uint64_t)vlan << 32 | (uint64_t)p->protocol << 16 | p->id;
}

static void finish(struct job *job)
{
    while (job->pieces) {
        struct anonymise_piece *piece = job->pieces;
        job->pieces = piece->next;
        anonymise_piece_done(piece);
    }
    job->pieces_n = 0;
}

static void drop(struct anonymise_fragments *f, struct job *job)
{
    struct job **at = &f->jobs;
    while (*at != job)
        at = &(*at)->next;
    *at = job->next;
    f->n--;
    finish(job);
    free(job);
}

void anonymise_fragments_free(struct anonymise_fragments *f)
{
    while (f && f->jobs)
        drop(f, f->jobs);
    free(f);
}

static void zero_pieces(const struct job *job)
{
    for (const struct anonymise_piece *p = job->pieces; p; p = p->next)
        if (p->n)
            memset(p->held->data + p->at, 0, p->n);
}

/* What never became whole: ports and length stay, so that it is known to have been DHCP. */
static void give_up(struct anonymise_fragments *f, const struct anonymise_context *context,
                    struct job *job)
{
    for (const struct anonymise_piece *p = job->pieces; p; p = p->next) {
        uint8_t *udp = p->held->data + p->at;
        bool head = p->offset == 0 && p->n >= 4 && anonymise_wants(context->ports, udp);
        size_t kept = !head ? 0 : p->n < UDP_HEADER - 2 ? p->n : UDP_HEADER - 2;
        memset(udp + kept, 0, p->n - kept);
    }
    drop(f, job);
}

static bool holds(const struct job *job, const struct anonymise_held *held)
{
    for (const struct anonymise_piece *p = job->pieces; p; p = p->next)
        if (p->held == held)
            return true;
    return false;
}

void anonymise_fragments_give_up(struct anonymise_fragments *f, struct anonymise_context *context,
                                 const struct anonymise_held *held)
{
    for (struct job *job = f->jobs, *next; job; job = next) {
        next = job->next;
        if (!held || holds(job, held))
            give_up(f, context, job);
    }
}

static struct job *job_of(struct anonymise_fragments *f, struct anonymise_context *context,
                          const struct capture_packet *p)
{
    uint64_t key[2];
    struct job *last = NULL;
    set_key(p, key);
    for (struct job *job = f->jobs; job; last = job, job = job->next)
        if (job->key[0] == key[0] && job->key[1] == key[1]) {
            if (!job->unwanted || p->fragment_at)
                return job;
            drop(f, job);
            last = NULL;
            break;
        }
    if (f->n >= JOBS_MAX && last)
        give_up(f, context, last);
    struct job *made = calloc(1, sizeof *made);
    if (!made)
        return NULL;
    memcpy(made->key, key, sizeof key);
    made->next = f->jobs;
    f->jobs = made;
    f->n++;
    return made;
}

static void mark(struct job *job, const struct capture_packet *p)
{
    size_t from = p->fragment_at, to = from + p->payload.n;
    if (!p->more && !job->end)
        job->end = to + p->missing;
    bool last = job->end && to == job->end;
    for (size_t at = from; at < to && at < 65536 && (to - at >= UNIT || last); at += UNIT) {
        uint64_t bit = UINT64_C(1) << at / UNIT % 64;
        job->units_n += !(job->units[at / UNIT / 64] & bit);
        job->units[at / UNIT / 64] |= bit;
    }
}

/* The pieces are there from the newest on: what came first is written last. */
static void gather(const struct job *job, uint8_t *whole)
{
    for (const struct anonymise_piece *p = job->pieces; p; p = p->next)
        if (p->offset < job->end) {
            size_t room = job->end - p->offset;
            memcpy(whole + p->offset, p->held->data + p->at, p->n < room ? p->n : room);
        }
}

static void scatter(const struct job *job, const uint8_t *whole)
{
    for (const struct anonymise_piece *p = job->pieces; p; p = p->next) {
        size_t room = p->offset < job->end ? job->end - p->offset : 0;
        size_t n = p->n < room ? p->n : room;
        memcpy(p->held->data + p->at, whole + p->offset, n);
        memset(p->held->data + p->at + n, 0, p->n - n);
    }
}

/* Later copies of its fragments are zeroed: what they belong to is known, and gone. */
static void rewrite(struct anonymise_fragments *f, struct anonymise_context *context,
                    struct job *job)
{
    if (job->end <= sizeof context->whole) {
        gather(job, context->whole);
        anonymise_datagram(context, job->source, job->destination, context->whole, job->end, 0);
        scatter(job, context->whole);
    } else {
        zero_pieces(job);
    }
    drop(f, job);
}

static void look_at_ports(const struct anonymise_context *context, struct job *job,
                          const uint8_t *data, const struct capture_packet *p)
{
    if (p->fragment_at || p->payload.n < 4 || anonymise_wants(context->ports, data + p->payload_at))
        return;
    job->unwanted = true;
    zero_pieces(job);
    finish(job);
}

int anonymise_fragments_add(struct anonymise_fragments *f, struct anonymise_context *context,
                            struct anonymise_held *held, const struct capture_packet *p)
{
    struct job *job = job_of(f, context, p);
    if (!job)
        return -ENOMEM;
    job->source = anonymise_address(context->map, p->source_address);
    job->destination = anonymise_address(context->map, p->destination_address);
    if (!anonymise_piece_add(&job->pieces, held, p->payload_at, p->fragment_at,
                             (uint32_t)p->payload.n))
        return -ENOMEM;
    job->pieces_n++;
    look_at_ports(context, job, held->data, p);
    if (job->unwanted) {
        zero_pieces(job);
        finish(job);
        return 0;
    }
    mark(job, p);
    if (job->end && job->units_n >= (job->end + UNIT - 1) / UNIT)
        rewrite(f, context, job);
    else if (job->pieces_n > PIECES_MAX)
        give_up(f, context, job);
    return 0;
}
