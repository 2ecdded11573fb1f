/* SPDX-License-Identifier: ISC
 *
 * dhcp/name: the names that people know: IANA's of options and sub-options, of message types and
 * the rest. Pure; texts are static.
 */
#pragma once

#include "base/buf.h"

/* IANA's "Name" of a DHCPv4 option ("Hostname", "DHCP Msg Type", "Unassigned"). Never NULL. */
const char *dhcp_option_name(uint8_t code);
/* What is said of an option that overruns its field, and of one with a length that it cannot have. */
const char *dhcp_option_misfit(uint8_t code);
const char *dhcp_option_wrong_length(uint8_t code);
/* The numbers of options that the rules name, so that code reads as the RFCs do. */
enum dhcp_option_code {
    DHCP_O_SUBNET_MASK = 1,
    DHCP_O_HOST_NAME = 12,
    DHCP_O_VENDOR_SPECIFIC = 43,
    DHCP_O_REQUESTED_ADDRESS = 50,
    DHCP_O_LEASE_TIME = 51,
    DHCP_O_OVERLOAD = 52,
    DHCP_O_TYPE = 53,
    DHCP_O_SERVER_ID = 54,
    DHCP_O_PARAMETER_LIST = 55,
    DHCP_O_MAX_SIZE = 57,
    DHCP_O_VENDOR_CLASS = 60,
    DHCP_O_CLIENT_ID = 61,
    DHCP_O_USER_CLASS = 77,
    DHCP_O_RAPID_COMMIT = 80,
    DHCP_O_FQDN = 81,
    DHCP_O_RELAY_AGENT = 82,
    DHCP_O_LAST_TRANSACTION = 91,
    DHCP_O_ASSOCIATED_IP = 92,
    DHCP_O_CLIENT_ARCHITECTURE = 93,
    DHCP_O_CLIENT_INTERFACE = 94,
    DHCP_O_CLIENT_UUID = 97,
    DHCP_O_CIVIC = 99,
    DHCP_O_GEOCONF = 123,
    DHCP_O_VI_CLASS = 124,
    DHCP_O_VI_INFORMATION = 125,
    DHCP_O_GEOLOC = 144,
    DHCP_O_STATUS = 151,
    DHCP_O_BASE_TIME = 152,
    DHCP_O_START_OF_STATE = 153,
    DHCP_O_QUERY_START = 154,
    DHCP_O_QUERY_END = 155,
    DHCP_O_STATE = 156,
    DHCP_O_DATA_SOURCE = 157,
    DHCP_O_MUD_URL = 161,
};
/* "DISCOVER", "LEASEQUERY"; NULL when the number has none. */
const char *dhcp_type_name(uint8_t type);
const char *dhcp_relay_name(uint8_t sub);        /* of option 82: "circuit-id"; NULL: none */
const char *dhcp_civic_name(uint8_t type);       /* RFC 4776 §3.4: "house-number"; NULL: none */
const char *dhcp_architecture_name(uint16_t it); /* RFC 4578, IANA: "EFI x86-64"; NULL: none */
const char *dhcp_status_name(uint8_t code);      /* 151 */
const char *dhcp_state_name(uint8_t state);      /* 156: "ACTIVE" */
const char *dhcp_hardware_name(uint8_t htype);   /* "Ethernet"; NULL: none */
/* "192.0.2.1". Returns out, NUL-terminated. */
const char *dhcp_address_text(uint32_t address, char out[16]);
/* "aa:bb:cc": lower case, colons; "" for none. */
void dhcp_colon_text(struct buf *out, struct slice octets);
