/* SPDX-License-Identifier: ISC */
#include "audit/conduct_internal.h"

/* clang-format off */
static const struct audit_rule rules[AUDIT_RULES] = {
    { "A1", "The order of options is random, or else ascending", "RFC 7844 §3.1", AUDIT_SHOULD },
    { "A2", "DISCOVER and REQUEST have the message type, client identifier and parameter list, and "
            "no more than A3 demands", "RFC 7844 §3", AUDIT_SHOULD },
    { "A3", "A REQUEST that answers an OFFER has server identifier and requested address, one that "
            "renews has neither", "RFC 7844 §3", AUDIT_MUST },
    { "A4", "DECLINE has server identifier and requested address, RELEASE the server identifier",
      "RFC 7844 §3", AUDIT_MUST },
    { "A5", "INFORM has the message type, client identifier and parameter list, and no more",
      "RFC 7844 §3", AUDIT_SHOULD },
    { "A6", "The client address was not obtained with another hardware address", "RFC 7844 §3.2", AUDIT_MUST },
    { "A7", "No requested address in DISCOVER, and INIT-REBOOT only for the same network and "
            "hardware address", "RFC 7844 §3.3", AUDIT_SHOULD },
    { "A8", "The client hardware address is the one in use, and random", "RFC 7844 §3.4", AUDIT_SHOULD },
    { "A9", "The client identifier is made from the hardware address in use alone", "RFC 7844 §3.5", AUDIT_MUST },
    { "A10", "The parameter list is short, and its order random or else ascending", "RFC 7844 §3.6", AUDIT_SHOULD },
    { "A11", "No host name, or one that is made from the hardware address", "RFC 7844 §3.7", AUDIT_SHOULD },
    { "A12", "No client FQDN, or one with the name of A11", "RFC 7844 §3.8", AUDIT_SHOULD },
    { "A13", "No PXE options on untrusted networks", "RFC 7844 §3.9", AUDIT_MUST },
    { "A14", "No vendor class, user class or vendor-specific information", "RFC 7844 §3.10", AUDIT_SHOULD },
    { "A15", "None of the other options that tell clients apart: 51, 57, 80, 116, 145, 161",
      "RFC 7844 §3", AUDIT_SHOULD },
    { "A16", "Transaction numbers, secs, flags, TTL and IP identification tell the system",
      "RFC 7819 §5.2", AUDIT_NOTE },
};
/* clang-format on */

const struct audit_rule *audit_rule(size_t i)
{
    return i < AUDIT_RULES ? &rules[i] : NULL;
}

const char *audit_level_text(enum audit_level level)
{
    static const char *const texts[] = {
        [AUDIT_MUST] = "MUST",
        [AUDIT_SHOULD] = "SHOULD",
        [AUDIT_MAY] = "MAY",
        [AUDIT_NOTE] = "note",
    };
    return texts[level];
}

const char *audit_conformance_text(enum audit_conformance c)
{
    static const char *const texts[] = {
        [AUDIT_CANNOT_TELL] = "cannot tell",
        [AUDIT_CONFORMS] = "conforms",
        [AUDIT_VIOLATES] = "violates",
    };
    return texts[c];
}

static const struct {
    enum conduct_rule rule;
    const char *text;
} whats[CONDUCT_WHATS] = {
    /* clang-format off */
    [SAME_ORDER] = { A1_OPTION_ORDER, "options in the same order, not ascending, as in an earlier exchange" },
    [STRAY_JUDGED] = { A2_NOTHING_ELSE, "an option beyond the profile, which A7 or A11 to A15 judge" },
    [STRAY_OTHER] = { A2_NOTHING_ELSE, "an option beyond the profile, which no other rule judges" },
    [SELECTING_WITHOUT_SERVER] = { A3_REQUEST, "a REQUEST that answers an OFFER without the server identifier" },
    [SELECTING_WITHOUT_ADDRESS] = { A3_REQUEST, "a REQUEST that answers an OFFER without the requested address" },
    [RENEWING_WITH_SERVER] = { A3_REQUEST, "a REQUEST that renews with a server identifier" },
    [RENEWING_WITH_ADDRESS] = { A3_REQUEST, "a REQUEST that renews with a requested address" },
    [LEAVING_WITHOUT_SERVER] = { A4_DECLINE_RELEASE, "a DECLINE or RELEASE without the server identifier" },
    [DECLINE_WITHOUT_ADDRESS] = { A4_DECLINE_RELEASE, "a DECLINE without the requested address" },
    [INFORM_STRAY] = { A5_INFORM, "an INFORM with an option beyond the profile" },
    [ADDRESS_OF_ANOTHER] = { A6_CLIENT_ADDRESS, "a client address that another hardware address holds" },
    [ADDRESS_OF_ITS_OTHER_SELF] = { A6_CLIENT_ADDRESS, "a client address that the device got with another hardware address" },
    [REQUESTED_IN_DISCOVER] = { A7_REQUESTED_ADDRESS, "a requested address in a DISCOVER" },
    [INIT_REBOOT] = { A7_REQUESTED_ADDRESS, "an INIT-REBOOT for an address that this network was not seen to give it" },
    [HARDWARE_NOT_IN_USE] = { A8_HARDWARE_ADDRESS, "a hardware address other than the one the frame came from" },
    [HARDWARE_UNIVERSAL] = { A8_HARDWARE_ADDRESS, "a hardware address from its maker, not a random one" },
    [ID_OTHER_HARDWARE] = { A9_CLIENT_ID, "a client identifier with another hardware address" },
    [ID_DUID_LLT] = { A9_CLIENT_ID, "a DUID-LLT as client identifier: the first hardware address and the time of the first start" },
    [ID_DUID_LL_OTHER] = { A9_CLIENT_ID, "a DUID-LL of another hardware address as client identifier" },
    [ID_DUID_EN] = { A9_CLIENT_ID, "a DUID-EN as client identifier: it stays when the hardware address changes" },
    [ID_DUID_UUID] = { A9_CLIENT_ID, "a DUID-UUID as client identifier: it stays when the hardware address changes" },
    [LIST_SAME_ORDER] = { A10_PARAMETER_LIST, "a parameter list in the same order, not ascending, as in an earlier exchange" },
    [LIST_LONG] = { A10_PARAMETER_LIST, "a parameter list of more than 16 codes" },
    [NAME_SENT] = { A11_HOST_NAME, "a host name" },
    [NAME_SHARED] = { A11_HOST_NAME, "a host name that another hardware address has, too" },
    [FQDN_SENT] = { A12_FQDN, "a client FQDN" },
    [PXE_ARCHITECTURE] = { A13_PXE, "the client architecture, 93" },
    [PXE_INTERFACE] = { A13_PXE, "the client network interface, 94" },
    [PXE_UUID] = { A13_PXE, "the machine's UUID, 97" },
    [PXE_CLASS] = { A13_PXE, "the vendor class of PXE or HTTP boot" },
    [VENDOR_INFORMATION] = { A14_CLASSES, "vendor-specific information, 43" },
    [VENDOR_CLASS] = { A14_CLASSES, "a vendor class, 60" },
    [USER_CLASS] = { A14_CLASSES, "a user class, 77" },
    [VI_CLASS] = { A14_CLASSES, "a vendor-identifying vendor class, 124" },
    [VI_INFORMATION] = { A14_CLASSES, "vendor-identifying vendor-specific information, 125" },
    [LEASE_TIME_ASKED] = { A15_OTHER_OPTIONS, "a lease time, 51" },
    [MAX_SIZE_SENT] = { A15_OTHER_OPTIONS, "a maximum message size, 57" },
    [RAPID_COMMIT_SENT] = { A15_OTHER_OPTIONS, "rapid commit, 80" },
    [AUTO_CONFIGURE_SENT] = { A15_OTHER_OPTIONS, "auto-configure, 116" },
    [NONCE_SENT] = { A15_OTHER_OPTIONS, "FORCERENEW nonce capability, 145" },
    [MUD_URL_SENT] = { A15_OTHER_OPTIONS, "a MUD URL, 161" },
    /* clang-format on */
};

const char *conduct_what_text(enum conduct_what what)
{
    return whats[what].text;
}

enum conduct_rule conduct_what_rule(enum conduct_what what)
{
    return whats[what].rule;
}
