/* SPDX-License-Identifier: ISC */
#include "property.h"

#include <errno.h>
#include <string.h>

#include "postern/dkim.h"

/* RFC 8463 §A.2: fast, and what it signs is always the same. */
static const char private_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "-----END PRIVATE KEY-----\n";
static const char record[] = "\x42"
                             "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

struct input {
    struct slice header, body;
    uint8_t how;
};

/* The next field: up to a CRLF that no white space follows. */
static struct slice next_field(struct slice *rest)
{
    size_t i = 0;
    while (i < rest->n && !(rest->n - i > 2 && rest->p[i] == '\r' && rest->p[i + 1] == '\n' &&
                            rest->p[i + 2] != ' ' && rest->p[i + 2] != '\t'))
        i++;
    struct slice field = slice_first(*rest, i);
    *rest = slice_from(*rest, i + 2);
    return field;
}

static struct postern_dkim_signer *sign(const struct input *in,
                                        const struct postern_dkim_private *key)
{
    struct postern_dkim_sign_options o;
    struct postern_dkim_signer *s = postern_dkim_signer_new();
    struct slice rest = in->header;
    postern_dkim_sign_options_init(&o);
    o.domain = "football.example.com";
    o.selector = "brisbane";
    o.now = 1;
    o.header = in->how & 1 ? POSTERN_DKIM_RELAXED : POSTERN_DKIM_SIMPLE;
    o.body = in->how & 2 ? POSTERN_DKIM_RELAXED : POSTERN_DKIM_SIMPLE;
    o.copy_fields = in->how & 4;
    must(s && postern_dkim_signer_add(s, key, &o) == 0);
    int error = 0;
    while (rest.n && !error) {
        struct slice field = next_field(&rest);
        error = postern_dkim_signer_field(s, field.p, field.n);
    }
    if (!error)
        error = postern_dkim_signer_header_end(s);
    must(error == 0 || error == -E2BIG);
    if (!error)
        must(postern_dkim_signer_body(s, in->body.p, in->body.n) == 0 &&
             postern_dkim_signer_end(s) == 0);
    return s;
}

static void answer(struct postern_dkim_verifier *v)
{
    static const struct postern_octets rdata = { (const unsigned char *)record, sizeof record - 1 };
    struct postern_dns_response response = { .rdata = &rdata, .rdata_n = 1 };
    struct postern_dkim_key *public = postern_dkim_key_new(&response);
    struct postern_dkim_question q;
    must(public && !postern_dkim_key_fault(public));
    while (postern_dkim_verifier_question(v, &q))
        postern_dkim_verifier_answer(v, q.dns.id, public);
    postern_dkim_key_free(public);
}

/* Whatever is signed, verifies: fed in other slices, the signature on top. */
static void check_verifies(const struct input *in, const char *field)
{
    struct postern_dkim_verify_options o;
    postern_dkim_verify_options_init(&o, 2);
    struct postern_dkim_verifier *v = postern_dkim_verifier_new(&o);
    struct slice rest = in->header;
    size_t half = in->body.n / 2;
    must(v && postern_dkim_verifier_field(v, field, strlen(field)) == 0);
    while (rest.n) {
        struct slice one = next_field(&rest);
        must(postern_dkim_verifier_field(v, one.p, one.n) == 0);
    }
    must(postern_dkim_verifier_header_end(v) == 0);
    must(postern_dkim_verifier_body(v, in->body.p, half) == 0);
    must(postern_dkim_verifier_body(v, slice_from(in->body, half).p, in->body.n - half) == 0);
    must(postern_dkim_verifier_end(v) == 0);
    answer(v);
    must(postern_dkim_verifier_done(v));
    must(postern_dkim_verifier_signature(v, 0)->result == POSTERN_DKIM_PASS);
    postern_dkim_verifier_free(v);
}

static void check_field(const char *field)
{
    struct slice rest = slice_of_str(field), line;
    while (rest.n) {
        (void)slice_cut(rest, '\n', &line, &rest);
        must(line.n <= 200 && (rest.n == 0 || rest.p[0] == '\t'));
    }
}

/* The first octet says how; then the header, an empty line, and the body. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    struct input input = { .how = choice(&in) };
    size_t end = 0;
    while (end < in.n && !slice_starts(slice_from(in, end), SLICE("\r\n\r\n")))
        end++;
    input.header = slice_first(in, end);
    input.body = slice_from(in, end + 4);
    static struct postern_dkim_private *key; /* read once: OpenSSL takes its time */
    if (!key)
        key = postern_dkim_private_new(private_key, sizeof private_key - 1, NULL);
    must(key != NULL);
    struct postern_dkim_signer *s = sign(&input, key);
    const char *field = postern_dkim_signer_signature(s, 0);
    if (field) {
        check_field(field);
        check_verifies(&input, field);
    }
    postern_dkim_signer_free(s);
    return 0;
}
