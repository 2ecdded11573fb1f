/* SPDX-License-Identifier: ISC
 *
 * RFC 7819 §3.9: Relay Agent Information (RFC 3046), sub-option by sub-option.
 */
#include "audit/trait_see.h"

#include "dhcp/relay.h"

enum identifier_kind audit_relay_kind(uint8_t sub)
{
    switch (sub) {
    case DHCP_RELAY_CIRCUIT_ID: return ID_CIRCUIT_ID;
    case DHCP_RELAY_REMOTE_ID: return ID_REMOTE_ID;
    case DHCP_RELAY_LINK_SELECTION: return ID_LINK_SELECTION;
    case DHCP_RELAY_SUBSCRIBER_ID: return ID_SUBSCRIBER_ID;
    default: return ID_RELAY_INFORMATION;
    }
}

/* RFC 3046 §2.2: the relay agent takes 82 out before the client gets the answer. An answer on its way to the
 * relay agent goes to giaddr, port 67. */
static bool reaches_client(const struct audit_message *message)
{
    return message->sender == AUDIT_FROM_SERVER &&
           (message->packet->giaddr == 0 || message->captured->destination_port == 68);
}

int audit_see_relay(const struct audit_seen *seen, const struct dhcp_option *option)
{
    struct audit_seen by = *seen;
    struct dhcp_sub sub;
    struct fault why;
    size_t at = 0;
    int err = 0;
    if (seen->by != AUDIT_BY_LEASEQUERY)
        by.by = AUDIT_BY_RELAY;
    by.to_client = reaches_client(seen->message);
    while (err == 0 && dhcp_sub_next(option->value, &at, &sub, &why) == 1) {
        enum identifier_kind kind = audit_relay_kind(sub.code);
        struct slice octets = sub.value;
        if (kind == ID_RELAY_INFORMATION)
            octets = slice_first(slice_from(option->value, sub.at), sub.value.n + 2);
        size_t offset = dhcp_option_offset(seen->message->packet, option, sub.at);
        err = audit_trait_note(&by, kind, octets,
                               audit_place_at(seen->message, offset, sub.value.n + 2));
    }
    return err;
}
