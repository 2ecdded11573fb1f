/* SPDX-License-Identifier: ISC */
#include "net/resolver.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "net/dns_file.h"
#include "net/resolver_internal.h"

#define ROWS              256
#define IN_FLIGHT_DEFAULT 1000
#define DOMAIN_SHARE      8 /* one domain may have so many of those in flight: 1/8 */
#define SPARE_SHARE       4 /* and those that somebody could do without, 1/4 */
#define ARENA_MAX         ((size_t)256 * 1024)
#define RRTYPE_DEFAULT    65280

enum standing { NO_NAME, FULL, DOMAIN_FULL, NO_MEMORY, STANDINGS };

struct resolver {
    struct loop *loop;
    struct unbound *unbound; /* or */
    struct dns_file *file;
    uint32_t open, in_flight;
    struct lookup *rows[ROWS]; /* on their way */
    struct lookup *answered, **answered_end;
    struct lookup standing[STANDINGS]; /* need no memory */
    struct loop_task task;
};

static const struct postern_dns_response standing_response[STANDINGS] = {
    [NO_NAME] = { .answer = POSTERN_DNS_NXDOMAIN },
    [FULL] = { .answer = POSTERN_DNS_SERVFAIL, .why = "too many questions at one time" },
    [DOMAIN_FULL] = { .answer = POSTERN_DNS_SERVFAIL,
                      .why = "too many unanswered questions to one domain" },
    [NO_MEMORY] = { .answer = POSTERN_DNS_SERVFAIL, .why = "out of memory" },
};

/* ---- rings of askers ---- */

static void ring_init(struct resolver_link *ring)
{
    ring->next = ring->previous = ring;
}

static void ring_append(struct resolver_link *ring, struct resolver_link *link)
{
    link->next = ring;
    link->previous = ring->previous;
    ring->previous->next = link;
    ring->previous = link;
}

static void ring_remove(struct resolver_link *link)
{
    link->next->previous = link->previous;
    link->previous->next = link->next;
    link->next = link->previous = NULL;
}

static bool ring_is_empty(const struct resolver_link *ring)
{
    return ring->next == ring;
}

/* All of `from` to the empty ring `to`. */
static void ring_move(struct resolver_link *from, struct resolver_link *to)
{
    ring_init(to);
    if (ring_is_empty(from))
        return;
    to->next = from->next;
    to->previous = from->previous;
    to->next->previous = to->previous->next = to;
    ring_init(from);
}

/* ---- names ---- */

/* Lower case, no final dot. Escapes of master files are not understood: a name has no "\". */
static bool copy_name(const char *name, char *out)
{
    size_t n = strlen(name), label = 0;
    if (n && name[n - 1] == '.')
        n--;
    if (n == 0 || n > RESOLVER_NAME_MAX)
        return false;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = ascii_lower((uint8_t)name[i]);
        label = c == '.' ? 0 : label + 1;
        if (c <= ' ' || c > '~' || c == '\\' || label > 63 ||
            (c == '.' && (i == 0 || name[i - 1] == '.')))
            return false;
        out[i] = (char)c;
    }
    out[n] = '\0';
    return true;
}

/* What one owner is likely to hold: two labels, or three where the last two are as short as co.uk. */
static const char *domain_of(const char *name)
{
    const char *at = name + strlen(name), *label[3] = { at, at, at };
    for (unsigned labels = 0; at > name && labels < 3;) {
        at--;
        if (at == name || at[-1] == '.')
            label[labels++] = at;
    }
    bool is_short = strlen(label[0]) <= 2 && label[0] - label[1] <= 4;
    return is_short ? label[2] : label[1];
}

static size_t row_of(const char *name, uint16_t type)
{
    uint32_t hash = 2166136261U ^ type; /* FNV-1a: rows are few, and the questions bounded */
    for (; *name; name++)
        hash = (hash ^ (uint8_t)*name) * 16777619U;
    return hash % ROWS;
}

static struct lookup *find(struct resolver *r, const char *name, uint16_t type)
{
    for (struct lookup *l = r->rows[row_of(name, type)]; l; l = l->next)
        if (l->type == type && strcmp(l->name, name) == 0)
            return l;
    return NULL;
}

static bool domain_is_full(const struct resolver *r, const char *name)
{
    uint32_t most = r->in_flight / DOMAIN_SHARE + 1, n = 0;
    if (r->open < most)
        return false;
    const char *domain = domain_of(name);
    for (size_t row = 0; row < ROWS; row++)
        for (const struct lookup *l = r->rows[row]; l; l = l->next)
            n += strcmp(domain_of(l->name), domain) == 0;
    return n >= most;
}

/* ---- lookups ---- */

static void lookup_free(struct lookup *l)
{
    arena_clear(&l->arena);
    free(l->packet);
    free(l->why);
    free(l);
}

static struct lookup *lookup_new(struct resolver *r, const char *name, uint16_t type)
{
    struct lookup *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->resolver = r;
    l->type = type;
    ring_init(&l->askers);
    arena_init(&l->arena, ARENA_MAX);
    memcpy(l->name, name, strlen(name) + 1);
    return l;
}

static void enter(struct lookup *l)
{
    struct resolver *r = l->resolver;
    struct lookup **row = &r->rows[row_of(l->name, l->type)];
    l->next = *row;
    *row = l;
    r->open++;
}

static void leave(struct lookup *l)
{
    struct resolver *r = l->resolver;
    struct lookup **at = &r->rows[row_of(l->name, l->type)];
    while (*at != l)
        at = &(*at)->next;
    *at = l->next;
    r->open--;
}

void resolver_answered(struct lookup *l)
{
    struct resolver *r = l->resolver;
    leave(l);
    l->answered = true;
    l->next = NULL;
    *r->answered_end = l;
    r->answered_end = &l->next;
    loop_defer(r->loop, &r->task);
}

static void give(struct resolver_query *q, const struct postern_dns_response *response)
{
    ring_remove(&q->link);
    timer_clear(&q->deadline);
    q->run = NULL;
    q->on_answer(q, response);
}

static void give_all(struct resolver_link *askers, const struct postern_dns_response *response)
{
    while (!ring_is_empty(askers))
        give(CONTAINER_OF(askers->next, struct resolver_query, link), response);
}

/* Who asks again from on_answer is answered in another round. */
static void give_standing(struct resolver *r)
{
    for (int i = 0; i < STANDINGS; i++) {
        struct resolver_link askers;
        ring_move(&r->standing[i].askers, &askers);
        give_all(&askers, &standing_response[i]);
    }
}

static void on_task(struct loop_task *task)
{
    struct resolver *r = CONTAINER_OF(task, struct resolver, task);
    struct lookup *l = r->answered;
    r->answered = NULL;
    r->answered_end = &r->answered;
    while (l) {
        struct lookup *next = l->next;
        give_all(&l->askers, &l->response);
        lookup_free(l);
        l = next;
    }
    give_standing(r);
}

/* ---- the resolver ---- */

static bool open_source(struct resolver *r, const struct resolver_setup *setup, struct buf *why)
{
    if (setup->file)
        r->file = dns_file_load(setup->file, setup->rrtype ? setup->rrtype : RRTYPE_DEFAULT, why);
    struct resolver_setup bounded = *setup;
    bounded.in_flight = r->in_flight;
    if (!setup->file)
        r->unbound = unbound_new(r->loop, &bounded, why);
    return r->file || r->unbound;
}

struct resolver *resolver_new(struct loop *loop, const struct resolver_setup *setup,
                              struct buf *why)
{
    struct resolver *r = calloc(1, sizeof *r);
    if (!r) {
        buf_append_str(why, "out of memory");
        return NULL;
    }
    r->loop = loop;
    r->task.run = on_task;
    r->answered_end = &r->answered;
    r->in_flight = setup->in_flight ? setup->in_flight : IN_FLIGHT_DEFAULT;
    for (int i = 0; i < STANDINGS; i++) {
        r->standing[i] = (struct lookup){ .resolver = r, .standing = true };
        ring_init(&r->standing[i].askers);
    }
    if (open_source(r, setup, why))
        return r;
    resolver_free(r);
    return NULL;
}

static void drop_askers(struct resolver_link *askers)
{
    while (!ring_is_empty(askers))
        resolver_cancel(CONTAINER_OF(askers->next, struct resolver_query, link));
}

static void drop_lookups(struct lookup *l)
{
    while (l) {
        struct lookup *next = l->next;
        drop_askers(&l->askers);
        lookup_free(l);
        l = next;
    }
}

void resolver_free(struct resolver *r)
{
    if (!r)
        return;
    unbound_free(r->unbound); /* may still answer */
    loop_undefer(r->loop, &r->task);
    for (size_t row = 0; row < ROWS; row++)
        drop_lookups(r->rows[row]);
    drop_lookups(r->answered);
    for (int i = 0; i < STANDINGS; i++)
        drop_askers(&r->standing[i].askers);
    dns_file_free(r->file);
    free(r);
}

bool resolver_believes(const struct resolver *r)
{
    return r->unbound && unbound_believes(r->unbound);
}

static void join(struct lookup *l, struct resolver_query *query)
{
    query->run = l;
    ring_append(&l->askers, &query->link);
}

static void stand(struct resolver *r, struct resolver_query *query, enum standing which)
{
    join(&r->standing[which], query);
    loop_defer(r->loop, &r->task);
}

static void on_deadline(struct loop_timer *timer)
{
    static const struct postern_dns_response late = { .answer = POSTERN_DNS_TIMEOUT };
    give(CONTAINER_OF(timer, struct resolver_query, deadline), &late);
}

/* What the file says lives longer than any question. */
static void ask_file(struct resolver *r, struct lookup *l)
{
    enter(l);
    dns_file_find(r->file, l->name, l->type, &l->response);
    resolver_answered(l);
}

/* False: it is never answered. */
static bool start(struct resolver *r, struct lookup *l)
{
    if (r->file) {
        ask_file(r, l);
        return true;
    }
    enter(l);
    if (unbound_ask(r->unbound, l) == 0)
        return true;
    leave(l);
    return false;
}

static void ask_new(struct resolver *r, struct resolver_query *query, const char *name,
                    uint16_t type)
{
    if (r->open >= (query->spare ? r->in_flight / SPARE_SHARE : r->in_flight)) {
        stand(r, query, FULL);
        return;
    }
    if (domain_is_full(r, name)) {
        stand(r, query, DOMAIN_FULL);
        return;
    }
    struct lookup *l = lookup_new(r, name, type);
    if (!l) {
        stand(r, query, NO_MEMORY);
        return;
    }
    join(l, query);
    if (start(r, l))
        return;
    ring_remove(&query->link);
    lookup_free(l);
    stand(r, query, NO_MEMORY);
}

void resolver_ask(struct resolver *r, struct resolver_query *query, const char *name, uint16_t type,
                  int64_t timeout_us)
{
    char plain[RESOLVER_NAME_MAX + 1];
    CHECK(!query->run);
    timer_init(&query->deadline, r->loop, on_deadline);
    if (!copy_name(name, plain)) {
        stand(r, query, NO_NAME);
        return;
    }
    struct lookup *l = find(r, plain, type);
    if (l)
        join(l, query);
    else
        ask_new(r, query, plain, type);
    const struct lookup *where = query->run;
    if (!where->answered && !where->standing)
        timer_set(&query->deadline, loop_now_us(r->loop) + timeout_us);
}

void resolver_cancel(struct resolver_query *query)
{
    if (!query->run)
        return;
    ring_remove(&query->link);
    timer_clear(&query->deadline);
    query->run = NULL;
}
