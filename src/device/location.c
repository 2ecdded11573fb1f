/* SPDX-License-Identifier: ISC */
#include "device/location.h"

#include <maxminddb.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

#define EARTH_KM 6371.0088
#define RADIANS  (3.14159265358979323846 / 180000.0) /* of 1/1000 degree */

struct named {
    struct network network;
    const char *name;
};

struct locations {
    MMDB_s *databases;
    size_t databases_n;
    struct named *table; /* the narrowest first */
    size_t table_n;
};

/* ---- opening ---- */

static int narrower_first(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    return (x->network.bits < y->network.bits) - (x->network.bits > y->network.bits);
}

static bool open_table(struct locations *l, const struct conf_policy *conf, struct buf *why)
{
    size_t n = conf->locations.table_n;
    l->table = calloc(n + 1, sizeof *l->table);
    if (!l->table) {
        buf_append_str(why, "policy.locations: out of memory");
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        const struct conf_location *row = &conf->locations.table[i];
        if (!network_parse(slice_of_str(row->network), &l->table[i].network))
            return conf_fault(why, &row->place, "policy.locations.table", "\"%s\" is no network",
                              row->network);
        l->table[i].name = row->name;
    }
    l->table_n = n;
    if (n)
        qsort(l->table, n, sizeof *l->table, narrower_first);
    return true;
}

static bool open_databases(struct locations *l, const struct conf_list *files, struct buf *why)
{
    l->databases = calloc(files->n + 1, sizeof *l->databases);
    if (!l->databases) {
        buf_append_str(why, "policy.locations: out of memory");
        return false;
    }
    for (size_t i = 0; i < files->n; i++) {
        int status = MMDB_open(files->at[i], MMDB_MODE_MMAP, &l->databases[i]);
        if (status != MMDB_SUCCESS)
            return conf_fault(why, &files->place[i], "policy.locations.database", "%s: %s",
                              files->at[i], MMDB_strerror(status));
        l->databases_n++;
    }
    return true;
}

struct locations *locations_open(const struct conf *conf, struct buf *why)
{
    struct locations *l = calloc(1, sizeof *l);
    if (!l) {
        buf_append_str(why, "policy.locations: out of memory");
        return NULL;
    }
    if (open_table(l, &conf->policy, why) &&
        open_databases(l, &conf->policy.locations.database, why))
        return l;
    locations_free(l);
    return NULL;
}

void locations_free(struct locations *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->databases_n; i++)
        MMDB_close(&l->databases[i]);
    free(l->databases);
    free(l->table);
    free(l);
}

/* ---- looking up ---- */

static bool get(MMDB_entry_s *entry, const char *const *path, uint32_t type, MMDB_entry_data_s *out)
{
    return MMDB_aget_value(entry, out, path) == MMDB_SUCCESS && out->has_data && out->type == type;
}

static void read_country(MMDB_entry_s *entry, struct device_location *out)
{
    static const char *const paths[][3] = { { "country", "iso_code", NULL },
                                            { "registered_country", "iso_code", NULL } };
    MMDB_entry_data_s data;
    for (size_t i = 0; i < ARRAY_SIZE(paths) && !out->country[0]; i++)
        if (get(entry, paths[i], MMDB_DATA_TYPE_UTF8_STRING, &data) && data.data_size == 2) {
            memcpy(out->country, data.utf8_string, 2);
            out->country[2] = '\0';
        }
}

static bool get_degrees(MMDB_entry_s *entry, const char *name, double most, int32_t *out)
{
    const char *const path[] = { "location", name, NULL };
    MMDB_entry_data_s data;
    if (!get(entry, path, MMDB_DATA_TYPE_DOUBLE, &data) || !isfinite(data.double_value) ||
        fabs(data.double_value) > most)
        return false;
    *out = (int32_t)lround(data.double_value * 1000);
    return true;
}

static void read_position(MMDB_entry_s *entry, struct device_location *out)
{
    static const char *const radius[] = { "location", "accuracy_radius", NULL };
    MMDB_entry_data_s data;
    int32_t latitude, longitude;
    if (out->has_position || !get_degrees(entry, "latitude", 90, &latitude) ||
        !get_degrees(entry, "longitude", 180, &longitude))
        return;
    out->has_position = true;
    out->latitude = latitude;
    out->longitude = longitude;
    out->radius = get(entry, radius, MMDB_DATA_TYPE_UINT16, &data) ? data.uint16 : 0;
}

static void read_as(MMDB_entry_s *entry, struct device_location *out)
{
    static const char *const path[] = { "autonomous_system_number", NULL };
    MMDB_entry_data_s data;
    if (!out->as && get(entry, path, MMDB_DATA_TYPE_UINT32, &data))
        out->as = data.uint32;
}

static void look_up(const MMDB_s *database, const struct sockaddr *peer,
                    struct device_location *out)
{
    int error = MMDB_SUCCESS;
    MMDB_lookup_result_s found = MMDB_lookup_sockaddr(database, peer, &error);
    if (error != MMDB_SUCCESS || !found.found_entry)
        return; /* an IPv6 address in a database of IPv4, or an address it does not have */
    read_country(&found.entry, out);
    read_position(&found.entry, out);
    read_as(&found.entry, out);
}

/* The operator's own word about a network goes before what a database thinks of it. */
static bool find_named(const struct locations *l, const struct address *a,
                       struct device_location *out)
{
    for (size_t i = 0; i < l->table_n; i++) {
        if (!network_has(&l->table[i].network, a))
            continue;
        (void)slice_keep(slice_of_str(l->table[i].name), out->name, sizeof out->name - 1);
        return true;
    }
    return false;
}

void locations_find(const struct locations *l, const struct address *a, struct device_location *out)
{
    struct address plain = *a;
    *out = (struct device_location){ 0 };
    address_normalise(&plain);
    if (!plain.n || (plain.any.sa_family != AF_INET && plain.any.sa_family != AF_INET6) ||
        find_named(l, &plain, out))
        return;
    for (size_t i = 0; i < l->databases_n; i++)
        look_up(&l->databases[i], &plain.any, out);
}

/* ---- distance ---- */

bool location_has_position(const struct device_location *l)
{
    return l->has_position && l->latitude >= -90000 && l->latitude <= 90000 &&
           l->longitude >= -180000 && l->longitude <= 180000;
}

double location_distance(const struct device_location *a, const struct device_location *b)
{
    CHECK(location_has_position(a) && location_has_position(b));
    double north = (b->latitude - a->latitude) * RADIANS / 2;
    double east = (b->longitude - a->longitude) * RADIANS / 2;
    double h = sin(north) * sin(north) +
               cos(a->latitude * RADIANS) * cos(b->latitude * RADIANS) * sin(east) * sin(east);
    return 2 * EARTH_KM * asin(sqrt(h > 1 ? 1 : h)); /* antipodes: rounding may pass 1 */
}
