/* SPDX-License-Identifier: ISC */
#include "submit/sender.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "message/address.h"

#define MAP_FILE_MAX   (64 * 1024 * 1024)
#define FROM_MAILBOXES 64
#define FROM_ARENA_MAX (256 * 1024)

struct sender_line {
    struct slice account, addresses;
};

struct sender_map {
    uint8_t *text; /* owned; the lines point into it */
    struct sender_line *lines;
    size_t n;
};

static int compare_nocase(struct slice a, struct slice b)
{
    for (size_t i = 0; i < a.n && i < b.n; i++) {
        uint8_t x = ascii_lower(a.p[i]), y = ascii_lower(b.p[i]);
        if (x != y)
            return x < y ? -1 : 1;
    }
    return (a.n > b.n) - (a.n < b.n);
}

static int compare_lines(const void *a, const void *b)
{
    const struct sender_line *x = a, *y = b;
    return compare_nocase(x->account, y->account);
}

static bool next_address(struct slice *rest, struct slice *address)
{
    while (rest->n) {
        (void)slice_cut(*rest, ',', address, rest);
        *address = slice_trim(*address);
        if (address->n)
            return true;
    }
    return false;
}

static bool is_pattern(struct slice address)
{
    struct smtp_path path;
    struct fault why;
    if (slice_equal(address, SLICE("*")))
        return true;
    if (address.p[0] == '@')
        return smtp_is_domain(slice_from(address, 1));
    return smtp_mailbox_parse(address, &path, &why);
}

static struct slice cut_word(struct slice line, struct slice *rest)
{
    size_t n = 0;
    while (n < line.n && line.p[n] != ' ' && line.p[n] != '\t')
        n++;
    *rest = slice_trim(slice_from(line, n));
    return slice_first(line, n);
}

static const char *read_line(struct slice line, struct sender_line *out)
{
    struct slice address, rest;
    out->account = cut_word(line, &out->addresses);
    rest = out->addresses;
    if (rest.n == 0)
        return "an account without addresses";
    while (next_address(&rest, &address))
        if (!is_pattern(address))
            return "not an address, \"@domain\" or \"*\"";
    return NULL;
}

static size_t count_lines(struct slice text)
{
    size_t n = 1;
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n';
    return n;
}

static bool read_lines(struct sender_map *map, const char *name, struct slice text, struct buf *why)
{
    struct slice line;
    for (unsigned number = 1; text.n; number++) {
        (void)slice_cut(text, '\n', &line, &text);
        if (line.n && line.p[line.n - 1] == '\r')
            line.n--;
        line = slice_trim(line);
        if (line.n == 0 || line.p[0] == '#')
            continue;
        const char *fault = read_line(line, &map->lines[map->n]);
        if (fault) {
            buf_printf(why, "%s:%u: %s", name, number, fault);
            return false;
        }
        map->n++;
    }
    return true;
}

struct sender_map *sender_map_parse(const char *name, struct slice text, struct buf *why)
{
    struct sender_map *map = calloc(1, sizeof *map);
    uint8_t *copy = malloc(text.n + 1);
    if (map && copy)
        map->lines = calloc(count_lines(text), sizeof *map->lines);
    if (!map || !copy || !map->lines) {
        buf_printf(why, "%s: out of memory", name);
        free(copy);
        free(map);
        return NULL;
    }
    map->text = copy;
    if (text.n)
        memcpy(copy, text.p, text.n);
    if (!read_lines(map, name, (struct slice){ copy, text.n }, why)) {
        sender_map_free(map);
        return NULL;
    }
    qsort(map->lines, map->n, sizeof *map->lines, compare_lines);
    return map;
}

static int read_file(const char *path, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int error = 0;
    for (;;) {
        uint8_t *room = buf_reserve(out, 65536);
        ssize_t n = room ? read(fd, room, 65536) : 0;
        if (!room)
            error = ERR_TOO_BIG;
        else if (n < 0)
            error = -errno;
        if (error || n == 0)
            break;
        buf_grew(out, (size_t)n);
    }
    (void)close(fd); /* only read from */
    return error;
}

struct sender_map *sender_map_load(const char *path, struct buf *why)
{
    struct buf text;
    struct sender_map *map = NULL;
    buf_init(&text, MAP_FILE_MAX);
    int error = read_file(path, &text);
    if (error)
        buf_printf(why, "%s: %s", path, err_text(error));
    else
        map = sender_map_parse(path, buf_slice(&text), why);
    buf_clear(&text);
    return map;
}

void sender_map_free(struct sender_map *map)
{
    if (!map)
        return;
    free(map->text);
    free(map->lines);
    free(map);
}

static bool pattern_matches(struct slice pattern, const struct smtp_path *address)
{
    struct smtp_path want;
    struct fault why;
    if (slice_equal(pattern, SLICE("*")))
        return true;
    if (pattern.p[0] == '@')
        return slice_equal_nocase(slice_from(pattern, 1), address->domain);
    return smtp_mailbox_parse(pattern, &want, &why) && smtp_mailbox_equal(&want, address, true);
}

/* An account may have several lines; all count. */
static bool map_allows(const struct sender_map *map, struct slice account,
                       const struct smtp_path *address)
{
    size_t low = 0, high = map ? map->n : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_nocase(map->lines[middle].account, account) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; map && low < map->n && compare_nocase(map->lines[low].account, account) == 0; low++) {
        struct slice pattern, rest = map->lines[low].addresses;
        while (next_address(&rest, &pattern))
            if (pattern_matches(pattern, address))
                return true;
    }
    return false;
}

/* "local@domain" of an account; without a domain of its own it has the realm's. */
static bool own_address(const struct sender_policy *policy, struct slice account,
                        struct smtp_path *out)
{
    if (slice_cut_last(account, '@', &out->local, &out->domain))
        return out->domain.n > 0;
    out->local = account;
    out->domain = policy->realm;
    return policy->realm.n > 0;
}

static enum conf_sender mode_of(const struct sender_policy *policy, struct slice account)
{
    struct smtp_path own = { 0 };
    if (policy->mode != CONF_SENDER_AUTO)
        return policy->mode;
    return own_address(policy, account, &own) ? CONF_SENDER_OWN : CONF_SENDER_ANY;
}

bool sender_is_restricted(const struct sender_policy *policy, struct slice account)
{
    return mode_of(policy, account) != CONF_SENDER_ANY;
}

bool sender_allowed(const struct sender_policy *policy, struct slice account,
                    const struct smtp_path *address)
{
    struct smtp_path own = { 0 };
    enum conf_sender mode = mode_of(policy, account);
    if (mode == CONF_SENDER_ANY || (address->local.n == 0 && address->domain.n == 0))
        return true;
    if (mode == CONF_SENDER_OWN && own_address(policy, account, &own) &&
        smtp_mailbox_equal(&own, address, true))
        return true;
    return map_allows(policy->map, account, address);
}

bool sender_from_allowed(const struct sender_policy *policy, struct slice account,
                         struct slice values, unsigned fields)
{
    struct message_mailbox found[FROM_MAILBOXES];
    size_t n = 0;
    struct fault why;
    struct arena arena;
    if (!sender_is_restricted(policy, account) || fields == 0)
        return true;
    arena_init(&arena, FROM_ARENA_MAX);
    bool allowed = fields == 1 &&
                   message_addresses_parse(values, &arena, FROM_MAILBOXES, found, &n, &why) &&
                   n > 0;
    for (size_t i = 0; allowed && i < n; i++) {
        struct smtp_path address = { .local = found[i].local, .domain = found[i].domain };
        allowed = sender_allowed(policy, account, &address);
    }
    arena_clear(&arena);
    return allowed;
}
