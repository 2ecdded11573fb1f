/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "base/buf.h"
#include "dkim/canon.h"
#include "dkim/encoding.h"
#include "dkim/verifier_internal.h"

#define CHANGED_MAX 4096 /* octets of names */
#define COPIES_MAX  128  /* compared; each with all fields of its name */

/* RFC 6376 §3.5: z= = field *( "|" field ), field = name [FWS] ":" dkim-quoted-printable. The copies are
 * of signing time: compared in relaxed form, so that folding alone is no change. Room is taken for what
 * there is, never fixed. */

static struct slice relax(struct slice field, uint8_t *out)
{
    return (struct slice){ out, canon_field(POSTERN_DKIM_RELAXED, field, out) };
}

/* Is there a field of this name with this relaxed form? */
static bool is_there(const struct header *h, struct slice name, struct slice form, uint8_t *scratch)
{
    for (size_t i = 0; i < h->n; i++)
        if (slice_equal_nocase(header_field_name(h, i), name) &&
            slice_equal(relax(header_field(h, i), scratch), form))
            return true;
    return false;
}

static bool is_listed(const struct buf *list, struct slice name)
{
    struct slice rest = buf_slice(list), one;
    while (rest.n) {
        (void)slice_cut(rest, ',', &one, &rest);
        if (slice_equal_nocase(slice_trim(one), name))
            return true;
    }
    return false;
}

static bool is_name(struct slice name)
{
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] <= 0x20 || name.p[i] >= 0x7f)
            return false;
    return name.n > 0;
}

struct comparison {
    const struct header *header;
    uint8_t *decoded, *form, *scratch;
    struct buf changed;
};

static void compare_one(struct comparison *to, struct slice copy)
{
    struct slice field = { to->decoded, 0 };
    if (!dkim_quoted_decode(copy, to->decoded, &field.n))
        return;
    struct slice name = canon_field_name(field);
    if (!is_name(name) || is_there(to->header, name, relax(field, to->form), to->scratch) ||
        is_listed(&to->changed, name))
        return;
    if (buf_size(&to->changed))
        buf_append(&to->changed, SLICE(", "));
    buf_append(&to->changed, name);
}

static const char *compare_each(struct comparison *to, struct slice copied, struct arena *arena)
{
    struct slice one;
    buf_init(&to->changed, CHANGED_MAX);
    for (size_t i = 0; copied.n && i < COPIES_MAX; i++) {
        (void)slice_cut(copied, '|', &one, &copied);
        compare_one(to, one);
    }
    char *names = arena_str(arena, buf_slice(&to->changed));
    buf_clear(&to->changed);
    return names;
}

const char *compare_copied(const struct header *h, struct slice copied, struct arena *arena)
{
    size_t copy = copied.n + CANON_FIELD_MORE;
    if (!copied.n)
        return NULL;
    uint8_t *room = malloc(2 * copy + buf_size(&h->text) + CANON_FIELD_MORE);
    if (!room)
        return NULL;
    struct comparison to = { h, room, room + copy, room + 2 * copy, { 0 } };
    const char *names = compare_each(&to, copied, arena);
    free(room);
    return names;
}
