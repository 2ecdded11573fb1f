/* SPDX-License-Identifier: ISC
 *
 * When each client was seen, on which network, and which clients are one device: lanes over time.
 */
#include "audit/report_html.h"

#include <stdlib.h>

enum { LANE = 24, WIDTH = 1000, COLOURS = 6, LINKS_MAX = 200 };

struct lanes {
    const struct audit_client *at[AUDIT_HTML_LANES];
    size_t n;
    int64_t first_us, last_us;
};

static bool has(const struct lanes *lanes, const struct audit_client *client)
{
    for (size_t i = 0; i < lanes->n; i++)
        if (lanes->at[i] == client)
            return true;
    return false;
}

static void add(struct lanes *lanes, const struct audit_client *client)
{
    if (lanes->n == AUDIT_HTML_LANES || client->first_us == AUDIT_NO_TIME || has(lanes, client))
        return;
    if (!lanes->n || client->first_us < lanes->first_us)
        lanes->first_us = client->first_us;
    if (!lanes->n || client->last_us > lanes->last_us)
        lanes->last_us = client->last_us;
    lanes->at[lanes->n++] = client;
}

static int by_device(const void *a, const void *b)
{
    const struct audit_client *x = *(const struct audit_client *const *)a;
    const struct audit_client *y = *(const struct audit_client *const *)b;
    if (x->device != y->device)
        return x->device < y->device ? -1 : 1;
    return x->first_us < y->first_us ? -1 : x->first_us > y->first_us;
}

/* Those that are linked first; then the most exposed. */
static void choose(const struct audit_html *h, struct lanes *lanes)
{
    const struct audit *audit = h->show.report->audit;
    for (size_t i = 0; i < audit->links_n && lanes->n + 1 < AUDIT_HTML_LANES; i++) {
        add(lanes, audit->clients[audit->links[i].a]);
        add(lanes, audit->clients[audit->links[i].b]);
    }
    for (size_t i = 0; i < h->sorted_n && lanes->n < AUDIT_HTML_LANES; i++)
        add(lanes, h->sorted[i]);
    qsort(lanes->at, lanes->n, sizeof(struct audit_client *), by_device);
}

static double x_of(const struct lanes *lanes, int64_t time_us)
{
    double span = (double)(lanes->last_us - lanes->first_us);
    double share = span > 0 ? (double)(time_us - lanes->first_us) / span : 0.5;
    return 10 + (WIDTH - 20) * (share < 0 ? 0 : share > 1 ? 1 : share);
}

static void write_lane(struct audit_html *h, const struct lanes *lanes, size_t i)
{
    const struct audit_client *client = lanes->at[i];
    size_t y = LANE * i + LANE / 2;
    audit_html_printf(h, "<path class=\"lane\" d=\"M0 %zuH%d\"/>", y, WIDTH);
    for (const struct audit_stay *stay = client->stays; stay; stay = stay->next) {
        audit_html_printf(h, "<path class=\"s%u\" d=\"", stay->network % COLOURS);
        for (size_t k = 0; k < stay->spans_n; k++)
            audit_html_printf(h, "M%.1f %zuH%.1f", x_of(lanes, stay->spans[k].from_us), y,
                              x_of(lanes, stay->spans[k].to_us) + 0.1);
        if (!stay->spans_n && stay->first_us != AUDIT_NO_TIME)
            audit_html_printf(h, "M%.1f %zuH%.1f", x_of(lanes, stay->first_us), y,
                              x_of(lanes, stay->last_us) + 0.1);
        audit_html_raw(h, "\"/>");
    }
    audit_html_raw(h, "\n");
    audit_show_flush(&h->show, false);
}

static size_t lane_of(const struct lanes *lanes, const struct audit_client *client)
{
    size_t i = 0;
    while (i < lanes->n && lanes->at[i] != client)
        i++;
    return i;
}

/* From where the later one begins, up or down to the other. */
static void write_link(struct audit_html *h, const struct lanes *lanes,
                       const struct audit_link *link)
{
    const struct audit *audit = h->show.report->audit;
    const struct audit_client *a = audit->clients[link->a], *b = audit->clients[link->b];
    size_t ya = lane_of(lanes, a), yb = lane_of(lanes, b);
    if (ya == lanes->n || yb == lanes->n)
        return;
    double x = x_of(lanes, a->first_us > b->first_us ? a->first_us : b->first_us);
    audit_html_printf(h, "<path class=\"link\" d=\"M%.1f %zuV%zu\"/>\n", x, LANE * ya + LANE / 2,
                      LANE * yb + LANE / 2);
}

static void write_chart(struct audit_html *h, const struct lanes *lanes)
{
    const struct audit *audit = h->show.report->audit;
    audit_html_raw(h, "<div class=\"lanes\">\n<ul aria-hidden=\"true\">");
    for (size_t i = 0; i < lanes->n; i++) {
        audit_html_raw(h, "<li>");
        audit_html_id(h, lanes->at[i]);
        audit_html_raw(h, "</li>");
    }
    audit_html_raw(h, "</ul>\n");
    audit_html_chart(h, "time", WIDTH, (unsigned)(LANE * lanes->n),
                     "When clients were seen, a lane each");
    audit_html_printf(
        h,
        "<desc>%zu lanes from left to right in time; thick lines are sightings, coloured by "
        "network; "
        "broken lines join clients that are one device. The tables below say the same.</desc>\n",
        lanes->n);
    for (size_t i = 0; i < lanes->n; i++)
        write_lane(h, lanes, i);
    for (size_t i = 0; i < audit->links_n && i < LINKS_MAX; i++)
        write_link(h, lanes, &audit->links[i]);
    audit_html_raw(h, "</svg>\n<div class=\"axis\"><span>");
    audit_show_time(lanes->first_us, &h->show.out);
    audit_html_raw(h, "</span><span>");
    audit_show_time(lanes->last_us, &h->show.out);
    audit_html_raw(h, "</span></div></div>\n");
}

static void write_keys(struct audit_html *h)
{
    const struct audit *audit = h->show.report->audit;
    audit_html_raw(h, "<ul class=\"keys\" aria-label=\"Networks by colour\">");
    for (uint32_t i = 0; i < audit->networks_n && i < 2 * COLOURS; i++) {
        audit_html_printf(
            h,
            "<li><svg class=\"key\" viewBox=\"0 0 24 12\" aria-hidden=\"true\"><path class=\"s%u\" "
            "d=\"M5 6H19\"/></svg> ",
            i % COLOURS);
        audit_show_network(h->show.report, i, &h->text);
        audit_html_said(h);
        audit_html_raw(h, "</li>");
    }
    audit_html_raw(h, audit->networks_n > COLOURS ? "<li>colours repeat</li></ul>\n" : "</ul>\n");
}

/* ---- the same in words ---- */

static void write_stay(struct audit_html *h, const struct audit_client *client,
                       const struct audit_stay *stay)
{
    audit_html_raw(h, "<tr>");
    audit_html_client_row(h, client);
    audit_html_raw(h, "<td>");
    audit_show_network(h->show.report, stay->network, &h->text);
    audit_html_said(h);
    audit_html_raw(h, "</td><td>");
    audit_show_time(stay->first_us, &h->show.out);
    audit_html_raw(h, "</td><td>");
    audit_show_time(stay->last_us, &h->show.out);
    audit_html_printf(h, "</td><td class=\"num\">%u</td></tr>\n", stay->sightings);
    audit_show_flush(&h->show, false);
}

static void write_stays(struct audit_html *h, const struct lanes *lanes)
{
    audit_html_raw(h, "<details><summary>Sightings as a table</summary>\n");
    audit_html_table(h, "sightings", "Which client was seen where, and when (UTC)");
    audit_html_raw(h, "<thead><tr><th scope=\"col\">Client</th><th scope=\"col\">Network</th><th "
                      "scope=\"col\">First</th><th scope=\"col\">Last</th><th scope=\"col\" "
                      "class=\"num\">Exchanges</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < lanes->n; i++)
        for (const struct audit_stay *stay = lanes->at[i]->stays; stay; stay = stay->next)
            write_stay(h, lanes->at[i], stay);
    audit_html_table_end(h);
    audit_html_raw(h, "</details>\n");
}

static void write_link_row(struct audit_html *h, const struct audit_link *link)
{
    const struct audit *audit = h->show.report->audit;
    audit_html_raw(h, "<tr>");
    audit_html_client_row(h, audit->clients[link->a]);
    audit_html_client_row(h, audit->clients[link->b]);
    audit_html_printf(h, "<td class=\"num\">%.4f</td><td>%s</td><td><ul class=\"evidence\">",
                      link->probability, audit_link_reading_text(link->reading));
    audit_html_findings(h, &link->evidence);
    audit_html_raw(h, "</ul></td></tr>\n");
    audit_show_flush(&h->show, false);
}

static void write_links(struct audit_html *h)
{
    const struct audit *audit = h->show.report->audit;
    if (!audit->links_n) {
        audit_html_raw(h, "<p>No two hardware addresses were found to be one device.</p>\n");
        return;
    }
    audit_html_table(h, "pairs", "Clients that are one device, with the evidence");
    audit_html_raw(
        h, "<thead><tr><th scope=\"col\">Client</th><th scope=\"col\">Client</th><th scope=\"col\" "
           "class=\"num\">Probability</th><th scope=\"col\">Reading</th><th "
           "scope=\"col\">Evidence</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < audit->links_n && i < LINKS_MAX; i++)
        write_link_row(h, &audit->links[i]);
    audit_html_table_end(h);
    if (audit->links_n > LINKS_MAX)
        audit_html_printf(h, "<p>And %zu more links.</p>\n", audit->links_n - LINKS_MAX);
}

void audit_html_timeline(struct audit_html *h)
{
    struct lanes lanes = { 0 };
    choose(h, &lanes);
    audit_html_raw(
        h,
        "<section aria-labelledby=\"timeline\">\n<h2 id=\"timeline\">Sightings and links</h2>\n");
    if (lanes.n) {
        audit_html_printf(h,
                          "<figure><figcaption>%zu of %zu clients over time, those that are one "
                          "device beside each "
                          "other</figcaption>\n",
                          lanes.n, h->sorted_n);
        write_keys(h);
        write_chart(h, &lanes);
        audit_html_raw(h, "</figure>\n");
        write_stays(h, &lanes);
    }
    write_links(h);
    audit_html_raw(h, "</section>\n");
}
