/* SPDX-License-Identifier: ISC
 *
 * zone_lint: what single records say.
 */
#include <string.h>

#include "practices/zone_lint_internal.h"

#define RECORD_MEMORY ((size_t)256 * 1024)
#define BITS_WANTED   2048 /* RFC 8301 §3.2: "SHOULD" */
#define BITS_NEEDED   1024

/* ---- DKIMP records ---- */

/* A text for "%.*s" in the arena of one record; what is not printable is escaped. */
static const char *shown(struct lint *l, struct slice text)
{
    struct buf b;
    buf_init(&b, RECORD_MEMORY);
    practices_escape_into(&b, slice_first(text, 256));
    const char *copy = b.failed ? NULL : arena_str(l->arena, buf_slice(&b));
    buf_clear(&b);
    l->failed |= !copy;
    return copy ? copy : "";
}

static void note_skipped(struct lint *l, const struct zone_lint_record *record,
                         const struct ssp_record *r)
{
    for (size_t i = 0; i < r->skipped_n; i++)
        lint_say(
            l,
            &(struct lint_where){ record->name, record->line, ZONE_LINT_WARNING, "ignored-value" },
            "Verifiers ignore the %s: \"%s\" (§4.2).", r->skipped[i].what,
            shown(l, r->skipped[i].text));
}

static bool read_practices(struct lint *l, const struct zone_lint_record *record,
                           struct arena *arena, struct ssp_record *out)
{
    const struct lint_where broken = { record->name, record->line, ZONE_LINT_ERROR,
                                       "broken-record" };
    struct slice text;
    struct fault why;
    if (!practices_strings(arena, (struct postern_octets){ record->rdata.p, record->rdata.n },
                           &text)) {
        lint_say(l, &broken,
                 "This is no row of character-strings, as TXT has them: it counts for "
                 "nothing (§4.1).");
        return false;
    }
    if (!ssp_record_parse(text, out, &why)) {
        lint_say(l, &broken, "\"%s\" counts for nothing (§4.1): %s, at octet %zu.", shown(l, text),
                 why.what, why.at);
        return false;
    }
    note_skipped(l, record, out);
    out->skipped_n = 0; /* they point into the arena */
    return true;
}

static void on_type(struct lint *l, const struct zone_lint_record *record)
{
    if (slice_equal_nocase(record->type_text, SLICE("DKIMP")))
        lint_say(
            l, &(struct lint_where){ record->name, record->line, ZONE_LINT_ERROR, "unknown-type" },
            "Name servers do not know DKIMP: write TYPE%u \\# and hexadecimal digits (RFC "
            "3597), as 'postern practices record' does.",
            (unsigned)l->rrtype);
}

void lint_practices(struct lint *l, struct lint_node *node)
{
    struct ssp_record r;
    struct arena arena;
    size_t usable = 0, line = 0;
    arena_init(&arena, RECORD_MEMORY);
    for (size_t i = 0; i < node->n; i++) {
        if (node->records[i].record->type != l->rrtype)
            continue;
        on_type(l, node->records[i].record);
        if (!read_practices(l, node->records[i].record, &arena, &r))
            continue;
        node->practices = r;
        line = node->records[i].record->line;
        usable++;
    }
    arena_clear(&arena);
    node->has_practices = usable == 1;
    if (usable > 1)
        lint_say(l, &(struct lint_where){ node->name, line, ZONE_LINT_ERROR, "several-records" },
                 "There are %zu DKIMP records here, so that none of them counts.", usable);
    if (line && !lint_is_ours(l, node->name))
        lint_say(l, &(struct lint_where){ node->name, line, ZONE_LINT_WARNING, "delegated" },
                 "This zone does not answer for the name, so nobody sees its practices here.");
}

/* ---- user-level records ---- */

/* S31: what is left of a local part is letters, digits and hyphens. */
static bool may_be_user(struct slice label)
{
    for (size_t i = 0; i < label.n; i++)
        if (!slice_has(SLICE("abcdefghijklmnopqrstuvwxyz0123456789-"), label.p[i]))
            return false;
    return label.n > 0;
}

/* Does a verifier that met this domain ask for its users? Its own record says so, or that of its
 * parent (§4.3 steps 10 to 12). */
static bool asks_users(const struct lint *l, struct slice domain, bool *known)
{
    const struct lint_node *node = lint_find(l, domain);
    *known = true;
    if (node && node->has_practices)
        return node->practices.user && !node->practices.testing;
    *known = domain.n > l->apex.n;
    node = lint_find(l, lint_parent(domain));
    return node && *known && node->has_practices && node->practices.user &&
           !node->practices.testing && !node->practices.own_only;
}

void lint_user(struct lint *l, const struct lint_node *node)
{
    struct slice label, domain;
    struct lint_where where = { node->name, 0, ZONE_LINT_WARNING, "user-without-u" };
    bool known;
    if (!node->has_practices || !lint_split(node->name, SLICE("_user"), &label, &domain))
        return;
    if (!asks_users(l, domain, &known))
        lint_say(l, &where,
                 known
                     ? "Nobody asks for this user's record: no u=yes applies to %.*s (§4.2)."
                     : "Nobody asks for this user's record, unless the name above %.*s says u=yes "
                       "(§4.2).",
                 SLICE_ARG(domain));
    where.code = "user-with-u";
    if (node->practices.has_u)
        lint_say(l, &where, "u= must not stand in a user's record, and is ignored (§4.2).");
    where.code = "no-user";
    if (!may_be_user(label) && !slice_equal(label, SLICE("*")))
        lint_say(
            l, &where,
            "No address leads to this record: of a local part only letters, digits and hyphens "
            "are left, in one label (§4.1).");
}

/* S34: RFC 4592 §3.3.1: the wildcard answers below a name that exists as long as nothing closer does. */
void lint_wildcard(struct lint *l, const struct lint_node *node)
{
    struct slice domain = lint_parent(node->name);
    const struct lint_node *above = lint_find(l, domain);
    const struct lint_where where = { node->name, 0, ZONE_LINT_WARNING, "wildcard" };
    if (!node->has_practices || !slice_starts(node->name, SLICE("*.")) ||
        slice_starts(domain, SLICE("_user.")))
        return;
    if (node->practices.user)
        lint_say(
            l, &where,
            "With u=yes this wildcard also answers for the users of the names it stands for, as "
            "if it were the record of each.");
    else if (above && above->has_practices && above->practices.user && !above->has_users)
        lint_say(l, &where,
                 "%.*s has u=yes, and this wildcard answers for each of its users: publish "
                 "*._user.%.*s.",
                 SLICE_ARG(domain), SLICE_ARG(domain));
}

/* ---- keys ---- */

static bool is_key_name(struct slice name, struct slice *selector, struct slice *domain)
{
    return lint_split(name, SLICE("_domainkey"), selector, domain) &&
           !slice_starts(*selector, SLICE("_"));
}

static void on_key(struct lint *l, const struct lint_node *node, const struct postern_dkim_key *key)
{
    const char *fault = postern_dkim_key_fault(key);
    unsigned bits = postern_dkim_key_bits(key);
    struct lint_where where = { node->name, 0, ZONE_LINT_ERROR, "broken-key" };
    if (fault) {
        lint_say(l, &where, "There is no usable key here: %s.", fault);
        return;
    }
    where.code = "short-key";
    where.severity = bits < BITS_NEEDED ? ZONE_LINT_ERROR : ZONE_LINT_NOTE;
    if (bits && bits < BITS_WANTED)
        lint_say(l, &where, "This key has %u bits; %s.", bits,
                 bits < BITS_NEEDED ? "verifiers must not take fewer than 1024 (RFC 8301 §3.2)"
                                    : "signers should use 2048 at least (RFC 8301 §3.2)");
    where.code = "testing-key";
    where.severity = ZONE_LINT_NOTE;
    if (postern_dkim_key_testing(key))
        lint_say(l, &where,
                 "This key is for tests (t=y); verifiers may act as if it were not there.");
}

void lint_keys(struct lint *l, const struct lint_node *node)
{
    struct slice selector, domain;
    size_t n = 0;
    if (!is_key_name(node->name, &selector, &domain))
        return;
    if (!lint_find(l, domain)) /* else it is said with what else is known of it */
        lint_say(
            l,
            &(struct lint_where){ domain, node->line, ZONE_LINT_WARNING, "keys-without-practices" },
            "%.*s has DKIM keys, but publishes no practices.", SLICE_ARG(domain));
    struct postern_octets *rdata = arena_alloc(l->arena, node->n * sizeof *rdata);
    l->failed |= !rdata;
    for (size_t i = 0; rdata && i < node->n; i++)
        if (node->records[i].record->type == POSTERN_DNS_TYPE_TXT)
            rdata[n++] = (struct postern_octets){ node->records[i].record->rdata.p,
                                                  node->records[i].record->rdata.n };
    const struct postern_dns_response response = { .answer = POSTERN_DNS_DATA,
                                                   .rdata = rdata,
                                                   .rdata_n = n };
    struct postern_dkim_key *key = n ? postern_dkim_key_new(&response) : NULL;
    l->failed |= n && !key;
    if (key)
        on_key(l, node, key);
    postern_dkim_key_free(key);
}
