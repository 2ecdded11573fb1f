/* SPDX-License-Identifier: ISC */
#include "conf/node.h"

#include <string.h>

#include <yaml.h>

#include "base/check.h"

#define SHOWN_MAX 64
#define PATH_KEYS (NODE_DEPTH_MAX + 1)

struct builder {
    const char *file;
    struct slice all; /* the whole text */
    struct arena *arena;
    struct buf *why;
    struct node *root, *open; /* open: the innermost list or map not yet ended */
    struct slice key;         /* waits for its value */
    struct conf_place key_place;
    bool has_key, has_document;
    unsigned depth;
};

static struct conf_place place_of(const struct builder *b, const yaml_mark_t *mark)
{
    return (struct conf_place){ b->file, (unsigned)mark->line + 1, (unsigned)mark->column + 1 };
}

/* The key that is being read, for a message. */
static bool refuse(const struct builder *b, const yaml_mark_t *mark, const char *what)
{
    char path[NODE_PATH_MAX];
    struct conf_place at = place_of(b, mark);
    struct node pending = { .key = b->key, .parent = b->open };
    node_path(b->has_key ? &pending : b->open, path);
    return conf_fault(b->why, &at, *path ? path : "yaml", "%s", what);
}

/* Characters that break a line or a terminal: C0, DEL, C1, the Unicode separators, BOM and the
 * noncharacters that a YAML text may not hold as they are. */
static bool has_control(struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        const uint8_t *c = s.p + i;
        if (*c < 0x20 || *c == 0x7f || (*c == 0xc2 && c[1] < 0xa0))
            return true;
        if (*c == 0xe2 && c[1] == 0x80 && (c[2] == 0xa8 || c[2] == 0xa9))
            return true;
        if (*c == 0xef && ((c[1] == 0xbb && c[2] == 0xbf) || (c[1] == 0xbf && c[2] >= 0xbe)))
            return true;
    }
    return false;
}

static const char *check_text(struct slice s)
{
    if (slice_has(s, 0))
        return "a NUL character";
    if (!slice_is_utf8(s))
        return "not UTF-8";
    return has_control(s) ? "a control character or line break inside a value" : NULL;
}

/* NULL: refused. */
static struct node *add(struct builder *b, enum node_kind kind, const yaml_event_t *event)
{
    if (b->open && b->open->kind == NODE_MAP && !b->has_key) {
        (void)refuse(b, &event->start_mark,
                     "a key must be plain text; a value that begins with "
                     "[ or { stands in quotes");
        return NULL;
    }
    struct node *n = arena_alloc(b->arena, sizeof *n);
    if (!n) {
        (void)refuse(b, &event->start_mark, "too many values");
        return NULL;
    }
    *n = (struct node){ .kind = kind,
                        .key = b->has_key ? b->key : (struct slice){ 0 },
                        .key_place = b->key_place,
                        .place = place_of(b, &event->start_mark),
                        .parent = b->open };
    b->has_key = false;
    if (!b->open)
        b->root = n;
    else if (b->open->last)
        b->open->last->next = n;
    else
        b->open->first = n;
    if (b->open) {
        b->open->last = n;
        b->open->n++;
    }
    return n;
}

static bool on_scalar(struct builder *b, const yaml_event_t *event)
{
    struct slice text = { event->data.scalar.value, event->data.scalar.length };
    const char *what = check_text(text);
    if (what)
        return refuse(b, &event->start_mark, what);
    char *copy = arena_str(b->arena, text);
    if (!copy)
        return refuse(b, &event->start_mark, "too much text");
    text.p = (const uint8_t *)copy;
    if (b->open && b->open->kind == NODE_MAP && !b->has_key) {
        b->key = text;
        b->key_place = place_of(b, &event->start_mark);
        b->has_key = true;
        return true;
    }
    struct node *n = add(b, NODE_SCALAR, event);
    if (!n)
        return false;
    n->text = text;
    n->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return true;
}

static bool on_start(struct builder *b, enum node_kind kind, const yaml_event_t *event)
{
    if (b->depth == NODE_DEPTH_MAX)
        return refuse(b, &event->start_mark, "nested too deeply");
    struct node *n = add(b, kind, event);
    if (!n)
        return false;
    b->open = n;
    b->depth++;
    return true;
}

static bool on_end(struct builder *b)
{
    CHECK(b->open); /* libyaml ends what it began */
    b->open = b->open->parent;
    b->depth--;
    return true;
}

static bool on_document(struct builder *b, const yaml_event_t *event)
{
    if (b->has_document)
        return refuse(b, &event->start_mark, "a second document; one file holds one");
    if (event->data.document_start.tag_directives.start !=
        event->data.document_start.tag_directives.end)
        return refuse(b, &event->start_mark, "tags are not used here");
    b->has_document = true;
    return true;
}

static bool check_plain(const struct builder *b, const yaml_event_t *event, const void *anchor,
                        const void *tag)
{
    if (anchor)
        return refuse(b, &event->start_mark, "anchors (&) are not used here; quote the value");
    if (tag)
        return refuse(b, &event->start_mark, "tags (!) are not used here; quote the value");
    return true;
}

static bool on_event(struct builder *b, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return check_plain(b, event, event->data.scalar.anchor, event->data.scalar.tag) &&
               on_scalar(b, event);
    case YAML_SEQUENCE_START_EVENT:
        return check_plain(b, event, event->data.sequence_start.anchor,
                           event->data.sequence_start.tag) &&
               on_start(b, NODE_LIST, event);
    case YAML_MAPPING_START_EVENT:
        return check_plain(b, event, event->data.mapping_start.anchor,
                           event->data.mapping_start.tag) &&
               on_start(b, NODE_MAP, event);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: return on_end(b);
    case YAML_ALIAS_EVENT:
        return refuse(b, &event->start_mark,
                      "aliases (*) are not used here; a value that begins with * stands in quotes");
    case YAML_DOCUMENT_START_EVENT: return on_document(b, event);
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT: break;
    }
    return true;
}

/* libyaml's reader knows only the offset of a byte that it refuses. */
static yaml_mark_t mark_of_offset(struct slice all, size_t offset)
{
    yaml_mark_t mark = { 0 };
    for (size_t i = 0; i < offset && i < all.n; i++) {
        bool ends = all.p[i] == '\n' || (all.p[i] == '\r' && i + 1 < all.n && all.p[i + 1] != '\n');
        if (ends) {
            mark.line++;
            mark.column = 0;
        } else if ((all.p[i] & 0xc0) != 0x80) {
            mark.column++;
        }
    }
    return mark;
}

static bool is_tab(struct slice all, size_t characters)
{
    for (size_t i = 0; i < all.n; i++)
        if ((all.p[i] & 0xc0) != 0x80 && characters-- == 0)
            return all.p[i] == '\t';
    return false;
}

/* libyaml's words for common slips, and ours. */
static const struct slip {
    const char *problem, *ours;
    bool at_start; /* look where the construct begins, not where libyaml noticed */
} slips[] = {
    { "could not find expected ':'", "a key has no \": \" behind it", true },
    { "mapping values are not allowed in this context",
      "\": \" inside a value that is not in quotes, or a line indented too far", false },
    { "found character that cannot start any token",
      "a value that begins with this character stands in quotes", false },
    { "did not find expected node content",
      "expected a value here; one that holds [ ] or { } stands in quotes", false },
    { "did not find expected alphabetic or numeric character",
      "a text that begins with * or & stands in quotes", true },
};

static const struct slip *find_slip(const char *problem)
{
    for (size_t i = 0; i < ARRAY_SIZE(slips); i++)
        if (problem && strcmp(problem, slips[i].problem) == 0)
            return &slips[i];
    return NULL;
}

/* Only the reader's faults have no mark. */
static bool on_syntax(const struct builder *b, const yaml_parser_t *parser)
{
    const struct slip *slip = find_slip(parser->problem);
    yaml_mark_t mark = slip && slip->at_start ? parser->context_mark : parser->problem_mark;
    if (parser->error == YAML_READER_ERROR)
        mark = mark_of_offset(b->all, parser->problem_offset);
    struct conf_place at = place_of(b, &mark);
    if (parser->error == YAML_MEMORY_ERROR || !parser->problem)
        return conf_fault(b->why, &at, "yaml", "out of memory");
    if (parser->error != YAML_READER_ERROR && is_tab(b->all, mark.index))
        return conf_fault(b->why, &at, "yaml", "a tab: YAML is indented with spaces");
    if (slip || !parser->context)
        return conf_fault(b->why, &at, "yaml", "%s", slip ? slip->ours : parser->problem);
    return conf_fault(b->why, &at, "yaml", "%s, %s that begins in line %zu", parser->problem,
                      parser->context, parser->context_mark.line + 1);
}

static bool read_events(struct builder *b)
{
    CLEANUP(yaml_parser_delete) yaml_parser_t parser = { 0 };
    if (!yaml_parser_initialize(&parser))
        return refuse(b, &(yaml_mark_t){ 0 }, "out of memory");
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, b->all.n ? b->all.p : (const uint8_t *)"", b->all.n);
    for (bool more = true; more;) {
        CLEANUP(yaml_event_delete) yaml_event_t event = { 0 };
        if (!yaml_parser_parse(&parser, &event))
            return on_syntax(b, &parser);
        if (!on_event(b, &event))
            return false;
        more = event.type != YAML_STREAM_END_EVENT;
    }
    return true;
}

struct node *node_read(const char *file, struct slice text, struct arena *arena, struct buf *why)
{
    struct builder b = { .file = file, .all = text, .arena = arena, .why = why };
    if (!read_events(&b))
        return NULL;
    if (b.root)
        return b.root;
    struct node *empty = arena_alloc(arena, sizeof *empty);
    if (!empty) {
        (void)refuse(&b, &(yaml_mark_t){ 0 }, "out of memory");
        return NULL;
    }
    *empty = (struct node){ .kind = NODE_MAP, .place = { file, 1, 1 } };
    return empty;
}

bool node_is_null(const struct node *n)
{
    return n->kind == NODE_SCALAR && n->plain &&
           (n->text.n == 0 || slice_equal(n->text, SLICE("~")) ||
            slice_equal_nocase(n->text, SLICE("null")));
}

struct slice node_shown(struct slice text)
{
    size_t n = text.n < SHOWN_MAX ? text.n : SHOWN_MAX;
    while (n && n < text.n && (text.p[n] & 0xc0) == 0x80)
        n--;
    return slice_first(text, n);
}

const char *node_path(const struct node *n, char out[NODE_PATH_MAX])
{
    const struct node *up[PATH_KEYS];
    size_t depth = 0, at = 0;
    for (; n; n = n->parent)
        if (n->key.p) {
            CHECK(depth < PATH_KEYS);
            up[depth++] = n;
        }
    while (depth) {
        struct slice key = node_shown(up[--depth]->key);
        if (at)
            out[at++] = '.';
        if (key.n)
            memcpy(out + at, key.p, key.n);
        at += key.n;
    }
    out[at] = '\0';
    return out;
}

const struct node *node_twin(const struct node *n)
{
    for (const struct node *c = n->parent ? n->parent->first : NULL; c && c != n; c = c->next)
        if (slice_equal(c->key, n->key))
            return c;
    return NULL;
}
