/* SPDX-License-Identifier: ISC
 *
 * The table as text (Prometheus text format 0.0.4). Every series that can be is there from the
 * start, at zero, but for the CLIENTID types, which come as they are met.
 */
#include <stdio.h>
#include <string.h>

#include "submit/metrics_internal.h"

#define PREFIX "postern_submit_"

static const char *const outcomes[METRIC_AUTH_COUNT] = { "ok", "failed", "unavailable", "cancelled",
                                                         "refused" };

/* ---- adding up ---- */

static uint64_t sum(const struct metrics *m, size_t cell)
{
    uint64_t total = 0;
    for (unsigned i = 0; i < m->workers; i++)
        total += metrics_read(&m->table->columns[i].cells[cell]);
    return total;
}

/* ---- lines ---- */

static void write_head(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP " PREFIX "%s %s\n", name, help);
    buf_printf(out, "# TYPE " PREFIX "%s %s\n", name, type);
}

static void write_escaped(struct buf *out, struct slice value)
{
    for (size_t i = 0; i < value.n; i++) {
        uint8_t c = value.p[i];
        if (c == '\\' || c == '"')
            buf_append_byte(out, '\\');
        if (c == '\n')
            buf_append_str(out, "\\n");
        else
            buf_append_byte(out, c >= 0x20 && c < 0x7f ? c : '?');
    }
}

static void write_line(struct buf *out, const char *name, const char *label, struct slice value,
                       uint64_t n)
{
    buf_printf(out, PREFIX "%s{%s=\"", name, label);
    write_escaped(out, value);
    buf_printf(out, "\"} %llu\n", (unsigned long long)n);
}

/* ---- counters ---- */

struct family { /* neighbours in enum metric with the same name share its head */
    const char *name, *help, *label, *value; /* label NULL: none */
};

/* clang-format off */
#define TLS_HELP     "Completed TLS handshakes."
#define MESSAGE_HELP "Transactions that had content, by how they ended."
static const struct family families[METRIC_COUNT] = {
    [METRIC_SESSIONS]          = { "sessions_total", "Connections accepted.", NULL, NULL },
    [METRIC_SESSIONS_SHED]     = { "sessions_shed_total", "Unauthenticated sessions closed to make room.", NULL, NULL },
    [METRIC_TLS_1_2]           = { "tls_handshakes_total", TLS_HELP, "version", "1.2" },
    [METRIC_TLS_1_3]           = { "tls_handshakes_total", TLS_HELP, "version", "1.3" },
    [METRIC_TLS_FAILED]        = { "tls_failures_total", "TLS handshakes that failed.", NULL, NULL },
    [METRIC_TLS_RESUMED]       = { "tls_resumptions_total", "Completed TLS handshakes that resumed a session.", NULL, NULL },
    [METRIC_MESSAGES_ACCEPTED] = { "messages_total", MESSAGE_HELP, "outcome", "accepted" },
    [METRIC_MESSAGES_REFUSED]  = { "messages_total", MESSAGE_HELP, "outcome", "refused" },
    [METRIC_MESSAGES_DEFERRED] = { "messages_total", MESSAGE_HELP, "outcome", "deferred" },
    [METRIC_MESSAGES_ABORTED]  = { "messages_total", MESSAGE_HELP, "outcome", "aborted" },
    [METRIC_RECIPIENTS]        = { "recipients_total", "Recipients accepted.", NULL, NULL },
    [METRIC_BYTES]             = { "message_bytes_total", "Octets of message content taken from clients.", NULL, NULL },
    [METRIC_POLICY_TRIPPED]    = { "policy_tripped_total", "Limits that tripped, and those that would have (dry-run).", NULL, NULL },
    [METRIC_POLICY_BLIND]      = { "policy_blind_total", "AUTHs judged from memory, because the registry could not be read.", NULL, NULL },
    [METRIC_POLICY_DELAYED]    = { "policy_delayed_total", "AUTHs that policy delayed.", NULL, NULL },
};

static const struct family gauges[METRIC_GAUGE_COUNT] = {
    [METRIC_SESSIONS_OPEN] = { "sessions", "Sessions open now.", NULL, NULL },
    [METRIC_AUTH_WAITING]  = { "auth_failures_waiting", "Sessions waiting out the delay of a failed AUTH now.", NULL, NULL },
};

static const struct family times[METRIC_TIME_COUNT] = {
    [METRIC_TIME_AUTH]     = { "auth_backend_seconds", "Time to the authentication backend's answer.", NULL, NULL },
    [METRIC_TIME_MESSAGE]  = { "message_seconds", "Time from MAIL to the final reply.", NULL, NULL },
    [METRIC_TIME_TLS]      = { "tls_handshake_seconds", "Time of a TLS handshake.", NULL, NULL },
    [METRIC_TIME_UPSTREAM] = { "upstream_reply_seconds", "Time to a reply of the upstream.", NULL, NULL },
};
/* clang-format on */

static void write_counters(const struct metrics *m, struct buf *out)
{
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        const struct family *f = &families[i];
        uint64_t n = sum(m, CELL_COUNTERS + i);
        if (i == 0 || strcmp(families[i - 1].name, f->name) != 0)
            write_head(out, f->name, "counter", f->help);
        if (f->label)
            write_line(out, f->name, f->label, slice_of_str(f->value), n);
        else
            buf_printf(out, PREFIX "%s %llu\n", f->name, (unsigned long long)n);
    }
}

static void write_gauges(const struct metrics *m, struct buf *out)
{
    for (size_t i = 0; i < METRIC_GAUGE_COUNT; i++) {
        write_head(out, gauges[i].name, "gauge", gauges[i].help);
        buf_printf(out, PREFIX "%s %lld\n", gauges[i].name, (long long)sum(m, CELL_GAUGES + i));
    }
    write_head(out, "workers_ready", "gauge", "Worker processes that take sessions.");
    buf_printf(out, PREFIX "workers_ready %llu\n", (unsigned long long)sum(m, CELL_READY));
}

/* ---- counters with labels ---- */

static void unpack_type(const struct metrics_type *type, uint8_t out[16], struct slice *name)
{
    for (size_t i = 0; i < 16; i++)
        out[i] = (uint8_t)(metrics_read(&type->words[i / 8]) >> (56 - 8 * (i % 8)));
    *name = slice_trim_end((struct slice){ out, 16 });
}

static void write_clientid(const struct metrics *m, struct buf *out)
{
    char code[16];
    write_head(out, "clientid_replies_total", "counter", "CLIENTID commands, by reply.");
    for (size_t i = 0; i < METRICS_REPLIES; i++) {
        (void)snprintf(code, sizeof code, "%u", metrics_replies[i]);
        write_line(out, "clientid_replies_total", "code", slice_of_str(code),
                   sum(m, CELL_REPLIES + i));
    }
    write_head(out, "clientid_types_total", "counter",
               "CLIENTID identities, by type; other: when no more names fit.");
    for (size_t i = 0; i < METRICS_TYPES_MAX; i++) {
        const struct metrics_type *type = &m->table->types[i];
        uint8_t bytes[16];
        struct slice name;
        if (!metrics_read(&type->words[0]) || !metrics_read(&type->words[1]))
            continue;
        unpack_type(type, bytes, &name);
        write_line(out, "clientid_types_total", "type", name, sum(m, CELL_TYPES + i));
    }
    write_line(out, "clientid_types_total", "type", SLICE("other"),
               sum(m, CELL_TYPES + METRICS_TYPES_MAX));
}

static void write_auth(const struct metrics *m, struct buf *out)
{
    write_head(out, "auth_total", "counter", "AUTH exchanges, by mechanism and outcome.");
    for (size_t i = 0; i < METRICS_MECHANISMS; i++)
        for (size_t j = 0; j < METRIC_AUTH_COUNT; j++)
            buf_printf(out, PREFIX "auth_total{mechanism=\"%s\",outcome=\"%s\"} %llu\n",
                       metrics_mechanisms[i], outcomes[j],
                       (unsigned long long)sum(m, CELL_AUTH + i * METRIC_AUTH_COUNT + j));
}

static void write_upstream(const struct metrics *m, struct buf *out)
{
    char label[16] = "other";
    write_head(out, "upstream_replies_total", "counter", "Upstream replies, by first digit.");
    for (size_t i = 0; i < METRICS_CLASSES; i++) {
        (void)snprintf(label, sizeof label, "%zuyz", i + 2);
        write_line(out, "upstream_replies_total", "class", slice_of_str(label),
                   sum(m, CELL_CLASSES + i));
    }
    write_head(out, "upstream_codes_total", "counter", "Upstream replies, by code.");
    for (size_t i = 0; i < METRICS_CODES; i++) {
        if (i < METRICS_CODES - 1)
            (void)snprintf(label, sizeof label, "%u", metrics_codes[i]);
        write_line(out, "upstream_codes_total", "code",
                   i < METRICS_CODES - 1 ? slice_of_str(label) : SLICE("other"),
                   sum(m, CELL_CODES + i));
    }
}

/* ---- histograms ---- */

/* Seconds without the zeros behind: "0.0025", "1". */
static const char *bound_text(uint32_t us, char out[16])
{
    int n = snprintf(out, 16, "%u.%06u", us / 1000000, us % 1000000);
    while (out[n - 1] == '0')
        n--;
    if (out[n - 1] == '.')
        n--;
    out[n] = '\0';
    return out;
}

static void write_times(const struct metrics *m, size_t what, struct buf *out)
{
    size_t first = CELL_TIMES + what * METRICS_TIME_CELLS;
    const char *name = times[what].name;
    uint64_t below = 0, us = sum(m, first + METRICS_BUCKETS);
    char bound[16];
    write_head(out, name, "histogram", times[what].help);
    for (size_t i = 0; i < METRICS_BUCKETS; i++) {
        below += sum(m, first + i);
        buf_printf(out, PREFIX "%s_bucket{le=\"%s\"} %llu\n", name,
                   i < METRICS_BUCKETS - 1 ? bound_text(metrics_bounds_us[i], bound) : "+Inf",
                   (unsigned long long)below);
    }
    buf_printf(out, PREFIX "%s_sum %llu.%06llu\n", name, (unsigned long long)(us / 1000000),
               (unsigned long long)(us % 1000000));
    buf_printf(out, PREFIX "%s_count %llu\n", name, (unsigned long long)below);
}

void metrics_write(const struct metrics *m, struct buf *out)
{
    write_gauges(m, out);
    write_counters(m, out);
    write_clientid(m, out);
    write_auth(m, out);
    write_upstream(m, out);
    for (size_t i = 0; i < METRIC_TIME_COUNT; i++)
        write_times(m, i, out);
}
