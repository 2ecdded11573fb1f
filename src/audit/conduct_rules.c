/* SPDX-License-Identifier: ISC
 *
 * RFC 7844 §3, rule by rule, over one message of a client's own: what messages are made of (A1 to A5, A7, A10, A13 to
 * A15). Who the client is (A6, A8, A9, A11, A12): conduct_rules_identity.c. Option 82 is of relay agents and no
 * client's doing.
 */
#include <string.h>

#include "audit/conduct_internal.h"

static const struct dhcp_option *option(const struct conduct_view *v, uint8_t code)
{
    return dhcp_packet_option(v->packet, code);
}

/* Of how many equal orders in a row one can no longer be by chance: one in 20, k! orders being as likely. */
static uint8_t repeats_enough(size_t codes)
{
    if (codes <= 2)
        return 5;
    return codes == 3 ? 2 : 1;
}

struct order {
    uint32_t set, order;
    size_t n;
    bool ascending;
    uint8_t last;
};

static void order_add(struct order *o, uint8_t code)
{
    o->ascending = o->n == 0 ? true : o->ascending && code > o->last;
    o->last = code;
    o->set += (code + 1u) * 2654435761u;
    o->order = (o->order ^ code) * 16777619u;
    o->n++;
}

static enum conduct_verdict judge_order(struct conduct_order *before, const struct order *now,
                                        uint32_t xid)
{
    bool again = before->seen && before->xid == xid; /* a retransmission or a relayed copy */
    if (now->n <= 1 || now->ascending)
        return CONDUCT_CONFORMS;
    if (!before->seen || before->set != now->set) {
        *before = (struct conduct_order){ .xid = xid,
                                          .set = now->set,
                                          .order = now->order,
                                          .shuffled = before->shuffled,
                                          .seen = true };
        return before->shuffled ? CONDUCT_CONFORMS : CONDUCT_CANNOT_TELL;
    }
    before->xid = xid;
    if (before->order != now->order)
        before->shuffled = true;
    before->order = now->order;
    if (before->shuffled)
        return CONDUCT_CONFORMS;
    if (!again && before->repeats < UINT8_MAX)
        before->repeats++;
    return before->repeats >= repeats_enough(now->n) ? CONDUCT_VIOLATES : CONDUCT_CANNOT_TELL;
}

/* A1, §3.1: "SHOULD randomize the ordering of options"; "If this can not be implemented MAY order the options by
 * option code number (lowest to highest)". The message type first is left out, as are 50 and 54, which not
 * every message has. */
static enum conduct_verdict option_order(struct conduct_view *v)
{
    struct order now = { .order = 2166136261u };
    for (size_t i = 0; i < v->packet->options_n; i++) {
        uint8_t code = v->packet->options[i].code;
        if (code != DHCP_O_TYPE && code != DHCP_O_REQUESTED_ADDRESS && code != DHCP_O_SERVER_ID &&
            code != DHCP_O_RELAY_AGENT)
            order_add(&now, code);
    }
    enum conduct_verdict verdict = judge_order(&v->conduct->options[v->slot], &now, v->packet->xid);
    return verdict == CONDUCT_VIOLATES ? conduct_violates(v, SAME_ORDER, NULL) : verdict;
}

static bool in_profile(uint8_t code)
{
    return code == DHCP_O_TYPE || code == DHCP_O_CLIENT_ID || code == DHCP_O_PARAMETER_LIST ||
           code == DHCP_O_RELAY_AGENT;
}

static bool judged_elsewhere(uint8_t code)
{
    switch (code) {
    case DHCP_O_REQUESTED_ADDRESS:   /* A7 */
    case DHCP_O_HOST_NAME:           /* A11 */
    case DHCP_O_FQDN:                /* A12 */
    case DHCP_O_CLIENT_ARCHITECTURE: /* A13 */
    case DHCP_O_CLIENT_INTERFACE:
    case DHCP_O_CLIENT_UUID:
    case DHCP_O_VENDOR_SPECIFIC: /* A14 */
    case DHCP_O_VENDOR_CLASS:
    case DHCP_O_USER_CLASS:
    case DHCP_O_VI_CLASS:
    case DHCP_O_VI_INFORMATION:
    case DHCP_O_LEASE_TIME: /* A15 */
    case DHCP_O_MAX_SIZE:
    case DHCP_O_RAPID_COMMIT:
    case 116:
    case 145:
    case DHCP_O_MUD_URL: return true;
    default: return false;
    }
}

/* A2, §3: "MUST contain the Message Type option, MAY contain the Client Identifier option, MAY contain the
 * Parameter Request List option. SHOULD NOT contain any other option", of DISCOVER; of REQUEST the same beside
 * what A3 demands. Facts' A15 is part of it. */
static enum conduct_verdict nothing_else(struct conduct_view *v)
{
    bool request = v->packet->type == DHCP_REQUEST;
    enum conduct_verdict verdict = CONDUCT_CONFORMS;
    if (v->packet->type != DHCP_DISCOVER && !request)
        return CONDUCT_NOT_ABOUT;
    for (size_t i = 0; i < v->packet->options_n; i++) {
        const struct dhcp_option *o = &v->packet->options[i];
        if (in_profile(o->code) ||
            (request && (o->code == DHCP_O_REQUESTED_ADDRESS || o->code == DHCP_O_SERVER_ID)))
            continue;
        verdict = conduct_violates(v, judged_elsewhere(o->code) ? STRAY_JUDGED : STRAY_OTHER, o);
    }
    return verdict;
}

static bool answers_offer(const struct conduct_view *v)
{
    return option(v, DHCP_O_SERVER_ID) ||
           (v->conduct->has_offer && v->conduct->offer_xid == v->packet->xid);
}

/* A3, §3: "If in response to a DHCPOFFER, MUST contain the corresponding Server Identifier option, MUST contain
 * the Requested IP address option. If the message is not in response to a DHCPOFFER (BOUND, RENEW), MAY contain a
 * Requested IP address option"; that RENEWING and REBINDING have neither is RFC 2131 §4.3.2's. The four kinds:
 *   server identifier: SELECTING; client address: RENEWING, REBINDING; requested address alone: INIT-REBOOT. */
static enum conduct_verdict request(struct conduct_view *v)
{
    const struct dhcp_option *server = option(v, DHCP_O_SERVER_ID);
    const struct dhcp_option *address = option(v, DHCP_O_REQUESTED_ADDRESS);
    enum conduct_verdict verdict = CONDUCT_CONFORMS;
    if (v->packet->type != DHCP_REQUEST)
        return CONDUCT_NOT_ABOUT;
    if (v->packet->ciaddr) {
        if (server)
            verdict = conduct_violates(v, RENEWING_WITH_SERVER, server);
        if (address)
            verdict = conduct_violates(v, RENEWING_WITH_ADDRESS, address);
        return verdict;
    }
    if (!answers_offer(v))
        return address ? CONDUCT_CONFORMS : CONDUCT_CANNOT_TELL;
    if (!server)
        verdict = conduct_violates(v, SELECTING_WITHOUT_SERVER, NULL);
    if (!address)
        verdict = conduct_violates(v, SELECTING_WITHOUT_ADDRESS, NULL);
    return verdict;
}

/* A4, §3: DECLINE "MUST contain the Message Type option, MUST contain the Server Identifier option, MUST contain
 * the Requested IP address option"; RELEASE the first two. */
static enum conduct_verdict decline_release(struct conduct_view *v)
{
    enum conduct_verdict verdict = CONDUCT_CONFORMS;
    bool decline = v->packet->type == DHCP_DECLINE;
    if (!decline && v->packet->type != DHCP_RELEASE)
        return CONDUCT_NOT_ABOUT;
    if (!option(v, DHCP_O_SERVER_ID))
        verdict = conduct_violates(v, LEAVING_WITHOUT_SERVER, NULL);
    if (decline && !option(v, DHCP_O_REQUESTED_ADDRESS))
        verdict = conduct_violates(v, DECLINE_WITHOUT_ADDRESS, NULL);
    return verdict;
}

/* A5, §3: INFORM "MUST contain the Message Type option, MAY contain the Client Identifier option, MAY contain the
 * Parameter Request List option. It SHOULD NOT contain any other option". */
static enum conduct_verdict inform(struct conduct_view *v)
{
    if (v->packet->type != DHCP_INFORM)
        return CONDUCT_NOT_ABOUT;
    for (size_t i = 0; i < v->packet->options_n; i++)
        if (!in_profile(v->packet->options[i].code))
            return conduct_violates(v, INFORM_STRAY, &v->packet->options[i]);
    return CONDUCT_CONFORMS;
}

/* A7, §3.3: "SHOULD NOT use the Requested IP address option in DHCPDISCOVER messages"; in INIT-REBOOT "SHOULD
 * perform a complete four-way handshake, starting with a DHCPDISCOVER"; "if the client can ascertain that this is
 * exactly the same network to which it was previously connected, and if the link-layer address did not change, MAY
 * issue a DHCPREQUEST to try to reclaim the current address". */
static enum conduct_verdict requested_address(struct conduct_view *v)
{
    const struct dhcp_option *asked = option(v, DHCP_O_REQUESTED_ADDRESS);
    uint32_t address;
    if (v->packet->type == DHCP_DISCOVER)
        return asked ? conduct_violates(v, REQUESTED_IN_DISCOVER, asked) : CONDUCT_CONFORMS;
    if (v->packet->type != DHCP_REQUEST || v->packet->ciaddr || !asked || answers_offer(v))
        return CONDUCT_NOT_ABOUT;
    if (dhcp_packet_address(v->packet, DHCP_O_REQUESTED_ADDRESS, &address) &&
        conduct_was_given(v->conduct, address, v->message->network))
        return CONDUCT_CONFORMS;
    return conduct_violates(v, INIT_REBOOT, asked);
}

/* A10, §3.6: "SHOULD only request a minimal number of options in the PRL and SHOULD also randomly shuffle the
 * ordering of option codes in the PRL. If this random ordering cannot be implemented, MAY order the option codes in
 * the PRL by option code number (lowest to highest)". */
static enum conduct_verdict parameter_list(struct conduct_view *v)
{
    const struct dhcp_option *list = option(v, DHCP_O_PARAMETER_LIST);
    struct order now = { .order = 2166136261u };
    enum conduct_verdict verdict;
    if (!list)
        return CONDUCT_CONFORMS;
    for (size_t i = 0; i < list->value.n; i++)
        order_add(&now, list->value.p[i]);
    verdict = judge_order(&v->conduct->parameters[v->slot], &now, v->packet->xid);
    if (verdict == CONDUCT_VIOLATES)
        (void)conduct_violates(v, LIST_SAME_ORDER, list); /* verdict says it, too */
    return now.n > CONDUCT_LIST_MINIMAL ? conduct_violates(v, LIST_LONG, list) : verdict;
}

struct unwanted {
    uint8_t code;
    enum conduct_what what;
};

static enum conduct_verdict none_of(struct conduct_view *v, const struct unwanted *list, size_t n)
{
    enum conduct_verdict verdict = CONDUCT_CONFORMS;
    for (size_t i = 0; i < n; i++)
        if (v->packet->index[list[i].code])
            verdict = conduct_violates(v, list[i].what, option(v, list[i].code));
    return verdict;
}

/* A13, §3.9: "Nodes visiting untrusted networks MUST NOT send or use the PXE options". Which networks are trusted
 * no capture tells: a network that is audited for what it learns is taken for one that is not. */
static enum conduct_verdict pxe(struct conduct_view *v)
{
    static const struct unwanted list[] = { { DHCP_O_CLIENT_ARCHITECTURE, PXE_ARCHITECTURE },
                                            { DHCP_O_CLIENT_INTERFACE, PXE_INTERFACE },
                                            { DHCP_O_CLIENT_UUID, PXE_UUID } };
    enum conduct_verdict verdict = none_of(v, list, ARRAY_SIZE(list));
    struct slice class = dhcp_packet_value(v->packet, DHCP_O_VENDOR_CLASS);
    if (slice_starts(class, SLICE("PXEClient")) || slice_starts(class, SLICE("HTTPClient")))
        verdict = conduct_violates(v, PXE_CLASS, option(v, DHCP_O_VENDOR_CLASS));
    return verdict;
}

/* A14, §3.10: "SHOULD NOT use the Vendor-Specific Information option (code 43), the Vendor Class Identifier option
 * (code 60), the V-I Vendor Class option (code 124), or the V-I Vendor-Specific Information option (code 125)";
 * the user class, 77, is in the section's title. */
static enum conduct_verdict classes(struct conduct_view *v)
{
    static const struct unwanted list[] = { { DHCP_O_VENDOR_SPECIFIC, VENDOR_INFORMATION },
                                            { DHCP_O_VENDOR_CLASS, VENDOR_CLASS },
                                            { DHCP_O_USER_CLASS, USER_CLASS },
                                            { DHCP_O_VI_CLASS, VI_CLASS },
                                            { DHCP_O_VI_INFORMATION, VI_INFORMATION } };
    return none_of(v, list, ARRAY_SIZE(list));
}

/* A15: ours; of A2's "any other option" those by which clients are told apart most. */
static enum conduct_verdict other_options(struct conduct_view *v)
{
    static const struct unwanted list[] = {
        { DHCP_O_LEASE_TIME, LEASE_TIME_ASKED },
        { DHCP_O_MAX_SIZE, MAX_SIZE_SENT },
        { DHCP_O_RAPID_COMMIT, RAPID_COMMIT_SENT },
        { 116, AUTO_CONFIGURE_SENT }, /* RFC 2563 */
        { 145, NONCE_SENT },          /* RFC 6704 */
        { DHCP_O_MUD_URL, MUD_URL_SENT },
    };
    return none_of(v, list, ARRAY_SIZE(list));
}

/* A16: ours; a note, no rule: see audit_habits. */
static enum conduct_verdict habits(struct conduct_view *v)
{
    (void)v;
    return CONDUCT_NOT_ABOUT;
}

conduct_rule_fn *const conduct_rules[AUDIT_RULES] = {
    [A1_OPTION_ORDER] = option_order,
    [A2_NOTHING_ELSE] = nothing_else,
    [A3_REQUEST] = request,
    [A4_DECLINE_RELEASE] = decline_release,
    [A5_INFORM] = inform,
    [A6_CLIENT_ADDRESS] = conduct_client_address,
    [A7_REQUESTED_ADDRESS] = requested_address,
    [A8_HARDWARE_ADDRESS] = conduct_hardware_address,
    [A9_CLIENT_ID] = conduct_client_id,
    [A10_PARAMETER_LIST] = parameter_list,
    [A11_HOST_NAME] = conduct_host_name,
    [A12_FQDN] = conduct_fqdn,
    [A13_PXE] = pxe,
    [A14_CLASSES] = classes,
    [A15_OTHER_OPTIONS] = other_options,
    [A16_HABITS] = habits,
};
