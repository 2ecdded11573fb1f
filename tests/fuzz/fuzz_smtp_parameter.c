/* SPDX-License-Identifier: ISC */
#include "property.h"

#include "smtp/parameter.h"

static void check_mail(struct slice in)
{
    struct smtp_mail_parameters p;
    struct fault why = { 0 };
    if (smtp_mail_parameters_parse(in, &p, &why) != SMTP_PARAMETER_OK) {
        must(is_fault(in, &why));
        return;
    }
    must(inside(in, p.envid) && inside(in, p.auth));
    must(smtp_is_xtext(p.envid) && smtp_is_xtext(p.auth));
    must((p.envid.p == NULL) == (p.envid.n == 0) && (p.auth.p == NULL) == (p.auth.n == 0));
    must(p.size_given || p.size == 0);
}

static void check_rcpt(struct slice in)
{
    struct smtp_rcpt_parameters p;
    struct fault why = { 0 };
    if (smtp_rcpt_parameters_parse(in, &p, &why) != SMTP_PARAMETER_OK) {
        must(is_fault(in, &why));
        return;
    }
    must(inside(in, p.orcpt) && (p.orcpt.n == 0 || slice_has(p.orcpt, ';')));
    must(p.notify <= 15 && (!(p.notify & SMTP_NOTIFY_NEVER) || p.notify == SMTP_NOTIFY_NEVER));
    for (size_t i = 0; i < p.orcpt.n; i++)
        must(p.orcpt.p[i] > 0x20 && p.orcpt.p[i] != 0x7f);
}

/* Whatever is encoded is xtext, and can stand as a value. */
static void check_xtext(struct slice in)
{
    struct buf out;
    buf_init(&out, 3 * in.n);
    smtp_write_xtext(&out, in);
    must(!out.failed && smtp_is_xtext(buf_slice(&out)));
    buf_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    check_mail(in);
    check_rcpt(in);
    check_xtext(in);
    return 0;
}
