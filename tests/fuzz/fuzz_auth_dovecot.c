/* SPDX-License-Identifier: ISC
 *
 * Lines of Dovecot's protocol: slices stay inside, a fault says where, what is escaped comes back.
 */
#include <stdlib.h>

#include "auth/dovecot_wire.h"

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

static void check_line(struct slice line)
{
    struct dovecot_line parsed;
    struct fault why = { 0 };
    if (!dovecot_line_parse(line, &parsed, &why)) {
        expect(why.what && why.at <= line.n);
        return;
    }
    expect(inside(parsed.user, line) && inside(parsed.mechanism, line) &&
           inside(parsed.challenge, line));
    if (parsed.command == DOVECOT_OK || parsed.command == DOVECOT_CONT ||
        parsed.command == DOVECOT_FAIL)
        expect(parsed.id != 0);
}

static void check_escapes(struct slice text)
{
    struct buf escaped, back;
    buf_init(&escaped, 2 * text.n + 1);
    buf_init(&back, text.n + 1);
    dovecot_escape(text, &escaped);
    struct slice all = buf_slice(&escaped);
    expect(!slice_has(all, '\t') && !slice_has(all, '\n') && !slice_has(all, '\r') &&
           !slice_has(all, 0));
    expect(dovecot_unescape(all, &back) && slice_equal(buf_slice(&back), text));
    buf_clear(&back);
    if (dovecot_unescape(text, &back))
        expect(buf_size(&back) <= text.n);
    buf_clear(&escaped);
    buf_clear(&back);
}

/* One line out, whatever the values hold. */
static void check_request(struct slice text)
{
    struct buf out, whole;
    buf_init(&out, 16 * text.n + 1024);
    buf_init(&whole, 16 * text.n + 2048);
    struct dovecot_request request = { .mechanism = SLICE("PLAIN"),
                                       .service = SLICE("smtp"),
                                       .session = text,
                                       .client_id = text,
                                       .has_response = true,
                                       .response = text };
    dovecot_request_write(&request, &out);
    dovecot_auth_write(1, buf_slice(&out), &whole);
    struct slice line, rest;
    expect(slice_cut(buf_slice(&whole), '\n', &line, &rest) && rest.n == 0);
    buf_clear(&out);
    buf_clear(&whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice line, rest = { data, size };
    while (rest.n) {
        (void)slice_cut(rest, '\n', &line, &rest); /* the last line may lack its end */
        check_line(line);
    }
    check_line((struct slice){ data, size });
    check_escapes((struct slice){ data, size });
    check_request((struct slice){ data, size });
    return 0;
}
