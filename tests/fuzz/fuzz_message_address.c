/* SPDX-License-Identifier: ISC */
#include "property.h"

#include "base/buf.h"
#include "message/address.h"

#define MAX 8

static bool has_control(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != '\t' && (s.p[i] < 0x20 || s.p[i] == 0x7f))
            return true;
    return false;
}

static void write_list(struct buf *out, const struct message_mailbox *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        buf_append_str(out, i ? ", " : "");
        buf_append(out, list[i].display);
        buf_append_str(out, " <");
        buf_append(out, list[i].local);
        buf_append_byte(out, '@');
        buf_append(out, list[i].domain);
        buf_append_byte(out, '>');
    }
    must(!out->failed);
}

/* What was read, written plainly, reads as the same. */
static void check_round_trip(const struct message_mailbox *list, size_t n, struct arena *arena)
{
    struct message_mailbox again[MAX];
    struct fault why;
    struct buf out;
    size_t again_n;
    buf_init(&out, 1 << 22);
    write_list(&out, list, n);
    must(message_addresses_parse(buf_slice(&out), arena, MAX, again, &again_n, &why));
    must(again_n == n);
    for (size_t i = 0; i < n; i++)
        must(slice_equal(again[i].display, list[i].display) &&
             slice_equal(again[i].local, list[i].local) &&
             slice_equal(again[i].domain, list[i].domain));
    buf_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    struct message_mailbox list[MAX];
    struct fault why = { 0 };
    struct arena arena;
    size_t n = 0;
    arena_init(&arena, 1 << 24);
    if (!message_addresses_parse(in, &arena, MAX, list, &n, &why)) {
        must(is_fault(in, &why));
        arena_clear(&arena);
        return 0;
    }
    must(n <= MAX);
    for (size_t i = 0; i < n; i++) {
        must(list[i].local.n && list[i].domain.n);
        must(slice_is_utf8(list[i].local) && slice_is_utf8(list[i].domain));
        must(!has_control(list[i].local) && !has_control(list[i].domain));
        must(!has_control(list[i].display));
    }
    if (n)
        check_round_trip(list, n, &arena);
    arena_clear(&arena);
    return 0;
}
