/* SPDX-License-Identifier: ISC
 *
 * auth/sasl: client messages that we read ourselves. Pure; results point into the message.
 */
#pragma once

#include "base/buf.h"

#define SASL_NAME_MAX     255
#define SASL_PASSWORD_MAX 1024

struct sasl_plain {
    struct slice authorize, name, password;
};

/* RFC 4616 §2: [authzid] NUL authcid NUL passwd; UTF-8, the last two not empty. */
MUST_USE bool sasl_plain_parse(struct slice message, struct sasl_plain *out, struct fault *why);
/* The name in an XOAUTH2 ("user=..."), OAUTHBEARER (RFC 7628 §3.1 GS2 "a="), SCRAM (RFC 5802 "n=")
 * or CRAM-MD5 first message; false when it shows none. Decoded into out (SASL_NAME_MAX). */
MUST_USE bool sasl_name_find(struct slice mechanism, struct slice message, struct buf *out);
/* A SCRAM first message that asks to act for another account than it names (RFC 5802 "a="). */
bool sasl_acts_for_another(struct slice mechanism, struct slice message);
/* A LOGIN password that is not UTF-8 is Latin-1 (clients exist): transcodes it; else copies. */
MUST_USE bool sasl_latin1_to_utf8(struct slice text, struct buf *out);
/* Mechanism names: 1*20 of A-Z 0-9 "-" "_" (RFC 4422 §3.1), any case. */
bool sasl_is_mechanism(struct slice name);
