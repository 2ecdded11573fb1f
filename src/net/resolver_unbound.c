/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <unbound.h>

#include <unbound-event.h>

#include "base/clock.h"
#include "net/dns_packet.h"
#include "net/resolver_internal.h"

#define SYSTEM_ANCHOR "/usr/share/dns/root.key"
#define CACHE_DEFAULT ((size_t)16 * 1024 * 1024)
#define TCP_AT_ONCE   "64"
#define CLASS_IN      1
#define TYPE_DNSKEY   48
#define BELIEVE_US    (60 * US_PER_S)
#define LONGEST_US    (5 * US_PER_S)
#define TRIES         5       /* of libunbound, out of the box: two questions each, */
#define TRIED_US      3100000 /* and it gives up on a server that was quick before */
#define OTHER_SOCKETS 256     /* for the addresses of servers and for DNSSEC */

/* What libunbound says of DNSSEC (unbound-event.h). */
enum { SEC_BOGUS = 1, SEC_SECURE = 2 };

struct unbound {
    struct ub_ctx *context;
    struct ub_ctx *plain; /* without validation, where that may be; NULL: it may not */
    struct loop *loop;
    struct loop_task task;
    struct lookup *doubted; /* bogus, perhaps for want of DNSSEC on the way */
    int64_t plain_until_us;
    bool probing, probed, secure;
};

static void answer_failed(struct lookup *lookup, const char *why)
{
    lookup->response = (struct postern_dns_response){ .answer = POSTERN_DNS_SERVFAIL, .why = why };
}

/* The packet is libunbound's until this returns: RDATA points into our copy. */
static void keep_packet(struct lookup *lookup, struct slice packet)
{
    struct fault fault;
    struct postern_dns_response *out = &lookup->response;
    uint8_t *copy = malloc(packet.n + 1);
    if (!copy) {
        answer_failed(lookup, "out of memory");
        return;
    }
    memcpy(copy, packet.p, packet.n);
    lookup->packet = copy;
    if (!dns_packet_read((struct slice){ copy, packet.n }, lookup->type, &lookup->arena, out,
                         &fault))
        answer_failed(lookup, fault.what);
}

/* RFC 4035 §5.5: forged data is there all the same, and is not looked at. */
static void keep_bogus(struct lookup *lookup, const char *why)
{
    lookup->why = why ? strdup(why) : NULL;
    lookup->response =
        (struct postern_dns_response){ .answer = POSTERN_DNS_BOGUS, .why = lookup->why };
}

static bool is_plain(const struct unbound *u)
{
    return u->plain && loop_now_us(u->loop) < u->plain_until_us;
}

bool unbound_believes(const struct unbound *u)
{
    return is_plain(u);
}

/* Libunbound is not called from inside its own callback. */
static void doubt(struct lookup *lookup)
{
    struct unbound *u = lookup->unbound;
    lookup->next_doubted = u->doubted;
    u->doubted = lookup;
    loop_defer(u->loop, &u->task);
}

static void on_unbound(void *arg, int rcode, void *packet, int n, int sec, char *why_bogus,
                       int was_ratelimited)
{
    struct lookup *lookup = arg;
    if (sec == SEC_BOGUS)
        keep_bogus(lookup, why_bogus);
    else if (rcode != 0 || !packet || n <= 0)
        answer_failed(lookup, was_ratelimited ? "too many questions to one domain" : NULL);
    else
        keep_packet(lookup, (struct slice){ packet, (size_t)n });
    lookup->response.secure = sec == SEC_SECURE;
    if (sec == SEC_BOGUS && lookup->unbound->plain)
        doubt(lookup);
    else
        resolver_answered(lookup);
}

static int ask_at(struct ub_ctx *context, struct lookup *lookup)
{
    int error =
        ub_resolve_event(context, lookup->name, lookup->type, CLASS_IN, lookup, on_unbound, NULL);
    return error == UB_NOERROR ? 0 : -ENOMEM;
}

int unbound_ask(struct unbound *u, struct lookup *lookup)
{
    lookup->unbound = u;
    return ask_at(is_plain(u) ? u->plain : u->context, lookup);
}

/* ---- forwarders that know no DNSSEC ---- */

static void on_probe(void *arg, int rcode, void *packet UNUSED, int n UNUSED, int sec,
                     char *why_bogus UNUSED, int was_ratelimited UNUSED)
{
    struct unbound *u = arg;
    u->probing = false;
    u->probed = true;
    u->secure = rcode == 0 && sec == SEC_SECURE;
    loop_defer(u->loop, &u->task);
}

/* Can the forwarder give the root's keys, as the anchor has them? */
static void probe(struct unbound *u)
{
    if (u->probing)
        return;
    u->probing =
        ub_resolve_event(u->context, ".", TYPE_DNSKEY, CLASS_IN, u, on_probe, NULL) == UB_NOERROR;
    if (!u->probing) { /* no memory: what was said stands */
        u->probed = u->secure = true;
        loop_defer(u->loop, &u->task);
    }
}

static void settle(struct unbound *u, struct lookup *lookup)
{
    if (!u->secure) {
        free(lookup->why);
        lookup->why = NULL;
        if (ask_at(u->plain, lookup) == 0)
            return;
        answer_failed(lookup, "out of memory");
    }
    resolver_answered(lookup);
}

static void on_task(struct loop_task *task)
{
    struct unbound *u = CONTAINER_OF(task, struct unbound, task);
    if (!u->probed) {
        probe(u);
        return;
    }
    u->probed = false;
    if (!u->secure)
        u->plain_until_us = loop_now_us(u->loop) + BELIEVE_US;
    struct lookup *lookup = u->doubted;
    u->doubted = NULL;
    while (lookup) {
        struct lookup *next = lookup->next_doubted;
        settle(u, lookup);
        lookup = next;
    }
}

static bool is_here(const char *forwarder)
{
    struct slice address, port;
    (void)slice_cut(slice_of_str(forwarder), '@', &address, &port);
    return slice_starts(address, SLICE("127.")) || slice_equal(address, SLICE("::1"));
}

static bool may_believe(const struct resolver_setup *setup)
{
    for (size_t i = 0; i < setup->forward_n; i++)
        if (!is_here(setup->forward[i]))
            return false;
    return !setup->anchor && setup->forward_n > 0;
}

/* ---- its setup ---- */

static bool set(struct ub_ctx *context, const char *option, const char *value)
{
    return ub_ctx_set_option(context, option, value) == UB_NOERROR;
}

static bool set_number(struct ub_ctx *context, const char *option, size_t value)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%zu", value);
    return set(context, option, text);
}

/* Out of the box libunbound has 16 sockets: so many dead servers would stop all others. */
static bool set_bounds(struct ub_ctx *context, uint32_t questions, size_t cache)
{
    return set_number(context, "outgoing-range:", (size_t)questions + OTHER_SOCKETS) &&
           set_number(context, "num-queries-per-thread:", (size_t)questions * 4) &&
           set(context, "outgoing-num-tcp:", TCP_AT_ONCE) &&
           set_number(context, "rrset-cache-size:", cache / 2) &&
           set_number(context, "msg-cache-size:", cache / 4) &&
           set_number(context, "key-cache-size:", cache / 8) &&
           set_number(context, "neg-cache-size:", cache / 8) &&
           set(context, "do-not-query-localhost:", "no");
}

/* libunbound takes the low 16 bits of any port. */
static bool port_is_good(struct slice forwarder)
{
    struct slice address, port;
    uint32_t number;
    return !slice_cut(forwarder, '@', &address, &port) ||
           slice_to_u32(port, 1, UINT16_MAX, &number);
}

/* However quick the forwarder was before, for this name it takes as long as the servers behind it do:
 * libunbound must not give up, and say SERVFAIL, before the question's own deadline. A try more makes
 * it wait half as long again (measured, 1.17: 3.1, 4.2, 6.1, 9.7 s). */
static bool set_patience(struct ub_ctx *context, int64_t longest_us)
{
    size_t tries = TRIES;
    for (int64_t tried_us = TRIED_US; tried_us < 2 * longest_us; tried_us += tried_us / 2)
        tries++;
    return set_number(context, "outbound-msg-retry:", tries);
}

/* A forwarder is slow where the servers behind it are dead. Libunbound would take the forwarder for
 * dead then, and fail whatever else is asked, for minutes: so it must not remember for long. */
static bool set_forwarders(struct ub_ctx *context, const struct resolver_setup *setup,
                           struct buf *why)
{
    int64_t longest_us = setup->longest_us > 0 ? setup->longest_us : LONGEST_US;
    if (setup->forward_n &&
        (!set(context, "infra-host-ttl:", "1") || !set_patience(context, longest_us)))
        return false;
    for (size_t i = 0; i < setup->forward_n; i++) {
        const char *forwarder = setup->forward[i];
        if (port_is_good(slice_of_str(forwarder)) &&
            ub_ctx_set_fwd(context, forwarder) == UB_NOERROR)
            continue;
        buf_printf(why, "%s: not ADDRESS or ADDRESS@PORT", forwarder);
        return false;
    }
    return true;
}

static bool set_anchor(struct ub_ctx *context, const char *anchor, struct buf *why)
{
    const char *file = anchor ? anchor : SYSTEM_ANCHOR;
    if (!*file)
        return true;
    if (access(file, R_OK) != 0) {
        buf_printf(why, "trust anchor %s: %s%s", file, strerrordesc_np(errno),
                   anchor ? "" : " (Debian's package dns-root-data has it)");
        return false;
    }
    return ub_ctx_add_ta_file(context, file) == UB_NOERROR;
}

static void on_first(void *arg UNUSED, int rcode UNUSED, void *packet UNUSED, int n UNUSED,
                     int sec UNUSED, char *why_bogus UNUSED, int was_ratelimited UNUSED)
{
}

/* Files are read at the first question: ask one that needs nobody, to know now. Libunbound says what
 * is wrong only in its log. */
static bool finish(struct ub_ctx *context, struct buf *why)
{
    char *said = NULL;
    size_t n = 0;
    FILE *log = open_memstream(&said, &n);
    if (!log)
        return false;
    (void)ub_ctx_debugout(context, log);
    int error = ub_resolve_event(context, "localhost", 1, CLASS_IN, NULL, on_first, NULL);
    (void)ub_ctx_debugout(context, NULL); /* from here on it is silent */
    (void)fclose(log);
    if (error != UB_NOERROR)
        buf_printf(why, "libunbound: %s: %.*s", ub_strerror(error), (int)strcspn(said, "\n"), said);
    free(said);
    return error == UB_NOERROR;
}

/* anchor: as in the setup. NULL: *why says it. */
static struct ub_ctx *context_new(struct loop *loop, const struct resolver_setup *setup,
                                  const char *anchor, struct buf *why)
{
    uint32_t questions = setup->in_flight;
    size_t cache = setup->cache ? setup->cache : CACHE_DEFAULT;
    struct ub_ctx *context = ub_ctx_create_event(loop_base(loop));
    if (context && set_bounds(context, questions, cache) && set_forwarders(context, setup, why) &&
        set_anchor(context, anchor, why) && finish(context, why))
        return context;
    if (context)
        ub_ctx_delete(context);
    if (buf_size(why) == 0)
        buf_append_str(why, "libunbound cannot be set up");
    return NULL;
}

struct unbound *unbound_new(struct loop *loop, const struct resolver_setup *setup, struct buf *why)
{
    struct unbound *u = calloc(1, sizeof *u);
    if (!u) {
        buf_append_str(why, "out of memory");
        return NULL;
    }
    u->loop = loop;
    u->task.run = on_task;
    u->context = context_new(loop, setup, setup->anchor, why);
    if (u->context && may_believe(setup))
        u->plain = context_new(loop, setup, "", why);
    if (u->context && (u->plain || !may_believe(setup)))
        return u;
    unbound_free(u);
    return NULL;
}

void unbound_free(struct unbound *u)
{
    if (!u)
        return;
    if (u->plain)
        ub_ctx_delete(u->plain);
    if (u->context)
        ub_ctx_delete(u->context);
    loop_undefer(u->loop, &u->task);
    free(u);
}
