/* SPDX-License-Identifier: ISC
 *
 * A program of somebody else, built with libpostern as it is installed: library_dhcp FILE. FILE holds one
 * DHCP message. Prints its type, its options with names and in words, what is wrong with it, and the DHCID
 * that DNS would have of its client.
 */
#include <stdio.h>
#include <stdlib.h>

#include <postern/dhcp.h>

static unsigned char message[65535];

static void print_options(const struct postern_dhcp *m)
{
    struct postern_dhcp_option option;
    for (size_t i = 0; postern_dhcp_option(m, i, &option); i++) {
        char *text = postern_dhcp_option_text(option.code, option.value.p, option.value.n);
        (void)printf("%zu %u %s: %s\n", option.at, option.code, option.name, text ? text : "?");
        free(text);
    }
}

static void print_flaws(const struct postern_dhcp *m)
{
    struct postern_dhcp_flaw flaw;
    for (size_t i = 0; postern_dhcp_flaw(m, i, &flaw); i++)
        (void)printf("malformed: %zu %s\n", flaw.at, flaw.what);
}

static void print_dhcid(const struct postern_dhcp *m)
{
    struct postern_dhcp_option name, id;
    struct postern_fqdn fqdn;
    unsigned char rdata[POSTERN_DHCID_SIZE];
    if (!postern_dhcp_option_find(m, 81, &name) || !postern_dhcp_option_find(m, 61, &id) ||
        !postern_fqdn_read(name.value.p, name.value.n, &fqdn, NULL) ||
        postern_dhcid(1, id.value.p, id.value.n, fqdn.name, rdata) != 0)
        return;
    (void)printf("%s DHCID ", fqdn.name);
    for (size_t i = 0; i < sizeof rdata; i++)
        (void)printf("%02x", rdata[i]);
    (void)putchar('\n');
}

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (!file)
        return 2;
    size_t n = fread(message, 1, sizeof message, file);
    (void)fclose(file);
    struct postern_dhcp *m = postern_dhcp_new(message, n);
    if (!m)
        return 1;
    const char *type = postern_dhcp_type_text(postern_dhcp_fields(m)->type);
    (void)printf("%s\n", type ? type : "BOOTP");
    print_options(m);
    print_flaws(m);
    print_dhcid(m);
    postern_dhcp_free(m);
    return 0;
}
