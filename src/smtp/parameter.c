/* SPDX-License-Identifier: ISC */
#include "smtp/parameter.h"

#include "smtp/character.h"

#define SIZE_DIGITS_MAX 20  /* RFC 1870 §4 */
#define ENVID_MAX       100 /* RFC 3461 §4.4 */
#define AUTH_MAX        500 /* RFC 4954 §3, item 6 */
#define ORCPT_MAX       500 /* RFC 3461 §4.2 */

/* Reads a value into the struct that the table is for. */
typedef bool read_value(struct slice value, void *out);

struct keyword {
    struct slice name;
    bool has_value;
    read_value *read;
    const char *otherwise; /* the fault of a bad value */
};

static int hex_of(uint8_t c)
{
    return is_digit(c) ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* xchar / hexchar, hexchar = "+" and two upper case digits (RFC 3461 §4). Stores the byte meant;
 * the length of what stands for it, 0 for neither. */
static size_t xtext_at(struct slice s, uint8_t *meant)
{
    if (s.n == 0 || !is_visible(s.p[0]) || s.p[0] == '=')
        return 0;
    *meant = s.p[0];
    if (s.p[0] != '+')
        return 1;
    if (s.n < 3 || hex_of(s.p[1]) < 0 || hex_of(s.p[2]) < 0)
        return 0;
    *meant = (uint8_t)(hex_of(s.p[1]) << 4 | hex_of(s.p[2]));
    return 3;
}

bool smtp_is_xtext(struct slice text)
{
    uint8_t meant;
    for (size_t n; text.n; text = slice_from(text, n))
        if (!(n = xtext_at(text, &meant)))
            return false;
    return true;
}

/* Well-formed, not empty, and nothing behind the encoding that would end a line of a report. */
static bool is_printable_xtext(struct slice text, bool utf8)
{
    uint8_t meant;
    bool any = text.n > 0;
    for (size_t n; text.n; text = slice_from(text, n)) {
        meant = ' ';
        n = xtext_at(text, &meant);
        if (!n && utf8)
            n = utf8_non_ascii(text);
        if (!n || is_control(meant))
            return false;
    }
    return any;
}

void smtp_write_xtext(struct buf *out, struct slice bytes)
{
    for (size_t i = 0; i < bytes.n; i++) {
        uint8_t c = bytes.p[i];
        if (is_visible(c) && c != '+' && c != '=')
            buf_append_byte(out, c);
        else
            buf_printf(out, "+%02X", (unsigned)c);
    }
}

/* size-value = 1*20DIGIT. A value that no number here can hold is too big, not malformed. */
static bool read_size(struct slice value, void *out)
{
    struct smtp_mail_parameters *p = out;
    for (size_t i = 0; i < value.n; i++)
        if (!is_digit(value.p[i]))
            return false;
    if (value.n == 0 || value.n > SIZE_DIGITS_MAX)
        return false;
    p->size_given = true;
    if (!slice_to_u64(value, 0, UINT64_MAX, &p->size))
        p->size = UINT64_MAX;
    return true;
}

static bool read_body(struct slice value, void *out)
{
    struct smtp_mail_parameters *p = out;
    if (slice_equal_nocase(value, SLICE("7BIT")))
        p->body = SMTP_BODY_7BIT;
    else if (slice_equal_nocase(value, SLICE("8BITMIME")))
        p->body = SMTP_BODY_8BITMIME;
    else if (slice_equal_nocase(value, SLICE("BINARYMIME")))
        p->body = SMTP_BODY_BINARYMIME;
    return p->body != SMTP_BODY_NONE;
}

static bool read_smtputf8(struct slice value, void *out)
{
    struct smtp_mail_parameters *p = out;
    p->smtputf8 = true;
    return value.n == 0;
}

static bool read_ret(struct slice value, void *out)
{
    struct smtp_mail_parameters *p = out;
    if (slice_equal_nocase(value, SLICE("FULL")))
        p->ret = SMTP_RET_FULL;
    else if (slice_equal_nocase(value, SLICE("HDRS")))
        p->ret = SMTP_RET_HDRS;
    return p->ret != SMTP_RET_NONE;
}

static bool read_envid(struct slice value, void *out)
{
    struct smtp_mail_parameters *p = out;
    p->envid = value;
    return value.n <= ENVID_MAX && is_printable_xtext(value, false);
}

/* "<>" is xtext too. */
static bool read_auth(struct slice value, void *out)
{
    struct smtp_mail_parameters *p = out;
    p->auth = value;
    return value.n <= AUTH_MAX && is_printable_xtext(value, false);
}

static unsigned notify_of(struct slice word)
{
    static const struct {
        struct slice name;
        unsigned bit;
    } words[] = {
        { SLICE_INIT("NEVER"), SMTP_NOTIFY_NEVER },
        { SLICE_INIT("SUCCESS"), SMTP_NOTIFY_SUCCESS },
        { SLICE_INIT("FAILURE"), SMTP_NOTIFY_FAILURE },
        { SLICE_INIT("DELAY"), SMTP_NOTIFY_DELAY },
    };
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (slice_equal_nocase(word, words[i].name))
            return words[i].bit;
    return 0;
}

/* "NEVER" / 1#( "SUCCESS" / "FAILURE" / "DELAY" ) */
static bool read_notify(struct slice value, void *out)
{
    struct smtp_rcpt_parameters *p = out;
    struct slice word;
    bool more;
    do {
        more = slice_cut(value, ',', &word, &value);
        unsigned bit = notify_of(word);
        if (!bit)
            return false;
        p->notify |= bit;
    } while (more);
    return !(p->notify & SMTP_NOTIFY_NEVER) || p->notify == SMTP_NOTIFY_NEVER;
}

/* addr-type ";" xtext; RFC 6533 §3 adds the type "utf-8", whose text may hold UTF-8 itself */
static bool read_orcpt(struct slice value, void *out)
{
    struct smtp_rcpt_parameters *p = out;
    struct slice type, text;
    p->orcpt = value;
    if (value.n > ORCPT_MAX || !slice_cut(value, ';', &type, &text) || type.n == 0)
        return false;
    for (size_t i = 0; i < type.n; i++)
        if (!is_atext(type.p[i]))
            return false;
    return is_printable_xtext(text, slice_equal_nocase(type, SLICE("utf-8")));
}

/* clang-format off */
static const struct keyword mail_keywords[] = {
    { SLICE_INIT("SIZE"),     true,  read_size,     "wrong value of SIZE" },
    { SLICE_INIT("BODY"),     true,  read_body,     "wrong value of BODY" },
    { SLICE_INIT("SMTPUTF8"), false, read_smtputf8, "wrong value of SMTPUTF8" },
    { SLICE_INIT("RET"),      true,  read_ret,      "wrong value of RET" },
    { SLICE_INIT("ENVID"),    true,  read_envid,    "wrong value of ENVID" },
    { SLICE_INIT("AUTH"),     true,  read_auth,     "wrong value of AUTH" },
};
static const struct keyword rcpt_keywords[] = {
    { SLICE_INIT("NOTIFY"),   true,  read_notify,   "wrong value of NOTIFY" },
    { SLICE_INIT("ORCPT"),    true,  read_orcpt,    "wrong value of ORCPT" },
};
/* clang-format on */

/* esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-") */
static bool is_keyword(struct slice word)
{
    for (size_t i = 0; i < word.n; i++)
        if (!is_alnum(word.p[i]) && (i == 0 || word.p[i] != '-'))
            return false;
    return word.n > 0;
}

static size_t find(const struct keyword *table, size_t n, struct slice name)
{
    size_t i = 0;
    while (i < n && !slice_equal_nocase(table[i].name, name))
        i++;
    return i;
}

struct reading {
    const struct keyword *table;
    size_t n;
    unsigned seen; /* rows of the table */
    void *out;
    struct fault *why;
};

static enum smtp_parameter_result fail(struct reading *r, enum smtp_parameter_result result,
                                       size_t at, const char *what)
{
    *r->why = (struct fault){ .at = at, .what = what };
    return result;
}

/* esmtp-param = esmtp-keyword ["=" esmtp-value] */
static enum smtp_parameter_result read_one(struct reading *r, struct slice word, size_t at)
{
    struct slice name, value;
    bool given = slice_cut(word, '=', &name, &value);
    if (!is_keyword(name))
        return fail(r, SMTP_PARAMETER_SYNTAX, at, "wrong parameter");
    size_t row = find(r->table, r->n, name);
    if (row == r->n)
        return fail(r, SMTP_PARAMETER_UNKNOWN, at, "unknown parameter");
    if (r->seen & 1u << row)
        return fail(r, SMTP_PARAMETER_SYNTAX, at, "parameter given twice");
    r->seen |= 1u << row;
    if (given != r->table[row].has_value || !r->table[row].read(value, r->out))
        return fail(r, SMTP_PARAMETER_SYNTAX, at, r->table[row].otherwise);
    return SMTP_PARAMETER_OK;
}

static enum smtp_parameter_result read_all(struct reading *r, struct slice text)
{
    struct slice word, rest = text;
    while (rest.n) {
        size_t at = text.n - rest.n;
        (void)slice_cut(rest, ' ', &word, &rest); /* without one: all is the last word */
        if (word.n == 0)
            continue;
        enum smtp_parameter_result result = read_one(r, word, at);
        if (result != SMTP_PARAMETER_OK)
            return result;
    }
    return SMTP_PARAMETER_OK;
}

enum smtp_parameter_result
smtp_mail_parameters_parse(struct slice text, struct smtp_mail_parameters *out, struct fault *why)
{
    struct smtp_mail_parameters parsed = { 0 };
    struct reading r = { mail_keywords, ARRAY_SIZE(mail_keywords), 0, &parsed, why };
    enum smtp_parameter_result result = read_all(&r, text);
    if (result == SMTP_PARAMETER_OK)
        *out = parsed;
    return result;
}

enum smtp_parameter_result
smtp_rcpt_parameters_parse(struct slice text, struct smtp_rcpt_parameters *out, struct fault *why)
{
    struct smtp_rcpt_parameters parsed = { 0 };
    struct reading r = { rcpt_keywords, ARRAY_SIZE(rcpt_keywords), 0, &parsed, why };
    enum smtp_parameter_result result = read_all(&r, text);
    if (result == SMTP_PARAMETER_OK)
        *out = parsed;
    return result;
}
