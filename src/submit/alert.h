/* SPDX-License-Identifier: ISC
 *
 * submit/alert: what the keeper tells an account's owner and the operator (draft -13 §7, flags 6
 * and 7): a mail to the account through the gate's own delivery, a JSON event to a command or to an
 * HTTPS webhook signed with HMAC-SHA256 (X-Postern-Signature: sha256=HEX, over
 * X-Postern-Timestamp's value, a dot and the body).
 *
 * At most one of a kind, account and `alerts.quiet`; a queue of 1,000 that drops the oldest, and
 * says so. Names the time, the device's label or type and a coarse place (country, or the
 * operator's own name for the network, or the /24), never the token.
 */
#pragma once

#include "conf/conf.h"
#include "device/device.h"
#include "net/loop.h"
#include "net/threads.h"

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

/* NULL: *why has a line for the operator (no command there, no webhook secret, ...). Commands and
 * webhooks run in the keeper: opened before its privileges are dropped for good. */
struct alerts *alerts_new(const struct conf *conf, struct loop *loop, struct thread_pool *threads,
                          struct buf *why);
/* Gives up what is under way. NULL is fine. */
void alerts_free(struct alerts *alerts);
/* Copies. Logs `device.alert` always; then tells all of `alerts.to`, unless quiet. */
void alerts_raise(struct alerts *alerts, const struct alert *alert);
/* What is under way or waits. */
size_t alerts_waiting(const struct alerts *alerts);

/* Pure, for the tests: the JSON event, and the mail from a template. */
void alert_json(struct buf *out, const struct alert *alert);
MUST_USE bool alert_mail(struct buf *out, const struct alert *alert, struct slice template_text,
                         struct slice from, struct slice to, struct slice id);
