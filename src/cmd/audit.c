/* SPDX-License-Identifier: ISC
 *
 * postern audit: what every client and server gives away. A verb has a file of its own; without one it is the audit.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cmd/audit_run.h"
#include "cmd/cmd.h"

#define WHY_MAX 4096

static const char usage[] =
    "usage: postern audit [options] FILE|DIRECTORY|-...\n"
    "       postern audit [options] -i INTERFACE [--bpf FILTER] [--promiscuous] [--interval TIME]\n"
    "       postern audit packets|anonymise|dhcid|diff ...\n"
    "\n"
    "  --network NAME=FILE  the network that a file or directory was captured on; may be repeated, "
    "and the\n"
    "                       file need not be named again\n"
    "  --from, --to TIME    only frames from, up to this time (2026-11-21T10:11:49Z, seconds since "
    "1970)\n"
    "  -p, --port N         a UDP port beside 67 and 68; may be repeated\n"
    "  --json               the report for programs\n"
    "  --html FILE          a page, beside; \"-\" is the standard output\n"
    "  --client ID|MAC      one client in full\n"
    "  --reveal             values in clear; else they are masked\n"
    "  --secret FILE        masks with this key, made when not there: reports can be compared\n"
    "  --fingerprints FILE  of Satori, PRADS or fingerbank, beside our own; may be repeated\n"
    "  --threshold P        tell links from this probability on (0.5)\n"
    "  --max-clients N      the others are counted only (1000000)\n"
    "  --fail-on WHAT       exit with 1 when there is a finding at least low, medium, high or "
    "critical; or a\n"
    "                       verdict: possible, exposed, or a section (5.5) that is exposed\n"
    "  --interval TIME      between reports on an interface (10m); each has all from the "
    "beginning\n"
    "\n"
    "Exit codes: 0 done, 1 a file is damaged (the rest was audited) or --fail-on, 2 the command "
    "line.\n";

enum {
    OPT_NETWORK = 256,
    OPT_FROM,
    OPT_TO,
    OPT_JSON,
    OPT_HTML,
    OPT_CLIENT,
    OPT_REVEAL,
    OPT_SECRET,
    OPT_FINGERPRINTS,
    OPT_THRESHOLD,
    OPT_CLIENTS,
    OPT_FAIL,
    OPT_BPF,
    OPT_PROMISCUOUS,
    OPT_INTERVAL,
};

static const struct option longs[] = {
    { "network", required_argument, NULL, OPT_NETWORK },
    { "from", required_argument, NULL, OPT_FROM },
    { "to", required_argument, NULL, OPT_TO },
    { "port", required_argument, NULL, 'p' },
    { "json", no_argument, NULL, OPT_JSON },
    { "html", required_argument, NULL, OPT_HTML },
    { "client", required_argument, NULL, OPT_CLIENT },
    { "reveal", no_argument, NULL, OPT_REVEAL },
    { "secret", required_argument, NULL, OPT_SECRET },
    { "fingerprints", required_argument, NULL, OPT_FINGERPRINTS },
    { "threshold", required_argument, NULL, OPT_THRESHOLD },
    { "max-clients", required_argument, NULL, OPT_CLIENTS },
    { "fail-on", required_argument, NULL, OPT_FAIL },
    { "interface", required_argument, NULL, 'i' },
    { "bpf", required_argument, NULL, OPT_BPF },
    { "promiscuous", no_argument, NULL, OPT_PROMISCUOUS },
    { "interval", required_argument, NULL, OPT_INTERVAL },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

/* ---- values of options ---- */

/* "0.95", "1", ".5": at most nine digits behind the point. */
static bool take_share(const char *text, double *out)
{
    struct slice whole, part;
    uint32_t integer = 0, fraction = 0;
    double scale = 1;
    bool point = slice_cut(slice_of_str(text), '.', &whole, &part);
    if ((whole.n || !point) && !slice_to_u32(whole, 0, 1, &integer))
        return false;
    if (point && (part.n > 9 || !slice_to_u32(part, 0, 999999999, &fraction)))
        return false;
    for (size_t i = 0; i < part.n; i++)
        scale *= 10;
    double share = integer + (point ? fraction / scale : 0);
    if (share > 1)
        return false;
    *out = share;
    return true;
}

static bool take_limit(const char *text, struct audit_limit *out)
{
    struct audit_limit limit = { .set = true, .attack = AUDIT_ATTACKS };
    struct slice word = slice_of_str(text);
    bool known = audit_severity_find(word, &limit.severity);
    for (unsigned v = AUDIT_POSSIBLE; v <= AUDIT_EXPOSED && !known; v++) {
        known = slice_equal(word, slice_of_str(audit_verdict_text((enum audit_verdict)v)));
        limit.verdict = known ? (enum audit_verdict)v : AUDIT_NOT_SEEN;
    }
    for (unsigned i = 0; i < AUDIT_ATTACKS && !known; i++) {
        known = slice_equal(word, slice_of_str(audit_attack_section((enum audit_attack_id)i)));
        limit.attack = known ? (enum audit_attack_id)i : AUDIT_ATTACKS;
        limit.verdict = known ? AUDIT_EXPOSED : AUDIT_NOT_SEEN;
    }
    if (known)
        *out = limit;
    return known;
}

/* NAME=FILE; the name may be anything but empty, the file may hold "=". */
static int take_network(struct audit_run *run, char *text)
{
    char *equals = strchr(text, '=');
    if (!equals || equals == text || !equals[1])
        return CMD_USAGE;
    *equals = '\0';
    return audit_input_add(run, equals + 1, text);
}

/* What of a file cannot be used is said, too: the rest of it serves. */
static int take_prints(struct audit_run *run, const char *path)
{
    struct buf why;
    buf_init(&why, WHY_MAX);
    int code = fingerprints_read(run->prints, path, &why) ? CMD_FAILED : CMD_OK;
    if (buf_size(&why))
        (void)tool_say(&run->tool, "%.*s", SLICE_ARG(slice_trim_end(buf_slice(&why))));
    buf_clear(&why);
    return code;
}

static bool take_switch(struct audit_run *run, int option)
{
    switch (option) {
    case OPT_JSON: run->json = true; return true;
    case OPT_REVEAL: run->reveal = true; return true;
    case OPT_PROMISCUOUS: run->promiscuous = true; return true;
    case OPT_HTML: run->html = optarg; return true;
    case OPT_CLIENT: run->client = optarg; return true;
    case OPT_SECRET: run->secret = optarg; return true;
    case OPT_BPF: run->bpf = optarg; return true;
    case 'i': run->interface = optarg; return true;
    default: return false;
    }
}

static bool take_number(struct audit_run *run, int option)
{
    struct slice text = slice_of_str(optarg);
    switch (option) {
    case OPT_FROM: return audit_time_parse(text, &run->filter.from_ns);
    case OPT_TO: return audit_time_parse(text, &run->filter.to_ns);
    case 'p': return audit_port_add(&run->filter, optarg);
    case OPT_THRESHOLD: return take_share(optarg, &run->options.threshold);
    case OPT_CLIENTS: return slice_to_u32(text, 1, 100000000, &run->options.clients_max);
    case OPT_FAIL: return take_limit(optarg, &run->limit);
    case OPT_INTERVAL: return tool_time(optarg, &run->interval_us);
    default: return false;
    }
}

static int take_option(struct audit_run *run, int option)
{
    if (option == OPT_NETWORK)
        return take_network(run, optarg);
    if (option == OPT_FINGERPRINTS)
        return take_prints(run, optarg);
    return take_switch(run, option) || take_number(run, option) ? CMD_OK : CMD_USAGE;
}

static int refuse(const struct audit_run *run, int option)
{
    for (const struct option *o = longs; o->name && option != '?'; o++)
        if (o->val == option)
            (void)tool_say(&run->tool, "--%s: \"%s\" is nothing that it takes", o->name, optarg);
    return tool_usage(&run->tool, usage, '?');
}

/* An interface alone, perhaps with its network's name; or files alone. */
static bool inputs_fit(const struct audit_run *run)
{
    if (!run->interface)
        return run->inputs_n && !run->bpf && !run->promiscuous;
    return run->inputs_n == 0 ||
           (run->inputs_n == 1 && strcmp(run->inputs[0].path, run->interface) == 0);
}

/* True: go on. Else *code is the exit code: help was given, or it was said what is wrong. */
static bool take_options(struct audit_run *run, int argc, char **argv, int *code)
{
    int option;
    while ((option = getopt_long(argc, argv, "i:p:h", longs, NULL)) != -1) {
        *code = option == 'h' ? tool_usage(&run->tool, usage, option) : take_option(run, option);
        if (*code == CMD_USAGE)
            *code = refuse(run, option);
        if (*code != CMD_OK || option == 'h')
            return false;
    }
    for (int i = optind; i < argc && *code == CMD_OK; i++)
        *code = audit_input_add(run, argv[i], NULL);
    if (*code == CMD_OK && !inputs_fit(run))
        *code = tool_usage(&run->tool, usage, '?');
    return *code == CMD_OK;
}

/* ---- one audit ---- */

static int run_files(struct audit_run *run)
{
    int code = audit_run_open(run);
    if (code == CMD_OK)
        code = audit_input_read(run);
    if (code == CMD_OK && run->opened)
        code = audit_output(run);
    return code;
}

static int run_interface(struct audit_run *run)
{
    int code = audit_input_add(run, run->interface, NULL);
    if (code == CMD_OK)
        code = audit_run_open(run);
    return code == CMD_OK ? audit_live(run) : code;
}

static int audit(int argc, char **argv)
{
    int code = CMD_OK;
    struct audit_run *run = audit_run_new("postern audit");
    if (!run)
        return CMD_TRY_AGAIN;
    if (take_options(run, argc, argv, &code)) {
        run->mask = audit_run_mask(&run->tool, run->secret, run->reveal);
        code = !run->mask ? CMD_FAILED : run->interface ? run_interface(run) : run_files(run);
    }
    code = tool_end(&run->tool, code ? code : run->code);
    audit_run_free(run);
    return code;
}

int cmd_audit(int argc, char **argv)
{
    /* clang-format off */
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } verbs[] = {
        { "packets",   cmd_audit_packets },
        { "anonymise", cmd_audit_anonymise },
        { "dhcid",     cmd_audit_dhcid },
        { "diff",      cmd_audit_diff },
    };
    /* clang-format on */
    for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(verbs); i++)
        if (strcmp(argv[1], verbs[i].name) == 0)
            return verbs[i].run(argc - 1, argv + 1);
    return audit(argc, argv);
}
