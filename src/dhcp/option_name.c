/* SPDX-License-Identifier: ISC */
#include "dhcp/name.h"

/* IANA, "BOOTP Vendor Extensions and DHCP Options": the column "Name". Where a number is registered
 * more than once (128 to 135, 150, 177), the first. */
#define OPTION(code, name)                                       \
    [code] = { name, "option " #code " (" name ") does not fit", \
               "option " #code " (" name ") is not as long as its definition says" },
#define NONE(code)    OPTION(code, "Unassigned")
#define REMOVED(code) OPTION(code, "REMOVED/Unassigned")
#define PXE(code)     OPTION(code, "PXE - undefined (vendor specific)")
#define PRIVATE(code) OPTION(code, "Reserved (Private Use)")

/* clang-format off */
static const struct {
    const char *name, *misfit, *length;
} options[256] = {
    OPTION(0, "Pad") OPTION(1, "Subnet Mask") OPTION(2, "Time Offset") OPTION(3, "Router")
    OPTION(4, "Time Server") OPTION(5, "Name Server") OPTION(6, "Domain Server")
    OPTION(7, "Log Server") OPTION(8, "Quotes Server") OPTION(9, "LPR Server")
    OPTION(10, "Impress Server") OPTION(11, "RLP Server") OPTION(12, "Hostname")
    OPTION(13, "Boot File Size") OPTION(14, "Merit Dump File") OPTION(15, "Domain Name")
    OPTION(16, "Swap Server") OPTION(17, "Root Path") OPTION(18, "Extension File")
    OPTION(19, "Forward On/Off") OPTION(20, "SrcRte On/Off") OPTION(21, "Policy Filter")
    OPTION(22, "Max DG Assembly") OPTION(23, "Default IP TTL") OPTION(24, "MTU Timeout")
    OPTION(25, "MTU Plateau") OPTION(26, "MTU Interface") OPTION(27, "MTU Subnet")
    OPTION(28, "Broadcast Address") OPTION(29, "Mask Discovery") OPTION(30, "Mask Supplier")
    OPTION(31, "Router Discovery") OPTION(32, "Router Request") OPTION(33, "Static Route")
    OPTION(34, "Trailers") OPTION(35, "ARP Timeout") OPTION(36, "Ethernet")
    OPTION(37, "Default TCP TTL") OPTION(38, "Keepalive Time") OPTION(39, "Keepalive Data")
    OPTION(40, "NIS Domain") OPTION(41, "NIS Servers") OPTION(42, "NTP Servers")
    OPTION(43, "Vendor Specific") OPTION(44, "NETBIOS Name Srv") OPTION(45, "NETBIOS Dist Srv")
    OPTION(46, "NETBIOS Node Type") OPTION(47, "NETBIOS Scope") OPTION(48, "X Window Font")
    OPTION(49, "X Window Manager") OPTION(50, "Address Request") OPTION(51, "Address Time")
    OPTION(52, "Overload") OPTION(53, "DHCP Msg Type") OPTION(54, "DHCP Server Id")
    OPTION(55, "Parameter List") OPTION(56, "DHCP Message") OPTION(57, "DHCP Max Msg Size")
    OPTION(58, "Renewal Time") OPTION(59, "Rebinding Time") OPTION(60, "Class Id")
    OPTION(61, "Client Id") OPTION(62, "NetWare/IP Domain") OPTION(63, "NetWare/IP Option")
    OPTION(64, "NIS-Domain-Name") OPTION(65, "NIS-Server-Addr") OPTION(66, "Server-Name")
    OPTION(67, "Bootfile-Name") OPTION(68, "Home-Agent-Addrs") OPTION(69, "SMTP-Server")
    OPTION(70, "POP3-Server") OPTION(71, "NNTP-Server") OPTION(72, "WWW-Server")
    OPTION(73, "Finger-Server") OPTION(74, "IRC-Server") OPTION(75, "StreetTalk-Server")
    OPTION(76, "STDA-Server") OPTION(77, "User-Class") OPTION(78, "Directory Agent")
    OPTION(79, "Service Scope") OPTION(80, "Rapid Commit") OPTION(81, "Client FQDN")
    OPTION(82, "Relay Agent Information") OPTION(83, "iSNS") REMOVED(84) OPTION(85, "NDS Servers")
    OPTION(86, "NDS Tree Name") OPTION(87, "NDS Context")
    OPTION(88, "BCMCS Controller Domain Name list")
    OPTION(89, "BCMCS Controller IPv4 address option") OPTION(90, "Authentication")
    OPTION(91, "client-last-transaction-time option") OPTION(92, "associated-ip option")
    OPTION(93, "Client System") OPTION(94, "Client NDI") OPTION(95, "LDAP") REMOVED(96)
    OPTION(97, "UUID/GUID") OPTION(98, "User-Auth") OPTION(99, "GEOCONF_CIVIC")
    OPTION(100, "PCode") OPTION(101, "TCode") REMOVED(102) REMOVED(103) REMOVED(104) REMOVED(105)
    REMOVED(106) REMOVED(107) OPTION(108, "IPv6-Only Preferred")
    OPTION(109, "OPTION_DHCP4O6_S46_SADDR") REMOVED(110) NONE(111) OPTION(112, "Netinfo Address")
    OPTION(113, "Netinfo Tag") OPTION(114, "DHCP Captive-Portal") REMOVED(115)
    OPTION(116, "Auto-Config") OPTION(117, "Name Service Search")
    OPTION(118, "Subnet Selection Option") OPTION(119, "Domain Search")
    OPTION(120, "SIP Servers DHCP Option") OPTION(121, "Classless Static Route Option")
    OPTION(122, "CCC") OPTION(123, "GeoConf Option") OPTION(124, "V-I Vendor Class")
    OPTION(125, "V-I Vendor-Specific Information") OPTION(126, "Removed/Unassigned")
    OPTION(127, "Removed/Unassigned") PXE(128) PXE(129) PXE(130) PXE(131) PXE(132) PXE(133)
    PXE(134) PXE(135) OPTION(136, "OPTION_PANA_AGENT") OPTION(137, "OPTION_V4_LOST")
    OPTION(138, "OPTION_CAPWAP_AC_V4") OPTION(139, "OPTION-IPv4_Address-MoS")
    OPTION(140, "OPTION-IPv4_FQDN-MoS") OPTION(141, "SIP UA Configuration Service Domains")
    OPTION(142, "OPTION-IPv4_Address-ANDSF") OPTION(143, "OPTION_V4_SZTP_REDIRECT")
    OPTION(144, "GeoLoc") OPTION(145, "FORCERENEW_NONCE_CAPABLE") OPTION(146, "RDNSS Selection")
    OPTION(147, "OPTION_V4_DOTS_RI") OPTION(148, "OPTION_V4_DOTS_ADDRESS") NONE(149)
    OPTION(150, "TFTP server address") OPTION(151, "status-code") OPTION(152, "base-time")
    OPTION(153, "start-time-of-state") OPTION(154, "query-start-time")
    OPTION(155, "query-end-time") OPTION(156, "dhcp-state") OPTION(157, "data-source")
    OPTION(158, "OPTION_V4_PCP_SERVER") OPTION(159, "OPTION_V4_PORTPARAMS") NONE(160)
    OPTION(161, "OPTION_MUD_URL_V4") OPTION(162, "OPTION_V4_DNR") NONE(163) NONE(164) NONE(165)
    NONE(166) NONE(167) NONE(168) NONE(169) NONE(170) NONE(171) NONE(172) NONE(173) NONE(174)
    OPTION(175, "Etherboot (Tentatively Assigned - 2005-06-23)")
    OPTION(176, "IP Telephone (Tentatively Assigned - 2005-06-23)")
    OPTION(177, "Etherboot (Tentatively Assigned - 2005-06-23)") NONE(178) NONE(179) NONE(180)
    NONE(181) NONE(182) NONE(183) NONE(184) NONE(185) NONE(186) NONE(187) NONE(188) NONE(189)
    NONE(190) NONE(191) NONE(192) NONE(193) NONE(194) NONE(195) NONE(196) NONE(197) NONE(198)
    NONE(199) NONE(200) NONE(201) NONE(202) NONE(203) NONE(204) NONE(205) NONE(206) NONE(207)
    OPTION(208, "PXELINUX Magic") OPTION(209, "Configuration File") OPTION(210, "Path Prefix")
    OPTION(211, "Reboot Time") OPTION(212, "OPTION_6RD") OPTION(213, "OPTION_V4_ACCESS_DOMAIN")
    NONE(214) NONE(215) NONE(216) NONE(217) NONE(218) NONE(219)
    OPTION(220, "Subnet Allocation Option") OPTION(221, "Virtual Subnet Selection (VSS) Option")
    NONE(222) NONE(223) PRIVATE(224) PRIVATE(225) PRIVATE(226) PRIVATE(227) PRIVATE(228)
    PRIVATE(229) PRIVATE(230) PRIVATE(231) PRIVATE(232) PRIVATE(233) PRIVATE(234) PRIVATE(235)
    PRIVATE(236) PRIVATE(237) PRIVATE(238) PRIVATE(239) PRIVATE(240) PRIVATE(241) PRIVATE(242)
    PRIVATE(243) PRIVATE(244) PRIVATE(245) PRIVATE(246) PRIVATE(247) PRIVATE(248) PRIVATE(249)
    PRIVATE(250) PRIVATE(251) PRIVATE(252) PRIVATE(253) PRIVATE(254) OPTION(255, "End")
};
/* clang-format on */

const char *dhcp_option_name(uint8_t code)
{
    return options[code].name;
}

const char *dhcp_option_misfit(uint8_t code)
{
    return options[code].misfit;
}

const char *dhcp_option_wrong_length(uint8_t code)
{
    return options[code].length;
}
