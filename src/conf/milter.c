/* SPDX-License-Identifier: ISC
 *
 * The keys that mail is signed with, and the mailing lists: `milter.sign`, `milter.lists`.
 */
#include "conf/read.h"
#include "conf/record.h"

#define SIGN(member)    offsetof(struct conf_sign, member)
#define MANAGER(member) offsetof(struct conf_list_manager, member)

static const char *const kinds[] = { "resending", "verbatim", "digest", NULL };

/* clang-format off */
static const struct key sign_keys[] = {
    { "milter.sign.selector", NULL, "none; a key needs one", KEY_TEXT, true, 0, 0, SIGN(selector), 0, &form_selector, NULL,
      "Under which name the domain publishes the key: SELECTOR._domainkey.DOMAIN." },
    { "milter.sign.key", NULL, "none; a key needs one", KEY_TEXT, true, 0, 0, SIGN(key), 0, &form_path, NULL,
      "File with the private key in PEM (PKCS#8, or RSA's own): RSA of 1024 to 4096 bits, or Ed25519. postern dkim keygen makes one." },
    { "milter.sign.identity", NULL, "none is written", KEY_TEXT, true, 0, 0, SIGN(identity), 0, &form_identity, NULL,
      "On whose behalf is signed (i=), in the domain or below it." },
    { "milter.sign.subdomains", "no", NULL, KEY_BOOL, true, 0, 0, SIGN(subdomains), 0, NULL, NULL,
      "Sign mail from domains below, too, in the name of this one, unless they have keys of their own." },
};

static const struct key list_keys[] = {
    { "milter.lists.kind", NULL, "none; a list needs one", KEY_CHOICE, true, 0, 0, MANAGER(kind), 0, NULL, kinds,
      "resending: the list changes messages and sends them with their From field. verbatim: it passes them on as they are. "
      "digest: it makes messages of its own." },
    { "milter.lists.sender", NULL, "none; a list needs one", KEY_TEXT, true, 0, 0, MANAGER(sender), 0, &form_mailbox, NULL,
      "The address that is signed for, and that the Sender field names where there is none." },
    { "milter.lists.reject-suspicious", "no", NULL, KEY_BOOL, true, 0, 0, MANAGER(reject_suspicious), 0, NULL, NULL,
      "Refuse messages that are Suspicious." },
    { "milter.lists.reject-strict", "no", NULL, KEY_BOOL, true, 0, 0, MANAGER(reject_strict), 0, NULL, NULL,
      "Refuse messages from domains whose practices are strict: receivers would take what the list sends for forged." },
};
/* clang-format on */

const struct record conf_record_sign = { sizeof(struct conf_sign), sign_keys, ARRAY_SIZE(sign_keys),
                                         2, NULL };
const struct record conf_record_mail_list = { sizeof(struct conf_list_manager), list_keys,
                                              ARRAY_SIZE(list_keys), 2, NULL };

/* --- sign --- */

/* text from the byte `from` on in lower case. NULL: r->why has it. */
static const char *lower(struct reading *r, const struct node *n, const char *path,
                         struct slice text, size_t from)
{
    char *copy = arena_alloc(&r->conf->arena, text.n + 1);
    if (!copy) {
        (void)conf_fault(r->why, &n->place, path, READING_NO_MEMORY);
        return NULL;
    }
    for (size_t i = 0; i < text.n; i++)
        copy[i] = (char)(i < from ? text.p[i] : ascii_lower(text.p[i]));
    return copy;
}

static bool is_under(struct slice name, struct slice domain)
{
    if (slice_equal(name, domain))
        return true;
    size_t more = name.n - domain.n;
    return name.n > domain.n && name.p[more - 1] == '.' && slice_ends_nocase(name, domain);
}

static bool lower_identity(struct reading *r, struct conf_sign *sign, const struct node *n)
{
    struct slice local, domain, text = slice_of_str(sign->identity);
    if (!sign->identity)
        return true;
    (void)slice_cut_last(text, '@', &local, &domain); /* its form has one */
    sign->identity = lower(r, n, "milter.sign.identity", text, local.n);
    if (!sign->identity)
        return false;
    domain = slice_from(slice_of_str(sign->identity), local.n + 1);
    if (!is_under(domain, slice_of_str(sign->domain)))
        return conf_fault(r->why, conf_record_place(n, "identity"), "milter.sign.identity",
                          "%.*s is neither %s nor below it", SLICE_ARG(domain), sign->domain);
    return true;
}

static bool check_repeated(struct reading *r, const struct conf_sign *sign, const struct node *n)
{
    const struct conf_milter *m = &r->conf->milter;
    for (size_t i = 0; i < m->sign_n; i++) {
        const struct conf_sign *before = &m->sign[i];
        if (slice_equal(slice_of_str(before->domain), slice_of_str(sign->domain)) &&
            slice_equal(slice_of_str(before->selector), slice_of_str(sign->selector)))
            return conf_fault(r->why, conf_record_place(n, "selector"), "milter.sign.selector",
                              "\"%s\" is the selector of another key, at %s:%u:%u", sign->selector,
                              before->place.file, before->place.line, before->place.column);
    }
    return true;
}

static bool read_key(struct reading *r, const struct key *key, const char *domain,
                     const struct node *n)
{
    struct conf_milter *m = &r->conf->milter;
    struct conf_sign sign = { .domain = domain, .place = n->place };
    if (!conf_record_init(r, &conf_record_sign, &sign) || !conf_record_read(r, key, n, &sign))
        return false;
    sign.selector = lower(r, n, key->path, slice_of_str(sign.selector), 0);
    if (!sign.selector || !lower_identity(r, &sign, n) || !check_repeated(r, &sign, n))
        return false;
    m->sign[m->sign_n++] = sign;
    return true;
}

static bool read_domain(struct reading *r, const struct key *key, const struct node *n)
{
    const char *domain = lower(r, n, key->path, n->key, 0);
    if (!domain)
        return false;
    if (n->kind != NODE_LIST)
        return read_key(r, key, domain, n);
    if (n->n == 0 || n->n > CONF_SIGN_KEYS_MAX)
        return conf_fault(r->why, &n->place, key->path, "not 1 to %d keys of one domain",
                          CONF_SIGN_KEYS_MAX);
    for (const struct node *c = n->first; c; c = c->next)
        if (!read_key(r, key, domain, c))
            return false;
    return true;
}

bool conf_sign_read(struct reading *r, const struct key *key, const struct node *n)
{
    size_t all = 0;
    if (!value_names(r, key, &form_domain, n))
        return false;
    for (const struct node *c = n->first; c; c = c->next)
        all += c->kind == NODE_LIST ? c->n : 1;
    r->conf->milter.sign = value_array(r, key->path, &(struct node){ .place = n->place, .n = all },
                                       sizeof *r->conf->milter.sign);
    if (!r->conf->milter.sign)
        return false;
    for (const struct node *c = n->first; c; c = c->next)
        if (!read_domain(r, key, c))
            return false;
    return true;
}

/* --- lists --- */

bool conf_mail_lists_read(struct reading *r, const struct key *key, const struct node *n)
{
    struct conf_milter *m = &r->conf->milter;
    if (!value_names(r, key, &form_account, n))
        return false;
    m->lists = value_array(r, key->path, n, sizeof *m->lists);
    if (!m->lists)
        return false;
    for (const struct node *c = n->first; c; c = c->next) {
        struct conf_list_manager *list = &m->lists[m->lists_n];
        list->place = c->key_place;
        list->pattern = arena_str(&r->conf->arena, c->key);
        if (!list->pattern)
            return conf_fault(r->why, &c->place, key->path, READING_NO_MEMORY);
        if (!conf_record_init(r, &conf_record_mail_list, list) ||
            !conf_record_read(r, key, c, list))
            return false;
        m->lists_n++;
    }
    return true;
}

static bool has_key_for(const struct conf_milter *m, struct slice domain)
{
    for (size_t i = 0; i < m->sign_n; i++) {
        struct slice signer = slice_of_str(m->sign[i].domain);
        if (slice_equal_nocase(signer, domain))
            return true;
        if (m->sign[i].subdomains && domain.n > signer.n && slice_ends_nocase(domain, signer) &&
            domain.p[domain.n - signer.n - 1] == '.')
            return true;
    }
    return false;
}

static bool has(const struct conf_list *list, struct slice text)
{
    for (size_t i = 0; i < list->n; i++)
        if (slice_equal_nocase(slice_of_str(list->at[i]), text))
            return true;
    return false;
}

/* Who is Suspicious, and what is strict, only the draft's own practices say. */
static bool acts_on_ssp(const struct conf_list_manager *list)
{
    return list->kind == CONF_LIST_RESENDING && (list->reject_suspicious || list->reject_strict);
}

static bool check_lists(struct reading *r)
{
    const struct conf_milter *m = &r->conf->milter;
    for (size_t i = 0; i < m->lists_n; i++) {
        struct slice local, domain;
        (void)slice_cut_last(slice_of_str(m->lists[i].sender), '@', &local, &domain);
        if (!has_key_for(m, domain))
            return conf_fault(r->why, &m->lists[i].place, "milter.lists.sender",
                              "milter.sign has no key for %.*s", SLICE_ARG(domain));
        if (acts_on_ssp(&m->lists[i]) && !has(&m->practices, SLICE("ssp")))
            return conf_fault(r->why, &m->lists[i].place, "milter.lists",
                              "rejects by practices, and milter.practices has no ssp");
    }
    return true;
}

/* --- what no single row can say --- */

static bool check_practices(struct reading *r)
{
    struct conf_milter *m = &r->conf->milter;
    struct conf_place place = conf_place_of(r->conf, "milter.practices-act");
    if (!m->practices_act && m->practices.n)
        m->practices_act = m->practices.at[0];
    if (m->practices_act && !has(&m->practices, slice_of_str(m->practices_act)))
        return conf_fault(r->why, &place, "milter.practices-act",
                          "\"%s\" is not among milter.practices", m->practices_act);
    return true;
}

/* RFC 6376 §5.4: the From field must be signed. */
static bool check_headers(struct reading *r)
{
    struct conf_place place = conf_place_of(r->conf, "milter.sign-headers");
    const struct conf_list *list = &r->conf->milter.sign_headers;
    if (list->n && !has(list, SLICE("from")))
        return conf_fault(r->why, &place, "milter.sign-headers", "From is missing");
    return true;
}

/* An empty list is the default; `none` is the word for no field. */
static bool check_oversign(struct reading *r)
{
    struct conf_place place = conf_place_of(r->conf, "milter.oversign");
    const struct conf_list *list = &r->conf->milter.oversign;
    if (list->n > 1 && has(list, SLICE("none")))
        return conf_fault(r->why, &place, "milter.oversign", "`none` stands alone or not at all");
    return true;
}

bool conf_milter_check(struct reading *r)
{
    struct conf_milter *m = &r->conf->milter;
    if (!m->authserv_id)
        m->authserv_id = r->conf->submission.hostname;
    return check_practices(r) && check_headers(r) && check_oversign(r) && check_lists(r);
}
