/* SPDX-License-Identifier: ISC
 *
 * One client in full: `--client`.
 */
#include "audit/report_text.h"
#include "audit/severity.h"

static void write_head(struct audit_text *t, const struct audit_client *client)
{
    struct buf *out = &t->show.out;
    buf_append_str(out, "Client ");
    audit_show_id(t->show.report, client, out);
    buf_append_str(out, "  ");
    audit_show_hardware(t->show.report, client, out);
    buf_append_byte(out, '\n');
    buf_printf(&t->text, "%llu messages, ", (unsigned long long)client->messages);
    audit_show_time(client->first_us, &t->text);
    buf_append_str(&t->text, " to ");
    audit_show_time(client->last_us, &t->text);
    buf_printf(&t->text, " (UTC); %.1f bits tell it apart", client->bits);
    audit_text_said(t, 0);
    if (client->guess)
        buf_printf(&t->text, "%s%s%s, by its %s (%s, score %.2f)", client->guess->system,
                   client->guess->device[0] ? ", " : "", client->guess->device, client->guess->by,
                   client->guess->source, client->guess->score);
    if (client->guess)
        audit_text_said(t, 0);
    if (client->conduct) {
        buf_append_str(&t->text, "Grade ");
        audit_grade_text(client, &t->text);
        audit_text_said(t, 0);
    }
}

static void write_attacks(struct audit_text *t, const struct audit_client *client)
{
    buf_append_str(&t->show.out, "\nAttacks\n");
    for (unsigned i = 0; i < AUDIT_ATTACKS; i++) {
        enum audit_attack_id id = (enum audit_attack_id)i;
        const struct audit_attack *attack = &client->attacks[i];
        buf_printf(&t->show.out, " %-4s %-9s ", audit_attack_section(id),
                   audit_verdict_text(attack->verdict));
        audit_text_wrap(t, 16, slice_of_str(audit_attack_title(id)));
        audit_text_findings(t, 16, &attack->evidence, AUDIT_EVIDENCE_MAX);
        if (attack->verdict == AUDIT_NOT_SEEN)
            continue;
        buf_printf(&t->show.out, "%*sdo: ", 16, "");
        audit_text_wrap(t, 20, slice_of_str(audit_attack_advice(id)));
    }
    audit_show_flush(&t->show, false);
}

static void add_flag(struct audit_text *t, bool is, const char *text)
{
    if (is)
        buf_printf(&t->text, ", %s", text);
}

static void write_identifier(struct audit_text *t, const struct audit_identifier *row)
{
    buf_append_byte(&t->show.out, ' ');
    audit_text_cell(t, slice_of_str(identifier_exposure(row->kind)->name), 18);
    buf_printf(&t->show.out, "%6.2f %6.2f  ", row->bits, row->own_bits);
    buf_printf(&t->text, "%s", audit_stability_text(row->stability));
    if (row->values > 1)
        buf_printf(&t->text, ", %u values", row->values);
    add_flag(t, row->across_hardware, "others have it, too");
    add_flag(t, row->across_networks, "on several networks");
    add_flag(t, row->universal, "a maker's address");
    add_flag(t, row->local, "a made-up address");
    audit_text_said(t, 34);
    for (const struct audit_trait *trait = row->traits; trait; trait = audit_trait_next(trait)) {
        buf_printf(&t->show.out, "%*s", 34, "");
        audit_show_value(t->show.report, trait->value, &t->text);
        buf_printf(&t->text, "  x%u ", trait->count);
        audit_text_place(t, &trait->first);
        audit_text_said(t, 36);
    }
}

static void write_identifiers(struct audit_text *t, const struct audit_client *client)
{
    struct audit_identifier rows[ID_KIND_COUNT];
    size_t n = audit_identifiers(t->show.report->audit, client, rows);
    buf_printf(&t->show.out, "\n %-18s%6s %6s\n", "Identifiers", "bits", "own");
    for (size_t i = 0; i < n; i++)
        write_identifier(t, &rows[i]);
    audit_show_flush(&t->show, false);
}

static void write_stays(struct audit_text *t, const struct audit_client *client)
{
    buf_append_str(&t->show.out, "\nNetworks\n");
    for (const struct audit_stay *stay = client->stays; stay; stay = stay->next) {
        buf_append_byte(&t->show.out, ' ');
        audit_show_network(t->show.report, stay->network, &t->text);
        buf_append_str(&t->text, ": ");
        audit_show_time(stay->first_us, &t->text);
        buf_append_str(&t->text, " to ");
        audit_show_time(stay->last_us, &t->text);
        buf_printf(&t->text, ", %u exchanges", stay->sightings);
        for (size_t i = 0; i < stay->leases_n; i++) {
            buf_append_str(&t->text, i ? ", " : "; ");
            audit_show_address(t->show.report, stay->leases[i].address, &t->text);
            buf_append_str(&t->text, stay->leases[i].offered_only ? " (offered)" : "");
        }
        audit_text_said(t, 3);
    }
}

static void write_conduct(struct audit_text *t, const struct audit_client *client)
{
    if (!client->conduct)
        return;
    buf_append_str(&t->show.out, "\nRFC 7844\n");
    for (size_t i = 0; i < AUDIT_RULES; i++) {
        const struct audit_rule *rule = audit_rule(i);
        struct audit_rule_result result;
        audit_conduct_result(client, i, &result);
        buf_printf(&t->show.out, " %-3s %-6s %-11s ", rule->id, audit_level_text(rule->level),
                   audit_conformance_text(result.result));
        buf_printf(&t->text, "%s (%s)", rule->rule, rule->where);
        audit_text_said(t, 24);
        audit_text_findings(t, 24, &result.evidence, AUDIT_EVIDENCE_MAX);
    }
}

static void write_links(struct audit_text *t, const struct audit_client *client)
{
    const struct audit *audit = t->show.report->audit;
    bool first = true;
    for (size_t i = 0; i < audit->links_n; i++) {
        const struct audit_link *link = &audit->links[i];
        if (link->a != client->number && link->b != client->number)
            continue;
        buf_append_str(&t->show.out,
                       first ? "\nOne device by its links, with the probability\n" : "");
        first = false;
        audit_text_link(t, link);
        audit_text_findings(t, 3, &link->evidence, AUDIT_EVIDENCE_MAX);
    }
}

void audit_text_client(struct audit_text *t, const struct audit_client *client)
{
    write_head(t, client);
    write_attacks(t, client);
    write_identifiers(t, client);
    write_stays(t, client);
    write_conduct(t, client);
    write_links(t, client);
}
