/* SPDX-License-Identifier: ISC
 *
 * audit/host_name: what a host name gives away by itself: a make or model, a system, a hardware address. Pure.
 */
#pragma once

#include "base/slice.h"

struct audit_host_name {
    const char *device; /* static: "iPhone"; NULL: it names none */
    const char *system; /* static: "Windows"; NULL: it names none */
    bool generic;       /* many have the same: it tells none from another */
};
/* name: of one label, or its first label counts. */
void audit_host_name_read(struct slice name, struct audit_host_name *out);
/* One that Windows' setup drew at random: many have its like, nobody the same. label: in any case. */
bool audit_host_name_is_drawn(struct slice label);
/* The first label. */
struct slice audit_host_label(struct slice name);
/* All of hardware's digits stand in it in a row, separators aside. */
bool audit_host_name_has(struct slice name, struct slice hardware);
