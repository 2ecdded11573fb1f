/* SPDX-License-Identifier: ISC
 *
 * Host names that clients give themselves, and those that say nothing: what a maker or a system puts into
 * every box. A name with a serial number behind the model is one box's again.
 */
#include "audit/link_internal.h"

#include <string.h>

#include "audit/host_name.h"
#include "dhcp/fqdn.h"

/* clang-format off */
static const char *const generic[] = {
    /* systems and distributions as installed */
    "localhost*", "localdomain", "android*", "debian", "ubuntu*", "fedora*", "archlinux", "kali", "linux", "openwrt*", "lede",
    "dd-wrt", "freebsd", "raspberrypi", "raspberry", "dietpi", "libreelec", "osmc", "retropie", "nixos", "mx",
    "desktop", "laptop", "notebook", "desktop-?", "laptop-?", "win*10", "win*11", "win7", "windows*", "*macbook-pro", "*macbook-air",
    /* by role */
    "pc", "mypc", "my-pc", "computer", "host", "hostname", "user-pc", "user", "admin*", "home", "home-pc", "office", "server", "client",
    "test*", "guest*", "unknown", "none", "null", "default", "device", "printer", "camera", "ipcamera", "ipcam", "ap", "router", "gateway",
    "switch", "modem", "phone", "tablet", "tv", "smarttv", "smart-tv", "dhcp*", "wlan0", "eth0",
    /* telephones, tablets, watches */
    "iphone*", "ipad*", "ipod*", "mac", "imac*", "macbook*", "mac-mini", "apple-watch*", "watch", "appletv*", "apple-tv*", "homepod*",
    "galaxy*", "samsung*", "sm-*", "pixel*", "nexus*", "redmi*", "xiaomi*", "mi-*", "poco*", "huawei*", "honor*", "oneplus*", "oppo*",
    "vivo*", "realme*", "nokia*", "moto*", "xperia*", "lenovo*", "kindle*", "fairphone*", "blackberry*",
    /* things */
    "esp32*", "esp8266*", "espressif", "esp", "tasmota", "shelly*", "sonoff", "lwip*", "arduino*", "wiz", "chromecast*", "google-home*",
    "google-nest*", "nest*", "roku*", "firetv*", "amazon*", "echo*", "alexa*", "ring*", "philips-hue", "hue-bridge", "lightify", "hs110*",
    "hs100*", "kp115*", "dsp-w*", "tapo*", "lgwebostv", "bravia*", "playstation*", "ps3", "ps4", "ps5", "xbox*", "nintendo*", "sonos*",
    "epson*", "brother*", "canon*", "hp*", "ubnt", "unifi", "uap*", "mikrotik", "cisco", "polycom", "yealink", "snom",
};
/* clang-format on */

static bool is_hex(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool separates(uint8_t c)
{
    return c == '-' || c == '_';
}

/* At least 6 hex digits behind a separator, one of them a digit: "android-1f3b5c7d9e0a1b2c", "hp07aefb" not. */
static bool has_serial(struct slice label)
{
    size_t n = 0;
    bool digit = false;
    while (n < label.n && is_hex(label.p[label.n - 1 - n])) {
        digit = digit || is_digit(label.p[label.n - 1 - n]);
        n++;
    }
    return n >= 6 && digit && n < label.n && separates(label.p[label.n - 1 - n]);
}

bool link_name_generic(const struct link_name *name)
{
    struct slice label = { (const uint8_t *)name->text, name->n };
    if (label.n < 2)
        return true;
    if (has_serial(label) || audit_host_name_is_drawn(label))
        return false;
    for (size_t i = 0; i < sizeof generic / sizeof *generic; i++)
        if (slice_glob_nocase(slice_of_str(generic[i]), label))
            return true;
    return false;
}

static uint8_t nibble(uint8_t c)
{
    return is_digit(c) ? c - '0' : c - 'a' + 10;
}

bool link_name_tail(struct slice label, uint8_t out[3])
{
    if (label.n < 6)
        return false;
    struct slice digits = slice_from(label, label.n - 6);
    bool digit = false;
    for (size_t i = 0; i < 6; i++) {
        if (!is_hex(digits.p[i]))
            return false;
        digit = digit || is_digit(digits.p[i]);
    }
    if (!digit) /* "facade", "decade" */
        return false;
    for (size_t i = 0; i < 3; i++)
        out[i] = (uint8_t)(nibble(digits.p[2 * i]) << 4 | nibble(digits.p[2 * i + 1]));
    return true;
}

static bool keep_label(struct slice name, struct link_name *out)
{
    struct slice label, rest;
    (void)slice_cut(name, '.', &label, &rest);   /* without a dot it is all of it */
    while (label.n && label.p[label.n - 1] == 0) /* RFC 2132 §2: some end in NUL */
        label.n--;
    if (label.n == 0 || label.n > LINK_LABEL_MAX)
        return false;
    for (size_t i = 0; i < label.n; i++)
        out->text[i] = (char)ascii_lower(label.p[i]);
    out->n = label.n;
    out->text[out->n] = 0;
    return true;
}

/* Apart, as most traits are no name, and a struct dhcp_fqdn is large. */
static bool keep_fqdn(struct slice octets, struct link_name *out)
{
    struct dhcp_fqdn fqdn;
    struct fault why;
    if (!dhcp_fqdn_parse(octets, &fqdn, &why) && fqdn.name_n == 0)
        return false;
    return keep_label((struct slice){ (const uint8_t *)fqdn.name, fqdn.name_n }, out);
}

bool link_name_of(const struct audit_trait *trait, struct link_name *out)
{
    if (!(trait->by & AUDIT_BY_CLIENT)) /* servers name clients as they like */
        return false;
    if (trait->kind == ID_HOST_NAME)
        return keep_label(trait->value->octets, out);
    return trait->kind == ID_CLIENT_FQDN && keep_fqdn(trait->value->octets, out);
}
