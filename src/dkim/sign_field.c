/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "dkim/encoding.h"
#include "dkim/signer_internal.h"

#define FIELD_MAX  ((size_t)128 * 1024)
#define COPIES_MAX ((size_t)32 * 1024) /* octets of z=; fields that do not fit are left out */
#define COLUMNS    76                  /* of a line, where its words allow (RFC 5322 §2.1.1) */

/* The field while it is written: words are never split, and a line is begun before one that would not
 * fit. */
struct lines {
    struct buf text;
    size_t column;
};

static void write_word(struct lines *l, struct slice word)
{
    if (l->column + word.n > COLUMNS && l->column > 1) {
        buf_append(&l->text, SLICE("\r\n\t"));
        l->column = 1;
    }
    buf_append(&l->text, word);
    l->column += word.n;
}

/* The next tag: behind a space or a fold. */
static void write_tag(struct lines *l, const char *name, struct slice value)
{
    struct buf word;
    buf_init(&word, FIELD_MAX);
    buf_append_str(&word, name);
    buf_append_byte(&word, '=');
    buf_append(&word, value);
    buf_append_byte(&word, ';');
    if (l->column + 1 + buf_size(&word) <= COLUMNS) {
        buf_append_byte(&l->text, ' ');
        l->column++;
    } else {
        l->column = COLUMNS;
    }
    write_word(l, buf_slice(&word));
    l->text.failed = l->text.failed || word.failed;
    buf_clear(&word);
}

static void write_number(struct lines *l, const char *name, int64_t value)
{
    struct buf digits;
    if (value < 0)
        return;
    buf_init(&digits, 32);
    buf_printf(&digits, "%" PRId64, value);
    write_tag(l, name, buf_slice(&digits));
    l->text.failed = l->text.failed || digits.failed;
    buf_clear(&digits);
}

/* Begins a tag whose value may be folded: on a line of its own. */
static void begin_tag(struct lines *l, const char *name)
{
    l->column = COLUMNS;
    write_word(l, slice_of_str(name));
}

static void write_names(struct lines *l, const struct task *t)
{
    begin_tag(l, "h=");
    for (size_t i = 0; i < t->names_n; i++) {
        uint8_t word[256];
        struct slice name = slice_keep(t->names[i], word, sizeof word - 1);
        word[name.n] = i + 1 < t->names_n ? ':' : ';';
        write_word(l, (struct slice){ word, name.n + 1 });
    }
}

/* base64 may be folded anywhere. */
static void write_base64(struct lines *l, struct slice octets)
{
    struct buf text;
    buf_init(&text, BASE64_ENCODED(octets.n));
    base64_encode(&text, octets);
    for (struct slice left = buf_slice(&text); left.n;) {
        size_t room = l->column < COLUMNS ? COLUMNS - l->column : COLUMNS - 1;
        struct slice part = slice_first(left, room);
        write_word(l, part);
        left = slice_from(left, part.n);
    }
    l->text.failed = l->text.failed || text.failed;
    buf_clear(&text);
}

/* ---- z= ---- */

/* One copy: name ":" and the value encoded, "|" too. */
static void encode_field(struct slice field, struct buf *out)
{
    struct slice name = canon_field_name(field), value;
    (void)slice_cut(field, ':', &name, &value); /* it has one: its name was found */
    buf_append(out, slice_trim_end(name));
    buf_append_byte(out, ':');
    dkim_quoted_encode(out, value, '|');
}

/* Folded anywhere. Some verifiers (dkimpy) take "b=" behind a fold for the tag: it is not written so. */
static void write_folded(struct lines *l, struct slice encoded)
{
    while (encoded.n) {
        size_t n = encoded.p[0] == '=' ? 3 : 1;
        bool like_b = slice_starts(encoded, SLICE("b="));
        write_word(l, like_b ? SLICE("=62") : slice_first(encoded, n));
        encoded = slice_from(encoded, n);
    }
}

static bool is_signed(const struct task *t, struct slice name)
{
    for (size_t i = 0; i < t->names_n; i++)
        if (slice_equal_nocase(t->names[i], name))
            return true;
    return false;
}

static void write_copies(struct lines *l, const struct task *t, const struct header *h)
{
    size_t left = COPIES_MAX;
    bool first = true;
    begin_tag(l, "z=");
    for (size_t i = 0; i < h->n; i++) {
        struct buf copy;
        if (!is_signed(t, header_field_name(h, i)))
            continue;
        buf_init(&copy, left);
        encode_field(header_field(h, i), &copy);
        if (!copy.failed) {
            if (!first)
                write_word(l, SLICE("|"));
            write_folded(l, buf_slice(&copy));
            left -= buf_size(&copy);
            first = false;
        }
        buf_clear(&copy);
    }
    write_word(l, SLICE(";"));
}

/* ---- the field ---- */

static struct slice name_of(const struct domain *d)
{
    return (struct slice){ (const uint8_t *)d->text, d->n };
}

/* All of it, up to and with "b=". */
static void write_field(struct lines *l, const struct task *t, const struct header *h,
                        const uint8_t *body_hash)
{
    static const char *const canons[2][2] = { { "simple/simple", "simple/relaxed" },
                                              { "relaxed/simple", "relaxed/relaxed" } };
    bool header = t->header == POSTERN_DKIM_RELAXED, body = t->body == POSTERN_DKIM_RELAXED;
    write_word(l, SLICE("DKIM-Signature:"));
    write_tag(l, "v", SLICE("1"));
    write_tag(l, "a", slice_of_str(postern_dkim_private_algorithm(t->key)));
    write_tag(l, "c", slice_of_str(canons[header][body]));
    write_tag(l, "d", name_of(&t->domain));
    write_tag(l, "s", name_of(&t->selector));
    if (t->identity.n)
        write_tag(l, "i", t->identity);
    write_number(l, "t", t->signed_at);
    write_number(l, "x", t->expires_at);
    write_names(l, t);
    if (t->copy_fields)
        write_copies(l, t, h);
    begin_tag(l, "bh=");
    write_base64(l, (struct slice){ body_hash, DIGEST_SIZE });
    write_word(l, SLICE(";"));
    begin_tag(l, "b=");
}

/* The text so far is what is hashed with b= empty; what follows is the signature alone. */
static int sign(struct lines *l, const struct task *t, struct header *h)
{
    uint8_t digest[DIGEST_SIZE], signature[PRIVATE_SIGNATURE_MAX];
    size_t n;
    struct header_cover cover = { .how = t->header,
                                  .names = t->names,
                                  .names_n = t->names_n,
                                  .self = HEADER_NO_FIELD,
                                  .before = buf_slice(&l->text) };
    int error = header_hash(h, &cover, NULL, digest);
    if (!error)
        error = private_sign(t->key, digest, signature, &n);
    if (!error)
        write_base64(l, (struct slice){ signature, n });
    return error;
}

int task_write(struct task *t, struct header *h, const uint8_t body_hash[DIGEST_SIZE])
{
    struct lines l = { 0 };
    buf_init(&l.text, FIELD_MAX);
    write_field(&l, t, h, body_hash);
    int error = l.text.failed ? -ENOMEM : sign(&l, t, h);
    buf_append_byte(&l.text, 0);
    struct slice text = buf_slice(&l.text);
    if (!error && (l.text.failed || !(t->text = malloc(text.n))))
        error = -ENOMEM;
    if (!error)
        memcpy(t->text, text.p, text.n);
    buf_clear(&l.text);
    return error;
}
