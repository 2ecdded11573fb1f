/* SPDX-License-Identifier: ISC */
#include "store_fixture.h"

static struct pseudonym tokens[2];

static struct device_question question_of(const char *typed, const struct device_key *key)
{
    tokens[0] = key->token;
    return (struct device_question){ .typed = slice_of_str(typed),
                                     .type = key->type,
                                     .tokens = tokens,
                                     .tokens_n = 1,
                                     .device_age_us = bounds.device_age_us,
                                     .place_age_us = bounds.place_age_us,
                                     .wall_us = NOW };
}

static struct device_facts ask(const struct device_question *question)
{
    struct device_facts facts;
    device_facts_read(store, question, &facts);
    return facts;
}

static struct device_facts ask_of(const char *typed, const struct device_key *key)
{
    struct device_question question = question_of(typed, key);
    return ask(&question);
}

static void test_nothing_is_known_of_a_stranger(void **state)
{
    (void)state;
    struct device_key key = key_of("demo", "UUID", 1);
    struct device_facts f = ask_of("Demo", &key);
    assert_string_equal(f.account, "demo");
    assert_false(f.failed || f.account_known || f.licensed || f.place_known || f.has_places);
    assert_int_equal(f.device, DEVICE_NONE);
    assert_int_equal(f.devices, 0);
}

static void test_a_device_is_of_its_account_and_type_only(void **state)
{
    (void)state;
    struct device_key key = key_of("demo", "UUID", 1), other = key_of("demo", "MAC", 1);
    struct device_event event = event_of(DEVICE_EVENT_SUCCESS, &key, NOW - 5);
    event.network = network_of(7);
    event.location = (struct device_location){ .country = "NO" };
    apply(&event);
    struct device_facts f = ask_of("demo", &key);
    assert_int_equal(f.device, DEVICE_KNOWN);
    assert_int_equal(f.devices, 1);
    assert_true(f.account_known && f.last_us == NOW - 5);
    assert_true(device_network_equal(&f.last_network, &event.network));
    assert_string_equal(f.last_location.country, "NO");
    f = ask_of("demo", &other);
    assert_int_equal(f.device, DEVICE_NONE);
    assert_int_equal(f.devices, 1);
    assert_true(f.last_us == 0);
    f = ask_of("dem", &key);
    assert_int_equal(f.device, DEVICE_NONE);
    assert_false(f.account_known);
    struct device_question absent = { .typed = SLICE("demo"), .wall_us = NOW };
    f = ask(&absent);
    assert_int_equal(f.device, DEVICE_NONE);
    assert_true(f.account_known && f.devices == 1);
}

static void test_spellings_and_aliases_lead_to_one_account(void **state)
{
    (void)state;
    struct device_key key = key_of("demo@example.org", "UUID", 1);
    struct device_event event = event_of(DEVICE_EVENT_SUCCESS, &key, NOW);
    event.typed = SLICE("d");
    apply(&event);
    struct device_question q = question_of("D", &key);
    assert_string_equal(ask(&q).account, "demo@example.org");
    assert_int_equal(ask(&q).device, DEVICE_KNOWN);
    q.typed = SLICE("DEMO@Example.org");
    assert_string_equal(ask(&q).account, "demo@example.org");
    q.typed = SLICE("demo");
    assert_string_equal(ask(&q).account, "demo");
    q.realm = SLICE("Example.ORG");
    assert_string_equal(ask(&q).account, "demo@example.org");
    assert_int_equal(ask(&q).device, DEVICE_KNOWN);
}

static void test_an_alias_is_followed_one_step_only(void **state)
{
    (void)state;
    struct device_key key = key_of("b", "UUID", 1), other = key_of("c", "UUID", 2);
    struct device_event event = event_of(DEVICE_EVENT_SUCCESS, &key, NOW);
    event.typed = SLICE("a");
    apply(&event);
    event = event_of(DEVICE_EVENT_SUCCESS, &other, NOW);
    event.typed = SLICE("b");
    apply(&event);
    assert_string_equal(ask_of("a", &key).account, "b");
    assert_string_equal(ask_of("b", &key).account, "c");
}

static void test_a_name_without_sense_has_no_account(void **state)
{
    (void)state;
    struct device_key key = key_of("demo", "UUID", 1);
    char longest[DEVICE_ACCOUNT_MAX + 2];
    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    assert_string_equal(ask_of(longest, &key).account, "");
    assert_false(ask_of(longest, &key).failed);
    assert_string_equal(ask_of("", &key).account, "");
}

static void test_a_lapsed_revocation_is_over(void **state)
{
    (void)state;
    struct device_key key = key_of("demo", "UUID", 1);
    succeed(&key, NOW);
    set_state(&key, DEVICE_REVOKED, NOW + 1, NOW);
    assert_int_equal(ask_of("demo", &key).device, DEVICE_REVOKED);
    assert_int_equal(ask_of("demo", &key).devices, 0);
    assert_true(ask_of("demo", &key).account_known);
    set_state(&key, DEVICE_REVOKED, NOW, NOW);
    assert_int_equal(ask_of("demo", &key).device, DEVICE_KNOWN);
    assert_int_equal(ask_of("demo", &key).devices, 1);
}

static void test_the_old_are_as_if_they_were_not_there(void **state)
{
    (void)state;
    static const struct {
        enum device_state state;
        int64_t until_us;
        enum device_state want; /* a microsecond too old */
    } cases[] = {
        { DEVICE_PENDING, 0, DEVICE_NONE },
        { DEVICE_KNOWN, 0, DEVICE_NONE },
        { DEVICE_APPROVED, 0, DEVICE_APPROVED },
        { DEVICE_REVOKED, 0, DEVICE_NONE },
        { DEVICE_REVOKED, NOW + DAY, DEVICE_REVOKED }, /* in force */
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct device_key key = key_of("demo", "UUID", (uint8_t)i);
        set_state(&key, cases[i].state, cases[i].until_us, NOW - bounds.device_age_us);
        struct device_question q = question_of("demo", &key);
        assert_int_equal(ask(&q).device, cases[i].state);
        q.wall_us++;
        assert_int_equal(ask(&q).device, cases[i].want);
    }
}

static void test_places(void **state)
{
    (void)state;
    struct device_key key = key_of("demo", "UUID", 1);
    struct device_event event = event_of(DEVICE_EVENT_SUCCESS, &key, NOW);
    event.type = SLICE("");
    event.token.key = 0;
    event.learn_place = true;
    event.network = network_of(1);
    apply(&event);
    struct device_question q = question_of("demo", &key);
    struct device_facts f = ask(&q);
    assert_true(f.account_known && f.has_places && !f.place_known);
    q.network = network_of(2);
    assert_false(ask(&q).place_known);
    q.network = network_of(1);
    assert_true(ask(&q).place_known);
    q.network = (struct device_network){ 6, { 192, 0, 1 } };
    assert_false(ask(&q).place_known);
    q.network = network_of(1);
    q.wall_us = NOW + bounds.place_age_us;
    assert_true(ask(&q).place_known);
    q.wall_us++;
    assert_false(ask(&q).place_known || ask(&q).has_places);
    assert_true(ask(&q).account_known);
}

static void test_licences_of_the_account_and_of_everyone(void **state)
{
    (void)state;
    struct device_key own = key_of("demo", "UUID", 1), all = key_of("*", "UUID", 2),
                      other = key_of("other", "UUID", 3), type = key_of("demo", "MAC", 1);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(device_licence_put(store, &own, NOW), 0);
    assert_int_equal(device_licence_put(store, &all, NOW), 0);
    assert_int_equal(device_licence_put(store, &other, NOW), 0);
    assert_int_equal(store_commit(store), 0);
    assert_true(ask_of("demo", &own).licensed);
    assert_true(ask_of("demo", &all).licensed);
    assert_false(ask_of("demo", &other).licensed);
    assert_false(ask_of("demo", &type).licensed);
    assert_false(ask_of("demo", &own).account_known); /* it is no success */
}

static void test_tokens_of_older_keys_are_tried_behind_the_newest(void **state)
{
    (void)state;
    struct device_key old = key_of("demo", "UUID", 1), new = key_of("demo", "UUID", 2);
    new.token.key = 2;
    set_state(&old, DEVICE_APPROVED, 0, NOW);
    struct device_question q = question_of("demo", &new);
    q.tokens_n = 2;
    tokens[1] = old.token;
    assert_int_equal(ask(&q).device, DEVICE_APPROVED);
    assert_int_equal(ask(&q).token, 1);
    set_state(&new, DEVICE_PENDING, 0, NOW);
    assert_int_equal(ask(&q).device, DEVICE_PENDING);
    assert_int_equal(ask(&q).token, 0);
}

static void test_a_licence_under_an_older_key_is_found(void **state)
{
    (void)state;
    struct device_key old = key_of("demo", "UUID", 1), new = key_of("demo", "UUID", 2);
    new.token.key = 2;
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(device_licence_put(store, &old, NOW), 0);
    assert_int_equal(store_commit(store), 0);
    struct device_question q = question_of("demo", &new);
    q.tokens_n = 2;
    tokens[1] = old.token;
    assert_true(ask(&q).licensed);
    assert_int_equal(ask(&q).token, 1);
}

static void test_without_a_store_it_has_failed(void **state)
{
    (void)state;
    struct device_key key = key_of("demo", "UUID", 1);
    struct device_question q = question_of("Demo", &key);
    struct device_facts f;
    device_facts_read(NULL, &q, &f);
    assert_true(f.failed);
    assert_string_equal(f.account, "demo");
}

static void test_a_device_that_cannot_be_read_has_failed_and_harms_no_other(void **state)
{
    (void)state;
    struct device_key broken = key_of("demo", "UUID", 1), key = key_of("demo", "UUID", 2);
    succeed(&key, NOW);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_put(store, "device",
                               SLICE("demo\0UUID\0\0\0\0\1\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
                               SLICE("broken")),
                     0);
    assert_int_equal(store_commit(store), 0);
    struct device_facts f = ask_of("demo", &broken);
    assert_true(f.failed);
    assert_string_equal(f.account, "demo");
    assert_int_equal(f.devices, 0);
    assert_false(ask_of("demo", &key).failed);
    assert_int_equal(ask_of("demo", &key).device, DEVICE_KNOWN);
}

static void test_a_reader_sees_what_the_writer_commits(void **state)
{
    (void)state;
    struct device_key key = key_of("demo", "UUID", 1);
    struct store *writer = store, *reader = fixture_open(STORE_READ);
    store = reader;
    assert_int_equal(ask_of("demo", &key).device, DEVICE_NONE); /* there is no table yet */
    store = writer;
    succeed(&key, NOW);
    store = reader;
    assert_int_equal(ask_of("demo", &key).device, DEVICE_KNOWN); /* the first look sees it */
    store_close(reader);
    store = writer;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(test_nothing_is_known_of_a_stranger),
        RULE(test_a_device_is_of_its_account_and_type_only),
        RULE(test_spellings_and_aliases_lead_to_one_account),
        RULE(test_an_alias_is_followed_one_step_only),
        RULE(test_a_name_without_sense_has_no_account),
        RULE(test_a_lapsed_revocation_is_over),
        RULE(test_the_old_are_as_if_they_were_not_there),
        RULE(test_places),
        RULE(test_licences_of_the_account_and_of_everyone),
        RULE(test_tokens_of_older_keys_are_tried_behind_the_newest),
        RULE(test_a_licence_under_an_older_key_is_found),
        RULE(test_without_a_store_it_has_failed),
        RULE(test_a_device_that_cannot_be_read_has_failed_and_harms_no_other),
        RULE(test_a_reader_sees_what_the_writer_commits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
