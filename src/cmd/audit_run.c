/* SPDX-License-Identifier: ISC */
#include "cmd/audit_run.h"

#include <errno.h>
#include <stdlib.h>

#include "cmd/cmd.h"

#define INTERVAL_US (INT64_C(600) * 1000000)
#define WHY_MAX     4096

struct audit_run *audit_run_new(const char *name)
{
    struct audit_run *run = calloc(1, sizeof *run);
    if (!run)
        return NULL;
    run->tool.name = name;
    run->interval_us = INTERVAL_US;
    capture_filter_init(&run->filter);
    audit_options_init(&run->options);
    run->prints = fingerprints_new();
    if (run->prints)
        return run;
    audit_run_free(run);
    return NULL;
}

void audit_run_free(struct audit_run *run)
{
    if (run->audit)
        audit_free(run->audit);
    if (run->mask)
        audit_mask_free(run->mask);
    vendors_free(run->vendors);
    fingerprints_free(run->prints);
    audit_input_clear(run);
    free(run);
}

static struct slice maker(void *vendors, const uint8_t oui[3])
{
    return vendors_find(vendors, oui);
}

struct audit_mask *audit_run_mask(const struct tool *tool, const char *secret, bool reveal)
{
    struct buf why;
    buf_init(&why, WHY_MAX);
    struct audit_mask *mask = audit_mask_open(secret, reveal, &why);
    if (!mask)
        (void)tool_say(tool, "%.*s", SLICE_ARG(buf_slice(&why)));
    buf_clear(&why);
    return mask;
}

/* DNS updates tell what became of a client's name (audit/dns.h). */
static void listen_to_dns(struct capture_filter *filter)
{
    if (filter->ports_n < CAPTURE_PORTS_MAX)
        filter->ports[filter->ports_n++] = AUDIT_DNS_PORT;
}

int audit_run_open(struct audit_run *run)
{
    listen_to_dns(&run->filter);
    run->vendors = vendors_open(VENDOR_FILE);
    run->options.maker = maker;
    run->options.owner = run->vendors;
    run->options.prints = run->prints;
    run->audit = audit_new(&run->options);
    return run->audit ? audit_input_register(run) : tool_error(&run->tool, "audit", -ENOMEM);
}
