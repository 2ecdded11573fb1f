/* SPDX-License-Identifier: ISC
 *
 * What a mailing list manager does with a posting (draft-allman-dkim-ssp-02 §5).
 */
#include "practices/practices_internal.h"
#include "practices/ssp_record.h"

static bool is_suspicious(const struct postern_list_message *m)
{
    return m->check && m->check->verdict == POSTERN_SUSPICIOUS;
}

static bool is_strict(const struct postern_list_message *m)
{
    const struct postern_practices_outcome *said = m->published ? m->published : m->check;
    return said && said->ssp.practice == SSP_STRICT;
}

/* §5.1: "MUST NOT re-sign an improperly signed message in such a way that would imply that the
 * existing signature is acceptable." NULL: it is not improperly signed. */
static const char *improper(const struct postern_list_message *m)
{
    switch (m->verified) {
    case POSTERN_DKIM_NONE:
    case POSTERN_DKIM_PASS:
    case POSTERN_DKIM_TEMPERROR: return NULL;
    case POSTERN_DKIM_NEUTRAL:
    case POSTERN_DKIM_PERMERROR:
    case POSTERN_DKIM_POLICY:
    case POSTERN_DKIM_FAIL: break;
    }
    return "no signature of the message verifies";
}

static struct postern_list_decision resend(const struct postern_list_message *m)
{
    const char *wrong = is_suspicious(m) ? "the message is Suspicious" : improper(m);
    if (wrong)
        return (struct postern_list_decision){
            .action = m->reject_suspicious ? POSTERN_LIST_REJECT : POSTERN_LIST_LEAVE,
            .why = wrong,
        };
    if (m->reject_strict && is_strict(m))
        return (struct postern_list_decision){
            .action = POSTERN_LIST_REJECT,
            .why =
                "its domain wants no signature but its own (p=strict), and re-sending breaks that",
        };
    if (m->verified == POSTERN_DKIM_TEMPERROR)
        return (struct postern_list_decision){
            .action = POSTERN_LIST_LEAVE,
            .why = "its signature cannot be verified now",
        };
    if (m->check && m->check->verdict == POSTERN_VERDICT_TEMPERROR)
        return (struct postern_list_decision){
            .action = POSTERN_LIST_LEAVE,
            .why = "whether the message is Suspicious cannot be told now",
        };
    return (struct postern_list_decision){
        .action = POSTERN_LIST_SIGN,
        .add_sender = !m->has_sender,
        .why = m->verified == POSTERN_DKIM_PASS ? "its signature verifies"
                                                : "it is unsigned, and not Suspicious",
    };
}

void postern_list_decide(const struct postern_list_message *message,
                         struct postern_list_decision *out)
{
    switch (message->kind) {
    case POSTERN_LIST_RESENDING: *out = resend(message); return;
    case POSTERN_LIST_VERBATIM:
        *out = (struct postern_list_decision){
            .action = POSTERN_LIST_LEAVE,
            .why = "nothing is changed, so its signatures stay valid",
        };
        return;
    case POSTERN_LIST_DIGEST:
        *out = (struct postern_list_decision){
            .action = POSTERN_LIST_SIGN,
            .why = "a digest is a message of the list's own",
        };
        return;
    }
    *out = (struct postern_list_decision){ .action = POSTERN_LIST_LEAVE, .why = "unknown kind" };
}
