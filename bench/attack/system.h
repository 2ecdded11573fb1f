/* SPDX-License-Identifier: ISC
 *
 * bench/attack/system: one attempt to log in, and what stands at the door: Postern, or a model of
 * what others use.
 *
 * Everyone has the 2 s before a refusal that Dovecot and Postern both have: the runner adds it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "house.h"

struct attempt {
    int64_t wall_us;
    uint64_t token; /* 0: no CLIENTID */
    uint64_t password;
    uint32_t account; /* at or past the number of accounts: nobody has that name */
    uint32_t address; /* IPv4, host order */
    bool right;       /* the password is the account's */
};

struct verdict {
    bool dropped;     /* the connection, before AUTH: the client sees that */
    bool reached;     /* the password was looked at */
    bool let_in;      /* and it may go on */
    int64_t delay_us; /* before the password was looked at */
    bool alerted;     /* somebody is told about this one */
    uint32_t kind;    /* of the alert, for `alerts.quiet` */
    bool learn_place, learn_device;
};

struct system {
    const char *name;
    bool replay_only; /* a variant that only that scenario is run against */
    void *(*start)(const struct system *system, const struct settings *settings);
    void (*try)(void *state, const struct house *house, const struct attempt *a,
                struct verdict *out);
    void (*stop)(void *state);
    bool devices_only;  /* Postern's: at a known place an unknown identity is not known */
    const char *policy; /* Postern's: lines of its configuration */
    bool locations;     /* Postern's: the operator has a location database */
};

extern const struct system fail2ban, dovecot_penalty, weakforced;
extern const struct system postern_default, postern_refuse, postern_located;
