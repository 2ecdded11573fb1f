/* SPDX-License-Identifier: ISC
 *
 * cmd/judging: how the tools judge messages: whom they ask for DNS, what time it is, which practices
 * count. From the options, or else the configuration's dns: and milter:, or else the defaults.
 */
#pragma once

#include "cmd/tool.h"
#include "net/resolver.h"
#include "postern/dkim.h"
#include "postern/practices.h"
#include "verify/verification.h"

#define JUDGING_ACCEPTED_MAX 1000 /* as many as milter.accepted-signers may have */
#define JUDGING_RRTYPE       65280
#define JUDGING_JOBS_MAX     64

enum judging_option {
    JUDGING_CONFIG,
    JUDGING_DNS_FILE,
    JUDGING_RESOLVER,
    JUDGING_TRUST_ANCHOR,
    JUDGING_TIMEOUT,
    JUDGING_AT,
    JUDGING_RRTYPE_OPTION,
    JUDGING_PRACTICES,
    JUDGING_TESTING_KEYS,
    JUDGING_ACCEPT,
    JUDGING_PARTIAL_BODY,
    JUDGING_CLOCK_SKEW,
    JUDGING_USER_TESTING,
    JUDGING_PARENT_LABELS,
    JUDGING_JOBS,
    JUDGING_OPTIONS /* the commands' own begin here */
};

/* What getopt_long gives for an option, and bits of sets of them. */
#define OPTION(number) (0x100 + (int)(number))
#define BIT(number)    (UINT64_C(1) << (number))

/* clang-format off */
#define JUDGING_LONGS                                                              \
    { "config", required_argument, NULL, OPTION(JUDGING_CONFIG) },                 \
    { "dns-file", required_argument, NULL, OPTION(JUDGING_DNS_FILE) },             \
    { "resolver", required_argument, NULL, OPTION(JUDGING_RESOLVER) },             \
    { "trust-anchor", required_argument, NULL, OPTION(JUDGING_TRUST_ANCHOR) },     \
    { "timeout", required_argument, NULL, OPTION(JUDGING_TIMEOUT) },               \
    { "at", required_argument, NULL, OPTION(JUDGING_AT) },                         \
    { "rrtype", required_argument, NULL, OPTION(JUDGING_RRTYPE_OPTION) },          \
    { "practices", required_argument, NULL, OPTION(JUDGING_PRACTICES) },           \
    { "testing-keys", required_argument, NULL, OPTION(JUDGING_TESTING_KEYS) },     \
    { "accept", required_argument, NULL, OPTION(JUDGING_ACCEPT) },                 \
    { "partial-body", required_argument, NULL, OPTION(JUDGING_PARTIAL_BODY) },     \
    { "clock-skew", required_argument, NULL, OPTION(JUDGING_CLOCK_SKEW) },         \
    { "user-testing", required_argument, NULL, OPTION(JUDGING_USER_TESTING) },     \
    { "parent-labels", required_argument, NULL, OPTION(JUDGING_PARENT_LABELS) },   \
    { "jobs", required_argument, NULL, OPTION(JUDGING_JOBS) }
/* clang-format on */

#define JUDGING_DNS                                                        \
    (BIT(JUDGING_CONFIG) | BIT(JUDGING_DNS_FILE) | BIT(JUDGING_RESOLVER) | \
     BIT(JUDGING_TRUST_ANCHOR) | BIT(JUDGING_TIMEOUT))
#define JUDGING_SIGNATURES \
    (BIT(JUDGING_TESTING_KEYS) | BIT(JUDGING_PARTIAL_BODY) | BIT(JUDGING_CLOCK_SKEW))
#define JUDGING_READINGS \
    (BIT(JUDGING_RRTYPE_OPTION) | BIT(JUDGING_USER_TESTING) | BIT(JUDGING_PARENT_LABELS))

struct judging {    /* zero-initialised */
    uint64_t given; /* of BIT(enum judging_option) */
    const char *file;
    struct conf *conf; /* owned; NULL: no configuration */
    struct resolver_setup dns;
    int64_t timeout_us;
    int64_t at; /* seconds since 1970 */
    uint32_t rrtype;
    uint32_t jobs;
    enum postern_practices_kind kind;
    int ignore_testing_key;
    int partial_body, user_testing_letter;
    uint32_t skew_s, parent_labels;
    int64_t wait_us; /* of one message, in all */
    const char *accepted[JUDGING_ACCEPTED_MAX];
    size_t accepted_n;
};

/* One option as getopt_long gave it; false: another's, or its value is none. */
MUST_USE bool judging_take(struct judging *j, int option, const char *value);
/* Reads the configuration, if one was named, and fills in what was not given. Exit code. */
MUST_USE int judging_open(struct judging *j, const struct tool *t);
void judging_close(struct judging *j);

/* Of one thread: its loop, its resolver, its keys. */
struct judge {
    struct loop *loop;
    struct resolver *resolver;
    struct key_cache *keys;
    struct postern_practices_options practices;
    struct verification_setup setup; /* loop, resolver, keys, practices */
};
/* practices: whether they are checked, too. On false *why has a line. */
MUST_USE bool judge_open(struct judge *out, const struct judging *j, bool practices,
                         struct buf *why);
void judge_close(struct judge *judge);
/* One question, and the answer waited for. */
void judge_ask(struct judge *judge, const struct judging *j,
               const struct postern_dns_question *question,
               void (*on_answer)(void *owner, const struct postern_dns_response *), void *owner);
/* What is published for unsigned mail of originator: a check that is done, the caller's. NULL: no
 * memory. */
struct postern_practices *judge_look_up(struct judge *judge, const struct judging *j,
                                        const struct postern_originator *originator);
