/* SPDX-License-Identifier: ISC
 *
 * A program of somebody else, built with libpostern as it is installed: library_client MESSAGE KEY.
 * MESSAGE has CRLF line ends; KEY is the text of the key record that every signature is given.
 * Prints the message's result, and what sender signing practices "p=strict" make of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <postern/dkim.h>
#include <postern/practices.h>

static unsigned char message[1 << 20];

/* One character-string and its length, as TXT and DKIMP have it. */
static struct postern_dns_response answer(const char *text, struct postern_octets *rdata)
{
    static unsigned char wire[2][1024];
    static int turn;
    unsigned char *at = wire[turn ^= 1];
    size_t n = strlen(text), out = 0;
    while (n) {
        size_t part = n < 255 ? n : 255;
        at[out++] = (unsigned char)part;
        memcpy(at + out, text, part);
        out += part;
        text += part;
        n -= part;
    }
    rdata->p = at;
    rdata->n = out;
    return (struct postern_dns_response){
        .answer = POSTERN_DNS_DATA, .ttl = 300, .rdata = rdata, .rdata_n = 1
    };
}

static size_t feed_header(struct postern_dkim_verifier *v, struct postern_originator *o, size_t n)
{
    size_t from = 0, at = 0;
    while (at + 2 < n && memcmp(message + from, "\r\n", 2) != 0) {
        while (at + 2 < n &&
               (memcmp(message + at, "\r\n", 2) != 0 || strchr(" \t", message[at + 2])))
            at++;
        (void)postern_dkim_verifier_field(v, message + from, at - from);
        if (at - from > 5 && memcmp(message + from, "From:", 5) == 0)
            (void)postern_originator_from(o, message + from + 5, at - from - 5);
        from = at += 2;
    }
    (void)postern_dkim_verifier_header_end(v);
    return from + 2;
}

static void give_keys(struct postern_dkim_verifier *v, const char *text)
{
    struct postern_dkim_question question;
    struct postern_octets rdata;
    while (postern_dkim_verifier_question(v, &question)) {
        struct postern_dns_response response = answer(text, &rdata);
        struct postern_dkim_key *key = postern_dkim_key_new(&response);
        postern_dkim_verifier_answer(v, question.dns.id, key);
        postern_dkim_key_free(key);
    }
}

static void check(const struct postern_originator *o, const struct postern_dkim_verifier *v)
{
    struct postern_practices_options options;
    struct postern_dns_question question;
    struct postern_octets rdata;
    const struct postern_dkim_signature *signature = postern_dkim_verifier_signature(v, 0);
    postern_practices_options_init(&options, POSTERN_SSP);
    struct postern_practices *p = postern_practices_new(&options, o, &signature, signature != NULL);
    while (postern_practices_question(p, &question)) {
        struct postern_dns_response response = answer("p=strict", &rdata);
        postern_practices_answer(p, question.id, &response);
    }
    const struct postern_practices_outcome *outcome = postern_practices_outcome(p);
    (void)printf("%s step %u\n", postern_verdict_text(outcome->verdict), outcome->step);
    postern_practices_free(p);
}

int main(int argc, char **argv)
{
    FILE *file = argc == 3 ? fopen(argv[1], "rb") : NULL;
    struct postern_dkim_verify_options options;
    if (!file)
        return 2;
    size_t n = fread(message, 1, sizeof message, file);
    (void)fclose(file);
    postern_dkim_verify_options_init(&options, (int64_t)time(NULL));
    struct postern_dkim_verifier *v = postern_dkim_verifier_new(&options);
    struct postern_originator *o = postern_originator_new();
    size_t body = feed_header(v, o, n);
    (void)postern_dkim_verifier_body(v, message + body, n - body);
    (void)postern_dkim_verifier_end(v);
    give_keys(v, argv[2]);
    (void)printf("%s\n", postern_dkim_result_text(postern_dkim_verifier_result(v)));
    check(o, v);
    postern_originator_free(o);
    postern_dkim_verifier_free(v);
    return 0;
}
