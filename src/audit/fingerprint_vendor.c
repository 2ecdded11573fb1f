/* SPDX-License-Identifier: ISC
 *
 * Vendor classes (option 60) that say what they come from, decoded.
 */
#include <string.h>

#include "audit/fingerprint_internal.h"
#include "dhcp/name.h"

struct words {
    char *at; /* NUL-terminated */
    size_t n, size;
};

/* Texts of strangers: what is not printable ASCII becomes a question mark. */
static void say(struct words *w, struct slice text)
{
    for (size_t i = 0; i < text.n && w->n + 1 < w->size; i++)
        w->at[w->n++] = (char)(text.p[i] >= 0x20 && text.p[i] < 0x7f ? text.p[i] : '?');
    w->at[w->n] = '\0';
}

static void say_text(struct words *w, const char *text)
{
    say(w, slice_of_str(text));
}

/* "9.4.1:Linux-5.10.0-8-amd64:x86_64:GenuineIntel" (dhcpcd, src/if-options.c and dhcp_vendor): version,
 * system and its version, machine, platform. Before version 5, and on Android, the version alone. */
static void say_dhcpcd(struct slice rest, struct words *system, struct words *device)
{
    struct slice version, kernel, machine, tail, name, release;
    (void)slice_cut(rest, ':', &version, &tail); /* each part may be missing */
    (void)slice_cut(tail, ':', &kernel, &tail);
    (void)slice_cut(tail, ':', &machine, &tail);
    if (kernel.n) {
        bool has_release = slice_cut(kernel, '-', &name, &release);
        say(system, name);
        if (has_release)
            say_text(system, " ");
        say(system, release);
        say_text(system, " with ");
    }
    say_text(system, "dhcpcd ");
    say(system, version);
    say(device, machine);
    if (machine.n && tail.n)
        say_text(device, " ");
    say(device, tail);
}

/* ":Arch:00007:UNDI:003016" (PXE 2.1 §2.2.3; RFC 4578 for the numbers). */
static void say_firmware(struct slice rest, struct words *system, struct words *device)
{
    struct slice head, number, tail;
    uint32_t arch;
    const char *name = NULL;
    (void)system;
    if (slice_starts(rest, SLICE(":Arch:"))) {
        head = slice_from(rest, strlen(":Arch:"));
        (void)slice_cut(head, ':', &number, &tail); /* UNDI may be missing */
        if (slice_to_u32(number, 0, UINT16_MAX, &arch))
            name = dhcp_architecture_name((uint16_t)arch);
    }
    say_text(device, name ? name : "");
}

/* "Mfg=Hewlett Packard;Typ=Printer;Mod=HP LaserJet 4250;Ser=..." (HP's printers, also inside option 43). */
static void say_fields(struct slice rest, struct words *system, struct words *device)
{
    struct slice field, tail = rest;
    (void)system;
    while (tail.n) {
        (void)slice_cut(tail, ';', &field, &tail); /* the last has no end */
        if (slice_starts(field, SLICE("Mod=")) || slice_starts(field, SLICE("Typ="))) {
            if (device->n)
                say_text(device, ", ");
            say(device, slice_from(field, 4));
        }
    }
}

enum how {
    WHOLE = 1,  /* nothing follows start */
    APPEND = 2, /* what follows is the system's version */
    FAMILY = 4, /* other signs may tell more */
};

struct form {
    const char *start; /* of the vendor class */
    const char *system, *device;
    unsigned how;
    void (*more)(struct slice rest, struct words *system, struct words *device);
};

/* Longer starts before their beginnings. */
static const struct form forms[] = {
    /* clang-format off */
    /* AOSP, packages/modules/NetworkStack, DhcpClient.java: "android-dhcp-" and Build.VERSION.RELEASE */
    { "android-dhcp-", "Android ", "", APPEND, NULL },
    /* [MS-DHCPE] §2.2.3: what Windows 2000 and later, and Windows 98 and Me send */
    { "MSFT 5.0 XBOX", "Xbox", "games console", 0, NULL },
    { "MSFT 5.0", "Windows", "", WHOLE | FAMILY, NULL },
    { "MSFT 98", "Windows 98 or Me", "", WHOLE, NULL },
    { "dhcpcd-", "", "", FAMILY, say_dhcpcd },
    { "dhcpcd ", "", "", FAMILY, say_dhcpcd },
    /* BusyBox, networking/udhcp/dhcpc.c: "udhcp " BB_VER */
    { "udhcp ", "Linux with BusyBox ", "", APPEND | FAMILY, NULL },
    /* PXE 2.1 §2.2.3; UEFI 2.5 §23.7 (HTTP boot) */
    { "PXEClient", "PXE boot firmware", "", 0, say_firmware },
    { "HTTPClient", "UEFI HTTP boot firmware", "", 0, say_firmware },
    /* Apple's BSDP (NetBoot), and IPConfiguration's informs */
    { "AAPLBSDPC", "Apple NetBoot", "Mac", 0, NULL },
    /* RFC 3925's predecessors of the cable world: CableLabs' DOCSIS and PacketCable */
    { "docsis", "DOCSIS cable modem, version ", "cable modem", APPEND, NULL },
    { "pktc", "PacketCable adapter, version ", "telephone adapter", APPEND, NULL },
    /* Broadband Forum TR-069: devices that look for their management server */
    { "dslforum.org", "TR-069 managed device", "router", 0, NULL },
    /* Debian's and Red Hat's installers */
    { "d-i", "Debian installer", "", WHOLE, NULL },
    { "anaconda-", "Anaconda installer on ", "", APPEND, NULL },
    /* dhcpcd up to version 3: uname's words */
    { "Linux ", "Linux ", "", APPEND | FAMILY, NULL },
    /* Solaris: "SUNW." and the platform */
    { "SUNW.", "Solaris on ", "", APPEND, NULL },
    /* makers' guides to option 43 for access points and telephones */
    { "Cisco AP ", "Cisco access point ", "access point", APPEND, NULL },
    { "Cisco Systems, Inc. IP Phone", "Cisco IP phone", "IP phone", 0, NULL },
    { "Airespace.", "Cisco (Airespace) access point ", "access point", APPEND, NULL },
    { "ArubaAP", "Aruba access point", "access point", 0, NULL },
    { "ArubaInstantAP", "Aruba Instant access point", "access point", 0, NULL },
    { "Ruckus CPE", "Ruckus access point", "access point", 0, NULL },
    { "ubnt", "Ubiquiti", "network device", 0, NULL },
    { "ccp.avaya.com", "Avaya IP phone", "IP phone", 0, NULL },
    { "Polycom", "Polycom", "IP phone", APPEND, NULL },
    { "yealink", "Yealink IP phone", "IP phone", 0, NULL },
    { "snom", "snom IP phone ", "IP phone", APPEND, NULL },
    { "alcatel.noe.", "Alcatel IP Touch", "IP phone", 0, NULL },
    { "Mfg=", "printer firmware", "", 0, say_fields },
    { "Hewlett-Packard JetDirect", "HP JetDirect", "printer", 0, NULL },
    { "Hewlett-Packard ", "HP ", "printer", APPEND, NULL },
    { "HP ", "HP ", "printer", APPEND, NULL },
    { "Canon", "Canon", "printer", APPEND, NULL },
    { "EPSON", "Epson", "printer", 0, NULL },
    { "XEROX", "Xerox", "printer", 0, NULL },
    { "AXIS,", "Axis ", "camera", APPEND, NULL },
    /* clang-format on */
};

static bool matches(const struct form *form, struct slice vendor_class)
{
    struct slice start = slice_of_str(form->start);
    return slice_starts(vendor_class, start) && (!(form->how & WHOLE) || vendor_class.n == start.n);
}

static void say_form(const struct form *form, struct slice vendor_class,
                     struct fingerprint_guess *out)
{
    struct words system = { out->system, 0, sizeof out->system };
    struct words device = { out->device, 0, sizeof out->device };
    struct slice rest = slice_from(vendor_class, strlen(form->start));
    say_text(&system, form->system);
    say_text(&device, form->device);
    if (form->how & APPEND)
        say(&system, rest);
    if (form->more)
        form->more(rest, &system, &device);
}

bool print_vendor_words(struct slice vendor_class, struct fingerprint_guess *out, bool *outright)
{
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
        if (matches(&forms[i], vendor_class)) {
            say_form(&forms[i], vendor_class, out);
            *outright = !(forms[i].how & FAMILY);
            return true;
        }
    *outright = false;
    return false;
}
