/* SPDX-License-Identifier: ISC
 *
 * The report for programs: postern-audit(1) documents every key. What is bounded when it was seen (evidence, values)
 * is bounded here; clients, links and allocations are given one by one.
 */
#include "audit/report_json.h"
#include "audit/severity.h"

#define TEXT_MAX (256 * 1024)

/* ---- single values: what was put into w->text ---- */

void audit_told_text(struct audit_told *w, const char *key)
{
    audit_json_key(&w->j, key);
    audit_json_text(&w->j, buf_slice(&w->text));
    buf_consume(&w->text, buf_size(&w->text));
}

void audit_told_str(struct audit_told *w, const char *key, const char *text)
{
    audit_json_key(&w->j, key);
    audit_json_str(&w->j, text);
}

void audit_told_uint(struct audit_told *w, const char *key, uint64_t number)
{
    audit_json_key(&w->j, key);
    audit_json_uint(&w->j, number);
}

void audit_told_number(struct audit_told *w, const char *key, double number, int places)
{
    audit_json_key(&w->j, key);
    audit_json_number(&w->j, number, places);
}

void audit_told_bool(struct audit_told *w, const char *key, bool value)
{
    audit_json_key(&w->j, key);
    audit_json_bool(&w->j, value);
}

/* Seconds since 1970, as `postern audit packets` has them. */
void audit_told_time(struct audit_told *w, const char *key, int64_t time_us)
{
    audit_json_key(&w->j, key);
    if (time_us == AUDIT_NO_TIME)
        audit_json_null(&w->j);
    else
        audit_json_seconds(&w->j, time_us * 1000);
}

void audit_told_id(struct audit_told *w, const char *key, const struct audit_client *client)
{
    audit_show_id(w->show.report, client, &w->text);
    audit_told_text(w, key);
}

void audit_told_address(struct audit_told *w, const char *key, uint32_t address)
{
    if (address)
        audit_show_address(w->show.report, address, &w->text);
    audit_told_text(w, key);
}

void audit_told_network(struct audit_told *w, const char *key, uint32_t network)
{
    audit_show_network(w->show.report, network, &w->text);
    audit_told_text(w, key);
}

void audit_told_array(struct audit_told *w, const char *key)
{
    audit_json_key(&w->j, key);
    audit_json_array(&w->j);
}

void audit_told_object(struct audit_told *w, const char *key)
{
    audit_json_key(&w->j, key);
    audit_json_object(&w->j);
}

/* ---- evidence ---- */

void audit_told_place(struct audit_told *w, const struct audit_place *place)
{
    audit_json_key(&w->j, "file");
    audit_json_text(&w->j, audit_show_file(w->show.report, place->file));
    audit_told_uint(w, "frame", place->frame);
    if (!place->n)
        return;
    audit_told_uint(w, "offset", place->at);
    audit_told_uint(w, "length", place->n);
}

void audit_told_evidence(struct audit_told *w, const struct audit_client *client,
                         const struct audit_evidence *evidence)
{
    struct slice octets = { 0 };
    audit_json_object(&w->j);
    audit_told_place(w, &evidence->place);
    audit_show_what(w->show.report, evidence, &w->text);
    audit_told_text(w, "what");
    if (client && audit_mask_reveals(w->show.report->mask))
        octets = audit_show_octets(client, &evidence->place);
    if (octets.n) {
        audit_json_key(&w->j, "octets");
        audit_json_hex(&w->j, octets);
    }
    audit_json_end(&w->j);
}

void audit_told_findings(struct audit_told *w, const char *key, const struct audit_client *client,
                         const struct audit_findings *findings)
{
    audit_told_array(w, key);
    for (size_t i = 0; i < findings->n; i++)
        audit_told_evidence(w, client, &findings->at[i]);
    audit_json_end(&w->j);
}

static void write_clients(struct audit_told *w)
{
    const struct audit_report *report = w->show.report;
    audit_told_array(w, "clients");
    if (report->only)
        audit_told_client(w, report->only);
    for (size_t i = 0; i < report->audit->clients_n && !report->only && !w->show.error; i++)
        audit_told_client(w, report->audit->clients[i]);
    audit_json_end(&w->j);
}

/* ---- links and listeners ---- */

static void write_link(struct audit_told *w, const struct audit_link *link)
{
    const struct audit *audit = w->show.report->audit;
    audit_json_object(&w->j);
    audit_told_id(w, "a", audit->clients[link->a]);
    audit_told_id(w, "b", audit->clients[link->b]);
    audit_show_hardware(w->show.report, audit->clients[link->a], &w->text);
    audit_told_text(w, "a_hardware");
    audit_show_hardware(w->show.report, audit->clients[link->b], &w->text);
    audit_told_text(w, "b_hardware");
    audit_told_number(w, "probability", link->probability, 6);
    audit_told_str(w, "reading", audit_link_reading_text(link->reading));
    audit_told_array(w, "kinds");
    for (unsigned i = 0; i < AUDIT_LINK_KINDS; i++)
        if (link->kinds & 1u << i)
            audit_json_str(&w->j, audit_link_kind_text((enum audit_link_kind)i));
    audit_json_end(&w->j);
    audit_told_findings(w, "evidence", audit->clients[link->a], &link->evidence);
    audit_json_end(&w->j);
    audit_show_flush(&w->show, false);
}

static bool is_told(const struct audit_report *report, const struct audit_link *link)
{
    return !report->only || link->a == report->only->number || link->b == report->only->number;
}

static void write_links(struct audit_told *w)
{
    const struct audit *audit = w->show.report->audit;
    audit_told_array(w, "links");
    for (size_t i = 0; i < audit->links_n && !w->show.error; i++)
        if (is_told(w->show.report, &audit->links[i]))
            write_link(w, &audit->links[i]);
    audit_json_end(&w->j);
    audit_told_array(w, "listeners");
    for (size_t i = 0; i < audit->listeners_n; i++) {
        const struct audit_listener *listener = &audit->listeners[i];
        audit_json_object(&w->j);
        audit_told_uint(w, "networks", listener->networks);
        audit_told_number(w, "devices", listener->devices, 4);
        audit_told_number(w, "followed", listener->followed, 4);
        audit_told_number(w, "named", listener->named, 4);
        audit_json_end(&w->j);
    }
    audit_json_end(&w->j);
}

/* ---- the whole ---- */

static void write_concern(struct audit_told *w, const struct audit_concern *c)
{
    audit_json_object(&w->j);
    audit_told_str(w, "severity", audit_severity_text(c->severity));
    audit_told_str(w, "section", c->section);
    audit_told_str(w, "title", c->title);
    audit_told_str(w, "advice", c->advice);
    audit_told_uint(w, "count", c->count);
    audit_told_uint(w, "of", c->of);
    audit_told_str(w, "unit", c->unit);
    audit_told_uint(w, "exposed", c->exposed);
    if (c->client)
        audit_told_id(w, "client", c->client);
    else
        audit_told_str(w, "client", NULL);
    audit_json_key(&w->j, "example");
    if (c->has_example)
        audit_told_evidence(w, c->client, &c->example);
    else
        audit_json_null(&w->j);
    audit_json_end(&w->j);
}

static void write_summary(struct audit_told *w)
{
    struct audit_concern concerns[AUDIT_CONCERNS_MAX];
    size_t n = audit_concerns(w->show.report->audit, concerns);
    audit_told_str(w, "severity", audit_severity_text(n ? concerns[0].severity : AUDIT_HARMLESS));
    audit_told_array(w, "findings");
    for (size_t i = 0; i < n; i++)
        write_concern(w, &concerns[i]);
    audit_json_end(&w->j);
}

static void write_totals(struct audit_told *w)
{
    const struct audit *audit = w->show.report->audit;
    audit_told_object(w, "totals");
    audit_told_uint(w, "messages", audit->messages);
    audit_told_uint(w, "clients", audit->clients_n);
    audit_told_uint(w, "servers", audit->servers_n);
    audit_told_uint(w, "relays", audit->relays_n);
    audit_told_uint(w, "networks", audit->networks_n);
    audit_told_uint(w, "links", audit->links_n);
    audit_told_uint(w, "malformed", audit->faults_all);
    audit_told_uint(w, "messages_beyond", audit->clients_beyond);
    audit_json_end(&w->j);
}

static void write_source(struct audit_told *w, const struct audit_source *source)
{
    audit_told_uint(w, "frames", source->frames);
    audit_told_uint(w, "octets", source->octets);
    audit_told_uint(w, "messages", source->messages);
    audit_told_uint(w, "losses", source->losses);
    audit_told_uint(w, "outside", source->outside);
    audit_told_time(w, "first", source->first_us);
    audit_told_time(w, "last", source->last_us);
    audit_told_str(w, "error", source->error);
}

static void write_files(struct audit_told *w)
{
    const struct audit_report *report = w->show.report;
    audit_told_array(w, "files");
    for (uint32_t i = 0; i < report->audit->files_n; i++) {
        audit_json_object(&w->j);
        audit_json_key(&w->j, "file");
        audit_json_text(&w->j, report->audit->files[i].name);
        audit_told_network(w, "network", report->audit->files[i].network);
        if (report->sources)
            write_source(w, &report->sources[i]);
        audit_json_end(&w->j);
        audit_show_flush(&w->show, false);
    }
    audit_json_end(&w->j);
    audit_told_array(w, "networks");
    for (uint32_t i = 0; i < report->audit->networks_n; i++) {
        audit_json_object(&w->j);
        audit_told_network(w, "name", i);
        audit_told_bool(w, "named", report->audit->networks[i].named);
        audit_show_subnet(report, i, &w->text);
        audit_told_text(w, "subnet");
        audit_told_uint(w, "clients", report->audit->networks[i].clients);
        audit_json_end(&w->j);
        audit_show_flush(&w->show, false);
    }
    audit_json_end(&w->j);
}

/* Those that each client's conformance is told by. */
static void write_rules(struct audit_told *w)
{
    audit_told_array(w, "rules");
    for (size_t i = 0; i < AUDIT_RULES; i++) {
        const struct audit_rule *rule = audit_rule(i);
        audit_json_object(&w->j);
        audit_told_str(w, "id", rule->id);
        audit_told_str(w, "rule", rule->rule);
        audit_told_str(w, "where", rule->where);
        audit_told_str(w, "level", audit_level_text(rule->level));
        audit_json_end(&w->j);
    }
    audit_json_end(&w->j);
}

static void write_faults(struct audit_told *w)
{
    const struct audit *audit = w->show.report->audit;
    audit_told_array(w, "malformed");
    for (size_t i = 0; i < audit->faults_n; i++) {
        const struct audit_fault *fault = &audit->faults[i];
        audit_json_object(&w->j);
        audit_json_key(&w->j, "file");
        audit_json_text(&w->j, audit_show_file(w->show.report, fault->place.file));
        audit_told_uint(w, "frame", fault->place.frame);
        audit_told_uint(w, "offset", fault->place.at);
        audit_told_str(w, "what", fault->what);
        audit_json_end(&w->j);
        audit_show_flush(&w->show, false);
    }
    audit_json_end(&w->j);
}

int audit_report_json(const struct audit_report *report)
{
    struct audit_told w;
    audit_show_init(&w.show, report);
    audit_json_init(&w.j, &w.show.out, 2);
    buf_init(&w.text, TEXT_MAX);
    audit_json_object(&w.j);
    audit_told_uint(&w, "format", 1);
    audit_told_bool(&w, "masked", !audit_mask_reveals(report->mask));
    write_totals(&w);
    write_summary(&w);
    write_files(&w);
    write_rules(&w);
    write_clients(&w);
    audit_told_servers(&w);
    write_links(&w);
    write_faults(&w);
    audit_json_end(&w.j);
    buf_append_byte(&w.show.out, '\n');
    buf_clear(&w.text);
    return audit_show_end(&w.show);
}
