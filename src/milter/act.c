/* SPDX-License-Identifier: ISC */
#include "milter/act.h"

#include <string.h>

const char *milter_action_text(enum milter_action action)
{
    switch (action) {
    case MILTER_ACCEPT: return "accept";
    case MILTER_REJECT: return "reject";
    case MILTER_QUARANTINE: return "quarantine";
    case MILTER_TEMPFAIL: return "tempfail";
    }
    return "accept";
}

#define UNSIGNED "the message is not signed as the domain of its From field says that its mail is"

static const struct act suspicious[] = {
    [CONF_SUSPICIOUS_MARK] = { MILTER_ACCEPT, NULL, NULL, "suspicious, marked" },
    [CONF_SUSPICIOUS_REJECT] = { MILTER_REJECT, "550 5.7.1", UNSIGNED, "suspicious" },
    [CONF_SUSPICIOUS_QUARANTINE] = { MILTER_QUARANTINE, NULL, UNSIGNED, "suspicious" },
    [CONF_SUSPICIOUS_TEMPFAIL] = { MILTER_TEMPFAIL, "451 4.7.1", UNSIGNED, "suspicious" },
};

static const struct act malformed = { MILTER_REJECT, "550 5.7.1",
                                      "the message does not name one author that can be checked",
                                      "malformed" };

static const struct act temporary = { MILTER_TEMPFAIL, "451 4.7.0",
                                      "the signatures of the message cannot be checked now",
                                      "DNS or a failure here: it may be checked later" };

/* DNS could not say, of the signatures or of the practices that act. */
static bool is_temporary(const struct results *r)
{
    int kind = r->setup->act;
    if (results_dkim(r) == POSTERN_DKIM_TEMPERROR)
        return true;
    return kind >= 0 && r->verified && r->verified->practices[kind] &&
           r->verified->practices[kind]->verdict == POSTERN_VERDICT_TEMPERROR;
}

static bool is_suspicious(const struct results *r)
{
    int kind = r->setup->act;
    return kind >= 0 && r->verified && r->verified->practices[kind] &&
           r->verified->practices[kind]->verdict == POSTERN_SUSPICIOUS;
}

/* Nobody can say whom it is from: "permerror" of the practices that act. */
static bool is_malformed(const struct results *r)
{
    int kind = r->setup->act;
    const char *word = kind >= 0 ? results_practices(r, (enum postern_practices_kind)kind) : NULL;
    return word && strcmp(word, "permerror") == 0;
}

void act_inbound(const struct results *r, bool may_quarantine, struct act *out)
{
    const struct conf_milter *conf = r->setup->conf;
    *out = (struct act){ .action = MILTER_ACCEPT };
    if (is_suspicious(r))
        *out = suspicious[conf->suspicious];
    else if (is_malformed(r) && conf->malformed == CONF_MALFORMED_REJECT)
        *out = malformed;
    else if (is_temporary(r) && conf->temporary == CONF_TEMPORARY_TEMPFAIL)
        *out = temporary;
    if (out->action == MILTER_QUARANTINE && !may_quarantine)
        *out = (struct act){ .action = MILTER_ACCEPT,
                             .why = "suspicious, marked: the MTA has no quarantine" };
}

void act_list(const struct conf_milter *conf, const struct results *r,
              const struct postern_list_decision *decision, struct act *out)
{
    *out = (struct act){ .action = MILTER_ACCEPT, .why = decision->why };
    if (decision->action == POSTERN_LIST_REJECT)
        *out = (struct act){ MILTER_REJECT, "550 5.7.1",
                             "the mailing list does not take this message", decision->why };
    else if (decision->action == POSTERN_LIST_LEAVE && is_temporary(r) &&
             conf->temporary == CONF_TEMPORARY_TEMPFAIL)
        *out = temporary;
}
