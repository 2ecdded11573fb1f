/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "practices/zone_lint_internal.h"

#define TEXT_MAX 8192 /* octets of one finding's text */

const char *zone_lint_severity_text(enum zone_lint_severity severity)
{
    switch (severity) {
    case ZONE_LINT_NOTE: return "note";
    case ZONE_LINT_WARNING: return "warning";
    case ZONE_LINT_ERROR: return "error";
    }
    return NULL;
}

/* ---- names ---- */

struct slice lint_parent(struct slice name)
{
    struct slice label, rest;
    (void)slice_cut(name, '.', &label, &rest);
    return rest;
}

bool lint_split(struct slice name, struct slice label, struct slice *head, struct slice *tail)
{
    struct slice first, rest = name;
    for (bool more = name.n > 0; more;) {
        more = slice_cut(rest, '.', &first, &rest);
        if (!slice_equal(first, label) || first.p == name.p)
            continue;
        *head = slice_first(name, (size_t)(first.p - name.p) - 1);
        *tail = rest;
        return true;
    }
    return false;
}

static bool is_within(struct slice name, struct slice above)
{
    if (above.n == 0 || slice_equal(name, above))
        return true;
    return name.n > above.n && name.p[name.n - above.n - 1] == '.' &&
           slice_equal(slice_from(name, name.n - above.n), above);
}

struct lint_node *lint_find(const struct lint *l, struct slice name)
{
    size_t low = 0, high = l->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = slice_compare(l->nodes[middle].name, name);
        if (order == 0)
            return &l->nodes[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

bool lint_is_ours(const struct lint *l, struct slice name)
{
    if (!is_within(name, l->apex))
        return false;
    for (; name.n > l->apex.n; name = lint_parent(name)) {
        const struct lint_node *node = lint_find(l, name);
        if (node && node->delegation)
            return false;
    }
    return true;
}

/* ---- findings ---- */

static bool make_room(struct lint *l)
{
    if (l->findings_n < l->findings_cap)
        return true;
    size_t cap = l->findings_cap ? l->findings_cap * 2 : 16;
    struct zone_lint_finding *grown = arena_alloc(l->arena, cap * sizeof *grown);
    if (!grown)
        return false;
    if (l->findings_n)
        memcpy(grown, l->findings, l->findings_n * sizeof *grown);
    l->findings = grown;
    l->findings_cap = cap;
    return true;
}

static size_t line_of(const struct lint *l, const struct lint_where *where)
{
    const struct lint_node *node = where->line ? NULL : lint_find(l, where->name);
    return node ? node->line : where->line;
}

void lint_say(struct lint *l, const struct lint_where *where, const char *format, ...)
{
    struct buf b;
    va_list args;
    buf_init(&b, TEXT_MAX);
    va_start(args, format);
    buf_vprintf(&b, format, args);
    va_end(args);
    const char *text = b.failed ? NULL : arena_str(l->arena, buf_slice(&b));
    buf_clear(&b);
    if (!text || !make_room(l)) {
        l->failed = true;
        return;
    }
    l->findings[l->findings_n++] = (struct zone_lint_finding){ .name = where->name,
                                                               .line = line_of(l, where),
                                                               .severity = where->severity,
                                                               .code = where->code,
                                                               .text = text };
}

/* By what says the same of the same name, to be told once: the first one. */
static int by_saying(const void *a_, const void *b_)
{
    const struct zone_lint_finding *a = a_, *b = b_;
    int order = slice_compare(a->name, b->name);
    if (order == 0)
        order = strcmp(a->code, b->code);
    if (order == 0)
        order = (a->line > b->line) - (a->line < b->line);
    return order ? order : strcmp(a->text, b->text);
}

static int by_line(const void *a_, const void *b_)
{
    const struct zone_lint_finding *a = a_, *b = b_;
    int order = (a->line > b->line) - (a->line < b->line);
    return order ? order : by_saying(a_, b_);
}

/* A rule of names says the same of a name for each of those below it; one of records says it of each
 * record. */
static bool is_repeated(const struct zone_lint_finding *a, const struct zone_lint_finding *b)
{
    static const char *const once[] = { "keys-without-practices", "not-covered", "not-inherited" };
    bool same = slice_equal(a->name, b->name) && strcmp(a->code, b->code) == 0;
    for (size_t i = 0; same && i < ARRAY_SIZE(once); i++)
        if (strcmp(a->code, once[i]) == 0)
            return true;
    return false;
}

static void sort_findings(struct lint *l)
{
    size_t kept = 0;
    if (!l->findings_n)
        return;
    qsort(l->findings, l->findings_n, sizeof *l->findings, by_saying);
    for (size_t i = 0; i < l->findings_n; i++)
        if (!kept || !is_repeated(&l->findings[kept - 1], &l->findings[i]))
            l->findings[kept++] = l->findings[i];
    l->findings_n = kept;
    qsort(l->findings, l->findings_n, sizeof *l->findings, by_line);
}

/* ---- the zone by its names ---- */

static int by_name(const void *a_, const void *b_)
{
    const struct zone_lint_record *a = ((const struct lint_entry *)a_)->record;
    const struct zone_lint_record *b = ((const struct lint_entry *)b_)->record;
    int order = slice_compare(a->name, b->name);
    if (order == 0)
        order = (a->line > b->line) - (a->line < b->line);
    return order ? order : (a > b) - (a < b);
}

static void see_record(struct lint *l, struct lint_node *node, const struct zone_lint_record *r)
{
    node->mail |= r->type == POSTERN_DNS_TYPE_MX;
    node->address |= r->type == TYPE_A || r->type == TYPE_AAAA;
    node->delegation |= r->type == TYPE_NS && !slice_equal(r->name, l->apex);
}

static void find_apex(struct lint *l, const struct zone_lint_zone *zone)
{
    l->apex = zone->apex;
    for (size_t i = 0; i < zone->n && !zone->apex.n; i++) {
        const struct zone_lint_record *r = &zone->records[i];
        if (i == 0 || r->name.n < l->apex.n)
            l->apex = r->name;
        if (r->type == TYPE_SOA) {
            l->apex = r->name;
            return;
        }
    }
}

static bool make_nodes(struct lint *l, const struct zone_lint_zone *zone)
{
    struct lint_entry *sorted = arena_alloc(l->arena, zone->n * sizeof *sorted);
    l->nodes = arena_alloc(l->arena, zone->n * sizeof *l->nodes);
    if (!sorted || !l->nodes)
        return false;
    for (size_t i = 0; i < zone->n; i++)
        sorted[i].record = &zone->records[i];
    if (zone->n)
        qsort(sorted, zone->n, sizeof *sorted, by_name);
    for (size_t i = 0; i < zone->n; i++) {
        struct lint_node *last = l->n ? &l->nodes[l->n - 1] : NULL;
        if (!last || !slice_equal(last->name, sorted[i].record->name)) {
            last = &l->nodes[l->n++];
            *last = (struct lint_node){ .name = sorted[i].record->name,
                                        .line = sorted[i].record->line,
                                        .records = &sorted[i] };
        }
        last->n++;
        see_record(l, last, sorted[i].record);
    }
    return true;
}

/* What is below _domainkey and _user is about the name above. */
static void mark_above(struct lint *l, const struct lint_node *node)
{
    struct slice head, tail;
    struct lint_node *above;
    if (lint_split(node->name, SLICE("_domainkey"), &head, &tail) &&
        !slice_starts(head, SLICE("_")) && (above = lint_find(l, tail)) != NULL)
        above->has_keys = true;
    if (lint_split(node->name, SLICE("_user"), &head, &tail) &&
        (above = lint_find(l, tail)) != NULL)
        above->has_users = true;
}

static void apply_rules(struct lint *l)
{
    for (size_t i = 0; i < l->n; i++) {
        mark_above(l, &l->nodes[i]);
        lint_practices(l, &l->nodes[i]);
    }
    for (size_t i = 0; i < l->n; i++) {
        const struct lint_node *node = &l->nodes[i];
        if (!lint_is_ours(l, node->name))
            continue;
        lint_keys(l, node);
        lint_user(l, node);
        lint_wildcard(l, node);
        lint_coverage(l, node);
    }
}

bool zone_lint(const struct zone_lint_zone *zone, struct arena *arena,
               const struct zone_lint_finding **out, size_t *out_n)
{
    struct lint l = { .arena = arena, .rrtype = zone->rrtype };
    find_apex(&l, zone);
    if (!make_nodes(&l, zone))
        return false;
    apply_rules(&l);
    if (l.failed)
        return false;
    sort_findings(&l);
    *out = l.findings;
    *out_n = l.findings_n;
    return true;
}
