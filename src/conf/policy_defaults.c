/* SPDX-License-Identifier: ISC */
#include "conf/policy_defaults.h"

#include "conf/unit.h"

#define DELAY_US (3 * UNIT_S) /* the default of `delay`, for those that do not delay too */

/* clang-format off */
const struct conf_limit conf_shipped_limits[] = {
    { .name = "known-device-guesses", .delay_us = DELAY_US, .count = CONF_COUNT_FAILED_PASSWORDS, .per = CONF_PER_ACCOUNT | CONF_PER_TOKEN, .of = CONF_OF_KNOWN,
      .above = 10, .within_us = UNIT_H, .then = CONF_THEN_REFUSE, .for_us = 15 * UNIT_MIN,
      .why = "A known device repeats one stale password, which counts once; ten different ones are no slip of the fingers. "
             "Entra ID locks an account at 10 and Auth0 an account at an address at 10; "
             "here only the one device waits, 15 minutes, which is Keycloak's longest." },
    { .name = "place-guesses", .delay_us = DELAY_US, .count = CONF_COUNT_FAILED_PASSWORDS, .per = CONF_PER_ACCOUNT | CONF_PER_NETWORK, .of = CONF_OF_PLACE,
      .above = 20, .within_us = UNIT_H, .then = CONF_THEN_REFUSE, .for_us = 10 * UNIT_MIN,
      .why = "A place is weaker than a device, but several clients of the account share it: twice the budget of one device, "
             "for the 10 minutes of fail2ban." },
    { .name = "stranger-slowdown", .delay_us = DELAY_US, .count = CONF_COUNT_FAILED_PASSWORDS, .per = CONF_PER_ACCOUNT, .of = CONF_OF_UNKNOWN,
      .above = 5, .within_us = 10 * UNIT_MIN, .then = CONF_THEN_DELAY, .for_us = 10 * UNIT_MIN,
      .why = "fail2ban acts at 5 failures in 10 minutes; weakforced's sample policy delays by 3 seconds. "
             "An owner on a new device is slowed down, not refused." },
    { .name = "stranger-guesses", .delay_us = DELAY_US, .count = CONF_COUNT_FAILED_PASSWORDS, .per = CONF_PER_ACCOUNT, .of = CONF_OF_UNKNOWN,
      .above = 9, .within_us = UNIT_H, .then = CONF_THEN_KNOWN_DEVICES_ONLY | CONF_THEN_ALERT, .for_us = 10 * UNIT_MIN,
      .why = "9 different wrong passwords of an account within an hour are what Open-Xchange's policy for weakforced refuses at; "
             "there it shuts out the owner too, here only strangers, for the 10 minutes of fail2ban." },
    { .name = "stranger-guesses-day", .delay_us = DELAY_US, .count = CONF_COUNT_FAILED_PASSWORDS, .per = CONF_PER_ACCOUNT, .of = CONF_OF_UNKNOWN,
      .above = 20, .within_us = UNIT_D, .then = CONF_THEN_KNOWN_DEVICES_ONLY, .for_us = UNIT_H,
      .why = "A botnet that stays below the hour's limit would still have 216 guesses a day. "
             "Mailu allows 50 a day to everybody together, the owner included; strangers alone need fewer." },
    { .name = "popular-guesses", .delay_us = DELAY_US, .count = CONF_COUNT_ACCOUNTS, .outcome = CONF_OUTCOME_FAILED, .per = CONF_PER_PASSWORD, .of = CONF_OF_UNKNOWN,
      .above = 30, .within_us = UNIT_D, .then = CONF_THEN_REFUSE, .for_us = UNIT_H,
      .why = "A botnet that tries each account seldom, from an address each, tries the same few passwords at all of them. "
             "What has just failed at 30 accounts, more than one address may try, opens none to a stranger, right or not; "
             "in bench/attack that leaves one account in a thousand of those opened without it." },
    { .name = "popular-guesses-here", .delay_us = DELAY_US, .count = CONF_COUNT_ACCOUNTS, .outcome = CONF_OUTCOME_FAILED, .per = CONF_PER_PASSWORD | CONF_PER_IP,
      .of = CONF_OF_PLACE, .above = 10, .within_us = UNIT_H, .then = CONF_THEN_REFUSE, .for_us = UNIT_H,
      .why = "An infected machine behind the address of many is at a place that all of them are known from. "
             "One password that failed at more than ten accounts from there within an hour is no slip of the fingers." },
    { .name = "stranger-tokens", .delay_us = DELAY_US, .count = CONF_COUNT_TOKENS, .outcome = CONF_OUTCOME_FAILED, .per = CONF_PER_ACCOUNT, .of = CONF_OF_UNKNOWN,
      .above = 10, .within_us = UNIT_H, .then = CONF_THEN_KNOWN_DEVICES_ONLY | CONF_THEN_ALERT, .for_us = 10 * UNIT_MIN,
      .why = "A person has a handful of devices; ten new ones within an hour that all fail are invented. "
             "Open-Xchange's policy for weakforced refuses at 10 addresses of an account." },
    { .name = "token-accounts", .delay_us = DELAY_US, .count = CONF_COUNT_ACCOUNTS, .outcome = CONF_OUTCOME_FAILED, .per = CONF_PER_TOKEN, .of = CONF_OF_UNKNOWN,
      .above = 5, .within_us = UNIT_H, .then = CONF_THEN_REFUSE | CONF_THEN_ALERT, .for_us = UNIT_H,
      .why = "Families share a computer, and Thunderbird may use one token for all accounts: a few accounts are normal. "
             "Mailu refuses an address at 5 accounts within an hour; a token is far less shared than an address." },
    { .name = "token-opened", .delay_us = DELAY_US, .count = CONF_COUNT_ACCOUNTS, .outcome = CONF_OUTCOME_OK, .per = CONF_PER_TOKEN,
      .above = 3, .within_us = UNIT_D, .then = CONF_THEN_ALERT, .for_us = UNIT_D,
      .why = "One device that opens more than 3 accounts in a day is a family's, or a thief's with a list: somebody should look. "
             "It is not refused, since nothing is wrong with a family." },
    { .name = "address-guesses", .delay_us = DELAY_US, .count = CONF_COUNT_FAILED_PASSWORDS, .per = CONF_PER_IP, .of = CONF_OF_UNKNOWN,
      .above = 30, .within_us = UNIT_H, .then = CONF_THEN_REFUSE, .for_us = 10 * UNIT_MIN,
      .why = "Open-Xchange's policy for weakforced refuses an address at 30 different wrong passwords within an hour. "
             "Known devices and places are exempt, so that those who share the address are not punished." },
    { .name = "address-accounts", .delay_us = DELAY_US, .count = CONF_COUNT_ACCOUNTS, .outcome = CONF_OUTCOME_FAILED, .per = CONF_PER_IP, .of = CONF_OF_UNKNOWN,
      .above = 20, .within_us = UNIT_H, .then = CONF_THEN_REFUSE, .for_us = 10 * UNIT_MIN,
      .why = "Credential stuffing tries each account once. "
             "Open-Xchange's policy for weakforced refuses an address at 20 accounts within an hour." },
    { .name = "network-guesses", .delay_us = DELAY_US, .count = CONF_COUNT_FAILED_PASSWORDS, .per = CONF_PER_NETWORK, .of = CONF_OF_UNKNOWN,
      .above = 960, .within_us = UNIT_H, .then = CONF_THEN_KNOWN_DEVICES_ONLY, .for_us = 10 * UNIT_MIN,
      .why = "32 times the budget of an address, as Knot Resolver gives to a /24." },
    { .name = "network-novelty", .delay_us = DELAY_US, .count = CONF_COUNT_TOKENS, .outcome = CONF_OUTCOME_FAILED, .per = CONF_PER_NETWORK, .of = CONF_OF_UNKNOWN,
      .success_below = 5, .above = 20, .within_us = 10 * UNIT_MIN, .then = CONF_THEN_KNOWN_DEVICES_ONLY,
      .for_us = 10 * UNIT_MIN,
      .why = "More than 20 tokens that were never seen, out of one network in 10 minutes, are forged when hardly any of them succeeds; "
             "when people arrive, most of theirs do. Hence only below 5 percent." },
    { .name = "gate-novelty", .delay_us = DELAY_US, .count = CONF_COUNT_TOKENS, .outcome = CONF_OUTCOME_FAILED, .per = CONF_PER_ALL, .of = CONF_OF_UNKNOWN,
      .success_below = 5, .above = 1000, .within_us = 10 * UNIT_MIN, .then = CONF_THEN_ALERT, .for_us = UNIT_H,
      .why = "Invented tokens from everywhere. What to do about that is the operator's to say (postern policy attack on): "
             "nothing is refused by itself, as that would keep all new devices of all accounts out." },
    { .name = "device-connections", .delay_us = DELAY_US, .count = CONF_COUNT_CONNECTIONS, .per = CONF_PER_ACCOUNT | CONF_PER_TOKEN,
      .of = CONF_OF_KNOWN, .above = 50, .then = CONF_THEN_REFUSE,
      .why = "A client opens a handful; 50 is what Postfix lets an address have, with all behind it." },
    { .name = "stranger-recipients", .delay_us = DELAY_US, .count = CONF_COUNT_RECIPIENTS, .per = CONF_PER_ACCOUNT, .of = CONF_OF_UNKNOWN,
      .above = 300, .within_us = UNIT_D, .then = CONF_THEN_REFUSE | CONF_THEN_ALERT, .for_us = UNIT_H,
      .why = "What a stolen password is wanted for. "
             "Three messages to the 100 recipients that submission.limits.recipients allows: enough for the first day of a new device." },
};
/* clang-format on */

const size_t conf_shipped_limits_n = sizeof conf_shipped_limits / sizeof *conf_shipped_limits;

const struct conf_limit *conf_shipped_limit_find(struct slice name)
{
    for (size_t i = 0; i < conf_shipped_limits_n; i++)
        if (slice_equal(slice_of_str(conf_shipped_limits[i].name), name))
            return &conf_shipped_limits[i];
    return NULL;
}
