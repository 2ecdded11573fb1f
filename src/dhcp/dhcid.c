/* SPDX-License-Identifier: ISC */
#include "dhcp/dhcid.h"

#include <string.h>

#include <openssl/evp.h>

#include "base/err.h"
#include "base/reader.h"

enum { LABEL_MAX = 63 };

/* Identifier type (2) digest type (1) digest (RFC 4701 §3.1 to §3.3). */
bool dhcp_dhcid_parse(struct slice rdata, struct dhcp_dhcid *out, struct fault *why)
{
    struct reader in = reader_of(rdata);
    uint16_t type = reader_be16(&in);
    uint8_t digest_type = reader_u8(&in);
    struct slice digest = reader_bytes(&in, DHCP_DHCID_DIGEST);
    if (in.bad) {
        *why = (struct fault){ rdata.n, "a DHCID record is 35 octets: this one is shorter" };
        return false;
    }
    if (reader_left(&in)) {
        *why = (struct fault){ rdata.n - reader_left(&in),
                               "a DHCID record is 35 octets: this one is longer" };
        return false;
    }
    out->type = type;
    out->digest_type = digest_type;
    memcpy(out->digest, digest.p, digest.n);
    return true;
}

/* One octet of a name's text, escapes (RFC 1035 §5.1) undone. False: broken. */
static bool next_octet(struct slice *text, uint8_t *out, bool *escaped)
{
    *out = text->p[0];
    *escaped = *out == '\\';
    *text = slice_from(*text, 1);
    if (!*escaped)
        return true;
    if (text->n == 0)
        return false;
    *out = text->p[0];
    if (*out < '0' || *out > '9') {
        *text = slice_from(*text, 1);
        return true;
    }
    uint32_t number;
    if (text->n < 3 || !slice_to_u32(slice_first(*text, 3), 0, 255, &number))
        return false;
    *out = (uint8_t)number;
    *text = slice_from(*text, 3);
    return true;
}

/* A name on its way to the wire: labels up to `label`, whose octet of length is still open. */
struct wire {
    uint8_t octets[DHCP_DHCID_NAME_MAX];
    size_t label, n;
};

static bool end_label(struct wire *wire)
{
    size_t size = wire->n - wire->label - 1;
    if (size == 0 || size > LABEL_MAX || wire->n == DHCP_DHCID_NAME_MAX)
        return false;
    wire->octets[wire->label] = (uint8_t)size;
    wire->label = wire->n++;
    return true;
}

bool dhcp_dhcid_name(struct slice text, uint8_t out[DHCP_DHCID_NAME_MAX], size_t *n)
{
    struct wire wire = { .n = 1 };
    uint8_t c;
    bool escaped;
    while (text.n) {
        if (!next_octet(&text, &c, &escaped))
            return false;
        if (c == '.' && !escaped) {
            if (!end_label(&wire))
                return false;
        } else {
            if (wire.n == DHCP_DHCID_NAME_MAX)
                return false;
            wire.octets[wire.n++] = ascii_lower(c);
        }
    }
    /* Without a dot at its end, the last label is still open. */
    if (wire.n > wire.label + 1 && !end_label(&wire))
        return false;
    if (wire.n < 2)
        return false;
    wire.octets[wire.label] = 0;
    memcpy(out, wire.octets, wire.n);
    *n = wire.n;
    return true;
}

/* SHA-256(identifier, name) (RFC 4701 §3.5). */
int dhcp_dhcid_digest(struct slice identifier, struct slice name, uint8_t out[DHCP_DHCID_DIGEST])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    uint8_t digest[DHCP_DHCID_DIGEST];
    bool good = context && EVP_DigestInit_ex2(context, EVP_sha256(), NULL) &&
                EVP_DigestUpdate(context, identifier.p, identifier.n) &&
                EVP_DigestUpdate(context, name.p, name.n) &&
                EVP_DigestFinal_ex(context, digest, NULL);
    EVP_MD_CTX_free(context);
    if (!good)
        return ERR_CRYPTO;
    memcpy(out, digest, sizeof digest);
    return 0;
}
