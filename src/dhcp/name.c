/* SPDX-License-Identifier: ISC */
#include "dhcp/name.h"

#include "base/attribute.h"

/* The name that a table has at a number; NULL: none. */
#define NAME_AT(table, number) ((number) < ARRAY_SIZE(table) ? (table)[number] : NULL)

const char *dhcp_type_name(uint8_t type)
{
    static const char *const names[] = {
        NULL,
        "DISCOVER", /* RFC 2132 §9.6 */
        "OFFER",
        "REQUEST",
        "DECLINE",
        "ACK",
        "NAK",
        "RELEASE",
        "INFORM",
        "FORCERENEW", /* RFC 3203 §4 */
        "LEASEQUERY", /* RFC 4388 §6.1 */
        "LEASEUNASSIGNED",
        "LEASEUNKNOWN",
        "LEASEACTIVE",
        "BULKLEASEQUERY", /* RFC 6926 §6.2.1 */
        "LEASEQUERYDONE",
        "ACTIVELEASEQUERY", /* RFC 7724 §5.2.1 */
        "LEASEQUERYSTATUS",
        "TLS",
    };
    return NAME_AT(names, type);
}

const char *dhcp_relay_name(uint8_t sub)
{
    static const char *const names[] = {
        [1] = "circuit-id", /* RFC 3046 §3.1 */
        [2] = "remote-id",
        [4] = "docsis-device-class",         /* RFC 3256 */
        [5] = "link-selection",              /* RFC 3527 */
        [6] = "subscriber-id",               /* RFC 3993 */
        [7] = "radius-attributes",           /* RFC 4014 */
        [8] = "authentication",              /* RFC 4030 */
        [9] = "vendor-specific",             /* RFC 4243 */
        [10] = "relay-agent-flags",          /* RFC 5010 */
        [11] = "server-identifier-override", /* RFC 5107 */
        [12] = "relay-agent-identifier",     /* RFC 6925 */
        [13] = "access-technology-type",     /* RFC 7839 */
        [14] = "access-network-name",
        [15] = "access-point-name",
        [16] = "access-point-bssid",
        [17] = "operator-identifier",
        [18] = "operator-realm",
        [19] = "relay-source-port",         /* RFC 8357 */
        [151] = "virtual-subnet-selection", /* RFC 6607 */
        [152] = "virtual-subnet-selection-control",
    };
    return NAME_AT(names, sub);
}

/* RFC 4776 §3.4, RFC 5139 §3.1, RFC 6848 §3.1. */
const char *dhcp_civic_name(uint8_t type)
{
    static const char *const names[] = {
        [0] = "language",
        [1] = "state",
        [2] = "county",
        [3] = "city",
        [4] = "city-division",
        [5] = "neighborhood",
        [6] = "street-group",
        [16] = "leading-street-direction",
        [17] = "trailing-street-suffix",
        [18] = "street-suffix",
        [19] = "house-number",
        [20] = "house-number-suffix",
        [21] = "landmark",
        [22] = "additional-location",
        [23] = "name",
        [24] = "postal-code",
        [25] = "building",
        [26] = "unit",
        [27] = "floor",
        [28] = "room",
        [29] = "place-type",
        [30] = "postal-community",
        [31] = "po-box",
        [32] = "additional-code",
        [33] = "seat",
        [34] = "road",
        [35] = "road-section",
        [36] = "road-branch",
        [37] = "road-sub-branch",
        [38] = "street-name-pre-modifier",
        [39] = "street-name-post-modifier",
        [40] = "extension",
        [128] = "script",
    };
    return NAME_AT(names, type);
}

/* IANA, "Processor Architecture Types" (RFC 5970 §3.3). RFC 4578 §2.1 has 7 and 9 the other way round:
 * its erratum 4625 and all firmware say what stands here. */
const char *dhcp_architecture_name(uint16_t it)
{
    static const char *const names[] = {
        "x86 BIOS",
        "NEC/PC98",
        "Itanium",
        "DEC Alpha",
        "Arc x86",
        "Intel Lean Client",
        "x86 UEFI",
        "x64 UEFI",
        "EFI Xscale",
        "EBC",
        "ARM 32-bit UEFI",
        "ARM 64-bit UEFI",
        "PowerPC Open Firmware",
        "PowerPC ePAPR",
        "POWER OPAL v3",
        "x86 UEFI boot from HTTP",
        "x64 UEFI boot from HTTP",
        "EBC boot from HTTP",
        "ARM 32-bit UEFI boot from HTTP",
        "ARM 64-bit UEFI boot from HTTP",
        "PC/AT BIOS boot from HTTP",
        "ARM 32-bit U-Boot",
        "ARM 64-bit U-Boot",
        "ARM 32-bit U-Boot boot from HTTP",
        "ARM 64-bit U-Boot boot from HTTP",
        "RISC-V 32-bit UEFI",
        "RISC-V 32-bit UEFI boot from HTTP",
        "RISC-V 64-bit UEFI",
        "RISC-V 64-bit UEFI boot from HTTP",
        "RISC-V 128-bit UEFI",
        "RISC-V 128-bit UEFI boot from HTTP",
        "s390 Basic",
        "s390 Extended",
        "MIPS 32-bit UEFI",
        "MIPS 64-bit UEFI",
        "Sunway 32-bit UEFI",
        "Sunway 64-bit UEFI",
        "LoongArch 32-bit UEFI",
        "LoongArch 32-bit UEFI boot from HTTP",
        "LoongArch 64-bit UEFI",
        "LoongArch 64-bit UEFI boot from HTTP",
        "ARM rpiboot",
    };
    return NAME_AT(names, it);
}

/* RFC 6926 §6.2.2, RFC 7724 §5.2.2. */
const char *dhcp_status_name(uint8_t code)
{
    static const char *const names[] = {
        "Success",     "UnspecFail",       "QueryTerminated", "MalformedQuery",       "NotAllowed",
        "DataMissing", "ConnectionActive", "CatchUpComplete", "TLSConnectionRefused",
    };
    return NAME_AT(names, code);
}

/* RFC 6926 §6.2.7. */
const char *dhcp_state_name(uint8_t state)
{
    static const char *const names[] = {
        NULL,        "AVAILABLE", "ACTIVE", "EXPIRED",       "RELEASED",
        "ABANDONED", "RESET",     "REMOTE", "TRANSITIONING",
    };
    return NAME_AT(names, state);
}

/* IANA, "Hardware Types" of the address resolution protocol. */
const char *dhcp_hardware_name(uint8_t htype)
{
    static const char *const names[] = {
        NULL,
        "Ethernet",
        "Experimental Ethernet",
        "AX.25",
        "ProNET Token Ring",
        "Chaos",
        "IEEE 802",
        "ARCNET",
        "Hyperchannel",
        "Lanstar",
        "Autonet Short Address",
        "LocalTalk",
        "LocalNet",
        "Ultra link",
        "SMDS",
        "Frame Relay",
        "ATM",
        "HDLC",
        "Fibre Channel",
        "ATM",
        "Serial Line",
        "ATM",
        "MIL-STD-188-220",
        "Metricom",
        "IEEE 1394",
        "MAPOS",
        "Twinaxial",
        "EUI-64",
        "HIPARP",
        "ISO 7816-3",
        "ARPSec",
        "IPsec tunnel",
        "InfiniBand",
        "CAI",
        "Wiegand",
        "Pure IP",
        "HW_EXP1",
        "HFI",
        "Unified Bus",
    };
    return NAME_AT(names, htype);
}
