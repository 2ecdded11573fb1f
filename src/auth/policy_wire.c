/* SPDX-License-Identifier: ISC */
#include "auth/policy_wire.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <sodium.h>

#include "base/err.h"

#define HASH_BITS_DROPPED 4

int policy_wire_hash(struct slice nonce, struct slice user, struct slice password,
                     char out[POLICY_HASH_TEXT_MAX])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) &&
              EVP_DigestUpdate(ctx, nonce.p, nonce.n) && EVP_DigestUpdate(ctx, user.p, user.n) &&
              EVP_DigestUpdate(ctx, "", 1) && EVP_DigestUpdate(ctx, password.p, password.n) &&
              EVP_DigestFinal_ex(ctx, digest, NULL);
    EVP_MD_CTX_free(ctx);
    if (!ok)
        return ERR_CRYPTO;
    unsigned bits = (unsigned)(digest[0] << 8 | digest[1]) >> HASH_BITS_DROPPED;
    const uint8_t kept[2] = { (uint8_t)(bits >> 8), (uint8_t)bits };
    (void)sodium_bin2hex(out, POLICY_HASH_TEXT_MAX, kept, sizeof kept);
    sodium_memzero(digest, sizeof digest);
    return 0;
}

/* The peer chose these bytes, and JSON is UTF-8. */
static json_t *text(struct slice s)
{
    bool utf8 = slice_is_utf8(s);
    struct buf clean;
    buf_init(&clean, s.n + 1);
    for (size_t i = 0; i < s.n; i++)
        buf_append_byte(&clean, utf8 || s.p[i] < 0x80 ? s.p[i] : '?');
    buf_append_byte(&clean, 0); /* never without memory of its own */
    json_t *made = clean.failed ? NULL : json_stringn((const char *)buf_slice(&clean).p, s.n);
    buf_clear(&clean);
    return made;
}

static int append(const char *bytes, size_t n, void *out)
{
    buf_append(out, (struct slice){ (const uint8_t *)bytes, n });
    return ((struct buf *)out)->failed ? -1 : 0;
}

static struct slice remote_of(const struct address *peer, char room[ADDRESS_TEXT_MAX])
{
    bool ip = peer->n && peer->any.sa_family != AF_UNIX;
    return ip ? slice_of_str(address_text(peer, room)) : (struct slice){ 0 };
}

void policy_wire_write(struct buf *out, const struct policy_server_attempt *a, const char *hash,
                       const struct policy_wire_report *report)
{
    char room[ADDRESS_TEXT_MAX];
    json_t *o = json_object();
    int bad = json_object_set_new(o, "login", text(a->login)) |
              json_object_set_new(o, "pwhash", json_string(hash)) |
              json_object_set_new(o, "remote", text(remote_of(&a->peer, room))) |
              json_object_set_new(o, "device_id", text(a->device_id)) |
              json_object_set_new(o, "protocol", json_string("smtp")) |
              json_object_set_new(o, "session_id", text(a->session)) |
              json_object_set_new(o, "tls", json_boolean(a->tls)) |
              json_object_set_new(o, "fail_type", json_string(report ? report->fail_type : ""));
    if (report)
        bad |= json_object_set_new(o, "success", json_boolean(report->success)) |
               json_object_set_new(o, "policy_reject", json_boolean(report->policy_reject));
    if (bad || json_dump_callback(o, append, out, JSON_COMPACT | JSON_SORT_KEYS))
        out->failed = true;
    json_decref(o);
}

void policy_wire_url(struct buf *out, const char *url, const char *command)
{
    struct slice all = slice_of_str(url);
    bool open = slice_ends_nocase(all, SLICE("&")) || slice_ends_nocase(all, SLICE("?"));
    const char *before = open ? "" : slice_has(all, '?') ? "&" : "?";
    buf_printf(out, "%s%scommand=%s", url, before, command);
}

static void keep_message(struct policy_wire_answer *out, const json_t *message)
{
    size_t n = json_is_string(message) ? json_string_length(message) : 0;
    const char *at = json_string_value(message);
    if (n > POLICY_MESSAGE_MAX)
        n = POLICY_MESSAGE_MAX;
    for (size_t i = 0; i < n; i++) {
        out->message[i] = '?';
        if (at[i] >= 0x20 && at[i] < 0x7f)
            out->message[i] = at[i];
    }
    out->message[n] = '\0';
}

bool policy_wire_parse(struct slice body, struct policy_wire_answer *out, struct fault *why)
{
    json_error_t error;
    json_t *o = json_loadb(body.n ? (const char *)body.p : "", body.n, 0, &error);
    const json_t *status = json_object_get(o, "status");
    bool ok = json_is_integer(status);
    if (ok) {
        out->status = json_integer_value(status);
        keep_message(out, json_object_get(o, "msg"));
    } else if (o) {
        *why = (struct fault){ 0, "no number as \"status\"" };
    } else {
        size_t at = error.position > 0 ? (size_t)error.position : 0;
        *why = (struct fault){ at < body.n ? at : body.n, "not JSON" };
    }
    json_decref(o);
    return ok;
}

/* RFC 9110 §5.6.2: tchar. */
static bool is_name(struct slice text)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = ascii_lower(text.p[i]);
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
            !slice_has(SLICE("!#$%&'*+-.^_`|~"), c))
            return false;
    }
    return text.n > 0;
}

static bool is_value(struct slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < 0x20 || text.p[i] > 0x7e)
            return false;
    return text.n > 0;
}

bool policy_wire_header(struct buf *out, struct slice text)
{
    struct slice name, value;
    while (text.n && slice_has(SLICE("\r\n \t"), text.p[text.n - 1]))
        text.n--;
    if (!slice_cut(text, ':', &name, &value)) {
        name = SLICE("X-API-Key");
        value = text;
    }
    value = slice_trim(value);
    if (!is_name(name) || !is_value(value))
        return false;
    buf_printf(out, "%.*s: %.*s", SLICE_ARG(name), SLICE_ARG(value));
    return !out->failed;
}
