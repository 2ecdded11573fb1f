/* SPDX-License-Identifier: ISC
 *
 * bench_load: submission clients in lock-step against one server on loopback (bench/README.md).
 * One thread, and as little work of its own as can be: it shares the cores with the server.
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "base/base64.h"
#include "base/clock.h"
#include "client.h"

#define CLIENTS_MAX  1024
#define HELD_MAX     20000
#define MESSAGE_SIZE 2048
#define PIECE_SIZE   65536 /* of a large message */
#define SILENCE_MS   20000

struct options {
    uint32_t port, clients, seconds, sessions, idle, large;
    bool clientid, handshake;
    const char *user, *password;
};

struct load {
    struct client_plan plan;
    int epoll;
    uint32_t at_once, wanted; /* sessions: how many together, how many in all */
    int64_t deadline_us;      /* no new session after it */
    uint32_t running, started, done, failed;
    uint32_t slots;
    struct client *clients;
    uint32_t *latency_us; /* of each session that was done */
    size_t latency_cap;
};

/* clang-format off */
static const struct option long_options[] = {
    { "port",      required_argument, NULL, 'p' }, { "clients",  required_argument, NULL, 'c' },
    { "seconds",   required_argument, NULL, 't' }, { "sessions", required_argument, NULL, 'n' },
    { "idle",      required_argument, NULL, 'i' }, { "large",    required_argument, NULL, 'l' },
    { "user",      required_argument, NULL, 'u' }, { "password", required_argument, NULL, 'w' },
    { "clientid",  no_argument,       NULL, 'C' }, { "handshake", no_argument,      NULL, 'H' },
    { NULL, 0, NULL, 0 },
};
/* clang-format on */

NORETURN static void usage(void)
{
    (void)fputs(
        "usage: bench_load --port N [--clients N] [--seconds N | --sessions N] [--clientid]\n"
        "                  [--user NAME] [--password TEXT] [--idle N | --large BYTES | "
        "--handshake]\n",
        stderr);
    exit(2);
}

static uint32_t number(const char *text, uint32_t max)
{
    uint32_t n = 0;
    if (!slice_to_u32(slice_of_str(text), 1, max, &n))
        usage();
    return n;
}

static struct options parse_options(int argc, char **argv)
{
    struct options o = { .clients = 16, .user = "bench", .password = "secret" };
    int c = 0;
    while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        switch (c) {
        case 'p': o.port = number(optarg, UINT16_MAX); break;
        case 'c': o.clients = number(optarg, CLIENTS_MAX); break;
        case 't': o.seconds = number(optarg, 3600); break;
        case 'n': o.sessions = number(optarg, UINT32_MAX); break;
        case 'i': o.idle = number(optarg, HELD_MAX); break;
        case 'l': o.large = number(optarg, UINT32_MAX); break;
        case 'u': o.user = optarg; break;
        case 'w': o.password = optarg; break;
        case 'C': o.clientid = true; break;
        case 'H': o.handshake = true; break;
        default: usage();
        }
    }
    if (o.port == 0 || optind != argc)
        usage();
    return o;
}

static void write_auth(struct buf *out, const struct options *o)
{
    struct buf plain;
    buf_init(&plain, 1024);
    buf_append_byte(&plain, 0);
    buf_append_str(&plain, o->user);
    buf_append_byte(&plain, 0);
    buf_append_str(&plain, o->password);
    buf_append_str(out, "AUTH PLAIN ");
    base64_encode(out, buf_slice(&plain));
    buf_append(out, SLICE("\r\n\0"));
    buf_clear(&plain);
}

/* size bytes of message in lines, and the final dot behind them. */
static void write_text(struct buf *out, size_t size)
{
    buf_append_str(out, "From: <bench@example.com>\r\nTo: <someone@example.net>\r\n"
                        "Date: Sat, 21 Nov 2026 09:11:49 +0000\r\nSubject: bench\r\n\r\n");
    while (buf_size(out) + 72 <= size)
        buf_append_str(out,
                       "The quick brown fox jumps over the lazy dog, and does so once again.\r\n");
    while (buf_size(out) + 2 < size)
        buf_append_byte(out, 'x');
    buf_append_str(out, "\r\n.\r\n");
}

static SSL_CTX *tls_context(void)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    if (tls == NULL || SSL_CTX_set_min_proto_version(tls, TLS1_3_VERSION) != 1)
        exit(1);
    SSL_CTX_set_verify(tls, SSL_VERIFY_NONE, NULL);
    (void)SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
    (void)SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(tls, 1);
    return tls;
}

static void note_latency(struct load *l, int64_t us)
{
    if (l->done == l->latency_cap) {
        l->latency_cap = l->latency_cap * 2 + 1024;
        l->latency_us = reallocarray(l->latency_us, l->latency_cap, sizeof(*l->latency_us));
        if (l->latency_us == NULL)
            exit(1);
    }
    l->latency_us[l->done++] = (uint32_t)us;
}

static bool more(const struct load *l)
{
    return l->started < l->wanted && clock_monotonic_us() < l->deadline_us;
}

static void start(struct load *l, struct client *c)
{
    l->started++;
    if (client_start(c, &l->plan, l->epoll))
        l->running++;
    else
        l->failed++;
}

/* Held sessions keep their struct, so the next one takes a fresh one. */
static void on_event(struct load *l, struct client *c)
{
    enum client_state state = client_run(c);
    if (state == CLIENT_RUNNING)
        return;
    l->running--;
    if (state == CLIENT_DONE)
        note_latency(l, clock_monotonic_us() - c->start_us);
    else if (state == CLIENT_FAILED)
        l->failed++;
    if (more(l))
        start(l, state == CLIENT_HELD ? &l->clients[l->started] : c);
}

static void run(struct load *l)
{
    struct epoll_event events[64];
    while (l->running < l->at_once && more(l))
        start(l, &l->clients[l->started]);
    while (l->running > 0) {
        int n = epoll_wait(l->epoll, events, ARRAY_SIZE(events), SILENCE_MS);
        if (n == 0) {
            (void)fprintf(stderr, "%u sessions wait for an answer since 20 s\n", l->running);
            l->failed += l->running;
            return;
        }
        for (int i = 0; i < n; i++)
            on_event(l, events[i].data.ptr);
    }
}

static int by_value(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static uint32_t quantile(const struct load *l, unsigned percent)
{
    return l->done == 0 ? 0 : l->latency_us[(uint64_t)(l->done - 1) * percent / 100];
}

static void report(struct load *l, int64_t took_us)
{
    if (l->done > 0)
        qsort(l->latency_us, l->done, sizeof(*l->latency_us), by_value);
    (void)printf("{\"sessions\": %u, \"errors\": %u, \"seconds\": %.3f, \"sessions_per_second\": "
                 "%.1f, \"p50_us\": %u, \"p99_us\": %u}\n",
                 l->done, l->failed, (double)took_us / 1e6, (double)l->done * 1e6 / (double)took_us,
                 quantile(l, 50), quantile(l, 99));
}

static void hold_until_end_of_input(void)
{
    char c = 0;
    (void)puts("ready");
    (void)fflush(stdout);
    while (read(STDIN_FILENO, &c, 1) > 0)
        continue;
}

static void set_up(struct load *l, const struct options *o, struct buf *auth, struct buf *text)
{
    bool one = o->large > 0;
    write_auth(auth, o);
    write_text(text, one ? PIECE_SIZE : MESSAGE_SIZE);
    l->plan = (struct client_plan){
        .to = { .sin_family = AF_INET,
                .sin_port = htons((uint16_t)o->port),
                .sin_addr.s_addr = htonl(INADDR_LOOPBACK) },
        .tls = tls_context(),
        .auth = (const char *)buf_slice(auth).p,
        .clientid = o->clientid,
        .handshake_only = o->handshake,
        .hold = o->idle > 0,
        .text = slice_first(buf_slice(text), buf_size(text) - 3),
        .pieces = one ? (o->large + PIECE_SIZE - 1) / PIECE_SIZE : 1,
    };
    l->at_once = one ? 1 : o->clients;
    l->wanted = one ? 1 : o->idle > 0 ? o->idle : o->sessions > 0 ? o->sessions : UINT32_MAX;
    l->deadline_us = o->seconds > 0 ? clock_monotonic_us() + o->seconds * US_PER_S : INT64_MAX;
    l->slots = o->idle > 0 ? o->idle : l->at_once;
    l->clients = calloc(l->slots, sizeof(*l->clients));
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (auth->failed || text->failed || l->clients == NULL || l->epoll < 0)
        exit(1);
    for (uint32_t i = 0; i < l->slots; i++)
        l->clients[i].fd = -1;
}

static void clear(struct load *l)
{
    for (uint32_t i = 0; i < l->slots; i++)
        client_close(&l->clients[i]);
    free(l->clients);
    free(l->latency_us);
    SSL_CTX_free(l->plan.tls);
    (void)close(l->epoll);
}

int main(int argc, char **argv)
{
    struct options options = parse_options(argc, argv);
    struct load load = { .epoll = -1 };
    struct buf auth, text;
    if (options.seconds + options.sessions + options.idle + options.large == 0)
        usage();
    (void)signal(SIGPIPE, SIG_IGN);
    buf_init(&auth, 4096);
    buf_init(&text, (size_t)2 * PIECE_SIZE);
    set_up(&load, &options, &auth, &text);
    int64_t start_us = clock_monotonic_us();
    run(&load);
    if (options.idle > 0 && load.failed == 0)
        hold_until_end_of_input();
    else
        report(&load, clock_monotonic_us() - start_us);
    clear(&load);
    buf_clear(&auth);
    buf_clear(&text);
    return load.failed == 0 ? 0 : 1;
}
