/* SPDX-License-Identifier: ISC */
#include "practices/dmarc_record.h"

#include "dkim/tag.h"

static const char *const policies[] = {
    [DMARC_NONE] = "none",
    [DMARC_QUARANTINE] = "quarantine",
    [DMARC_REJECT] = "reject",
};

const char *dmarc_policy_text(enum dmarc_policy policy)
{
    return policies[policy];
}

/* The first value of each tag that counts here; p NULL: not there. */
struct values {
    struct slice p, sp, np, psd, t, adkim, rua;
};

static bool is_word(struct slice value, const char *word)
{
    return slice_equal_nocase(value, slice_of_str(word));
}

static bool policy_of(struct slice value, enum dmarc_policy *out)
{
    for (unsigned i = 0; i < ARRAY_SIZE(policies); i++) {
        if (is_word(value, policies[i])) {
            *out = (enum dmarc_policy)i;
            return true;
        }
    }
    return false;
}

/* ---- dmarc-uri (§4.8): a URI of RFC 3986 ---- */

static bool is_alpha(uint8_t c)
{
    return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(uint8_t c)
{
    return is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f');
}

/* RFC 3986 §3.1 */
static bool is_scheme(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_alpha(s.p[i]) &&
            (i == 0 || (!is_digit(s.p[i]) && !slice_has(SLICE("+-."), s.p[i]))))
            return false;
    return s.n > 0;
}

/* RFC 3986 §2, without the "!" and "," that must be encoded here */
static bool is_uri_rest(struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if (c == '%' && (s.n - i < 3 || !is_hex(s.p[i + 1]) || !is_hex(s.p[i + 2])))
            return false;
        if (!is_alpha(c) && !is_digit(c) && !slice_has(SLICE("%-._~:/?#[]@$&'()*+;="), c))
            return false;
    }
    return s.n > 0;
}

/* obs-dmarc-report-size = "!" 1*DIGIT [ "k" / "m" / "g" / "t" ] */
static bool is_size(struct slice s)
{
    if (s.n && slice_has(SLICE("kmgt"), ascii_lower(s.p[s.n - 1])))
        s.n--;
    for (size_t i = 0; i < s.n; i++)
        if (!is_digit(s.p[i]))
            return false;
    return s.n > 0;
}

static bool is_uri(struct slice s)
{
    struct slice scheme, rest, size;
    if (!slice_cut(s, ':', &scheme, &rest) || !is_scheme(scheme))
        return false;
    return slice_cut_last(rest, '!', &rest, &size) ? is_uri_rest(rest) && is_size(size)
                                                   : is_uri_rest(rest);
}

static bool has_uri(struct slice list)
{
    struct slice one;
    for (bool more = list.n > 0; more;) {
        more = slice_cut(list, ',', &one, &list);
        if (is_uri(slice_trim(one)))
            return true;
    }
    return false;
}

/* ---- the record ---- */

/* §4.10.1: without a valid p=, or with an sp= or np= that is not valid, the record counts as p=none
 * where it says whom to report to, and else for nothing. */
static void read_policies(const struct values *v, struct dmarc_record *out)
{
    bool valid = v->p.p && policy_of(v->p, &out->p);
    out->has_sp = v->sp.p != NULL;
    out->has_np = v->np.p != NULL;
    valid = valid && (!out->has_sp || policy_of(v->sp, &out->sp));
    valid = valid && (!out->has_np || policy_of(v->np, &out->np));
    if (!valid) {
        out->has_sp = out->has_np = false;
        out->p = DMARC_NONE;
        out->without_effect = !has_uri(v->rua);
    }
    if (!out->has_sp)
        out->sp = out->p;
    if (!out->has_np)
        out->np = out->sp;
}

static void keep(struct values *v, const struct tag *tag)
{
    const struct {
        const char *name;
        struct slice *value;
    } known[] = {
        { "p", &v->p }, { "sp", &v->sp },       { "np", &v->np },   { "psd", &v->psd },
        { "t", &v->t }, { "adkim", &v->adkim }, { "rua", &v->rua },
    };
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (!known[i].value->p && slice_equal(tag->name, slice_of_str(known[i].name)))
            *known[i].value = tag->value;
}

/* dmarc-version = "v" equals %s"DMARC1", first of all and without white space before it */
static bool has_version(struct slice text, struct tag_reader *tags)
{
    struct tag tag;
    struct fault why;
    *tags = tag_reader_of(text, TAG_SPACED);
    return slice_starts(text, SLICE("v")) && tag_next(tags, &tag, &why) == 1 &&
           slice_equal(tag.name, SLICE("v")) && slice_equal(tag.value, SLICE("DMARC1"));
}

bool dmarc_record_parse(struct slice text, struct dmarc_record *out)
{
    struct values v = { 0 };
    struct tag_reader tags;
    struct tag tag;
    struct fault why;
    int rc;
    if (!has_version(text, &tags))
        return false;
    while ((rc = tag_next(&tags, &tag, &why)) != 0)
        if (rc > 0)
            keep(&v, &tag);
    *out = (struct dmarc_record){ .psd = is_word(v.psd, "y")   ? DMARC_PSD_YES
                                         : is_word(v.psd, "n") ? DMARC_PSD_NO
                                                               : DMARC_PSD_UNKNOWN,
                                  .strict = is_word(v.adkim, "s"),
                                  .testing = is_word(v.t, "y") };
    read_policies(&v, out);
    return true;
}
