/* SPDX-License-Identifier: ISC */
#include <math.h>
#include <stdlib.h>

#include "base/check.h"
#include "population.h"
#include "random.h"

/* How many share what. */
#define PER_HOME    2
#define PER_NETWORK 250 /* homes in one /24 */
#define PER_OFFICE  50
#define PER_MACHINE 20
#define CARRIERS    4
#define EGRESS_NETS 16 /* /24s of a carrier, */
#define EGRESS_IPS  16 /* addresses in use in each */
#define DYNAMIC_NET 64 /* /24s that dynamic homes draw from, for 3 days each */

/* Where each kind of address begins. */
#define BASE_CGNAT   0x14000000u
#define BASE_HOME    0x20000000u
#define BASE_DYNAMIC 0x28000000u
#define BASE_OFFICE  0x30000000u
#define BASE_MACHINE 0x34000000u
#define BASE_MOBILE  0x38000000u
#define BASE_HOTEL   0x3c000000u

void settings_default(struct settings *s, bool small)
{
    *s = (struct settings){ .seed = 1,
                            .accounts = small ? 4000 : 100000,
                            .warm_days = 21,
                            .attack_days = 2,
                            .botnet = small ? 40000 : 1000000,
                            .clientid = 0.2 };
}

/* The share of users who have one of the k most popular passwords is about .009 * k^.36: 0.9 % the
 * first, 2.1 % the first 10, 4.7 % the first 100, 11 % the first 1,000 (as RockYou's list goes, and
 * near Bonneau's 1.8 % for the first 10 of 70 million). Half of all users have none of them. */
uint64_t password_popular(double unit)
{
    return unit >= 0.5 ? 0 : (uint64_t)ceil(pow(unit / 0.009, 1 / 0.36));
}

uint64_t password_own(uint32_t account, unsigned version)
{
    return UINT64_C(1) << 62 | (uint64_t)version << 40 | account;
}

uint64_t password_typed(uint64_t draw)
{
    return UINT64_C(1) << 63 | draw >> 1;
}

static void add_client(struct population *p, uint32_t account, enum client_kind kind,
                       struct chance *c)
{
    struct account *a = &p->accounts[account];
    const struct settings *s = p->settings;
    struct client *at = &a->clients[a->clients_n++];
    *at = (struct client){ .kind = kind, .changes_on = UINT32_MAX };
    bool presents = chance_happens(c, s->clientid);
    uint64_t token = chance_next(c) | 1;
    uint64_t later = chance_next(c) | 1;
    uint32_t day = chance_below(c, 300); /* a machine lives that long, about */
    if (!presents)
        return;
    bool shared = kind == CLIENT_SHARED; /* one identity for all who use the machine */
    at->token = shared ? chance_of(s->seed, 'm', a->machine, 0) | 1 : token;
    at->token_later = shared ? at->token : later;
    if (day < s->warm_days + s->attack_days)
        at->changes_on = day;
}

static void settle(struct population *p, uint32_t i, struct chance *c)
{
    struct account *a = &p->accounts[i];
    uint64_t block = chance_of(p->settings->seed, 'b', i / POPULATION_PER_CGNAT, 0);
    double home = chance_unit(block);
    a->home = home < 0.3 ? HOME_CGNAT : home < 0.4 ? HOME_DYNAMIC : HOME_OWN;
    a->household = i / PER_HOME;
    a->office = i / PER_OFFICE;
    a->machine = i / PER_MACHINE;
    a->carrier = chance_below(c, CARRIERS);
    add_client(p, i, CLIENT_DESK, c);
    if (chance_happens(c, 0.55))
        add_client(p, i, CLIENT_PHONE, c);
    if (chance_happens(c, 0.25))
        add_client(p, i, CLIENT_OFFICE, c);
    if (chance_happens(c, 0.02))
        add_client(p, i, CLIENT_SHARED, c);
    if (a->clients_n > 1 && a->clients[1].kind == CLIENT_PHONE)
        a->clients[1].stale = chance_happens(c, 0.004);
}

static void live(struct population *p, uint32_t i, struct chance *c)
{
    const struct settings *s = p->settings;
    struct account *a = &p->accounts[i];
    double rate = -2 * log(1 - chance_next_unit(c));
    a->rate = rate > 12 ? 12 : rate;
    /* At any time about 3 of 100 travel. */
    uint32_t day = chance_below(c, 160);
    a->trip_on = day < s->warm_days + s->attack_days ? day : UINT32_MAX;
    uint64_t rank = password_popular(chance_next_unit(c));
    a->password = rank != 0 ? rank : password_own(i, 0);
    a->old_password = password_own(i, 1);
}

void population_make(struct population *p, const struct settings *s)
{
    *p =
        (struct population){ .settings = s, .accounts = calloc(s->accounts, sizeof(*p->accounts)) };
    CHECK(p->accounts != NULL);
    for (uint32_t i = 0; i < s->accounts; i++) {
        struct chance c = chance_begin(s->seed, 'p', i);
        settle(p, i, &c);
        live(p, i, &c);
    }
}

void population_clear(struct population *p)
{
    free(p->accounts);
    p->accounts = NULL;
}

uint32_t population_home(const struct population *p, uint32_t account, uint32_t day)
{
    const struct account *a = &p->accounts[account];
    switch (a->home) {
    case HOME_CGNAT: return BASE_CGNAT + (account / POPULATION_PER_CGNAT) * 256 + 10;
    case HOME_DYNAMIC: {
        uint64_t draw = chance_of(p->settings->seed, 'd', a->household, day / 3);
        return BASE_DYNAMIC + (uint32_t)(draw % (DYNAMIC_NET * 256));
    }
    case HOME_OWN: break;
    }
    return BASE_HOME + a->household / PER_NETWORK * 256 + a->household % PER_NETWORK + 1;
}

uint32_t population_office(const struct account *a)
{
    return BASE_OFFICE + a->office * 256 + 1;
}

uint32_t population_machine(const struct account *a)
{
    return BASE_MACHINE + a->machine * 256 + 1;
}

uint32_t population_mobile(const struct account *a, uint64_t draw)
{
    uint32_t net = (uint32_t)(draw % EGRESS_NETS);
    uint32_t host = (uint32_t)(draw / EGRESS_NETS % EGRESS_IPS);
    return BASE_MOBILE + a->carrier * 0x10000 + net * 256 + host + 1;
}

uint32_t population_hotel(const struct population *p, uint32_t account, uint64_t draw)
{
    uint64_t hotel = chance_of(p->settings->seed, 'h', account, draw);
    return BASE_HOTEL + (uint32_t)(hotel & 0x3ffffff);
}
