/* SPDX-License-Identifier: ISC */
#include "message/domain.h"

#include <string.h>

#include <idn2.h>

enum { LABEL_MAX = 63, U_LABEL_MAX = 512 }; /* octets; a U-label maps to fewer than it has */

/* Letters, digits and "-" (RFC 5890 §2.3.1), and "_" (RFC 8552) */
static bool is_label_octet(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* One octet of the name as it will stand; label_n: octets of its label so far. */
static bool put(struct domain *out, uint8_t c, size_t *label_n)
{
    bool dot = c == '.';
    if (out->n == DOMAIN_MAX || (dot ? *label_n == 0 : !is_label_octet(c) || *label_n == LABEL_MAX))
        return false;
    *label_n = dot ? 0 : *label_n + 1;
    out->text[out->n++] = (char)c;
    return true;
}

static bool put_ascii(struct domain *out, struct slice text, size_t *label_n)
{
    for (size_t i = 0; i < text.n; i++)
        if (!put(out, ascii_lower(text.p[i]), label_n))
            return false;
    return true;
}

/* RFC 8616 §2: U-labels are looked up and compared as A-labels (IDNA2008, RFC 5891 §5, with the
 * mapping of UTS #46, non-transitional). A label may map to what has dots of its own (U+3002). */
static bool put_u_label(struct domain *out, struct slice label, size_t *label_n)
{
    char text[U_LABEL_MAX + 1];
    uint8_t *mapped = NULL;
    if (label.n > U_LABEL_MAX || memchr(label.p, 0, label.n) || !slice_is_utf8(label))
        return false;
    memcpy(text, label.p, label.n);
    text[label.n] = 0;
    int rc = idn2_lookup_u8((const uint8_t *)text, &mapped, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    bool ok = rc == IDN2_OK && put_ascii(out, slice_of_str((const char *)mapped), label_n);
    idn2_free(mapped);
    return ok;
}

/* Label by label: ASCII ones, whatever their hyphens, need no mapping. */
static bool put_labels(struct domain *out, struct slice text, size_t *label_n)
{
    struct slice label;
    for (bool more = true; more;) {
        more = slice_cut(text, '.', &label, &text);
        if (!(slice_is_ascii(label) ? put_ascii(out, label, label_n)
                                    : put_u_label(out, label, label_n)))
            return false;
        if (more && !put(out, '.', label_n))
            return false;
    }
    return true;
}

bool domain_parse(struct slice text, struct domain *out)
{
    struct domain d = { .n = 0 };
    size_t label_n = 0;
    if (text.n && text.p[text.n - 1] == '.')
        text.n--;
    if (!(slice_is_ascii(text) ? put_ascii(&d, text, &label_n) : put_labels(&d, text, &label_n)))
        return false;
    if (label_n == 0)
        return false;
    *out = d;
    return true;
}

unsigned domain_labels(const struct domain *d)
{
    unsigned n = d->n > 0;
    for (size_t i = 0; i < d->n; i++)
        n += d->text[i] == '.';
    return n;
}

bool domain_parent(const struct domain *d, struct domain *out)
{
    const char *dot = memchr(d->text, '.', d->n);
    if (!dot)
        return false;
    struct domain parent = { .n = d->n - (size_t)(dot + 1 - d->text) };
    memcpy(parent.text, dot + 1, parent.n);
    *out = parent;
    return true;
}

bool domain_equal(const struct domain *a, const struct domain *b)
{
    return a->n == b->n && memcmp(a->text, b->text, a->n) == 0;
}

bool domain_within(const struct domain *d, const struct domain *above)
{
    if (d->n < above->n || memcmp(d->text + d->n - above->n, above->text, above->n) != 0)
        return false;
    return d->n == above->n || d->text[d->n - above->n - 1] == '.';
}
