/* SPDX-License-Identifier: ISC */
#include "conf/read.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/err.h"
#include "conf/suggest.h"

#define FILE_MAX  (1u << 20)  /* of one file */
#define NODES_MAX (16u << 20) /* memory for the nodes of one file */
#define CONF_MAX  (8u << 20)  /* memory for the configuration */

enum visited { VISIT_BAD, VISIT_DONE, VISIT_SECTION };

/* Names the known keys of a section, each once: rows of one section stand together. */
static void list_known(struct slice section, struct buf *out)
{
    struct slice rest, name, last = { 0 };
    for (size_t i = 0; i < conf_key_count; i++) {
        if (!key_in_section(&conf_keys[i], section, &rest))
            continue;
        (void)slice_cut(rest, '.', &name, &rest); /* a key has no dot: all of it */
        if (!slice_equal(name, last))
            buf_printf(out, "%s%.*s", last.n ? ", " : "", SLICE_ARG(name));
        last = name;
    }
}

/* The one key of that last name in some other section. */
static const struct key *key_elsewhere(struct slice name)
{
    const struct key *found = NULL;
    struct slice section, last;
    for (size_t i = 0; i < conf_key_count; i++) {
        struct slice path = slice_of_str(conf_keys[i].path);
        if (!slice_cut_last(path, '.', &section, &last) || !slice_equal(last, name))
            continue;
        if (found)
            return NULL;
        found = &conf_keys[i];
    }
    return found;
}

static bool say_unknown(struct reading *r, const char *path, const struct node *n)
{
    char above[NODE_PATH_MAX];
    struct slice section = slice_of_str(node_path(n->parent, above)), rest, name;
    struct suggestion near;
    suggest_init(&near, n->key);
    for (size_t i = 0; i < conf_key_count; i++) {
        if (!key_in_section(&conf_keys[i], section, &rest))
            continue;
        (void)slice_cut(rest, '.', &name, &rest); /* a key has no dot: all of it */
        suggest_offer(&near, name);
    }
    const struct key *elsewhere = key_elsewhere(n->key);
    (void)conf_fault(r->why, &n->key_place, path, "unknown key; ");
    if (near.best.n)
        buf_printf(r->why, "did you mean \"%.*s\"?", SLICE_ARG(near.best));
    else if (elsewhere)
        buf_printf(r->why, "did you mean \"%s\"?", elsewhere->path);
    else {
        buf_append_str(r->why, "known here: ");
        list_known(section, r->why);
    }
    return false;
}

static enum visited visit_key(struct reading *r, const struct key *key, const struct node *n)
{
    struct conf_place *place = &r->conf->places[key_index(key)];
    bool many = key->type == KEY_CLIENTID_RULES || key->type == KEY_INCLUDE; /* judged elsewhere */
    if (place->line && !many && !value_twice(r, key->path, &n->key_place, place))
        return VISIT_BAD;
    *place = n->place;
    return value_read(r, key, n) ? VISIT_DONE : VISIT_BAD;
}

static enum visited visit(struct reading *r, const struct node *n)
{
    char text[NODE_PATH_MAX];
    struct slice path = slice_of_str(node_path(n, text));
    const struct node *twin = node_twin(n);
    bool dotted = slice_has(n->key, '.') || n->key.n == 0; /* would read as another path */
    const struct key *key = dotted ? NULL : key_find(path);
    if (twin && !value_twice(r, text, &n->key_place, &twin->key_place))
        return VISIT_BAD;
    if (key)
        return visit_key(r, key, n);
    if (dotted || !key_is_section(path))
        return say_unknown(r, text, n) ? VISIT_DONE : VISIT_BAD;
    if (n->kind != NODE_MAP && !node_is_null(n)) {
        (void)conf_fault(r->why, &n->place, text, "expected keys of its own, as \"name: value\"");
        return VISIT_BAD;
    }
    return VISIT_SECTION;
}

/* The node behind n, and all below it, within root. */
static const struct node *behind(const struct node *n, const struct node *root)
{
    while (n != root && !n->next)
        n = n->parent;
    return n == root ? NULL : n->next;
}

/* In the order of the file, into sections and over all else. */
static bool read_nodes(struct reading *r, const struct node *root)
{
    if (node_is_null(root))
        return true;
    if (root->kind != NODE_MAP)
        return conf_fault(r->why, &root->place, "yaml", "expected keys, as \"name: value\"");
    for (const struct node *n = root->first; n;) {
        enum visited what = visit(r, n);
        if (what == VISIT_BAD)
            return false;
        n = what == VISIT_SECTION && n->first ? n->first : behind(n, root);
    }
    return true;
}

static bool say_too_big(struct reading *r, const char *file)
{
    return conf_fault(r->why, &(struct conf_place){ file, 1, 1 }, "file", "larger than 1 MiB");
}

static bool read_text(struct reading *r, const char *file, struct slice text)
{
    if (text.n > FILE_MAX)
        return say_too_big(r, file);
    const struct node *root = node_read(file, text, &r->nodes, r->why);
    bool fine = root && read_nodes(r, root);
    arena_clear(&r->nodes);
    return fine;
}

static void close_fd(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd); /* only read from */
}

static int read_bytes(const char *path, struct buf *out)
{
    CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return -errno;
    for (;;) {
        uint8_t *room = buf_reserve(out, 4096);
        if (!room)
            return ERR_TOO_BIG;
        ssize_t n = read(fd, room, 4096);
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n == 0)
            return 0;
        if (n > 0)
            buf_grew(out, (size_t)n);
    }
}

/* at, key: whom to blame when the file cannot be read. */
static bool read_file(struct reading *r, const char *file, const struct conf_place *at,
                      const char *key)
{
    CLEANUP(buf_clear) struct buf bytes;
    buf_init(&bytes, FILE_MAX + 4096);
    int error = read_bytes(file, &bytes);
    if (error == ERR_TOO_BIG)
        return say_too_big(r, file);
    if (error)
        return conf_fault(r->why, at, key, "cannot read \"%s\": %s", file, err_text(error));
    return read_text(r, file, buf_slice(&bytes));
}

/* A relative path is relative to the folder of the file that includes it. */
static const char *included_path(struct reading *r, const char *path)
{
    struct slice folder, name, file = slice_of_str(r->conf->file), tail = slice_of_str(path);
    if (*path == '/' || !slice_cut_last(file, '/', &folder, &name))
        return path;
    char *joined = arena_alloc(&r->conf->arena, folder.n + 1 + tail.n + 1);
    if (!joined)
        return NULL;
    for (size_t i = 0; i <= folder.n; i++) /* with its slash */
        joined[i] = (char)file.p[i];
    for (size_t i = 0; i < tail.n; i++)
        joined[folder.n + 1 + i] = path[i];
    return joined;
}

static bool read_includes(struct reading *r)
{
    r->no_include = "an included file includes no other";
    for (size_t i = 0; i < r->includes.n; i++) {
        const char *path = included_path(r, r->includes.at[i]);
        if (!path)
            return conf_fault(r->why, &r->includes.place[i], "include", READING_NO_MEMORY);
        if (!read_file(r, path, &r->includes.place[i], "include"))
            return false;
    }
    return true;
}

static bool needs_default(const struct reading *r, const struct key *key)
{
    if (!key->fallback)
        return false;
    if (key->type == KEY_CLIENTID_RULES)
        return !clientid_has_all(&r->conf->clientid);
    return r->conf->places[key_index(key)].line == 0;
}

static bool read_defaults(struct reading *r, bool lookup)
{
    struct conf *conf = r->conf;
    for (size_t i = 0; i < conf_key_count; i++)
        if (needs_default(r, &conf_keys[i]) && !value_default(r, &conf_keys[i]))
            return false;
    if (!conf->submission.hostname)
        conf->submission.hostname = hostname_of_system(&conf->arena, lookup);
    return conf->submission.hostname || conf_fault(r->why, &(struct conf_place){ conf->file, 1, 1 },
                                                   "submission.hostname", READING_NO_MEMORY);
}

/* What no single row can say. */
static bool check_meaning(struct reading *r)
{
    const struct conf_submission *s = &r->conf->submission;
    if (s->sender == CONF_SENDER_MAP && !s->sender_map)
        return conf_fault(r->why, &s->sender_place, "submission.sender",
                          "\"map\" needs a file: set submission.sender-map");
    return conf_policy_check(r) && conf_alerts_check(r) && conf_milter_check(r);
}

static struct conf *conf_new(const char *file, struct buf *why)
{
    struct arena arena;
    arena_init(&arena, CONF_MAX);
    struct conf *conf = arena_alloc(&arena, sizeof *conf);
    if (conf) {
        conf->places = arena_alloc(&arena, conf_key_count * sizeof *conf->places);
        conf->file = arena_str(&arena, slice_of_str(file));
        conf->arena = arena;
    }
    if (conf && conf->places && conf->file)
        return conf;
    arena_clear(&arena);
    (void)conf_fault(why, &(struct conf_place){ file, 1, 1 }, "file", READING_NO_MEMORY);
    return NULL;
}

static struct conf *finish(struct reading *r, bool fine)
{
    if (!fine || !check_meaning(r)) {
        conf_free(r->conf);
        return NULL;
    }
    return r->conf;
}

struct conf *conf_parse(const char *name, struct slice text, struct buf *why)
{
    struct reading r = { .conf = conf_new(name, why),
                         .why = why,
                         .no_include = "only a file on disk includes others" };
    if (!r.conf)
        return NULL;
    r.base = r.conf;
    arena_init(&r.nodes, NODES_MAX);
    return finish(&r, read_text(&r, r.conf->file, text) && read_defaults(&r, false));
}

struct conf *conf_load(const char *path, struct buf *why)
{
    struct reading r = { .conf = conf_new(path, why), .why = why };
    if (!r.conf)
        return NULL;
    r.base = r.conf;
    arena_init(&r.nodes, NODES_MAX);
    struct conf_place top = { r.conf->file, 1, 1 };
    return finish(&r, read_file(&r, r.conf->file, &top, "file") && read_includes(&r) &&
                          read_defaults(&r, true));
}
