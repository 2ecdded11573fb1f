/* SPDX-License-Identifier: ISC
 *
 * bench/attack/report: the table, and which targets were met.
 */
#pragma once

#include <stdio.h>

#include "run.h"

void report_table(FILE *to, const struct settings *s, const struct result *at, size_t n);
void report_json(FILE *to, const struct settings *s, const struct result *at, size_t n);

/* The targets, as lines of a table; returns how many were missed. */
size_t report_targets(FILE *to, const struct result *at, size_t n);
/* Those that no change may break: a known device or place is never kept out by an attack, stolen
 * passwords open nothing under `refuse`, and under the defaults nothing without an alert; but for
 * accounts that nobody has ever used. */
bool report_holds(const struct result *at, size_t n);
