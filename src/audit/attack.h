/* SPDX-License-Identifier: ISC
 *
 * audit/attack: RFC 7819 §5: which attack what was disclosed enables, per client, with the evidence. One
 * file for each: attack_device.c (5.1), attack_system.c (5.2), ... attack_leasequery.c (5.10).
 */
#pragma once

#include "audit/evidence.h"

struct audit;
struct audit_client;
struct audit_message;

enum audit_attack_id {
    AUDIT_5_1_DEVICE_TYPE,
    AUDIT_5_2_OPERATING_SYSTEM,
    AUDIT_5_3_LOCATION,
    AUDIT_5_4_VISITED_NETWORKS,
    AUDIT_5_5_STABLE_IDENTITY,
    AUDIT_5_6_PERVASIVE_MONITORING,
    AUDIT_5_7_NAME_IN_DNS,
    AUDIT_5_8_CORRELATION,
    AUDIT_5_9_LOCATION_TRACKING,
    AUDIT_5_10_LEASEQUERY,
    AUDIT_ATTACKS,
};

enum audit_verdict { AUDIT_NOT_SEEN, AUDIT_POSSIBLE, AUDIT_EXPOSED };

struct audit_attack {
    enum audit_verdict verdict; /* exposed: at least one item of evidence */
    struct audit_findings evidence;
};

const char *audit_attack_section(enum audit_attack_id id);  /* "5.1" */
const char *audit_attack_title(enum audit_attack_id id);    /* the draft's heading */
const char *audit_verdict_text(enum audit_verdict verdict); /* "exposed", "possible", "not seen" */
/* What to do about it, a sentence for operators; static. */
const char *audit_attack_advice(enum audit_attack_id id);

/* What must be noted while messages pass: claims, leasequeries, FQDN answers, DHCPTLS. client may be NULL. */
MUST_USE int audit_attacks_see(struct audit *audit, struct audit_client *client,
                               const struct audit_message *message);
/* Judges every client, all ten, after linking. 0 or -ENOMEM. */
MUST_USE int audit_attacks_judge(struct audit *audit);
/* Adds one item of evidence. 0 or -ENOMEM. */
MUST_USE int audit_evidence_add(struct audit *audit, struct audit_findings *to,
                                const struct audit_evidence *evidence);

/* 5.6: what a listener on k of the n networks learns, the exact mean over all choices of k. k is 1
 * to 20, then grows by a quarter, and n comes last. */
struct audit_listener {
    uint32_t networks; /* k */
    double devices;    /* mean: of all devices, the share seen at all */
    double followed;   /* mean: the share recognised on more than one network */
    double named;      /* mean: the share seen with a name of its own or its person's */
};
