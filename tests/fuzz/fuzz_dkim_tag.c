/* SPDX-License-Identifier: ISC */
#include "property.h"

#include "base/buf.h"
#include "dkim/encoding.h"
#include "dkim/tag.h"

static void check_list(struct slice in, const struct tag_list *list)
{
    must(list->n > 0 && list->n <= TAGS_MAX);
    for (size_t i = 0; i < list->n; i++) {
        const struct tag *t = &list->tags[i];
        must(t->name.n > 0 && inside(in, t->name) && inside(in, t->value) && t->value.p);
        must(tag_find(list, t->name) == t); /* none is there twice */
        must(t->at <= t->end && t->end <= in.n && in.p[t->at - 1] == '=');
        must(t->end == in.n || in.p[t->end] == ';');
        must(inside(slice_first(slice_from(in, t->at), t->end - t->at), t->value));
        must(slice_is_utf8(t->value) && !slice_has(t->value, ';') && !slice_has(t->value, 0));
    }
}

/* What was read, written plainly, reads as the same. */
static void check_again(const struct tag_list *list, enum tag_space space, size_t size)
{
    struct tag_list again;
    struct fault why;
    struct buf text;
    buf_init(&text, size + 1);
    for (size_t i = 0; i < list->n; i++) {
        buf_append(&text, list->tags[i].name);
        buf_append_byte(&text, '=');
        buf_append(&text, list->tags[i].value);
        buf_append_byte(&text, ';');
    }
    must(!text.failed && tag_list_parse(buf_slice(&text), space, &again, &why));
    must(again.n == list->n);
    for (size_t i = 0; i < list->n; i++) {
        must(slice_equal(again.tags[i].name, list->tags[i].name));
        must(slice_equal(again.tags[i].value, list->tags[i].value));
    }
    buf_clear(&text);
}

/* The reader that skips finds the same where nothing is broken, and always ends. */
static void check_reader(struct slice in, enum tag_space space, bool whole, size_t n)
{
    struct tag_reader reader = tag_reader_of(in, space);
    struct tag tag;
    struct fault why = { 0 };
    size_t good = 0, bad = 0;
    int result;
    while ((result = tag_next(&reader, &tag, &why)) != 0) {
        must(result > 0 || is_fault(in, &why));
        good += result > 0;
        bad += result < 0;
        must(good + bad <= in.n + 1);
    }
    must(tag_next(&reader, &tag, &why) == 0);
    must(!whole || (good == n && bad == 0));
}

static void check_elements(struct slice value)
{
    struct slice rest = value, element;
    size_t n = 0, colons = 0;
    for (size_t i = 0; i < value.n; i++)
        colons += value.p[i] == ':';
    while (tag_element_next(&rest, &element)) {
        must(inside(value, element) && !slice_has(element, ':'));
        n++;
    }
    must(n == (value.p ? colons + 1 : 0));
}

static void check_encoding(struct slice in)
{
    uint8_t *out = malloc(DKIM_BASE64_ROOM(in.n) + in.n);
    size_t n = 0;
    if (out && dkim_base64_decode(in, out, &n))
        must(n <= DKIM_BASE64_ROOM(in.n) && n <= in.n);
    if (out && dkim_quoted_decode(in, out, &n))
        must(n <= in.n);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    enum tag_space space = choice(&in) & 1 ? TAG_SPACED : TAG_FOLDED;
    struct tag_list list;
    struct fault why = { 0 };
    bool whole = tag_list_parse(in, space, &list, &why);
    if (whole) {
        check_list(in, &list);
        check_again(&list, space, size);
    } else {
        must(is_fault(in, &why));
    }
    check_reader(in, space, whole, list.n);
    check_elements(in);
    check_encoding(in);
    return 0;
}
