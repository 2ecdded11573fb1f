/* SPDX-License-Identifier: ISC
 *
 * Any template: refused with a fault inside it, or every alert made from it is a mail with just our
 * header fields, lines ended by CRLF and no octet of the values that is not text. The values come
 * from the input too, and make valid JSON.
 */
#include <string.h>

#include <jansson.h>

#include "property.h"
#include "submit/alert_internal.h"

static void check_head(struct slice head)
{
    static const char *const names[] = {
        "From",         "To",           "Subject",
        "Date",         "Message-ID",   "Auto-Submitted",
        "MIME-Version", "Content-Type", "Content-Transfer-Encoding"
    };
    struct slice line;
    size_t n = 0;
    while (head.n) {
        must(slice_cut(head, '\n', &line, &head) && line.n && line.p[line.n - 1] == '\r');
        must(!memchr(line.p, '\r', line.n - 1) && line.n < 998);
        if (line.p[0] == ' ')
            continue;
        must(n < ARRAY_SIZE(names) && slice_starts(line, slice_of_str(names[n])));
        n++;
    }
    must(n == ARRAY_SIZE(names));
}

static void check_mail(struct slice mail)
{
    const uint8_t *end = memmem(mail.p, mail.n, "\r\n\r\n", 4);
    must(end);
    size_t at = (size_t)(end - mail.p) + 2;
    check_head(slice_first(mail, at));
    for (size_t i = at; i < mail.n; i++) {
        must(mail.p[i] < 0x7f && (mail.p[i] >= 0x20 || strchr("\r\n\t", mail.p[i])));
        must((mail.p[i] == '\n') == (i > 0 && mail.p[i - 1] == '\r'));
    }
}

static void check_json(const struct alert *a)
{
    struct buf out;
    buf_init(&out, ALERT_JSON_MAX);
    alert_json(&out, a);
    must(!out.failed);
    json_t *o = json_loadb((const char *)out.p, buf_size(&out), JSON_REJECT_DUPLICATES, NULL);
    must(json_object_size(o) == 11);
    json_decref(o);
    buf_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size }, text;
    struct fault why = { 0 };
    unsigned kind = choice(&in) % DEVICE_ALERT_COUNT;
    size_t n = choice(&in);
    struct slice value = slice_first(in, n % DEVICE_LABEL_MAX);
    text = slice_from(in, value.n);
    struct alert a = { .kind = (enum device_alert)kind,
                       .account = value,
                       .type = slice_first(value, DEVICE_TYPE_MAX),
                       .label = value,
                       .reason = value,
                       .wall_us = INT64_C(1795252309123456) };
    check_json(&a);
    if (!alert_template_check(text, &why)) {
        must(is_fault(text, &why));
        return 0;
    }
    struct buf out;
    buf_init(&out, (size_t)8 << 20);
    if (alert_mail(&out, &a, text, SLICE("a@b"), SLICE("c@d"), SLICE("e@f")))
        check_mail(buf_slice(&out));
    buf_clear(&out);
    return 0;
}
