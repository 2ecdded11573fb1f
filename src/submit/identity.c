/* SPDX-License-Identifier: ISC
 *
 * CLIENTID (draft-storey-smtp-client-id-13 §3 and §4). What it says becomes a pseudonym at once;
 * the clear token stands only in the input, which is wiped.
 */
#include "base/attribute.h"
#include "base/secret.h"
#include "submit/session_internal.h"

void clientid_forget(struct submit_session *s)
{
    secret_wipe(s->clientid_type, sizeof s->clientid_type);
    secret_wipe(&s->clientid, sizeof s->clientid);
    secret_wipe(s->clientid_older, sizeof s->clientid_older);
    s->clientid_older_n = 0;
    s->clientid_given = false;
    s->clientid_flags = 0;
}

/* Under the newest key, and under those that a device may still be recorded by. */
static void pseudonymise(struct submit_session *s, struct slice token)
{
    struct pseudonym all[1 + SUBMIT_OLDER_MAX];
    size_t n = pseudonyms_of(s->setup->privacy, ID_CLIENTID_TOKEN, slice_of_str(s->clientid_type),
                             token, all, ARRAY_SIZE(all));
    s->clientid = all[0];
    for (size_t i = 1; i < n; i++)
        s->clientid_older[i - 1] = all[i];
    s->clientid_older_n = (uint8_t)(n - 1);
}

static void keep(struct submit_session *s, const struct clientid *id)
{
    unsigned flags = conf_clientid_flags(&s->setup->conf->clientid, id->type);
    s->clientid_given = true;
    if (flags & CONF_CLIENTID_IGNORE) /* §7 flag 1: handled, but treated as not presented */
        return;
    s->clientid_flags = flags;
    for (size_t i = 0; i < id->type.n; i++)
        s->clientid_type[i] = (char)ascii_upper(id->type.p[i]);
    pseudonymise(s, id->token);
    s->clientid_shape = device_shape_of(id->token, s->clientid_oui);
}

static void refuse(struct submit_session *s, enum submit_reply reply, const char *reason)
{
    session_event(s, SUBMIT_EVENT_CLIENTID, reply_of(reply)->code, reason); /* before a close */
    reply_refuse(s, reply, reason);
}

/* State before syntax: a client that may not say it is not told how to. Policy speaks only at AUTH
 * or after (§6.1), so every well-formed identity is welcome here, of whatever type (§7). */
void on_clientid(struct submit_session *s, const struct smtp_command *command)
{
    struct clientid id;
    struct fault why;
    if (!s->setup->conf->submission.clientid)
        refuse(s, REPLY_NOT_RECOGNISED, "CLIENTID is off");
    else if (!s->tls) /* §4: MUST reject before an encrypted connection, with 500 */
        refuse(s, REPLY_NOT_RECOGNISED, "CLIENTID in clear");
    else if (!s->clientid_advertised) /* §4: MUST reject before it was advertised */
        refuse(s, REPLY_HELLO_FIRST, "CLIENTID before EHLO");
    else if (s->clientid_given) /* §4: a further one MUST be rejected with 503 */
        refuse(s, REPLY_SEQUENCE, "CLIENTID again");
    else if (s->auth_seen) /* §4: after AUTH MUST be rejected with 503 */
        refuse(s, REPLY_SEQUENCE, "CLIENTID after AUTH");
    else if (!smtp_clientid_parse(command->argument, s->setup->conf->submission.clientid_underscore,
                                  &id, &why))
        refuse(s, REPLY_SYNTAX, why.what); /* §4: not well formed, 501 */
    else {
        keep(s, &id);
        reply_send(s, REPLY_CLIENTID_OK);
        session_event(s, SUBMIT_EVENT_CLIENTID, 250, NULL);
    }
}
