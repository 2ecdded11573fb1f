/* SPDX-License-Identifier: ISC
 *
 * DMARC Policy Records (RFC 9989 §4.7, §4.8, §4.10.1).
 */
#include "check.h"

#include "base/buf.h"
#include "practices/dmarc_record.h"

#define RUA "rua=mailto:a@b.example"

/* What a record says, as text; "no record" when it is none. */
static void show(struct slice text, struct buf *out)
{
    static const char *const psd[] = { "", " psd=y", " psd=n" };
    struct dmarc_record r;
    if (!dmarc_record_parse(guarded(text), &r)) {
        buf_append_str(out, "no record");
        return;
    }
    buf_printf(out, "%s%s/%s%s/%s", dmarc_policy_text(r.p), r.has_sp ? "" : "/-",
               dmarc_policy_text(r.sp), r.has_np ? "" : "/-", dmarc_policy_text(r.np));
    buf_printf(out, "%s%s%s%s", psd[r.psd], r.strict ? " strict" : "", r.testing ? " testing" : "",
               r.without_effect ? " without-effect" : "");
}

/* clang-format off */
static const struct {
    const char *name;
    struct slice text;
    const char *want;
} cases[] = {
    { "empty", SLICE_INIT(""), "no record" },
    { "v alone", SLICE_INIT("v"), "no record" },
    { "v must be there", SLICE_INIT("p=reject"), "no record" },
    { "v must be first", SLICE_INIT("p=reject; v=DMARC1"), "no record" },
    { "v has case", SLICE_INIT("v=dmarc1; p=reject"), "no record" },
    { "the name of v has case", SLICE_INIT("V=DMARC1; p=reject"), "no record" },
    { "v must be all of it", SLICE_INIT("v=DMARC10; p=reject"), "no record" },
    { "a separator is due", SLICE_INIT("v=DMARC1 p=reject"), "no record" },
    { "another text", SLICE_INIT("v=spf1 -all"), "no record" },
    { "white space before v", SLICE_INIT(" v=DMARC1; p=reject"), "no record" },
    { "white space around", SLICE_INIT("v\t=  DMARC1 ;p =\treject;"), "reject/-/reject/-/reject" },
    { "CR LF is no white space here", SLICE_INIT("v=\r\n DMARC1; p=reject"), "no record" },
    { "plain", SLICE_INIT("v=DMARC1; p=reject"), "reject/-/reject/-/reject" },
    { "values have no case", SLICE_INIT("v=DMARC1; p=Quarantine; adkim=S; t=Y; psd=N"), "quarantine/-/quarantine/-/quarantine psd=n strict testing" },
    { "names of tags have case", SLICE_INIT("v=DMARC1; P=reject; " RUA), "none/-/none/-/none" },
    { "sp", SLICE_INIT("v=DMARC1; p=reject; sp=none"), "reject/none/-/none" },
    { "np", SLICE_INIT("v=DMARC1; p=none; np=reject"), "none/-/none/reject" },
    { "sp and np", SLICE_INIT("v=DMARC1; np=reject; sp=quarantine; p=none"), "none/quarantine/reject" },
    { "psd=y", SLICE_INIT("v=DMARC1; psd=y; p=none"), "none/-/none/-/none psd=y" },
    { "psd=u is the default", SLICE_INIT("v=DMARC1; psd=u; p=none"), "none/-/none/-/none" },
    { "illegal values are the default", SLICE_INIT("v=DMARC1; p=reject; psd=x; adkim=x; t=x"), "reject/-/reject/-/reject" },
    { "tags that went with RFC 7489 are ignored", SLICE_INIT("v=DMARC1; p=reject; pct=0; rf=afrf; ri=1"), "reject/-/reject/-/reject" },
    { "what is broken is skipped", SLICE_INIT("v=DMARC1; junk; =x; p=reject; 1=2;; adkim=s"), "reject/-/reject/-/reject strict" },
    { "the first of two counts", SLICE_INIT("v=DMARC1; p=reject; p=none"), "reject/-/reject/-/reject" },
    { "NUL inside", SLICE_INIT("v=DMARC1; p=reject\0; adkim=s"), "none/-/none/-/none strict without-effect" },
    { "no p, no rua", SLICE_INIT("v=DMARC1"), "none/-/none/-/none without-effect" },
    { "no p, rua", SLICE_INIT("v=DMARC1; " RUA), "none/-/none/-/none" },
    { "illegal p, no rua", SLICE_INIT("v=DMARC1; p=all"), "none/-/none/-/none without-effect" },
    { "illegal p, rua", SLICE_INIT("v=DMARC1; p=all; " RUA), "none/-/none/-/none" },
    { "empty p", SLICE_INIT("v=DMARC1; p=; " RUA), "none/-/none/-/none" },
    { "illegal sp, no rua", SLICE_INIT("v=DMARC1; p=reject; sp=x"), "none/-/none/-/none without-effect" },
    { "illegal sp, rua", SLICE_INIT("v=DMARC1; p=reject; sp=x; np=reject; " RUA), "none/-/none/-/none" },
    { "illegal np, rua", SLICE_INIT("v=DMARC1; p=reject; np=x; " RUA), "none/-/none/-/none" },
    { "rua: one URI of several is enough", SLICE_INIT("v=DMARC1; rua=x, https://a.example/b?c!10m"), "none/-/none/-/none" },
    { "rua: no scheme", SLICE_INIT("v=DMARC1; rua=a@b.example"), "none/-/none/-/none without-effect" },
    { "rua: an illegal scheme", SLICE_INIT("v=DMARC1; rua=1x:a"), "none/-/none/-/none without-effect" },
    { "rua: nothing behind the scheme", SLICE_INIT("v=DMARC1; rua=mailto:"), "none/-/none/-/none without-effect" },
    { "rua: a space inside", SLICE_INIT("v=DMARC1; rua=mailto:a b"), "none/-/none/-/none without-effect" },
    { "rua: half an octet", SLICE_INIT("v=DMARC1; rua=mailto:a%4"), "none/-/none/-/none without-effect" },
    { "rua: an encoded octet", SLICE_INIT("v=DMARC1; rua=mailto:a%21b@c.example"), "none/-/none/-/none" },
    { "rua: no size", SLICE_INIT("v=DMARC1; rua=mailto:a@b.example!m"), "none/-/none/-/none without-effect" },
    { "rua: empty", SLICE_INIT("v=DMARC1; rua="), "none/-/none/-/none without-effect" },
};
/* clang-format on */

static void records_are_read_as_rfc_9989_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct buf got;
        buf_init(&got, 256);
        show(cases[i].text, &got);
        expect_slice(cases[i].name, buf_slice(&got), slice_of_str(cases[i].want));
        buf_clear(&got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_read_as_rfc_9989_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
