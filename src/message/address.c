/* SPDX-License-Identifier: ISC */
#include "message/address.h"

/* Matchers: 1 it was there and the cursor moved, 0 it is not there and the cursor stayed, -1 it is
 * there but broken (*why is set). Grammar functions fold them into true and false. */
struct cursor {
    struct slice in;
    size_t at;
    uint8_t *out; /* what is written; room for every byte of in */
    size_t out_n;
    struct fault *why;
    bool lenient; /* see message_authors_parse */
};

static bool fail(const struct cursor *c, const char *what)
{
    *c->why = (struct fault){ .at = c->at, .what = what };
    return false;
}

static int broken(const struct cursor *c, const char *what)
{
    (void)fail(c, what); /* always false */
    return -1;
}

static struct slice ahead(const struct cursor *c)
{
    return slice_from(c->in, c->at);
}

static bool sees(const struct cursor *c, uint8_t byte)
{
    return c->at < c->in.n && c->in.p[c->at] == byte;
}

static bool take(struct cursor *c, uint8_t byte)
{
    if (!sees(c, byte))
        return false;
    c->at++;
    return true;
}

static void put(struct cursor *c, uint8_t byte)
{
    c->out[c->out_n++] = byte;
}

static void copy(struct cursor *c)
{
    put(c, c->in.p[c->at++]);
}

static struct slice written(const struct cursor *c, size_t from)
{
    return (struct slice){ c->out + from, c->out_n - from };
}

/* Text of comments, quoted strings and literals: printable ASCII, or 8-bit (RFC 6532 §3.2). */
static bool is_text(uint8_t c)
{
    return c > 0x20 && c != 0x7f;
}

static bool is_atext(uint8_t c)
{
    return is_text(c) && !slice_has(SLICE("()<>[]:;@\\,.\""), c);
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* One blank, or the CRLF of a fold (FWS, obs-FWS) or of the value's end. */
static size_t space_at(struct slice s)
{
    if (s.n && is_blank(s.p[0]))
        return 1;
    bool crlf = slice_starts(s, SLICE("\r\n"));
    return crlf && (s.n == 2 || is_blank(s.p[2])) ? 2 : 0;
}

/* quoted-pair: the length of it, with VCHAR, a blank or 8-bit behind the backslash */
static size_t quoted_pair_at(struct slice s)
{
    if (s.n < 2 || s.p[0] != '\\')
        return 0;
    return is_text(s.p[1]) || is_blank(s.p[1]) ? 2 : 0;
}

/* comment = "(" *([FWS] ccontent) [FWS] ")", nested: counted, not recursed */
static int comment(struct cursor *c)
{
    size_t depth = 0;
    if (!sees(c, '('))
        return 0;
    do {
        struct slice s = ahead(c);
        size_t n = space_at(s);
        if (!n)
            n = quoted_pair_at(s);
        if (!n && s.n && s.p[0] != '\\')
            n = is_text(s.p[0]);
        if (!n)
            return broken(c, s.n ? "wrong byte in a comment" : "comment not closed");
        depth += s.p[0] == '(';
        depth -= s.p[0] == ')';
        c->at += n;
    } while (depth);
    return 1;
}

/* CFWS */
static int spaces(struct cursor *c)
{
    size_t from = c->at;
    int found;
    do {
        for (size_t n; (n = space_at(ahead(c)));)
            c->at += n;
        found = comment(c);
    } while (found > 0);
    return found < 0 ? -1 : c->at > from;
}

static int atom(struct cursor *c)
{
    size_t from = c->at;
    while (c->at < c->in.n && is_atext(c->in.p[c->at]))
        copy(c);
    return c->at > from;
}

/* quoted-string, written with its quotes and without the CRLF of folds */
static int quoted_string(struct cursor *c)
{
    if (!sees(c, '"'))
        return 0;
    copy(c);
    while (!sees(c, '"')) {
        struct slice s = ahead(c);
        if (space_at(s) == 2) {
            c->at += 2;
        } else if (quoted_pair_at(s)) {
            copy(c);
            copy(c);
        } else if (s.n && s.p[0] != '\\' && (is_text(s.p[0]) || is_blank(s.p[0]))) {
            copy(c);
        } else {
            return broken(c, s.n ? "wrong byte in a quoted string" : "quoted string not closed");
        }
    }
    copy(c);
    return 1;
}

static int word(struct cursor *c)
{
    return sees(c, '"') ? quoted_string(c) : atom(c);
}

/* domain-literal = "[" *([FWS] dtext) [FWS] "]", without obs-dtext, folding left out */
static int domain_literal(struct cursor *c)
{
    if (!sees(c, '['))
        return 0;
    copy(c);
    while (!sees(c, ']')) {
        struct slice s = ahead(c);
        size_t n = space_at(s);
        if (n)
            c->at += n;
        else if (s.n && is_text(s.p[0]) && s.p[0] != '[' && s.p[0] != '\\')
            copy(c);
        else
            return broken(c, "wrong domain literal");
    }
    copy(c);
    return 1;
}

/* item *( [CFWS] "." [CFWS] item ), CFWS around it skipped: obs-local-part and obs-domain */
static bool dotted(struct cursor *c, int (*item)(struct cursor *), const char *otherwise)
{
    do {
        if (spaces(c) < 0)
            return false;
        int found = item(c);
        if (found <= 0)
            return found == 0 ? fail(c, otherwise) : false;
        if (spaces(c) < 0)
            return false;
        if (sees(c, '.'))
            put(c, '.');
    } while (take(c, '.'));
    return true;
}

/* What stands behind a domain that was written with the root's dot. */
static int atom_or_root(struct cursor *c)
{
    bool behind_a_dot = c->out_n && c->out[c->out_n - 1] == '.';
    int found = atom(c);
    return found || (c->lenient && behind_a_dot && !sees(c, '.'));
}

static bool domain(struct cursor *c)
{
    if (spaces(c) < 0)
        return false;
    int literal = domain_literal(c);
    if (literal > 0)
        return spaces(c) >= 0;
    return literal == 0 && dotted(c, atom_or_root, "wrong domain");
}

static bool addr_spec(struct cursor *c, struct message_mailbox *out)
{
    size_t from = c->out_n;
    if (!dotted(c, word, "no local part"))
        return false;
    out->local = written(c, from);
    if (!take(c, '@'))
        return fail(c, "no @ behind the local part");
    from = c->out_n;
    if (!domain(c))
        return false;
    out->domain = written(c, from);
    if (!slice_is_utf8(out->local) || !slice_is_utf8(out->domain))
        return fail(c, "address is not UTF-8");
    return true;
}

/* obs-route = obs-domain-list ":", skipped (RFC 5322 §4.4) */
static bool route(struct cursor *c)
{
    size_t keep = c->out_n;
    while (sees(c, '@') || sees(c, ',')) {
        if (take(c, '@') && !domain(c))
            return false;
        if (sees(c, ':'))
            break;
        if (!take(c, ','))
            return fail(c, "wrong route");
        if (spaces(c) < 0)
            return false;
    }
    bool any = c->out_n > keep;
    c->out_n = keep;
    return (any && take(c, ':')) || fail(c, "wrong route");
}

/* angle-addr */
static bool angle_addr(struct cursor *c, struct message_mailbox *out)
{
    if (!take(c, '<'))
        return fail(c, "no <");
    if (spaces(c) < 0)
        return false;
    if ((sees(c, '@') || sees(c, ',')) && !route(c))
        return false;
    if (!addr_spec(c, out))
        return false;
    return take(c, '>') || fail(c, "no > behind an address");
}

/* phrase, obs-phrase: words and dots as written, one space for whatever stood between them. It may
 * be missing; it cannot start with a dot. */
static bool phrase(struct cursor *c, struct slice *out)
{
    size_t from = c->out_n;
    int spaced = spaces(c), found;
    while (spaced >= 0) {
        size_t before = c->out_n;
        if (spaced && before > from)
            put(c, ' ');
        if (before > from && sees(c, '.')) {
            copy(c);
            found = 1;
        } else {
            found = word(c);
        }
        if (found < 0)
            return false;
        if (!found) {
            c->out_n = before;
            *out = written(c, from);
            return true;
        }
        spaced = spaces(c);
    }
    return false;
}

enum shape { NOTHING, ADDRESS, NAMED, GROUP, WRONG };

/* What the next element of the list is, by the first special that is no part of a phrase. */
static enum shape shape_of(struct cursor c)
{
    struct slice first_words;
    size_t from = c.out_n;
    if (!phrase(&c, &first_words))
        return WRONG;
    if (sees(&c, '@'))
        return ADDRESS;
    if (sees(&c, '<'))
        return NAMED;
    if (sees(&c, ':'))
        return GROUP;
    if (c.out_n == from && (c.at == c.in.n || sees(&c, ',') || sees(&c, ';')))
        return NOTHING;
    (void)fail(&c, c.at < c.in.n && !sees(&c, ',') && !sees(&c, ';')
                       ? "wrong byte in an address list"
                       : "a name without an address"); /* always false */
    return WRONG;
}

struct list {
    bool in_group;
    bool any; /* a mailbox or a group */
    size_t max, n;
    struct message_mailbox *out;
};

static bool one_mailbox(struct cursor *c, struct list *list, bool named)
{
    struct message_mailbox mailbox = { 0 };
    if (list->n == list->max)
        return fail(c, "too many addresses");
    if (named && !phrase(c, &mailbox.display))
        return false;
    if (!(named ? angle_addr(c, &mailbox) : addr_spec(c, &mailbox)))
        return false;
    list->out[list->n++] = mailbox;
    list->any = true;
    return spaces(c) >= 0;
}

/* display-name ":" */
static bool group_start(struct cursor *c, struct list *list)
{
    struct slice name;
    if (!phrase(c, &name))
        return false;
    if (list->in_group || name.n == 0)
        return fail(c, list->in_group ? "group within a group" : "group without a name");
    list->in_group = list->any = true;
    return take(c, ':');
}

static bool one_element(struct cursor *c, struct list *list, bool *group_started)
{
    enum shape shape = shape_of(*c);
    *group_started = shape == GROUP;
    switch (shape) {
    case NOTHING: return spaces(c) >= 0;
    case ADDRESS: return one_mailbox(c, list, false);
    case NAMED: return one_mailbox(c, list, true);
    case GROUP: return group_start(c, list);
    case WRONG: return false;
    }
    return false;
}

/* ";" ends a group, and only "," or the end may follow; true when the list may go on. */
static bool separator(struct cursor *c, struct list *list)
{
    if (list->in_group && take(c, ';')) {
        list->in_group = false;
        if (spaces(c) < 0)
            return false;
    }
    if (c->at == c->in.n)
        return !list->in_group || fail(c, "group not closed");
    return take(c, ',') || fail(c, "no comma behind an address");
}

static bool parse_list(struct cursor *c, struct arena *arena, struct list *list)
{
    bool group_started;
    c->out = arena_alloc(arena, c->in.n);
    if (!c->out)
        return fail(c, "address list too long");
    do {
        if (!one_element(c, list, &group_started))
            return false;
        if (!group_started && !separator(c, list))
            return false;
    } while (c->at < c->in.n);
    return !list->in_group || fail(c, "group not closed");
}

bool message_addresses_parse(struct slice value, struct arena *arena, size_t max,
                             struct message_mailbox *out, size_t *out_n, struct fault *why)
{
    struct cursor c = { .in = value, .why = why };
    struct list list = { .max = max, .out = out };
    if (!parse_list(&c, arena, &list))
        return false;
    if (!list.any)
        return fail(&c, "no address");
    *out_n = list.n;
    return true;
}

bool message_authors_parse(struct slice value, struct arena *arena, size_t max,
                           struct message_mailbox *out, size_t *out_n, struct fault *why)
{
    struct cursor c = { .in = value, .why = why, .lenient = true };
    struct list list = { .max = max, .out = out };
    if (!parse_list(&c, arena, &list))
        return false;
    *out_n = list.n;
    return true;
}
