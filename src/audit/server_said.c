/* SPDX-License-Identifier: ISC */
#include "audit/server_said.h"

#include <errno.h>
#include <string.h>

#include "audit/server_given.h"
#include "dhcp/text.h"

enum { TEXT_MAX = 1024 };

/* Without these no client could work, or they answer what the client sent itself: the type, the lease and its
 * times, the server, the mask, what is overloaded, a message for people, the client identifier (RFC 6842), the name
 * (RFC 4702 §4), relay agent information (judged for itself). */
static const uint8_t always[] = { 1, 51, 52, 53, 54, 56, 58, 59, 61, 80, 81, 82, 145 };

static bool asked_for(const struct audit_client *client, uint8_t code)
{
    const struct audit_trait *t = audit_trait_first(client, ID_PARAMETER_LIST);
    for (; t; t = audit_trait_next(t))
        if (t->value->octets.n > 0 && memchr(t->value->octets.p, code, t->value->octets.n))
            return true;
    return false;
}

static int text_of(struct audit *audit, const struct dhcp_option *option, struct slice *out)
{
    CLEANUP(buf_clear) struct buf text;
    buf_init(&text, TEXT_MAX);
    dhcp_option_text(&text, option->code, option->value);
    return audit_keep(audit, buf_slice(&text), out) ? 0 : -ENOMEM;
}

static int say_unasked(struct audit *audit, const struct audit_message *m,
                       const struct dhcp_option *option, struct audit_server *server)
{
    struct audit_evidence e = {
        .place = audit_place_of(m, option),
        .what = "tells a client what it had not asked for",
        .value = { ID_KIND_COUNT, slice_of_str(dhcp_option_name(option->code)) },
    };
    return audit_evidence_add(audit, &server->volunteered, &e);
}

int server_said_unasked(struct audit *audit, const struct audit_client *client,
                        const struct audit_message *m, struct audit_server *server)
{
    if (m->packet->type != DHCP_OFFER && m->packet->type != DHCP_ACK)
        return 0;
    uint8_t *told = server->seen->told;
    for (size_t i = 0; i < m->packet->options_n; i++) {
        const struct dhcp_option *option = &m->packet->options[i];
        uint8_t bit = (uint8_t)(1 << option->code % 8);
        if (told[option->code / 8] & bit || memchr(always, option->code, sizeof(always)) ||
            asked_for(client, option->code))
            continue;
        told[option->code / 8] |= bit;
        int rc = say_unasked(audit, m, option, server);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static int say_relay_information(struct audit *audit, const struct audit_message *m,
                                 const char *what, struct audit_findings *to)
{
    const struct dhcp_option *option = dhcp_packet_option(m->packet, DHCP_O_RELAY_AGENT);
    if (!option || to->n == AUDIT_EVIDENCE_MAX)
        return 0;
    struct audit_evidence e = {
        .place = audit_place_of(m, option),
        .what = what,
        .value = { .kind = ID_RELAY_INFORMATION },
    };
    int rc = text_of(audit, option, &e.value.text);
    return rc == 0 ? audit_evidence_add(audit, to, &e) : rc;
}

int server_said_to_client(struct audit *audit, const struct audit_message *m,
                          struct audit_findings *to)
{
    return say_relay_information(audit, m, "relay agent information (82) goes on to the client",
                                 to);
}

int server_said_by_relay(struct audit *audit, const struct audit_message *m,
                         struct audit_findings *to)
{
    return say_relay_information(audit, m, "relay agent information (82) is added", to);
}
