/* SPDX-License-Identifier: ISC
 *
 * submit/delivery: one transaction on its way to whoever takes the message: an SMTP or LMTP
 * upstream (relay.c) or a Maildir (maildir.c).
 *
 * Questions (mail, rcpt, content, end) are put one at a time; each is answered by one on_reply,
 * never from inside the asking call. A delivery that fails while nobody asks says on_lost, once;
 * after that it only wants to be closed. 250 to `end` means: safe with someone else, or on disk.
 * Whatever is closed before that leaves nothing that anybody would take for a message.
 */
#pragma once

#include "net/address.h"
#include "smtp/capability.h"
#include "smtp/parameter.h"
#include "smtp/path.h"
#include "smtp/reply.h"

struct delivery_owner { /* embedded in the owner; found back with CONTAINER_OF */
    void (*on_reply)(struct delivery_owner *, const struct smtp_reply *);
    void (*on_lost)(struct delivery_owner *, const struct smtp_reply *);
    void (*on_room)(struct delivery_owner *); /* no longer full */
};

/* Who submits, and the sender. Valid during the mail call only: what is needed longer is copied. */
struct delivery_mail {
    const struct address *peer;
    struct slice hello, account;
    struct slice realm; /* the domain of an account without one; may be empty */
    struct slice sender;
    const struct smtp_mail_parameters *parameters;
};

struct delivery;

struct delivery_class {
    void (*mail)(struct delivery *, const struct delivery_mail *);
    void (*rcpt)(struct delivery *, const struct smtp_path *, const struct smtp_rcpt_parameters *);
    void (*content)(struct delivery *); /* go-ahead: a reply of 354 */
    void (*write)(struct delivery *, struct slice content);
    void (*end)(struct delivery *);
    bool (*is_full)(struct delivery *); /* write no more until on_room */
    void (*close)(struct delivery *);   /* gives up what was not accepted, and frees */
};

struct delivery {
    const struct delivery_class *class;
    struct delivery_owner *owner;
};
