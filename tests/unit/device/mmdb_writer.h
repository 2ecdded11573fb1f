/* SPDX-License-Identifier: ISC
 *
 * A MaxMind DB of a few IPv4 networks, as a file: MaxMind DB File Format 2.0.
 */
#pragma once

#include "check.h"

#include <fcntl.h>

#include "base/buf.h"
#include "net/address.h"

#define MMDB_NODES 512

struct mmdb_entry {
    const char *network;
    const char *country;        /* NULL: none */
    double latitude, longitude; /* 1000: none */
    unsigned radius, as;        /* 0: none */
};

enum { MMDB_TEXT = 2, MMDB_DOUBLE = 3, MMDB_U16 = 5, MMDB_U32 = 6, MMDB_MAP = 7 };
enum { MMDB_U64 = 9, MMDB_ARRAY = 11 };

struct mmdb_tree {
    uint32_t nodes[MMDB_NODES][2]; /* 0: nothing; with the high bit: data at */
    uint32_t n;
};

static inline void mmdb_head(struct buf *b, unsigned type, size_t size)
{
    if (type <= 7) {
        buf_append_byte(b, (uint8_t)(type << 5 | size));
        return;
    }
    buf_append_byte(b, (uint8_t)size);
    buf_append_byte(b, (uint8_t)(type - 7));
}

static inline void mmdb_text(struct buf *b, const char *text)
{
    mmdb_head(b, MMDB_TEXT, strlen(text));
    buf_append_str(b, text);
}

static inline void mmdb_number(struct buf *b, unsigned type, size_t size, uint64_t value)
{
    mmdb_head(b, type, size);
    while (size-- > 0)
        buf_append_byte(b, (uint8_t)(value >> (8 * size)));
}

static inline void mmdb_double(struct buf *b, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    mmdb_number(b, MMDB_DOUBLE, 8, bits);
}

static inline void mmdb_data(struct buf *b, const struct mmdb_entry *e)
{
    bool located = e->latitude < 999;
    mmdb_head(b, MMDB_MAP, (size_t)(e->country != NULL) + located + (e->as != 0));
    if (e->country) {
        mmdb_text(b, "country");
        mmdb_head(b, MMDB_MAP, 1);
        mmdb_text(b, "iso_code");
        mmdb_text(b, e->country);
    }
    if (located) {
        mmdb_text(b, "location");
        mmdb_head(b, MMDB_MAP, 3);
        mmdb_text(b, "accuracy_radius");
        mmdb_number(b, MMDB_U16, 2, e->radius);
        mmdb_text(b, "latitude");
        mmdb_double(b, e->latitude);
        mmdb_text(b, "longitude");
        mmdb_double(b, e->longitude);
    }
    if (e->as) {
        mmdb_text(b, "autonomous_system_number");
        mmdb_number(b, MMDB_U32, 4, e->as);
    }
}

static inline void mmdb_insert(struct mmdb_tree *t, const char *network, uint32_t data)
{
    struct network net;
    uint32_t at = 0;
    assert_true(network_parse(slice_of_str(network), &net));
    for (unsigned bit = 96; bit < net.bits; bit++) {
        unsigned side = net.base.s6_addr[bit / 8] >> (7 - bit % 8) & 1;
        if (bit + 1 == net.bits) {
            t->nodes[at][side] = data | UINT32_C(0x80000000);
        } else {
            if (!t->nodes[at][side])
                t->nodes[at][side] = t->n++;
            at = t->nodes[at][side];
        }
    }
    assert_true(t->n < MMDB_NODES);
}

static inline void mmdb_tree_write(struct buf *b, const struct mmdb_tree *t)
{
    for (uint32_t i = 0; i < t->n; i++)
        for (unsigned side = 0; side < 2; side++) {
            uint32_t v = t->nodes[i][side];
            if (v & UINT32_C(0x80000000))
                v = t->n + 16 + (v & 0x7fffffff);
            else if (v == 0)
                v = t->n;
            buf_append_byte(b, (uint8_t)(v >> 16));
            buf_append_byte(b, (uint8_t)(v >> 8));
            buf_append_byte(b, (uint8_t)v);
        }
}

static inline void mmdb_metadata(struct buf *b, uint32_t nodes)
{
    buf_append(b, SLICE("\xab\xcd\xefMaxMind.com"));
    mmdb_head(b, MMDB_MAP, 9);
    mmdb_text(b, "binary_format_major_version");
    mmdb_number(b, MMDB_U16, 2, 2);
    mmdb_text(b, "binary_format_minor_version");
    mmdb_number(b, MMDB_U16, 2, 0);
    mmdb_text(b, "build_epoch");
    mmdb_number(b, MMDB_U64, 8, 1900000000);
    mmdb_text(b, "database_type");
    mmdb_text(b, "Test");
    mmdb_text(b, "description");
    mmdb_head(b, MMDB_MAP, 0);
    mmdb_text(b, "ip_version");
    mmdb_number(b, MMDB_U16, 2, 4);
    mmdb_text(b, "languages");
    mmdb_head(b, MMDB_ARRAY, 0);
    mmdb_text(b, "node_count");
    mmdb_number(b, MMDB_U32, 4, nodes);
    mmdb_text(b, "record_size");
    mmdb_number(b, MMDB_U16, 2, 24);
}

static inline void mmdb_write(const char *path, const struct mmdb_entry *entries, size_t n)
{
    static const uint8_t zeros[16];
    struct mmdb_tree tree = { .n = 1 };
    struct buf data, file;
    buf_init(&data, 1 << 16);
    buf_init(&file, 1 << 16);
    for (size_t i = 0; i < n; i++) {
        mmdb_insert(&tree, entries[i].network, (uint32_t)buf_size(&data));
        mmdb_data(&data, &entries[i]);
    }
    mmdb_tree_write(&file, &tree);
    buf_append(&file, (struct slice){ zeros, sizeof zeros });
    buf_append(&file, buf_slice(&data));
    mmdb_metadata(&file, tree.n);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, buf_slice(&file).p, buf_size(&file)), buf_size(&file));
    assert_int_equal(close(fd), 0);
    buf_clear(&data);
    buf_clear(&file);
}
