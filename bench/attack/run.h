/* SPDX-License-Identifier: ISC
 *
 * bench/attack/run: one system, one attack, and what became of everybody.
 */
#pragma once

#include "attackers.h"
#include "owners.h"

struct result {
    const char *attack, *system;
    enum attack_kind kind;
    bool policy;                         /* it is Postern's: the targets are about it */
    bool located;                        /* with a location database */
    uint64_t breakins, unalerted;        /* accounts opened; of them, nobody told */
    uint64_t unused;                     /* of those opened, never used by anybody before */
    uint64_t attempts, reached;          /* the attackers': sent; the password was looked at */
    double known_minutes, other_minutes; /* that owners with the right password were kept out */
    uint64_t known_out, other_out;       /* times that one was refused at first */
    uint64_t owner_attempts;
    uint64_t alerts,
        owner_alerts; /* told, at most one of a kind, account and hour; of the owners' */
};

/* house: what the weeks before have taught; it is copied. trace: the owners, from the last day
 * before the attack to its end. */
void run(const struct system *system, enum attack_kind kind, const struct population *p,
         const struct house *house, const struct trace *trace, struct result *out);
