/* SPDX-License-Identifier: ISC
 *
 * milter/setup: what the sessions of a process go by: the configuration, read once more into what is
 * compared for each message. Reads no file.
 */
#pragma once

#include "base/arena.h"
#include "conf/conf.h"
#include "message/domain.h"
#include "net/address.h"
#include "postern/practices.h"

#define MILTER_KINDS 3 /* of practices */

struct milter_setup { /* outlives its sessions */
    const struct conf_milter *conf;
    const struct postern_dkim_private *const *keys; /* of conf->sign, in its order; the caller's */
    const struct domain *sign_domains;              /* the same */
    const struct domain *list_domains;              /* of conf->lists, in its order: of `sender` */
    const struct network *internal, *keep_results;
    size_t internal_n, keep_results_n;
    const char *const *sign_fields; /* NULL: the default list */
    const char *const *oversign;    /* the same */
    size_t sign_fields_n, oversign_n;
    bool practices[MILTER_KINDS]; /* by enum postern_practices_kind: is it asked? */
    int act;                      /* the kind that acts on mail; -1: none */
    struct arena arena;
};

/* False: a list of conf is not what it says (conf/ has refused it before), or no memory; then
 * nothing is held. */
MUST_USE bool milter_setup_init(struct milter_setup *setup, const struct conf_milter *conf,
                                const struct postern_dkim_private *const *keys);
void milter_setup_clear(struct milter_setup *setup);

bool milter_networks_have(const struct network *networks, size_t n, const struct address *a);

/* For verification_setup (verify/verification.h): what conf says of the engine (now is the message's) and of
 * each practice; the options' strings are conf's and the arena's. */
void milter_setup_verify_options(const struct milter_setup *setup,
                                 struct postern_dkim_verify_options *out);
size_t milter_setup_practices(const struct milter_setup *setup,
                              struct postern_practices_options out[MILTER_KINDS]);
