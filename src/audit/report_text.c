/* SPDX-License-Identifier: ISC
 *
 * The report for people at a terminal: what is worst and what to do about it, then who is concerned.
 */
#include "audit/report_text.h"

#include <errno.h>
#include <stdlib.h>

#include "audit/severity.h"

enum {
    WORST = 5,          /* findings that are told at the top */
    CLIENTS_MAX = 1000, /* rows; who needs more takes --json */
    LINKS_MAX = 200,
    FAULTS_MAX = 20,
    EVIDENCE_MAX = 3, /* of a server */
};

/* ---- lines and columns ---- */

/* Characters, each taken for one column. */
static size_t width_of(struct slice text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        n += (text.p[i] & 0xc0) != 0x80;
    return n;
}

/* Octets of the first `columns` characters. */
static size_t fitting(struct slice text, size_t columns)
{
    size_t i = 0;
    for (; i < text.n; i++)
        if ((text.p[i] & 0xc0) != 0x80 && columns-- == 0)
            break;
    return i;
}

void audit_text_safe(struct audit_text *t, struct slice text)
{
    while (text.n) {
        size_t n = slice_utf8_first(text);
        bool control =
            text.p[0] < 0x20 || text.p[0] == 0x7f || (text.p[0] == 0xc2 && text.p[1] < 0xa0);
        if (n && !control)
            buf_append(&t->show.out, slice_first(text, n));
        else
            buf_append_byte(&t->show.out, '?');
        text = slice_from(text, n ? n : 1);
    }
}

void audit_text_cell(struct audit_text *t, struct slice text, size_t columns)
{
    size_t wide = width_of(text);
    if (wide > columns) {
        audit_text_safe(t, slice_first(text, fitting(text, columns ? columns - 1 : 0)));
        buf_append_str(&t->show.out, columns ? "~" : "");
        return;
    }
    audit_text_safe(t, text);
    buf_printf(&t->show.out, "%*s", (int)(columns - wide), "");
}

/* Where a line may be broken: behind the last space that fits, or in the middle of a long word. */
static size_t break_at(struct slice text, size_t columns)
{
    size_t n = fitting(text, columns), space = n;
    if (n == text.n)
        return n;
    while (space && text.p[space] != ' ')
        space--;
    return space ? space : n;
}

void audit_text_wrap(struct audit_text *t, size_t indent, struct slice text)
{
    size_t columns = t->columns > indent + 20 ? t->columns - indent : 20;
    do {
        size_t n = break_at(text, columns);
        audit_text_safe(t, slice_trim_end(slice_first(text, n)));
        buf_append_byte(&t->show.out, '\n');
        text = slice_trim(slice_from(text, n));
        if (text.n)
            buf_printf(&t->show.out, "%*s", (int)indent, "");
    } while (text.n);
}

void audit_text_said(struct audit_text *t, size_t indent)
{
    audit_text_wrap(t, indent, buf_slice(&t->text));
    buf_consume(&t->text, buf_size(&t->text));
}

void audit_text_place(struct audit_text *t, const struct audit_place *place)
{
    buf_append_str(&t->text, "[");
    buf_append(&t->text, audit_show_file(t->show.report, place->file));
    buf_printf(&t->text, " frame %llu", (unsigned long long)place->frame);
    if (place->n)
        buf_printf(&t->text, ", octets %u-%u", place->at, place->at + place->n - 1U);
    buf_append_str(&t->text, "]");
}

void audit_text_evidence(struct audit_text *t, size_t indent, const struct audit_evidence *evidence)
{
    buf_printf(&t->show.out, "%*s", (int)indent, "");
    audit_show_what(t->show.report, evidence, &t->text);
    buf_append_byte(&t->text, ' ');
    audit_text_place(t, &evidence->place);
    audit_text_said(t, indent + 2);
}

void audit_text_findings(struct audit_text *t, size_t indent, const struct audit_findings *findings,
                         size_t max)
{
    size_t n = findings->n < max ? findings->n : max;
    for (size_t i = 0; i < n; i++)
        audit_text_evidence(t, indent, &findings->at[i]);
    if (findings->n - n + findings->dropped)
        buf_printf(&t->show.out, "%*sand %zu more\n", (int)indent, "",
                   findings->n - n + findings->dropped);
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

/* ---- what was read ---- */

static void write_times(struct audit_text *t)
{
    int64_t first = AUDIT_NO_TIME, last = AUDIT_NO_TIME;
    const struct audit *audit = t->show.report->audit;
    for (size_t i = 0; i < audit->clients_n; i++) {
        const struct audit_client *c = audit->clients[i];
        if (c->first_us != AUDIT_NO_TIME && (first == AUDIT_NO_TIME || c->first_us < first))
            first = c->first_us;
        if (c->last_us != AUDIT_NO_TIME && c->last_us > last)
            last = c->last_us;
    }
    if (first == AUDIT_NO_TIME)
        return;
    buf_append_str(&t->show.out, "From ");
    audit_show_time(first, &t->show.out);
    buf_append_str(&t->show.out, " to ");
    audit_show_time(last, &t->show.out);
    buf_append_str(&t->show.out, " (UTC).\n");
}

static void write_head(struct audit_text *t)
{
    const struct audit_report *report = t->show.report;
    const struct audit *a = report->audit;
    buf_printf(
        &t->text,
        "%llu DHCP message%s of %zu client%s on %zu network%s; %zu server%s, %zu relay agent%s, "
        "%zu link%s between clients, %llu malformed.",
        (unsigned long long)a->messages, plural(a->messages), a->clients_n, plural(a->clients_n),
        a->networks_n, plural(a->networks_n), a->servers_n, plural(a->servers_n), a->relays_n,
        plural(a->relays_n), a->links_n, plural(a->links_n), (unsigned long long)a->faults_all);
    audit_text_said(t, 0);
    write_times(t);
    if (a->clients_beyond)
        buf_printf(&t->show.out,
                   "%llu messages were of clients beyond the first %u, and are not told.\n",
                   (unsigned long long)a->clients_beyond, a->options.clients_max);
    for (uint32_t i = 0; i < a->files_n && report->sources; i++) {
        if (!report->sources[i].error)
            continue;
        audit_text_safe(t, a->files[i].name);
        buf_append_str(&t->show.out, ": ");
        audit_text_safe(t, slice_of_str(report->sources[i].error));
        buf_append_byte(&t->show.out, '\n');
    }
    if (!audit_mask_reveals(report->mask))
        buf_append_str(&t->show.out,
                       "Values are masked (~...): the same one looks the same. --reveal shows "
                       "them.\n");
}

/* ---- the worst ---- */

static void write_concern(struct audit_text *t, size_t rank, const struct audit_concern *c)
{
    buf_printf(&t->show.out, " %zu. %-8s ", rank, audit_severity_text(c->severity));
    buf_printf(&t->text, "%s%s%s: %llu of %llu %s", c->section, c->section[0] ? " " : "", c->title,
               (unsigned long long)c->count, (unsigned long long)c->of, c->unit);
    if (c->exposed < c->count)
        buf_printf(&t->text, " (%llu exposed, the others possible)",
                   (unsigned long long)c->exposed);
    audit_text_said(t, 13);
    if (c->has_example) {
        buf_append_str(&t->show.out, "    so:      ");
        if (c->client) {
            audit_show_id(t->show.report, c->client, &t->text);
            buf_append_str(&t->text, ": ");
        }
        audit_show_what(t->show.report, &c->example, &t->text);
        buf_append_byte(&t->text, ' ');
        audit_text_place(t, &c->example.place);
        audit_text_said(t, 13);
    }
    buf_append_str(&t->show.out, "    do:      ");
    audit_text_wrap(t, 13, slice_of_str(c->advice));
}

static void write_worst(struct audit_text *t)
{
    struct audit_concern concerns[AUDIT_CONCERNS_MAX];
    size_t n = audit_concerns(t->show.report->audit, concerns);
    buf_append_str(&t->show.out, n ? "\nThe worst, and what to do about it\n" : "\n");
    if (!n) {
        audit_show_nothing(t->show.report, &t->text);
        audit_text_said(t, 0);
    }
    for (size_t i = 0; i < n && i < WORST; i++)
        write_concern(t, i + 1, &concerns[i]);
    if (n > WORST)
        buf_printf(&t->show.out, "    and %zu more, less bad (--json has them all)\n", n - WORST);
}

/* ---- clients ---- */

static void cell(struct audit_text *t, size_t columns)
{
    audit_text_cell(t, buf_slice(&t->text), columns);
    buf_append_byte(&t->show.out, ' ');
    buf_consume(&t->text, buf_size(&t->text));
}

static char mark(enum audit_verdict verdict)
{
    switch (verdict) {
    case AUDIT_EXPOSED: return 'E';
    case AUDIT_POSSIBLE: return 'p';
    case AUDIT_NOT_SEEN: break;
    }
    return '.';
}

enum { COLUMN_ID = 18, COLUMN_HARDWARE = 17, COLUMN_ATTACKS = 22, SYSTEM_MIN = 8 };

/* Of a long path, or of a file and its subnet, the end tells them apart. */
static void write_end(struct audit_text *t, struct slice text, size_t columns)
{
    size_t wide = width_of(text), kept = columns > 2 ? columns - 2 : 0;
    buf_append_str(&t->show.out, columns > 2 ? ".." : "");
    audit_text_safe(t, slice_from(text, fitting(text, wide - kept)));
}

/* What is left of the line: where it was, and what it runs, as far as it fits. */
static void write_rest(struct audit_text *t, const struct audit_client *client)
{
    const size_t used = COLUMN_ID + COLUMN_HARDWARE + COLUMN_ATTACKS + 9;
    for (const struct audit_stay *stay = client->stays; stay; stay = stay->next) {
        audit_show_network(t->show.report, stay->network, &t->text);
        buf_append_str(&t->text, stay->next ? "," : "");
    }
    size_t columns = t->columns > used ? t->columns - used : 0;
    size_t networks = width_of(buf_slice(&t->text));
    if (client->guess && networks + SYSTEM_MIN < columns)
        buf_printf(&t->text, " %s", client->guess->system);
    struct slice rest = buf_slice(&t->text);
    if (networks > columns)
        write_end(t, rest, columns);
    else
        audit_text_cell(t, rest, width_of(rest) < columns ? width_of(rest) : columns);
    buf_consume(&t->text, buf_size(&t->text));
    buf_append_byte(&t->show.out, '\n');
}

static void write_row(struct audit_text *t, const struct audit_client *client)
{
    audit_show_id(t->show.report, client, &t->text);
    cell(t, COLUMN_ID);
    audit_show_hardware(t->show.report, client, &t->text);
    cell(t, COLUMN_HARDWARE);
    buf_printf(&t->show.out, "%c %4.1f ", client->conduct ? audit_grade(client) : '-',
               client->bits);
    for (size_t i = 0; i < AUDIT_ATTACKS; i++)
        buf_printf(&t->show.out, "%c ", mark(client->attacks[i].verdict));
    buf_append_str(&t->show.out, "  ");
    write_rest(t, client);
    audit_show_flush(&t->show, false);
}

static void write_clients(struct audit_text *t)
{
    const struct audit *audit = t->show.report->audit;
    const struct audit_client **sorted = audit_show_sorted(audit);
    size_t n = audit->clients_n < CLIENTS_MAX ? audit->clients_n : CLIENTS_MAX;
    if (!sorted)
        t->show.error = t->show.error ? t->show.error : -ENOMEM;
    if (!sorted || !n) {
        free(sorted);
        return;
    }
    buf_append_str(&t->show.out,
                   "\nClients: E exposed, p possible, . not seen; G: grade (RFC 7844)\n");
    buf_printf(&t->show.out, "%*sG bits 5.1 .3  .5  .7  .9   network, system\n",
               COLUMN_ID + COLUMN_HARDWARE + 2, "");
    for (size_t i = 0; i < n; i++)
        write_row(t, sorted[i]);
    if (audit->clients_n > n)
        buf_printf(&t->show.out, "and %zu clients of whom less is exposed (--json has them all)\n",
                   audit->clients_n - n);
    free(sorted);
}

/* ---- servers, relay agents, links ---- */

static void write_allocation(struct audit_text *t, const struct audit_allocation *a)
{
    buf_printf(&t->text, "gives addresses: %s", audit_strategy_text(a->strategy));
    if (a->detail)
        buf_printf(&t->text, ", %s", a->detail);
    buf_append_str(&t->text, " (");
    if (a->strategy != AUDIT_STRATEGY_UNKNOWN)
        buf_printf(&t->text, "likelihood %.2f, ", a->likelihood[a->strategy]);
    buf_printf(&t->text, "of %zu client%s", a->given_n, plural(a->given_n));
    if (a->held_out)
        buf_printf(&t->text, "; %.0f %% of the last %u foretold", 100 * a->predicted, a->held_out);
    buf_append_str(&t->text, ")");
    if (a->returning)
        buf_printf(&t->text, "; %u of %u clients that came back had the same one",
                   a->returning_same, a->returning);
    if (a->moved)
        buf_printf(&t->text, "; %u of %u that moved had the same offset", a->moved_same, a->moved);
}

static void write_server(struct audit_text *t, const struct audit_server *server)
{
    if (server->id)
        audit_show_address(t->show.report, server->id, &t->text);
    else
        buf_append_str(&t->text, "a server without option 54");
    buf_append_str(&t->text, " on ");
    audit_show_network(t->show.report, server->network, &t->text);
    buf_printf(&t->text, "%s; ", server->rogue ? ", not the only one there" : "");
    write_allocation(t, &server->allocation);
    buf_append_byte(&t->show.out, ' ');
    audit_text_said(t, 3);
    audit_text_findings(t, 3, &server->leaked, EVIDENCE_MAX);
    audit_text_findings(t, 3, &server->volunteered, EVIDENCE_MAX);
    audit_show_flush(&t->show, false);
}

static void write_servers(struct audit_text *t)
{
    const struct audit *audit = t->show.report->audit;
    if (audit->servers_n)
        buf_append_str(&t->show.out, "\nServers\n");
    for (size_t i = 0; i < audit->servers_n; i++)
        write_server(t, &audit->servers[i]);
    if (audit->relays_n)
        buf_append_str(&t->show.out, "\nRelay agents\n");
    for (size_t i = 0; i < audit->relays_n; i++) {
        const struct audit_relay *relay = &audit->relays[i];
        buf_append_byte(&t->show.out, ' ');
        audit_show_address(t->show.report, relay->address, &t->text);
        buf_append_str(&t->text, " for ");
        audit_show_network(t->show.report, relay->network, &t->text);
        audit_text_said(t, 3);
        audit_text_findings(t, 3, &relay->added, EVIDENCE_MAX);
        audit_show_flush(&t->show, false);
    }
}

void audit_text_link(struct audit_text *t, const struct audit_link *link)
{
    const struct audit *audit = t->show.report->audit;
    buf_append_byte(&t->show.out, ' ');
    audit_show_id(t->show.report, audit->clients[link->a], &t->text);
    buf_append_str(&t->text, " = ");
    audit_show_id(t->show.report, audit->clients[link->b], &t->text);
    buf_printf(&t->text, "  %.4f  %s", link->probability, audit_link_reading_text(link->reading));
    for (unsigned i = 0; i < AUDIT_LINK_KINDS; i++)
        if (link->kinds & 1u << i)
            buf_printf(&t->text, ", %s", audit_link_kind_text((enum audit_link_kind)i));
    audit_text_said(t, 3);
    audit_show_flush(&t->show, false);
}

static void write_links(struct audit_text *t)
{
    const struct audit *audit = t->show.report->audit;
    if (audit->links_n)
        buf_append_str(&t->show.out, "\nOne device by its links, with the probability\n");
    for (size_t i = 0; i < audit->links_n && i < LINKS_MAX; i++)
        audit_text_link(t, &audit->links[i]);
    if (audit->links_n > LINKS_MAX)
        buf_printf(&t->show.out, " and %zu more\n", audit->links_n - LINKS_MAX);
}

static void write_listeners(struct audit_text *t)
{
    const struct audit *audit = t->show.report->audit;
    if (audit->listeners_n < 2)
        return;
    buf_append_str(&t->show.out,
                   "\nA listener on so many of the networks (5.6)  sees  follows  names\n");
    uint32_t networks = audit->listeners[audit->listeners_n - 1].networks;
    for (size_t i = 0; i < audit->listeners_n; i++) {
        const struct audit_listener *l = &audit->listeners[i];
        if (i >= 5 && i + 1 < audit->listeners_n)
            continue; /* the beginning and the end show the curve */
        buf_printf(&t->show.out, " %3u of %-34u %5.0f %% %6.0f %% %4.0f %%\n", l->networks,
                   networks, 100 * l->devices, 100 * l->followed, 100 * l->named);
    }
}

static void write_faults(struct audit_text *t)
{
    const struct audit *audit = t->show.report->audit;
    if (audit->faults_all)
        buf_append_str(&t->show.out, "\nMalformed\n");
    for (size_t i = 0; i < audit->faults_n && i < FAULTS_MAX; i++) {
        const struct audit_fault *fault = &audit->faults[i];
        buf_append_byte(&t->show.out, ' ');
        buf_append(&t->text, audit_show_file(t->show.report, fault->place.file));
        buf_printf(&t->text, " frame %llu: malformed: %s at offset %u",
                   (unsigned long long)fault->place.frame, fault->what, fault->place.at);
        audit_text_said(t, 3);
    }
    if (audit->faults_all > FAULTS_MAX)
        buf_printf(&t->show.out, " and %llu more\n",
                   (unsigned long long)(audit->faults_all - FAULTS_MAX));
}

int audit_report_text(const struct audit_report *report)
{
    struct audit_text t = { .columns = report->columns < 80 ? 80 : report->columns };
    audit_show_init(&t.show, report);
    buf_init(&t.text, AUDIT_TEXT_MAX);
    if (report->only) {
        audit_text_client(&t, report->only);
    } else {
        write_head(&t);
        write_worst(&t);
        write_clients(&t);
        write_servers(&t);
        write_links(&t);
        write_listeners(&t);
        write_faults(&t);
    }
    buf_clear(&t.text);
    return audit_show_end(&t.show);
}
