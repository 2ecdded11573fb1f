/* SPDX-License-Identifier: ISC */
#include "mmdb_writer.h"

#include <math.h>
#include <stdio.h>

#include "tempdir.h"

#include "base/check.h"
#include "device/location.h"

#define PATH_ROOM 128

static struct tempdir temp;
static struct conf *conf;
static struct locations *locations;
static struct buf why;

static int setup(void **state)
{
    (void)state;
    tempdir_make(&temp);
    buf_init(&why, 4096);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    locations_free(locations);
    conf_free(conf);
    buf_clear(&why);
    locations = NULL;
    conf = NULL;
    tempdir_remove(&temp);
    return 0;
}

static const char *path_of(const char *name, char out[PATH_ROOM])
{
    (void)snprintf(out, PATH_ROOM, "%s", tempdir_file(&temp, name));
    return out;
}

static void open_with(const char *yaml)
{
    conf = conf_parse("t.yaml", slice_of_str(yaml), &why);
    if (!conf)
        fail_msg("%.*s", (int)buf_size(&why), (const char *)buf_slice(&why).p);
    locations = locations_open(conf, &why);
}

static struct device_location find(const char *ip)
{
    struct device_location found;
    struct address a = { .n = 0 };
    if (ip)
        assert_true(address_parse_ip(slice_of_str(ip), 1, &a));
    memset(&found, 0xff, sizeof found);
    locations_find(locations, &a, &found);
    return found;
}

static bool is_nowhere(const struct device_location *l)
{
    return !l->country[0] && !l->name[0] && !l->as && !l->has_position;
}

static void databases_give_country_position_and_as_in_any_order(void **state)
{
    static const struct mmdb_entry cities[] = {
        { "192.0.2.0/24", "DE", 52.52, 13.405, 20, 0 },
        { "198.51.100.0/24", "NZ", -36.85, 174.76, 1000, 0 },
        { "203.0.113.0/25", NULL, 1000, 0, 0, 0 },
    };
    static const struct mmdb_entry systems[] = {
        { "192.0.2.0/24", NULL, 1000, 0, 0, 64500 },
        { "203.0.113.0/24", NULL, 1000, 0, 0, 64501 },
    };
    char a[PATH_ROOM], b[PATH_ROOM], yaml[2048];
    (void)state;
    mmdb_write(path_of("city.mmdb", a), cities, ARRAY_SIZE(cities));
    mmdb_write(path_of("as.mmdb", b), systems, ARRAY_SIZE(systems));
    for (unsigned i = 0; i < 2; i++) {
        (void)snprintf(yaml, sizeof yaml, "policy:\n  locations:\n    database: [\"%s\", \"%s\"]\n",
                       i ? b : a, i ? a : b);
        open_with(yaml);
        assert_non_null(locations);
        struct device_location l = find("192.0.2.77");
        assert_string_equal(l.country, "DE");
        assert_true(l.has_position);
        assert_int_equal(l.latitude, 52520);
        assert_int_equal(l.longitude, 13405);
        assert_int_equal(l.radius, 20);
        assert_int_equal(l.as, 64500);
        l = find("::ffff:198.51.100.1");
        assert_string_equal(l.country, "NZ");
        assert_int_equal(l.latitude, -36850);
        l = find("203.0.113.1");
        assert_int_equal(l.as, 64501);
        assert_false(l.has_position);
        l = find("8.8.8.8");
        assert_true(is_nowhere(&l));
        l = find("2001:db8::1"); /* a database of IPv4 does not know */
        assert_true(is_nowhere(&l));
        l = find(NULL);
        assert_true(is_nowhere(&l));
        locations_free(locations);
        conf_free(conf);
    }
    locations = NULL;
    conf = NULL;
}

static void nonsense_in_a_database_is_not_known(void **state)
{
    static const struct mmdb_entry odd[] = {
        { "192.0.2.0/24", "DEU", NAN, 13.4, 20, 0 },
        { "198.51.100.0/24", "", 91, 13.4, 20, 0 },
        { "203.0.113.0/24", "X", 50, -180.5, 20, 0 },
    };
    char a[PATH_ROOM], yaml[2048];
    (void)state;
    mmdb_write(path_of("city.mmdb", a), odd, ARRAY_SIZE(odd));
    (void)snprintf(yaml, sizeof yaml, "policy:\n  locations:\n    database: [\"%s\"]\n", a);
    open_with(yaml);
    assert_non_null(locations);
    static const char *const ips[] = { "192.0.2.1", "198.51.100.1", "203.0.113.1" };
    for (size_t i = 0; i < ARRAY_SIZE(ips); i++) {
        struct device_location l = find(ips[i]);
        assert_true(is_nowhere(&l));
    }
}

static void the_operators_table_goes_first_and_its_narrowest_network(void **state)
{
    static const struct mmdb_entry cities[] = { { "192.0.2.0/24", "DE", 52.52, 13.405, 20, 0 } };
    char a[PATH_ROOM], yaml[2048];
    (void)state;
    mmdb_write(path_of("city.mmdb", a), cities, 1);
    (void)snprintf(yaml, sizeof yaml,
                   "policy:\n  locations:\n    database: [\"%s\"]\n    table:\n"
                   "      10.0.0.0/8: The company\n      10.1.0.0/16: Building 7\n"
                   "      192.0.2.128/25: The gateway of the company's ow\n"
                   "      \"2001:db8::/32\": B\xc3\xbcro\n",
                   a);
    open_with(yaml);
    assert_non_null(locations);
    assert_string_equal(find("10.1.2.3").name, "Building 7");
    assert_string_equal(find("10.2.2.3").name, "The company");
    assert_string_equal(find("2001:db8:1::1").name, "B\xc3\xbcro");
    struct device_location l = find("192.0.2.200");
    assert_string_equal(l.name, "The gateway of the company's ow"); /* 31 octets, the most */
    assert_false(l.has_position);
    assert_string_equal(find("192.0.2.1").country, "DE");
}

static void a_database_that_cannot_be_opened_is_told_with_its_place(void **state)
{
    char a[PATH_ROOM], yaml[2048];
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        (void)path_of("none.mmdb", a);
        if (i) { /* no database at all */
            int fd = open(a, O_WRONLY | O_CREAT, 0600);
            assert_int_equal(write(fd, "nonsense", 8), 8);
            assert_int_equal(close(fd), 0);
        }
        (void)snprintf(yaml, sizeof yaml, "policy:\n  locations:\n    database: [\"%s\"]\n", a);
        open_with(yaml);
        assert_null(locations);
        buf_append_byte(&why, 0);
        assert_non_null(strstr((const char *)buf_slice(&why).p, "t.yaml:3:"));
        assert_non_null(strstr((const char *)buf_slice(&why).p, "none.mmdb"));
        conf_free(conf);
        conf = NULL;
        buf_clear(&why);
    }
}

static void nothing_configured_is_fine(void **state)
{
    (void)state;
    open_with("");
    assert_non_null(locations);
    struct device_location l = find("192.0.2.1");
    assert_true(is_nowhere(&l));
}

static struct device_location at(int32_t latitude, int32_t longitude)
{
    return (struct device_location){ .has_position = true,
                                     .latitude = latitude,
                                     .longitude = longitude };
}

static void distance_is_great_circle_and_never_nan(void **state)
{
    static const struct {
        int32_t a[2], b[2];
        double km;
    } cases[] = {
        { { 0, 0 }, { 0, 0 }, 0 },
        { { 52520, 13405 }, { 52520, 13405 }, 0 },
        { { 52520, 13405 }, { 48137, 11575 }, 504 },  /* Berlin, Munich */
        { { 51507, -128 }, { 40713, -74006 }, 5570 }, /* London, New York */
        { { 0, 179900 }, { 0, -179900 }, 22.2 },      /* over the date line */
        { { 0, 0 }, { 0, 180000 }, 20015 },           /* antipodes */
        { { 90000, 0 }, { -90000, 123456 }, 20015 },  /* poles */
        { { 37123, 45678 }, { -37123, -134322 }, 20015 } /* antipodes, rounding */,
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct device_location a = at(cases[i].a[0], cases[i].a[1]),
                               b = at(cases[i].b[0], cases[i].b[1]);
        double km = location_distance(&a, &b);
        if (!(fabs(km - cases[i].km) <= 1 + cases[i].km / 1000))
            fail_msg("case %zu: %f km", i, km);
    }
}

static void what_is_not_on_earth_has_no_position(void **state)
{
    (void)state;
    struct device_location l = at(90000, -180000);
    assert_true(location_has_position(&l));
    l = at(90001, 0);
    assert_false(location_has_position(&l));
    l = at(0, 180001);
    assert_false(location_has_position(&l));
    l = at(INT32_MIN, INT32_MAX);
    assert_false(location_has_position(&l));
    l = (struct device_location){ 0 };
    assert_false(location_has_position(&l));
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(databases_give_country_position_and_as_in_any_order),
        TEST(nonsense_in_a_database_is_not_known),
        TEST(the_operators_table_goes_first_and_its_narrowest_network),
        TEST(a_database_that_cannot_be_opened_is_told_with_its_place),
        TEST(nothing_configured_is_fine),
        TEST(distance_is_great_circle_and_never_nan),
        TEST(what_is_not_on_earth_has_no_position),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
