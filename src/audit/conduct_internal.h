/* SPDX-License-Identifier: ISC
 *
 * audit/conduct_internal: what is kept of a client for RFC 7844, and the rules over one message.
 */
#pragma once

#include "audit/audit.h"

enum conduct_rule {
    A1_OPTION_ORDER,
    A2_NOTHING_ELSE,
    A3_REQUEST,
    A4_DECLINE_RELEASE,
    A5_INFORM,
    A6_CLIENT_ADDRESS,
    A7_REQUESTED_ADDRESS,
    A8_HARDWARE_ADDRESS,
    A9_CLIENT_ID,
    A10_PARAMETER_LIST,
    A11_HOST_NAME,
    A12_FQDN,
    A13_PXE,
    A14_CLASSES,
    A15_OTHER_OPTIONS,
    A16_HABITS,
};

/* What a violation is; texts and their rules in conduct_text.c. */
enum conduct_what {
    SAME_ORDER,
    STRAY_JUDGED,
    STRAY_OTHER,
    SELECTING_WITHOUT_SERVER,
    SELECTING_WITHOUT_ADDRESS,
    RENEWING_WITH_SERVER,
    RENEWING_WITH_ADDRESS,
    LEAVING_WITHOUT_SERVER,
    DECLINE_WITHOUT_ADDRESS,
    INFORM_STRAY,
    ADDRESS_OF_ANOTHER,
    ADDRESS_OF_ITS_OTHER_SELF,
    REQUESTED_IN_DISCOVER,
    INIT_REBOOT,
    HARDWARE_NOT_IN_USE,
    HARDWARE_UNIVERSAL,
    ID_OTHER_HARDWARE,
    ID_DUID_LLT,
    ID_DUID_LL_OTHER,
    ID_DUID_EN,
    ID_DUID_UUID,
    LIST_SAME_ORDER,
    LIST_LONG,
    NAME_SENT,
    NAME_SHARED,
    FQDN_SENT,
    PXE_ARCHITECTURE,
    PXE_INTERFACE,
    PXE_UUID,
    PXE_CLASS,
    VENDOR_INFORMATION,
    VENDOR_CLASS,
    USER_CLASS,
    VI_CLASS,
    VI_INFORMATION,
    LEASE_TIME_ASKED,
    MAX_SIZE_SENT,
    RAPID_COMMIT_SENT,
    AUTO_CONFIGURE_SENT,
    NONCE_SENT,
    MUD_URL_SENT,
    CONDUCT_WHATS,
};
const char *conduct_what_text(enum conduct_what what);
enum conduct_rule conduct_what_rule(enum conduct_what what);

enum {
    CONDUCT_PROOFS_EACH = 4,   /* of one block */
    CONDUCT_GIVEN = 4,         /* addresses given last */
    CONDUCT_LIST_MINIMAL = 16, /* codes: lists of implementations of the profile have 6 to 14 */
};

struct conduct_proof {
    uint64_t frame;
    uint32_t file, at;
    uint16_t n;
    uint8_t what; /* enum conduct_what */
};

struct conduct_proofs {
    struct conduct_proofs *next;
    struct conduct_proof at[CONDUCT_PROOFS_EACH];
    uint8_t n;
};

struct conduct_order {        /* of the last message that had an order */
    uint32_t xid, set, order; /* hashes: of the codes in any order, and in theirs */
    uint8_t repeats;
    bool seen, shuffled;
};

struct conduct_given {
    uint32_t address, network;
};

struct conduct_claim { /* A6: an address that it was not seen to get */
    uint32_t address, network;
    struct audit_place place;
    bool judged;
};

/* Messages that differ in what they carry are compared with their own kind. */
enum conduct_slot { SLOT_DISCOVER, SLOT_OTHER, CONDUCT_SLOTS };

struct audit_conduct {
    struct conduct_proofs *proofs;  /* the latest block first */
    struct conduct_claim *claim;    /* the first one; NULL: none */
    uint16_t count[AUDIT_RULES][3]; /* messages by enum audit_conformance */
    uint8_t proved[(CONDUCT_WHATS + 7) / 8];
    bool has_offer, has_client_id;
    uint8_t given_n;
    uint32_t offer_xid;
    struct conduct_given given[CONDUCT_GIVEN];
    struct conduct_order options[CONDUCT_SLOTS], parameters[CONDUCT_SLOTS];
    struct audit_place first;
};

struct conduct_view { /* one message of a client's own */
    struct audit *audit;
    struct audit_client *client;
    struct audit_conduct *conduct;
    const struct audit_message *message;
    const struct dhcp_packet *packet;
    enum conduct_slot slot;
    int error; /* of the proofs */
};

enum conduct_verdict { /* enum audit_conformance, and: */
                       CONDUCT_CANNOT_TELL = AUDIT_CANNOT_TELL,
                       CONDUCT_CONFORMS = AUDIT_CONFORMS,
                       CONDUCT_VIOLATES = AUDIT_VIOLATES,
                       CONDUCT_NOT_ABOUT, /* the rule says nothing of such a message */
};

typedef enum conduct_verdict conduct_rule_fn(struct conduct_view *v);
extern conduct_rule_fn *const conduct_rules[AUDIT_RULES];
conduct_rule_fn conduct_client_address, conduct_hardware_address, conduct_client_id,
    conduct_host_name, conduct_fqdn;

bool conduct_proved(const struct audit_conduct *conduct, enum conduct_what what);
/* Notes the first of a kind. 0 or -ENOMEM. */
MUST_USE int conduct_prove(struct audit *audit, struct audit_conduct *conduct,
                           enum conduct_what what, const struct audit_place *place);
/* CONDUCT_VIOLATES, with the option (or the whole message) as its proof. */
enum conduct_verdict conduct_violates(struct conduct_view *v, enum conduct_what what,
                                      const struct dhcp_option *option);
void conduct_count(struct audit_conduct *conduct, enum conduct_rule rule,
                   enum audit_conformance verdict);
bool conduct_was_given(const struct audit_conduct *conduct, uint32_t address, uint32_t network);
