/* SPDX-License-Identifier: ISC
 *
 * milter/keys: the private keys that mail is signed with: read by the parent, while it may, and
 * inherited by its workers.
 */
#pragma once

#include "base/buf.h"
#include "conf/conf.h"
#include "postern/dkim.h"

struct milter_keys {
    struct postern_dkim_private **at; /* of conf->sign, in its order */
    size_t n;
};

/* False: *why says what and where, and nothing is held. */
MUST_USE bool milter_keys_open(struct milter_keys *out, const struct conf_milter *conf,
                               struct buf *why);
void milter_keys_close(struct milter_keys *keys);
