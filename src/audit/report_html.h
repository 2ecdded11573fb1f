/* SPDX-License-Identifier: ISC
 *
 * audit/report_html: what the parts of the page share. The page is one file: no script, no image, nothing from
 * anywhere else. Charts are shapes without text, stretched to the width there is; words stand around them as HTML,
 * so that they can be read on a phone and by a screen reader. Colour never says anything alone.
 */
#pragma once

#include "audit/show.h"

enum {
    AUDIT_HTML_CLIENTS = 500, /* rows of the matrix */
    AUDIT_HTML_LANES = 60,    /* of the timeline */
    AUDIT_HTML_PLOTS = 12,    /* servers with a scatter plot */
    AUDIT_HTML_POINTS = 2000, /* of one */
    AUDIT_HTML_FAULTS = 100,
};
#define AUDIT_HTML_TEXT_MAX (256 * 1024)

struct audit_html {
    struct audit_show show;
    struct buf text;                    /* scratch: what was shown, before it is escaped */
    const struct audit_client **sorted; /* all clients, the most exposed first */
    size_t sorted_n;
    unsigned charts; /* so far: their titles need names */
};

/* Markup as it stands. */
void audit_html_raw(struct audit_html *h, const char *markup);
void audit_html_printf(struct audit_html *h, const char *format, ...) PRINTF(2, 3);
/* Text: escaped, without control characters. */
void audit_html_text(struct audit_html *h, struct slice text);
void audit_html_str(struct audit_html *h, const char *text);
/* h->text, which is empty then. */
void audit_html_said(struct audit_html *h);
void audit_html_id(struct audit_html *h, const struct audit_client *client);
/* A <th scope=row> that leads to the client's details, when it has some. */
void audit_html_client_row(struct audit_html *h, const struct audit_client *client);
/* <li>s: what, and where it stands. */
void audit_html_findings(struct audit_html *h, const struct audit_findings *findings);
/* <svg ...><title>..</title><desc>, named for screen readers; closed by "</svg>". */
void audit_html_chart(struct audit_html *h, const char *class, unsigned width, unsigned height,
                      const char *title);
/* A bar of a table's cell: share of its width; decoration, the number stands beside it. */
void audit_html_bar(struct audit_html *h, double share, double inner);
/* A table that may be wider than the page scrolls in a frame of its own; closed by audit_html_table_end. */
void audit_html_table(struct audit_html *h, const char *id, const char *caption);
void audit_html_table_end(struct audit_html *h);

extern const char audit_html_style[];
void audit_html_matrix(struct audit_html *h);   /* clients by attacks, and each client's evidence */
void audit_html_entropy(struct audit_html *h);  /* identifiers and their bits */
void audit_html_timeline(struct audit_html *h); /* sightings and links */
void audit_html_servers(struct audit_html *h);  /* and relay agents, with scatter plots */
void audit_html_conduct(struct audit_html *h);  /* RFC 7844 */
void audit_html_listeners(struct audit_html *h); /* 5.6 */
