/* SPDX-License-Identifier: ISC
 *
 * submit/alert: what the keeper tells an account's owner and the operator (draft -13 §7, flags 6
 * and 7): a mail to the account through the gate's own delivery, a JSON event to a command or to an
 * HTTPS webhook signed with HMAC-SHA256 (X-Postern-Signature: sha256=HEX, over
 * X-Postern-Timestamp's value, a dot and the body).
 *
 * At most one of a kind, account and `alerts.quiet` (for one without an account: of a kind, reason
 * and network), of which the last 100,000 are remembered, and none over a restart of the keeper; a
 * queue of 1,000 that drops the oldest, and says so (`alert.dropped`). Mail and webhooks are tried
 * four times within about ten minutes; what fails for good is `alert.failed`. Names the time, the device's label or type and a coarse place (country, or the
 * operator's own name for the network, or the /24), never the token.
 */
#pragma once

#include "conf/conf.h"
#include "device/device.h"
#include "net/loop.h"
#include "net/threads.h"
#include "privacy/pseudonym.h"

struct alerts;

struct alert {
    enum device_alert kind;
    struct slice account; /* canonical */
    struct slice type;    /* empty: no identity */
    struct slice label;   /* of the device, or empty */
    struct device_network network;
    struct device_location location;
    struct slice reason; /* the rule's or limit's name */
    int64_t wall_us;
};

/* The keeper opens them before its privileges are dropped and before it has threads: the webhook's
 * secret and the templates are read as root, and the process that starts commands is forked
 * (alert_exec.c). NULL: *why has a line for the operator. conf and privacy must outlive them. */
struct alerts *alerts_open(const struct conf *conf, const struct privacy *privacy, struct buf *why);
/* Reads and looks at all that alerts_open would, and starts nothing: for the parent, at the start
 * and at a reload, and for `policy check`. False: *why has "FILE:LINE: what" or the like. */
MUST_USE bool alerts_check(const struct conf *conf, struct buf *why);
/* Then, with privileges dropped; until it, what is raised is only logged. 0, or negative with a line
 * in *why. */
MUST_USE int alerts_start(struct alerts *alerts, struct loop *loop, struct thread_pool *threads,
                          struct buf *why);
/* Gives up what is under way; before the loop and the threads go. NULL is fine. */
void alerts_free(struct alerts *alerts);
/* Copies. Logs `device.alert` always; then tells all of `alerts.to`, unless quiet. */
void alerts_raise(struct alerts *alerts, const struct alert *alert);
/* What is under way or waits. */
size_t alerts_waiting(const struct alerts *alerts);

/* Pure: the JSON event, and the mail from a template (alert_template_check has passed it). id: what
 * stands between the brackets of Message-ID. False: from, to or id cannot stand in a header field, or
 * out has no room. */
void alert_json(struct buf *out, const struct alert *alert);
MUST_USE bool alert_mail(struct buf *out, const struct alert *alert, struct slice template_text,
                         struct slice from, struct slice to, struct slice id);
