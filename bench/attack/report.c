/* SPDX-License-Identifier: ISC */
#include "report.h"

static void row(FILE *to, const struct result *r)
{
    (void)fprintf(to, "| %s | %s | %lu (%lu) | %lu of %lu | %.0f (%lu) | %.0f (%lu) | ", r->attack,
                  r->system, r->breakins, r->unused, r->reached, r->attempts, r->known_minutes,
                  r->known_out, r->other_minutes, r->other_out);
    if (r->policy)
        (void)fprintf(to, "%lu (%lu) | %lu |\n", r->alerts, r->owner_alerts, r->unalerted);
    else
        (void)fprintf(to, "– | %lu |\n", r->breakins);
}

void report_table(FILE *to, const struct settings *s, const struct result *at, size_t n)
{
    (void)fprintf(
        to,
        "%u accounts, %u days of learning, then %u of attack; %.0f %% of the clients have "
        "CLIENTID; seed %lu\n\n"
        "| attack | at the door | accounts opened (never used before) | guesses that reached the "
        "password "
        "| minutes out, known device or place (times) | minutes out, others (times) "
        "| alerts (by owners' own acts) | opened and nobody told |\n"
        "|---|---|--:|--:|--:|--:|--:|--:|\n",
        s->accounts, s->warm_days, s->attack_days, 100 * s->clientid, s->seed);
    for (size_t i = 0; i < n; i++)
        row(to, &at[i]);
}

void report_json(FILE *to, const struct settings *s, const struct result *at, size_t n)
{
    (void)fprintf(to,
                  "{\"accounts\": %u, \"warm_days\": %u, \"attack_days\": %u, \"seed\": %lu, "
                  "\"rows\": [",
                  s->accounts, s->warm_days, s->attack_days, s->seed);
    for (size_t i = 0; i < n; i++) {
        const struct result *r = &at[i];
        (void)fprintf(to,
                      "%s\n  {\"attack\": \"%s\", \"system\": \"%s\", \"opened\": %lu, "
                      "\"unalerted\": %lu, \"unused\": %lu, \"attempts\": %lu, \"reached\": %lu, "
                      "\"known_minutes\": %.2f, \"known_out\": %lu, \"other_minutes\": %.2f, "
                      "\"other_out\": %lu, \"alerts\": %lu, \"owner_alerts\": %lu}",
                      i == 0 ? "" : ",", r->attack, r->system, r->breakins, r->unalerted, r->unused,
                      r->attempts, r->reached, r->known_minutes, r->known_out, r->other_minutes,
                      r->other_out, r->alerts, r->owner_alerts);
    }
    (void)fputs("\n]}\n", to);
}

/* The best of the others against the same attack: their fewest, each figure for itself. */
struct best {
    double opened, minutes;
};

static struct best best_of_others(const struct result *at, size_t n, enum attack_kind kind)
{
    struct best best = { 1e18, 1e18 };
    for (size_t i = 0; i < n; i++) {
        if (at[i].policy || at[i].kind != kind)
            continue;
        double minutes = at[i].known_minutes + at[i].other_minutes;
        best.opened = (double)at[i].breakins < best.opened ? (double)at[i].breakins : best.opened;
        best.minutes = minutes < best.minutes ? minutes : best.minutes;
    }
    return best;
}

static bool refuses(const struct result *r)
{
    return r->system == postern_refuse.name;
}

static size_t target(FILE *to, const struct result *r, const char *what, double seen, double most)
{
    bool met = seen <= most;
    (void)fprintf(to, "| %s | %s | %s | %.1f | %.1f | %s |\n", r->attack, r->system, what, seen,
                  most, met ? "met" : "**missed**");
    return !met;
}

static size_t targets_of(FILE *to, const struct result *r, const struct best *best)
{
    size_t missed = 0;
    if (attack_guesses(r->kind))
        missed += target(to, r, "accounts opened, a tenth of the best of the others",
                         (double)r->breakins, best->opened / 10);
    else if (r->kind != ATTACK_PEACE && refuses(r))
        missed += target(to, r, "accounts opened by stolen passwords", (double)r->breakins, 0);
    else if (r->kind != ATTACK_PEACE)
        missed +=
            target(to, r, "opened by stolen passwords and nobody told", (double)r->unalerted, 0);
    missed += target(to, r, "minutes out, known device or place", r->known_minutes, 0);
    missed += target(to, r, "minutes out, all, the best of the others",
                     r->known_minutes + r->other_minutes, best->minutes);
    return missed;
}

size_t report_targets(FILE *to, const struct result *at, size_t n)
{
    size_t missed = 0;
    (void)fputs("| attack | at the door | target | seen | at most | |\n|---|---|---|--:|--:|---|\n",
                to);
    for (size_t i = 0; i < n; i++) {
        struct best best = best_of_others(at, n, at[i].kind);
        if (at[i].policy)
            missed += targets_of(to, &at[i], &best);
    }
    return missed;
}

bool report_holds(const struct result *at, size_t n)
{
    bool holds = true;
    for (size_t i = 0; i < n; i++) {
        const struct result *r = &at[i];
        if (!r->policy)
            continue;
        bool kept_out = r->known_out > 0;
        bool opened =
            r->kind == ATTACK_STUFFING && (refuses(r) ? r->breakins : r->unalerted) > r->unused;
        if (kept_out || opened) {
            (void)fprintf(stderr, "%s: %s: %s\n", r->attack, r->system,
                          kept_out ? "a known device or place was kept out"
                                   : "stolen passwords opened accounts, or did unseen");
            holds = false;
        }
    }
    return holds;
}
