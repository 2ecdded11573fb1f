/* SPDX-License-Identifier: ISC */
#include "audit/packet_decode.h"
#include "base/reader.h"
#include "dhcp/name.h"

#define LABEL_MAX   63
#define WIRE_MAX    255  /* octets of a name */
#define TEXT_MAX    1024 /* each of them as \DDD */
#define POINTER     0xc0
#define OFFSET_BITS 0x3f
#define NAMES_MAX   256 /* two octets may point to a long name: more are not shown */

/* RFC 1035 §5.1: what would be read as something else is quoted. */
static void put_label(struct buf *out, struct slice label)
{
    for (size_t i = 0; i < label.n; i++) {
        uint8_t c = label.p[i];
        if (c == '.' || c == '\\')
            buf_printf(out, "\\%c", c);
        else if (c > 0x20 && c < 0x7f)
            buf_append_byte(out, c);
        else
            buf_printf(out, "\\%03u", (unsigned)c);
    }
}

/* One name at *at, which moves behind it. RFC 3397 §2: a pointer counts from the value's first octet. Each
 * pointer must go backwards, so that a name ends. False: it is none. */
static bool next_name(struct slice value, size_t *at, struct buf *out)
{
    size_t here = *at, size = 0, floor = here;
    bool jumped = false;
    while (here < value.n) {
        uint8_t n = value.p[here];
        if (n == 0) {
            *at = jumped ? *at : here + 1;
            return true;
        }
        if (n >= POINTER) {
            if (here + 1 >= value.n)
                return false;
            size_t to = (size_t)(n & OFFSET_BITS) << 8 | value.p[here + 1];
            *at = jumped ? *at : here + 2;
            jumped = true;
            if (to >= floor)
                return false;
            here = floor = to;
            continue;
        }
        size += 1u + n;
        if (n > LABEL_MAX || size >= WIRE_MAX || n >= value.n - here)
            return false;
        if (buf_size(out))
            buf_append_byte(out, '.');
        put_label(out, slice_first(slice_from(value, here + 1), n));
        here += 1u + n;
    }
    return false;
}

static bool are_names(struct slice value)
{
    struct buf name;
    size_t at = 0, n = 0;
    bool fine = value.n;
    buf_init(&name, TEXT_MAX);
    while (fine && at < value.n) {
        fine = n++ < NAMES_MAX && next_name(value, &at, &name);
        buf_consume(&name, buf_size(&name));
    }
    buf_clear(&name);
    return fine;
}

void audit_decode_names(struct audit_json *j, struct slice value)
{
    struct buf name;
    size_t at = 0;
    if (!are_names(value))
        return;
    buf_init(&name, TEXT_MAX);
    audit_json_key(j, "names");
    audit_json_array(j);
    while (at < value.n && next_name(value, &at, &name)) {
        audit_json_text(j, buf_slice(&name));
        buf_consume(&name, buf_size(&name));
    }
    audit_json_end(j);
    buf_clear(&name);
}

/* RFC 3361 §3: names behind 0, addresses behind 1. */
void audit_decode_sip(struct audit_json *j, struct slice value)
{
    struct slice rest = slice_from(value, 1);
    struct reader r = reader_of(rest);
    char text[16];
    if (value.n && value.p[0] == 0)
        audit_decode_names(j, rest);
    if (!rest.n || rest.n % 4 || value.p[0] != 1)
        return;
    audit_json_key(j, "addresses");
    audit_json_array(j);
    while (reader_left(&r))
        audit_json_str(j, dhcp_address_text(reader_be32(&r), text));
    audit_json_end(j);
}
