/* SPDX-License-Identifier: ISC
 *
 * The DNS Tree Walk of RFC 9989 §4.10: each row is one test.
 */
#include "check.h"

#include <stdlib.h>

#include "base/buf.h"
#include "practices/dmarc_tree.h"

#define TWELVE "a.b.c.d.e.f.g.h.i.j.mail.example.com"

/* clang-format off */
static const struct row {
    const char *id, *start;
    const char *records; /* "NAME", "NAME:y", "NAME:n", "NAME:!" (DNS fails) */
    const char *asked, *organizational, *suffix; /* organizational NULL: DNS could not say */
} rows[] = {
    { "plain", "example.com", "example.com", "example.com com", "example.com", NULL },
    { "sub-and-apex", "signing.example.com", "signing.example.com example.com", "signing.example.com example.com com", "example.com", NULL },
    { "middle-and-apex", "a.mail.example.com", "mail.example.com example.com", "a.mail.example.com mail.example.com example.com com", "example.com", NULL },
    { "psd-n-middle", "a.mail.example.com", "mail.example.com:n example.com", "a.mail.example.com mail.example.com", "mail.example.com", NULL },
    { "psd-n-at-the-start", "mail.example.com", "mail.example.com:n example.com", "mail.example.com", "mail.example.com", NULL },
    { "psd-y-tld", "a.mail.example.com", "com:y", "a.mail.example.com mail.example.com example.com com", "example.com", "com" },
    { "psd-y-above-records", "a.mail.example.com", "a.mail.example.com mail.example.com com:y", "a.mail.example.com mail.example.com example.com com", "example.com", "com" },
    { "bank-author", "giant.bank.example", "giant.bank.example bank.example:y", "giant.bank.example bank.example", "giant.bank.example", "bank.example" },
    { "bank-sub", "mail.giant.bank.example", "giant.bank.example bank.example:y", "mail.giant.bank.example giant.bank.example bank.example", "giant.bank.example", "bank.example" },
    { "bank-other", "mail.mega.bank.example", "bank.example:y", "mail.mega.bank.example mega.bank.example bank.example", "mega.bank.example", "bank.example" },
    { "start-is-psd", "bank.example", "bank.example:y", "bank.example", "bank.example", NULL },
    { "none", "a.b.example.com", "", "a.b.example.com b.example.com example.com com", "a.b.example.com", NULL },
    { "one-label", "com", "com", "com", "com", NULL },
    { "twelve-labels", TWELVE, "example.com", TWELVE " g.h.i.j.mail.example.com h.i.j.mail.example.com i.j.mail.example.com j.mail.example.com mail.example.com example.com com", "example.com", NULL },
    { "twelve-labels-and-psd", TWELVE, "mail.example.com:y", TWELVE " g.h.i.j.mail.example.com h.i.j.mail.example.com i.j.mail.example.com j.mail.example.com mail.example.com", "j.mail.example.com", "mail.example.com" },
    { "one-below-was-never-asked", "a.b.c.d.e.f.g.example.com", "c.d.e.f.g.example.com:y", "a.b.c.d.e.f.g.example.com c.d.e.f.g.example.com", "b.c.d.e.f.g.example.com", "c.d.e.f.g.example.com" },
    { "seven-labels", "a.b.c.d.e.example.com", "example.com", "a.b.c.d.e.example.com b.c.d.e.example.com c.d.e.example.com d.e.example.com e.example.com example.com com", "example.com", NULL },
    { "eight-labels", "a.b.c.d.e.f.example.com", "example.com", "a.b.c.d.e.f.example.com b.c.d.e.f.example.com c.d.e.f.example.com d.e.f.example.com e.f.example.com f.example.com example.com com", "example.com", NULL },
    { "nine-labels", "a.b.c.d.e.f.g.example.com", "b.c.d.e.f.g.example.com", "a.b.c.d.e.f.g.example.com c.d.e.f.g.example.com d.e.f.g.example.com e.f.g.example.com f.g.example.com g.example.com example.com com", "a.b.c.d.e.f.g.example.com", NULL },
    { "psl-differs", "shop.co.uk", "co.uk", "shop.co.uk co.uk uk", "co.uk", NULL },
    { "servfail-at-the-start", "mail.example.com", "mail.example.com:!", "mail.example.com", NULL, NULL },
    { "servfail-middle", "a.mail.example.com", "mail.example.com:! example.com", "a.mail.example.com mail.example.com", NULL, NULL },
};
/* clang-format on */

static struct domain domain(const char *text)
{
    struct domain d;
    assert_true(domain_parse(slice_of_str(text), &d));
    return d;
}

static void fill(struct dmarc_node *node, const char *records)
{
    struct slice rest = slice_of_str(records), one, name, psd;
    for (bool more = rest.n > 0; more;) {
        more = slice_cut(rest, ' ', &one, &rest);
        (void)slice_cut(one, ':', &name, &psd);
        if (!slice_equal(name, slice_of_str(node->name.text)))
            continue;
        node->failed = slice_equal(psd, SLICE("!"));
        node->has_record = !node->failed;
        node->record.psd = slice_equal(psd, SLICE("y"))   ? DMARC_PSD_YES
                           : slice_equal(psd, SLICE("n")) ? DMARC_PSD_NO
                                                          : DMARC_PSD_UNKNOWN;
    }
}

static enum dmarc_walk run(struct dmarc_tree *tree, const struct row *row, struct buf *asked,
                           struct dmarc_walked *out)
{
    struct domain start = domain(row->start);
    enum dmarc_walk how = DMARC_WALK_ASK;
    while ((how = dmarc_tree_walk(tree, &start, out)) == DMARC_WALK_ASK) {
        buf_printf(asked, "%s%s", tree->n ? " " : "", out->next.text);
        assert_in_range(tree->n, 0, DMARC_WALK_MAX - 1);
        fill(dmarc_tree_add(tree, &out->next), row->records);
    }
    return how;
}

static void runs(void **state)
{
    const struct row *row = *state;
    struct dmarc_tree *tree = calloc(1, sizeof *tree);
    struct dmarc_walked walked;
    struct buf asked;
    buf_init(&asked, 4096);
    enum dmarc_walk how = run(tree, row, &asked, &walked);
    expect_slice("asked", buf_slice(&asked), slice_of_str(row->asked));
    assert_int_equal(how, row->organizational ? DMARC_WALK_ENDED : DMARC_WALK_FAILED);
    if (row->organizational)
        assert_string_equal(walked.organizational.text, row->organizational);
    assert_int_equal(walked.suffix != NULL, row->suffix != NULL);
    if (row->suffix)
        assert_string_equal(walked.suffix->name.text, row->suffix);
    buf_clear(&asked);
    free(tree);
}

static void names_are_bounded(void **state)
{
    struct dmarc_tree *tree = calloc(1, sizeof *tree);
    struct domain name = domain("example.com");
    (void)state;
    for (size_t i = 0; i < DMARC_NAMES_MAX; i++)
        assert_non_null(dmarc_tree_add(tree, &name));
    assert_null(dmarc_tree_add(tree, &name));
    free(tree);
}

int main(void)
{
    static struct CMUnitTest tests[ARRAY_SIZE(rows) + 1];
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        union { /* cmocka's state is not const; runs() only reads */
            const struct row *row;
            void *state;
        } u = { .row = &rows[i] };
        tests[i] = (struct CMUnitTest){ rows[i].id, runs, NULL, NULL, u.state };
    }
    tests[ARRAY_SIZE(rows)] = (struct CMUnitTest)cmocka_unit_test(names_are_bounded);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
