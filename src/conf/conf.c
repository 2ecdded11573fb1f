/* SPDX-License-Identifier: ISC */
#include "conf/conf.h"

#include "base/check.h"
#include "conf/keys.h"
#include "conf/show.h"

void conf_free(struct conf *conf)
{
    if (!conf)
        return;
    struct arena arena = conf->arena; /* it holds conf too */
    arena_clear(&arena);
}

struct conf_place conf_place_of(const struct conf *conf, const char *key)
{
    const struct key *row = key_find(slice_of_str(key));
    return row ? conf->places[key_index(row)] : (struct conf_place){ 0 };
}

bool conf_fault(struct buf *why, const struct conf_place *place, const char *key,
                const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (place->file)
        buf_printf(why, "%s:%u:%u: %s: ", place->file, place->line, place->column, key);
    else
        buf_printf(why, "default:1:1: %s: ", key);
    buf_vprintf(why, format, args);
    va_end(args);
    return false;
}

void conf_fixed_changes(const struct conf *old, const struct conf *now, struct buf *out)
{
    for (size_t i = 0; i < conf_key_count; i++) {
        CLEANUP(buf_clear) struct buf was;
        CLEANUP(buf_clear) struct buf is;
        buf_init(&was, SHOW_VALUE_MAX);
        buf_init(&is, SHOW_VALUE_MAX);
        (void)show_value(old, &conf_keys[i], 0, &was); /* not set shows nothing */
        (void)show_value(now, &conf_keys[i], 0, &is);
        if (!conf_keys[i].reload && !slice_equal(buf_slice(&was), buf_slice(&is)))
            buf_printf(out, "%s%s", buf_size(out) ? " " : "", conf_keys[i].path);
    }
}

bool conf_keep_fixed(const struct conf *old, struct conf *now)
{
    for (size_t i = 0; i < conf_key_count; i++) {
        const struct key *key = &conf_keys[i];
        if (key->reload)
            continue;
        const void *from = (const char *)old + key->offset;
        void *to = (char *)now + key->offset;
        if (key->type == KEY_OCTETS) {
            *(uint64_t *)to = *(const uint64_t *)from;
            continue;
        }
        if (key->type == KEY_MODE) {
            *(uint32_t *)to = *(const uint32_t *)from;
            continue;
        }
        CHECK(key->type == KEY_TEXT);
        const char *was = *(const char *const *)from;
        const char *kept = was ? arena_str(&now->arena, slice_of_str(was)) : NULL;
        if (was && !kept)
            return false;
        *(const char **)to = kept;
    }
    return true;
}
