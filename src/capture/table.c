/* SPDX-License-Identifier: ISC */
#include "capture/table.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

enum { BUCKETS = 4096 };

int capture_table_init(struct capture_table *table)
{
    uint64_t seed[2];
    if (getrandom(seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        return errno ? -errno : -EIO;
    struct capture_node **buckets = calloc(BUCKETS, sizeof(struct capture_node *));
    if (!buckets)
        return -ENOMEM;
    *table = (struct capture_table){ .buckets = buckets, .seed = { seed[0], seed[1] } };
    return 0;
}

void capture_table_clear(struct capture_table *table)
{
    free(table->buckets);
    *table = (struct capture_table){ 0 };
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)(product >> 64) ^ (uint64_t)product;
}

static struct capture_node **bucket_of(const struct capture_table *table, const uint64_t key[2])
{
    uint64_t half = mix(key[0] ^ table->seed[0], key[1] ^ table->seed[1]);
    return table->buckets + mix(half ^ table->seed[1], table->seed[0] | 1) % BUCKETS;
}

struct capture_node *capture_table_find(const struct capture_table *table, const uint64_t key[2])
{
    struct capture_node *node = *bucket_of(table, key);
    while (node && (node->key[0] != key[0] || node->key[1] != key[1]))
        node = node->chain;
    return node;
}

static void append(struct capture_table *table, struct capture_node *node)
{
    node->older = table->newest;
    node->newer = NULL;
    if (table->newest)
        table->newest->newer = node;
    else
        table->oldest = node;
    table->newest = node;
}

static void cut_out(struct capture_table *table, struct capture_node *node)
{
    if (node->older)
        node->older->newer = node->newer;
    else
        table->oldest = node->newer;
    if (node->newer)
        node->newer->older = node->older;
    else
        table->newest = node->older;
}

void capture_table_add(struct capture_table *table, struct capture_node *node)
{
    struct capture_node **bucket = bucket_of(table, node->key);
    node->chain = *bucket;
    *bucket = node;
    append(table, node);
    table->n++;
}

void capture_table_remove(struct capture_table *table, struct capture_node *node)
{
    struct capture_node **at = bucket_of(table, node->key);
    while (*at != node)
        at = &(*at)->chain;
    *at = node->chain;
    cut_out(table, node);
    table->n--;
}

void capture_table_touch(struct capture_table *table, struct capture_node *node)
{
    cut_out(table, node);
    append(table, node);
}
