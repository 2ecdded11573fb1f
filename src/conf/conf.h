/* SPDX-License-Identifier: ISC
 *
 * conf: the configuration file as one struct.
 *
 * Plain YAML (no anchors, aliases or tags), read with libyaml's events against one table of keys
 * (conf/keys.c): that table gives types, bounds, defaults, help, `config show` and `config schema`.
 * Unknown and repeated keys and wrong values stop the reading with file:line:column. The struct
 * is read-only once loaded; a reload makes a new one. Strings are NUL-terminated UTF-8 without
 * control characters, owned by it. Relative paths stay as given: relative to the working directory
 * (those of `include` to the file's folder).
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/slice.h"

#define CONF_DEFAULT_FILE "/etc/postern/postern.yaml"

struct conf_place { /* where a value stood, counted from 1; file NULL: it is the default */
    const char *file;
    unsigned line, column;
};

struct conf_list { /* of strings, in the order of the file */
    const char **at;
    struct conf_place *place; /* of each */
    size_t n;
};

struct conf_log {
    enum log_sink to;
    enum log_format format;
    enum log_level level;
    struct conf_list clear; /* identifier kinds logged in clear; default: account, address */
};

struct conf_certificate {
    const char *certificate, *key; /* paths, PEM; the certificate's chain follows it */
    struct conf_place place;
};

enum conf_tls_version { CONF_TLS_1_2, CONF_TLS_1_3 };

struct conf_tls {
    struct conf_certificate *at; /* the first is the default, the others are chosen by SNI */
    size_t n;
};

enum conf_trace { CONF_TRACE_PRIVATE, CONF_TRACE_FULL, CONF_TRACE_NONE };
enum conf_sender { CONF_SENDER_AUTO, CONF_SENDER_ANY, CONF_SENDER_OWN, CONF_SENDER_MAP };
enum conf_upstream_tls { CONF_UPSTREAM_OPPORTUNISTIC, CONF_UPSTREAM_REQUIRED, CONF_UPSTREAM_OFF };

struct conf_limits {             /* `limits:` of `submission:` */
    uint32_t command_line;       /* octets with CRLF; 2048 */
    uint32_t auth_line;          /* 12288 */
    uint64_t message_size;       /* octets; 50 MiB */
    uint32_t recipients;         /* 100 */
    uint32_t errors;             /* then 421; 20 */
    uint32_t commands;           /* without a message; 1000 */
    uint32_t received;           /* Received fields; 50 */
    uint32_t connections;        /* in all; 10000 */
    uint32_t prefix_connections; /* per IPv4 address or IPv6 /64 before authentication; 100 */
    uint32_t failures;           /* distinct failed guesses a session, then 421; 3 */
    uint32_t waiting;            /* sessions waiting out a failure-delay; 1000 */
};

struct conf_timeouts {        /* `timeouts:` of `submission:`; microseconds */
    int64_t command_us;       /* between commands (RFC 5321 §4.5.3.2.7); 5m */
    int64_t data_us;          /* between reads of message data; 3m */
    int64_t authenticate_us;  /* from accept to success, shrinks under load; 180s */
    int64_t drain_us;         /* at SIGTERM; 30s */
    int64_t connect_us;       /* to an upstream, each address; 30s */
    int64_t upstream_us;      /* upstream's answer to EHLO, MAIL, RCPT; 5m */
    int64_t upstream_data_us; /* to DATA, and between writes of data; 3m */
    int64_t upstream_end_us;  /* to the final dot; 10m */
};

struct conf_submission {
    const char *hostname;        /* default: the system's */
    struct conf_list listen;     /* "ADDR:PORT", "[ADDR]:PORT", either with "/tls" */
    struct conf_list proxy_from; /* networks that send the PROXY protocol */
    uint32_t workers;            /* 0: one per core (`auto`) */
    struct conf_tls tls;
    enum conf_tls_version tls_minimum;
    const char *auth; /* dovecot:PATH | file:PATH | saslauthd:PATH */
    struct conf_place auth_place;
    const char *realm;        /* default realm of an account without one; NULL: none */
    int64_t auth_cache_us;    /* verified passwords of file and saslauthd; 5m, 0 off */
    int64_t failure_delay_us; /* 2s */
    struct conf_list deliver; /* smtp://HOST:PORT, lmtp://HOST:PORT, lmtp:/PATH, maildir:/PATH/%u */
    enum conf_upstream_tls upstream_tls; /* opportunistic: TLS where offered, unverified */
    const char *upstream_ca;             /* PEM file; NULL: the system's */
    bool xclient;                        /* use XCLIENT where offered; yes */
    bool clientid;                       /* yes */
    bool clientid_underscore;            /* accept "_" in a type; no */
    enum conf_trace trace;
    enum conf_sender sender; /* auto: own where the account has a domain, else any */
    const char *sender_map;  /* file: "account address[, address...]", for own (aliases) and map */
    struct conf_place sender_place;
    struct conf_limits limits;
    struct conf_timeouts timeouts;
};

/* What becomes of an identity of a matching type: draft-storey-smtp-client-id-13 §7's flags. */
enum conf_clientid_flag {
    CONF_CLIENTID_IGNORE = 1 << 0,           /* 1: treated as not presented, not kept */
    CONF_CLIENTID_SESSION = 1 << 1,          /* 2: kept in the session, for debugging */
    CONF_CLIENTID_SYSTEM_LOG = 1 << 2,       /* 3 */
    CONF_CLIENTID_USER_LOG = 1 << 3,         /* 4 */
    CONF_CLIENTID_AUTH = 1 << 4,             /* 5: given to the authentication backend, recorded */
    CONF_CLIENTID_ALERT_ON_FAILURE = 1 << 5, /* 6 */
    CONF_CLIENTID_ALERT_ON_SUCCESS = 1 << 6, /* 7 */
};

struct conf_clientid_rule {
    const char *pattern; /* of the type: '*' and '?', case ignored */
    unsigned flags;      /* of enum conf_clientid_flag */
    struct conf_place place;
};

struct conf_clientid { /* in the order of the file; the first match holds */
    struct conf_clientid_rule *at;
    size_t n;
};

struct conf { /* allocated in its own arena, as all that it points to */
    struct arena arena;
    const char *file;
    struct conf_place *places; /* of each key of the table; see conf_place_of */
    const char *state;         /* directory; /var/lib/postern */
    const char *secret;        /* file; /etc/postern/secret */
    const char *user;          /* to become when started as root; "postern" */
    struct conf_place user_place;
    const char *metrics; /* ADDR:PORT or NULL */
    struct conf_log log;
    struct conf_submission submission;
    /* After the file's rules comes "*": system-log, user-log, auth (place: default), unless the
     * file has a "*" of its own. */
    struct conf_clientid clientid;
};

/* Reads path, then what it includes, each at most 1 MiB. Returns the configuration, or NULL with
 * one line (no newline) for the operator in *why: "file:line:column: key: what is wrong". The
 * caller frees with conf_free. May ask the resolver for the host's full name when none is set. */
MUST_USE struct conf *conf_load(const char *path, struct buf *why);
/* The same from bytes, as if they stood in a file of that name: for tests and fuzzing. Reads no
 * file, so that `include` is a fault, and asks no resolver. */
MUST_USE struct conf *conf_parse(const char *name, struct slice text, struct buf *why);
void conf_free(struct conf *conf); /* NULL is fine */

/* Where the value of a key ("submission.auth") stood; file NULL: it is the default, or not set. */
struct conf_place conf_place_of(const struct conf *conf, const char *key);
/* Appends "file:line:column: key: text" to why: for the checks of meaning that a service makes.
 * Returns false. */
bool conf_fault(struct buf *why, const struct conf_place *place, const char *key,
                const char *format, ...) PRINTF(4, 5);
/* Appends the names, a space between, of the keys that differ and that only a restart takes up. */
void conf_fixed_changes(const struct conf *old, const struct conf *now, struct buf *out);
/* Gives now old's values of the keys that only a restart takes up. False: out of memory. */
MUST_USE bool conf_keep_fixed(const struct conf *old, struct conf *now);

/* Every effective value, as a YAML file that reads back to the same configuration. A key that is
 * not set stands there as a comment. */
void conf_show(const struct conf *conf, struct buf *out);
/* A JSON Schema (draft 2020-12) of the file, from the table of keys. */
void conf_schema(struct buf *out);
/* The table for postern.yaml(5): mdoc list items, one per key, from the table of keys. */
void conf_manual(struct buf *out);

/* The flags of the first rule whose pattern matches type (upper or lower case alike). */
unsigned conf_clientid_flags(const struct conf_clientid *rules, struct slice type);
