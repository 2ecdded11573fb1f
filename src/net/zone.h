/* SPDX-License-Identifier: ISC
 *
 * net/zone: master files (RFC 1035 §5, RFC 3597 §5): records one by one. Pure.
 *
 * $ORIGIN, $TTL, parentheses, comments, quoted strings, escapes, "@" and names left out are
 * understood; $INCLUDE is a fault. RDATA is made for the types that Postern reads (A, AAAA, NS, CNAME,
 * MX, TXT, SOA, DKIMP, with PTR and SPF) and for "\# n hex"; other types are passed over with their
 * name.
 */
#pragma once

#include "base/arena.h"
#include "base/slice.h"

/* name: absolute, lower case, no final dot, "" for the root; printable: octets that need it are escaped
 * as \DDD. */
struct zone_record {
    struct slice name;
    uint32_t ttl;           /* 3600 where none is said */
    uint16_t type;          /* 0: RDATA was not understood (see above) */
    struct slice type_text; /* as written; empty in "NAME !word" */
    struct slice rdata;     /* wire form */
    struct slice word;      /* "!word" that stands for RDATA, see below; else empty */
    size_t line;            /* where the record began, from 1 */
};

struct zone_reader { /* opaque but for its size, and `answers` */
    struct slice text;
    size_t at, line;
    struct slice origin, owner;
    uint32_t ttl;
    uint16_t rrtype;
    /* net/dns_file's form: "NAME [TYPE] !word" is understood, and strings of more than 255 octets are
     * written as several. May be set after init. */
    bool answers;
    bool behind; /* of the line where `at` is, nothing more is read */
    struct arena *arena;
};
/* origin: what relative names are under, "" for the root. rrtype: of DKIMP. */
void zone_reader_init(struct zone_reader *r, struct slice text, struct slice origin,
                      uint16_t rrtype, struct arena *arena);
/* 1: *out is the next record; 0: the end; -1: *why says what is wrong in line r->line (reading may go
 * on with the next line). Results live in the arena. */
MUST_USE int zone_read(struct zone_reader *r, struct zone_record *out, struct fault *why);

/* "TXT", "type16", "DKIMP" (is rrtype): a number; 0: no type that is known. */
uint16_t zone_type(struct slice text, uint16_t rrtype);

/* The name in wire form at *at, as zone_record has names; *at moves behind it. Compression is a
 * fault. room: at least ZONE_NAME_MAX octets. */
#define ZONE_NAME_MAX 1024
MUST_USE bool zone_name_of_wire(struct slice rdata, size_t *at, uint8_t *room, struct slice *out);
