/* SPDX-License-Identifier: ISC */
#include "milter/setup.h"

#include <string.h>

#define SETUP_MAX ((size_t)64 * 1024 * 1024) /* some 100,000 domains */

static bool read_networks(struct arena *arena, const struct conf_list *list,
                          const struct network **out, size_t *out_n)
{
    struct network *networks = arena_alloc(arena, (list->n + 1) * sizeof *networks);
    if (!networks)
        return false;
    for (size_t i = 0; i < list->n; i++)
        if (!network_parse(slice_of_str(list->at[i]), &networks[i]))
            return false;
    *out = networks;
    *out_n = list->n;
    return true;
}

static bool find_kind(const char *name, int *out)
{
    for (int kind = 0; kind < MILTER_KINDS; kind++) {
        if (strcmp(name, postern_practices_kind_text((enum postern_practices_kind)kind)) == 0) {
            *out = kind;
            return true;
        }
    }
    return false;
}

static bool read_practices(struct milter_setup *setup, const struct conf_milter *conf)
{
    int kind;
    setup->act = -1;
    for (size_t i = 0; i < conf->practices.n; i++) {
        if (!find_kind(conf->practices.at[i], &kind))
            return false;
        setup->practices[kind] = true;
    }
    if (!conf->practices_act)
        return true;
    return find_kind(conf->practices_act, &setup->act) && setup->practices[setup->act];
}

static bool read_domains(struct milter_setup *setup, const struct conf_milter *conf)
{
    struct domain *signers = arena_alloc(&setup->arena, (conf->sign_n + 1) * sizeof *signers);
    struct domain *lists = arena_alloc(&setup->arena, (conf->lists_n + 1) * sizeof *lists);
    struct slice local, domain;
    if (!signers || !lists)
        return false;
    for (size_t i = 0; i < conf->sign_n; i++)
        if (!domain_parse(slice_of_str(conf->sign[i].domain), &signers[i]))
            return false;
    for (size_t i = 0; i < conf->lists_n; i++)
        if (!slice_cut_last(slice_of_str(conf->lists[i].sender), '@', &local, &domain) ||
            !domain_parse(domain, &lists[i]))
            return false;
    setup->sign_domains = signers;
    setup->list_domains = lists;
    return true;
}

/* An empty list of the configuration is the engine's default list. */
static void read_names(const struct conf_list *list, const char *const **out, size_t *out_n)
{
    *out = list->n ? (const char *const *)list->at : NULL;
    *out_n = list->n;
}

/* The engine takes a list that is there and empty for "no field at all". */
static void read_oversign(struct milter_setup *setup, const struct conf_list *list)
{
    read_names(list, &setup->oversign, &setup->oversign_n);
    if (list->n == 1 && slice_equal_nocase(slice_of_str(list->at[0]), SLICE("none")))
        setup->oversign_n = 0;
}

bool milter_setup_init(struct milter_setup *setup, const struct conf_milter *conf,
                       const struct postern_dkim_private *const *keys)
{
    *setup = (struct milter_setup){ .conf = conf, .keys = keys };
    arena_init(&setup->arena, SETUP_MAX);
    read_names(&conf->sign_headers, &setup->sign_fields, &setup->sign_fields_n);
    read_oversign(setup, &conf->oversign);
    if (read_practices(setup, conf) && read_domains(setup, conf) &&
        read_networks(&setup->arena, &conf->internal, &setup->internal, &setup->internal_n) &&
        read_networks(&setup->arena, &conf->keep_results, &setup->keep_results,
                      &setup->keep_results_n))
        return true;
    milter_setup_clear(setup);
    return false;
}

void milter_setup_clear(struct milter_setup *setup)
{
    arena_clear(&setup->arena);
    *setup = (struct milter_setup){ .act = -1 };
}

bool milter_networks_have(const struct network *networks, size_t n, const struct address *a)
{
    for (size_t i = 0; i < n; i++)
        if (network_has(&networks[i], a))
            return true;
    return false;
}

void milter_setup_verify_options(const struct milter_setup *setup,
                                 struct postern_dkim_verify_options *out)
{
    const struct conf_milter *conf = setup->conf;
    postern_dkim_verify_options_init(out, 0);
    out->skew = (unsigned)(conf->clock_skew_us / 1000000);
    out->partial_body = conf->partial_body == CONF_PARTIAL_BODY_PASS;
    out->ignore_testing_key = conf->testing_keys == CONF_TESTING_KEYS_IGNORE;
}

size_t milter_setup_practices(const struct milter_setup *setup,
                              struct postern_practices_options out[MILTER_KINDS])
{
    const struct conf_milter *conf = setup->conf;
    size_t n = 0;
    for (int kind = 0; kind < MILTER_KINDS; kind++) {
        if (!setup->practices[kind])
            continue;
        postern_practices_options_init(&out[n], (enum postern_practices_kind)kind);
        out[n].rrtype = (uint16_t)conf->practices_rrtype;
        out[n].accepted = (const char *const *)conf->accepted_signers.at;
        out[n].accepted_n = conf->accepted_signers.n;
        out[n].parent_min_labels = conf->parent_labels;
        out[n].user_testing_letter = conf->user_testing == CONF_USER_TESTING_LETTER;
        n++;
    }
    return n;
}
