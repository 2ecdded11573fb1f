/* SPDX-License-Identifier: ISC */
#include "audit/report_json.h"

static void write_likelihood(struct audit_told *w, const struct audit_allocation *a)
{
    audit_told_object(w, "likelihood");
    for (unsigned i = 0; i < AUDIT_STRATEGIES; i++)
        audit_told_number(w, audit_strategy_text((enum audit_strategy)i), a->likelihood[i], 4);
    audit_json_end(&w->j);
}

static void write_given(struct audit_told *w, const struct audit_given *given)
{
    const struct audit *audit = w->show.report->audit;
    audit_json_object(&w->j);
    audit_told_address(w, "address", given->address);
    if (given->client < audit->clients_n)
        audit_told_id(w, "client", audit->clients[given->client]);
    audit_told_time(w, "time", given->time_us);
    audit_told_bool(w, "returned", given->returned);
    audit_told_place(w, &given->place);
    audit_json_end(&w->j);
    audit_show_flush(&w->show, false);
}

static void write_allocation(struct audit_told *w, const struct audit_allocation *a)
{
    audit_told_object(w, "allocation");
    audit_told_str(w, "strategy", audit_strategy_text(a->strategy));
    audit_told_str(w, "detail", a->detail);
    write_likelihood(w, a);
    audit_told_number(w, "predicted", a->predicted, 4);
    audit_told_uint(w, "held_out", a->held_out);
    audit_told_address(w, "pool_first", a->pool_first);
    audit_told_address(w, "pool_last", a->pool_last);
    audit_told_uint(w, "returning", a->returning);
    audit_told_uint(w, "returning_same", a->returning_same);
    audit_told_uint(w, "moved", a->moved);
    audit_told_uint(w, "moved_same", a->moved_same);
    audit_told_uint(w, "clients", a->given_n);
    audit_told_array(w, "given");
    for (size_t i = 0; i < a->given_n && !w->show.error; i++)
        write_given(w, &a->given[i]);
    audit_json_end(&w->j);
    audit_json_end(&w->j);
}

static void write_server(struct audit_told *w, const struct audit_server *server)
{
    audit_json_object(&w->j);
    audit_told_address(w, "id", server->id);
    audit_told_network(w, "network", server->network);
    if (server->has_hardware)
        audit_show_mac(w->show.report, server->hardware, sizeof server->hardware, &w->text);
    audit_told_text(w, "hardware");
    audit_told_bool(w, "rogue", server->rogue);
    audit_told_uint(w, "messages", server->messages);
    write_allocation(w, &server->allocation);
    audit_told_findings(w, "volunteered", NULL, &server->volunteered);
    audit_told_findings(w, "leaked", NULL, &server->leaked);
    audit_json_end(&w->j);
    audit_show_flush(&w->show, false);
}

void audit_told_servers(struct audit_told *w)
{
    const struct audit *audit = w->show.report->audit;
    audit_told_array(w, "servers");
    for (size_t i = 0; i < audit->servers_n; i++)
        write_server(w, &audit->servers[i]);
    audit_json_end(&w->j);
    audit_told_array(w, "relays");
    for (size_t i = 0; i < audit->relays_n; i++) {
        const struct audit_relay *relay = &audit->relays[i];
        audit_json_object(&w->j);
        audit_told_address(w, "id", relay->address);
        audit_told_network(w, "network", relay->network);
        audit_told_uint(w, "messages", relay->messages);
        audit_told_findings(w, "added", NULL, &relay->added);
        audit_json_end(&w->j);
        audit_show_flush(&w->show, false);
    }
    audit_json_end(&w->j);
}
