/* SPDX-License-Identifier: ISC
 *
 * An audit's life, its files, its clients, and the way of a message through the parts.
 */
#include "audit/audit_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

void audit_options_init(struct audit_options *out)
{
    *out = (struct audit_options){ .clients_max = 1000000, .threshold = 0.5 };
}

struct audit *audit_new(const struct audit_options *options)
{
    struct audit *audit = sodium_init() < 0 ? NULL : calloc(1, sizeof *audit);
    if (!audit)
        return NULL;
    audit->options = *options;
    arena_init(&audit->memory, SIZE_MAX);
    audit->index = calloc(1, sizeof *audit->index);
    if (!audit->index) {
        free(audit);
        return NULL;
    }
    randombytes_buf(audit->index->key, sizeof audit->index->key);
    return audit;
}

void audit_free(struct audit *audit)
{
    if (!audit)
        return;
    audit_table_free(&audit->index->clients);
    audit_table_free(&audit->index->values);
    audit_table_free(&audit->index->holders);
    audit_table_free(&audit->index->guesses);
    free(audit->index);
    free(audit->clients);
    free(audit->files);
    free(audit->networks);
    free(audit->dns);
    free(audit->servers);
    free(audit->relays);
    arena_clear(&audit->memory);
    free(audit);
}

bool audit_keep(struct audit *audit, struct slice octets, struct slice *out)
{
    if (octets.n == 0) {
        *out = SLICE("");
        return true;
    }
    return arena_copy(&audit->memory, octets, out);
}

int audit_grow(void **array, size_t *size, size_t n, size_t item)
{
    if (n < *size)
        return 0;
    size_t more = *size ? *size * 2 : 16;
    void *grown = reallocarray(*array, more, item);
    if (!grown)
        return -ENOMEM;
    *array = grown;
    *size = more;
    return 0;
}

/* A malformed message is itself a finding: all are counted, the first ones kept. */
static int note_fault(struct audit *audit, struct audit_place place, const char *what)
{
    audit->faults_all++;
    if (audit->faults_n == AUDIT_FAULTS_MAX)
        return 0;
    if (!audit->faults)
        audit->faults = arena_alloc(&audit->memory, AUDIT_FAULTS_MAX * sizeof *audit->faults);
    if (!audit->faults)
        return -ENOMEM;
    audit->faults[audit->faults_n++] = (struct audit_fault){ place, what };
    return 0;
}

static int note_faults(struct audit *audit, const struct audit_message *message)
{
    const struct capture_message *captured = message->captured;
    const struct dhcp_packet *packet = message->packet;
    int err = 0;
    for (size_t i = 0; i < captured->faults_n && err == 0; i++)
        err = note_fault(audit, audit_place_at(message, captured->faults[i].at, 0),
                         captured->faults[i].what);
    for (size_t i = 0; i < packet->flaws_n && err == 0; i++)
        err = note_fault(audit, audit_place_at(message, packet->flaws[i].at, 0),
                         packet->flaws[i].what);
    return err;
}

static void note_time(struct audit_client *client, int64_t time_us)
{
    if (time_us == AUDIT_NO_TIME)
        return;
    if (client->first_us == AUDIT_NO_TIME || time_us < client->first_us)
        client->first_us = time_us;
    if (client->last_us == AUDIT_NO_TIME || time_us > client->last_us)
        client->last_us = time_us;
}

/* The parts see a message in this order: what one notes, those behind it may look at. */
int audit_deliver(struct audit *audit, struct audit_client *client,
                  const struct audit_message *message)
{
    int err = 0;
    if (client) {
        client->messages++;
        note_time(client, message->time_us);
        audit_exchange_see(client, message);
        audit_habits_see(client, message);
        err = audit_traits_see(audit, client, message);
        if (err == 0)
            err = audit_presence_see(audit, client, message);
    }
    if (err == 0)
        err = audit_attacks_see(audit, client, message);
    if (err == 0 && client)
        err = audit_conduct_see(audit, client, message);
    if (err == 0)
        err = audit_servers_see(audit, client, message);
    return err;
}

static int64_t microseconds(int64_t time_ns)
{
    return time_ns == CAPTURE_NO_TIME ? AUDIT_NO_TIME : time_ns / 1000;
}

struct audit_message audit_message_of(uint32_t file, const struct capture_message *captured,
                                      const struct dhcp_packet *packet)
{
    struct audit_message message = { .captured = captured,
                                     .packet = packet,
                                     .time_us = microseconds(captured->time_ns),
                                     .file = file,
                                     .sender = audit_message_sender(packet) };
    if (!dhcp_packet_address(packet, DHCP_O_SERVER_ID, &message.server_id))
        message.server_id = 0;
    return message;
}

int audit_see(struct audit *audit, uint32_t file, const struct capture_message *captured)
{
    struct audit_index *index = audit->index;
    struct audit_client *client = NULL;
    if (file >= audit->files_n)
        return -EINVAL;
    if (captured->kind == CAPTURE_LOSS)
        return note_fault(audit, (struct audit_place){ .file = file, .frame = captured->frame },
                          captured->what);
    if (audit_dns_is(captured))
        return audit_dns_see(audit, file, captured);
    audit->messages++;
    dhcp_packet_parse(slice_first(captured->payload, AUDIT_MESSAGE_MAX), index->room,
                      &index->packet);
    struct audit_message message = audit_message_of(file, captured, &index->packet);
    int err = note_faults(audit, &message);
    if (err == 0)
        err = audit_client_of(audit, &message, &client);
    return err < 0 ? err : audit_place_message(audit, client, &message);
}

int audit_finish(struct audit *audit)
{
    int err = audit_held_release(audit);
    if (err == 0)
        err = audit_entropy_judge(audit);
    if (err == 0)
        err = audit_guesses_judge(audit);
    if (err == 0)
        err = audit_links_judge(audit);
    if (err == 0)
        err = audit_dns_judge(audit);
    if (err == 0)
        err = audit_attacks_judge(audit);
    if (err == 0)
        err = audit_conduct_judge(audit);
    if (err == 0)
        err = audit_servers_judge(audit);
    return err;
}
