/* SPDX-License-Identifier: ISC */
#include "property.h"

#include "message/authres.h"

/* What is written holds nothing that could end the field, the value or a comment early. */
static void check_written(struct slice id, struct slice text)
{
    struct buf out;
    unsigned depth = 0;
    bool quoted = false;
    buf_init(&out, 1 << 16);
    authres_start(&out, id);
    authres_result(&out, "dkim", "pass", text, text);
    authres_property(&out, "header", "d", text);
    must(!out.failed);
    struct slice s = buf_slice(&out);
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        bool fold = c == '\r' || c == '\n' || c == '\t';
        must(c >= 0x20 ? c != 0x7f : fold);
        must(c != '\n' || (s.p[i - 1] == '\r' && i + 1 < s.n && s.p[i + 1] == '\t'));
        must(!fold || !quoted);
        if (quoted && c == '\\')
            i++;
        else if (c == '"' && !depth)
            quoted = !quoted;
        depth += c == '(';
        must(c != ')' || depth == 1);
        depth -= c == ')';
    }
    must(!quoted && depth == 0);
    buf_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size }, id, text;
    struct buf out;
    (void)slice_cut(in, '|', &id, &text);
    (void)authres_claims(text, id);
    (void)authres_claims(text, SLICE("mx.example.com"));
    check_written(id, text);
    buf_init(&out, 1 << 16); /* what we write as ours is found to be ours */
    authres_start(&out, SLICE("mx.example.com"));
    authres_result(&out, "dkim", "pass", text, text);
    must(authres_claims(buf_slice(&out), SLICE("mx.example.com")));
    buf_clear(&out);
    return 0;
}
