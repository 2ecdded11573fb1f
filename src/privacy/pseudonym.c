/* SPDX-License-Identifier: ISC */
#include "privacy/pseudonym.h"

#include <stdio.h>

#include <sodium.h>

#include "base/check.h"
#include "privacy/keys.h"

#define TEXT_CHARS 26 /* 128 bits in base32; the last character carries three of them */

struct privacy {
    struct secret_keys keys;
    bool clear[ID_KIND_COUNT];
};

/* What stands in for the kind inside the hash. In records on disk: never change or reuse one. */
static const uint8_t kind_tag[] = {
    [ID_ACCOUNT] = 1,         [ID_CLIENT_ADDRESS] = 2,
    [ID_CLIENTID_TOKEN] = 3,  [ID_HELO_NAME] = 4,
    [ID_MAIL_ADDRESS] = 5,    [ID_HARDWARE_ADDRESS] = 6,
    [ID_CLIENT_ID] = 7,       [ID_ASSIGNED_ADDRESS] = 8,
    [ID_CURRENT_ADDRESS] = 9, [ID_REQUESTED_ADDRESS] = 10,
    [ID_HOST_NAME] = 11,      [ID_CLIENT_FQDN] = 12,
    [ID_PARAMETER_LIST] = 13, [ID_OPTION_ORDER] = 14,
    [ID_VENDOR_CLASS] = 15,   [ID_VENDOR_SPECIFIC] = 16,
    [ID_USER_CLASS] = 17,     [ID_VI_CLASS] = 18,
    [ID_VI_INFORMATION] = 19, [ID_CIVIC_LOCATION] = 20,
    [ID_GEOCONF] = 21,        [ID_GEOLOC] = 22,
    [ID_ARCHITECTURE] = 23,   [ID_CLIENT_INTERFACE] = 24,
    [ID_CLIENT_UUID] = 25,    [ID_CIRCUIT_ID] = 26,
    [ID_REMOTE_ID] = 27,      [ID_LINK_SELECTION] = 28,
    [ID_SUBSCRIBER_ID] = 29,  [ID_RELAY_INFORMATION] = 30,
    [ID_MUD_URL] = 31,        [ID_MAX_MESSAGE_SIZE] = 32,
    [ID_HEADER_HABITS] = 33,  [ID_SERVER_ADDRESS] = 34,
    [ID_NETWORK] = 35,
};
_Static_assert(ARRAY_SIZE(kind_tag) == ID_KIND_COUNT, "every kind has its tag");
#define TAG_DERIVE 0 /* for privacy_derive: no kind's */

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567"; /* RFC 4648 §6, lower case */

static bool set_clear(struct privacy *privacy, const char *name, struct buf *why)
{
    enum identifier_kind kind;
    if (!identifier_kind_find(slice_of_str(name), &kind)) {
        buf_printf(why, "log: clear: there is no kind \"%s\"; there are", name);
        for (size_t i = 0; i < ID_KIND_COUNT; i++)
            buf_printf(why, " %s", identifier_exposure((enum identifier_kind)i)->name);
        return false;
    }
    if (!identifier_exposure(kind)->clear_allowed) {
        buf_printf(why, "log: clear: a %s is never logged in clear", name);
        return false;
    }
    privacy->clear[kind] = true;
    return true;
}

static bool open_into(struct privacy *privacy, const char *path, struct buf *why)
{
    uint8_t *text = sodium_malloc(SECRET_FILE_MAX);
    if (!text) {
        buf_append_str(why, "no memory for the secret");
        return false;
    }
    bool ok = secret_file_open(path, text, &privacy->keys, why);
    sodium_free(text);
    return ok;
}

/* Locked, left out of core dumps, between guard pages, wiped when freed. */
static struct privacy *privacy_new(struct buf *why)
{
    struct privacy *privacy = sodium_init() < 0 ? NULL : sodium_malloc(sizeof *privacy);
    if (privacy)
        sodium_memzero(privacy, sizeof *privacy);
    else
        buf_append_str(why, "no memory for the secret");
    return privacy;
}

struct privacy *privacy_open_random(struct buf *why)
{
    struct privacy *privacy = privacy_new(why);
    if (!privacy)
        return NULL;
    privacy->keys.n = 1;
    privacy->keys.at[0].number = 1;
    randombytes_buf(privacy->keys.at[0].bytes, SECRET_KEY_BYTES);
    if (sodium_mprotect_readonly(privacy) == 0)
        return privacy;
    buf_append_str(why, "the secret cannot be protected");
    privacy_free(privacy);
    return NULL;
}

struct privacy *privacy_open(const char *path, const char *const *clear, size_t clear_n,
                             struct buf *why)
{
    struct privacy *privacy = privacy_new(why);
    if (!privacy)
        return NULL;
    bool ok = true;
    for (size_t i = 0; ok && i < clear_n; i++)
        ok = set_clear(privacy, clear[i], why);
    if (ok && open_into(privacy, path, why) && sodium_mprotect_readonly(privacy) == 0)
        return privacy;
    privacy_free(privacy);
    return NULL;
}

void privacy_free(struct privacy *privacy)
{
    sodium_free(privacy);
}

static const struct secret_key *newest(const struct privacy *privacy)
{
    return &privacy->keys.at[privacy->keys.n - 1];
}

/* tag, length of the context, context, value: no two inputs give the same bytes. */
static void hash(const struct secret_key *key, uint8_t tag, struct slice context,
                 struct slice value, uint8_t *out, size_t out_n)
{
    crypto_generichash_state state; /* begins with the key */
    uint8_t head[9] = { tag };
    for (size_t i = 0; i < 8; i++)
        head[1 + i] = (uint8_t)((uint64_t)context.n >> (56 - 8 * i));
    CHECK(crypto_generichash_init(&state, key->bytes, SECRET_KEY_BYTES, out_n) == 0);
    CHECK(crypto_generichash_update(&state, head, sizeof head) == 0);
    CHECK(crypto_generichash_update(&state, context.p, context.n) == 0);
    CHECK(crypto_generichash_update(&state, value.p, value.n) == 0);
    CHECK(crypto_generichash_final(&state, out, out_n) == 0);
    sodium_memzero(&state, sizeof state);
}

static struct pseudonym pseudonym_under(const struct secret_key *key, enum identifier_kind kind,
                                        struct slice context, struct slice value)
{
    struct pseudonym p = { .key = key->number };
    CHECK((unsigned)kind < ID_KIND_COUNT);
    hash(key, kind_tag[kind], context, value, p.bytes, sizeof p.bytes);
    return p;
}

struct pseudonym pseudonym_of(const struct privacy *privacy, enum identifier_kind kind,
                              struct slice context, struct slice value)
{
    return pseudonym_under(newest(privacy), kind, context, value);
}

size_t pseudonyms_of(const struct privacy *privacy, enum identifier_kind kind, struct slice context,
                     struct slice value, struct pseudonym *out, size_t max)
{
    const struct secret_keys *keys = &privacy->keys;
    size_t n = keys->n < max ? keys->n : max;
    for (size_t i = 0; i < n; i++)
        out[i] = pseudonym_under(&keys->at[keys->n - 1 - i], kind, context, value);
    return n;
}

bool pseudonym_equal(const struct pseudonym *a, const struct pseudonym *b)
{
    return a->key == b->key && sodium_memcmp(a->bytes, b->bytes, PSEUDONYM_BYTES) == 0;
}

const char *pseudonym_text(const struct pseudonym *p, char out[PSEUDONYM_TEXT_MAX])
{
    int at = snprintf(out, PSEUDONYM_TEXT_MAX, "~%u.", p->key);
    unsigned held = 0, bits = 0;
    size_t byte = 0;
    for (int i = 0; i < TEXT_CHARS; i++) {
        if (bits < 5) {
            held = held << 8 | (byte < PSEUDONYM_BYTES ? p->bytes[byte++] : 0);
            bits += 8;
        }
        bits -= 5;
        out[at++] = alphabet[held >> bits & 31];
    }
    out[at] = '\0';
    return out;
}

static int letter_value(uint8_t c)
{
    if (c >= 'a' && c <= 'z')
        return c - 'a';
    return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

/* The two bits left over must be zero, so that each pseudonym has one text only. */
static bool parse_letters(struct slice letters, uint8_t out[PSEUDONYM_BYTES])
{
    unsigned held = 0, bits = 0;
    size_t byte = 0;
    if (letters.n != TEXT_CHARS)
        return false;
    for (size_t i = 0; i < letters.n; i++) {
        int value = letter_value(letters.p[i]);
        if (value < 0)
            return false;
        held = (held << 5 | (unsigned)value) & 0xfff;
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            out[byte++] = (uint8_t)(held >> bits);
        }
    }
    return (held & ((1U << bits) - 1)) == 0;
}

bool pseudonym_parse(struct slice text, struct pseudonym *out)
{
    struct slice number, letters;
    struct pseudonym p;
    if (!slice_starts(text, SLICE("~")) || !slice_cut(slice_from(text, 1), '.', &number, &letters))
        return false;
    if (!slice_to_u32(number, 1, UINT32_MAX, &p.key) || number.p[0] == '0')
        return false;
    if (!parse_letters(letters, p.bytes))
        return false;
    *out = p;
    return true;
}

struct log_field identifier_field(const struct privacy *privacy, enum identifier_kind kind,
                                  const char *name, struct slice value,
                                  char text[PSEUDONYM_TEXT_MAX])
{
    CHECK((unsigned)kind < ID_KIND_COUNT);
    if (privacy->clear[kind])
        return FIELD(name, value);
    struct pseudonym p = pseudonym_of(privacy, kind, SLICE(""), value);
    return FIELD_STR(name, pseudonym_text(&p, text));
}

void privacy_derive(const struct privacy *privacy, const char *purpose, uint8_t out[32])
{
    struct slice what = slice_of_str(purpose);
    CHECK(what.n > 0 && what.n <= 32);
    hash(newest(privacy), TAG_DERIVE, what, SLICE(""), out, 32);
}
