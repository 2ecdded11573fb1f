/* SPDX-License-Identifier: ISC */
#include "auth/sasl.h"

static bool refuse(struct fault *why, size_t at, const char *what)
{
    *why = (struct fault){ .at = at, .what = what };
    return false;
}

/* message = [authzid] UTF8NUL authcid UTF8NUL passwd */
bool sasl_plain_parse(struct slice message, struct sasl_plain *out, struct fault *why)
{
    struct sasl_plain plain;
    struct slice rest;
    if (!slice_cut(message, 0, &plain.authorize, &rest))
        return refuse(why, message.n, "PLAIN message without a NUL");
    if (!slice_cut(rest, 0, &plain.name, &plain.password))
        return refuse(why, message.n, "PLAIN message with only one NUL");
    size_t name_at = plain.authorize.n + 1, password_at = name_at + plain.name.n + 1;
    if (slice_has(plain.password, 0))
        return refuse(why, password_at, "PLAIN message with a third NUL");
    if (plain.authorize.n > SASL_NAME_MAX)
        return refuse(why, SASL_NAME_MAX, "over-long authorization identity");
    if (plain.name.n == 0)
        return refuse(why, name_at, "empty name");
    if (plain.name.n > SASL_NAME_MAX)
        return refuse(why, name_at + SASL_NAME_MAX, "over-long name");
    if (plain.password.n == 0)
        return refuse(why, password_at, "empty password");
    if (plain.password.n > SASL_PASSWORD_MAX)
        return refuse(why, password_at + SASL_PASSWORD_MAX, "over-long password");
    if (!slice_is_utf8(plain.authorize))
        return refuse(why, 0, "authorization identity is not UTF-8");
    if (!slice_is_utf8(plain.name))
        return refuse(why, name_at, "name is not UTF-8");
    if (!slice_is_utf8(plain.password))
        return refuse(why, password_at, "password is not UTF-8");
    *out = plain;
    return true;
}

/* RFC 5801 §4: saslname = 1*(UTF8-char-safe / "=2C" / "=3D") */
static bool saslname_decode(struct slice text, struct buf *out)
{
    struct buf name;
    buf_init(&name, SASL_NAME_MAX);
    bool good = text.n > 0 && slice_is_utf8(text) && !slice_has(text, 0);
    for (size_t i = 0; good && i < text.n; i++) {
        struct slice rest = slice_from(text, i);
        if (text.p[i] != '=') {
            buf_append_byte(&name, text.p[i]);
        } else if (slice_starts(rest, SLICE("=2C")) || slice_starts(rest, SLICE("=3D"))) {
            buf_append_byte(&name, rest.p[2] == 'C' ? ',' : '=');
            i += 2;
        } else {
            good = false;
        }
    }
    good = good && !name.failed;
    if (good)
        buf_append(out, buf_slice(&name));
    buf_clear(&name);
    return good && !out->failed;
}

/* "user=" name %x01 ... */
static bool xoauth2_name(struct slice message, struct buf *out)
{
    struct slice name, rest;
    if (!slice_starts_nocase(message, SLICE("user=")) ||
        !slice_cut(slice_from(message, 5), 1, &name, &rest))
        return false;
    if (name.n == 0 || name.n > SASL_NAME_MAX || !slice_is_utf8(name) || slice_has(name, 0))
        return false;
    buf_append(out, name);
    return !out->failed;
}

/* gs2-header = cbind-flag "," ["a=" saslname] "," ; then the mechanism's own message */
static bool gs2_split(struct slice message, struct slice *authorize, struct slice *rest)
{
    struct slice flag, after;
    return slice_cut(message, ',', &flag, &after) && flag.n > 0 &&
           slice_cut(after, ',', authorize, rest);
}

static bool oauthbearer_name(struct slice message, struct buf *out)
{
    struct slice authorize, rest;
    return gs2_split(message, &authorize, &rest) && slice_starts(authorize, SLICE("a=")) &&
           saslname_decode(slice_from(authorize, 2), out);
}

/* client-first-message-bare = ["m=" ext ","] "n=" saslname "," "r=" nonce ["," extensions] */
static bool scram_name(struct slice message, struct buf *out)
{
    struct slice authorize, bare, name, rest;
    if (!gs2_split(message, &authorize, &bare) || !slice_starts(bare, SLICE("n=")) ||
        !slice_cut(slice_from(bare, 2), ',', &name, &rest))
        return false; /* a mandatory extension ("m=") is refused by RFC 5802 §5.1 */
    return saslname_decode(name, out);
}

/* RFC 2195 §2: name SP digest in hex; the name may have spaces. */
static bool cram_name(struct slice message, struct buf *out)
{
    struct slice name, digest;
    if (!slice_cut_last(message, ' ', &name, &digest) || name.n == 0 || name.n > SASL_NAME_MAX ||
        !slice_is_utf8(name) || slice_has(name, 0))
        return false;
    buf_append(out, name);
    return !out->failed;
}

bool sasl_name_find(struct slice mechanism, struct slice message, struct buf *out)
{
    if (slice_equal_nocase(mechanism, SLICE("XOAUTH2")))
        return xoauth2_name(message, out);
    if (slice_equal_nocase(mechanism, SLICE("OAUTHBEARER")))
        return oauthbearer_name(message, out);
    if (slice_starts_nocase(mechanism, SLICE("SCRAM-")))
        return scram_name(message, out);
    if (slice_equal_nocase(mechanism, SLICE("CRAM-MD5")))
        return cram_name(message, out);
    return false;
}

bool sasl_acts_for_another(struct slice mechanism, struct slice message)
{
    struct slice authorize, bare, name, rest;
    if (!slice_starts_nocase(mechanism, SLICE("SCRAM-")) ||
        !gs2_split(message, &authorize, &bare) || !slice_starts(authorize, SLICE("a=")))
        return false;
    return !slice_starts(bare, SLICE("n=")) || !slice_cut(slice_from(bare, 2), ',', &name, &rest) ||
           !slice_equal(name, slice_from(authorize, 2));
}

bool sasl_latin1_to_utf8(struct slice text, struct buf *out)
{
    if (slice_is_utf8(text)) {
        buf_append(out, text);
        return !out->failed;
    }
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (c >= 0x80)
            buf_append_byte(out, (uint8_t)(0xc0 | c >> 6));
        buf_append_byte(out, c < 0x80 ? c : (uint8_t)(0x80 | (c & 0x3f)));
    }
    return !out->failed;
}

bool sasl_is_mechanism(struct slice name)
{
    if (name.n == 0 || name.n > 20)
        return false;
    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = ascii_upper(name.p[i]);
        if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            return false;
    }
    return true;
}
