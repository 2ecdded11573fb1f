/* SPDX-License-Identifier: ISC */
#include "privacy/keys.h"

#include <sodium.h>

static const char header[] =
    "# Postern's secret: the keys of its pseudonyms, one a line, the newest last.\n"
    "# Whoever has them can tell whose pseudonym is whose. Keep a copy, keep it apart from the\n"
    "# state directory, and let nobody else read it. To rotate, add a line with the next number\n"
    "# and 64 random hex digits; remove an old line when its pseudonyms need no longer be known.\n";

static bool fail(struct fault *why, struct slice text, struct slice line, const char *what)
{
    *why = (struct fault){ (size_t)(line.p - text.p), what };
    return false;
}

static bool hex_value(uint8_t c, uint8_t *out)
{
    c = ascii_lower(c);
    bool digit = c >= '0' && c <= '9', letter = c >= 'a' && c <= 'f';
    *out = (uint8_t)(digit ? c - '0' : c - 'a' + 10);
    return digit || letter;
}

static bool parse_hex(struct slice text, uint8_t out[SECRET_KEY_BYTES])
{
    uint8_t high, low;
    if (text.n != (size_t)2 * SECRET_KEY_BYTES)
        return false;
    for (size_t i = 0; i < SECRET_KEY_BYTES; i++) {
        if (!hex_value(text.p[2 * i], &high) || !hex_value(text.p[2 * i + 1], &low))
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static const char *parse_line(struct slice line, struct secret_keys *out)
{
    struct slice number, hex;
    uint32_t last = out->n ? out->at[out->n - 1].number : 0;
    if (out->n == SECRET_KEYS_MAX)
        return "more than 16 keys";
    struct secret_key *key = &out->at[out->n];
    if (!slice_cut(line, ' ', &number, &hex) || !slice_to_u32(number, 1, UINT32_MAX, &key->number))
        return "not \"NUMBER 64-HEX-DIGITS\"";
    if (key->number <= last)
        return "its number is not higher than the one before";
    if (!parse_hex(slice_trim(hex), key->bytes))
        return "its key is not 64 hex digits";
    out->n++;
    return NULL;
}

bool secret_keys_parse(struct slice text, struct secret_keys *out, struct fault *why)
{
    struct slice rest = text, line;
    out->n = 0;
    while (rest.n) {
        (void)slice_cut(rest, '\n', &line, &rest); /* the last line may have no end */
        if (slice_trim(line).n == 0 || line.p[0] == '#')
            continue;
        const char *what = parse_line(slice_trim_end(line), out);
        if (what)
            return fail(why, text, line, what);
    }
    if (out->n)
        return true;
    *why = (struct fault){ text.n, "it holds no key" };
    return false;
}

void secret_keys_write(struct buf *out, const struct secret_keys *keys)
{
    char hex[2 * SECRET_KEY_BYTES + 1];
    buf_append_str(out, header);
    for (size_t i = 0; i < keys->n; i++) {
        sodium_bin2hex(hex, sizeof hex, keys->at[i].bytes, SECRET_KEY_BYTES);
        buf_printf(out, "%u ", keys->at[i].number);
        buf_append_str(out, hex);
        buf_append_byte(out, '\n');
    }
    sodium_memzero(hex, sizeof hex);
}
