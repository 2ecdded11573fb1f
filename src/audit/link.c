/* SPDX-License-Identifier: ISC
 *
 * Links and devices.
 *
 * The probability of a pair is that of its ladder's sum and of a prior: before anything is known, each of n
 * clients is expected to have one other that is the same device, so a pair has odds of 1 in n; of a capture with
 * few clients, which says little of how many there are, 1 in 50.
 */
#include "audit/link.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audit/link_internal.h"

#define PROBABILITY_MOST 0.9999
/* An identity that was copied proves next to nothing: the other, weaker rungs stay. */
#define CLONED_RATIO (-20.0)

const char *audit_link_kind_text(enum audit_link_kind kind)
{
    switch (kind) {
    case AUDIT_LINK_DUID: return "identity";
    case AUDIT_LINK_OTHER_HARDWARE: return "other hardware address";
    case AUDIT_LINK_NAME: return "host name";
    case AUDIT_LINK_ADDRESS: return "address";
    case AUDIT_LINK_NAME_TAIL: return "host name's tail";
    case AUDIT_LINK_HABIT: return "habits and time";
    case AUDIT_LINK_KINDS: break;
    }
    return "";
}

const char *audit_link_reading_text(enum audit_link_reading reading)
{
    switch (reading) {
    case AUDIT_LINK_ONE_DEVICE: return "one device";
    case AUDIT_LINK_TWO_INTERFACES: return "one device with two interfaces";
    case AUDIT_LINK_CLONED: return "a cloned identity";
    }
    return "";
}

/* --- a pair ---------------------------------------------------------------------------------- */

/* Whether the pair is a link, and which. */
static bool judge(const struct link_work *work, struct link_pair pair, struct link_ladder *ladder,
                  struct audit_link *out)
{
    const struct audit_client *a = work->audit->clients[pair.a], *b = work->audit->clients[pair.b];
    struct audit_place at_a, at_b;
    link_climb(work, a, b, ladder);
    bool strong = ladder->kinds & LINK_STRONG, at_once = link_at_once(a, b, &at_a, &at_b);
    if (at_once && !strong) /* the veto */
        return false;
    *out = (struct audit_link){ .a = pair.a, .b = pair.b, .kinds = ladder->kinds };
    out->reading = at_once ? link_reading(work, a, b) : AUDIT_LINK_ONE_DEVICE;
    out->ratio = ladder->against + (out->reading == AUDIT_LINK_CLONED ? CLONED_RATIO : 0);
    for (unsigned kind = 0; kind < AUDIT_LINK_KINDS; kind++)
        if (ladder->kinds & 1u << kind)
            out->ratio += ladder->steps[kind].ratio;
    out->probability = fmin(PROBABILITY_MOST, 1 / (1 + exp(-(work->prior + out->ratio))));
    /* A copy is told whatever the threshold: it is what explains why the two are not one. */
    return out->reading == AUDIT_LINK_CLONED || out->probability >= work->audit->options.threshold;
}

/* --- evidence -------------------------------------------------------------------------------- */

static int say(struct audit *audit, struct buf *text, struct audit_said *out)
{
    if (text->failed || !audit_keep(audit, buf_slice(text), &out->text)) {
        buf_clear(text);
        return -ENOMEM;
    }
    buf_clear(text);
    return 0;
}

static int say_hardware(struct audit *audit, const struct audit_client *client,
                        struct audit_said *out)
{
    struct buf text;
    buf_init(&text, 256);
    out->kind = ID_HARDWARE_ADDRESS;
    dhcp_colon_text(&text, (struct slice){ client->hardware, client->hlen });
    return say(audit, &text, out);
}

static int say_what(struct audit *audit, const struct audit_value *value, uint32_t address,
                    struct audit_said *out)
{
    char room[16];
    struct buf text;
    buf_init(&text, 4 * AUDIT_VALUE_MAX + 256);
    if (value) {
        out->kind = value->kind;
        audit_value_text(value, &text);
    } else if (address) {
        out->kind = ID_REQUESTED_ADDRESS;
        buf_append_str(&text, dhcp_address_text(address, room));
    }
    return say(audit, &text, out);
}

/* Where each shows it, with the other in parentheses. */
static int add_step(struct audit *audit, struct audit_link *link, const struct link_step *step)
{
    const struct audit_client *a = audit->clients[link->a], *b = audit->clients[link->b];
    struct audit_evidence of_a = { .place = step->at_a, .what = step->what };
    struct audit_evidence of_b = { .place = step->at_b, .what = step->what };
    int err = say_what(audit, step->value_a, step->address, &of_a.value);
    if (err == 0)
        err = say_what(audit, step->value_b, step->address, &of_b.value);
    if (err == 0)
        err = say_hardware(audit, b, &of_a.other);
    if (err == 0)
        err = say_hardware(audit, a, &of_b.other);
    if (err == 0)
        err = audit_evidence_add(audit, &link->evidence, &of_a);
    return err < 0 ? err : audit_evidence_add(audit, &link->evidence, &of_b);
}

static int add_reading(struct audit *audit, struct audit_link *link)
{
    const struct audit_client *a = audit->clients[link->a], *b = audit->clients[link->b];
    struct audit_evidence evidence = { .what = "both are active at once on one link: one device "
                                               "with two interfaces" };
    if (link->reading == AUDIT_LINK_ONE_DEVICE ||
        !link_at_once(a, b, &evidence.place, &evidence.place))
        return 0;
    if (link->reading == AUDIT_LINK_CLONED)
        evidence.what = "both are active at once on one link, and it does not fit one device: a "
                        "cloned identity";
    int err = say_hardware(audit, b, &evidence.other);
    return err < 0 ? err : audit_evidence_add(audit, &link->evidence, &evidence);
}

/* The strongest first, then what being active at once makes of it. */
static int add_evidence(struct audit *audit, struct audit_link *link,
                        const struct link_ladder *ladder)
{
    int err = 0;
    bool read = false;
    for (unsigned kind = 0; kind < AUDIT_LINK_KINDS && err == 0; kind++) {
        if (!(ladder->kinds & 1u << kind))
            continue;
        err = add_step(audit, link, &ladder->steps[kind]);
        if (err == 0 && !read)
            err = add_reading(audit, link);
        read = true;
    }
    return err;
}

/* --- all pairs ------------------------------------------------------------------------------- */

/* What a judgement before found of the same pair: its evidence stays, so that a live audit does not grow. */
static const struct audit_link *before(const struct audit *audit, const struct audit_link *link)
{
    size_t low = 0, high = audit->links_n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct audit_link *at = &audit->links[middle];
        if (at->a < link->a || (at->a == link->a && at->b < link->b))
            low = middle + 1;
        else
            high = middle;
    }
    const struct audit_link *at = &audit->links[low];
    bool same = low < audit->links_n && at->a == link->a && at->b == link->b &&
                at->kinds == link->kinds && at->reading == link->reading;
    return same ? at : NULL;
}

struct links {
    struct audit_link *at;
    size_t n, size;
};

static int judge_all(struct link_work *work, struct links *out)
{
    struct audit *audit = work->audit;
    struct link_ladder ladder;
    struct audit_link link;
    for (size_t i = 0; i < work->pairs_n; i++) {
        if (!judge(work, work->pairs[i], &ladder, &link))
            continue;
        const struct audit_link *old = before(audit, &link);
        int err = link_grow((void **)&out->at, &out->size, out->n, sizeof link);
        if (old)
            link.evidence = old->evidence;
        else if (err == 0)
            err = add_evidence(audit, &link, &ladder);
        if (err < 0)
            return err;
        out->at[out->n++] = link;
    }
    return 0;
}

/* The room behind audit.links, with how much there is: a later judgement with no more links uses it again. */
struct room {
    size_t size;
    struct audit_link at[];
};

static int keep_links(struct audit *audit, const struct links *links)
{
    struct room *room = NULL;
    if (audit->links)
        room = (void *)((char *)audit->links - offsetof(struct room, at));
    if (links->n > (room ? room->size : 0)) {
        room = arena_alloc(&audit->memory, sizeof *room + links->n * sizeof *links->at);
        if (!room)
            return -ENOMEM;
        room->size = links->n;
        audit->links = room->at;
    }
    if (links->n)
        memcpy(audit->links, links->at, links->n * sizeof *links->at);
    audit->links_n = links->n;
    return 0;
}

/* --- devices: the sets that links join ------------------------------------------------------- */

static uint32_t first_of(struct audit *audit, uint32_t number)
{
    while (audit->clients[number]->device != number) {
        struct audit_client *client = audit->clients[number];
        client->device = audit->clients[client->device]->device; /* halves the way */
        number = client->device;
    }
    return number;
}

static void make_devices(struct audit *audit)
{
    for (uint32_t i = 0; i < audit->clients_n; i++)
        audit->clients[i]->device = i;
    for (size_t i = 0; i < audit->links_n; i++) {
        const struct audit_link *link = &audit->links[i];
        if (link->reading == AUDIT_LINK_CLONED)
            continue;
        uint32_t a = first_of(audit, link->a), b = first_of(audit, link->b);
        audit->clients[a < b ? b : a]->device = a < b ? a : b;
    }
    for (uint32_t i = 0; i < audit->clients_n; i++)
        audit->clients[i]->device = first_of(audit, i);
}

/* --- the whole ------------------------------------------------------------------------------- */

static int run(struct link_work *work)
{
    struct links links = { NULL, 0, 0 };
    int err = link_items_gather(work);
    if (err == 0) {
        link_names_measure(work);
        err = link_pairs_make(work);
    }
    if (err == 0)
        err = judge_all(work, &links);
    if (err == 0)
        err = keep_links(work->audit, &links);
    free(links.at);
    return err;
}

int audit_links_judge(struct audit *audit)
{
    struct link_work work = { .audit = audit };
    randombytes_buf(work.secret, sizeof work.secret);
    work.prior = -log(fmax(LINK_CLIENTS_LEAST, (double)audit->clients_n));
    int err = run(&work);
    if (err == 0)
        make_devices(audit);
    audit->links_passed_over = work.passed_over;
    free(work.items);
    free(work.pairs);
    return err;
}
