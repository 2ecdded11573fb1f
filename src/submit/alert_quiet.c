/* SPDX-License-Identifier: ISC
 *
 * A ring of hashes in the order of their time, with chains through it: since all are quiet equally
 * long, the oldest is always the next to go, whether its time is over or its place is needed.
 */
#include "submit/alert_internal.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

struct entry {
    uint64_t hash;
    int64_t told_us;
    uint32_t next; /* in its chain: index + 1; 0: the last */
};

struct alert_quiet {
    int64_t quiet_us;
    uint32_t max, first, n; /* of the ring */
    uint32_t mask;          /* of the chains */
    uint32_t *chains;       /* index + 1; 0: empty */
    struct entry *ring;
    uint8_t key[crypto_shorthash_KEYBYTES]; /* accounts are chosen by strangers */
};

struct alert_quiet *alert_quiet_new(int64_t quiet_us, uint32_t max)
{
    struct alert_quiet *q = calloc(1, sizeof *q);
    if (!q)
        return NULL;
    q->quiet_us = quiet_us;
    q->max = max;
    for (q->mask = 1; q->mask < max; q->mask *= 2)
        ;
    q->chains = calloc(q->mask, sizeof *q->chains);
    q->ring = calloc(max, sizeof *q->ring);
    q->mask--;
    randombytes_buf(q->key, sizeof q->key);
    if (q->chains && q->ring)
        return q;
    alert_quiet_free(q);
    return NULL;
}

void alert_quiet_free(struct alert_quiet *q)
{
    if (!q)
        return;
    free(q->chains);
    free(q->ring);
    free(q);
}

static void put(struct buf *b, struct slice s)
{
    uint8_t n[2] = { (uint8_t)(s.n >> 8), (uint8_t)s.n };
    buf_append(b, (struct slice){ n, sizeof n });
    buf_append(b, s);
}

/* One that is about no account (a network, or all) is told apart by what tripped. */
static uint64_t hash_of(const struct alert_quiet *q, const struct alert *a)
{
    uint8_t out[crypto_shorthash_BYTES];
    uint64_t hash;
    struct buf b;
    buf_init(&b, 2048);
    buf_append_byte(&b, (uint8_t)a->kind);
    put(&b, a->account);
    if (a->account.n == 0) {
        put(&b, a->reason);
        buf_append_byte(&b, a->network.family);
        put(&b, (struct slice){ a->network.bytes, sizeof a->network.bytes });
    }
    struct slice all = buf_slice(&b);
    (void)crypto_shorthash(out, all.p, all.n, q->key); /* never fails */
    buf_clear(&b);
    memcpy(&hash, out, sizeof hash);
    return hash;
}

static void drop_oldest(struct alert_quiet *q)
{
    const struct entry *e = &q->ring[q->first];
    uint32_t *at = &q->chains[e->hash & q->mask];
    while (*at != q->first + 1)
        at = &q->ring[*at - 1].next;
    *at = e->next;
    if (++q->first == q->max)
        q->first = 0;
    q->n--;
}

static bool has(const struct alert_quiet *q, uint64_t hash)
{
    for (uint32_t at = q->chains[hash & q->mask]; at; at = q->ring[at - 1].next)
        if (q->ring[at - 1].hash == hash)
            return true;
    return false;
}

static void add(struct alert_quiet *q, uint64_t hash, int64_t now_us)
{
    uint32_t left = q->max - q->first, i = q->n < left ? q->first + q->n : q->n - left;
    uint32_t *chain = &q->chains[hash & q->mask];
    q->ring[i] = (struct entry){ hash, now_us, *chain };
    *chain = i + 1;
    q->n++;
}

bool alert_quiet_pass(struct alert_quiet *q, const struct alert *alert, int64_t now_us)
{
    uint64_t hash = hash_of(q, alert);
    while (q->n && now_us - q->ring[q->first].told_us >= q->quiet_us)
        drop_oldest(q);
    if (has(q, hash))
        return false;
    if (q->n == q->max)
        drop_oldest(q);
    add(q, hash, now_us);
    return true;
}
