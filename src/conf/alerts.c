/* SPDX-License-Identifier: ISC */
#include "conf/policy_internal.h"

static bool is_webhook(const char *to)
{
    return slice_starts(slice_of_str(to), SLICE("http"));
}

static bool check_webhooks(struct reading *r)
{
    const struct conf_alerts *alerts = &r->conf->alerts;
    for (size_t i = 0; i < alerts->to.n; i++)
        if (is_webhook(alerts->to.at[i]) && !alerts->webhook_secret)
            return conf_fault(r->why, &alerts->to.place[i], "alerts.to",
                              "a webhook is signed: set alerts.webhook-secret");
    return true;
}

static bool check_auth_policy(struct reading *r)
{
    const struct conf_auth_policy *server = &r->conf->auth_policy;
    struct conf_place at = conf_place_of(r->conf, "auth-policy.url");
    if (server->url && !server->nonce)
        return conf_fault(r->why, &at, "auth-policy.url",
                          "what is sent of passwords is hashed: set auth-policy.nonce");
    return true;
}

static bool fill_sender(struct reading *r)
{
    struct conf *conf = r->conf;
    CLEANUP(buf_clear) struct buf from;
    buf_init(&from, 512);
    buf_printf(&from, "postmaster@%s", conf->submission.hostname);
    if (!conf->alerts.from)
        conf->alerts.from = from.failed ? NULL : arena_str(&conf->arena, buf_slice(&from));
    return conf->alerts.from || conf_fault(r->why, &(struct conf_place){ conf->file, 1, 1 },
                                           "alerts.from", READING_NO_MEMORY);
}

bool conf_alerts_check(struct reading *r)
{
    return check_webhooks(r) && check_auth_policy(r) && fill_sender(r);
}
