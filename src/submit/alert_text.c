/* SPDX-License-Identifier: ISC */
#include "submit/alert_internal.h"

#include <string.h>

#include <jansson.h>
#include <sodium.h>

#include "base/base64.h"
#include "base/clock.h"
#include "smtp/path.h"

#define LINE_MAX_7BIT    900 /* of the 998 of RFC 5322 §2.1.1 */
#define ENCODED_WORD_MAX 45  /* octets: 60 of base64, 72 with "=?utf-8?B?" and "?=" */
#define BASE64_LINE      57  /* octets: 76 characters (RFC 2045 §6.8) */

/* ---- JSON ---- */

static json_t *text_or_null(struct slice s)
{
    struct buf clean;
    json_t *made;
    if (s.n == 0)
        return json_null();
    buf_init(&clean, s.n);
    alert_append_clean(&clean, s);
    made = json_stringn((const char *)buf_slice(&clean).p, buf_size(&clean));
    buf_clear(&clean);
    return made;
}

static json_t *time_text(int64_t wall_us)
{
    struct buf text;
    buf_init(&text, 64);
    clock_write_rfc3339(&text, wall_us);
    json_t *made = text_or_null(buf_slice(&text));
    buf_clear(&text);
    return made;
}

static int append(const char *bytes, size_t n, void *out)
{
    buf_append(out, (struct slice){ (const uint8_t *)bytes, n });
    return ((struct buf *)out)->failed ? -1 : 0;
}

void alert_json(struct buf *out, const struct alert *a)
{
    char network[DEVICE_NETWORK_TEXT_MAX];
    json_t *o = json_object();
    const char *net = a->network.family ? device_network_text(&a->network, network) : NULL;
    int bad =
        json_object_set_new(o, "event", json_string("device.alert")) |
        json_object_set_new(o, "kind", json_string(device_alert_text(a->kind))) |
        json_object_set_new(o, "time", time_text(a->wall_us)) |
        json_object_set_new(o, "account", text_or_null(a->account)) |
        json_object_set_new(o, "type", text_or_null(a->type)) |
        json_object_set_new(o, "label", text_or_null(a->label)) |
        json_object_set_new(o, "network", text_or_null(slice_of_str(net))) |
        json_object_set_new(o, "country", text_or_null(slice_of_str(a->location.country))) |
        json_object_set_new(o, "place", text_or_null(slice_of_str(a->location.name))) |
        json_object_set_new(o, "as", a->location.as ? json_integer(a->location.as) : json_null()) |
        json_object_set_new(o, "reason", text_or_null(a->reason));
    if (bad || json_dump_callback(o, append, out, JSON_COMPACT))
        out->failed = true;
    json_decref(o);
}

/* ---- mail ---- */

static bool is_ascii_line(struct slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < 0x20 || text.p[i] > 0x7e)
            return false;
    return text.n <= LINE_MAX_7BIT;
}

/* So many octets of text that no character is torn. */
static size_t whole_characters(struct slice text, size_t most)
{
    size_t n = text.n < most ? text.n : most;
    while (n < text.n && n > 0 && (text.p[n] & 0xc0) == 0x80)
        n--;
    return n;
}

static bool has_encoded_word(struct slice text)
{
    for (size_t i = 0; i + 1 < text.n; i++)
        if (text.p[i] == '=' && text.p[i + 1] == '?')
            return true;
    return false;
}

/* RFC 2047 §2; plain where that reads as itself. */
static void write_subject(struct buf *out, struct slice text)
{
    buf_append_str(out, "Subject: ");
    if (is_ascii_line(text) && !has_encoded_word(text)) {
        buf_append(out, text);
    } else {
        const char *before = "=?utf-8?B?";
        while (text.n) {
            size_t n = whole_characters(text, ENCODED_WORD_MAX);
            buf_append_str(out, before);
            base64_encode(out, slice_first(text, n));
            buf_append_str(out, "?=");
            text = slice_from(text, n);
            before = "\r\n =?utf-8?B?";
        }
    }
    buf_append_str(out, "\r\n");
}

static bool is_plain(struct slice body)
{
    struct slice line;
    while (body.n) {
        (void)slice_cut(body, '\n', &line, &body);
        for (size_t i = 0; i < line.n; i++)
            if (line.p[i] > 0x7e)
                return false;
        if (line.n > LINE_MAX_7BIT)
            return false;
    }
    return true;
}

/* Line ends of a template are LF or CRLF. */
static void write_lines(struct buf *out, struct slice body)
{
    struct slice line;
    while (body.n) {
        (void)slice_cut(body, '\n', &line, &body);
        if (line.n && line.p[line.n - 1] == '\r')
            line.n--;
        buf_append(out, line);
        buf_append_str(out, "\r\n");
    }
}

static void write_body(struct buf *out, struct slice body)
{
    struct buf lines;
    if (is_plain(body)) {
        buf_append_str(out, "Content-Transfer-Encoding: 7bit\r\n\r\n");
        write_lines(out, body);
        return;
    }
    buf_append_str(out, "Content-Transfer-Encoding: base64\r\n\r\n");
    buf_init(&lines, out->max);
    write_lines(&lines, body);
    out->failed |= lines.failed;
    for (struct slice rest = buf_slice(&lines); rest.n; rest = slice_from(rest, BASE64_LINE)) {
        base64_encode(out, slice_first(rest, BASE64_LINE));
        buf_append_str(out, "\r\n");
    }
    buf_clear(&lines);
}

/* Anything but what would end the line or the brackets. */
static bool is_field_text(struct slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < 0x20 || text.p[i] == 0x7f)
            return false;
    return text.n > 0 && text.n <= LINE_MAX_7BIT && slice_is_utf8(text);
}

static void write_filled(struct buf *out, const struct alert *alert, struct slice part,
                         void (*write)(struct buf *, struct slice))
{
    struct buf filled;
    buf_init(&filled, ALERT_MAIL_MAX);
    alert_template_fill(&filled, part, alert);
    out->failed |= filled.failed;
    write(out, buf_slice(&filled));
    buf_clear(&filled);
}

bool alert_mail(struct buf *out, const struct alert *alert, struct slice template_text,
                struct slice from, struct slice to, struct slice id)
{
    struct slice subject, body;
    if (!is_field_text(from) || !is_field_text(to) || !is_field_text(id))
        return false;
    alert_template_split(template_text, &subject, &body);
    buf_printf(out, "From: <%.*s>\r\nTo: <%.*s>\r\n", SLICE_ARG(from), SLICE_ARG(to));
    write_filled(out, alert, subject, write_subject);
    buf_append_str(out, "Date: ");
    clock_write_mail_date(out, alert->wall_us);
    buf_printf(out,
               "\r\nMessage-ID: <%.*s>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
               "Content-Type: text/plain; charset=utf-8\r\n",
               SLICE_ARG(id));
    write_filled(out, alert, body, write_body);
    return !out->failed;
}

bool alert_address(struct slice account, struct slice realm, struct buf *out)
{
    struct smtp_path path;
    struct fault why;
    buf_append(out, account);
    if (!slice_has(account, '@') && realm.n) {
        buf_append_byte(out, '@');
        buf_append(out, realm);
    }
    return !out->failed && smtp_mailbox_parse(buf_slice(out), &path, &why) && path.domain.n &&
           is_field_text(buf_slice(out));
}

/* ---- webhooks ---- */

void alert_sign(struct slice key, const char *timestamp, struct slice body,
                char out[ALERT_SIGNATURE_MAX])
{
    crypto_auth_hmacsha256_state state;
    uint8_t mac[crypto_auth_hmacsha256_BYTES];
    struct slice time = slice_of_str(timestamp);
    (void)crypto_auth_hmacsha256_init(&state, key.p, key.n); /* these never fail */
    (void)crypto_auth_hmacsha256_update(&state, time.p, time.n);
    (void)crypto_auth_hmacsha256_update(&state, (const uint8_t *)".", 1);
    (void)crypto_auth_hmacsha256_update(&state, body.p, body.n);
    (void)crypto_auth_hmacsha256_final(&state, mac);
    memcpy(out, "sha256=", 7);
    (void)sodium_bin2hex(out + 7, ALERT_SIGNATURE_MAX - 7, mac, sizeof mac);
    sodium_memzero(&state, sizeof state);
}

int64_t alert_retry_us(unsigned tries)
{
    static const int64_t after[] = { 30 * US_PER_S, 120 * US_PER_S, 480 * US_PER_S };
    return tries >= 1 && tries <= ARRAY_SIZE(after) ? after[tries - 1] : 0;
}
