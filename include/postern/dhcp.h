/* SPDX-License-Identifier: ISC
 *
 * postern/dhcp: a DHCPv4 message and what it says of its client (RFC 2131, 2132, and what draft-ietf-dhc-
 * dhcp-privacy-05 lists): options with their names and in words, client identifiers and DUIDs, relay agent
 * information, names, locations, and the DHCID that DNS publishes.
 *
 * Any octets are a message: what is wrong with them is listed. Offsets count from the op octet. Objects
 * belong to who made them; `free` takes NULL. Octets in structs point into the object or the input that
 * they were read of.
 */
#ifndef POSTERN_DHCP_H
#define POSTERN_DHCP_H

#include <stddef.h>
#include <stdint.h>

#include "postern/dns.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- messages ---- */

struct postern_dhcp;

/* Copies the message. NULL: out of memory, or longer than 65535 octets. */
struct postern_dhcp *postern_dhcp_new(const void *message, size_t n);
void postern_dhcp_free(struct postern_dhcp *m);

struct postern_dhcp_fields { /* what is cut off is 0 and empty */
    unsigned op, htype, hlen, hops;
    uint32_t xid;
    unsigned secs, flags;
    uint32_t ciaddr, yiaddr, siaddr, giaddr; /* 192.0.2.1 is 0xc0000201 */
    struct postern_octets chaddr;            /* 16 at most */
    struct postern_octets sname, file;       /* as they stand */
    int cookie;                              /* else it is BOOTP, and has no options */
    unsigned type;                           /* the first octet of option 53; 0: none */
};
const struct postern_dhcp_fields *postern_dhcp_fields(const struct postern_dhcp *m);
/* "DISCOVER", "LEASEQUERY"; NULL: the number has none. */
const char *postern_dhcp_type_text(unsigned type);

/* Where an option stands: option 52 opens the fields of the server's name and of the file. */
enum postern_dhcp_area { POSTERN_DHCP_OPTIONS, POSTERN_DHCP_FILE, POSTERN_DHCP_SNAME };

struct postern_dhcp_option {
    unsigned code;    /* 1 to 254 */
    const char *name; /* IANA's; "Unassigned" */
    enum postern_dhcp_area area;
    unsigned pieces; /* 1, or more when it was joined (RFC 3396) */
    size_t at;       /* the offset of its first code octet */
    struct postern_octets value;
};
/* Options in the order of RFC 2131 §4.1, each code once. 1, or 0: past the last one, not there. */
size_t postern_dhcp_options(const struct postern_dhcp *m);
int postern_dhcp_option(const struct postern_dhcp *m, size_t i, struct postern_dhcp_option *out);
int postern_dhcp_option_find(const struct postern_dhcp *m, unsigned code,
                             struct postern_dhcp_option *out);
/* An option's value in words: one line of UTF-8 without control characters, malloc'ed; hex for what nobody
 * knows. NULL: out of memory. */
char *postern_dhcp_option_text(unsigned code, const void *value, size_t n);

struct postern_dhcp_flaw {
    size_t at;
    const char *what; /* static */
};
/* What is wrong with the message: 1, or 0: past the last one. */
size_t postern_dhcp_flaws(const struct postern_dhcp *m);
int postern_dhcp_flaw(const struct postern_dhcp *m, size_t i, struct postern_dhcp_flaw *out);

/* ---- values of options ----
 *
 * Each reads one value: 1, or 0 when it is none, and *why, when why is not NULL, has a static text. */

enum postern_duid_type {
    POSTERN_DUID_LLT = 1,
    POSTERN_DUID_EN = 2,
    POSTERN_DUID_LL = 3,
    POSTERN_DUID_UUID = 4
};
struct postern_duid { /* RFC 8415 §11 */
    unsigned type;    /* may be none of enum postern_duid_type */
    unsigned hardware_type;
    int64_t time; /* LLT: of its making, seconds since 1970 */
    uint32_t enterprise;
    struct postern_octets hardware; /* LLT, LL: the link-layer address that it was made of */
    struct postern_octets id;       /* EN, UUID, and types that are not known */
};
int postern_duid_read(const void *octets, size_t n, struct postern_duid *out, const char **why);

enum postern_client_id_form {
    POSTERN_CLIENT_ID_HARDWARE, /* a hardware address with its type (RFC 2132 §9.14) */
    POSTERN_CLIENT_ID_OPAQUE,
    POSTERN_CLIENT_ID_DUID /* IAID and DUID (RFC 4361) */
};
struct postern_client_id {
    enum postern_client_id_form form;
    unsigned type;
    struct postern_octets hardware;
    uint32_t iaid;
    struct postern_duid duid;
};
/* Option 61. */
int postern_client_id_read(const void *value, size_t n, struct postern_client_id *out,
                           const char **why);

/* A sub-option of 82 (RFC 3046); *at starts at 0. 1; 0 at the end; -1 when one overruns. */
struct postern_dhcp_sub {
    unsigned code;
    const char *name; /* "circuit-id"; NULL: it has none */
    size_t at;        /* in the value */
    struct postern_octets value;
};
int postern_dhcp_relay_next(const void *value, size_t n, size_t *at, struct postern_dhcp_sub *out);

enum {
    POSTERN_FQDN_S = 1, /* the server is asked to update A */
    POSTERN_FQDN_O = 2,
    POSTERN_FQDN_E = 4, /* in wire form */
    POSTERN_FQDN_N = 8, /* no updates */
    POSTERN_FQDN_TEXT = 1024
};
struct postern_fqdn {
    unsigned flags, rcode1, rcode2;
    int complete; /* it ended with the root */
    char name[POSTERN_FQDN_TEXT];
};
/* Option 81 (RFC 4702). With 0, *out has what can be read. */
int postern_fqdn_read(const void *value, size_t n, struct postern_fqdn *out, const char **why);

struct postern_civic_element {
    unsigned type;
    const char *name; /* "house-number"; NULL: it has none */
    struct postern_octets text;
};
/* Option 99 (RFC 4776). what: 0 the server, 1 the network element, 2 the client; country: two letters. */
int postern_civic_read(const void *value, size_t n, unsigned *what, char country[3],
                       const char **why);
/* Its elements; *at starts at 0. 1; 0 at the end; -1 when one overruns, or there is no civic address. */
int postern_civic_next(const void *value, size_t n, size_t *at, struct postern_civic_element *out);

struct postern_geo {
    double latitude, longitude;                         /* degrees; south and west are negative */
    double latitude_uncertainty, longitude_uncertainty; /* degrees to each side */
    unsigned altitude_type;                             /* 0 none, 1 metres, 2 floors */
    double altitude, altitude_uncertainty;
    unsigned datum; /* 1 WGS84, 2 NAD83/NAVD88, 3 NAD83/MLLW */
};
/* Options 123 and 144 (RFC 6225); code says which. */
int postern_geo_read(unsigned code, const void *value, size_t n, struct postern_geo *out,
                     const char **why);

/* ---- DHCID (RFC 4701) ---- */

enum { POSTERN_DHCID_SIZE = 35 };
/* The RDATA that DNS has of an identifier and a name. type: 0 htype and chaddr, 1 all of option 61, 2 the
 * DUID. 0, or negative: -EINVAL (no DNS name, no such type), -ENOTSUP (no SHA-256 here). */
int postern_dhcid(unsigned type, const void *identifier, size_t n, const char *fqdn,
                  unsigned char out[POSTERN_DHCID_SIZE]);

#ifdef __cplusplus
}
#endif
#endif
