/* SPDX-License-Identifier: ISC */
#include "conf/keys.h"

#include "base/check.h"
#include "conf/policy_internal.h"

#define AT(member)         offsetof(struct conf, member)
#define SUBMISSION(member) offsetof(struct conf, submission.member)
#define LIMIT(member)      offsetof(struct conf, submission.limits.member)
#define TIMEOUT(member)    offsetof(struct conf, submission.timeouts.member)
#define POLICY(member)     offsetof(struct conf, policy.member)
#define ALERTS(member)     offsetof(struct conf, alerts.member)
#define SERVER(member)     offsetof(struct conf, auth_policy.member)
#define DNS(member)        offsetof(struct conf, dns.member)
#define MILTER(member)     offsetof(struct conf, milter.member)

#define RELOAD  true
#define RESTART false

/* In the order of their enums. */
static const char *const sinks[] = { "stderr", "journal", "syslog", NULL };
static const char *const formats[] = { "text", "json", NULL };
static const char *const levels[] = { "debug", "info", "notice", "warning", "error", NULL };
static const char *const tls_versions[] = { "1.2", "1.3", NULL };
static const char *const upstream_tls[] = { "opportunistic", "required", "off", NULL };
static const char *const traces[] = { "private", "full", "none", NULL };
static const char *const senders[] = { "auto", "any", "own", "map", NULL };
static const char *const unknown_devices[] = { "accept", "alert", "refuse", NULL };
static const char *const refuse_ats[] = { "auth", "mail", NULL };
static const char *const store_failures[] = { "open", "closed", NULL };
static const char *const on_failures[] = { "accept", "refuse", NULL };
static const char *const user_testings[] = { "honour", "letter", NULL };
static const char *const suspicions[] = { "mark", "reject", "quarantine", "tempfail", NULL };
static const char *const malformeds[] = { "mark", "reject", NULL };
static const char *const temporaries[] = { "accept", "tempfail", NULL };
static const char *const testing_keys[] = { "pass", "ignore", NULL };
static const char *const partial_bodies[] = { "policy", "pass", NULL };
static const char *const canonicalizations[] = { "relaxed/relaxed", "relaxed/simple",
                                                 "simple/relaxed", "simple/simple", NULL };
static const char *const sign_fors[] = { "authenticated", "internal", NULL };
static const char *const automatic[] = { "auto", NULL };

/* clang-format off */
const struct key conf_keys[] = {
    { "include", NULL, "none", KEY_INCLUDE, RELOAD, 1, 16, 0, 0, &form_path, NULL,
      "Further files of the same kind, read after this one; a path is relative to this file's folder. "
      "No key may be set in two of them, and an included file includes no other." },
    { "state", "/var/lib/postern", NULL, KEY_TEXT, RESTART, 0, 0, AT(state), 0, &form_path, NULL,
      "Folder of the store; created, readable by its owner only." },
    { "secret", "/etc/postern/secret", NULL, KEY_TEXT, RESTART, 0, 0, AT(secret), 0, &form_path, NULL,
      "File with the keys of the pseudonyms; created at the first start, readable by its owner only." },
    { "user", "postern", NULL, KEY_TEXT, RESTART, 0, 0, AT(user), AT(user_place), &form_user, NULL,
      "Whom to become when started as root." },
    { "metrics", NULL, "off", KEY_TEXT, RESTART, 0, 0, AT(metrics), 0, &form_address, NULL,
      "Where /metrics (in the text format of Prometheus) and /healthz are served over HTTP." },

    { "log.to", "stderr", NULL, KEY_CHOICE, RELOAD, 0, 0, AT(log.to), 0, NULL, sinks,
      "Where events are written." },
    { "log.format", "text", NULL, KEY_CHOICE, RELOAD, 0, 0, AT(log.format), 0, NULL, formats,
      "An event as name=value fields, or as one line of JSON." },
    { "log.level", "info", NULL, KEY_CHOICE, RELOAD, 0, 0, AT(log.level), 0, NULL, levels,
      "The least level that is written." },
    { "log.clear", "[account, address]", NULL, KEY_LIST, RELOAD, 0, 16, AT(log.clear), 0, &form_kind, NULL,
      "Kinds of identifiers that the log shows as they are; all others are pseudonyms. Tokens never are in clear." },

    { "clientid", "{\"*\": [system-log, user-log, auth]}", NULL, KEY_CLIENTID_RULES, RELOAD, 1, 256, AT(clientid), 0, NULL, NULL,
      "What becomes of a CLIENTID, by the first pattern (* any run, ? one character) that its type matches. "
      "The default stands behind the rules of the file." },

    { "submission.hostname", NULL, "the system's name", KEY_TEXT, RELOAD, 0, 0, SUBMISSION(hostname), 0, &form_host, NULL,
      "The gate's name in its greeting, in Received fields, and to upstreams." },
    { "submission.listen", "[\"0.0.0.0:587\", \"[::]:587\", \"0.0.0.0:465/tls\", \"[::]:465/tls\"]", NULL,
      KEY_LIST, RELOAD, 1, 64, SUBMISSION(listen), 0, &form_listen, NULL,
      "Where clients are heard: with STARTTLS, or with TLS from the first byte (/tls)." },
    { "submission.proxy-from", "[]", NULL, KEY_LIST, RELOAD, 0, 64, SUBMISSION(proxy_from), 0, &form_network, NULL,
      "Networks of load balancers that send the PROXY protocol (version 1 or 2), and must." },
    { "submission.workers", "auto", NULL, KEY_COUNT, RELOAD, 1, 256, SUBMISSION(workers), 0, NULL, automatic,
      "Worker processes; auto is one for each processor." },
    { "submission.tls", NULL, "none; the service needs one", KEY_CERTIFICATES, RELOAD, 1, 256, SUBMISSION(tls), 0, NULL, NULL,
      "Files in PEM: the certificate with its chain, and its key. The first is the default, the others are chosen by the name that the client asks for." },
    { "submission.tls-minimum", "1.2", NULL, KEY_CHOICE, RELOAD, 0, 0, SUBMISSION(tls_minimum), 0, NULL, tls_versions,
      "The oldest version of TLS that is spoken with clients." },
    { "submission.auth", NULL, "none; the service needs one", KEY_TEXT, RELOAD, 0, 0, SUBMISSION(auth), SUBMISSION(auth_place), &form_auth, NULL,
      "Who checks passwords: the auth-client socket of Dovecot, a file (see postern-passwd), or the socket of saslauthd." },
    { "submission.realm", NULL, "none", KEY_TEXT, RELOAD, 0, 0, SUBMISSION(realm), 0, &form_word, NULL,
      "Realm of an account that is given without one." },
    { "submission.auth-cache", "5m", NULL, KEY_TIME, RELOAD, 0, UNIT_D, SUBMISSION(auth_cache_us), 0, NULL, NULL,
      "How long a verified password of the file and saslauthd backends is remembered (as a keyed hash); 0: never." },
    { "submission.failure-delay", "2s", NULL, KEY_TIME, RELOAD, 0, 30 * UNIT_S, SUBMISSION(failure_delay_us), 0, NULL, NULL,
      "The instant after its AUTH at which a refusal leaves, whatever its cause." },
    { "submission.deliver", NULL, "none; the service needs one", KEY_LIST, RELOAD, 1, 16, SUBMISSION(deliver), 0, &form_deliver, NULL,
      "Where messages go; the next one is taken when one is down. In the path of a Maildir %u is the recipient." },
    { "submission.upstream-tls", "opportunistic", NULL, KEY_CHOICE, RELOAD, 0, 0, SUBMISSION(upstream_tls), 0, NULL, upstream_tls,
      "STARTTLS to upstreams: where it is offered, unverified; required and verified; or never." },
    { "submission.upstream-ca", NULL, "the system's", KEY_TEXT, RELOAD, 0, 0, SUBMISSION(upstream_ca), 0, &form_path, NULL,
      "File in PEM with the authorities by which upstreams are verified." },
    { "submission.xclient", "yes", NULL, KEY_BOOL, RELOAD, 0, 0, SUBMISSION(xclient), 0, NULL, NULL,
      "Tell an upstream that offers XCLIENT who the client is." },
    { "submission.clientid", "yes", NULL, KEY_BOOL, RELOAD, 0, 0, SUBMISSION(clientid), 0, NULL, NULL,
      "Offer and understand CLIENTID." },
    { "submission.clientid-underscore", "no", NULL, KEY_BOOL, RELOAD, 0, 0, SUBMISSION(clientid_underscore), 0, NULL, NULL,
      "Accept _ in the type of a CLIENTID, as in the draft's own example DEVICE_ID, against its grammar." },
    { "submission.trace", "private", NULL, KEY_CHOICE, RELOAD, 0, 0, SUBMISSION(trace), 0, NULL, traces,
      "What the Received field tells of the client: nothing; its address, its name and the account; or no field at all, which gives up the detection of loops." },
    { "submission.sender", "auto", NULL, KEY_CHOICE, RELOAD, 0, 0, SUBMISSION(sender), SUBMISSION(sender_place), NULL, senders,
      "Which senders an account may use: any, its own (with its aliases of sender-map), those of sender-map; auto is own where the account has a domain, any elsewhere." },
    { "submission.sender-map", NULL, "none", KEY_TEXT, RELOAD, 0, 0, SUBMISSION(sender_map), 0, &form_path, NULL,
      "File with lines of an account and the addresses it may use." },

    { "submission.limits.command-line", "2048", NULL, KEY_OCTETS_SHORT, RELOAD, 512, 64 * UNIT_K, LIMIT(command_line), 0, NULL, NULL,
      "Length of a command with its CRLF." },
    { "submission.limits.auth-line", "12288", NULL, KEY_OCTETS_SHORT, RELOAD, 512, 64 * UNIT_K, LIMIT(auth_line), 0, NULL, NULL,
      "Length of an AUTH command and of the lines that belong to it." },
    { "submission.limits.message-size", "50M", NULL, KEY_OCTETS, RELOAD, 64 * UNIT_K, 16 * UNIT_G, LIMIT(message_size), 0, NULL, NULL,
      "Size of a message." },
    { "submission.limits.recipients", "100", NULL, KEY_COUNT, RELOAD, 1, 10000, LIMIT(recipients), 0, NULL, NULL,
      "Recipients of a message." },
    { "submission.limits.errors", "20", NULL, KEY_COUNT, RELOAD, 1, 10000, LIMIT(errors), 0, NULL, NULL,
      "Errors of a session, which then ends." },
    { "submission.limits.commands", "1000", NULL, KEY_COUNT, RELOAD, 10, 1000000, LIMIT(commands), 0, NULL, NULL,
      "Commands of a session without a message, which then ends." },
    { "submission.limits.received", "50", NULL, KEY_COUNT, RELOAD, 10, 1000, LIMIT(received), 0, NULL, NULL,
      "Received fields of a message; more are a loop." },
    { "submission.limits.connections", "10000", NULL, KEY_COUNT, RELOAD, 1, 1000000, LIMIT(connections), 0, NULL, NULL,
      "Connections in all." },
    { "submission.limits.prefix-connections", "100", NULL, KEY_COUNT, RELOAD, 1, 1000000, LIMIT(prefix_connections), 0, NULL, NULL,
      "Connections of one IPv4 address or IPv6 /64 before authentication." },
    { "submission.limits.failures", "3", NULL, KEY_COUNT, RELOAD, 1, 100, LIMIT(failures), 0, NULL, NULL,
      "Different failed passwords of a session, which then ends." },
    { "submission.limits.waiting", "1000", NULL, KEY_COUNT, RELOAD, 1, 1000000, LIMIT(waiting), 0, NULL, NULL,
      "Sessions that wait out the failure-delay at one time." },

    { "submission.timeouts.command", "5m", NULL, KEY_TIME, RELOAD, UNIT_S, UNIT_H, TIMEOUT(command_us), 0, NULL, NULL,
      "From one command to the next." },
    { "submission.timeouts.data", "3m", NULL, KEY_TIME, RELOAD, UNIT_S, UNIT_H, TIMEOUT(data_us), 0, NULL, NULL,
      "From one piece of a message to the next." },
    { "submission.timeouts.authenticate", "180s", NULL, KEY_TIME, RELOAD, UNIT_S, UNIT_H, TIMEOUT(authenticate_us), 0, NULL, NULL,
      "From the connection to success; shorter under load." },
    { "submission.timeouts.drain", "30s", NULL, KEY_TIME, RELOAD, 0, UNIT_H, TIMEOUT(drain_us), 0, NULL, NULL,
      "For sessions to end when the service is stopped." },
    { "submission.timeouts.connect", "30s", NULL, KEY_TIME, RELOAD, UNIT_S, 5 * UNIT_MIN, TIMEOUT(connect_us), 0, NULL, NULL,
      "To connect to an address of an upstream." },
    { "submission.timeouts.upstream", "5m", NULL, KEY_TIME, RELOAD, UNIT_S, UNIT_H, TIMEOUT(upstream_us), 0, NULL, NULL,
      "For an upstream's answer to a command." },
    { "submission.timeouts.upstream-data", "3m", NULL, KEY_TIME, RELOAD, UNIT_S, UNIT_H, TIMEOUT(upstream_data_us), 0, NULL, NULL,
      "For an upstream's answer to DATA, and to take a piece of the message." },
    { "submission.timeouts.upstream-end", "10m", NULL, KEY_TIME, RELOAD, UNIT_S, UNIT_H, TIMEOUT(upstream_end_us), 0, NULL, NULL,
      "For an upstream's answer to a whole message." },

    { "policy.memory", "64M", NULL, KEY_OCTETS, RESTART, UNIT_M, 16 * UNIT_G, POLICY(memory), 0, NULL, NULL,
      "Of all counters, whatever is thrown at them: a flood of invented tokens, accounts and addresses is counted in it, and never makes it grow. "
      "64M holds the live counts of some millions of strangers beside those of known devices." },
    { "policy.enrol", "first-3", NULL, KEY_ENROL, RELOAD, 0, 0, POLICY(enrol), 0, NULL, NULL,
      "Which devices become known by themselves. open: each that authenticates. "
      "first-N: the first N of an account, later ones are pending; "
      "once the account has a known place, only from a known place, or a thief with an invented token would be known before the owner is. "
      "closed: none; the operator approves them or loads a list. 3: a telephone, a computer, and one to spare." },
    { "policy.unknown-device", "alert", NULL, KEY_CHOICE, RELOAD, 0, 0, POLICY(unknown_device), 0, NULL, unknown_devices,
      "What becomes of the right password from a device that is not known. "
      "alert: it is accepted, and the account's owner is told. "
      "refuse: a stolen password opens nothing; neither does the owner's own from a new device, hence it is not the default." },
    { "policy.refuse-at", "auth", NULL, KEY_CHOICE, RELOAD, 0, 0, POLICY(refuse_at), 0, NULL, refuse_ats,
      "auth: 535, worded and timed as for a wrong password, so that nothing is learned from it. "
      "mail: 235, and 550 at MAIL; it tells the client that the password is right." },
    { "policy.store-failure", "open", NULL, KEY_CHOICE, RELOAD, 0, 0, POLICY(store_failure), 0, NULL, store_failures,
      "While the store cannot be read. Devices and places that succeeded within the last day are known from memory. "
      "open: all others are taken for known places, unknown-device refuses none of them. closed: they are refused. "
      "In attack mode they are refused anyway." },
    { "policy.devices", "20", NULL, KEY_COUNT, RELOAD, 1, 1000, POLICY(devices), 0, NULL, NULL,
      "Devices of an account; the one whose last success is the longest ago goes, approved ones never. 20 is what AD FS remembers of familiar addresses." },
    { "policy.device-age", "180d", NULL, KEY_TIME, RELOAD, UNIT_D, 3650 * UNIT_D, POLICY(device_age_us), 0, NULL, NULL,
      "A device that has had no success for so long is forgotten. 180d outlasts a summer; a device that was given away is a stranger half a year later." },
    { "policy.places", "16", NULL, KEY_COUNT, RELOAD, 0, 256, POLICY(places), 0, NULL, NULL,
      "Places (IPv4 /24, IPv6 /48) of an account that clients without a known device are known by; 0: none is learned. "
      "16: home, office, and the ranges of a mobile network." },
    { "policy.place-age", "30d", NULL, KEY_TIME, RELOAD, UNIT_D, 3650 * UNIT_D, POLICY(place_age_us), 0, NULL, NULL,
      "A place that has had no success for so long is forgotten: addresses get other owners, sooner than devices do." },
    { "policy.groups", "{}", NULL, KEY_GROUPS, RELOAD, 0, 256, POLICY(groups), 0, NULL, NULL,
      "Groups of accounts, for rules and limits: each name with its patterns of accounts." },
    { "policy.rules", "[]", NULL, KEY_RULES, RELOAD, 0, 1000, POLICY(rules), 0, NULL, NULL,
      "Access rules, in their order: the first that allows or denies ends it." },
    { "policy.limits", "[]", NULL, KEY_LIMITS, RELOAD, 0, 100, POLICY(limits), 0, NULL, NULL,
      "Limits, besides those that are shipped or in place of them (see POLICY)." },

    { "policy.two-places.then", "alert", NULL, KEY_BITS, RELOAD, 0,
      CONF_THEN_LOG | CONF_THEN_ALERT | CONF_THEN_REFUSE | CONF_THEN_REVOKE_DEVICE, POLICY(two_places.then), 0, NULL, conf_thens,
      "When one token succeeds from two places that one device cannot be in. "
      "Alert only, by default: databases of places are wrong often enough, and a network of mobile telephones is in two places by nature." },
    { "policy.two-places.kilometres", "500", NULL, KEY_COUNT, RELOAD, 1, 20000, POLICY(two_places.kilometres), 0, NULL, NULL,
      "At least so far apart, less the radii of accuracy of both. 500 leaves out what providers get wrong within a country; CrowdSec has 1000, and no radii." },
    { "policy.two-places.speed", "1000", NULL, KEY_COUNT, RELOAD, 1, 100000, POLICY(two_places.speed), 0, NULL, NULL,
      "And faster than so many kilometres per hour. Airliners fly at 900." },
    { "policy.two-places.overlap", "yes", NULL, KEY_BOOL, RELOAD, 0, 0, POLICY(two_places.overlap), 0, NULL, NULL,
      "Besides, when sessions from networks that have nothing to do with each other overlap; needs no database." },

    { "policy.locations.database", "[]", NULL, KEY_LIST, RELOAD, 0, 8, POLICY(locations.database), 0, &form_path, NULL,
      "MaxMind DB files (city or country, and ASN), which tell where an address is." },
    { "policy.locations.table", "{}", NULL, KEY_LOCATIONS, RELOAD, 0, 10000, POLICY(locations.table), 0, NULL, NULL,
      "Networks and the names of their places; they go before the databases." },

    { "alerts.to", "[]", NULL, KEY_LIST, RELOAD, 0, 16, ALERTS(to), 0, &form_alert, NULL,
      "Whom alerts are told besides the log, which always has them. mail: the account itself, through submission.deliver. "
      "command: run with the JSON of the event on its standard input. A URL: the JSON is posted, signed with HMAC-SHA256. "
      "Empty by default: mail to customers needs the operator's word." },
    { "alerts.from", NULL, "postmaster at submission.hostname", KEY_TEXT, RELOAD, 0, 0, ALERTS(from), 0, &form_mailbox, NULL,
      "The sender in the From field of mail." },
    { "alerts.templates", NULL, "the built-in texts", KEY_TEXT, RELOAD, 0, 0, ALERTS(templates), 0, &form_path, NULL,
      "Folder of the texts of mail, KIND.txt each." },
    { "alerts.webhook-secret", NULL, "none; a webhook needs one", KEY_TEXT, RELOAD, 0, 0, ALERTS(webhook_secret), 0, &form_path, NULL,
      "File with the key by which webhooks are signed." },
    { "alerts.quiet", "1h", NULL, KEY_TIME, RELOAD, 0, 7 * UNIT_D, ALERTS(quiet_us), 0, NULL, NULL,
      "At most one alert of a kind and account in that time. 1h is Auth0's; a mail for each attempt is what makes people switch alerts off." },

    { "auth-policy.url", NULL, "off", KEY_TEXT, RELOAD, 0, 0, SERVER(url), 0, &form_url, NULL,
      "A server that speaks Dovecot's auth-policy protocol, as weakforced does; the command (allow, report) is added to it." },
    { "auth-policy.api-header", NULL, "none", KEY_TEXT, RELOAD, 0, 0, SERVER(api_header), 0, &form_path, NULL,
      "File with a header field as Name: value, or with the bare key for X-API-Key." },
    { "auth-policy.nonce", NULL, "none; the server needs one", KEY_TEXT, RELOAD, 0, 0, SERVER(nonce), 0, &form_nonce, NULL,
      "What passwords are hashed with before 12 bits of the hash are sent; the same on all machines that ask the server." },
    { "auth-policy.timeout", "2s", NULL, KEY_TIME, RELOAD, 100 * UNIT_MS, 30 * UNIT_S, SERVER(timeout_us), 0, NULL, NULL,
      "For an answer. 2s is Dovecot's." },
    { "auth-policy.on-failure", "accept", NULL, KEY_CHOICE, RELOAD, 0, 0, SERVER(on_failure), 0, NULL, on_failures,
      "Without an answer. accept is what Dovecot does: a server that is down locks nobody out, and Postern's own policy still holds." },
    { "auth-policy.before", "yes", NULL, KEY_BOOL, RELOAD, 0, 0, SERVER(before), 0, NULL, NULL,
      "Ask before the password is looked at." },
    { "auth-policy.after", "yes", NULL, KEY_BOOL, RELOAD, 0, 0, SERVER(after), 0, NULL, NULL,
      "Ask when the password was right." },
    { "auth-policy.report", "yes", NULL, KEY_BOOL, RELOAD, 0, 0, SERVER(report), 0, NULL, NULL,
      "Tell how it ended." },
    { "auth-policy.log-only", "no", NULL, KEY_BOOL, RELOAD, 0, 0, SERVER(log_only), 0, NULL, NULL,
      "Ask and log, and let nothing follow from the answers." },

    { "dns.resolver", "[]", NULL, KEY_LIST, RELOAD, 0, 8, DNS(resolver), 0, &form_resolver, NULL,
      "Resolvers that are asked, best one on this machine. None: Postern asks the authoritative servers itself. "
      "Answers are validated (DNSSEC) here in either case." },
    { "dns.file", NULL, "none", KEY_TEXT, RELOAD, 0, 0, DNS(file), 0, &form_path, NULL,
      "File of fixed answers, a record a line, for tests and offline use; nobody else is asked." },
    { "dns.trust-anchor", NULL, "the system's", KEY_TEXT, RELOAD, 0, 0, DNS(trust_anchor), 0, &form_path, NULL,
      "File with the trust anchors of DNSSEC, or none: nothing is validated." },
    { "dns.timeout", "5s", NULL, KEY_TIME, RELOAD, 100 * UNIT_MS, UNIT_MIN, DNS(timeout_us), 0, NULL, NULL,
      "For the answer to one question." },
    { "dns.cache", "16M", NULL, KEY_OCTETS, RELOAD, UNIT_M, 4 * UNIT_G, DNS(cache), 0, NULL, NULL,
      "Memory for answers, of each worker." },

    { "milter.listen", "[\"inet:8891@127.0.0.1\"]", NULL, KEY_LIST, RELOAD, 1, 64, MILTER(listen), 0, &form_milter, NULL,
      "Where MTAs are heard. Who can connect can have mail signed: an address that others reach needs a packet filter." },
    { "milter.socket-mode", "0660", NULL, KEY_MODE, RESTART, 0, 0, MILTER(socket_mode), 0, &form_mode, NULL,
      "Of UNIX sockets, which belong to user and its group: the MTA's user has to be in that group." },
    { "milter.workers", "auto", NULL, KEY_COUNT, RELOAD, 1, 256, MILTER(workers), 0, NULL, automatic,
      "Worker processes; auto is one for each processor." },
    { "milter.authserv-id", NULL, "submission.hostname, the system's name by default", KEY_TEXT, RELOAD, 0, 0, MILTER(authserv_id), 0, &form_domain, NULL,
      "Who is said to have verified, in Authentication-Results (RFC 8601 section 2.5). Such fields that a message brings with that name are taken out." },
    { "milter.verify", "yes", NULL, KEY_BOOL, RELOAD, 0, 0, MILTER(verify), 0, NULL, NULL,
      "Verify mail that is not signed here." },
    { "milter.practices", "[ssp]", NULL, KEY_LIST, RELOAD, 0, 3, MILTER(practices), 0, &form_practices, NULL,
      "Which of the senders' practices are looked up: ssp (draft-allman-dkim-ssp-02), adsp (RFC 5617), dmarc (the DKIM half of RFC 9989)." },
    { "milter.practices-act", NULL, "the first of milter.practices", KEY_TEXT, RELOAD, 0, 0, MILTER(practices_act), 0, &form_practices, NULL,
      "Which of them suspicious and temporary go by; the others are only told of. dmarc finds nothing Suspicious: without SPF it cannot." },
    { "milter.practices-rrtype", "65280", NULL, KEY_COUNT, RELOAD, 256, 65534, MILTER(practices_rrtype), 0, NULL, NULL,
      "The type of the records of ssp, DKIMP: the draft leaves its number open. 65280 is the first for private use." },
    { "milter.accepted-signers", "[]", NULL, KEY_LIST, RELOAD, 0, 1000, MILTER(accepted_signers), 0, &form_signer, NULL,
      "Whose signatures count, besides the sender's own, where the sender allows those of others. None: everybody's." },
    { "milter.user-testing", "honour", NULL, KEY_CHOICE, RELOAD, 0, 0, MILTER(user_testing), 0, NULL, user_testings,
      "t=y in the practices of one user. honour: a test, as it is for a domain. letter: ignored, as step 6 of the draft's section 4.3 reads." },
    { "milter.parent-labels", "1", NULL, KEY_COUNT, RELOAD, 1, 16, MILTER(parent_labels), 0, NULL, NULL,
      "A parent domain is asked for practices only when it has at least so many labels. The draft says not to ask above top-level domains." },
    { "milter.suspicious", "mark", NULL, KEY_CHOICE, RELOAD, 0, 0, MILTER(suspicious), 0, NULL, suspicions,
      "What becomes of Suspicious mail. mark: only Authentication-Results say so. reject: 550 5.7.1. quarantine: the MTA holds it. tempfail: 451 4.7.1." },
    { "milter.malformed", "mark", NULL, KEY_CHOICE, RELOAD, 0, 0, MILTER(malformed), 0, NULL, malformeds,
      "What becomes of mail from strangers that names no single author (several From fields, none, a header that two readers read differently): the practices' permerror. "
      "mark: only Authentication-Results say so. reject: 550 5.7.1." },
    { "milter.temporary", "accept", NULL, KEY_CHOICE, RELOAD, 0, 0, MILTER(temporary), 0, NULL, temporaries,
      "What becomes of mail while DNS cannot say. tempfail: 451 4.7.0, and the sender comes again." },
    { "milter.internal", "[127.0.0.0/8, \"::1/128\"]", NULL, KEY_LIST, RELOAD, 0, 1000, MILTER(internal), 0, &form_network, NULL,
      "Networks of clients whose mail is ours: see sign-for." },
    { "milter.keep-results", "[]", NULL, KEY_LIST, RELOAD, 0, 1000, MILTER(keep_results), 0, &form_network, NULL,
      "Networks of clients, our own relays, whose Authentication-Results with our name stay in." },
    { "milter.testing-keys", "pass", NULL, KEY_CHOICE, RELOAD, 0, 0, MILTER(testing_keys), 0, NULL, testing_keys,
      "A valid signature by a key with t=y. pass: it is valid, and a note says so, as everybody does. ignore: as if it were not there, as RFC 6376 section 3.6.1 reads." },
    { "milter.partial-body", "policy", NULL, KEY_CHOICE, RELOAD, 0, 0, MILTER(partial_body), 0, NULL, partial_bodies,
      "A valid signature (l=) with text behind what it covers, that anybody may have added." },
    { "milter.clock-skew", "5m", NULL, KEY_TIME, RELOAD, 0, UNIT_D, MILTER(clock_skew_us), 0, NULL, NULL,
      "By how much the times in signatures may differ from ours." },
    { "milter.sign", "{}", NULL, KEY_SIGN, RELOAD, 0, 10000, MILTER(sign), 0, NULL, NULL,
      "Keys by the domain of the From field; several of one domain sign side by side." },
    { "milter.sign-for", "[authenticated, internal]", NULL, KEY_BITS, RELOAD, 0, CONF_SIGN_FOR_AUTHENTICATED | CONF_SIGN_FOR_INTERNAL, MILTER(sign_for), 0, NULL, sign_fors,
      "Whose mail is signed: of clients that have authenticated, of those in internal. Nobody else's, whatever it says of itself, but for sign-daemons." },
    { "milter.sign-daemons", "[]", NULL, KEY_LIST, RELOAD, 0, 64, MILTER(sign_daemons), 0, &form_word, NULL,
      "Names of MTA services (the macro {daemon_name}) whose mail is signed, too, as of a port for submission." },
    { "milter.canonicalization", "relaxed/relaxed", NULL, KEY_CHOICE, RELOAD, 0, 0, MILTER(canonicalization), 0, NULL, canonicalizations,
      "Of the header and of the body, in signatures: relaxed outlives what relays do to white space." },
    { "milter.sign-headers", "[]", NULL, KEY_LIST, RELOAD, 0, 100, MILTER(sign_headers), 0, &form_field, NULL,
      "Fields that are signed; From must be among them. None: those of RFC 6376 section 5.4.1, Sender, Message-ID, MIME-Version and Content-*." },
    { "milter.oversign", "[]", NULL, KEY_LIST, RELOAD, 0, 100, MILTER(oversign), 0, &form_field, NULL,
      "Fields that nobody may add later: they are signed once more than they are there. An empty list: those that postern-dkim(1) lists; [none]: no field." },
    { "milter.signature-lifetime", "0", NULL, KEY_TIME, RELOAD, 0, 3650 * UNIT_D, MILTER(signature_lifetime_us), 0, NULL, NULL,
      "How long signatures hold (x=); 0: for ever." },
    { "milter.lists", "{}", NULL, KEY_MAIL_LISTS, RELOAD, 0, 1000, MILTER(lists), 0, NULL, NULL,
      "Mailing lists that this host runs, by patterns (* any run, ? one character) of the envelope senders of what they send; the first match holds. "
      "Such mail is verified first, then signed for the list. Only mail of clients that sign-for has." },

    { "milter.limits.connections", "1000", NULL, KEY_COUNT, RELOAD, 1, 1000000, MILTER(limits.connections), 0, NULL, NULL,
      "Connections in all, shared evenly by the workers." },
    { "milter.limits.header", "1M", NULL, KEY_OCTETS_SHORT, RELOAD, 64 * UNIT_K, 64 * UNIT_M, MILTER(limits.header), 0, NULL, NULL,
      "Size of a message's header; a message with more is neither verified nor signed." },
    { "milter.limits.message-wait", "10s", NULL, KEY_TIME, RELOAD, 100 * UNIT_MS, 5 * UNIT_MIN, MILTER(limits.message_wait_us), 0, NULL, NULL,
      "All waiting for DNS of one message, behind its end. MTAs wait for minutes, people for seconds." },

    { "milter.timeouts.idle", "2h", NULL, KEY_TIME, RELOAD, UNIT_S, UNIT_D, MILTER(timeouts.idle_us), 0, NULL, NULL,
      "For an MTA to say something: it is silent while its client is. 2h is what libmilter has." },
    { "milter.timeouts.drain", "30s", NULL, KEY_TIME, RELOAD, 0, UNIT_H, MILTER(timeouts.drain_us), 0, NULL, NULL,
      "For connections to end when the service is stopped." },
};
/* clang-format on */
const size_t conf_key_count = ARRAY_SIZE(conf_keys);

const struct key *key_find(struct slice path)
{
    for (size_t i = 0; i < conf_key_count; i++)
        if (slice_equal(slice_of_str(conf_keys[i].path), path))
            return &conf_keys[i];
    return NULL;
}

size_t key_index(const struct key *key)
{
    return (size_t)(key - conf_keys);
}

bool key_in_section(const struct key *key, struct slice section, struct slice *rest)
{
    struct slice path = slice_of_str(key->path);
    if (section.n &&
        (!slice_starts(path, section) || path.n == section.n || path.p[section.n] != '.'))
        return false;
    *rest = slice_from(path, section.n ? section.n + 1 : 0);
    return true;
}

bool key_is_section(struct slice path)
{
    struct slice rest;
    for (size_t i = 0; i < conf_key_count; i++)
        if (key_in_section(&conf_keys[i], path, &rest))
            return true;
    return false;
}

enum unit key_unit(enum key_type type)
{
    switch (type) {
    case KEY_OCTETS_SHORT:
    case KEY_OCTETS: return UNIT_OCTETS;
    case KEY_TIME: return UNIT_TIME;
    case KEY_TEXT:
    case KEY_CHOICE:
    case KEY_BOOL:
    case KEY_COUNT:
    case KEY_LIST:
    case KEY_CERTIFICATES:
    case KEY_CLIENTID_RULES:
    case KEY_BITS:
    case KEY_ENROL:
    case KEY_GROUPS:
    case KEY_RULES:
    case KEY_LIMITS:
    case KEY_LOCATIONS:
    case KEY_MODE:
    case KEY_SIGN:
    case KEY_MAIL_LISTS:
    case KEY_INCLUDE: break;
    }
    return UNIT_NONE;
}

struct slice key_name(const struct key *key)
{
    struct slice section, name, path = slice_of_str(key->path);
    return slice_cut_last(path, '.', &section, &name) ? name : path;
}

void key_bit_words(const struct key *key, const char *out[KEY_BITS_MAX + 2],
                   unsigned value[KEY_BITS_MAX + 1])
{
    size_t n = 0;
    for (unsigned bit = 0; key->words[bit]; bit++)
        if (key->max & 1u << bit) {
            CHECK(n < KEY_BITS_MAX);
            value[n] = 1u << bit;
            out[n++] = key->words[bit];
        }
    if (key->min == 0) {
        value[n] = 0;
        out[n++] = "off";
    }
    out[n] = NULL;
}

static void expects_words(const char *const *words, struct buf *out)
{
    for (size_t i = 0; words[i]; i++)
        buf_printf(out, "%s%s", i == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
}

static void expects_bits(const struct key *key, struct buf *out)
{
    const char *words[KEY_BITS_MAX + 2];
    unsigned value[KEY_BITS_MAX + 1];
    key_bit_words(key, words, value);
    expects_words(words, out);
    buf_append_str(out, ", or a list of such");
}

static void expects_range(const struct key *key, const char *what, struct buf *out)
{
    buf_printf(out, "%s from ", what);
    unit_write(key->min, key_unit(key->type), out);
    buf_append_str(out, " to ");
    unit_write(key->max, key_unit(key->type), out);
}

void key_expects(const struct key *key, struct buf *out)
{
    switch (key->type) {
    case KEY_MODE:
    case KEY_TEXT: buf_append_str(out, key->form->name); break;
    case KEY_CHOICE: expects_words(key->words, out); break;
    case KEY_BOOL: buf_append_str(out, "yes or no"); break;
    case KEY_COUNT:
        if (key->words)
            buf_printf(out, "%s or ", key->words[0]);
        expects_range(key, "a number", out);
        break;
    case KEY_OCTETS_SHORT:
    case KEY_OCTETS:
        expects_range(key, "a size", out);
        buf_append_str(out, " (octets, or with K, M or G behind)");
        break;
    case KEY_TIME:
        expects_range(key, "a time", out);
        buf_append_str(out, ", with its unit (ms, s, m, h, d)");
        break;
    case KEY_INCLUDE:
    case KEY_LIST: buf_printf(out, "%s, or a list of such", key->form->name); break;
    case KEY_CERTIFICATES:
        buf_append_str(out, "{certificate: FILE, key: FILE}, or a list of them");
        break;
    case KEY_BITS: expects_bits(key, out); break;
    case KEY_ENROL: buf_append_str(out, "open, closed or first-N, with N from 1 to 1000"); break;
    case KEY_GROUPS:
        buf_append_str(out, "names with their accounts, as office: [\"*@example.com\"]");
        break;
    case KEY_RULES: buf_append_str(out, "a list of rules, as {name: NAME, then: deny, ...}"); break;
    case KEY_LIMITS: buf_append_str(out, "a list of limits, as {name: NAME, ...}"); break;
    case KEY_LOCATIONS:
        buf_append_str(out, "networks with their names, as 192.0.2.0/24: Office");
        break;
    case KEY_SIGN:
        buf_append_str(out, "domains with their keys, as example.com: {selector: NAME, key: FILE}, "
                            "or a list of such");
        break;
    case KEY_MAIL_LISTS:
        buf_append_str(out, "patterns with their lists, as \"*-bounces@lists.example.com\": "
                            "{kind: resending, sender: ADDRESS}");
        break;
    case KEY_CLIENTID_RULES:
        buf_append_str(out, "patterns with their flags, as \"*-UUID\": [auth]");
        break;
    }
}
