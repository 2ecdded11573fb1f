/* SPDX-License-Identifier: ISC
 *
 * conf/form: what a text must look like: host names, addresses, networks, URLs. Pure.
 *
 * Only the looks: whether a file or a host is there is the service's to find out.
 */
#pragma once

#include "base/slice.h"

#define FORM_TEXT_MAX 4095 /* PATH_MAX less its NUL */

/* check of each label of a name with at most 253 characters (RFC 1035 §3.1, as text without the final
 * dot). NULL: fine; or what is wrong, static text. */
const char *form_check_labels(struct slice s, const char *(*check)(struct slice label));

struct form {
    const char *name;                        /* "a host name": for messages and the manual */
    const char *(*check)(struct slice text); /* NULL: fine; or what is wrong, static text */
    const char *pattern;                     /* for the schema, an approximation */
};

extern const struct form form_path;    /* of a file or folder */
extern const struct form form_host;    /* RFC 1123 §2.1 */
extern const struct form form_word;    /* neither space nor "@" */
extern const struct form form_user;    /* a name of passwd(5), or a number */
extern const struct form form_kind;    /* of identifiers: lower-case letters and "-" */
extern const struct form form_address; /* ADDRESS:PORT */
extern const struct form form_listen;  /* ADDRESS:PORT[/tls] */
extern const struct form form_network; /* ADDRESS[/BITS], no bits behind BITS */
extern const struct form form_auth;    /* dovecot:PATH | file:PATH | saslauthd:PATH */
extern const struct form form_mailbox; /* LOCAL@HOST, as RFC 5321's Mailbox without quotes */
extern const struct form form_url;     /* http:// or https://, a host, perhaps a port and a path */
extern const struct form form_alert;   /* mail | command:/PATH | a URL */
/* form_policy.c */
extern const struct form form_name;    /* of a rule, limit or group */
extern const struct form form_account; /* a pattern, '*' and '?' */
extern const struct form form_type;    /* of CLIENTID: a pattern */
extern const struct form form_token;   /* a pseudonym */
extern const struct form form_label;   /* of a place */
extern const struct form form_nonce;
extern const struct form form_deliver; /* smtp://…, lmtp://…, lmtp:/PATH, maildir:/PATH */
/* form_milter.c */
extern const struct form form_domain;    /* of a key or signer: A-labels, "_" too */
extern const struct form form_selector;  /* RFC 6376 §3.1 */
extern const struct form form_signer;    /* DOMAIN or .DOMAIN */
extern const struct form form_identity;  /* [LOCAL]@DOMAIN */
extern const struct form form_field;     /* the name of a header field */
extern const struct form form_practices; /* ssp | adsp | dmarc */
extern const struct form form_resolver;  /* ADDRESS[@PORT] */
extern const struct form form_milter;    /* inet:PORT@ADDRESS | inet6:PORT@ADDRESS | unix:/PATH */
extern const struct form form_mode;      /* octal digits */
