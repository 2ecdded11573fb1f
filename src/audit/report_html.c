/* SPDX-License-Identifier: ISC */
#include "audit/report_html.h"

#include <errno.h>
#include <stdlib.h>

#include "audit/severity.h"

enum { WORST = 5 };

/* ---- markup ---- */

void audit_html_raw(struct audit_html *h, const char *markup)
{
    buf_append_str(&h->show.out, markup);
}

void audit_html_printf(struct audit_html *h, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    buf_vprintf(&h->show.out, format, args);
    va_end(args);
}

static const char *entity(struct slice text, size_t n)
{
    uint8_t c = text.p[0];
    if (n == 0 || (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f ||
        (c == 0xc2 && text.p[1] < 0xa0))
        return "\xef\xbf\xbd";
    if (c == '&')
        return "&amp;";
    if (c == '<')
        return "&lt;";
    if (c == '>')
        return "&gt;";
    if (c == '"')
        return "&quot;";
    return c == '\'' ? "&#39;" : NULL;
}

void audit_html_text(struct audit_html *h, struct slice text)
{
    while (text.n) {
        size_t n = slice_utf8_first(text);
        const char *escaped = entity(text, n);
        if (escaped)
            buf_append_str(&h->show.out, escaped);
        else
            buf_append(&h->show.out, slice_first(text, n));
        text = slice_from(text, n ? n : 1);
    }
}

void audit_html_str(struct audit_html *h, const char *text)
{
    audit_html_text(h, slice_of_str(text));
}

void audit_html_said(struct audit_html *h)
{
    audit_html_text(h, buf_slice(&h->text));
    buf_consume(&h->text, buf_size(&h->text));
}

void audit_html_id(struct audit_html *h, const struct audit_client *client)
{
    audit_show_id(h->show.report, client, &h->text);
    audit_html_said(h);
}

static bool has_details(const struct audit_html *h, const struct audit_client *client)
{
    for (size_t i = 0; i < h->sorted_n && i < AUDIT_HTML_CLIENTS; i++)
        if (h->sorted[i] == client)
            return true;
    return false;
}

void audit_html_client_row(struct audit_html *h, const struct audit_client *client)
{
    bool leads = has_details(h, client);
    audit_html_raw(h, "<th scope=\"row\" class=\"who\">");
    if (leads) {
        audit_html_raw(h, "<a href=\"#");
        audit_html_id(h, client);
        audit_html_raw(h, "\">");
    }
    audit_html_id(h, client);
    audit_html_raw(h, leads ? "</a>" : "");
    audit_html_raw(h, "<small>");
    audit_show_hardware(h->show.report, client, &h->text);
    audit_html_said(h);
    audit_html_raw(h, "</small></th>");
}

static void write_place(struct audit_html *h, const struct audit_place *place)
{
    audit_html_raw(h, " <span class=\"place\">");
    audit_html_text(h, audit_show_file(h->show.report, place->file));
    audit_html_printf(h, ", frame %llu", (unsigned long long)place->frame);
    if (place->n)
        audit_html_printf(h, ", octets %u\xe2\x80\x93%u", place->at, place->at + place->n - 1U);
    audit_html_raw(h, "</span>");
}

void audit_html_findings(struct audit_html *h, const struct audit_findings *findings)
{
    for (size_t i = 0; i < findings->n; i++) {
        audit_html_raw(h, "<li>");
        audit_show_what(h->show.report, &findings->at[i], &h->text);
        audit_html_said(h);
        write_place(h, &findings->at[i].place);
        audit_html_raw(h, "</li>\n");
    }
    if (findings->dropped)
        audit_html_printf(h, "<li>and %u more</li>\n", findings->dropped);
}

void audit_html_chart(struct audit_html *h, const char *class, unsigned width, unsigned height,
                      const char *title)
{
    unsigned n = ++h->charts;
    audit_html_printf(h,
                      "<svg class=\"%s\" height=\"%u\" viewBox=\"0 0 %u %u\" "
                      "preserveAspectRatio=\"none\" role=\"img\" "
                      "aria-labelledby=\"chart%u\"><title id=\"chart%u\">",
                      class, height, width, height, n, n);
    audit_html_str(h, title);
    audit_html_raw(h, "</title>");
}

static double within(double share)
{
    return share > 1 ? 1 : share > 0 ? share : 0; /* NaN, too */
}

void audit_html_bar(struct audit_html *h, double share, double inner)
{
    audit_html_printf(h,
                      "<svg class=\"bar\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" "
                      "aria-hidden=\"true\"><rect class=\"track\" width=\"100\" height=\"10\"/>"
                      "<rect class=\"fill\" width=\"%.1f\" height=\"10\"/>",
                      100 * within(share));
    if (inner > 0)
        audit_html_printf(h, "<rect class=\"inner\" width=\"%.1f\" height=\"10\"/>",
                          100 * within(inner));
    audit_html_raw(h, "</svg>");
}

void audit_html_table(struct audit_html *h, const char *id, const char *caption)
{
    audit_html_printf(
        h,
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"%s-caption\">"
        "<table>\n<caption><span id=\"%s-caption\">",
        id, id);
    audit_html_str(h, caption);
    audit_html_raw(h, "</span></caption>\n");
}

void audit_html_table_end(struct audit_html *h)
{
    audit_html_raw(h, "</tbody></table></div>\n");
    audit_show_flush(&h->show, false);
}

/* ---- the top of the page ---- */

static void write_figure(struct audit_html *h, uint64_t number, const char *one, const char *many)
{
    audit_html_printf(h, "<li><b>%llu</b> %s</li>", (unsigned long long)number,
                      number == 1 ? one : many);
}

static void write_header(struct audit_html *h)
{
    const struct audit *a = h->show.report->audit;
    audit_html_raw(h, "<header>\n<h1>DHCP privacy audit</h1>\n<ul class=\"figures\">");
    write_figure(h, a->messages, "message", "messages");
    write_figure(h, a->clients_n, "client", "clients");
    write_figure(h, a->networks_n, "network", "networks");
    write_figure(h, a->servers_n, "server", "servers");
    write_figure(h, a->relays_n, "relay agent", "relay agents");
    write_figure(h, a->links_n, "link", "links");
    write_figure(h, a->faults_all, "malformed", "malformed");
    audit_html_raw(h, "</ul>\n<p>");
    audit_html_raw(h, audit_mask_reveals(h->show.report->mask)
                          ? "<strong>Values are shown in clear: do not pass this page on.</strong>"
                          : "Values are masked (~\xe2\x80\xa6): the same one looks the same. This "
                            "page is safe to "
                            "send.");
    audit_html_raw(h, " Sections and attacks are those of RFC 7819 \xc2\xa7"
                      "5.</p>\n");
    if (a->clients_beyond)
        audit_html_printf(
            h, "<p>%llu messages were of clients beyond the first %u, and are not told.</p>\n",
            (unsigned long long)a->clients_beyond, a->options.clients_max);
    audit_html_raw(h, "</header>\n");
}

static void write_errors(struct audit_html *h)
{
    const struct audit_report *report = h->show.report;
    for (uint32_t i = 0; i < report->audit->files_n && report->sources; i++) {
        if (!report->sources[i].error)
            continue;
        audit_html_raw(h, "<p class=\"damage\">Not whole: ");
        audit_html_text(h, report->audit->files[i].name);
        audit_html_raw(h, ": ");
        audit_html_str(h, report->sources[i].error);
        audit_html_raw(h, "</p>\n");
    }
}

static void write_concern(struct audit_html *h, const struct audit_concern *c)
{
    audit_html_printf(h, "<li class=\"%s\"><h3><span class=\"badge\">%s</span> ",
                      audit_severity_text(c->severity), audit_severity_text(c->severity));
    audit_html_str(h, c->section);
    audit_html_raw(h, c->section[0] ? " " : "");
    audit_html_str(h, c->title);
    audit_html_printf(h, "</h3>\n<p>%llu of %llu %s", (unsigned long long)c->count,
                      (unsigned long long)c->of, c->unit);
    if (c->exposed < c->count)
        audit_html_printf(h, " (%llu exposed, the others possible)",
                          (unsigned long long)c->exposed);
    audit_html_raw(h, ".");
    if (c->has_example) {
        audit_html_raw(h, " For one: ");
        audit_show_what(h->show.report, &c->example, &h->text);
        audit_html_said(h);
        write_place(h, &c->example.place);
    }
    audit_html_raw(h, "</p>\n<p class=\"advice\"><b>Do:</b> ");
    audit_html_str(h, c->advice);
    audit_html_raw(h, "</p></li>\n");
}

static void write_worst(struct audit_html *h)
{
    struct audit_concern concerns[AUDIT_CONCERNS_MAX];
    size_t n = audit_concerns(h->show.report->audit, concerns);
    audit_html_raw(
        h, "<section aria-labelledby=\"worst\">\n<h2 id=\"worst\">The worst, and what to do about "
           "it</h2>\n");
    audit_html_raw(h, n ? "<ol class=\"worst\">\n" : "<p>");
    if (!n) {
        audit_show_nothing(h->show.report, &h->text);
        audit_html_said(h);
        audit_html_raw(h, "</p>\n");
    }
    for (size_t i = 0; i < n && i < WORST; i++)
        write_concern(h, &concerns[i]);
    audit_html_raw(h, n ? "</ol>\n" : "");
    if (n > WORST) {
        audit_html_printf(
            h, "<details><summary>%zu more findings</summary>\n<ol class=\"worst\" start=\"6\">\n",
            n - WORST);
        for (size_t i = WORST; i < n; i++)
            write_concern(h, &concerns[i]);
        audit_html_raw(h, "</ol></details>\n");
    }
    audit_html_raw(h, "</section>\n");
}

/* ---- the bottom ---- */

static void write_faults(struct audit_html *h)
{
    const struct audit *audit = h->show.report->audit;
    if (!audit->faults_all)
        return;
    audit_html_raw(h, "<section aria-labelledby=\"malformed\">\n<h2 id=\"malformed\">Malformed "
                      "messages</h2>\n<ul "
                      "class=\"evidence\">\n");
    for (size_t i = 0; i < audit->faults_n && i < AUDIT_HTML_FAULTS; i++) {
        const struct audit_fault *fault = &audit->faults[i];
        audit_html_raw(h, "<li>malformed: ");
        audit_html_str(h, fault->what);
        audit_html_printf(h, " at offset %u", fault->place.at);
        write_place(
            h, &(struct audit_place){ .file = fault->place.file, .frame = fault->place.frame });
        audit_html_raw(h, "</li>\n");
    }
    if (audit->faults_all > AUDIT_HTML_FAULTS)
        audit_html_printf(h, "<li>and %llu more</li>\n",
                          (unsigned long long)(audit->faults_all - AUDIT_HTML_FAULTS));
    audit_html_raw(h, "</ul></section>\n");
}

static void write_files(struct audit_html *h)
{
    const struct audit_report *report = h->show.report;
    audit_html_raw(h, "<section aria-labelledby=\"files\">\n<h2 id=\"files\">What was read</h2>\n");
    audit_html_table(h, "read", "Captures, and the network each belongs to");
    audit_html_raw(
        h, "<thead><tr><th scope=\"col\">File</th><th scope=\"col\">Network</th><th scope=\"col\" "
           "class=\"num\">Frames</th><th scope=\"col\" class=\"num\">Messages</th><th "
           "scope=\"col\">From "
           "(UTC)</th><th scope=\"col\">To</th></tr></thead>\n<tbody>\n");
    for (uint32_t i = 0; i < report->audit->files_n && i < AUDIT_HTML_CLIENTS; i++) {
        const struct audit_source none = { .first_us = AUDIT_NO_TIME, .last_us = AUDIT_NO_TIME };
        const struct audit_source *s = report->sources ? &report->sources[i] : &none;
        audit_html_raw(h, "<tr><th scope=\"row\">");
        audit_html_text(h, report->audit->files[i].name);
        audit_html_raw(h, "</th><td>");
        audit_show_network(report, report->audit->files[i].network, &h->text);
        audit_html_said(h);
        audit_html_printf(h, "</td><td class=\"num\">%llu</td><td class=\"num\">%llu</td><td>",
                          (unsigned long long)s->frames, (unsigned long long)s->messages);
        audit_show_time(s->first_us, &h->show.out);
        audit_html_raw(h, "</td><td>");
        audit_show_time(s->last_us, &h->show.out);
        audit_html_raw(h, "</td></tr>\n");
    }
    audit_html_table_end(h);
    audit_html_raw(h, "</section>\n");
}

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<meta name=\"referrer\" content=\"no-referrer\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
    "'unsafe-inline'\">\n"
    "<title>DHCP privacy audit</title>\n<style>\n";

static const char nav[] =
    "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#matrix\">To the clients</a>\n";

static void write_nav(struct audit_html *h)
{
    audit_html_raw(
        h,
        "<nav aria-label=\"Sections\"><ul><li><a href=\"#worst\">The worst</a></li><li><a "
        "href=\"#matrix\">Clients and attacks</a></li><li><a href=\"#entropy\">Identifiers</a></li>"
        "<li><a href=\"#timeline\">Sightings and links</a></li><li><a "
        "href=\"#servers\">Servers</a></li><li><a href=\"#conduct\">RFC 7844</a></li><li><a "
        "href=\"#files\">What was read</a></li></ul></nav>\n<main>\n");
}

int audit_report_html(const struct audit_report *report)
{
    struct audit_html h = { .sorted_n = report->audit->clients_n };
    audit_show_init(&h.show, report);
    buf_init(&h.text, AUDIT_HTML_TEXT_MAX);
    h.sorted = audit_show_sorted(report->audit);
    if (!h.sorted)
        return -ENOMEM;
    audit_html_raw(&h, head);
    audit_html_raw(&h, audit_html_style);
    audit_html_raw(&h, nav);
    write_header(&h);
    write_nav(&h);
    write_errors(&h);
    write_worst(&h);
    audit_html_matrix(&h);
    audit_html_entropy(&h);
    audit_html_timeline(&h);
    audit_html_listeners(&h);
    audit_html_servers(&h);
    audit_html_conduct(&h);
    write_faults(&h);
    write_files(&h);
    audit_html_raw(&h,
                   "</main>\n<footer><p>Made by postern audit.</p></footer>\n</body>\n</html>\n");
    free(h.sorted);
    buf_clear(&h.text);
    return audit_show_end(&h.show);
}
