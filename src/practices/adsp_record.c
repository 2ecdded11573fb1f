/* SPDX-License-Identifier: ISC */
#include "practices/adsp_record.h"

#include "dkim/tag.h"

static const char *const practices[] = {
    [ADSP_UNKNOWN] = "unknown",
    [ADSP_ALL] = "all",
    [ADSP_DISCARDABLE] = "discardable",
};

const char *adsp_practice_text(enum adsp_practice practice)
{
    return practices[practice];
}

/* §4.2.1: "Any other values are treated as 'unknown'". ABNF strings have no case. */
static struct adsp_record of_value(struct slice value)
{
    for (unsigned i = 0; i < ARRAY_SIZE(practices); i++)
        if (slice_equal_nocase(value, slice_of_str(practices[i])))
            return (struct adsp_record){ .practice = (enum adsp_practice)i };
    return (struct adsp_record){ .practice = ADSP_UNKNOWN, .other_value = true };
}

/* §4.2.1: the record starts with the tag, "so the first four characters of the record are lowercase
 * 'dkim', followed by optional whitespace and '='"; white space is SP and HTAB only. */
bool adsp_record_parse(struct slice text, struct adsp_record *out, struct fault *why)
{
    struct tag_list list;
    if (!slice_starts(text, SLICE("dkim"))) {
        *why = (struct fault){ .what = "does not begin with dkim=" };
        return false;
    }
    if (!tag_list_parse(text, TAG_SPACED, &list, why))
        return false;
    if (!slice_equal(list.tags[0].name, SLICE("dkim"))) {
        *why = (struct fault){ .what = "does not begin with dkim=" };
        return false;
    }
    *out = of_value(list.tags[0].value);
    return true;
}
