/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "dkim/signer_internal.h"

static bool has_eight_bit(struct slice octets)
{
    uint8_t all = 0;
    for (size_t i = 0; i < octets.n; i++)
        all |= octets.p[i];
    return all & 0x80;
}

static void end_line(struct body_hazards *b)
{
    if (b->line > b->longest)
        b->longest = b->line;
    b->line = 0;
}

/* Lines end at LF; a CR before that belongs to the line end. */
void body_hazards_feed(struct body_hazards *b, struct slice octets)
{
    b->eight_bit = b->eight_bit || has_eight_bit(octets);
    while (octets.n) {
        const uint8_t *lf = memchr(octets.p, '\n', octets.n);
        size_t n = lf ? (size_t)(lf - octets.p) : octets.n;
        bool cr = n ? octets.p[n - 1] == '\r' : b->cr;
        b->line += n;
        b->cr = cr && !lf;
        if (!lf)
            return;
        b->line -= cr;
        end_line(b);
        octets = slice_from(octets, n + 1);
    }
}

void body_hazards_end(struct body_hazards *b)
{
    end_line(b);
}
