/* SPDX-License-Identifier: ISC
 *
 * Tables with bars: how many bits each identifier tells, what listeners learn, how clients keep RFC 7844.
 */
#include "audit/report_html.h"

#include <math.h>

/* ---- identifiers ---- */

struct sum { /* of one kind of identifier over all clients that disclose it */
    uint64_t clients, stable, across;
    double bits, own;
};

static void add_up(const struct audit *audit, struct sum sums[ID_KIND_COUNT])
{
    struct audit_identifier rows[ID_KIND_COUNT];
    for (size_t i = 0; i < audit->clients_n; i++) {
        size_t n = audit_identifiers(audit, audit->clients[i], rows);
        for (size_t k = 0; k < n; k++) {
            struct sum *sum = &sums[rows[k].kind];
            sum->clients++;
            sum->stable += rows[k].stability == AUDIT_STABLE;
            sum->across += rows[k].across_networks;
            sum->bits += rows[k].bits;
            sum->own += rows[k].own_bits;
        }
    }
}

static void write_sum(struct audit_html *h, enum identifier_kind kind, const struct sum *sum,
                      double most)
{
    const struct identifier_exposure *exposure = identifier_exposure(kind);
    double n = (double)sum->clients;
    audit_html_raw(h, "<tr><th scope=\"row\">");
    audit_html_str(h, exposure->name);
    audit_html_raw(h, "<br><small>");
    audit_html_str(h, exposure->exposes);
    audit_html_printf(
        h,
        "</small></th><td class=\"num\">%llu</td><td class=\"num\">%llu</td><td "
        "class=\"num\">%llu</td><td class=\"num\">%.1f</td><td class=\"num\">%.1f</td><td>",
        (unsigned long long)sum->clients, (unsigned long long)sum->stable,
        (unsigned long long)sum->across, sum->bits / n, sum->own / n);
    audit_html_bar(h, most > 0 ? sum->bits / n / most : 0, most > 0 ? sum->own / n / most : 0);
    audit_html_raw(h, "</td></tr>\n");
}

void audit_html_entropy(struct audit_html *h)
{
    const struct audit *audit = h->show.report->audit;
    struct sum sums[ID_KIND_COUNT] = { 0 };
    double most = audit->clients_n > 1 ? log2((double)audit->clients_n) : 0;
    audit_html_raw(
        h,
        "<section aria-labelledby=\"entropy\">\n<h2 id=\"entropy\">Identifiers, and how much each "
        "tells</h2>\n");
    audit_html_printf(
        h,
        "<p>To tell one of %zu clients from all others takes %.1f bits: a full bar. The light part "
        "is what an identifier tells by itself, the dark part what it adds to those above "
        "it.</p>\n",
        audit->clients_n, most);
    audit_html_table(h, "bits", "What clients disclose, and how many bits it tells on average");
    audit_html_raw(
        h, "<thead><tr><th scope=\"col\">Identifier</th><th scope=\"col\" "
           "class=\"num\">Clients</th><th "
           "scope=\"col\" class=\"num\">Stable</th><th scope=\"col\" class=\"num\">Across "
           "networks</th><th "
           "scope=\"col\" class=\"num\">Bits</th><th scope=\"col\" class=\"num\">Added</th><th "
           "scope=\"col\">Bar</th></tr></thead>\n<tbody>\n");
    add_up(audit, sums);
    for (unsigned kind = 0; kind < ID_KIND_COUNT; kind++)
        if (sums[kind].clients)
            write_sum(h, (enum identifier_kind)kind, &sums[kind], most);
    audit_html_table_end(h);
    audit_html_raw(h, "</section>\n");
}

/* ---- 5.6 ---- */

static void write_share(struct audit_html *h, double share)
{
    audit_html_printf(h, "<td>%.0f %%", 100 * share);
    audit_html_bar(h, share, 0);
    audit_html_raw(h, "</td>");
}

void audit_html_listeners(struct audit_html *h)
{
    const struct audit *audit = h->show.report->audit;
    if (audit->listeners_n < 2)
        return;
    audit_html_raw(h,
                   "<section aria-labelledby=\"listeners\">\n<h2 id=\"listeners\">What a listener "
                   "learns</h2>\n");
    audit_html_table(
        h, "listening",
        "Pervasive monitoring (5.6): who listens on so many of the networks sees, follows "
        "from one to another, and can name this share of all devices");
    audit_html_raw(
        h, "<thead><tr><th scope=\"col\">Networks</th><th scope=\"col\">Seen</th><th "
           "scope=\"col\">Followed</th><th scope=\"col\">Named</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < audit->listeners_n; i++) {
        const struct audit_listener *l = &audit->listeners[i];
        if (i >= 20 && i + 1 < audit->listeners_n)
            continue; /* the beginning and the end show the curve */
        audit_html_printf(h, "<tr><th scope=\"row\">%u of %zu</th>", l->networks,
                          audit->listeners_n);
        write_share(h, l->devices);
        write_share(h, l->followed);
        write_share(h, l->named);
        audit_html_raw(h, "</tr>\n");
    }
    audit_html_table_end(h);
    audit_html_raw(h, "</section>\n");
}

/* ---- RFC 7844 ---- */

struct tally {
    uint64_t conforms, violates, untold;
};

static void tally_client(const struct audit_client *client, struct tally tallies[AUDIT_RULES])
{
    for (size_t i = 0; i < AUDIT_RULES && client->conduct; i++) {
        struct audit_rule_result of;
        audit_conduct_result(client, i, &of);
        tallies[i].conforms += of.result == AUDIT_CONFORMS;
        tallies[i].violates += of.result == AUDIT_VIOLATES;
        tallies[i].untold += of.result == AUDIT_CANNOT_TELL;
    }
}

void audit_html_conduct(struct audit_html *h)
{
    const struct audit *audit = h->show.report->audit;
    struct tally tallies[AUDIT_RULES] = { 0 };
    for (size_t i = 0; i < audit->clients_n; i++)
        tally_client(audit->clients[i], tallies);
    audit_html_raw(
        h,
        "<section aria-labelledby=\"conduct\">\n<h2 id=\"conduct\">The anonymity profile</h2>\n");
    audit_html_table(h, "rules", "Rules of RFC 7844, and how many clients keep them");
    audit_html_raw(
        h,
        "<thead><tr><th scope=\"col\">Rule</th><th scope=\"col\">What it asks</th><th "
        "scope=\"col\">Level</th><th scope=\"col\" "
        "class=\"num\">Conforms</th><th scope=\"col\" class=\"num\">Violates</th><th scope=\"col\" "
        "class=\"num\">Cannot tell</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < AUDIT_RULES; i++) {
        const struct audit_rule *rule = audit_rule(i);
        audit_html_printf(h, "<tr><th scope=\"row\">%s</th><td class=\"rule\">", rule->id);
        audit_html_str(h, rule->rule);
        audit_html_raw(h, " <small>");
        audit_html_str(h, rule->where);
        audit_html_printf(
            h,
            "</small></td><td>%s</td><td class=\"num\">%llu</td><td class=\"num%s\">%llu</td><td "
            "class=\"num\">%llu</td></tr>\n",
            audit_level_text(rule->level), (unsigned long long)tallies[i].conforms,
            tallies[i].violates ? " e" : "", (unsigned long long)tallies[i].violates,
            (unsigned long long)tallies[i].untold);
    }
    audit_html_table_end(h);
    audit_html_raw(h, "</section>\n");
}
