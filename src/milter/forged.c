/* SPDX-License-Identifier: ISC */
#include "milter/forged.h"

#include <errno.h>
#include <string.h>

#include "message/authres.h"
#include "milter/wire.h"

#define FIELD_NAME "Authentication-Results"

void forged_init(struct forged *f)
{
    *f = (struct forged){ 0 };
    buf_init(&f->at, FORGED_MAX * sizeof(uint32_t));
}

void forged_clear(struct forged *f)
{
    buf_clear(&f->at);
    *f = (struct forged){ .at = f->at };
}

int forged_field(struct forged *f, struct slice name, struct slice value, struct slice authserv_id,
                 bool keep)
{
    if (!slice_equal_nocase(slice_trim_end(name), SLICE(FIELD_NAME)))
        return 0;
    f->seen++;
    if (keep || !authres_claims(value, authserv_id))
        return 0;
    if (++f->claims > FORGED_MAX)
        return 0;
    buf_append(&f->at, (struct slice){ (const uint8_t *)&f->seen, sizeof f->seen });
    return f->at.failed ? -ENOMEM : 0;
}

void forged_remove(const struct forged *f, struct buf *out)
{
    struct slice at = buf_slice(&f->at);
    for (size_t end = at.n; end >= sizeof(uint32_t); end -= sizeof(uint32_t)) {
        uint32_t index;
        memcpy(&index, at.p + end - sizeof index, sizeof index);
        wire_write_change(out, index, FIELD_NAME, (struct slice){ 0 });
    }
}
