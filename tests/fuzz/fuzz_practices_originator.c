/* SPDX-License-Identifier: ISC */
#include "property.h"

#include <string.h>

#include "practices/practices_internal.h"

static void check_address(const struct postern_originator *o)
{
    struct domain again;
    struct slice local, domain, address = slice_of_str(postern_originator_address(o));
    must(slice_cut_last(address, '@', &local, &domain) && local.n);
    must(slice_equal(domain, slice_of_str(postern_originator_domain(o))));
    must(domain_parse(domain, &again) && strcmp(again.text, o->domain.text) == 0);
    must(o->user.n <= local.n && slice_is_utf8(o->user));
    must(originator_matches(o, postern_originator_address(o), false));
    must(o->addresses >= 1 && o->domains >= 1 && o->domains <= o->addresses);
}

/* A user-level name is one label below, of letters, digits and hyphens. */
static void check_user_name(const struct postern_originator *o)
{
    char *name = practices_user_name(o->user, &o->domain);
    if (name) {
        struct slice label, rest;
        struct domain again;
        must(slice_cut(slice_of_str(name), '.', &label, &rest));
        must(label.n >= 1 && label.n <= 63 && slice_starts(rest, SLICE("_user.")));
        must(domain_parse(slice_of_str(name), &again));
    }
    free(name);
}

/* The first byte chooses where the text is cut: a From field, and an identity or another From field. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size }, from, rest;
    bool second = choice(&in) & 1;
    struct postern_originator *o = postern_originator_new();
    must(o != NULL);
    bool cut = slice_cut(in, 0, &from, &rest);
    must(postern_originator_from(o, from.p, from.n) == 0);
    if (cut && second)
        must(postern_originator_from(o, rest.p, rest.n) == 0);
    must(postern_originator_fault_text(postern_originator_fault(o)) != NULL);
    bool fine = postern_originator_fault(o) == POSTERN_ORIGINATOR_OK;
    must(fine == (postern_originator_address(o) != NULL));
    must(fine == (postern_originator_domain(o) != NULL));
    if (cut && second)
        must(postern_originator_fault(o) == POSTERN_ORIGINATOR_SEVERAL_FROM);
    if (fine) {
        char identity[256] = { 0 };
        (void)slice_keep(rest, identity, sizeof identity - 1); /* what does not fit is no matter */
        bool exact = originator_matches(o, identity, false);
        must(!exact || originator_matches(o, identity, true));
        check_address(o);
        check_user_name(o);
    }
    postern_originator_free(o);
    return 0;
}
