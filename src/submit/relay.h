/* SPDX-License-Identifier: ISC
 *
 * submit/relay: a delivery to an SMTP or LMTP upstream.
 */
#pragma once

#include "submit/delivery.h"
#include "submit/upstream.h"

/* NULL without memory. timeouts must outlive it. */
struct delivery *relay_new(struct upstreams *ups, struct loop *loop,
                           const struct conf_timeouts *timeouts, struct delivery_owner *owner);
