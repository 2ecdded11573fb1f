/* SPDX-License-Identifier: ISC
 *
 * audit/fingerprint: which system speaks so: our own table of published client behaviour, and the files that
 * a user may have: Satori's dhcp.xml, PRADS' dhcp.fp, fingerbank's dhcp_fingerprints.conf. Pure but for
 * reading the files.
 */
#pragma once

#include "base/buf.h"

struct fingerprint_habit {     /* what is known of a client */
    uint8_t type;              /* DISCOVER, REQUEST, ... of the message it is taken from */
    struct slice parameters;   /* 55, empty: none */
    struct slice order;        /* the codes of all its options in order, 255 not among them */
    struct slice vendor_class; /* 60 */
    uint16_t max_size;         /* 57; 0: none */
    uint8_t ttl;
};

struct fingerprint_guess {
    char system[128]; /* "Windows 10 or 11", "Android 14" */
    char device[128]; /* "" when nothing is said */
    const char
        *by; /* static: "vendor class", "parameter list", "option order", ... the strongest */
    char source[64]; /* "postern", or the file's name */
    double score;    /* 0 to 1: 1 is said outright (a vendor class that names it) */
};

struct fingerprints;
struct fingerprints *fingerprints_new(void); /* our own table; NULL: out of memory */
void fingerprints_free(struct fingerprints *prints);
/* Adds a file, its kind known by what it holds. 0 or an error number; *why: a line with file:line. */
MUST_USE int fingerprints_read(struct fingerprints *prints, const char *path, struct buf *why);
/* The same of bytes: Satori XML, PRADS .fp, fingerbank .conf. */
MUST_USE int fingerprints_parse(struct fingerprints *prints, struct slice text, const char *name,
                                struct buf *why);
/* The best, or false when nothing fits. */
MUST_USE bool fingerprints_find(const struct fingerprints *prints,
                                const struct fingerprint_habit *habit,
                                struct fingerprint_guess *out);
size_t fingerprints_count(const struct fingerprints *prints);
