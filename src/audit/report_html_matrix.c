/* SPDX-License-Identifier: ISC
 *
 * Clients by attacks, and for each client the evidence: RFC 7819 §5 at a glance, and then in full.
 */
#include "audit/report_html.h"

#include "audit/severity.h"

static const char *class_of(enum audit_verdict verdict)
{
    switch (verdict) {
    case AUDIT_EXPOSED: return "e";
    case AUDIT_POSSIBLE: return "p";
    case AUDIT_NOT_SEEN: break;
    }
    return "n";
}

static void write_columns(struct audit_html *h)
{
    audit_html_raw(h, "<thead><tr><th scope=\"col\">Client</th>");
    for (unsigned i = 0; i < AUDIT_ATTACKS; i++) {
        audit_html_printf(h, "<th scope=\"col\">%s ",
                          audit_attack_section((enum audit_attack_id)i));
        audit_html_str(h, audit_attack_title((enum audit_attack_id)i));
        audit_html_raw(h, "</th>");
    }
    audit_html_raw(
        h, "<th scope=\"col\" class=\"num\">Bits</th><th scope=\"col\">Grade (RFC 7844)</th></tr>"
           "</thead>\n");
}

static void write_row(struct audit_html *h, const struct audit_client *client)
{
    audit_html_raw(h, "<tr>");
    audit_html_client_row(h, client);
    for (unsigned i = 0; i < AUDIT_ATTACKS; i++) {
        enum audit_verdict verdict = client->attacks[i].verdict;
        audit_html_printf(h, "<td class=\"%s\">%s</td>", class_of(verdict),
                          audit_verdict_text(verdict));
    }
    audit_html_printf(h, "<td class=\"num\">%.1f</td><td>%c</td></tr>\n", client->bits,
                      client->conduct ? audit_grade(client) : '-');
    audit_show_flush(&h->show, false);
}

/* All clients, also those without a row of their own. */
static void write_sum(struct audit_html *h, enum audit_verdict verdict)
{
    const struct audit *audit = h->show.report->audit;
    uint64_t n[AUDIT_ATTACKS] = { 0 };
    for (size_t k = 0; k < audit->clients_n; k++)
        for (size_t i = 0; i < AUDIT_ATTACKS; i++)
            n[i] += audit->clients[k]->attacks[i].verdict == verdict;
    audit_html_printf(h, "<tr><th scope=\"row\">All clients: %s</th>", audit_verdict_text(verdict));
    for (size_t i = 0; i < AUDIT_ATTACKS; i++)
        audit_html_printf(h, "<td>%llu</td>", (unsigned long long)n[i]);
    audit_html_raw(h, "<td></td><td></td></tr>\n");
}

static void write_table(struct audit_html *h, size_t n)
{
    audit_html_table(h, "exposure",
                     "Exposure matrix: every client, the most exposed first, and what RFC 7819 "
                     "\xc2\xa7"
                     "5 warns of");
    write_columns(h);
    audit_html_raw(h, "<tfoot>");
    write_sum(h, AUDIT_EXPOSED);
    write_sum(h, AUDIT_POSSIBLE);
    audit_html_raw(h, "</tfoot>\n<tbody>\n");
    for (size_t i = 0; i < n; i++)
        write_row(h, h->sorted[i]);
    audit_html_table_end(h);
}

/* ---- one client ---- */

static void write_attack(struct audit_html *h, const struct audit_client *client,
                         enum audit_attack_id id)
{
    const struct audit_attack *attack = &client->attacks[id];
    if (attack->verdict == AUDIT_NOT_SEEN)
        return;
    audit_html_printf(h, "<dt>%s ", audit_attack_section(id));
    audit_html_str(h, audit_attack_title(id));
    audit_html_printf(h, ": %s</dt><dd><ul class=\"evidence\">",
                      audit_verdict_text(attack->verdict));
    audit_html_findings(h, &attack->evidence);
    audit_html_raw(h, "</ul></dd>\n");
}

static void write_seen(struct audit_html *h, const struct audit_client *client)
{
    audit_html_raw(h, "<p class=\"note\">");
    audit_html_printf(h, "%llu messages, ", (unsigned long long)client->messages);
    audit_show_time(client->first_us, &h->show.out);
    audit_html_raw(h, " to ");
    audit_show_time(client->last_us, &h->show.out);
    audit_html_raw(h, " (UTC), on ");
    for (const struct audit_stay *stay = client->stays; stay; stay = stay->next) {
        audit_show_network(h->show.report, stay->network, &h->text);
        audit_html_said(h);
        audit_html_raw(h, stay->next ? ", " : "");
    }
    audit_html_raw(h, "</p>\n");
    if (!client->conduct)
        return;
    audit_html_raw(h, "<p>Grade ");
    audit_grade_text(client, &h->text);
    audit_html_said(h);
    audit_html_raw(h, "</p>\n");
}

static void write_client(struct audit_html *h, const struct audit_client *client)
{
    audit_html_raw(h, "<details class=\"client\" id=\"");
    audit_html_id(h, client);
    audit_html_raw(h, "\"><summary><code>");
    audit_html_id(h, client);
    audit_html_raw(h, "</code>");
    if (client->guess)
        audit_html_str(h, client->guess->system);
    audit_html_raw(h, "</summary>\n");
    write_seen(h, client);
    audit_html_raw(h, "<dl>\n");
    for (unsigned i = 0; i < AUDIT_ATTACKS; i++)
        write_attack(h, client, (enum audit_attack_id)i);
    audit_html_raw(h, "</dl></details>\n");
    audit_show_flush(&h->show, false);
}

void audit_html_matrix(struct audit_html *h)
{
    size_t n = h->sorted_n < AUDIT_HTML_CLIENTS ? h->sorted_n : AUDIT_HTML_CLIENTS;
    audit_html_raw(
        h, "<section class=\"matrix\" aria-labelledby=\"matrix\">\n<h2 id=\"matrix\">Clients and "
           "attacks</h2>\n");
    if (n)
        write_table(h, n);
    if (h->sorted_n > n)
        audit_html_printf(
            h,
            "<p>The %zu clients of whom most is exposed have a row; the other %zu are in the "
            "sums, and in the report that --json writes.</p>\n",
            n, h->sorted_n - n);
    audit_html_raw(h, n ? "<h3>The evidence, client by client</h3>\n"
                        : "<p>No client was seen.</p>\n");
    for (size_t i = 0; i < n; i++)
        write_client(h, h->sorted[i]);
    audit_html_raw(h, "</section>\n");
}
