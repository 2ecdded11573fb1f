/* SPDX-License-Identifier: ISC */
#include "audit/dns_update.h"

#include <stdio.h>
#include <string.h>

#include "base/reader.h"

enum {
    OPCODE_UPDATE = 5,
    TYPE_A = 1,
    TYPE_PTR = 12,
    TYPE_DHCID = 49,
    CLASS_IN = 1,
    JUMPS_MAX = 16,
    NAME_OCTETS_MAX = 255,
};

struct name { /* labels in wire form, uncompressed, without the root */
    uint8_t octets[NAME_OCTETS_MAX];
    size_t n;
};

/* RFC 1035 §4.1.4. Moves *at behind the name as it stands; pointers go backwards only, and not for ever. */
static bool read_name(struct slice message, size_t *at, struct name *out)
{
    size_t here = *at, jumps = 0;
    bool moved = false;
    out->n = 0;
    for (;;) {
        if (here >= message.n)
            return false;
        uint8_t length = message.p[here];
        if (length >= 0xc0) {
            if (message.n - here < 2 || ++jumps > JUMPS_MAX)
                return false;
            size_t to = (size_t)(length & 0x3f) << 8 | message.p[here + 1];
            if (!moved)
                *at = here + 2;
            moved = true;
            if (to >= here)
                return false;
            here = to;
            continue;
        }
        if (length > 63 || message.n - here - 1 < length)
            return false;
        if (length == 0)
            break;
        if (out->n + 1 + length > sizeof(out->octets))
            return false;
        memcpy(out->octets + out->n, message.p + here, (size_t)length + 1);
        out->n += (size_t)length + 1;
        here += (size_t)length + 1;
    }
    if (!moved)
        *at = here + 1;
    return true;
}

/* RFC 1035 §5.1 */
static void write_name(const struct name *name, char out[DNS_UPDATE_NAME_MAX])
{
    size_t n = 0;
    for (size_t at = 0; at < name->n; at += (size_t)name->octets[at] + 1) {
        if (n > 0)
            out[n++] = '.';
        for (size_t i = 1; i <= name->octets[at]; i++) {
            uint8_t c = name->octets[at + i];
            if (c > 0x20 && c < 0x7f && c != '.' && c != '\\')
                out[n++] = (char)c;
            else
                n += (size_t)snprintf(out + n, DNS_UPDATE_NAME_MAX - n, "\\%03u", c);
        }
    }
    out[n] = 0;
}

/* "1.2.0.192.in-addr.arpa"; 0: it is none. */
static uint32_t reverse_address(const struct name *name)
{
    static const struct slice arpa = SLICE_INIT("\7in-addr\4arpa");
    uint32_t address = 0;
    size_t at = 0;
    for (unsigned i = 0; i < 4; i++) {
        uint32_t octet;
        if (at >= name->n)
            return 0;
        struct slice label = { name->octets + at + 1, name->octets[at] };
        if (!slice_to_u32(label, 0, 255, &octet))
            return 0;
        address |= octet << (8 * i);
        at += label.n + 1;
    }
    struct slice rest = { name->octets + at, name->n - at };
    return slice_equal_nocase(rest, arpa) ? address : 0;
}

struct record {
    struct name owner;
    uint16_t type, class;
    struct slice rdata;
    size_t rdata_at;
};

static bool read_record(struct slice message, size_t *at, struct record *out)
{
    if (!read_name(message, at, &out->owner))
        return false;
    struct reader r = reader_of(slice_from(message, *at));
    out->type = reader_be16(&r);
    out->class = reader_be16(&r);
    (void)reader_be32(&r); /* TTL */
    size_t n = reader_be16(&r);
    out->rdata = reader_bytes(&r, n);
    out->rdata_at = *at + 10;
    *at = out->rdata_at + n;
    return !r.bad;
}

bool dns_update_open(struct slice message, struct dns_update *out)
{
    struct reader r = reader_of(message);
    (void)reader_be16(&r);
    uint16_t flags = reader_be16(&r), zones = reader_be16(&r), prerequisites = reader_be16(&r);
    uint32_t updates = reader_be16(&r);
    (void)reader_be16(&r);
    if (r.bad || flags >> 11 != OPCODE_UPDATE) /* QR 0, and the opcode */
        return false;
    size_t at = 12;
    struct name zone;
    struct record passed;
    for (; zones > 0; zones--, at += 4)
        if (!read_name(message, &at, &zone))
            return false;
    for (; prerequisites > 0; prerequisites--)
        if (!read_record(message, &at, &passed))
            return false;
    *out = (struct dns_update){ message, at, updates };
    return at <= message.n;
}

/* RFC 2136 §2.5.1: what is added has the zone's class. */
static bool take(const struct dns_update *update, const struct record *r,
                 struct dns_update_record *out)
{
    if (r->class != CLASS_IN)
        return false;
    const struct name *host = &r->owner;
    struct name target;
    size_t at = r->rdata_at;
    out->address = 0;
    out->dhcid = (struct slice){ 0 };
    if (r->type == TYPE_A && r->rdata.n == 4) {
        struct reader octets = reader_of(r->rdata);
        out->kind = DNS_UPDATE_ADDRESS;
        out->address = reader_be32(&octets);
    } else if (r->type == TYPE_PTR && read_name(update->message, &at, &target)) {
        out->kind = DNS_UPDATE_POINTER;
        out->address = reverse_address(host);
        host = &target;
    } else if (r->type == TYPE_DHCID) {
        out->kind = DNS_UPDATE_DHCID;
        out->dhcid = r->rdata;
    } else {
        return false;
    }
    write_name(host, out->name);
    return true;
}

bool dns_update_next(struct dns_update *update, struct dns_update_record *out)
{
    while (update->left > 0) {
        struct record r;
        size_t from = update->at;
        update->left--;
        if (!read_record(update->message, &update->at, &r)) {
            update->left = 0;
            return false;
        }
        if (take(update, &r, out)) {
            out->at = from;
            out->n = update->at - from;
            return true;
        }
    }
    return false;
}
