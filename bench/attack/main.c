/* SPDX-License-Identifier: ISC
 *
 * bench_attack: Postern's policy and models of what others use, under the same attacks, with the
 * truth known (README.md). No network, no clock: the same seed gives the same table.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "flood.h"
#include "report.h"

struct options {
    struct settings settings;
    struct flood flood;
    bool json, check, floods;
    const char *only;
    const char *file; /* a configuration to try beside the shipped one */
};

NORETURN static void usage(void)
{
    (void)fputs(
        "usage: bench_attack [--small] [--flood] [--json] [--check] [--seed N]\n"
        "                    [--accounts N] [--days N] [--clientid PERCENT] [--only ATTACK]\n"
        "                    [--policy FILE]\n",
        stderr);
    exit(2);
}

static uint32_t number(const char *text, uint32_t min, uint32_t max)
{
    uint32_t n = 0;
    if (!slice_to_u32(slice_of_str(text), min, max, &n))
        usage();
    return n;
}

/* clang-format off */
static const struct option long_options[] = {
    { "small",    no_argument,       NULL, 's' }, { "flood",    no_argument,       NULL, 'f' },
    { "json",     no_argument,       NULL, 'j' }, { "check",    no_argument,       NULL, 'c' },
    { "seed",     required_argument, NULL, 'S' }, { "accounts", required_argument, NULL, 'a' },
    { "days",     required_argument, NULL, 'd' }, { "clientid", required_argument, NULL, 'p' },
    { "only",     required_argument, NULL, 'o' }, { "policy",   required_argument, NULL, 'P' },
    { NULL, 0, NULL, 0 },
};
/* clang-format on */

static void small_first(struct options *o, int argc, char **argv)
{
    bool small = false;
    for (int i = 1; i < argc; i++)
        small = small || strcmp(argv[i], "--small") == 0;
    settings_default(&o->settings, small);
    o->flood = (struct flood){ .tokens = small ? 200000 : 10000000,
                               .names = small ? 40000 : 1000000,
                               .addresses = small ? 40000 : 1000000,
                               .length_us = HOUR_US };
}

static void parse(struct options *o, int argc, char **argv)
{
    small_first(o, argc, argv);
    int c;
    while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        switch (c) {
        case 's': break;
        case 'f': o->floods = true; break;
        case 'j': o->json = true; break;
        case 'c': o->check = true; break;
        case 'S': o->settings.seed = number(optarg, 0, UINT32_MAX); break;
        case 'a': o->settings.accounts = number(optarg, 1000, 4000000); break;
        case 'd': o->settings.attack_days = number(optarg, 1, 60); break;
        case 'p': o->settings.clientid = number(optarg, 0, 100) / 100.0; break;
        case 'o': o->only = optarg; break;
        case 'P': o->file = optarg; break;
        default: usage();
        }
    }
    if (optind != argc)
        usage();
}

/* The weeks before: everybody is let in, and what they use becomes known. */
static void learn(const struct population *p, struct house *h)
{
    static const struct device_enrolment enrolment = { .mode = DEVICE_ENROL_FIRST, .first = 3 };
    struct trace t = { 0 };
    for (uint32_t day = 0; day + 1 < p->settings->warm_days; day++) {
        t.n = 0;
        owners_day(p, day, &t);
        for (size_t i = 0; i < t.n; i++) {
            const struct owner_event *e = &t.at[i];
            if (e->act == OWNER_SENDS)
                house_learn(h, e->account, e->token, e->address, e->wall_us, &enrolment);
        }
    }
    trace_clear(&t);
}

#define RESULTS_MAX 64
#define FILE_MAX    65536

/* What a file says, as Postern's configuration. */
static struct system system_of_file(const char *path, char text[FILE_MAX])
{
    struct system s = postern_default;
    FILE *f = fopen(path, "re");
    if (f == NULL)
        usage();
    text[fread(text, 1, FILE_MAX - 1, f)] = 0;
    (void)fclose(f);
    s.name = path;
    s.policy = text;
    return s;
}

static size_t run_all(const struct options *o, struct result *results)
{
    static char text[FILE_MAX];
    const struct system file = o->file == NULL ? postern_default : system_of_file(o->file, text);
    const struct system *const systems[] = {
        &fail2ban,       &dovecot_penalty, &weakforced, &postern_default,
        &postern_refuse, &postern_located, &file
    };
    size_t systems_n = ARRAY_SIZE(systems) - (o->file == NULL);
    struct population p;
    struct house house;
    struct trace trace = { 0 };
    size_t n = 0;
    population_make(&p, &o->settings);
    house_make(&house, o->settings.accounts);
    learn(&p, &house);
    for (uint32_t day = 0; day <= o->settings.attack_days; day++)
        owners_day(&p, o->settings.warm_days - 1 + day, &trace);
    for (unsigned kind = 0; kind < ATTACK_KINDS; kind++) {
        if (o->only != NULL && strstr(attack_name(kind), o->only) == NULL)
            continue;
        for (size_t i = 0; i < systems_n; i++) {
            if (!systems[i]->replay_only || kind == ATTACK_REPLAY)
                run(systems[i], kind, &p, &house, &trace, &results[n++]);
        }
    }
    trace_clear(&trace);
    house_clear(&house);
    population_clear(&p);
    return n;
}

int main(int argc, char **argv)
{
    struct options o = { 0 };
    static struct result results[RESULTS_MAX];
    parse(&o, argc, argv);
    if (o.floods)
        return flood_run(&o.settings, &o.flood, stdout) ? 0 : 1;
    size_t n = run_all(&o, results);
    if (o.json) {
        report_json(stdout, &o.settings, results, n);
    } else {
        report_table(stdout, &o.settings, results, n);
        (void)fputs("\n", stdout);
        size_t missed = report_targets(stdout, results, n);
        (void)fprintf(stdout, "\n%zu targets missed\n", missed);
    }
    return !o.check || report_holds(results, n) ? 0 : 1;
}
