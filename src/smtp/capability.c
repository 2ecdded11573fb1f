/* SPDX-License-Identifier: ISC */
#include "smtp/capability.h"

struct word {
    struct slice name;
    unsigned bit;
};

/* clang-format off */
static const struct word keywords[] = {
    { SLICE_INIT("PIPELINING"),          SMTP_CAP_PIPELINING },
    { SLICE_INIT("SIZE"),                SMTP_CAP_SIZE },
    { SLICE_INIT("8BITMIME"),            SMTP_CAP_8BITMIME },
    { SLICE_INIT("BINARYMIME"),          SMTP_CAP_BINARYMIME },
    { SLICE_INIT("SMTPUTF8"),            SMTP_CAP_SMTPUTF8 },
    { SLICE_INIT("CHUNKING"),            SMTP_CAP_CHUNKING },
    { SLICE_INIT("DSN"),                 SMTP_CAP_DSN },
    { SLICE_INIT("ENHANCEDSTATUSCODES"), SMTP_CAP_ENHANCEDSTATUSCODES },
    { SLICE_INIT("STARTTLS"),            SMTP_CAP_STARTTLS },
    { SLICE_INIT("AUTH"),                SMTP_CAP_AUTH },
    { SLICE_INIT("XCLIENT"),             SMTP_CAP_XCLIENT },
};
static const struct word attributes[] = {
    { SLICE_INIT("NAME"),  SMTP_XCLIENT_NAME },
    { SLICE_INIT("ADDR"),  SMTP_XCLIENT_ADDR },
    { SLICE_INIT("PORT"),  SMTP_XCLIENT_PORT },
    { SLICE_INIT("PROTO"), SMTP_XCLIENT_PROTO },
    { SLICE_INIT("HELO"),  SMTP_XCLIENT_HELO },
    { SLICE_INIT("LOGIN"), SMTP_XCLIENT_LOGIN },
};
/* clang-format on */

static unsigned bit_of(const struct word *table, size_t n, struct slice name)
{
    for (size_t i = 0; i < n; i++)
        if (slice_equal_nocase(table[i].name, name))
            return table[i].bit;
    return 0;
}

static unsigned read_attributes(struct slice words)
{
    unsigned bits = 0;
    struct slice word;
    while (words.n) {
        (void)slice_cut(words, ' ', &word, &words); /* without one: all is the last word */
        bits |= bit_of(attributes, ARRAY_SIZE(attributes), word);
    }
    return bits;
}

/* ehlo-keyword *( SP ehlo-param ); "AUTH=LOGIN" is how old servers write it */
static void read_keyword(struct slice text, struct smtp_capabilities *out)
{
    struct slice name, parameters, head, tail;
    uint64_t size;
    (void)slice_cut(slice_trim(text), ' ', &name, &parameters); /* none: parameters are empty */
    if (slice_cut(name, '=', &head, &tail) && slice_equal_nocase(head, SLICE("AUTH")))
        name = head;
    unsigned bit = bit_of(keywords, ARRAY_SIZE(keywords), name);
    out->offered |= bit;
    if (bit == SMTP_CAP_XCLIENT)
        out->xclient |= read_attributes(parameters);
    if (bit == SMTP_CAP_SIZE && slice_to_u64(slice_trim(parameters), 0, UINT64_MAX, &size))
        out->size = size;
}

void smtp_capabilities_parse(struct slice lines, struct smtp_capabilities *out)
{
    struct slice line;
    *out = (struct smtp_capabilities){ 0 };
    (void)slice_cut(lines, '\n', &line, &lines); /* the first line is the server's name */
    while (lines.n) {
        (void)slice_cut(lines, '\n', &line, &lines); /* without one: all is the last line */
        if (line.n && line.p[line.n - 1] == '\r')
            line.n--;
        read_keyword(slice_from(line, sizeof "250-" - 1), out);
    }
}
