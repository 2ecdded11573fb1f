/* SPDX-License-Identifier: ISC */
#include "milter/signing.h"

#include <string.h>

const char *milter_role_text(enum milter_role role)
{
    switch (role) {
    case MILTER_ROLE_INBOUND: return "inbound";
    case MILTER_ROLE_OURS: return "ours";
    case MILTER_ROLE_LIST: return "list";
    }
    return "inbound";
}

/* ---- whose is it? ---- */

static bool is_authenticated(const struct signing_client *client)
{
    return client->auth_type[0] || client->auth_authen[0];
}

/* A process of this machine behind a UNIX socket is as local as one on the loopback. */
static bool is_internal(const struct milter_setup *setup, const struct address *a)
{
    return (a->n && a->any.sa_family == AF_UNIX) ||
           milter_networks_have(setup->internal, setup->internal_n, a);
}

static bool is_daemon_of_ours(const struct milter_setup *setup, const char *daemon)
{
    const struct conf_list *daemons = &setup->conf->sign_daemons;
    for (size_t i = 0; daemon[0] && i < daemons->n; i++)
        if (strcmp(daemons->at[i], daemon) == 0)
            return true;
    return false;
}

static const struct conf_list_manager *find_list(const struct conf_milter *conf, const char *sender)
{
    struct slice address = slice_of_str(sender);
    for (size_t i = 0; i < conf->lists_n; i++)
        if (slice_glob_nocase(slice_of_str(conf->lists[i].pattern), address))
            return &conf->lists[i];
    return NULL;
}

/* From whom nobody vouches nothing is signed, whatever it has in From: else who forges our domain
 * from outside would get our signature on it. */
void signing_judge(const struct milter_setup *setup, const struct signing_client *client,
                   struct signing_judgement *out)
{
    const struct conf_milter *conf = setup->conf;
    bool authenticated = is_authenticated(client), internal = is_internal(setup, client->address);
    bool daemon = is_daemon_of_ours(setup, client->daemon);
    *out = (struct signing_judgement){ .role = MILTER_ROLE_INBOUND };
    if (!authenticated && !internal && !daemon) {
        out->why_not = "the client is neither authenticated nor internal, nor is its daemon in "
                       "milter.sign-daemons";
        return;
    }
    out->list = find_list(conf, client->envelope_sender);
    out->role = out->list ? MILTER_ROLE_LIST : MILTER_ROLE_OURS;
    out->may_sign = daemon || (authenticated && (conf->sign_for & CONF_SIGN_FOR_AUTHENTICATED)) ||
                    (internal && (conf->sign_for & CONF_SIGN_FOR_INTERNAL));
    if (!out->may_sign)
        out->why_not =
            authenticated
                ? "the client is authenticated, and milter.sign-for has no `authenticated`"
                : "the client is internal, and milter.sign-for has no `internal`";
    else if (conf->sign_n == 0)
        out->why_not = "milter.sign has no domain";
    out->may_sign &= conf->sign_n > 0;
}

/* ---- with which keys? ---- */

static bool row_signs(const struct milter_setup *setup, size_t i, const struct domain *domain)
{
    const struct domain *row = &setup->sign_domains[i];
    if (row->n == domain->n)
        return domain_equal(row, domain);
    return setup->conf->sign[i].subdomains && row->n < domain->n && domain_within(domain, row);
}

size_t signing_rows(const struct milter_setup *setup, const struct domain *domain,
                    size_t out[SIGNING_ROWS_MAX])
{
    size_t nearest = 0, n = 0;
    for (size_t i = 0; i < setup->conf->sign_n; i++) {
        size_t length = setup->sign_domains[i].n;
        if (length < nearest || !row_signs(setup, i, domain))
            continue;
        if (length > nearest)
            n = 0;
        nearest = length;
        if (n < SIGNING_ROWS_MAX)
            out[n++] = i;
    }
    return n;
}
