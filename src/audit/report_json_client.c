/* SPDX-License-Identifier: ISC */
#include "audit/report_json.h"
#include "audit/severity.h"

static void write_attacks(struct audit_told *w, const struct audit_client *client)
{
    audit_told_object(w, "attacks");
    for (unsigned i = 0; i < AUDIT_ATTACKS; i++) {
        const struct audit_attack *attack = &client->attacks[i];
        enum audit_attack_id id = (enum audit_attack_id)i;
        audit_told_object(w, audit_attack_section(id));
        audit_told_str(w, "verdict", audit_verdict_text(attack->verdict));
        audit_told_str(w, "severity",
                       audit_severity_text(audit_attack_severity(id, attack->verdict)));
        audit_told_findings(w, "evidence", client, &attack->evidence);
        audit_told_uint(w, "more", attack->evidence.dropped);
        audit_json_end(&w->j);
    }
    audit_json_end(&w->j);
}

static void write_disclosers(struct audit_told *w, unsigned by)
{
    static const struct {
        enum audit_discloser by;
        const char *name;
    } all[] = { { AUDIT_BY_CLIENT, "client" },
                { AUDIT_BY_SERVER, "server" },
                { AUDIT_BY_RELAY, "relay" },
                { AUDIT_BY_LEASEQUERY, "leasequery" } };
    audit_told_array(w, "by");
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        if (by & all[i].by)
            audit_json_str(&w->j, all[i].name);
    audit_json_end(&w->j);
}

static void write_trait(struct audit_told *w, const struct audit_trait *trait)
{
    const struct audit_value *value = trait->value;
    audit_json_object(&w->j);
    audit_show_value(w->show.report, value, &w->text);
    audit_told_text(w, "value");
    if (audit_mask_reveals(w->show.report->mask)) {
        audit_json_key(&w->j, "octets");
        audit_json_hex(&w->j, value->octets);
    }
    write_disclosers(w, trait->by);
    audit_told_uint(w, "messages", trait->count);
    audit_told_uint(w, "clients", value->clients);
    audit_told_time(w, "first", trait->first_us);
    audit_told_time(w, "last", trait->last_us);
    audit_told_place(w, &trait->first);
    audit_json_end(&w->j);
}

/* Who made it, when the address says so: the IEEE's word, which is shown. */
static struct slice maker_of(const struct audit_told *w, const struct audit_identifier *row)
{
    const struct audit_options *options = &w->show.report->audit->options;
    struct slice maker = { 0 };
    uint8_t hardware[6];
    for (const struct audit_trait *t = row->traits; t && options->maker && !maker.n;
         t = audit_trait_next(t))
        if (audit_value_hardware(t->value, hardware))
            maker = options->maker(options->owner, hardware);
    return maker;
}

static void write_maker(struct audit_told *w, const struct audit_identifier *row)
{
    struct slice maker = maker_of(w, row);
    audit_json_key(&w->j, "maker");
    if (maker.n)
        audit_json_text(&w->j, maker);
    else
        audit_json_null(&w->j);
}

static void write_identifier(struct audit_told *w, const struct audit_identifier *row)
{
    audit_json_object(&w->j);
    audit_told_str(w, "kind", identifier_exposure(row->kind)->name);
    audit_told_str(w, "stability", audit_stability_text(row->stability));
    audit_told_uint(w, "values", row->values);
    audit_told_bool(w, "across_hardware", row->across_hardware);
    audit_told_bool(w, "across_networks", row->across_networks);
    audit_told_bool(w, "universal", row->universal);
    audit_told_bool(w, "local", row->local);
    audit_told_number(w, "bits", row->bits, 2);
    audit_told_number(w, "own_bits", row->own_bits, 2);
    write_maker(w, row);
    audit_told_array(w, "seen");
    for (const struct audit_trait *t = row->traits; t; t = audit_trait_next(t))
        write_trait(w, t);
    audit_json_end(&w->j);
    audit_json_end(&w->j);
}

static void write_identifiers(struct audit_told *w, const struct audit_client *client)
{
    struct audit_identifier rows[ID_KIND_COUNT];
    size_t n = audit_identifiers(w->show.report->audit, client, rows);
    audit_told_array(w, "identifiers");
    for (size_t i = 0; i < n; i++)
        write_identifier(w, &rows[i]);
    audit_json_end(&w->j);
}

static void write_rule(struct audit_told *w, const struct audit_client *client, size_t i)
{
    struct audit_rule_result result;
    audit_conduct_result(client, i, &result);
    audit_told_object(w, audit_rule(i)->id);
    audit_told_str(w, "result", audit_conformance_text(result.result));
    audit_told_uint(w, "conforming", result.conforming);
    audit_told_uint(w, "violating", result.violating);
    audit_told_uint(w, "untold", result.untold);
    audit_told_findings(w, "evidence", client, &result.evidence);
    audit_json_end(&w->j);
}

static void write_conduct(struct audit_told *w, const struct audit_client *client)
{
    audit_json_key(&w->j, "conformance");
    if (!client->conduct) {
        audit_json_null(&w->j);
        return;
    }
    char grade = audit_grade(client);
    audit_json_object(&w->j);
    buf_append_byte(&w->text, (uint8_t)grade);
    audit_told_text(w, "grade");
    audit_grade_text(client, &w->text);
    audit_told_text(w, "summary");
    audit_told_object(w, "rules");
    for (size_t i = 0; i < AUDIT_RULES; i++)
        write_rule(w, client, i);
    audit_json_end(&w->j);
    audit_json_end(&w->j);
}

static void write_stay(struct audit_told *w, const struct audit_stay *stay)
{
    audit_json_object(&w->j);
    audit_told_network(w, "network", stay->network);
    audit_told_uint(w, "messages", stay->messages);
    audit_told_uint(w, "sightings", stay->sightings);
    audit_told_time(w, "first", stay->first_us);
    audit_told_time(w, "last", stay->last_us);
    audit_told_array(w, "addresses");
    for (size_t i = 0; i < stay->leases_n; i++) {
        const struct audit_lease *lease = &stay->leases[i];
        audit_json_object(&w->j);
        audit_told_address(w, "address", lease->address);
        audit_told_address(w, "server", lease->server);
        audit_told_bool(w, "offered_only", lease->offered_only);
        audit_told_time(w, "first", lease->first_us);
        audit_told_time(w, "last", lease->last_us);
        audit_told_time(w, "until", lease->until_us);
        audit_told_place(w, &lease->place);
        audit_json_end(&w->j);
    }
    audit_json_end(&w->j);
    audit_json_end(&w->j);
}

static void write_stays(struct audit_told *w, const struct audit_client *client)
{
    audit_told_array(w, "networks");
    for (const struct audit_stay *stay = client->stays; stay; stay = stay->next) {
        audit_show_network(w->show.report, stay->network, &w->text);
        audit_json_text(&w->j, buf_slice(&w->text));
        buf_consume(&w->text, buf_size(&w->text));
    }
    audit_json_end(&w->j);
    audit_told_array(w, "stays");
    for (const struct audit_stay *stay = client->stays; stay; stay = stay->next)
        write_stay(w, stay);
    audit_json_end(&w->j);
}

static void write_system(struct audit_told *w, const struct fingerprint_guess *guess)
{
    audit_json_key(&w->j, "system");
    if (!guess) {
        audit_json_null(&w->j);
        return;
    }
    audit_json_object(&w->j);
    audit_told_str(w, "system", guess->system);
    audit_told_str(w, "device", guess->device);
    audit_told_str(w, "by", guess->by);
    audit_told_str(w, "source", guess->source);
    audit_told_number(w, "score", guess->score, 3);
    audit_json_end(&w->j);
}

void audit_told_client(struct audit_told *w, const struct audit_client *client)
{
    const struct audit *audit = w->show.report->audit;
    audit_json_object(&w->j);
    audit_told_id(w, "id", client);
    audit_show_hardware(w->show.report, client, &w->text);
    audit_told_text(w, "hardware");
    audit_told_uint(w, "htype", client->htype);
    audit_told_id(w, "device",
                  client->device < audit->clients_n ? audit->clients[client->device] : client);
    audit_told_uint(w, "messages", client->messages);
    audit_told_time(w, "first", client->first_us);
    audit_told_time(w, "last", client->last_us);
    audit_told_number(w, "bits", client->bits, 2);
    write_system(w, client->guess);
    write_stays(w, client);
    write_attacks(w, client);
    write_identifiers(w, client);
    write_conduct(w, client);
    audit_json_end(&w->j);
    audit_show_flush(&w->show, false);
}
