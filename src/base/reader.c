/* SPDX-License-Identifier: ISC */
#include "base/reader.h"

struct reader reader_of(struct slice s)
{
    return (struct reader){ .p = s.p, .end = s.n ? s.p + s.n : s.p };
}

size_t reader_left(const struct reader *r)
{
    return (size_t)(r->end - r->p);
}

struct slice reader_bytes(struct reader *r, size_t n)
{
    if (r->bad || reader_left(r) < n) {
        r->bad = true;
        return (struct slice){ 0 };
    }
    struct slice got = { r->p, n };
    if (n)
        r->p += n;
    return got;
}

uint8_t reader_u8(struct reader *r)
{
    struct slice b = reader_bytes(r, 1);
    return r->bad ? 0 : b.p[0];
}

static uint16_t be16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

uint16_t reader_be16(struct reader *r)
{
    struct slice b = reader_bytes(r, 2);
    return r->bad ? 0 : be16(b.p);
}

uint32_t reader_be32(struct reader *r)
{
    struct slice b = reader_bytes(r, 4);
    return r->bad ? 0 : (uint32_t)be16(b.p) << 16 | be16(b.p + 2);
}
