/* SPDX-License-Identifier: ISC
 *
 * bench_dkim: verified messages a second, and the cost of a large body, beside libopendkim and bare
 * SHA-256. One thread, CPU time; the rivals take turns, and the median round counts.
 * usage: bench_dkim [ROUNDS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "base/attribute.h"
#include "base/base64.h"
#include "base/slice.h"
#include "dkim/digest.h"
#include "dkim/header.h"
#include "postern/dkim.h"
#ifdef HAVE_OPENDKIM
#include <stdbool.h>
#include <sys/types.h>

#include <opendkim/dkim.h>
#endif

#define CHUNK      65535 /* what a milter is given at once */
#define FIELDS_MAX 32
#define MEGABYTE   ((size_t)1 << 20)
#define ROUNDS_MAX 99
#define ROUND_NS   UINT64_C(60000000)

struct message {
    struct slice fields[FIELDS_MAX];
    size_t fields_n;
    struct slice body;
};

static char record[1024]; /* the key, as TXT */

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    (void)fprintf(stderr, "bench_dkim: %s\n", what);
    exit(1);
}

/* ---- messages ---- */

static uint64_t random_next(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = (*state ^ (*state >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* One word and what stands behind it: mostly a space; now and then two, or a tab. */
static size_t put_word(uint8_t *out, uint64_t chance)
{
    size_t n = 1 + chance % 9;
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)('a' + (chance >> (i * 4)) % 26);
    out[n++] = (chance >> 40) % 100 == 0 ? '\t' : ' ';
    if ((chance >> 50) % 30 == 0)
        out[n++] = ' ';
    return n;
}

/* Lines of words; one in ten has white space at its end, and one is empty. */
static struct slice prose(size_t size)
{
    uint8_t *text = malloc(size + 256);
    uint64_t state = 1;
    must(text, "out of memory");
    for (size_t i = 0, line = 0; i < size;) {
        uint64_t chance = random_next(&state);
        i += put_word(text + i, chance);
        if (i - line < 68 && chance >> 56 >= 3)
            continue;
        i -= chance % 10 != 0;
        memcpy(text + i, "\r\n\r\n", 4);
        i += chance % 10 == 1 ? 4 : 2;
        line = i;
    }
    text[size - 2] = '\r';
    text[size - 1] = '\n';
    return (struct slice){ text, size };
}

static const char *const header_fields[] = {
    ("Received: from mx1.lists.example.net (mx1.lists.example.net [192.0.2.17])\r\n"
     "\tby mail.example.com (Postfix) with ESMTPS id 4F3A2C0D1E\r\n"
     "\tfor <suzie@shopping.example.net>; Fri, 11 Jul 2025 21:01:54 -0700 (PDT)"),
    ("Received: from client.football.example.com (client.football.example.com [192.0.2.1])\r\n"
     "\tby mx1.lists.example.net (Postfix) with ESMTPSA id 9B8A7C6D5E;\r\n"
     "\tFri, 11 Jul 2025 21:01:50 -0700 (PDT)"),
    "From: Joe SixPack <joe@football.example.com>",
    "To: Suzie Q <suzie@shopping.example.net>",
    "Subject: Is dinner ready, and who is going to bring what?",
    "Date: Fri, 11 Jul 2025 21:00:37 -0700 (PDT)",
    "Message-ID: <20250712040037.46341.5F8J@football.example.com>",
    ("References: <20250711102233.GA1234@shopping.example.net>\r\n"
     " <20250711123456.GB5678@football.example.com>"),
    "In-Reply-To: <20250711123456.GB5678@football.example.com>",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
    "User-Agent: Mutt/2.2.9 (2022-11-12)",
};
static const struct slice covered[] = {
    SLICE_INIT("from"),         SLICE_INIT("to"),
    SLICE_INIT("subject"),      SLICE_INIT("date"),
    SLICE_INIT("message-id"),   SLICE_INIT("references"),
    SLICE_INIT("in-reply-to"),  SLICE_INIT("mime-version"),
    SLICE_INIT("content-type"), SLICE_INIT("content-transfer-encoding"),
    SLICE_INIT("from"),         SLICE_INIT("subject"),
    SLICE_INIT("date"),
};

static EVP_PKEY *make_key(void)
{
    EVP_PKEY *key = EVP_RSA_gen(2048);
    uint8_t *der = NULL;
    struct buf text;
    must(key != NULL, "no key");
    int n = i2d_PUBKEY(key, &der);
    buf_init(&text, sizeof record);
    buf_append_str(&text, "v=DKIM1; k=rsa; p=");
    base64_encode(&text, (struct slice){ der, (size_t)n });
    buf_append_byte(&text, 0);
    must(!text.failed, "no record");
    memcpy(record, buf_slice(&text).p, buf_size(&text));
    buf_clear(&text);
    OPENSSL_free(der);
    return key;
}

static void hash_body(struct slice body, enum postern_dkim_canon how, struct buf *out)
{
    struct body_hashes *hashes = body_hashes_new();
    must(hashes && body_hashes_want(hashes, how, BODY_WHOLE) == 0, "no body hash");
    body_hashes_feed(hashes, body);
    body_hashes_end(hashes);
    base64_encode(out, (struct slice){ body_hashes_read(hashes, 0), DIGEST_SIZE });
    body_hashes_free(hashes);
}

static void write_signature(EVP_PKEY *key, const uint8_t *digest, struct buf *out)
{
    uint8_t octets[512];
    size_t n = sizeof octets;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    must(context && EVP_PKEY_sign_init(context) == 1 &&
             EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
             EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1 &&
             EVP_PKEY_sign(context, octets, &n, digest, DIGEST_SIZE) == 1,
         "no signature");
    EVP_PKEY_CTX_free(context);
    base64_encode(out, (struct slice){ octets, n });
}

static void sign(struct message *m, EVP_PKEY *key, enum postern_dkim_canon how)
{
    const char *canon = how == POSTERN_DKIM_SIMPLE ? "simple" : "relaxed";
    struct buf *field = malloc(sizeof *field);
    struct header header;
    uint8_t digest[DIGEST_SIZE];
    must(field, "out of memory");
    buf_init(field, 4096);
    buf_printf(field,
               "DKIM-Signature: v=1; a=rsa-sha256; c=%s/%s; d=football.example.com;\r\n"
               "\ts=brisbane; t=1752292837; h=",
               canon, canon);
    for (size_t i = 0; i < ARRAY_SIZE(covered); i++)
        buf_printf(field, "%s%.*s", i == 0 ? "" : i % 6 ? ":" : ":\r\n\t ", SLICE_ARG(covered[i]));
    buf_append_str(field, ";\r\n\tbh=");
    hash_body(m->body, how, field);
    buf_append_str(field, ";\r\n\tb=");
    header_init(&header);
    for (size_t i = 1; i < m->fields_n; i++)
        must(header_add(&header, m->fields[i]) == 0, "no header");
    struct header_cover cover = {
        how, covered, ARRAY_SIZE(covered), HEADER_NO_FIELD, buf_slice(field), { NULL, 0 }
    };
    must(header_end(&header) == 0 && header_hash(&header, &cover, NULL, digest) == 0, "no hash");
    header_clear(&header);
    write_signature(key, digest, field);
    must(!field->failed, "no field");
    m->fields[0] = buf_slice(field); /* kept to the end of the program, as the body is */
}

/* size: of header and body together. */
static struct message make_message(size_t size, EVP_PKEY *key, enum postern_dkim_canon how)
{
    struct message m = { .fields_n = 1 + ARRAY_SIZE(header_fields) };
    size_t header = 900; /* about what the signature takes */
    for (size_t i = 1; i < m.fields_n; i++) {
        m.fields[i] = slice_of_str(header_fields[i - 1]);
        header += m.fields[i].n + 2;
    }
    m.body = prose(size > header + 200 ? size - header : 200);
    sign(&m, key, how);
    return m;
}

/* ---- the rivals: one message each ---- */

static struct postern_dkim_key *parsed;

static struct postern_dkim_key *parse_record(void)
{
    uint8_t rdata[sizeof record + 8];
    size_t n = 0, left = strlen(record);
    for (const char *at = record; left;) {
        size_t part = left < 255 ? left : 255;
        rdata[n++] = (uint8_t)part;
        memcpy(rdata + n, at, part);
        n += part;
        at += part;
        left -= part;
    }
    struct postern_octets octets = { rdata, n };
    struct postern_dns_response response = {
        .answer = POSTERN_DNS_DATA, .ttl = 3600, .rdata = &octets, .rdata_n = 1
    };
    return postern_dkim_key_new(&response);
}

static void verify(const struct message *m, struct postern_dkim_key *key)
{
    struct postern_dkim_verify_options options;
    struct postern_dkim_question question;
    postern_dkim_verify_options_init(&options, 1752292838);
    struct postern_dkim_verifier *v = postern_dkim_verifier_new(&options);
    for (size_t i = 0; i < m->fields_n; i++)
        (void)postern_dkim_verifier_field(v, m->fields[i].p, m->fields[i].n);
    must(postern_dkim_verifier_header_end(v) == 0, "postern: header");
    while (postern_dkim_verifier_question(v, &question))
        postern_dkim_verifier_answer(v, question.dns.id, key);
    for (size_t at = 0; at < m->body.n; at += CHUNK) {
        struct slice part = slice_first(slice_from(m->body, at), CHUNK);
        (void)postern_dkim_verifier_body(v, part.p, part.n);
    }
    (void)postern_dkim_verifier_end(v);
    must(postern_dkim_verifier_result(v) == POSTERN_DKIM_PASS, "postern: no pass");
    postern_dkim_verifier_free(v);
}

static void run_parsed(const struct message *m)
{
    verify(m, parsed);
}

static void run_text(const struct message *m)
{
    struct postern_dkim_key *key = parse_record();
    verify(m, key);
    postern_dkim_key_free(key);
}

static volatile uint8_t sink; /* so that nothing is optimised away */

static void run_sha256(const struct message *m)
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    sink = *SHA256(m->body.p, m->body.n, digest);
}

#ifdef HAVE_OPENDKIM
static DKIM_LIB *opendkim;

static DKIM_CBSTAT give_key(DKIM *dkim, DKIM_SIGINFO *signature, unsigned char *out, size_t size)
{
    (void)dkim;
    (void)signature;
    (void)snprintf((char *)out, size, "%s", record);
    return DKIM_CBSTAT_CONTINUE;
}

static unsigned char *octets_of(struct slice s)
{
    union { /* its interface wants to write, and does not */
        const uint8_t *given;
        unsigned char *wanted;
    } cast = { s.p };
    return cast.wanted;
}

static void run_opendkim(const struct message *m)
{
    DKIM_STAT status = DKIM_STAT_OK;
    DKIM *dkim = dkim_verify(opendkim, (const unsigned char *)"id", NULL, &status);
    for (size_t i = 0; i < m->fields_n; i++)
        (void)dkim_header(dkim, octets_of(m->fields[i]), m->fields[i].n);
    must(dkim_eoh(dkim) == DKIM_STAT_OK, "libopendkim: header");
    for (size_t at = 0; at < m->body.n; at += CHUNK) {
        struct slice part = slice_first(slice_from(m->body, at), CHUNK);
        (void)dkim_body(dkim, octets_of(part), part.n);
    }
    must(dkim_eom(dkim, NULL) == DKIM_STAT_OK, "libopendkim: no pass");
    (void)dkim_free(dkim);
}
#endif

/* ---- measuring ---- */

struct rival {
    const char *name;
    void (*run)(const struct message *m);
};
static const struct rival rivals[] = {
    { "bare SHA-256 of the body", run_sha256 },
    { "postern, key parsed", run_parsed },
    { "postern, key as TXT", run_text },
#ifdef HAVE_OPENDKIM
    { "libopendkim", run_opendkim },
#endif
};
#define RIVALS ARRAY_SIZE(rivals)

static uint64_t cpu_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static double round_us(const struct rival *rival, const struct message *m)
{
    uint64_t start = cpu_ns(), now = start;
    size_t turns = 0;
    for (; now - start < ROUND_NS; now = cpu_ns(), turns += 10)
        for (size_t i = 0; i < 10; i++)
            rival->run(m);
    return (double)(now - start) / 1000 / (double)turns;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* us: the median of each rival. */
static void measure(const struct message *m, size_t rounds, double us[RIVALS])
{
    static double seen[RIVALS][ROUNDS_MAX];
    for (size_t r = 0; r < rounds; r++)
        for (size_t i = 0; i < RIVALS; i++)
            seen[i][r] = round_us(rivals + i, m);
    for (size_t i = 0; i < RIVALS; i++) {
        qsort(seen[i], rounds, sizeof **seen, compare_doubles);
        us[i] = seen[i][rounds / 2];
    }
}

static void print_rows(const char *what, size_t size, EVP_PKEY *key, size_t rounds,
                       enum postern_dkim_canon how)
{
    struct message m = make_message(size, key, how);
    double us[RIVALS];
    measure(&m, rounds, us);
    for (size_t i = 0; i < RIVALS; i++) {
        (void)printf("| %s | %s | %.0f | %.1f | %.2f |", what, rivals[i].name, 1e6 / us[i], us[i],
                     us[i] / us[0]);
#ifdef HAVE_OPENDKIM
        (void)printf(" %.2f |", us[RIVALS - 1] / us[i]);
#endif
        (void)printf("\n");
    }
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    uint64_t rounds = 9;
    if (argc > 1)
        must(slice_to_u64(slice_of_str(argv[1]), 1, ROUNDS_MAX, &rounds),
             "usage: bench_dkim [ROUNDS]");
    EVP_PKEY *key = make_key();
    parsed = parse_record();
    must(parsed && !postern_dkim_key_fault(parsed), "no parsed key");
#ifdef HAVE_OPENDKIM
    opendkim = dkim_init(NULL, NULL);
    must(opendkim && dkim_set_key_lookup(opendkim, give_key) == DKIM_STAT_OK, "no libopendkim");
    (void)printf("| message | who | messages/s | µs | to bare SHA-256 | times libopendkim |\n"
                 "|---|---|--:|--:|--:|--:|\n");
#else
    (void)printf("| message | who | messages/s | µs | to bare SHA-256 |\n|---|---|--:|--:|--:|\n");
#endif
    print_rows("2 KB relaxed", 2048, key, rounds, POSTERN_DKIM_RELAXED);
    print_rows("10 KB relaxed", 10240, key, rounds, POSTERN_DKIM_RELAXED);
    print_rows("1 MB simple", MEGABYTE, key, rounds, POSTERN_DKIM_SIMPLE);
    print_rows("1 MB relaxed", MEGABYTE, key, rounds, POSTERN_DKIM_RELAXED);
    return 0;
}
