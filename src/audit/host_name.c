/* SPDX-License-Identifier: ISC
 *
 * Names that machines get from their makers and systems, as clients are seen to send them (facts §3.2).
 */
#include "audit/host_name.h"

struct word {
    struct slice text;
    const char *device, *system;
};

/* clang-format off */
#define WORD(text, device, system) { SLICE_INIT(text), device, system }
/* Lower case; at the start, or behind what is no letter. */
static const struct word words[] = {
    WORD("iphone",       "iPhone",             "iOS"),
    WORD("ipad",         "iPad",               "iPadOS"),
    WORD("ipod",         "iPod",               "iOS"),
    WORD("macbook",      "MacBook",            "macOS"),
    WORD("imac",         "iMac",               "macOS"),
    WORD("mac-mini",     "Mac mini",           "macOS"),
    WORD("macmini",      "Mac mini",           "macOS"),
    WORD("apple-tv",     "Apple TV",           "tvOS"),
    WORD("appletv",      "Apple TV",           "tvOS"),
    WORD("apple-watch",  "Apple Watch",        "watchOS"),
    WORD("homepod",      "HomePod",            NULL),
    WORD("android",      NULL,                 "Android"),
    WORD("galaxy",       "Samsung Galaxy",     "Android"),
    WORD("pixel",        "Google Pixel",       "Android"),
    WORD("oneplus",      "OnePlus",            "Android"),
    WORD("huawei",       "Huawei",             NULL),
    WORD("xiaomi",       "Xiaomi",             NULL),
    WORD("redmi",        "Xiaomi Redmi",       "Android"),
    WORD("laptop",       "laptop",             NULL),
    WORD("thinkpad",     "ThinkPad",           NULL),
    WORD("surface",      "Microsoft Surface",  "Windows"),
    WORD("windows",      NULL,                 "Windows"),
    WORD("xbox",         "Xbox",               NULL),
    WORD("playstation",  "PlayStation",        NULL),
    WORD("ps4",          "PlayStation 4",      NULL),
    WORD("ps5",          "PlayStation 5",      NULL),
    WORD("nintendo",     "Nintendo",           NULL),
    WORD("raspberrypi",  "Raspberry Pi",       "Linux"),
    WORD("raspberry",    "Raspberry Pi",       "Linux"),
    WORD("beaglebone",   "BeagleBone",         "Linux"),
    WORD("chromebook",   "Chromebook",         "ChromeOS"),
    WORD("chromecast",   "Chromecast",         NULL),
    WORD("google-home",  "Google Home",        NULL),
    WORD("nest",         "Google Nest",        NULL),
    WORD("amazon",       "Amazon",             NULL),
    WORD("kindle",       "Kindle",             NULL),
    WORD("echo",         "Amazon Echo",        NULL),
    WORD("roku",         "Roku",               NULL),
    WORD("sonos",        "Sonos",              NULL),
    WORD("philips",      "Philips",            NULL),
    WORD("hue",          "Philips Hue",        NULL),
    WORD("lightify",     "Osram Lightify",     NULL),
    WORD("esp",          "Espressif module",   NULL),
    WORD("tasmota",      "Tasmota",            NULL),
    WORD("shelly",       "Shelly",             NULL),
    WORD("wemo",         "Belkin WeMo",        NULL),
    WORD("withings",     "Withings",           NULL),
    WORD("hs110",        "TP-Link HS110",      NULL),
    WORD("hs100",        "TP-Link HS100",      NULL),
    WORD("dsp-w215",     "D-Link DSP-W215",    NULL),
    WORD("lgwebostv",    "LG television",      "webOS"),
    WORD("bravia",       "Sony television",    NULL),
    WORD("samsung",      "Samsung",            NULL),
    WORD("brother",      "Brother printer",    NULL),
    WORD("brw",          "Brother printer",    NULL),
    WORD("brn",          "Brother printer",    NULL),
    WORD("npi",          "HP printer",         NULL),
    WORD("epson",        "Epson printer",      NULL),
    WORD("canon",        "Canon printer",      NULL),
    WORD("printer",      "printer",            NULL),
    WORD("diskstation",  "Synology",           NULL),
    WORD("synology",     "Synology",           NULL),
    WORD("qnap",         "QNAP",               NULL),
    WORD("openwrt",      NULL,                 "OpenWrt"),
    WORD("fritz",        "FRITZ!Box",          NULL),
    WORD("unifi",        "Ubiquiti UniFi",     NULL),
    WORD("ubuntu",       NULL,                 "Ubuntu"),
    WORD("debian",       NULL,                 "Debian"),
    WORD("fedora",       NULL,                 "Fedora"),
    WORD("kali",         NULL,                 "Kali Linux"),
};

/* Whole names that their systems give by themselves: everyone's and so nobody's. */
static const struct slice everyones[] = {
    SLICE_INIT("localhost"), SLICE_INIT("host"), SLICE_INIT("pc"), SLICE_INIT("computer"), SLICE_INIT("android"),
    SLICE_INIT("iphone"), SLICE_INIT("ipad"), SLICE_INIT("ipod"), SLICE_INIT("mac"), SLICE_INIT("macbook"), SLICE_INIT("macbook-pro"),
    SLICE_INIT("macbook-air"), SLICE_INIT("macbookpro"), SLICE_INIT("macbookair"), SLICE_INIT("imac"), SLICE_INIT("watch"),
    SLICE_INIT("apple-watch"), SLICE_INIT("raspberrypi"), SLICE_INIT("ubuntu"), SLICE_INIT("debian"), SLICE_INIT("fedora"),
    SLICE_INIT("openwrt"), SLICE_INIT("kali"), SLICE_INIT("unknown"), SLICE_INIT("none"), SLICE_INIT("default"), SLICE_INIT("linux"),
    SLICE_INIT("laptop"), SLICE_INIT("desktop"), SLICE_INIT("phone"), SLICE_INIT("tablet"), SLICE_INIT("printer"),
    SLICE_INIT("chromecast"), SLICE_INIT("espressif"), SLICE_INIT("client"),
};
/* clang-format on */

static bool is_letter(uint8_t c)
{
    return c >= 'a' && c <= 'z';
}

/* The word stands at the start of rest, and no letter goes on: "esp" is in "ESP_07AEFB", not in "esperanza". */
static bool is_word(struct slice rest, struct slice word)
{
    return rest.p[0] == word.p[0] && slice_starts(rest, word) &&
           (rest.n == word.n || !is_letter(rest.p[word.n]));
}

/* "DESKTOP-" or "LAPTOP-" and 7 or 8 letters and digits, of a server "WIN-" and 11; a person's "tours-desktop" is
 * none of these. */
bool audit_host_name_is_drawn(struct slice label)
{
    static const struct {
        struct slice prefix;
        size_t fewest, most;
    } drawn[] = { { SLICE_INIT("desktop-"), 7, 7 },
                  { SLICE_INIT("laptop-"), 7, 8 },
                  { SLICE_INIT("win-"), 11, 11 } };
    for (size_t i = 0; i < ARRAY_SIZE(drawn); i++) {
        struct slice rest = slice_from(label, drawn[i].prefix.n);
        if (!slice_starts_nocase(label, drawn[i].prefix) || rest.n < drawn[i].fewest ||
            rest.n > drawn[i].most)
            continue;
        size_t good = 0;
        while (good < rest.n &&
               (is_letter(rest.p[good]) || (rest.p[good] >= '0' && rest.p[good] <= '9')))
            good++;
        return good == rest.n;
    }
    return false;
}

struct slice audit_host_label(struct slice name)
{
    struct slice head, tail;
    slice_cut(name, '.', &head, &tail);
    return head;
}

enum { LABEL_MAX = 64 }; /* RFC 1035 §2.3.4 has 63 */

/* Every word begins with a letter. */
static void read_words(struct slice rest, struct audit_host_name *out)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!is_word(rest, words[i].text))
            continue;
        if (!out->device)
            out->device = words[i].device;
        if (!out->system)
            out->system = words[i].system;
    }
}

void audit_host_name_read(struct slice name, struct audit_host_name *out)
{
    uint8_t room[LABEL_MAX];
    struct slice label = slice_keep(audit_host_label(name), room, sizeof room);
    *out = (struct audit_host_name){ 0 };
    for (size_t i = 0; i < label.n; i++)
        room[i] = ascii_lower(room[i]);
    for (size_t i = 0; i < label.n; i++)
        if (is_letter(room[i]) && (i == 0 || !is_letter(room[i - 1])))
            read_words(slice_from(label, i), out);
    if (!out->system && audit_host_name_is_drawn(label))
        out->system = "Windows";
    for (size_t i = 0; i < sizeof everyones / sizeof *everyones; i++)
        out->generic = out->generic || slice_equal(label, everyones[i]);
}

static int digit_value(uint8_t c)
{
    c = ascii_lower(c);
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_separator(uint8_t c)
{
    return c == '-' || c == ':' || c == '.' || c == '_';
}

/* The digits of hardware stand from at on. */
static bool digits_at(struct slice name, size_t at, struct slice hardware)
{
    for (size_t digit = 0; digit < hardware.n * 2; at++) {
        if (at == name.n)
            return false;
        if (digit && is_separator(name.p[at]))
            continue;
        int want = digit % 2 ? hardware.p[digit / 2] & 15 : hardware.p[digit / 2] >> 4;
        if (digit_value(name.p[at]) != want)
            return false;
        digit++;
    }
    return true;
}

bool audit_host_name_has(struct slice name, struct slice hardware)
{
    if (hardware.n == 0)
        return false;
    for (size_t at = 0; at < name.n; at++)
        if (digits_at(name, at, hardware))
            return true;
    return false;
}
