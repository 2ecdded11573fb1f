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

/* ---- policy: what CLIENTID is for ---- */

enum conf_enrol { CONF_ENROL_OPEN, CONF_ENROL_FIRST, CONF_ENROL_CLOSED };
enum conf_unknown_device { CONF_UNKNOWN_ACCEPT, CONF_UNKNOWN_ALERT, CONF_UNKNOWN_REFUSE };
enum conf_refuse_at { CONF_REFUSE_AT_AUTH, CONF_REFUSE_AT_MAIL };
enum conf_store_failure { CONF_STORE_FAILURE_OPEN, CONF_STORE_FAILURE_CLOSED };

/* Whom a rule or a limit is about: all that is given must hold; an empty list is not given. */
struct conf_selector {
    struct conf_list account; /* patterns of canonical accounts ('*', '?'), case ignored */
    struct conf_list group;   /* names of `policy.groups` */
    struct conf_list network; /* ADDRESS[/BITS] */
    struct conf_list type;    /* patterns of CLIENTID types */
    struct conf_list token;   /* pseudonyms, "~1.k3v..." */
    unsigned device;          /* 1 << enum conf_device_word; 0: not given */
    enum { CONF_CLIENTID_EITHER, CONF_CLIENTID_PRESENT, CONF_CLIENTID_ABSENT } clientid;
};

enum conf_device_word { /* what the registry knows of the token for this account */
                        CONF_DEVICE_NEW,
                        CONF_DEVICE_PENDING,
                        CONF_DEVICE_KNOWN, /* approved ones too */
                        CONF_DEVICE_APPROVED,
                        CONF_DEVICE_REVOKED,
                        CONF_DEVICE_LICENSED, /* in a list of `postern device allow` */
};

/* allow: no later rule and no limit refuses. deny: refused. require: of whom account, group and
 * network select, type, token, device and clientid are demanded; who has them goes on. */
enum conf_rule_then { CONF_RULE_ALLOW, CONF_RULE_DENY, CONF_RULE_REQUIRE };

struct conf_rule {
    const char *name;
    enum conf_rule_then then;
    struct conf_selector who;
    enum conf_refuse_at refuse_at; /* default: the policy's */
    bool dry_run;
    struct conf_place place;
};

enum conf_count {
    CONF_COUNT_ATTEMPTS,
    CONF_COUNT_FAILURES,
    CONF_COUNT_FAILED_PASSWORDS, /* distinct; failures where the mechanism hides the password */
    CONF_COUNT_ACCOUNTS,         /* distinct, as the next two */
    CONF_COUNT_TOKENS,
    CONF_COUNT_NETWORKS,
    CONF_COUNT_CONNECTIONS, /* open now, authenticated or trying; no `within` */
    CONF_COUNT_MESSAGES,
    CONF_COUNT_RECIPIENTS,
};

enum conf_per {
    CONF_PER_ACCOUNT = 1 << 0,
    CONF_PER_TOKEN = 1 << 1, /* with its type */
    CONF_PER_TYPE = 1 << 2,
    CONF_PER_IP = 1 << 3,       /* IPv4 address, IPv6 /64 */
    CONF_PER_NETWORK = 1 << 4,  /* IPv4 /24, IPv6 /48 */
    CONF_PER_ALL = 1 << 5,      /* one budget for everybody; stands alone */
    CONF_PER_PASSWORD = 1 << 6, /* what was typed, whoever's; not where the mechanism hides it */
};

enum conf_of { CONF_OF_ALL, CONF_OF_KNOWN, CONF_OF_PLACE, CONF_OF_UNKNOWN, CONF_OF_ABSENT };

enum conf_outcome { CONF_OUTCOME_ANY, CONF_OUTCOME_FAILED, CONF_OUTCOME_OK };

enum conf_limit_then { /* bits; several may be listed */
                       CONF_THEN_LOG = 1 << 0,
                       CONF_THEN_ALERT = 1 << 1,
                       CONF_THEN_DELAY = 1 << 2,
                       CONF_THEN_REFUSE = 1 << 3,
                       CONF_THEN_KNOWN_DEVICES_ONLY = 1 << 4,
                       CONF_THEN_REQUIRE_CLIENTID = 1 << 5,
                       CONF_THEN_REVOKE_DEVICE = 1 << 6,
};

struct conf_limit {
    const char *name; /* as a shipped one: in place of it */
    const char *why;  /* shipped ones: why the number, for the manual; else NULL */
    enum conf_count count;
    unsigned per; /* of enum conf_per */
    enum conf_of of;
    enum conf_outcome outcome; /* of accounts, tokens, networks, attempts: which ones count */
    uint32_t above;
    uint32_t
        success_below; /* percent: only while fewer of the scope's attempts succeed; 0: always */
    int64_t within_us; /* 10s to 1d */
    int64_t for_us;    /* how long `then` holds */
    int64_t delay_us;  /* of CONF_THEN_DELAY; 3s */
    unsigned then;     /* of enum conf_limit_then; 0: `off` */
    bool dry_run;
    struct conf_selector who; /* account, group, network, type only */
    struct conf_place place;
};

struct conf_group {
    const char *name;
    struct conf_list account; /* patterns */
    struct conf_place place;
};

struct conf_location { /* `policy.locations.table`: 10.1.0.0/16: Building 7 */
    const char *network, *name;
    struct conf_place place;
};

struct conf_policy {
    uint64_t memory; /* of all counters, octets; 64 MiB; needs a restart */
    enum conf_enrol enrol;
    uint32_t enrol_first; /* N of first-N */
    enum conf_unknown_device unknown_device;
    enum conf_refuse_at refuse_at;
    enum conf_store_failure store_failure;
    uint32_t devices;      /* per account; 20 */
    int64_t device_age_us; /* unused so long: forgotten; 180d */
    uint32_t places;       /* per account; 16 */
    int64_t place_age_us;  /* 30d */
    struct conf_group *groups;
    size_t groups_n;
    struct conf_rule *rules; /* the first match holds */
    size_t rules_n;
    struct conf_limit *limits; /* the shipped ones (place: default) and the file's */
    size_t limits_n;
    struct {                        /* one token, two places: draft -13 §6.2-4 */
        unsigned then;              /* CONF_THEN_LOG, ALERT, REFUSE, REVOKE_DEVICE; 0: off */
        uint32_t kilometres, speed; /* at least so far (less both radii), faster than so, km/h */
        bool overlap;               /* sessions that overlap from unrelated networks */
    } two_places;
    struct {
        struct conf_list database; /* MaxMind DB files */
        struct conf_location *table;
        size_t table_n;
    } locations;
};

struct conf_alerts {
    struct conf_list to;        /* mail | command:/PATH | https://… | http://… */
    const char *from;           /* default: postmaster@ and submission.hostname */
    const char *templates;      /* folder with KIND.txt; NULL: the built-in ones */
    const char *webhook_secret; /* file; needed by webhooks */
    int64_t quiet_us;           /* at most one of a kind, account and time; 1h */
};

struct conf_auth_policy {   /* Dovecot's and weakforced's allow/report protocol */
    const char *url;        /* NULL: off */
    const char *api_header; /* file with "Name: value", or a bare key for X-API-Key */
    const char *nonce;      /* of the hash of passwords */
    int64_t timeout_us;     /* 2s */
    enum { CONF_AUTH_POLICY_ACCEPT, CONF_AUTH_POLICY_REFUSE } on_failure;
    bool before, after, report, log_only;
};

/* ---- dns and milter: signatures of mail and the senders' practices ---- */

struct conf_dns {
    struct conf_list
        resolver;     /* "ADDRESS" or "ADDRESS@PORT"; none: asks the authoritative servers */
    const char *file; /* fixed answers, and nobody is asked; NULL: none */
    const char *trust_anchor; /* file; NULL: the system's; "none": no validation */
    int64_t timeout_us;       /* of one question; 5s */
    uint64_t cache;           /* octets, of each process; 16 MiB */
};

enum conf_user_testing { CONF_USER_TESTING_HONOUR, CONF_USER_TESTING_LETTER };
enum conf_suspicious {
    CONF_SUSPICIOUS_MARK,
    CONF_SUSPICIOUS_REJECT,
    CONF_SUSPICIOUS_QUARANTINE,
    CONF_SUSPICIOUS_TEMPFAIL
};
enum conf_malformed { CONF_MALFORMED_MARK, CONF_MALFORMED_REJECT };
enum conf_temporary { CONF_TEMPORARY_ACCEPT, CONF_TEMPORARY_TEMPFAIL };
enum conf_testing_keys { CONF_TESTING_KEYS_PASS, CONF_TESTING_KEYS_IGNORE };
enum conf_partial_body { CONF_PARTIAL_BODY_POLICY, CONF_PARTIAL_BODY_PASS };
enum conf_canonicalization { /* header / body */
                             CONF_CANON_RELAXED_RELAXED,
                             CONF_CANON_RELAXED_SIMPLE,
                             CONF_CANON_SIMPLE_RELAXED,
                             CONF_CANON_SIMPLE_SIMPLE
};
enum conf_sign_for { CONF_SIGN_FOR_AUTHENTICATED = 1 << 0, CONF_SIGN_FOR_INTERNAL = 1 << 1 };

#define CONF_SIGN_KEYS_MAX 8 /* of one domain */

/* One key of `milter.sign`; several of one domain stand one behind the other, in the order of the
 * file. Domain, selector and the domain of the identity are in lower case. */
struct conf_sign {
    const char *domain;   /* of the From field's address, and d= */
    const char *selector; /* s= */
    const char *key;      /* file, PEM */
    const char *identity; /* i=, "[LOCAL]@DOMAIN" in or under domain; NULL: none is written */
    bool subdomains;      /* signs for those, too; d= is domain */
    struct conf_place place;
};

enum conf_mail_list { CONF_LIST_RESENDING, CONF_LIST_VERBATIM, CONF_LIST_DIGEST };

struct conf_list_manager { /* of `milter.lists`, in the order of the file; the first match holds */
    const char *pattern;   /* of the envelope sender: '*' and '?', case ignored */
    enum conf_mail_list kind;
    const char *sender;     /* the list's address, signed for */
    bool reject_suspicious; /* refuse at the list what is Suspicious */
    bool reject_strict;     /* and mail of strict domains, which cannot be re-sent (draft §5.1) */
    struct conf_place place;
};

struct conf_milter_limits {  /* `limits:` of `milter:` */
    uint32_t connections;    /* in all; 1000 */
    uint32_t header;         /* octets of a message's; 1 MiB */
    int64_t message_wait_us; /* all waiting for DNS of one message; 10s */
};

struct conf_milter_timeouts { /* `timeouts:` of `milter:` */
    int64_t idle_us;          /* an MTA that says nothing; 2h */
    int64_t drain_us;         /* at SIGTERM; 30s */
};

struct conf_milter {
    struct conf_list
        listen; /* inet:PORT@ADDRESS, inet6:PORT@ADDRESS, unix:/PATH; inet:8891@127.0.0.1 */
    uint32_t socket_mode;       /* of UNIX sockets; 0660 */
    uint32_t workers;           /* 0: one per core (`auto`) */
    const char *authserv_id;    /* default: submission.hostname's */
    bool verify;                /* yes */
    struct conf_list practices; /* of "ssp", "adsp", "dmarc", each at most once; [ssp] */
    const char *practices_act;  /* the one of them that acts on mail; NULL: none is listed */
    uint32_t practices_rrtype;  /* of DKIMP; 65280 */
    struct conf_list
        accepted_signers; /* "domain", ".domain": it and all below; none: all signers */
    enum conf_user_testing user_testing;
    uint32_t parent_labels; /* a parent domain with fewer labels is not asked; 1 */
    enum conf_suspicious suspicious;
    enum conf_malformed malformed; /* nobody can say who it is from: permerror of the practices */
    enum conf_temporary temporary;
    struct conf_list internal;     /* networks; [127.0.0.0/8, ::1/128] */
    struct conf_list keep_results; /* networks whose Authentication-Results stay */
    enum conf_testing_keys testing_keys;
    enum conf_partial_body partial_body;
    int64_t clock_skew_us; /* 5m */
    struct conf_sign *sign;
    size_t sign_n;
    unsigned sign_for;             /* of enum conf_sign_for; 0: nobody */
    struct conf_list sign_daemons; /* values of {daemon_name} whose mail is signed, too */
    enum conf_canonicalization canonicalization;
    struct conf_list sign_headers, oversign; /* names of fields; empty: the defaults; oversign may
                                              * be the word "none" alone */
    int64_t signature_lifetime_us;           /* 0: for ever */
    struct conf_list_manager *lists;
    size_t lists_n;
    struct conf_milter_limits limits;
    struct conf_milter_timeouts timeouts;
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
    struct conf_policy policy;
    struct conf_alerts alerts;
    struct conf_auth_policy auth_policy;
    struct conf_dns dns;
    struct conf_milter milter;
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
