/* SPDX-License-Identifier: ISC */
#include "auth/dovecot_wire.h"

#include "base/base64.h"

#define ESCAPE 1

static bool refuse(struct fault *why, size_t at, const char *what)
{
    *why = (struct fault){ .at = at, .what = what };
    return false;
}

struct fields { /* a cursor over what stands between tabs */
    struct slice line, rest;
    bool more;
};

static bool fields_next(struct fields *f, struct slice *out)
{
    if (!f->more)
        return false;
    f->more = slice_cut(f->rest, '\t', out, &f->rest);
    return true;
}

static size_t fields_at(const struct fields *f)
{
    return f->line.n - f->rest.n;
}

static bool value_of(struct slice field, struct slice name_and_equals, struct slice *out)
{
    if (!slice_starts(field, name_and_equals))
        return false;
    *out = slice_from(field, name_and_equals.n);
    return true;
}

/* A boolean parameter stands without a value; older servers sent "proxy=y" as well. */
static bool is_flag(struct slice field, struct slice name)
{
    struct slice head, value;
    (void)slice_cut(field, '=', &head, &value);
    return slice_equal(head, name);
}

static bool read_version(struct fields *f, struct dovecot_line *line, struct fault *why)
{
    struct slice major, minor;
    uint32_t number;
    if (!fields_next(f, &major) || !slice_to_u32(major, 0, UINT32_MAX, &line->major))
        return refuse(why, fields_at(f), "VERSION without a major number");
    if (!fields_next(f, &minor) || !slice_to_u32(minor, 0, UINT32_MAX, &number))
        return refuse(why, fields_at(f), "VERSION without a minor number");
    return true;
}

static bool read_mechanism(struct fields *f, struct dovecot_line *line, struct fault *why)
{
    struct slice field;
    if (!fields_next(f, &line->mechanism) || line->mechanism.n == 0)
        return refuse(why, fields_at(f), "MECH without a name");
    while (fields_next(f, &field)) {
        line->anonymous = line->anonymous || is_flag(field, SLICE("anonymous"));
        line->private = line->private || is_flag(field, SLICE("private"));
    }
    return true;
}

static bool read_id(struct fields *f, struct dovecot_line *line, struct fault *why)
{
    struct slice id;
    if (!fields_next(f, &id) || !slice_to_u32(id, 1, UINT32_MAX, &line->id))
        return refuse(why, fields_at(f), "reply without an id");
    return true;
}

static bool read_ok(struct fields *f, struct dovecot_line *line, struct fault *why)
{
    struct slice field;
    if (!read_id(f, line, why))
        return false;
    while (fields_next(f, &field)) {
        (void)value_of(field, SLICE("user="), &line->user);
        line->proxy =
            line->proxy || is_flag(field, SLICE("proxy")) || is_flag(field, SLICE("proxy_maybe"));
        line->nologin = line->nologin || is_flag(field, SLICE("nologin"));
        line->is_anonymous = line->is_anonymous || is_flag(field, SLICE("anonymous"));
    }
    return true;
}

static bool read_cont(struct fields *f, struct dovecot_line *line, struct fault *why)
{
    if (!read_id(f, line, why))
        return false;
    (void)fields_next(f, &line->challenge); /* absent is empty */
    return true;
}

static enum dovecot_failure failure_of(struct slice word)
{
    /* clang-format off */
    static const struct {
        struct slice word;
        enum dovecot_failure failure;
    } words[] = {
        { SLICE_INIT("temp"),           DOVECOT_TEMPORARY },
        { SLICE_INIT("temp_fail"),      DOVECOT_TEMPORARY },
        { SLICE_INIT("authz"),          DOVECOT_NOT_AUTHORIZED },
        { SLICE_INIT("authz_fail"),     DOVECOT_NOT_AUTHORIZED },
        { SLICE_INIT("user_disabled"),  DOVECOT_DISABLED },
        { SLICE_INIT("pass_expired"),   DOVECOT_EXPIRED },
        { SLICE_INIT("invalid_base64"), DOVECOT_BASE64 },
    };
    /* clang-format on */
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (slice_equal(word, words[i].word))
            return words[i].failure;
    return DOVECOT_WRONG;
}

static bool read_fail(struct fields *f, struct dovecot_line *line, struct fault *why)
{
    struct slice field;
    if (!read_id(f, line, why))
        return false;
    while (fields_next(f, &field)) {
        struct slice word = field;
        if (value_of(field, SLICE("user="), &line->user))
            continue;
        (void)value_of(field, SLICE("code="), &word);
        enum dovecot_failure failure = failure_of(word);
        if (failure != DOVECOT_WRONG)
            line->failure = failure;
    }
    return true;
}

static bool read_nothing(struct fields *f, struct dovecot_line *line, struct fault *why)
{
    (void)f, (void)line, (void)why; /* its parameters are of no use to us */
    return true;
}

bool dovecot_line_parse(struct slice line, struct dovecot_line *out, struct fault *why)
{
    /* clang-format off */
    static const struct {
        struct slice word;
        enum dovecot_command command;
        bool (*read)(struct fields *, struct dovecot_line *, struct fault *);
    } commands[] = {
        { SLICE_INIT("VERSION"), DOVECOT_VERSION, read_version },
        { SLICE_INIT("MECH"),    DOVECOT_MECH,    read_mechanism },
        { SLICE_INIT("SPID"),    DOVECOT_SPID,    read_nothing },
        { SLICE_INIT("CUID"),    DOVECOT_CUID,    read_nothing },
        { SLICE_INIT("COOKIE"),  DOVECOT_COOKIE,  read_nothing },
        { SLICE_INIT("DONE"),    DOVECOT_DONE,    read_nothing },
        { SLICE_INIT("OK"),      DOVECOT_OK,      read_ok },
        { SLICE_INIT("CONT"),    DOVECOT_CONT,    read_cont },
        { SLICE_INIT("FAIL"),    DOVECOT_FAIL,    read_fail },
    };
    /* clang-format on */
    struct fields f = { .line = line, .rest = line, .more = true };
    struct dovecot_line parsed = { .command = DOVECOT_OTHER };
    struct slice word;
    (void)fields_next(&f, &word); /* there is always a first one */
    if (slice_has(line, 0) || slice_has(line, '\n') || slice_has(line, '\r'))
        return refuse(why, 0, "NUL, CR or LF in a line");
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        if (!slice_equal(word, commands[i].word))
            continue;
        parsed.command = commands[i].command;
        if (!commands[i].read(&f, &parsed, why))
            return false;
    }
    *out = parsed;
    return true;
}

void dovecot_escape(struct slice value, struct buf *out)
{
    for (size_t i = 0; i < value.n; i++) {
        uint8_t c = value.p[i];
        uint8_t letter = c == 0 ? '0' : c == ESCAPE ? '1' : c == '\t' ? 't' : c == '\r' ? 'r' : 'n';
        if (c == 0 || c == ESCAPE || c == '\t' || c == '\r' || c == '\n')
            buf_append(out, (struct slice){ (const uint8_t[]){ ESCAPE, letter }, 2 });
        else
            buf_append_byte(out, c);
    }
}

bool dovecot_unescape(struct slice text, struct buf *out)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (c == ESCAPE) {
            if (++i == text.n)
                return false;
            switch (text.p[i]) {
            case '0': c = 0; break;
            case '1': c = ESCAPE; break;
            case 't': c = '\t'; break;
            case 'r': c = '\r'; break;
            case 'n': c = '\n'; break;
            default: c = text.p[i]; break;
            }
        }
        buf_append_byte(out, c);
    }
    return !out->failed;
}

void dovecot_hello_write(uint32_t pid, struct buf *out)
{
    buf_printf(out, "VERSION\t1\t2\nCPID\t%u\n", pid);
}

static void write_value(struct buf *out, const char *name, struct slice value)
{
    if (value.n == 0)
        return;
    buf_printf(out, "\t%s=", name);
    dovecot_escape(value, out);
}

static void write_address(struct buf *out, char side, const struct address *a)
{
    char text[ADDRESS_TEXT_MAX];
    if (!a || a->n == 0 || (a->any.sa_family != AF_INET && a->any.sa_family != AF_INET6))
        return;
    buf_printf(out, "\t%cip=%s\t%cport=%u", side, address_text(a, text), side,
               (unsigned)address_port(a));
}

/* resp= comes last. An empty one is "=": with nothing behind the sign some versions take it as not
 * there at all. */
void dovecot_request_write(const struct dovecot_request *request, struct buf *out)
{
    buf_append_byte(out, '\t');
    for (size_t i = 0; i < request->mechanism.n; i++)
        buf_append_byte(out, ascii_upper(request->mechanism.p[i]));
    write_value(out, "service", request->service);
    if (request->tls)
        buf_append_str(out, "\tsecured=tls");
    write_address(out, 'l', request->local);
    write_address(out, 'r', request->remote);
    write_value(out, "session", request->session);
    write_value(out, "client_id", request->client_id);
    if (!request->has_response)
        return;
    buf_append_str(out, "\tresp=");
    if (request->response.n)
        base64_encode(out, request->response);
    else
        buf_append_byte(out, '=');
}

void dovecot_auth_write(uint32_t id, struct slice request, struct buf *out)
{
    buf_printf(out, "AUTH\t%u", id);
    buf_append(out, request);
    buf_append_byte(out, '\n');
}

void dovecot_continue_write(uint32_t id, struct slice response, struct buf *out)
{
    buf_printf(out, "CONT\t%u\t", id);
    base64_encode(out, response);
    buf_append_byte(out, '\n');
}

void dovecot_cancel_write(uint32_t id, struct buf *out)
{
    buf_printf(out, "CANCEL\t%u\n", id);
}
