/* SPDX-License-Identifier: ISC */
#include "conf/read.h"

#include <assert.h>

#include "base/check.h"
#include "conf/suggest.h"

#define EXPECTS_MAX       512
#define DEFAULT_NODES_MAX (1u << 16)

static_assert(sizeof(enum log_level) == sizeof(unsigned) &&
                  sizeof(enum conf_sender) == sizeof(unsigned),
              "a choice is stored as unsigned");

static void *member(struct reading *r, const struct key *key)
{
    return (char *)r->base + key->offset;
}

static bool say_expected(struct reading *r, const char *path, const struct node *n,
                         const struct buf *expected)
{
    struct slice what = buf_slice(expected), shown = node_shown(n->text);
    if (n->kind == NODE_LIST)
        return conf_fault(r->why, &n->place, path, "expected %.*s, not a list", SLICE_ARG(what));
    if (n->kind == NODE_MAP)
        return conf_fault(r->why, &n->place, path, "expected %.*s, not keys", SLICE_ARG(what));
    if (node_is_null(n))
        return conf_fault(r->why, &n->place, path, "no value; expected %.*s", SLICE_ARG(what));
    return conf_fault(r->why, &n->place, path, "expected %.*s, not \"%.*s\"", SLICE_ARG(what),
                      SLICE_ARG(shown));
}

bool value_unexpected(struct reading *r, const struct key *key, const struct node *n)
{
    CLEANUP(buf_clear) struct buf expected;
    buf_init(&expected, EXPECTS_MAX);
    key_expects(key, &expected);
    return say_expected(r, key->path, n, &expected);
}

static bool is_text(const struct node *n)
{
    return n->kind == NODE_SCALAR && !node_is_null(n);
}

const char *value_text(struct reading *r, const char *path, const struct form *form,
                       const struct node *n)
{
    if (!is_text(n)) {
        CLEANUP(buf_clear) struct buf expected;
        buf_init(&expected, EXPECTS_MAX);
        buf_append_str(&expected, form->name);
        (void)say_expected(r, path, n, &expected); /* false is what it always is */
        return NULL;
    }
    struct slice shown = node_shown(n->text);
    const char *what = n->text.n > FORM_TEXT_MAX ? "the text is too long" : form->check(n->text);
    if (what) {
        (void)conf_fault(r->why, &n->place, path, "\"%.*s\": %s; expected %s", SLICE_ARG(shown),
                         what, form->name);
        return NULL;
    }
    const char *copy = arena_str(&r->conf->arena, n->text);
    if (!copy)
        (void)conf_fault(r->why, &n->place, path, READING_NO_MEMORY);
    return copy;
}

void *value_array(struct reading *r, const char *path, const struct node *n, size_t size)
{
    size_t all;
    void *at = __builtin_mul_overflow(n->n ? n->n : 1, size, &all)
                   ? NULL
                   : arena_alloc(&r->conf->arena, all);
    if (!at)
        (void)conf_fault(r->why, &n->place, path, READING_NO_MEMORY);
    return at;
}

bool value_twice(struct reading *r, const char *path, const struct conf_place *at,
                 const struct conf_place *first)
{
    return conf_fault(r->why, at, path, "set twice, first at %s:%u:%u", first->file, first->line,
                      first->column);
}

bool value_names(struct reading *r, const struct key *key, const struct form *form,
                 const struct node *n)
{
    if (n->kind != NODE_MAP)
        return value_unexpected(r, key, n);
    if (n->n > key->max)
        return conf_fault(r->why, &n->place, key->path, "more than %zu entries", (size_t)key->max);
    for (const struct node *c = n->first; c; c = c->next) {
        const struct node *twin = node_twin(c);
        const char *what = form->check(c->key);
        char path[NODE_PATH_MAX];
        node_path(c, path);
        if (what)
            return conf_fault(r->why, &c->key_place, path, "%s; expected %s", what, form->name);
        if (twin)
            return value_twice(r, path, &c->key_place, &twin->key_place);
    }
    return true;
}

int value_word(struct reading *r, const char *path, const char *const *words, const struct node *n)
{
    CLEANUP(buf_clear) struct buf expected;
    struct suggestion near;
    suggest_init(&near, n->text);
    buf_init(&expected, EXPECTS_MAX);
    for (int i = 0; words[i]; i++) {
        struct slice word = slice_of_str(words[i]);
        if (is_text(n) && slice_equal(n->text, word))
            return i;
        suggest_offer(&near, word);
        buf_printf(&expected, "%s%s", i == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
    }
    (void)say_expected(r, path, n, &expected);
    if (is_text(n) && near.best.n)
        buf_printf(r->why, "; did you mean \"%.*s\"?", SLICE_ARG(near.best));
    return -1;
}

static bool read_choice(struct reading *r, const struct key *key, const struct node *n)
{
    int i = value_word(r, key->path, key->words, n);
    if (i < 0)
        return false;
    *(unsigned *)member(r, key) = (unsigned)i;
    return true;
}

static bool read_mode(struct reading *r, const struct key *key, const struct node *n)
{
    const char *text = value_text(r, key->path, key->form, n);
    uint32_t mode = 0;
    if (!text)
        return false;
    for (const char *c = text; *c; c++)
        mode = mode * 8 + (uint32_t)(*c - '0');
    *(uint32_t *)member(r, key) = mode;
    return true;
}

static bool read_bool(struct reading *r, const struct key *key, const struct node *n)
{
    static const struct {
        struct slice word;
        bool value;
    } words[] = {
        { SLICE_INIT("yes"), true },    { SLICE_INIT("no"), false }, { SLICE_INIT("true"), true },
        { SLICE_INIT("false"), false }, { SLICE_INIT("on"), true },  { SLICE_INIT("off"), false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (is_text(n) && slice_equal_nocase(n->text, words[i].word)) {
            *(bool *)member(r, key) = words[i].value;
            return true;
        }
    return value_unexpected(r, key, n);
}

static bool read_number(struct reading *r, const struct key *key, const struct node *n)
{
    uint64_t value = 0;
    bool word = is_text(n) && key->words && slice_equal(n->text, slice_of_str(key->words[0]));
    if (!word && (!is_text(n) || !unit_parse(n->text, key_unit(key->type), &value) ||
                  value < key->min || value > key->max))
        return value_unexpected(r, key, n);
    if (key->type == KEY_OCTETS)
        *(uint64_t *)member(r, key) = value;
    else if (key->type == KEY_TIME)
        *(int64_t *)member(r, key) = (int64_t)value;
    else
        *(uint32_t *)member(r, key) = (uint32_t)value;
    return true;
}

static bool read_text(struct reading *r, const struct key *key, const struct node *n)
{
    const char *text = value_text(r, key->path, key->form, n);
    if (text)
        *(const char **)member(r, key) = text;
    return text != NULL;
}

static bool check_count(struct reading *r, const struct key *key, const struct node *n)
{
    if (n->n < key->min)
        return conf_fault(r->why, &n->place, key->path, "the list is empty; expected %s",
                          key->form->name);
    if (n->n > key->max)
        return conf_fault(r->why, &n->place, key->path, "more than %zu elements", (size_t)key->max);
    return true;
}

/* One socket address with TLS and without would be two listeners on one port. */
static bool is_same(const struct key *key, struct slice a, struct slice b)
{
    struct slice rest;
    if (key->form == &form_listen) {
        (void)slice_cut(a, '/', &a, &rest); /* without a slash: all of it */
        (void)slice_cut(b, '/', &b, &rest);
    }
    return slice_equal(a, b);
}

static bool add_element(struct reading *r, const struct key *key, struct conf_list *list,
                        const struct node *n)
{
    const char *text = value_text(r, key->path, key->form, n);
    if (!text)
        return false;
    for (size_t i = 0; i < list->n; i++)
        if (is_same(key, slice_of_str(list->at[i]), n->text))
            return conf_fault(r->why, &n->place, key->path, "\"%.*s\" is listed twice",
                              SLICE_ARG(node_shown(n->text)));
    list->at[list->n] = text;
    list->place[list->n++] = n->place;
    return true;
}

/* A single value is a list of one. */
static bool read_list(struct reading *r, const struct key *key, const struct node *n)
{
    struct conf_list list = { 0 };
    if (n->kind == NODE_MAP || node_is_null(n))
        return value_unexpected(r, key, n);
    if (n->kind == NODE_LIST && !check_count(r, key, n))
        return false;
    list.at = value_array(r, key->path, n, sizeof *list.at);
    list.place = list.at ? value_array(r, key->path, n, sizeof *list.place) : NULL;
    if (!list.place)
        return false;
    if (n->kind == NODE_SCALAR && !add_element(r, key, &list, n))
        return false;
    for (const struct node *c = n->first; c; c = c->next)
        if (!add_element(r, key, &list, c))
            return false;
    if (key->type == KEY_INCLUDE)
        r->includes = list;
    else
        *(struct conf_list *)member(r, key) = list;
    return true;
}

static bool read_include(struct reading *r, const struct key *key, const struct node *n)
{
    if (r->no_include)
        return conf_fault(r->why, &n->key_place, key->path, "%s", r->no_include);
    return read_list(r, key, n);
}

bool value_read(struct reading *r, const struct key *key, const struct node *n)
{
    if (key->place_offset)
        *(struct conf_place *)(void *)((char *)r->base + key->place_offset) = n->place;
    switch (key->type) {
    case KEY_TEXT: return read_text(r, key, n);
    case KEY_CHOICE: return read_choice(r, key, n);
    case KEY_BOOL: return read_bool(r, key, n);
    case KEY_COUNT:
    case KEY_OCTETS_SHORT:
    case KEY_OCTETS:
    case KEY_TIME: return read_number(r, key, n);
    case KEY_LIST: return read_list(r, key, n);
    case KEY_CERTIFICATES: return certificates_read(r, key, n);
    case KEY_CLIENTID_RULES: return clientid_read(r, key, n);
    case KEY_BITS: return conf_bits_read(r, key, n);
    case KEY_ENROL: return conf_enrol_read(r, key, n);
    case KEY_GROUPS: return conf_groups_read(r, key, n);
    case KEY_RULES: return conf_rules_read(r, key, n);
    case KEY_LIMITS: return conf_limits_read(r, key, n);
    case KEY_LOCATIONS: return conf_locations_read(r, key, n);
    case KEY_MODE: return read_mode(r, key, n);
    case KEY_SIGN: return conf_sign_read(r, key, n);
    case KEY_MAIL_LISTS: return conf_mail_lists_read(r, key, n);
    case KEY_INCLUDE: return read_include(r, key, n);
    }
    return false;
}

/* In an arena of its own: r->nodes may hold what is being read. */
bool value_default(struct reading *r, const struct key *key)
{
    CLEANUP(arena_clear) struct arena nodes;
    arena_init(&nodes, DEFAULT_NODES_MAX);
    const struct node *n = node_read(NULL, slice_of_str(key->fallback), &nodes, r->why);
    bool fine = n && value_read(r, key, n);
    if (key->place_offset)
        *(struct conf_place *)(void *)((char *)r->base + key->place_offset) =
            (struct conf_place){ 0 };
    return fine;
}
