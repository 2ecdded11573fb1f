/* SPDX-License-Identifier: ISC
 *
 * audit/message: one DHCP message as every part of an audit sees it, and who sent it. Valid for one call.
 */
#pragma once

#include "audit/evidence.h"
#include "capture/capture.h"
#include "dhcp/name.h"
#include "dhcp/packet.h"

enum audit_sender {
    AUDIT_FROM_CLIENT, /* a client, perhaps through a relay agent (giaddr) */
    AUDIT_FROM_SERVER,
    AUDIT_FROM_REQUESTOR, /* a leasequery of any kind (RFC 4388, 6926, 7724) */
    AUDIT_TO_REQUESTOR,   /* its answer */
};

struct audit_message {
    const struct capture_message *captured;
    const struct dhcp_packet *packet;
    int64_t time_us; /* AUDIT_NO_TIME */
    uint32_t file;
    uint32_t
        network; /* index of audit.networks: where it was sent, or what its relay agent serves */
    enum audit_sender sender;
    uint32_t server_id; /* 54; 0: none */
};

/* By op, type and ports. */
enum audit_sender audit_message_sender(const struct dhcp_packet *packet);
/* The octets of an option, its code and length included. */
struct audit_place audit_place_of(const struct audit_message *message,
                                  const struct dhcp_option *option);
/* Octets of the message by offset. */
struct audit_place audit_place_at(const struct audit_message *message, size_t at, size_t n);
