/* SPDX-License-Identifier: ISC
 *
 * Servers and relay agents. The scatter plot, address against order of arrival, shows at a glance how a server
 * chooses (RFC 7819 §4.2): one after the other is a line, a hash or chance is a cloud.
 */
#include "audit/report_html.h"

enum { SIDE = 1000 };

static void write_name(struct audit_html *h, const struct audit_server *server)
{
    if (server->id)
        audit_show_address(h->show.report, server->id, &h->text);
    else
        buf_append_str(&h->text, "without option 54");
    audit_html_said(h);
}

static void write_server(struct audit_html *h, const struct audit_server *server)
{
    const struct audit_allocation *a = &server->allocation;
    audit_html_raw(h, "<tr><th scope=\"row\">");
    write_name(h, server);
    audit_html_raw(h, "</th><td>");
    audit_show_network(h->show.report, server->network, &h->text);
    audit_html_said(h);
    audit_html_printf(h, "%s</td><td>%s", server->rogue ? "; not the only server there" : "",
                      audit_strategy_text(a->strategy));
    audit_html_str(h, a->detail ? ": " : "");
    audit_html_str(h, a->detail ? a->detail : "");
    audit_html_printf(h, "</td><td class=\"num\">%.2f</td><td class=\"num\">",
                      a->likelihood[a->strategy]);
    if (a->held_out)
        audit_html_printf(h, "%.0f %% of %u", 100 * a->predicted, a->held_out);
    audit_html_printf(h,
                      "</td><td class=\"num\">%u of %u</td><td class=\"num\">%u of %u</td><td><ul "
                      "class=\"evidence\">",
                      a->returning_same, a->returning, a->moved_same, a->moved);
    audit_html_findings(h, &server->leaked);
    audit_html_findings(h, &server->volunteered);
    audit_html_raw(h, "</ul></td></tr>\n");
    audit_show_flush(&h->show, false);
}

static void write_servers(struct audit_html *h)
{
    const struct audit *audit = h->show.report->audit;
    audit_html_table(h, "allocation", "How servers choose addresses, and what they tell unasked");
    audit_html_raw(
        h, "<thead><tr><th scope=\"col\">Server</th><th scope=\"col\">Network</th><th "
           "scope=\"col\">Strategy</th><th scope=\"col\" class=\"num\">Likelihood</th><th "
           "scope=\"col\" "
           "class=\"num\">Foretold</th><th scope=\"col\" class=\"num\">Same address again</th><th "
           "scope=\"col\" class=\"num\">Same offset elsewhere</th><th "
           "scope=\"col\">Leaked or unasked</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < audit->servers_n && i < AUDIT_HTML_CLIENTS; i++)
        write_server(h, &audit->servers[i]);
    audit_html_table_end(h);
}

static void write_relays(struct audit_html *h)
{
    const struct audit *audit = h->show.report->audit;
    if (!audit->relays_n)
        return;
    audit_html_table(h, "relays", "Relay agents, and what they add");
    audit_html_raw(
        h, "<thead><tr><th scope=\"col\">Relay agent</th><th scope=\"col\">Network</th><th "
           "scope=\"col\" "
           "class=\"num\">Messages</th><th scope=\"col\">Added</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < audit->relays_n && i < AUDIT_HTML_CLIENTS; i++) {
        const struct audit_relay *relay = &audit->relays[i];
        audit_html_raw(h, "<tr><th scope=\"row\">");
        audit_show_address(h->show.report, relay->address, &h->text);
        audit_html_said(h);
        audit_html_raw(h, "</th><td>");
        audit_show_network(h->show.report, relay->network, &h->text);
        audit_html_said(h);
        audit_html_printf(h, "</td><td class=\"num\">%u</td><td><ul class=\"evidence\">",
                          relay->messages);
        audit_html_findings(h, &relay->added);
        audit_html_raw(h, "</ul></td></tr>\n");
    }
    audit_html_table_end(h);
}

/* ---- scatter plots ---- */

struct plot { /* of one server on one network: each has a pool of its own */
    const struct audit_server *server;
    uint32_t network, low, high;
    size_t n, step; /* every so many-th is shown */
};

static struct plot plot_of(const struct audit_server *server, uint32_t network)
{
    const struct audit_allocation *a = &server->allocation;
    struct plot plot = { .server = server, .network = network, .low = UINT32_MAX };
    for (size_t i = 0; i < a->given_n; i++) {
        if (a->given[i].network != network)
            continue;
        plot.low = a->given[i].address < plot.low ? a->given[i].address : plot.low;
        plot.high = a->given[i].address > plot.high ? a->given[i].address : plot.high;
        plot.n++;
    }
    plot.step = plot.n / AUDIT_HTML_POINTS + 1;
    return plot;
}

static void write_points(struct audit_html *h, const struct plot *plot, bool wished)
{
    const struct audit_allocation *a = &plot->server->allocation;
    double across = plot->n > 1 ? (double)(plot->n - 1) : 1;
    double up = plot->high > plot->low ? (double)(plot->high - plot->low) : 1;
    size_t k = 0;
    audit_html_printf(h, "<path class=\"%s\" d=\"", wished ? "wished" : "points");
    for (size_t i = 0; i < a->given_n; i++) {
        if (a->given[i].network != plot->network)
            continue;
        double x = (double)k / across, y = (double)(a->given[i].address - plot->low) / up;
        if (k++ % plot->step == 0 && a->given[i].wished == wished)
            audit_html_printf(h, "M%.0f %.0fh.1", 20 + (SIDE - 40) * x,
                              SIDE - 20 - (SIDE - 40) * y);
    }
    audit_html_raw(h, "\"/>");
}

static void write_edge(struct audit_html *h, const char *what, uint32_t address)
{
    audit_html_str(h, what);
    audit_show_address(h->show.report, address, &h->text);
    audit_html_said(h);
}

static void write_plot(struct audit_html *h, const struct plot *plot)
{
    const struct audit_allocation *a = &plot->server->allocation;
    audit_html_raw(h, "<figure class=\"plot\"><figcaption>");
    write_name(h, plot->server);
    audit_html_raw(h, " on ");
    audit_show_network(h->show.report, plot->network, &h->text);
    audit_html_said(h);
    audit_html_printf(h, ": %s, %zu clients</figcaption>\n<div class=\"axis\"><span>",
                      audit_strategy_text(a->strategy), plot->n);
    write_edge(h, "highest: ", plot->high);
    audit_html_raw(h, "</span></div>\n");
    audit_html_chart(h, "scatter", SIDE, SIDE,
                     "Addresses given, against the order in which clients came");
    audit_html_printf(
        h,
        "<desc>Strategy: %s. %.0f %% of the %u held-out addresses were foretold. A line "
        "means one address after the other, a cloud chance or a hash.</desc>\n",
        audit_strategy_text(a->strategy), 100 * a->predicted, a->held_out);
    write_points(h, plot, true);
    write_points(h, plot, false);
    audit_html_raw(h, "</svg>\n<div class=\"axis\"><span>");
    write_edge(h, "lowest: ", plot->low);
    audit_html_raw(h, "</span><span>clients in order of arrival</span></div></figure>\n");
    audit_show_flush(&h->show, false);
}

/* The networks of a server in the order in which it served them; returns how many, at most max. */
static size_t networks_of(const struct audit_allocation *a, uint32_t *out, size_t max)
{
    size_t n = 0, k;
    for (size_t i = 0; i < a->given_n && n < max; i++) {
        for (k = 0; k < n && out[k] != a->given[i].network; k++)
            continue;
        if (k == n)
            out[n++] = a->given[i].network;
    }
    return n;
}

static void write_plots(struct audit_html *h)
{
    const struct audit *audit = h->show.report->audit;
    uint32_t networks[AUDIT_HTML_PLOTS];
    size_t shown = 0;
    audit_html_raw(
        h, "<p class=\"note\">Each point is the first address that a client was given; "
           "those in the other colour, and smaller, were asked for by the client itself.</p>\n"
           "<div class=\"plots\">\n");
    for (size_t i = 0; i < audit->servers_n && shown < AUDIT_HTML_PLOTS; i++) {
        const struct audit_server *server = &audit->servers[i];
        size_t n = networks_of(&server->allocation, networks, AUDIT_HTML_PLOTS - shown);
        for (size_t k = 0; k < n; k++) {
            struct plot plot = plot_of(server, networks[k]);
            if (plot.n < 2)
                continue;
            write_plot(h, &plot);
            shown++;
        }
    }
    audit_html_raw(h, "</div>\n");
}

void audit_html_servers(struct audit_html *h)
{
    const struct audit *audit = h->show.report->audit;
    audit_html_raw(h, "<section aria-labelledby=\"servers\">\n<h2 id=\"servers\">Servers and relay "
                      "agents</h2>\n");
    if (audit->servers_n) {
        write_servers(h);
        write_plots(h);
    } else {
        audit_html_raw(h, "<p>No server was seen.</p>\n");
    }
    write_relays(h);
    audit_html_raw(h, "</section>\n");
}
