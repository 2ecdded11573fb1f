/* SPDX-License-Identifier: ISC */
#include "dkim/tag.h"

static bool is_wsp(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static bool is_alpha(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_name_octet(uint8_t c)
{
    return is_alpha(c) || (c >= '0' && c <= '9') || c == '_';
}

/* VALCHAR without UTF-8. ";" is in no tag-spec by the time that one is read. */
static bool is_visible(uint8_t c)
{
    return c > 0x20 && c < 0x7f;
}

/* How much white space s begins with. A CR or LF that is part of no folding is none. */
static size_t space_at(struct slice s, enum tag_space space)
{
    size_t i = 0;
    for (;;) {
        if (i < s.n && is_wsp(s.p[i]))
            i++;
        else if (space == TAG_FOLDED && i + 2 < s.n && s.p[i] == '\r' && s.p[i + 1] == '\n' &&
                 is_wsp(s.p[i + 2]))
            i += 3;
        else
            return i;
    }
}

/* The UTF-8 outside ASCII that s begins with; 0: none, or ill-formed. */
static size_t utf8_at(struct slice s)
{
    size_t i = 0;
    while (i < s.n && s.p[i] >= 0x80)
        i++;
    return slice_is_utf8(slice_first(s, i)) ? i : 0;
}

struct tag_reader tag_reader_of(struct slice text, enum tag_space space)
{
    return (struct tag_reader){ .text = text, .space = space };
}

static int broken(struct fault *why, size_t at, const char *what)
{
    *why = (struct fault){ .at = at, .what = what };
    return -1;
}

/* [FWS] tag-name [FWS] "=", from *at on; *at is then behind the "=". */
static int read_name(struct slice spec, enum tag_space space, size_t *at, struct slice *name,
                     struct fault *why)
{
    size_t i = space_at(spec, space), start = i;
    while (i < spec.n && is_name_octet(spec.p[i]))
        i++;
    if (i == start || !is_alpha(spec.p[start])) {
        bool empty = start == spec.n;
        return broken(why, start, empty ? "empty tag" : "a tag's name is none");
    }
    *name = slice_first(slice_from(spec, start), i - start);
    i += space_at(slice_from(spec, i), space);
    if (i == spec.n || spec.p[i] != '=')
        return broken(why, i, "a tag without \"=\"");
    *at = i + 1;
    return 1;
}

/* [FWS] tag-value [FWS], all that is left. */
static int read_value(struct slice spec, enum tag_space space, size_t at, struct tag *out,
                      struct fault *why)
{
    size_t i = at + space_at(slice_from(spec, at), space), start = i, end = i;
    while (i < spec.n) {
        size_t run = i;
        while (run < spec.n && is_visible(spec.p[run]))
            run++;
        run += utf8_at(slice_from(spec, run));
        if (run == i)
            return broken(why, i, "an octet that no value may hold");
        end = run;
        i = run + space_at(slice_from(spec, run), space);
    }
    out->value = (struct slice){ spec.p + start, end - start };
    return 1;
}

int tag_next(struct tag_reader *reader, struct tag *out, struct fault *why)
{
    struct slice rest = slice_from(reader->text, reader->at), spec;
    size_t before = reader->at, at = 0;
    if (before > reader->text.n || space_at(rest, reader->space) == rest.n)
        return 0;
    (void)slice_cut(rest, ';', &spec, &rest); /* without one: all is the last tag-spec */
    reader->at = before + spec.n + 1;
    struct tag read = { .end = before + spec.n };
    int result = read_name(spec, reader->space, &at, &read.name, why);
    if (result > 0)
        result = read_value(spec, reader->space, at, &read, why);
    if (result > 0) {
        read.at = before + at;
        *out = read;
    } else {
        why->at += before;
    }
    return result;
}

bool tag_list_parse(struct slice text, enum tag_space space, struct tag_list *out,
                    struct fault *why)
{
    struct tag_reader reader = tag_reader_of(text, space);
    struct tag_list *list = out;
    struct tag tag;
    int result;
    list->n = 0;
    while ((result = tag_next(&reader, &tag, why)) > 0) {
        size_t at = (size_t)(tag.name.p - text.p);
        if (tag_find(list, tag.name))
            return broken(why, at, "a tag that is given twice") > 0;
        if (list->n == TAGS_MAX)
            return broken(why, at, "too many tags") > 0;
        list->tags[list->n++] = tag;
    }
    if (result == 0 && list->n == 0)
        return broken(why, 0, "no tag at all") > 0;
    return result == 0;
}

const struct tag *tag_find(const struct tag_list *list, struct slice name)
{
    for (size_t i = 0; name.n && i < list->n; i++) {
        const struct tag *t = &list->tags[i];
        if (t->name.p[0] == name.p[0] && slice_equal(t->name, name))
            return t;
    }
    return NULL;
}

/* What stands around an element of a value that was read: folding has no other CR or LF in it. */
static bool is_space(uint8_t c)
{
    return is_wsp(c) || c == '\r' || c == '\n';
}

bool tag_element_next(struct slice *rest, struct slice *out)
{
    if (!rest->p)
        return false;
    struct slice element, tail;
    if (slice_cut(*rest, ':', &element, &tail))
        *rest = (struct slice){ element.p + element.n + 1, tail.n };
    else
        *rest = (struct slice){ 0 };
    while (element.n && is_space(element.p[0]))
        element = slice_from(element, 1);
    while (element.n && is_space(element.p[element.n - 1]))
        element.n--;
    *out = element;
    return true;
}
