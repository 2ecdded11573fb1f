/* SPDX-License-Identifier: ISC
 *
 * cmd/audit_run: one `postern audit` from its options to its reports.
 */
#pragma once

#include "audit/report.h"
#include "audit/severity.h"
#include "cmd/audit.h"
#include "cmd/tool.h"
#include "privacy/vendor.h"

struct audit_input { /* a file, or "-", or the interface */
    char *path;
    const char *network; /* of --network; NULL: one of its own */
    int64_t first_ns;    /* of its first frame: files are read in order of time */
    uint32_t file;       /* index of audit.files */
    char *error;         /* NULL: it was whole */
};

/* What --fail-on asks for: a severity, a verdict, or an attack with its section. */
struct audit_limit {
    bool set;
    enum audit_severity severity;
    enum audit_verdict verdict;  /* AUDIT_NOT_SEEN: by severity */
    enum audit_attack_id attack; /* AUDIT_ATTACKS: any */
};

struct audit_run {
    struct tool tool;
    /* options */
    bool json, reveal, promiscuous;
    const char *secret, *html, *client, *interface, *bpf;
    int64_t interval_us;
    struct audit_limit limit;
    struct audit_options options;
    struct capture_filter filter;
    /* what they open */
    struct fingerprints *prints;
    struct vendors *vendors;
    struct audit_mask *mask;
    struct audit *audit;
    struct audit_input *inputs; /* as given: the order of audit.files */
    struct audit_source *sources;
    size_t inputs_n, opened;
    int code; /* CMD_FAILED once something was wrong; it was said what */
    /* one message at a time */
    struct audit_tls tls;
    struct dhcp_packet packet;
    uint8_t room[UINT16_MAX + 1];
};

/* With the defaults of every option; NULL: no memory. */
struct audit_run *audit_run_new(const char *name);
void audit_run_free(struct audit_run *run);
/* NULL: it was said why. */
struct audit_mask *audit_run_mask(const struct tool *tool, const char *secret, bool reveal);
/* What its options ask for, and its inputs by name. An exit code. */
MUST_USE int audit_run_open(struct audit_run *run);

/* audit_input.c: files to what they hold. Each says what is wrong, and returns an exit code. */
MUST_USE int audit_input_add(struct audit_run *run, const char *name, const char *network);
MUST_USE int audit_input_register(struct audit_run *run);
MUST_USE int audit_input_read(struct audit_run *run);
void audit_input_clear(struct audit_run *run);
/* One message seen. 0 or negative. */
MUST_USE int audit_input_see(struct audit_run *run, const struct audit_input *input,
                             struct capture *capture, const struct capture_message *message);
void audit_input_count(struct audit_run *run, const struct audit_input *input,
                       const struct capture *capture);
/* What was wrong with it: said now, and in the report. */
void audit_input_failed(struct audit_run *run, struct audit_input *input, struct slice why);

/* audit_live.c: until SIGINT, a report at every interval and at the end. */
MUST_USE int audit_live(struct audit_run *run);

/* audit_output.c: finishes the audit, and writes the reports that are wanted. */
MUST_USE int audit_output(struct audit_run *run);

/* audit_progress.c: a line on the terminal while a file takes longer than a second. */
void audit_progress_start(struct capture *capture, const char *name);
void audit_progress_stop(void);
