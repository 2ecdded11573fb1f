/* SPDX-License-Identifier: ISC
 *
 * bench/attack/attackers: who tries to get in, and how. The same guesses at the same times whatever
 * stands at the door, but that a guesser who must wait is late with the next one, one whose
 * connection is dropped tries that guess again, and nobody guesses at an account that is open.
 */
#pragma once

#include "system.h"

enum attack_kind {
    ATTACK_PEACE,     /* none */
    ATTACK_SINGLE,    /* one address, popular passwords over all accounts, one after the other */
    ATTACK_SHARED,    /* the same from behind an address that 200 accounts use */
    ATTACK_NEIGHBOUR, /* one of those 200 has an infected machine, and it tries the other 199 */
    ATTACK_SIEGE,     /* few accounts, each from 50 addresses */
    ATTACK_BOTNET,    /* a million addresses with few tries each, over all accounts and days */
    ATTACK_FORGERY,   /* as the siege, with a new token each time */
    ATTACK_STUFFING,  /* passwords from elsewhere, a share of them right */
    ATTACK_REPLAY,    /* a stolen token with its password */
    ATTACK_KINDS,
};
const char *attack_name(enum attack_kind kind);
bool attack_guesses(enum attack_kind kind); /* or has the passwords */

struct attack;

/* house: what is known when it begins. */
struct attack *attack_new(enum attack_kind kind, const struct population *p,
                          const struct house *house);
void attack_free(struct attack *a);
/* The next attempt; false: it is over. */
bool attack_next(struct attack *a, struct attempt *out);
/* Of the attempt that attack_next gave. */
void attack_answer(struct attack *a, const struct verdict *verdict, int64_t answered_us);
