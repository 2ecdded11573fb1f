/* SPDX-License-Identifier: ISC */
#include "conf/unit.h"

#include <inttypes.h>

struct suffix {
    struct slice text;
    uint64_t factor;
};

/* Smallest first, those of one unit together. */
static const struct suffix octets[] = {
    { SLICE_INIT(""), 1 },
    { SLICE_INIT("K"), UNIT_K },
    { SLICE_INIT("M"), UNIT_M },
    { SLICE_INIT("G"), UNIT_G },
};
static const struct suffix times[] = {
    { SLICE_INIT("ms"), UNIT_MS }, { SLICE_INIT("s"), UNIT_S }, { SLICE_INIT("m"), UNIT_MIN },
    { SLICE_INIT("h"), UNIT_H },   { SLICE_INIT("d"), UNIT_D },
};

static size_t suffixes(enum unit unit, const struct suffix **out)
{
    switch (unit) {
    case UNIT_NONE: *out = octets; return 1;
    case UNIT_OCTETS: *out = octets; return ARRAY_SIZE(octets);
    case UNIT_TIME: *out = times; return ARRAY_SIZE(times);
    }
    return 0;
}

bool unit_parse(struct slice text, enum unit unit, uint64_t *out)
{
    const struct suffix *known = NULL;
    size_t count = suffixes(unit, &known), digits = 0;
    while (digits < text.n && text.p[digits] >= '0' && text.p[digits] <= '9')
        digits++;
    uint64_t number, value;
    if ((digits > 1 && text.p[0] == '0') ||
        !slice_to_u64(slice_first(text, digits), 0, UINT64_MAX, &number))
        return false;
    if (unit == UNIT_TIME && digits == text.n && number == 0) {
        *out = 0;
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        if (!slice_equal(slice_from(text, digits), known[i].text))
            continue;
        if (__builtin_mul_overflow(number, known[i].factor, &value))
            return false;
        *out = value;
        return true;
    }
    return false;
}

void unit_write(uint64_t value, enum unit unit, struct buf *out)
{
    const struct suffix *known = NULL;
    size_t i = suffixes(unit, &known);
    if (value == 0) {
        buf_append_byte(out, '0');
        return;
    }
    while (--i && value % known[i].factor)
        ;
    buf_printf(out, "%" PRIu64, value / known[i].factor);
    buf_append(out, known[i].text);
}
