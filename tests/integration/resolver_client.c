/* SPDX-License-Identifier: ISC
 *
 * Asks a resolver what its input says, and prints answers as they come. For test_resolver.py.
 *
 * resolver_client [-f ADDR@PORT]... [-F FILE] [-a ANCHOR] [-t MILLISECONDS] [-n IN_FLIGHT]
 * Lines of the input: NAME TYPE. All that is there is asked at once; at its end the program ends when
 * the last answer has come. Lines of the output: NAME TYPE ANSWER and flags and RDATA in hexadecimal.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "net/loop.h"
#include "net/resolver.h"

struct client {
    struct loop *loop;
    struct resolver *resolver;
    struct loop_watch input;
    struct buf lines;
    int64_t timeout_us;
    size_t open;
    bool ended;
};

struct question {
    struct resolver_query query;
    struct client *client;
    uint32_t type;
    bool inside; /* of resolver_ask */
    char name[1024];
};

static const char *answer_text(enum postern_dns_answer answer)
{
    switch (answer) {
    case POSTERN_DNS_DATA: return "data";
    case POSTERN_DNS_NODATA: return "nodata";
    case POSTERN_DNS_NXDOMAIN: return "nxdomain";
    case POSTERN_DNS_SERVFAIL: return "servfail";
    case POSTERN_DNS_BOGUS: return "bogus";
    case POSTERN_DNS_TIMEOUT: return "timeout";
    }
    return "?";
}

static void print(const struct question *q, const struct postern_dns_response *r)
{
    printf("%s %u %s ttl=%u%s%s%s", q->name, q->type, answer_text(r->answer), r->ttl,
           r->secure ? " secure" : "", r->dangling ? " dangling" : "",
           resolver_believes(q->client->resolver) ? " believed" : "");
    for (size_t i = 0; i < r->rdata_n; i++) {
        printf(" ");
        for (size_t k = 0; k < r->rdata[i].n; k++)
            printf("%02x", r->rdata[i].p[k]);
    }
    if (r->why)
        printf(" why=%s", r->why);
    printf("\n");
    (void)fflush(stdout);
}

static void stop_when_done(struct client *c)
{
    if (c->ended && c->open == 0)
        loop_stop(c->loop);
}

static void on_answer(struct resolver_query *query, const struct postern_dns_response *response)
{
    struct question *q = CONTAINER_OF(query, struct question, query);
    CHECK(!q->inside);
    print(q, response);
    q->client->open--;
    stop_when_done(q->client);
    free(q);
}

static void ask(struct client *c, struct slice line)
{
    struct slice name, type;
    struct question *q = calloc(1, sizeof *q);
    CHECK(q && slice_cut(line, ' ', &name, &type) && name.n < sizeof q->name);
    CHECK(slice_to_u32(type, 1, UINT16_MAX, &q->type));
    q->client = c;
    q->query.on_answer = on_answer;
    if (name.n)
        memcpy(q->name, name.p, name.n);
    c->open++;
    q->inside = true;
    resolver_ask(c->resolver, &q->query, q->name, (uint16_t)q->type, c->timeout_us);
    q->inside = false;
}

static void on_input(struct loop_watch *w)
{
    struct client *c = CONTAINER_OF(w, struct client, input);
    uint8_t *room = buf_reserve(&c->lines, 4096);
    CHECK(room);
    ssize_t n = read(w->fd, room, 4096);
    if (n > 0)
        buf_grew(&c->lines, (size_t)n);
    for (struct slice line, rest; slice_cut(buf_slice(&c->lines), '\n', &line, &rest);) {
        ask(c, line);
        buf_consume(&c->lines, line.n + 1);
    }
    c->ended = n <= 0;
    if (c->ended)
        watch_stop(w);
    stop_when_done(c);
}

int main(int argc, char **argv)
{
    struct client c = { .timeout_us = 5 * US_PER_S };
    struct resolver_setup setup = { 0 };
    uint32_t ms = 5000;
    for (int o; (o = getopt(argc, argv, "f:F:a:t:n:")) != -1;) {
        if (o == 'f' && setup.forward_n < RESOLVER_FORWARDERS_MAX)
            setup.forward[setup.forward_n++] = optarg;
        else if (o == 'F')
            setup.file = optarg;
        else if (o == 'a')
            setup.anchor = optarg;
        else if ((o != 't' && o != 'n') ||
                 !slice_to_u32(slice_of_str(optarg), 1, 1000000, o == 't' ? &ms : &setup.in_flight))
            return 2;
    }
    c.timeout_us = setup.longest_us = ms * US_PER_MS;
    struct buf why;
    buf_init(&why, 4096);
    buf_init(&c.lines, (size_t)1024 * 1024);
    c.loop = loop_new();
    CHECK(c.loop);
    c.resolver = resolver_new(c.loop, &setup, &why);
    if (!c.resolver) {
        (void)fprintf(stderr, "%.*s\n", SLICE_ARG(buf_slice(&why)));
        loop_free(c.loop);
        return 1;
    }
    CHECK(watch_start(&c.input, c.loop, STDIN_FILENO, on_input) == 0);
    loop_run(c.loop);
    watch_stop(&c.input);
    resolver_free(c.resolver);
    buf_clear(&c.lines);
    buf_clear(&why);
    loop_free(c.loop);
    return 0;
}
