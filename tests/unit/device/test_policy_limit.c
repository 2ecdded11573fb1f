/* SPDX-License-Identifier: ISC
 *
 * Limits: each value of count, per, of, outcome and then.
 */
#include "policy_fixture.h"

#define RIGHT 0xabcdef

/* Who comes as the i-th; what he has to do with the others is the case's. */
static struct who same_stranger(unsigned i)
{
    (void)i;
    return stranger("demo", "192.0.2.1", 1);
}

static struct who absent(unsigned i)
{
    (void)i;
    return stranger("demo", "192.0.2.1", 0);
}

static struct who other_accounts(unsigned i)
{
    char account[20];
    (void)snprintf(account, sizeof account, "user%u", i);
    return stranger(account, "192.0.2.1", 1);
}

static struct who other_tokens(unsigned i)
{
    return stranger("demo", "192.0.2.1", 1 + i);
}

static struct who other_addresses(unsigned i)
{
    char ip[ADDRESS_TEXT_MAX];
    (void)snprintf(ip, sizeof ip, "192.0.2.%u", 1 + i);
    return stranger("demo", ip, 1);
}

static struct who other_networks(unsigned i)
{
    char ip[ADDRESS_TEXT_MAX];
    (void)snprintf(ip, sizeof ip, "198.51.%u.1", 1 + i);
    return stranger("demo", ip, 1);
}

static struct who other_of_one_64(unsigned i)
{
    char ip[ADDRESS_TEXT_MAX];
    (void)snprintf(ip, sizeof ip, "2001:db8:1:1::%x", 1 + i);
    return stranger("demo", ip, 1);
}

static struct who other_64s(unsigned i)
{
    char ip[ADDRESS_TEXT_MAX];
    (void)snprintf(ip, sizeof ip, "2001:db8:1:%x::1", 1 + i);
    return stranger("demo", ip, 1);
}

static struct who other_types(unsigned i)
{
    static const char *const types[] = { "A", "B", "C", "D", "E", "F", "G", "H", "I", "J" };
    struct who w = stranger("demo", "192.0.2.1", 1 + i);
    w.type = types[i % 10];
    return w;
}

static struct who other_in_all(unsigned i)
{
    struct who w = other_networks(i);
    (void)snprintf(w.facts.account, sizeof w.facts.account, "user%u", i);
    w.token = 1 + i;
    return w;
}

static struct who same_known(unsigned i)
{
    (void)i;
    return device("demo", "192.0.2.1", 1);
}

static struct who other_known(unsigned i)
{
    return device("demo", "192.0.2.1", 1 + i);
}

static struct who same_place(unsigned i)
{
    (void)i;
    return at_place("demo", "192.0.2.1", 0);
}

static struct who nowhere(unsigned i)
{
    (void)i;
    return stranger("demo", NULL, 1);
}

enum { FAIL, SUCCEED, FAIL_SAME, FAIL_HIDDEN };

/* How many of 10 come to the password. */
static unsigned looked_of_10(struct who (*who)(unsigned), int how)
{
    unsigned looked = 0;
    for (unsigned i = 0; i < 10; i++) {
        struct who w = who(i);
        uint64_t guess = how == FAIL_HIDDEN ? 0 : how == FAIL_SAME ? 7 : 100 + i;
        looked += sign_in(&w, how == SUCCEED, guess).looked;
        rig.now += SECOND;
    }
    return looked;
}

static void every_count_per_of_and_outcome(void **state)
{
    static const struct {
        const char *name, *limit;
        struct who (*who)(unsigned);
        int how;
        unsigned looked;
    } cases[] = {
        /* count */
        { "attempts", "count: attempts, per: [account]", same_stranger, FAIL, 3 },
        { "attempts, of successes", "count: attempts, per: [account]", same_known, SUCCEED, 3 },
        { "attempts that fail", "count: attempts, per: [account], outcome: failed", same_stranger,
          FAIL, 4 },
        { "attempts that fail, of successes", "count: attempts, per: [account], outcome: failed",
          same_known, SUCCEED, 10 },
        { "attempts that succeed", "count: attempts, per: [account], outcome: ok", same_known,
          SUCCEED, 4 },
        { "attempts that succeed, of failures", "count: attempts, per: [account], outcome: ok",
          same_stranger, FAIL, 10 },
        { "failures", "count: failures, per: [account]", same_stranger, FAIL_SAME, 4 },
        { "failures, of successes", "count: failures, per: [account]", same_stranger, SUCCEED, 10 },
        { "failed-passwords", "count: failed-passwords, per: [account]", same_stranger, FAIL, 4 },
        { "failed-passwords, one", "count: failed-passwords, per: [account]", same_stranger,
          FAIL_SAME, 10 },
        { "failed-passwords, hidden", "count: failed-passwords, per: [account]", same_stranger,
          FAIL_HIDDEN, 4 },
        { "accounts", "count: accounts, per: [ip]", other_accounts, FAIL, 4 },
        { "accounts, one", "count: accounts, per: [ip]", same_stranger, FAIL, 10 },
        { "accounts that were opened", "count: accounts, per: [token], outcome: ok", other_accounts,
          SUCCEED, 4 },
        { "accounts, any outcome", "count: accounts, per: [token], outcome: any", other_accounts,
          SUCCEED, 4 },
        { "accounts, failed, of successes", "count: accounts, per: [token], outcome: failed",
          other_accounts, SUCCEED, 10 },
        { "tokens", "count: tokens, per: [account]", other_tokens, FAIL, 4 },
        { "tokens, one", "count: tokens, per: [account]", same_stranger, FAIL, 10 },
        { "tokens, none", "count: tokens, per: [account]", absent, FAIL, 10 },
        { "networks", "count: networks, per: [account]", other_networks, FAIL, 4 },
        { "networks, one", "count: networks, per: [account]", other_addresses, FAIL, 10 },
        { "networks, a UNIX socket", "count: networks, per: [account]", nowhere, FAIL, 10 },
        /* per */
        { "per account", "count: failures, per: [account]", other_accounts, FAIL, 10 },
        { "per token", "count: failures, per: [token]", other_accounts, FAIL, 4 },
        { "per token, others", "count: failures, per: [token]", other_tokens, FAIL, 10 },
        { "per token, with its type", "count: failures, per: [token]", other_types, FAIL, 10 },
        { "per token, absent", "count: failures, per: [token]", absent, FAIL, 10 },
        { "per type", "count: failures, per: [type]", other_tokens, FAIL, 4 },
        { "per type, others", "count: failures, per: [type]", other_types, FAIL, 10 },
        { "per ip", "count: failures, per: [ip]", other_accounts, FAIL, 4 },
        { "per ip, others", "count: failures, per: [ip]", other_addresses, FAIL, 10 },
        { "per ip, one /64", "count: failures, per: [ip]", other_of_one_64, FAIL, 4 },
        { "per ip, others of IPv6", "count: failures, per: [ip]", other_64s, FAIL, 10 },
        { "per ip, a UNIX socket", "count: failures, per: [ip]", nowhere, FAIL, 10 },
        { "per network", "count: failures, per: [network]", other_addresses, FAIL, 4 },
        { "per network, one /48", "count: failures, per: [network]", other_64s, FAIL, 4 },
        { "per network, others", "count: failures, per: [network]", other_networks, FAIL, 10 },
        { "per all", "count: failures, per: [all]", other_in_all, FAIL, 4 },
        { "per password", "count: accounts, per: [password]", other_in_all, FAIL_SAME, 4 },
        { "per password, others", "count: accounts, per: [password]", other_in_all, FAIL, 10 },
        { "per password, one account", "count: accounts, per: [password]", same_stranger, FAIL_SAME,
          10 },
        { "per password, hidden", "count: accounts, per: [password]", other_in_all, FAIL_HIDDEN,
          10 },
        { "per password and ip", "count: accounts, per: [password, ip]", other_accounts, FAIL_SAME,
          4 },
        { "per password and ip, others", "count: accounts, per: [password, ip]", other_in_all,
          FAIL_SAME, 10 },
        { "per two", "count: failures, per: [account, ip]", other_addresses, FAIL, 10 },
        { "per two, the same", "count: failures, per: [account, ip]", same_stranger, FAIL, 4 },
        /* of */
        { "of all, a stranger", "count: failures, per: [ip], of: all", other_tokens, FAIL, 4 },
        { "of all, a known device", "count: failures, per: [ip], of: all", same_known, FAIL, 4 },
        { "of all, each device alone", "count: failures, per: [ip], of: all", other_known, FAIL,
          10 },
        { "of all, a place", "count: failures, per: [ip], of: all", same_place, FAIL, 4 },
        { "of known", "count: failures, per: [account], of: known", other_known, FAIL, 4 },
        { "of known, a stranger", "count: failures, per: [account], of: known", same_stranger, FAIL,
          10 },
        { "of known, a place", "count: failures, per: [account], of: known", same_place, FAIL, 10 },
        { "of place", "count: failures, per: [account], of: place", same_place, FAIL, 4 },
        { "of place, a device", "count: failures, per: [account], of: place", same_known, FAIL,
          10 },
        { "of place, absent", "count: failures, per: [account], of: place", absent, FAIL, 10 },
        { "of unknown", "count: failures, per: [account], of: unknown", same_stranger, FAIL, 4 },
        { "of unknown, absent", "count: failures, per: [account], of: unknown", absent, FAIL, 4 },
        { "of unknown, a device", "count: failures, per: [account], of: unknown", same_known, FAIL,
          10 },
        { "of unknown, a place", "count: failures, per: [account], of: unknown", same_place, FAIL,
          10 },
        { "of absent", "count: failures, per: [account], of: absent", absent, FAIL, 4 },
        { "of absent, an identity", "count: failures, per: [account], of: absent", same_stranger,
          FAIL, 10 },
        /* who */
        { "account", "count: failures, per: [ip], account: ['d*']", same_stranger, FAIL, 4 },
        { "account, another", "count: failures, per: [ip], account: ['x*']", same_stranger, FAIL,
          10 },
        { "group", "count: failures, per: [ip], group: [staff]", same_stranger, FAIL, 4 },
        { "group, another", "count: failures, per: [ip], group: [guests]", same_stranger, FAIL,
          10 },
        { "network", "count: failures, per: [ip], network: [192.0.2.0/24]", same_stranger, FAIL,
          4 },
        { "network, another", "count: failures, per: [ip], network: [10.0.0.0/8]", same_stranger,
          FAIL, 10 },
        { "type", "count: failures, per: [ip], type: ['U*']", same_stranger, FAIL, 4 },
        { "type, another", "count: failures, per: [ip], type: [MAC]", same_stranger, FAIL, 10 },
        { "type, absent", "count: failures, per: [ip], type: ['*']", absent, FAIL, 10 },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char yaml[4096];
        (void)snprintf(yaml, sizeof yaml, "%s",
                       "policy:\n  unknown-device: accept\n"
                       "  groups: {staff: [d*, e], guests: [g]}\n  limits:\n" NO_SHIPPED);
        size_t n = strlen(yaml);
        (void)snprintf(yaml + n, sizeof yaml - n,
                       "  - {name: x, %s, above: 3, within: 1h, then: refuse, for: 10m}\n",
                       cases[i].limit);
        rig_start(yaml);
        unsigned looked = looked_of_10(cases[i].who, cases[i].how);
        if (looked != cases[i].looked)
            fail_msg("%s: %u of 10 came to the password, not %u", cases[i].name, looked,
                     cases[i].looked);
        rig_stop(NULL);
    }
}

/* A botnet that tries one password everywhere spoils it for strangers only, right or not. */
static void a_password_that_fails_everywhere_opens_nothing_to_strangers(void **state)
{
    struct who with = stranger("demo", "203.0.113.1", 9),
               place = at_place("demo", "203.0.113.1", 0), known = same_known(0);
    (void)state;
    rig_start(LIMITS("  - {name: x, count: accounts, per: [password], of: unknown,"
                     " outcome: failed, above: 3, within: 1d, then: refuse, for: 1h}\n"));
    assert_int_equal(looked_of_10(other_in_all, FAIL_SAME), 4);
    assert_false(sign_in(&with, true, 7).looked);
    assert_true(sign_in(&with, true, 8).in);
    assert_true(sign_in(&place, true, 7).in);
    assert_true(sign_in(&known, true, 7).in);
    rig.now += 2 * HOUR;
    assert_true(sign_in(&with, true, 7).in);
}

static void then_holds_for_its_time(void **state)
{
    struct who w = same_known(0);
    (void)state;
    rig_start(LIMITS("  - {name: x, count: failures, per: [account], above: 3, within: 1m,"
                     " then: refuse, for: 10m}\n"));
    assert_int_equal(looked_of_10(same_known, FAIL), 4);
    rig.now += 9 * MINUTE;
    struct signed_in s = sign_in(&w, true, RIGHT);
    assert_false(s.looked);
    assert_int_equal(s.before.refuse_at, CONF_REFUSE_AT_AUTH);
    rig.now += MINUTE + 8 * SECOND;
    assert_true(sign_in(&w, true, RIGHT).in);
}

static void counts_slide_out_of_their_window(void **state)
{
    struct who w = stranger("demo", "192.0.2.1", 1);
    (void)state;
    rig_start(LIMITS("  - {name: x, count: failures, per: [account], above: 3, within: 10m,"
                     " then: refuse, for: 10m}\n"));
    for (unsigned i = 0; i < 20; i++) {
        assert_true(sign_in(&w, false, 100 + i).looked);
        rig.now += 10 * MINUTE;
    }
}

#define THEN(then)                                                                             \
    LIMITS("  - {name: x, count: failures, per: [account], of: unknown, above: 3, within: 1h," \
           " then: " then "}\n")

static void then_delay(void **state)
{
    struct who known = device("demo", "192.0.2.1", 1);
    (void)state;
    rig_start(THEN("delay, for: 1h, delay: 5s"));
    assert_int_equal(looked_of_10(same_stranger, FAIL), 10);
    struct who w = stranger("demo", "192.0.2.1", 0);
    assert_int_equal(before(&w).delay_us, 5 * SECOND);
    assert_int_equal(before(&w).action, POLICY_ACCEPT);
    assert_int_equal(before(&known).delay_us, 0);
}

static void delays_of_several_limits_are_the_longest_of_them(void **state)
{
    struct who w = stranger("demo", "192.0.2.1", 0);
    (void)state;
    rig_start(LIMITS("  - {name: x, count: failures, per: [account], above: 3, within: 1h,"
                     " then: delay, for: 1h, delay: 5s}\n"
                     "  - {name: y, count: failures, per: [ip], above: 3, within: 1h,"
                     " then: delay, for: 1h, delay: 20s}\n"));
    assert_int_equal(looked_of_10(same_stranger, FAIL), 10);
    assert_int_equal(before(&w).delay_us, 20 * SECOND);
    assert_int_equal(before(&w).reasons_n, 2);
}

static void then_known_devices_only_lets_known_devices_and_places_in(void **state)
{
    (void)state;
    rig_start(THEN("known-devices-only, for: 1h"));
    assert_int_equal(looked_of_10(same_stranger, FAIL), 4);
    struct who with = stranger("demo", "203.0.113.1", 9), without = absent(0),
               place = at_place("demo", "203.0.113.1", 0), known = same_known(0);
    assert_int_equal(before(&with).action, POLICY_REFUSE);
    assert_int_equal(before(&without).action, POLICY_REFUSE);
    assert_int_equal(before(&place).action, POLICY_ACCEPT);
    assert_int_equal(before(&known).action, POLICY_ACCEPT);
}

/* §6.2-1: only connections presenting a valid client identifier token. */
static void then_require_clientid_lets_in_who_presents_an_identity(void **state)
{
    (void)state;
    rig_start(THEN("require-clientid, for: 1h"));
    assert_int_equal(looked_of_10(absent, FAIL), 4);
    struct who with = stranger("demo", "203.0.113.1", 9), without = stranger("demo", "10.0.0.1", 0),
               place = at_place("demo", "203.0.113.1", 0),
               place_with = at_place("demo", "203.0.113.1", 3), known = same_known(0),
               other = stranger("other", "192.0.2.1", 0);
    assert_int_equal(before(&with).action, POLICY_ACCEPT);
    assert_int_equal(before(&without).action, POLICY_REFUSE);
    assert_int_equal(before(&place).action, POLICY_REFUSE);
    assert_int_equal(before(&place_with).action, POLICY_ACCEPT);
    assert_int_equal(before(&known).action, POLICY_ACCEPT);
    assert_int_equal(before(&other).action, POLICY_ACCEPT);
}

/* Absent ones set it off; it is the account's state, for all strangers. */
static void attack_mode_that_the_absent_set_off_is_about_all_strangers(void **state)
{
    struct who with = stranger("demo", "203.0.113.1", 9);
    (void)state;
    rig_start(LIMITS("  - {name: x, count: failures, per: [account], of: absent, above: 3,"
                     " within: 1h, then: known-devices-only, for: 1h}\n"));
    assert_int_equal(looked_of_10(absent, FAIL), 4);
    assert_int_equal(before(&with).action, POLICY_REFUSE);
}

static void then_alert_and_log_refuse_nobody(void **state)
{
    static const struct {
        const char *yaml;
        enum device_alert alert;
    } cases[] = {
        { THEN("alert, for: 1h"), DEVICE_ALERT_LIMIT },
        { THEN("alert"), DEVICE_ALERT_LIMIT },
        { THEN("log, for: 1h"), DEVICE_ALERT_NONE },
        { THEN("log"), DEVICE_ALERT_NONE },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        unsigned said = 0;
        rig_start(cases[i].yaml);
        for (unsigned j = 0; j < 10; j++) {
            struct who w = same_stranger(j);
            struct signed_in s = sign_in(&w, false, 100 + j);
            assert_true(s.looked);
            assert_int_equal(s.before.reasons_n, 0);
            said += s.after.reasons_n > 0;
            if (s.after.reasons_n)
                assert_int_equal(s.after.alert, cases[i].alert);
        }
        assert_int_equal(said, 1);
        rig_stop(NULL);
    }
}

static void an_alert_is_said_again_when_its_time_is_over(void **state)
{
    unsigned said = 0;
    (void)state;
    rig_start(THEN("alert, for: 1m"));
    for (unsigned i = 0; i < 100; i++) {
        struct who w = same_stranger(i);
        said += sign_in(&w, false, 100 + i).after.alert == DEVICE_ALERT_LIMIT;
        rig.now += 6 * SECOND;
    }
    assert_in_range(said, 7, 10);
}

static void then_revoke_device_revokes_a_known_one_at_once(void **state)
{
    struct who known = same_known(0), other = device("demo", "192.0.2.1", 2);
    unsigned revoked = 0;
    (void)state;
    rig_start(LIMITS("  - {name: x, count: failures, per: [account, token], of: known, above: 3,"
                     " within: 1h, then: revoke-device, for: 1d}\n"));
    for (unsigned i = 0; i < 10; i++) {
        struct signed_in s = sign_in(&known, false, 100 + i);
        revoked += (s.after.effects & POLICY_REVOKE_DEVICE) != 0;
        if (s.after.effects) {
            assert_int_equal(i, 3);
            assert_int_equal(s.after.alert, DEVICE_ALERT_REVOKED);
            assert_true(s.after.revoke_until_us == rig.now + DAY);
        }
        assert_int_equal(s.looked, i < 4); /* the store does not know yet */
    }
    assert_int_equal(revoked, 1);
    assert_true(sign_in(&other, true, RIGHT).in);
    known.facts.device = DEVICE_REVOKED;
    rig.now += HOUR;
    assert_false(sign_in(&known, true, RIGHT).looked);
}

static void then_revoke_device_of_a_strangers_token_refuses_the_token(void **state)
{
    struct who other = stranger("demo", "192.0.2.1", 2), thief = stranger("other", "10.0.0.1", 1),
               owner = device("owner", "192.0.2.1", 1);
    (void)state;
    rig_start(THEN("revoke-device, for: 1h"));
    assert_int_equal(looked_of_10(same_stranger, FAIL), 4);
    assert_int_equal(before(&other).action, POLICY_ACCEPT);
    assert_int_equal(before(&thief).action, POLICY_REFUSE);
    assert_int_equal(before(&owner).action, POLICY_ACCEPT);
}

static void success_below_trips_only_while_few_succeed(void **state)
{
    static const char yaml[] =
        LIMITS("  - {name: x, count: tokens, per: [network], of: unknown, outcome: failed,"
               " success-below: 20, above: 3, within: 1h, then: refuse, for: 1h}\n");
    (void)state;
    for (unsigned share = 0; share <= 5; share++) { /* one success for each `share` failures */
        unsigned looked = 0, tries = 0;
        rig_start(yaml);
        for (unsigned i = 0; i < 20; i++) {
            struct who w = stranger("demo", "192.0.2.1", 10 + i);
            bool right = share && i % (share + 1) == 0;
            if (right) { /* people who arrive */
                (void)snprintf(w.facts.account, sizeof w.facts.account, "user%u", i);
                w.token = 0;
            }
            looked += sign_in(&w, right, 100 + i).looked;
            tries++;
        }
        if (share && share < 5)
            assert_int_equal(looked, tries);
        else
            assert_true(looked < tries);
        rig_stop(NULL);
    }
}

static void dry_run_counts_and_says_but_never_acts(void **state)
{
    unsigned tripped = 0, held = 0;
    (void)state;
    rig_start(THEN("[refuse, alert, delay, revoke-device], for: 1h, dry-run: yes"));
    for (unsigned i = 0; i < 10; i++) {
        struct who w = same_stranger(i);
        struct signed_in s = sign_in(&w, false, 100 + i);
        assert_true(s.looked);
        assert_int_equal(s.before.delay_us, 0);
        assert_int_equal(s.after.alert, DEVICE_ALERT_NONE);
        assert_int_equal(s.after.effects, 0);
        tripped += s.after.reasons_n && s.after.reasons[0].tripped && s.after.reasons[0].dry_run;
        held += s.before.reasons_n && s.before.reasons[0].dry_run;
    }
    assert_int_equal(tripped, 1);
    assert_int_equal(held, 6);
}

static void refuse_at_mail_lets_the_password_be_looked_at(void **state)
{
    struct who w = stranger("demo", "192.0.2.1", 1);
    (void)state;
    rig_start("policy:\n  refuse-at: mail\n  limits:\n" NO_SHIPPED
              "  - {name: x, count: failures, per: [account], of: unknown, above: 3, within: 1h,"
              " then: refuse, for: 1h}\n");
    assert_int_equal(looked_of_10(same_stranger, FAIL), 10);
    struct signed_in s = sign_in(&w, true, RIGHT);
    assert_int_equal(s.before.action, POLICY_REFUSE);
    assert_int_equal(s.before.refuse_at, CONF_REFUSE_AT_MAIL);
    assert_int_equal(s.after.action, POLICY_REFUSE);
    assert_int_equal(s.after.refuse_at, CONF_REFUSE_AT_MAIL);
    assert_int_equal(s.after.effects, 0);
    assert_int_equal(s.after.alert, DEVICE_ALERT_WRONG_DEVICE);
}

/* §6.2-3: maximum connections per device, rather than per IP. */
static void connections_are_counted_while_they_are_open(void **state)
{
    struct policy_held held[6] = { 0 };
    struct policy_verdict v;
    struct asked q;
    struct who phone = same_known(0), tablet = device("demo", "192.0.2.1", 2);
    (void)state;
    rig_start(LIMITS("  - {name: x, count: connections, per: [account, token], of: known,"
                     " above: 3, then: [refuse, alert]}\n"));
    ask(&q, &phone);
    for (unsigned i = 0; i < 3; i++) {
        policy_hold(rig.policy, rig.counters, &q.a, i % 2, &held[i], &v);
        assert_int_equal(v.action, POLICY_ACCEPT);
    }
    policy_hold(rig.policy, rig.counters, &q.a, 0, &held[3], &v);
    assert_int_equal(v.action, POLICY_REFUSE);
    assert_int_equal(v.alert, DEVICE_ALERT_LIMIT);
    assert_int_equal(v.reasons[0].counted, 4);
    assert_int_equal(held[3].n, 0); /* given back at once */
    policy_hold(rig.policy, rig.counters, &q.a, 0, &held[3], &v);
    assert_int_equal(v.action, POLICY_REFUSE);
    assert_int_equal(v.alert, DEVICE_ALERT_NONE); /* said once */
    assert_int_equal(before(&phone).action, POLICY_ACCEPT);
    ask(&q, &tablet);
    policy_hold(rig.policy, rig.counters, &q.a, 0, &held[4], &v);
    assert_int_equal(v.action, POLICY_ACCEPT);
    policy_release(rig.counters, 0, &held[0]);
    ask(&q, &phone);
    policy_hold(rig.policy, rig.counters, &q.a, 0, &held[3], &v);
    assert_int_equal(v.action, POLICY_ACCEPT);
}

static void messages_and_recipients_are_counted_by_their_amount(void **state)
{
    static const enum conf_count whats[] = { CONF_COUNT_MESSAGES, CONF_COUNT_RECIPIENTS };
    static const char *const names[] = { "messages", "recipients" };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(whats); i++) {
        char yaml[4096];
        struct policy_verdict v;
        struct asked q;
        struct who w = same_stranger(0), known = same_known(0);
        (void)snprintf(yaml, sizeof yaml, "policy:\n  limits:\n%s%s%s%s", NO_SHIPPED,
                       "  - {name: x, count: ", names[i],
                       ", per: [account], above: 10, within: 1h, then: refuse, for: 1h}\n");
        rig_start(yaml);
        ask(&q, &w);
        policy_sends(rig.policy, rig.counters, &q.a, whats[!i], 100, &v);
        assert_int_equal(v.action, POLICY_ACCEPT);
        policy_sends(rig.policy, rig.counters, &q.a, whats[i], 10, &v);
        assert_int_equal(v.action, POLICY_ACCEPT);
        policy_sends(rig.policy, rig.counters, &q.a, whats[i], 1, &v);
        assert_int_equal(v.action, POLICY_REFUSE);
        assert_int_equal(v.refuse_at, CONF_REFUSE_AT_MAIL);
        assert_int_equal(before(&w).action, POLICY_ACCEPT); /* he may still sign in */
        ask(&q, &known);
        policy_sends(rig.policy, rig.counters, &q.a, whats[i], 10, &v);
        assert_int_equal(v.action, POLICY_ACCEPT); /* counted alone */
        rig_stop(NULL);
    }
}

static void a_reload_keeps_the_counts_of_limits_that_count_the_same(void **state)
{
    static const char base[] =
        "  - {name: x, count: failures, per: [account], of: unknown, above: 3, within: 1h,"
        " then: refuse, for: 1h}\n";
    struct who w = stranger("demo", "192.0.2.1", 1);
    (void)state;
    rig_start(LIMITS("  - {name: x, count: failures, per: [account], of: unknown, above: 30,"
                     " within: 1h, then: refuse, for: 1h}\n"));
    assert_int_equal(looked_of_10(same_stranger, FAIL), 10);
    char yaml[4096];
    (void)snprintf(yaml, sizeof yaml, "%s%s", LIMITS(""), base);
    rig_policy(yaml);
    assert_true(sign_in(&w, false, 500).looked); /* the eleventh is above 3 */
    assert_false(sign_in(&w, false, 501).looked);
}

static void reasons_are_8_at_most_and_the_gravest_first(void **state)
{
    char yaml[8192];
    size_t n = 0;
    struct who w = same_stranger(0);
    (void)state;
    n += (size_t)snprintf(yaml, sizeof yaml, "%s", LIMITS(""));
    for (unsigned i = 0; i < 12; i++)
        n += (size_t)snprintf(yaml + n, sizeof yaml - n,
                              "  - {name: d%u, count: failures, per: [ip], above: 3, within: 1h,"
                              " then: delay, for: 1h}\n",
                              i);
    (void)snprintf(yaml + n, sizeof yaml - n,
                   "  - {name: last, count: failures, per: [ip], above: 3, within: 1h,"
                   " then: refuse, for: 1h}\n");
    rig_start(yaml);
    assert_int_equal(looked_of_10(same_stranger, FAIL), 4);
    struct policy_verdict v = before(&w);
    assert_int_equal(v.reasons_n, POLICY_REASONS_MAX);
    assert_string_equal(v.reasons[0].name, "last");
    assert_string_equal(v.reasons[1].name, "d0");
}

static void too_many_limits_are_refused_with_the_place(void **state)
{
    struct buf why, yaml;
    static const uint8_t key[16] = { 0 };
    (void)state;
    buf_init(&why, 4096);
    buf_init(&yaml, 65536);
    buf_append_str(&yaml, "policy:\n  limits:\n");
    for (unsigned i = 0; i < 20; i++)
        buf_printf(&yaml,
                   "  - {name: c%u, count: connections, per: [ip], above: 3, then: refuse}\n", i);
    rig.counters = counters_new((uint64_t)1 << 20, 1, key);
    rig.conf = conf_parse("t.yaml", buf_slice(&yaml), &why);
    assert_non_null(rig.conf);
    assert_null(policy_new(rig.conf, rig.counters, &why));
    buf_append_byte(&why, 0);
    assert_non_null(strstr((const char *)buf_slice(&why).p, "t.yaml:"));
    buf_clear(&why);
    buf_clear(&yaml);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_teardown(t, rig_stop)
    const struct CMUnitTest tests[] = {
        TEST(every_count_per_of_and_outcome),
        TEST(a_password_that_fails_everywhere_opens_nothing_to_strangers),
        TEST(then_holds_for_its_time),
        TEST(counts_slide_out_of_their_window),
        TEST(then_delay),
        TEST(delays_of_several_limits_are_the_longest_of_them),
        TEST(then_known_devices_only_lets_known_devices_and_places_in),
        TEST(then_require_clientid_lets_in_who_presents_an_identity),
        TEST(attack_mode_that_the_absent_set_off_is_about_all_strangers),
        TEST(then_alert_and_log_refuse_nobody),
        TEST(an_alert_is_said_again_when_its_time_is_over),
        TEST(then_revoke_device_revokes_a_known_one_at_once),
        TEST(then_revoke_device_of_a_strangers_token_refuses_the_token),
        TEST(success_below_trips_only_while_few_succeed),
        TEST(dry_run_counts_and_says_but_never_acts),
        TEST(refuse_at_mail_lets_the_password_be_looked_at),
        TEST(connections_are_counted_while_they_are_open),
        TEST(messages_and_recipients_are_counted_by_their_amount),
        TEST(a_reload_keeps_the_counts_of_limits_that_count_the_same),
        TEST(reasons_are_8_at_most_and_the_gravest_first),
        TEST(too_many_limits_are_refused_with_the_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
