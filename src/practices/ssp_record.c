/* SPDX-License-Identifier: ISC */
#include "practices/ssp_record.h"

#include "dkim/tag.h"

static const char *const practices[] = {
    [SSP_UNKNOWN] = "unknown",
    [SSP_ALL] = "all",
    [SSP_STRICT] = "strict",
};

const char *ssp_practice_text(enum ssp_practice practice)
{
    return practices[practice];
}

static bool is_alpha(uint8_t c)
{
    return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

static bool is_alnum(uint8_t c)
{
    return is_alpha(c) || (c >= '0' && c <= '9');
}

bool ssp_is_flag(struct slice text)
{
    if (!text.n || !is_alpha(text.p[0]) || !is_alnum(text.p[text.n - 1]))
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (!is_alnum(text.p[i]) && text.p[i] != '-')
            return false;
    return true;
}

static void skip(struct ssp_record *r, const char *what, struct slice text)
{
    if (r->skipped_n < SSP_SKIPPED_MAX)
        r->skipped[r->skipped_n++] = (struct ssp_skipped){ what, text };
}

/* ABNF strings have no case (RFC 4234 §2.3): S3. */
static bool is_word(struct slice value, const char *word)
{
    return slice_equal_nocase(value, slice_of_str(word));
}

/* p=, "plain-text; OPTIONAL, default is unknown" */
static void read_p(struct ssp_record *r, struct slice value)
{
    for (int p = SSP_UNKNOWN; p <= SSP_STRICT; p++) {
        if (is_word(value, practices[p])) {
            r->p = (enum ssp_practice)p;
            return;
        }
    }
    skip(r, "value of p=", value);
}

/* u=, "plain-text; OPTIONAL, default is no" */
static void read_u(struct ssp_record *r, struct slice value)
{
    r->has_u = true;
    r->user = is_word(value, "yes");
    if (!r->user && !is_word(value, "no"))
        skip(r, "value of u=", value);
}

/* t=, "Unrecognized flags MUST be ignored"; ill-formed ones are too, one by one (S5). */
static void read_t(struct ssp_record *r, struct slice value)
{
    struct slice flag;
    while (tag_element_next(&value, &flag)) {
        if (is_word(flag, "y"))
            r->testing = true;
        else if (is_word(flag, "s"))
            r->own_only = true;
        else
            skip(r, ssp_is_flag(flag) ? "unknown flag of t=" : "ill-formed flag of t=", flag);
    }
}

bool ssp_record_parse(struct slice text, struct ssp_record *out, struct fault *why)
{
    /* clang-format off */
    static const struct {
        struct slice name;
        void (*read)(struct ssp_record *, struct slice);
    } known[] = {
        { SLICE_INIT("p"), read_p },
        { SLICE_INIT("u"), read_u },
        { SLICE_INIT("t"), read_t },
    };
    /* clang-format on */
    struct ssp_record r = { .p = SSP_UNKNOWN };
    struct tag_list list;
    /* VALCHAR is ASCII here: the draft is older than RFC 8616. */
    if (!slice_is_ascii(text)) {
        *why = (struct fault){ .what = "not ASCII" };
        return false;
    }
    if (!tag_list_parse(text, TAG_FOLDED, &list, why))
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        const struct tag *tag = tag_find(&list, known[i].name);
        if (tag)
            known[i].read(&r, tag->value);
    }
    *out = r;
    return true;
}
