/* SPDX-License-Identifier: ISC
 *
 * What draft-allman-dkim-ssp-02 §5.2 asks of signers, and §5.1 of who signs for the Sender.
 */
#include "check.h"

#include <stdlib.h>

#include "postern/dkim.h"

/* Behind the name of a tag that is no part of a longer one. */
static const char *tag_of(const char *field, const char *name)
{
    const char *at = strstr(field, name);
    while (at && at[-1] != ' ' && at[-1] != '\t')
        at = strstr(at + 1, name);
    assert_non_null(at);
    return at + strlen(name);
}

/* The h= of a signature of these fields, in lower case, without white space. */
static void signed_names(const char *const *fields, size_t n, const char *const *oversign,
                         size_t oversign_n, char *out, size_t room)
{
    struct postern_dkim_sign_options options;
    const char *why = NULL;
    char *pem = postern_dkim_private_generate("ed25519", 0, &why);
    assert_non_null(pem);
    struct postern_dkim_private *key = postern_dkim_private_new(pem, strlen(pem), &why);
    struct postern_dkim_signer *s = postern_dkim_signer_new();
    assert_true(key && s);
    postern_dkim_sign_options_init(&options);
    options.domain = "list.example";
    options.selector = "s";
    options.identity = "owner@list.example"; /* the Sender's address */
    options.now = 1700000000;
    options.oversign = oversign;
    options.oversign_n = oversign_n;
    assert_int_equal(postern_dkim_signer_add(s, key, &options), 0);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(postern_dkim_signer_field(s, fields[i], strlen(fields[i])), 0);
    assert_int_equal(postern_dkim_signer_header_end(s), 0);
    assert_int_equal(postern_dkim_signer_end(s), 0);
    const char *h = tag_of(postern_dkim_signer_signature(s, 0), "h=");
    size_t at = 0;
    for (; *h && *h != ';' && at + 1 < room; h++)
        if ((uint8_t)*h > ' ')
            out[at++] = (char)ascii_lower((uint8_t)*h);
    out[at] = 0;
    assert_non_null(strstr(postern_dkim_signer_signature(s, 0), "i=owner@list.example"));
    postern_dkim_signer_free(s);
    postern_dkim_private_free(key);
    free(pem);
}

static size_t times(const char *names, struct slice wanted)
{
    struct slice rest = slice_of_str(names), name;
    size_t n = 0;
    for (bool more = true; more;) {
        more = slice_cut(rest, ':', &name, &rest);
        n += slice_equal(name, wanted);
    }
    return n;
}

static const char from[] = "From: a@b.example", sender[] = "Sender: owner@list.example";

/* "Include any existing Sender header field in the signed header field list" */
static void an_existing_sender_is_signed(void **state)
{
    (void)state;
    char h[1024];
    signed_names((const char *[]){ from, sender }, 2, NULL, 0, h, sizeof h);
    assert_true(times(h, SLICE("sender")) >= 1);
}

/* "Include the Sender header field name in the header field list under all circumstances, even if the
 * Sender header field does not exist" */
static void sender_is_listed_even_when_absent_where_wanted(void **state)
{
    (void)state;
    static const char *const names[] = { "From", "Sender" };
    char h[1024];
    signed_names((const char *[]){ from }, 1, names, 2, h, sizeof h);
    assert_int_equal(times(h, SLICE("sender")), 1);
    signed_names((const char *[]){ from, sender }, 2, names, 2, h, sizeof h);
    assert_int_equal(times(h, SLICE("sender")), 2); /* it, and no second one */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_existing_sender_is_signed),
        cmocka_unit_test(sender_is_listed_even_when_absent_where_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
