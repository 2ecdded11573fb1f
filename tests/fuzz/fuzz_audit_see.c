/* SPDX-License-Identifier: ISC
 *
 * A whole audit over a list of messages: what it says of them holds together.
 *
 * Input: messages, each FILE SECONDS PORTS LENGTH(2) OCTETS. FILE: 0 and 1 are networks with names, 2 and 3 have
 * none; bit 7: no time. SECONDS: since the message before, signed, times 20. PORTS: see ports[].
 */
#include "property.h"

#include <math.h>

#include "audit/audit.h"
#include "base/reader.h"

static const struct {
    uint16_t source, destination;
} ports[] = { { 68, 67 }, { 67, 68 }, { 67, 67 }, { 40000, 67 } };

static void check_place(const struct audit *audit, const struct audit_place *place)
{
    must(place->file < audit->files_n);
    must((size_t)place->at + place->n <= 65537);
}

static void check_findings(const struct audit *audit, const struct audit_findings *findings)
{
    must(findings->n <= AUDIT_EVIDENCE_MAX);
    for (size_t i = 0; i < findings->n; i++) {
        check_place(audit, &findings->at[i].place);
        must(findings->at[i].what != NULL);
    }
}

static void check_text(const struct audit_value *value)
{
    struct buf text;
    buf_init(&text, (size_t)1 << 20);
    audit_value_text(value, &text);
    struct slice s = buf_slice(&text);
    for (size_t i = 0; i < s.n; i++)
        must(s.p[i] >= 0x20 && s.p[i] != 0x7f);
    must(slice_is_utf8(s));
    buf_clear(&text);
}

static void check_traits(const struct audit *audit, const struct audit_client *client)
{
    for (const struct audit_trait *trait = client->traits; trait; trait = trait->next) {
        const struct audit_value *value = trait->value;
        size_t chain = 0;
        must(trait->client == client && value->kind == trait->kind);
        must(value->octets.n > 0 && value->octets.n <= AUDIT_VALUE_MAX);
        must(trait->network < audit->networks_n && trait->count > 0 && trait->by);
        must(trait->first_us <= trait->last_us);
        check_place(audit, &trait->first);
        check_place(audit, &trait->last);
        check_text(value);
        for (const struct audit_trait *t = value->traits; t; t = t->next_of_value)
            chain++;
        must(value->kind == ID_HEADER_HABITS || chain == value->clients);
        must(value->clients >= 1 && value->clients <= audit->clients_n);
    }
}

static void check_identifiers(const struct audit *audit, const struct audit_client *client)
{
    struct audit_identifier rows[ID_KIND_COUNT];
    double most = log2((double)audit->clients_n) + 1e-6;
    size_t n = audit_identifiers(audit, client, rows);
    must(n <= ID_KIND_COUNT && (n > 0 || !client->traits));
    for (size_t i = 0; i < n; i++) {
        must(rows[i].bits >= 0 && rows[i].bits <= most);
        must(rows[i].own_bits >= 0 && rows[i].own_bits <= most);
        must(rows[i].values > 0 && (rows[i].values > 1 || rows[i].stability != AUDIT_CHANGED));
    }
    must(client->bits >= 0 && client->bits <= most);
}

static void check_stays(const struct audit *audit, const struct audit_client *client)
{
    uint64_t messages = 0;
    for (const struct audit_stay *stay = client->stays; stay; stay = stay->next) {
        must(stay->network < audit->networks_n && audit_stay_of(client, stay->network) == stay);
        must(stay->leases_n <= AUDIT_LEASES_MAX && stay->spans_n <= AUDIT_SPANS_MAX);
        must(stay->sightings > 0 && stay->sightings <= stay->messages);
        must(stay->first_us <= stay->last_us);
        for (size_t i = 0; i < stay->spans_n; i++)
            must(stay->spans[i].from_us <= stay->spans[i].to_us);
        for (size_t i = 0; i < stay->leases_n; i++) {
            must(stay->leases[i].address != 0);
            check_place(audit, &stay->leases[i].place);
        }
        messages += stay->messages;
    }
    must(messages <= client->messages);
}

static uint64_t check_clients(const struct audit *audit)
{
    uint64_t messages = 0;
    for (size_t i = 0; i < audit->clients_n; i++) {
        const struct audit_client *client = audit->clients[i];
        must(client->number == i && client->device <= i);
        must(!client->hlen ||
             audit_client_find(audit, client->htype,
                               (struct slice){ client->hardware, client->hlen }) == client);
        check_traits(audit, client);
        check_identifiers(audit, client);
        check_stays(audit, client);
        for (size_t a = 0; a < AUDIT_ATTACKS; a++) {
            must(client->attacks[a].verdict != AUDIT_EXPOSED || client->attacks[a].evidence.n > 0);
            check_findings(audit, &client->attacks[a].evidence);
        }
        messages += client->messages;
    }
    return messages;
}

static void check_links(const struct audit *audit)
{
    for (size_t i = 0; i < audit->links_n; i++) {
        const struct audit_link *link = &audit->links[i];
        must(link->a < link->b && link->b < audit->clients_n);
        must(link->probability >= 0 && link->probability <= 1);
        must(link->probability >= audit->options.threshold || link->reading == AUDIT_LINK_CLONED);
        check_findings(audit, &link->evidence);
    }
}

static void check(const struct audit *audit)
{
    must(check_clients(audit) + audit->clients_beyond <= audit->messages);
    must(audit->faults_n <= AUDIT_FAULTS_MAX && audit->faults_n <= audit->faults_all);
    for (size_t i = 0; i < audit->faults_n; i++)
        check_place(audit, &audit->faults[i].place);
    check_links(audit);
}

static void see_all(struct audit *audit, struct slice input)
{
    struct reader in = reader_of(input);
    struct capture_message message = { .kind = CAPTURE_UDP, .ttl = 64 };
    int64_t now_s = 1600000000;
    while (reader_left(&in)) {
        uint8_t file = reader_u8(&in), seconds = reader_u8(&in), port = reader_u8(&in) % 4;
        struct slice rest = { in.p, reader_left(&in) };
        uint16_t n = reader_be16(&in);
        if (in.bad)
            break;
        rest = slice_first(slice_from(rest, 2), n);
        (void)reader_bytes(&in, rest.n);
        now_s += (int64_t)(int8_t)seconds * 20;
        message.frame++;
        message.ip_id = (uint16_t)(message.frame * 3);
        message.time_ns = file & 0x80 ? CAPTURE_NO_TIME : now_s * 1000000000;
        message.source_port = ports[port].source;
        message.destination_port = ports[port].destination;
        message.payload = rest;
        must(audit_see(audit, file % 4, &message) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct audit_options options;
    audit_options_init(&options);
    options.clients_max = 6; /* each is compared with each */
    struct audit *audit = audit_new(&options);
    must(audit != NULL);
    int64_t home = audit_network_add(audit, SLICE("home"), true);
    int64_t work = audit_network_add(audit, SLICE("work"), true);
    must(audit_file_add(audit, SLICE("home.pcap"), home) == 0);
    must(audit_file_add(audit, SLICE("work.pcap"), work) == 1);
    must(audit_file_add(audit, SLICE("one.pcap"), -1) == 2);
    must(audit_file_add(audit, SLICE("two.pcap"), -1) == 3);
    see_all(audit, (struct slice){ data, size });
    must(audit_finish(audit) == 0);
    check(audit);
    if (size % 4 == 0) { /* live: a report, and another one */
        must(audit_finish(audit) == 0);
        check(audit);
    }
    audit_free(audit);
    return 0;
}
