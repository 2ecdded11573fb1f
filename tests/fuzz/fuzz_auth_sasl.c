/* SPDX-License-Identifier: ISC
 *
 * Client messages that we read: slices inside, bounds kept, faults inside; and a SCRAM exchange
 * that begins with any bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "auth/sasl.h"
#include "auth/scram.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static bool inside(struct slice part, struct slice all)
{
    return part.n == 0 || (part.p >= all.p && part.p + part.n <= all.p + all.n);
}

static void check_plain(struct slice text)
{
    struct sasl_plain plain;
    struct fault why = { 0 };
    if (!sasl_plain_parse(text, &plain, &why)) {
        expect(why.what && why.at <= text.n);
        return;
    }
    expect(inside(plain.authorize, text) && inside(plain.name, text) &&
           inside(plain.password, text));
    expect(plain.name.n > 0 && plain.name.n <= SASL_NAME_MAX && plain.password.n > 0 &&
           plain.password.n <= SASL_PASSWORD_MAX);
    expect(plain.authorize.n + plain.name.n + plain.password.n + 2 == text.n);
}

static void check_names(struct slice text)
{
    static const struct slice mechanisms[] = { SLICE_INIT("XOAUTH2"), SLICE_INIT("OAUTHBEARER"),
                                               SLICE_INIT("SCRAM-SHA-256") };
    for (size_t i = 0; i < ARRAY_SIZE(mechanisms); i++) {
        struct buf name;
        buf_init(&name, SASL_NAME_MAX);
        bool found = sasl_name_find(mechanisms[i], text, &name);
        expect(found == (buf_size(&name) > 0));
        expect(slice_is_utf8(buf_slice(&name)) && !slice_has(buf_slice(&name), 0));
        buf_clear(&name);
    }
}

static void check_latin1(struct slice text)
{
    struct buf out;
    buf_init(&out, 2 * text.n + 1);
    expect(sasl_latin1_to_utf8(text, &out) && slice_is_utf8(buf_slice(&out)));
    buf_clear(&out);
}

/* Nobody knows the keys of an invented verifier, so nothing may prove them. */
static void check_scram(struct slice text)
{
    static const uint8_t key[32] = { 1 };
    static struct scram_library *library;
    if (!library)
        library = scram_library_new();
    struct scram_verifier v;
    struct slice first, final;
    struct buf name, out;
    const char *reason = NULL;
    buf_init(&name, SASL_NAME_MAX);
    buf_init(&out, 65536);
    (void)slice_cut(text, '\n', &first, &final); /* two messages in one input */
    scram_verifier_invent(&v, key, SLICE("name"));
    struct scram *s = scram_new(library, slice_has(text, 'p'), slice_has(text, 'p') ? key : NULL);
    expect(s != NULL);
    if (scram_name(first, &name) && scram_begin(s, first, &v, &out, &reason))
        expect(!scram_prove(s, final, &out, &reason));
    scram_free(s);
    buf_clear(&name);
    buf_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = { data, size };
    check_plain(text);
    check_names(text);
    check_latin1(text);
    check_scram(text);
    (void)sasl_is_mechanism(text); /* any bytes, no crash */
    return 0;
}
