/* SPDX-License-Identifier: ISC */
#include "audit/message.h"

/* RFC 4388 §6.2, RFC 6926 §6.2, RFC 7724 §5: the leasequery family is known by its types alone. */
static bool leasequery_type(const struct dhcp_packet *packet, enum audit_sender *out)
{
    switch (packet->type) {
    case DHCP_LEASEQUERY:
    case DHCP_BULKLEASEQUERY:
    case DHCP_ACTIVELEASEQUERY: *out = AUDIT_FROM_REQUESTOR; return true;
    case DHCP_LEASEUNASSIGNED:
    case DHCP_LEASEUNKNOWN:
    case DHCP_LEASEACTIVE:
    case DHCP_LEASEQUERYDONE:
    case DHCP_LEASEQUERYSTATUS: *out = AUDIT_TO_REQUESTOR; return true;
    case DHCP_TLS: /* RFC 7724 §5.1: both sides send it */
        *out = packet->op == DHCP_BOOTREPLY ? AUDIT_TO_REQUESTOR : AUDIT_FROM_REQUESTOR;
        return true;
    default: return false;
    }
}

enum audit_sender audit_message_sender(const struct dhcp_packet *packet)
{
    enum audit_sender sender;
    if (leasequery_type(packet, &sender))
        return sender;
    return packet->op == DHCP_BOOTREPLY ? AUDIT_FROM_SERVER : AUDIT_FROM_CLIENT;
}

struct audit_place audit_place_at(const struct audit_message *message, size_t at, size_t n)
{
    return (struct audit_place){ .file = message->file,
                                 .at = (uint16_t)(at < UINT16_MAX ? at : UINT16_MAX),
                                 .n = (uint16_t)(n < UINT16_MAX ? n : UINT16_MAX),
                                 .frame = message->captured->frame };
}

/* Of an option in several pieces (RFC 3396) it is the first. */
struct audit_place audit_place_of(const struct audit_message *message,
                                  const struct dhcp_option *option)
{
    struct slice whole = message->packet->whole;
    size_t n = option->value.n + 2;
    if (option->pieces > 1 && option->at + 1 < whole.n)
        n = (size_t)whole.p[option->at + 1] + 2;
    return audit_place_at(message, option->at, n);
}
