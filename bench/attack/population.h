/* SPDX-License-Identifier: ISC
 *
 * bench/attack/population: who lives here: accounts, their clients, networks and passwords.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define SECOND_US ((int64_t)1000000)
#define MINUTE_US (60 * SECOND_US)
#define HOUR_US   (60 * MINUTE_US)
#define DAY_US    (24 * HOUR_US)
#define EPOCH_US  (20000 * DAY_US) /* the simulation's day 0, as a wall clock */

struct settings {
    uint64_t seed;
    uint32_t accounts;
    uint32_t warm_days;   /* successes only teach; the last of them is watched already */
    uint32_t attack_days; /* after them */
    uint32_t botnet;      /* addresses of the slow botnet */
    double clientid;      /* share of clients that present one */
};
/* small: a few seconds for all, for the tests. */
void settings_default(struct settings *s, bool small);

enum client_kind { CLIENT_DESK, CLIENT_PHONE, CLIENT_OFFICE, CLIENT_SHARED };

struct client {
    enum client_kind kind;
    uint64_t token, token_later; /* 0: no CLIENTID; later: from changes_on, a new machine */
    uint32_t changes_on;         /* day; UINT32_MAX: never */
    bool stale;                  /* retries an old password every five minutes, from home */
};
#define CLIENTS_MAX 4

#define POPULATION_PER_CGNAT 200 /* accounts in a row, if they live behind carrier-grade NAT */

enum home_kind { HOME_OWN, HOME_CGNAT, HOME_DYNAMIC };

struct account {
    uint64_t password; /* its rank among popular ones, or one that nobody guesses */
    uint64_t old_password;
    double rate; /* submissions a day */
    uint32_t household, office, machine, carrier;
    enum home_kind home;
    uint32_t trip_on; /* day; UINT32_MAX: never */
    uint32_t clients_n;
    struct client clients[CLIENTS_MAX];
};
#define TRIP_DAYS 5

struct population {
    const struct settings *settings;
    struct account *accounts;
};

void population_make(struct population *p, const struct settings *s);
void population_clear(struct population *p);

/* IPv4, host order. */
uint32_t population_home(const struct population *p, uint32_t account, uint32_t day);
uint32_t population_office(const struct account *a);
uint32_t population_machine(const struct account *a);
uint32_t population_mobile(const struct account *a, uint64_t draw);
uint32_t population_hotel(const struct population *p, uint32_t account, uint64_t draw);

/* Passwords by number: 1 is the most popular. */
uint64_t password_popular(double unit); /* 0: none of the popular ones */
uint64_t password_own(uint32_t account, unsigned version);
uint64_t password_typed(uint64_t draw); /* a slip of the fingers: nobody has it */
