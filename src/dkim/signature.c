/* SPDX-License-Identifier: ISC */
#include "dkim/signature.h"

#include <string.h>

#include "dkim/encoding.h"
#include "dkim/tag.h"

#define TIME_DIGITS_MAX   20 /* RFC 6376 §3.5 writes 12, and wants larger values read */
#define LENGTH_DIGITS_MAX 76 /* sig-l-tag */
#define BODY_HASH_ROOM    256
#define KEY_NAME_MORE     (sizeof "._domainkey." - 1)

struct reading {
    struct arena *arena;
    struct dkim_signature *out;
    const struct tag *tag; /* the one that is read */
    enum postern_dkim_result result;
    const char *why;
    bool no_memory;
};

/* Reads one tag into out. False: the row's fault, unless it was said more exactly. */
typedef bool read_tag(struct reading *r, struct slice value);

struct row {
    struct slice name;
    read_tag *read;
    const char *missing; /* NULL: the tag is optional */
    const char *faulty;
};

/* What cannot be read comes before what cannot be: the first of each kind is kept. */
static void note(struct reading *r, enum postern_dkim_result result, const char *why)
{
    if (result < r->result) {
        r->result = result;
        r->why = why;
    }
}

static bool refuse(struct reading *r, enum postern_dkim_result result, const char *why)
{
    note(r, result, why);
    return true;
}

static bool no_memory(struct reading *r)
{
    r->no_memory = true;
    return true;
}

static bool read_version(struct reading *r, struct slice value)
{
    (void)r;
    return slice_equal(value, SLICE("1"));
}

static bool is_printable(struct slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < 0x20 || text.p[i] == 0x7f)
            return false;
    return slice_is_utf8(text);
}

/* Values are compared with case (§3.2). */
static bool read_algorithm(struct reading *r, struct slice value)
{
    if (is_printable(value) && !(r->out->algorithm_text = arena_str(r->arena, value)))
        return no_memory(r);
    if (slice_equal(value, SLICE("rsa-sha1"))) {
        r->out->algorithm = DKIM_RSA_SHA1;
        return refuse(r, POSTERN_DKIM_PERMERROR, "rsa-sha1 is accepted no more (RFC 8301)");
    }
    if (slice_equal(value, SLICE("ed25519-sha256")))
        r->out->algorithm = DKIM_ED25519_SHA256;
    return r->out->algorithm == DKIM_ED25519_SHA256 || slice_equal(value, SLICE("rsa-sha256"));
}

static bool read_canon(struct slice word, enum postern_dkim_canon *out)
{
    if (slice_equal(word, SLICE("relaxed")))
        *out = POSTERN_DKIM_RELAXED;
    return *out == POSTERN_DKIM_RELAXED || slice_equal(word, SLICE("simple"));
}

/* Header "/" body; a body that is not named is simple. */
static bool read_canons(struct reading *r, struct slice value)
{
    struct slice header, body;
    bool both = slice_cut(value, '/', &header, &body);
    return read_canon(header, &r->out->header) && (!both || read_canon(body, &r->out->body));
}

/* sub-domain *( "." sub-domain ): no dot at the end, where From may have one */
static bool read_name(struct slice value, struct domain *out)
{
    return value.n && value.p[value.n - 1] != '.' && domain_parse(value, out);
}

/* domain-name = sub-domain 1*( "." sub-domain ) */
static bool read_domain(struct reading *r, struct slice value)
{
    struct domain d;
    if (!read_name(value, &d) || domain_labels(&d) < 2)
        return false;
    r->out->domain = d;
    return true;
}

static bool read_selector(struct reading *r, struct slice value)
{
    struct domain s;
    if (!read_name(value, &s))
        return false;
    r->out->selector = s;
    if (s.n + KEY_NAME_MORE + r->out->domain.n > DOMAIN_MAX)
        return refuse(r, POSTERN_DKIM_PERMERROR, "s= and d= are too long for a key's name");
    return true;
}

static bool read_query(struct reading *r, struct slice value)
{
    (void)r;
    struct slice method;
    while (tag_element_next(&value, &method))
        if (slice_equal(method, SLICE("dns/txt")))
            return true;
    return false;
}

static bool read_body_hash(struct reading *r, struct slice value)
{
    uint8_t octets[DKIM_BASE64_ROOM(BODY_HASH_ROOM)];
    size_t n = 0;
    bool fits = value.n <= BODY_HASH_ROOM;
    if (value.n == 0 || (fits && !dkim_base64_decode(value, octets, &n)))
        return false;
    if (n == DKIM_HASH_OCTETS)
        memcpy(r->out->body_hash, octets, n);
    else if (r->out->algorithm != DKIM_RSA_SHA1)
        note(r, POSTERN_DKIM_PERMERROR, "bh= has not the length of a SHA-256 hash");
    return true;
}

static bool is_folding(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool read_octets(struct reading *r, struct slice value)
{
    r->out->b_at = r->tag->at;
    r->out->b_end = r->tag->end;
    if (value.n == 0 || value.n > DKIM_SIGNATURE_B_MAX)
        return false;
    uint8_t *text = arena_alloc(r->arena, value.n);
    uint8_t *octets = arena_alloc(r->arena, DKIM_BASE64_ROOM(value.n));
    if (!text || !octets)
        return no_memory(r);
    size_t n = 0, octets_n;
    for (size_t i = 0; i < value.n; i++)
        if (!is_folding(value.p[i]))
            text[n++] = value.p[i];
    if (!dkim_base64_decode((struct slice){ text, n }, octets, &octets_n))
        return false;
    r->out->text = (struct slice){ text, n };
    r->out->octets = (struct slice){ octets, octets_n };
    return true;
}

/* hdr-name = field-name (RFC 5322 §3.6.8): visible, no colon */
static bool is_field_name(struct slice name)
{
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] <= 0x20 || name.p[i] >= 0x7f)
            return false;
    return name.n > 0;
}

static size_t count_names(struct slice value)
{
    size_t n = 1;
    for (size_t i = 0; i < value.n; i++)
        n += value.p[i] == ':';
    return n;
}

static bool read_names(struct reading *r, struct slice value)
{
    size_t n = count_names(value), i = 0;
    bool from = false;
    if (n > DKIM_SIGNATURE_NAMES_MAX)
        return refuse(r, POSTERN_DKIM_NEUTRAL, "h= has too many names");
    struct slice *names = arena_alloc(r->arena, n * sizeof *names);
    if (!names)
        return no_memory(r);
    while (tag_element_next(&value, &names[i])) {
        if (!is_field_name(names[i]))
            return false;
        from = from || slice_equal_nocase(names[i], SLICE("from"));
        i++;
    }
    r->out->names = names;
    r->out->names_n = i;
    if (!from)
        note(r, POSTERN_DKIM_PERMERROR, "From is not signed: h= does not have it");
    return true;
}

/* [ Local-part ] "@" domain-name: decoded, with the domain as A-labels. */
static bool write_identity(struct reading *r, struct slice local, const struct domain *at)
{
    uint8_t *text = arena_alloc(r->arena, local.n + 1 + at->n + 1);
    if (!text)
        return no_memory(r);
    if (local.n)
        memcpy(text, local.p, local.n);
    text[local.n] = '@';
    memcpy(text + local.n + 1, at->text, at->n + 1);
    r->out->identity = (const char *)text;
    r->out->identity_at = *at;
    return true;
}

static bool read_identity(struct reading *r, struct slice value)
{
    uint8_t octets[DKIM_SIGNATURE_I_MAX];
    struct slice text = { octets, 0 }, local, domain;
    struct domain at;
    if (value.n > sizeof octets || !dkim_quoted_decode(value, octets, &text.n))
        return false;
    if (!slice_cut_last(text, '@', &local, &domain) || !is_printable(local) ||
        !read_name(domain, &at))
        return false;
    if (r->out->domain.n && !domain_within(&at, &r->out->domain))
        note(r, POSTERN_DKIM_PERMERROR, "the domain of i= is not under d=");
    return write_identity(r, local, &at);
}

/* 1*most DIGIT; what is larger than any number here is the largest. */
static bool read_number(struct slice value, size_t most, int64_t *out)
{
    uint64_t number = INT64_MAX;
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] < '0' || value.p[i] > '9')
            return false;
    if (value.n == 0 || value.n > most)
        return false;
    if (!slice_to_u64(value, 0, INT64_MAX, &number))
        number = INT64_MAX;
    *out = (int64_t)number;
    return true;
}

static bool read_length(struct reading *r, struct slice value)
{
    return read_number(value, LENGTH_DIGITS_MAX, &r->out->body_length);
}

static bool read_signed_at(struct reading *r, struct slice value)
{
    return read_number(value, TIME_DIGITS_MAX, &r->out->signed_at);
}

static bool read_expires_at(struct reading *r, struct slice value)
{
    if (!read_number(value, TIME_DIGITS_MAX, &r->out->expires_at))
        return false;
    if (r->out->expires_at <= r->out->signed_at)
        note(r, POSTERN_DKIM_PERMERROR, "x= is not after t=");
    return true;
}

static bool read_copied(struct reading *r, struct slice value)
{
    r->out->copied = value;
    return true;
}

/* clang-format off */
/* In an order in which each finds what it needs: bh= the algorithm, s= and i= the domain, x= the time. */
static const struct row rows[] = {
    { SLICE_INIT("v"),  read_version,    "there is no v=",  "v= is not 1" },
    { SLICE_INIT("a"),  read_algorithm,  "there is no a=",  "a= names an algorithm that is not known" },
    { SLICE_INIT("b"),  read_octets,     "there is no b=",  "b= is not base64" },
    { SLICE_INIT("bh"), read_body_hash,  "there is no bh=", "bh= is not base64" },
    { SLICE_INIT("d"),  read_domain,     "there is no d=",  "d= is no domain name" },
    { SLICE_INIT("s"),  read_selector,   "there is no s=",  "s= is no selector" },
    { SLICE_INIT("h"),  read_names,      "there is no h=",  "h= has what is no field name" },
    { SLICE_INIT("c"),  read_canons,     NULL,              "c= names what is not known" },
    { SLICE_INIT("q"),  read_query,      NULL,              "q= does not have dns/txt" },
    { SLICE_INIT("i"),  read_identity,   NULL,              "i= is no identity" },
    { SLICE_INIT("l"),  read_length,     NULL,              "l= is no number" },
    { SLICE_INIT("t"),  read_signed_at,  NULL,              "t= is no number" },
    { SLICE_INIT("x"),  read_expires_at, NULL,              "x= is no number" },
    { SLICE_INIT("z"),  read_copied,     NULL,              "" },
};
/* clang-format on */

static void read_rows(struct reading *r, const struct tag_list *list)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        r->tag = tag_find(list, rows[i].name);
        if (!r->tag && rows[i].missing)
            note(r, POSTERN_DKIM_NEUTRAL, rows[i].missing);
        if (r->tag && !rows[i].read(r, r->tag->value))
            note(r, POSTERN_DKIM_NEUTRAL, rows[i].faulty);
    }
    if (!tag_find(list, SLICE("i")) && r->out->domain.n)
        (void)write_identity(r, (struct slice){ 0 }, &r->out->domain); /* no memory: noted */
}

enum postern_dkim_result dkim_signature_parse(struct slice value, struct arena *arena,
                                              struct dkim_signature *out, const char **why)
{
    struct tag_list list;
    struct fault fault;
    *out = (struct dkim_signature){ .signed_at = -1, .expires_at = -1, .body_length = -1 };
    if (!tag_list_parse(value, TAG_FOLDED, &list, &fault)) {
        *why = fault.what;
        return POSTERN_DKIM_NEUTRAL;
    }
    struct reading r = { .arena = arena, .out = out, .result = POSTERN_DKIM_PASS };
    read_rows(&r, &list);
    if (r.no_memory)
        return POSTERN_DKIM_NONE;
    if (r.why)
        *why = r.why;
    return r.result;
}
