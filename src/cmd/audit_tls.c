/* SPDX-License-Identifier: ISC */
#include "cmd/audit.h"

enum { SERVER_PORT = 67 };

static bool is_answer(const struct audit_tls_offer *offer, const struct capture_message *message)
{
    return offer->source == message->destination && offer->destination == message->source &&
           offer->source_port == message->destination_port &&
           offer->destination_port == message->source_port;
}

static void remember(struct audit_tls *tls, const struct capture_message *message)
{
    tls->offers[tls->next++ % AUDIT_TLS_WAITING] = (struct audit_tls_offer){
        .source = message->source,
        .destination = message->destination,
        .source_port = message->source_port,
        .destination_port = message->destination_port,
        .stream = message->stream,
    };
}

/* RFC 7724 §8.2.1: a server refuses with TLSConnectionRefused; without a status code the handshake follows. */
static bool refuses(const struct dhcp_packet *packet)
{
    struct slice status = dhcp_packet_value(packet, DHCP_O_STATUS);
    return status.n && status.p[0] != 0;
}

bool audit_tls_see(struct audit_tls *tls, struct capture *capture,
                   const struct capture_message *message, const struct dhcp_packet *packet)
{
    if (message->kind != CAPTURE_TCP || packet->type != DHCP_TLS)
        return false;
    if (packet->op == DHCP_BOOTREQUEST) {
        remember(tls, message);
        return false;
    }
    if (refuses(packet))
        return false;
    bool server = message->source_port == SERVER_PORT;
    for (size_t i = 0; i < AUDIT_TLS_WAITING; i++)
        if (is_answer(&tls->offers[i], message)) {
            capture_stream_end(capture, tls->offers[i].stream);
            server = true;
        }
    if (!server) /* what calls itself an answer hides nothing */
        return false;
    capture_stream_end(capture, message->stream);
    return true;
}
