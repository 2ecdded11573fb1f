/* SPDX-License-Identifier: ISC
 *
 * A policy server's answer, whatever it is: a status and a printable message within their bounds, or
 * a fault inside the answer. The key's file: one header field and no second line.
 */
#include <string.h>

#include "auth/policy_wire.h"
#include "property.h"

static void check_answer(struct slice body)
{
    struct policy_wire_answer a = { .status = 77 };
    struct fault why = { 0 };
    if (!policy_wire_parse(body, &a, &why)) {
        must(is_fault(body, &why) && a.status == 77);
        return;
    }
    size_t n = strnlen(a.message, sizeof a.message);
    must(n <= POLICY_MESSAGE_MAX);
    for (size_t i = 0; i < n; i++)
        must(a.message[i] >= 0x20 && a.message[i] < 0x7f);
}

static void check_header(struct slice text)
{
    struct buf out;
    buf_init(&out, text.n + 64);
    if (policy_wire_header(&out, text)) {
        struct slice line = buf_slice(&out), name, value;
        must(slice_cut(line, ':', &name, &value) && name.n && value.n > 1);
        for (size_t i = 0; i < line.n; i++)
            must(line.p[i] >= 0x20 && line.p[i] < 0x7f);
    } else {
        must(buf_size(&out) == 0);
    }
    buf_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    if (choice(&in) & 1)
        check_header(in);
    else
        check_answer(in);
    return 0;
}
