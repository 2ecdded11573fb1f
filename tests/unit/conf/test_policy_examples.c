/* SPDX-License-Identifier: ISC
 *
 * The examples of postern.yaml(5); tests/integration/test_manuals.py holds them against the page.
 */
#include "check.h"

#include <fcntl.h>

#include "conf/conf.h"
#include "conf/policy_defaults.h"

static struct conf *load(const char *path)
{
    struct buf text, why;
    buf_init(&text, 1 << 16);
    buf_init(&why, 4096);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    uint8_t *room = buf_reserve(&text, 1 << 14);
    assert_true(fd >= 0 && room);
    ssize_t n = read(fd, room, 1 << 14);
    assert_true(n > 0 && n < 1 << 14);
    buf_grew(&text, (size_t)n);
    assert_int_equal(close(fd), 0);
    struct conf *conf = conf_parse(path, buf_slice(&text), &why);
    if (!conf)
        fail_msg("%.*s", (int)buf_size(&why), (const char *)buf_slice(&why).p);
    buf_clear(&text);
    return conf;
}

static void the_small_house_lets_in_what_was_approved(void **state)
{
    (void)state;
    struct conf *c = load("data/conf/policy-small-house.yaml");
    assert_int_equal(c->policy.enrol, CONF_ENROL_CLOSED);
    assert_int_equal(c->policy.unknown_device, CONF_UNKNOWN_REFUSE);
    assert_int_equal(c->policy.groups_n, 1);
    assert_int_equal(c->policy.rules_n, 3);
    assert_int_equal(c->policy.rules[0].then, CONF_RULE_ALLOW);
    assert_int_equal(c->policy.rules[1].then, CONF_RULE_DENY);
    assert_int_equal(c->policy.rules[2].then, CONF_RULE_REQUIRE);
    assert_int_equal(c->policy.rules[2].who.device, 1 << CONF_DEVICE_APPROVED);
    assert_int_equal(c->policy.limits_n, conf_shipped_limits_n + 1);
    assert_int_equal(c->policy.locations.table_n, 2);
    assert_int_equal(c->alerts.to.n, 2);
    conf_free(c);
}

/* Nothing that would refuse, delay or revoke is in force yet. */
static void the_isp_begins_dry(void **state)
{
    (void)state;
    struct conf *c = load("data/conf/policy-isp.yaml");
    assert_int_equal(c->policy.memory, 512u << 20);
    assert_int_equal(c->policy.limits_n, conf_shipped_limits_n + 1);
    for (size_t i = 0; i < c->policy.limits_n; i++) {
        const struct conf_limit *l = &c->policy.limits[i];
        if (!l->dry_run && l->then & ~(unsigned)(CONF_THEN_LOG | CONF_THEN_ALERT))
            fail_msg("%s", l->name);
    }
    for (size_t i = 0; i < c->policy.rules_n; i++)
        assert_true(c->policy.rules[i].dry_run);
    assert_int_equal(c->alerts.to.n, 1);
    assert_non_null(c->alerts.webhook_secret);
    conf_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_small_house_lets_in_what_was_approved),
        cmocka_unit_test(the_isp_begins_dry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
