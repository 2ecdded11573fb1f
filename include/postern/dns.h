/* SPDX-License-Identifier: ISC
 *
 * postern/dns: what libpostern asks of DNS, and what it is told. The library itself asks nobody: a
 * verifier or a check hands out questions, the caller looks them up as it likes, and gives answers.
 *
 * Every function of libpostern may be called from any thread, one object from one thread at a time.
 * Nothing here aborts, logs or keeps anything between calls. See libpostern(3).
 */
#ifndef POSTERN_DNS_H
#define POSTERN_DNS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct postern_octets {
    const unsigned char *p;
    size_t n;
};

/* Six different answers; none of them stands for another. */
enum postern_dns_answer {
    POSTERN_DNS_DATA,
    POSTERN_DNS_NODATA,   /* the name exists without this type; an alias to nothing too */
    POSTERN_DNS_NXDOMAIN, /* the name does not exist (RFC 8020) */
    POSTERN_DNS_SERVFAIL, /* a server failed or refused, or the answer makes no sense */
    POSTERN_DNS_BOGUS,    /* DNSSEC says that it was forged */
    POSTERN_DNS_TIMEOUT   /* nobody answered in time */
};
/* "data", "nodata", "nxdomain", "servfail", "bogus", "timeout". */
const char *postern_dns_answer_text(enum postern_dns_answer answer);

enum { POSTERN_DNS_TYPE_TXT = 16, POSTERN_DNS_TYPE_MX = 15 };

struct postern_dns_response {
    enum postern_dns_answer answer;
    uint32_t ttl; /* seconds; of negative answers too */
    const struct postern_octets
        *rdata; /* RDATA as on the wire, without its length; only with data */
    size_t rdata_n;
    int dangling;    /* NODATA because an alias leads to nothing */
    int secure;      /* DNSSEC says that it is genuine */
    const char *why; /* of SERVFAIL and BOGUS, for the log; NULL: not known */
};

struct postern_dns_question {
    unsigned id;      /* to be given back with the answer */
    const char *name; /* A-labels, no final dot; lives as long as the asker */
    uint16_t type;
};

#ifdef __cplusplus
}
#endif
#endif
