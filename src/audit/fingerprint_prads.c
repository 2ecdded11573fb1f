/* SPDX-License-Identifier: ISC
 *
 * PRADS' dhcp.fp (Debian: /etc/prads/dhcp.fp), a signature a line:
 *   53:TTL:all options:55:60:system:detail
 * "." is nothing. A vendor class may have colons, so the first four fields are taken from the front and the last two
 * from the end.
 */
#include "audit/fingerprint_internal.h"
#include "base/err.h"
#include "dhcp/packet.h"

struct signature {
    uint32_t type, ttl;
    struct slice order, parameters, vendor_class, system, detail;
};

static struct slice field(struct slice s)
{
    struct slice text = slice_trim(s);
    if (slice_equal(text, SLICE(".")))
        text.n = 0;
    return text;
}

static const char *split(struct slice line, struct signature *out)
{
    struct slice type, ttl, order, parameters, rest;
    if (!slice_cut(line, ':', &type, &rest) || !slice_cut(rest, ':', &ttl, &rest) ||
        !slice_cut(rest, ':', &order, &rest) || !slice_cut(rest, ':', &parameters, &rest) ||
        !slice_cut_last(rest, ':', &rest, &out->detail) ||
        !slice_cut_last(rest, ':', &out->vendor_class, &out->system))
        return "fewer than seven fields";
    if (!slice_to_u32(slice_trim(type), 0, UINT8_MAX, &out->type))
        return "the message type is no number up to 255";
    if (!slice_to_u32(slice_trim(ttl), 0, UINT8_MAX, &out->ttl))
        return "the TTL is no number up to 255";
    out->order = field(order);
    out->parameters = field(parameters);
    out->vendor_class = field(out->vendor_class);
    out->system = field(out->system);
    out->detail = field(out->detail);
    return out->system.n ? NULL : "no system";
}

static int add_tests(struct fingerprints *prints, const struct signature *it)
{
    struct print_test test = { .kind = PRINT_ORDER,
                               .type = (uint8_t)it->type,
                               .weight = PRINT_FULL_WEIGHT };
    int error = print_test_codes(prints, test, it->order);
    test.kind = PRINT_PARAMETERS;
    error = error ? error : print_test_codes(prints, test, it->parameters);
    test.kind = PRINT_VENDOR_CLASS;
    test.octets = it->vendor_class;
    error = error ? error : print_test(prints, &test);
    test.kind = PRINT_TTL;
    test.octets = (struct slice){ 0 };
    test.number = (uint16_t)it->ttl;
    return error ? error : print_test(prints, &test);
}

/* Signatures of one system in a row are one print. */
static bool as_before(const struct fingerprints *prints, struct slice system)
{
    const struct print *last = prints->prints_n ? &prints->prints[prints->prints_n - 1] : NULL;
    return last && last->source == prints->sources_n - 1 &&
           slice_equal(slice_of_str(last->system), system);
}

static int add(struct fingerprints *prints, const struct signature *it)
{
    struct buf system CLEANUP(buf_clear);
    int error = 0;
    buf_init(&system, sizeof((struct fingerprint_guess *)0)->system - 1);
    if (it->type != DHCP_DISCOVER && it->type != DHCP_REQUEST && it->type != DHCP_DECLINE &&
        it->type != DHCP_RELEASE && it->type != DHCP_INFORM)
        return 0; /* of servers */
    buf_append(&system, it->system);
    buf_append_str(&system, it->detail.n ? " " : "");
    buf_append(&system, it->detail);
    if (system.failed)
        return ERR_TOO_BIG;
    if (!as_before(prints, buf_slice(&system)))
        error = print_add(prints, buf_slice(&system), (struct slice){ 0 });
    return error ? error : add_tests(prints, it);
}

int prints_prads(struct fingerprints *prints, struct slice text, const char *name, struct buf *why)
{
    struct print_lines lines = { .rest = text };
    while (print_lines_next(&lines)) {
        struct slice line = slice_trim(lines.line);
        struct signature it = { 0 };
        const char *what;
        int error = ERR_FORMAT;
        if (line.n == 0 || line.p[0] == '#')
            continue;
        what = split(line, &it);
        if (!what) {
            error = add(prints, &it);
            what = error == ERR_FORMAT ? "not a list of option codes" : err_text(error);
        }
        if (error) {
            print_fault(why, name, lines.number, what);
            return error;
        }
    }
    return 0;
}
