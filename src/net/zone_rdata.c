/* SPDX-License-Identifier: ISC */
#include "net/zone_internal.h"

#include <arpa/inet.h>
#include <string.h>

enum { STRING_MAX = 255 };

enum type {
    TYPE_A = 1,
    TYPE_NS = 2,
    TYPE_CNAME = 5,
    TYPE_SOA = 6,
    TYPE_PTR = 12,
    TYPE_MX = 15,
    TYPE_TXT = 16,
    TYPE_AAAA = 28,
    TYPE_SPF = 99
};

/* The mnemonics of IANA's registry that zones have. */
static const struct {
    const char *text;
    uint16_t type;
} types[] = {
    { "A", TYPE_A },      { "AAAA", TYPE_AAAA },   { "AFSDB", 18 },     { "APL", 42 },
    { "AVC", 258 },       { "CAA", 257 },          { "CDNSKEY", 60 },   { "CDS", 59 },
    { "CERT", 37 },       { "CNAME", TYPE_CNAME }, { "CSYNC", 62 },     { "DHCID", 49 },
    { "DLV", 32769 },     { "DNAME", 39 },         { "DNSKEY", 48 },    { "DS", 43 },
    { "EUI48", 108 },     { "EUI64", 109 },        { "HINFO", 13 },     { "HIP", 55 },
    { "HTTPS", 65 },      { "IPSECKEY", 45 },      { "KEY", 25 },       { "KX", 36 },
    { "L32", 105 },       { "L64", 106 },          { "LOC", 29 },       { "LP", 107 },
    { "MINFO", 14 },      { "MX", TYPE_MX },       { "NAPTR", 35 },     { "NID", 104 },
    { "NS", TYPE_NS },    { "NSEC", 47 },          { "NSEC3", 50 },     { "NSEC3PARAM", 51 },
    { "OPENPGPKEY", 61 }, { "PTR", TYPE_PTR },     { "RP", 17 },        { "RRSIG", 46 },
    { "SIG", 24 },        { "SMIMEA", 53 },        { "SOA", TYPE_SOA }, { "SPF", TYPE_SPF },
    { "SRV", 33 },        { "SSHFP", 44 },         { "SVCB", 64 },      { "TLSA", 52 },
    { "TXT", TYPE_TXT },  { "URI", 256 },          { "X25", 19 },       { "ZONEMD", 63 },
};

uint16_t zone_type(struct slice text, uint16_t rrtype)
{
    uint32_t number;
    if (slice_equal_nocase(text, SLICE("DKIMP")))
        return rrtype;
    if (slice_starts_nocase(text, SLICE("TYPE")) &&
        slice_to_u32(slice_from(text, 4), 1, UINT16_MAX, &number))
        return (uint16_t)number; /* RFC 3597 §5 */
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (slice_equal_nocase(text, slice_of_str(types[i].text)))
            return types[i].type;
    return 0;
}

/* ---- RFC 3597 §5: "\# n hex..." ---- */

static int hex_of(uint8_t c)
{
    c = ascii_lower(c);
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool put_hex(struct zone_entry *e, struct slice hex, struct buf *wire)
{
    for (size_t i = 0; i + 1 < hex.n; i += 2) {
        int high = hex_of(hex.p[i]), low = hex_of(hex.p[i + 1]);
        if (high < 0 || low < 0)
            return zone_fault(e, "no hexadecimal digit");
        buf_append_byte(wire, (uint8_t)(high * 16 + low));
    }
    return hex.n % 2 == 0 || zone_fault(e, "an odd number of hexadecimal digits");
}

static bool put_generic(struct zone_entry *e, struct buf *wire)
{
    struct zone_token token;
    uint32_t n;
    int rc = zone_token_next(e, &token);
    if (rc != 1)
        return rc == 0 && zone_fault(e, "\\# without a length");
    if (!zone_number(e, token.text, UINT16_MAX, &n))
        return false;
    while ((rc = zone_token_next(e, &token)) == 1)
        if (!put_hex(e, token.text, wire))
            return false;
    return rc == 0 &&
           (buf_size(wire) == n || zone_fault(e, "\\# with another length than it says"));
}

/* ---- what is written as text ---- */

/* A string of more than 255 octets is several, as DKIM reads them (RFC 6376 §3.6.2.2), in what is no
 * zone that a server must load. */
static bool put_string(struct zone_entry *e, struct slice text, struct buf *wire)
{
    uint8_t string[1 + STRING_MAX] = { 0 }, c;
    bool escaped;
    for (size_t i = 0; i < text.n;) {
        if (!zone_octet(text, &i, &c, &escaped))
            return zone_fault(e, "a broken escape in a string");
        if (string[0] == STRING_MAX) {
            if (!e->r->answers)
                return zone_fault(e, "a string over 255 octets");
            buf_append(wire, (struct slice){ string, sizeof string });
            string[0] = 0;
        }
        string[++string[0]] = c;
    }
    buf_append(wire, (struct slice){ string, (size_t)string[0] + 1 });
    return true;
}

static bool put_strings(struct zone_entry *e, struct zone_token token, struct buf *wire)
{
    int rc = 1;
    for (; rc == 1; rc = zone_token_next(e, &token))
        if (!put_string(e, token.text, wire))
            return false;
    return rc == 0;
}

static bool put_u16(struct zone_entry *e, struct slice text, struct buf *wire)
{
    uint32_t n;
    if (!zone_number(e, text, UINT16_MAX, &n))
        return false;
    buf_append(wire, (struct slice){ (uint8_t[]){ (uint8_t)(n >> 8), (uint8_t)n }, 2 });
    return true;
}

static bool put_u32(struct zone_entry *e, struct slice text, struct buf *wire)
{
    uint32_t n;
    if (!slice_to_u32(text, 0, UINT32_MAX, &n) && !zone_period(text, &n))
        return zone_fault(e, "no number, or too large");
    buf_append(wire, (struct slice){ (uint8_t[]){ (uint8_t)(n >> 24), (uint8_t)(n >> 16),
                                                  (uint8_t)(n >> 8), (uint8_t)n },
                                     4 });
    return true;
}

static bool put_address(struct zone_entry *e, struct slice text, bool six, struct buf *wire)
{
    char room[INET6_ADDRSTRLEN];
    uint8_t octets[16];
    if (text.n < sizeof room) {
        memcpy(room, text.p, text.n);
        room[text.n] = 0;
        if (!slice_has(text, 0) && inet_pton(six ? AF_INET6 : AF_INET, room, octets) == 1) {
            buf_append(wire, (struct slice){ octets, six ? 16 : 4 });
            return true;
        }
    }
    return zone_fault(e, six ? "no IPv6 address" : "no IPv4 address");
}

/* Fields of RDATA: n name, 2 and 4 numbers of so many octets, a and A addresses. */
static bool put_field(struct zone_entry *e, char field, struct slice text, struct buf *wire)
{
    switch (field) {
    case 'n': return zone_name_wire(e, text, wire);
    case '2': return put_u16(e, text, wire);
    case '4': return put_u32(e, text, wire);
    case 'a':
    case 'A': return put_address(e, text, field == 'A', wire);
    default: return false;
    }
}

static bool put_fields(struct zone_entry *e, const char *fields, struct zone_token token,
                       struct buf *wire)
{
    int rc = 1;
    for (; *fields && rc == 1; fields++) {
        if (!put_field(e, *fields, token.text, wire))
            return false;
        rc = zone_token_next(e, &token);
    }
    if (rc < 0 || (rc == 0 && *fields == 0))
        return rc == 0;
    return zone_fault(e, rc ? "too much in a record" : "too little in a record");
}

static const char *fields_of(uint16_t type)
{
    switch (type) {
    case TYPE_A: return "a";
    case TYPE_AAAA: return "A";
    case TYPE_NS:
    case TYPE_CNAME:
    case TYPE_PTR: return "n";
    case TYPE_MX: return "2n";
    case TYPE_SOA: return "nn44444";
    default: return NULL;
    }
}

static bool pass_over(struct zone_entry *e, struct zone_record *out)
{
    struct zone_token token;
    int rc;
    out->type = 0;
    while ((rc = zone_token_next(e, &token)) == 1)
        ;
    return rc == 0;
}

bool zone_rdata(struct zone_entry *e, struct zone_record *out, struct buf *wire)
{
    struct zone_token token;
    const char *fields = fields_of(out->type);
    int rc = zone_token_next(e, &token);
    if (rc != 1)
        return rc == 0 && zone_fault(e, "a record without RDATA");
    if (!token.quoted && slice_equal(token.text, SLICE("\\#")))
        return put_generic(e, wire);
    if (!token.quoted && e->r->answers && token.text.p[0] == '!') {
        out->word = token.text;
        return zone_token_next(e, &token) == 0 || zone_fault(e, "too much behind a forced answer");
    }
    if (out->type == TYPE_TXT || out->type == TYPE_SPF || out->type == e->r->rrtype)
        return put_strings(e, token, wire);
    return fields ? put_fields(e, fields, token, wire) : pass_over(e, out);
}
