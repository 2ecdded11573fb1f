/* SPDX-License-Identifier: ISC */
#include "cmd/text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

/* May be sent to a terminal as it is: no C0, C1, DEL. */
static bool printable(struct slice text)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (c < 0x20 || c == 0x7f || (c == 0xc2 && i + 1 < text.n && text.p[i + 1] < 0xa0))
            return false;
    }
    return slice_is_utf8(text);
}

int text_account(struct slice account, char out[TEXT_ACCOUNT_MAX])
{
    size_t n = 0;
    int columns = 0;
    bool raw = printable(account);
    account = slice_first(account, DEVICE_ACCOUNT_MAX);
    for (size_t i = 0; i < account.n; i++) {
        uint8_t c = account.p[i];
        if (raw || (c > 0x20 && c < 0x7f && c != '\\'))
            out[n++] = (char)c;
        else
            n += (size_t)snprintf(out + n, TEXT_ACCOUNT_MAX - n, "\\x%02x", c);
        columns += (c & 0xc0) != 0x80; /* a byte that continues a character takes no column */
    }
    out[n] = '\0';
    return raw ? columns : (int)n;
}

const char *text_identity(struct slice type, const struct pseudonym *token,
                          char out[TEXT_IDENTITY_MAX])
{
    char text[PSEUDONYM_TEXT_MAX];
    (void)snprintf(out, TEXT_IDENTITY_MAX, "%.*s:%s", SLICE_ARG(type), pseudonym_text(token, text));
    return out;
}

const char *text_time(int64_t wall_us, char out[TEXT_TIME_MAX])
{
    time_t seconds = (time_t)(wall_us / US_PER_S);
    struct tm tm;
    char zone[8] = "";
    out[0] = '-';
    out[1] = '\0';
    if (wall_us <= 0 || !localtime_r(&seconds, &tm))
        return out;
    size_t n = strftime(out, TEXT_TIME_MAX - sizeof zone, "%Y-%m-%dT%H:%M:%S", &tm);
    if (strftime(zone, sizeof zone, "%z", &tm) == 5) /* "+0100" */
        (void)snprintf(out + n, TEXT_TIME_MAX - n, "%.3s:%s", zone, zone + 3);
    return out;
}

const char *text_utc(int64_t wall_us, char out[TEXT_TIME_MAX])
{
    struct buf text;
    buf_init(&text, TEXT_TIME_MAX - 1);
    clock_write_rfc3339(&text, wall_us);
    (void)snprintf(out, TEXT_TIME_MAX, "%.*s", SLICE_ARG(buf_slice(&text)));
    buf_clear(&text);
    return out;
}

const char *text_where(const struct device_network *network, const struct device_location *location,
                       char out[TEXT_WHERE_MAX])
{
    char text[DEVICE_NETWORK_TEXT_MAX], as[16] = "";
    if (location->as)
        (void)snprintf(as, sizeof as, " AS%u", location->as);
    const char *place = location->name[0] ? location->name : location->country;
    (void)snprintf(out, TEXT_WHERE_MAX, "%s%s%s%s",
                   network->family ? device_network_text(network, text) : "-", place[0] ? " " : "",
                   place, as);
    return out;
}
