/* SPDX-License-Identifier: ISC
 *
 * smtp/clientid: the argument of CLIENTID (draft-storey-smtp-client-id-13 §4, §5). Pure; results
 * point into the argument.
 */
#pragma once

#include "base/slice.h"

#define CLIENTID_TYPE_MAX  16
#define CLIENTID_TOKEN_MAX 128

struct clientid {
    struct slice type;  /* as sent; compares without case */
    struct slice token; /* octet for octet; a secret */
};

/* argument: what stands behind "CLIENTID ", white space at its very end already cut.
 * underscore: also allow "_" in a type, as the draft's prose (not its ABNF) has in DEVICE_ID. */
MUST_USE bool smtp_clientid_parse(struct slice argument, bool underscore, struct clientid *out,
                                  struct fault *why);
