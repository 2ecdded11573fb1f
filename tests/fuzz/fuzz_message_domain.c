/* SPDX-License-Identifier: ISC */
#include "property.h"

#include <string.h>

#include "message/domain.h"

static void check_name(const struct domain *d)
{
    struct domain again, parent = *d;
    struct slice text = { (const uint8_t *)d->text, d->n };
    unsigned labels = domain_labels(d);
    must(d->n > 0 && d->n <= DOMAIN_MAX && strlen(d->text) == d->n);
    must(domain_parse(text, &again) && domain_equal(&again, d) && strcmp(again.text, d->text) == 0);
    must(domain_within(d, d));
    for (; labels > 1; labels--) {
        must(domain_parent(&parent, &parent) && domain_within(d, &parent));
        must(strlen(parent.text) == parent.n && !domain_within(&parent, d));
    }
    must(!domain_parent(&parent, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    struct domain d;
    if (domain_parse(in, &d))
        check_name(&d);
    return 0;
}
