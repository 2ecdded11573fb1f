/* SPDX-License-Identifier: ISC
 *
 * A configuration of the milter in literals, for the tests of its room.
 */
#pragma once

#include "milter/setup.h"

#define LIST(array)                                          \
    {                                                        \
        .at = (array), .n = sizeof(array) / sizeof(*(array)) \
    }

static const char *example_practices[] = { "ssp", "adsp", "dmarc" };
static const char *example_internal[] = { "127.0.0.0/8", "::1/128", "192.0.2.0/24" };
static const char *example_keep[] = { "198.51.100.7" };
static const char *example_daemons[] = { "ORIGINATING" };

static struct conf_sign example_sign[] = {
    { .domain = "example.com", .selector = "s1", .key = "k1" },
    { .domain = "example.com", .selector = "s2", .key = "k2" },
    { .domain = "wide.example", .selector = "w", .key = "k1", .subdomains = true },
    { .domain = "b.wide.example", .selector = "b", .key = "k1" },
    { .domain = "lists.example", .selector = "l", .key = "k1" },
};

static struct conf_list_manager example_lists[] = {
    { .pattern = "talk-bounces*@lists.example",
      .kind = CONF_LIST_RESENDING,
      .sender = "talk-owner@lists.example" },
    { .pattern = "copy-*@lists.example",
      .kind = CONF_LIST_VERBATIM,
      .sender = "copy@lists.example" },
    { .pattern = "digest-*@lists.example",
      .kind = CONF_LIST_DIGEST,
      .sender = "digest@lists.example" },
};

static inline struct conf_milter example_conf(void)
{
    return (struct conf_milter){
        .authserv_id = "mx.example.com",
        .verify = true,
        .practices = { .at = example_practices, .n = 1 },
        .practices_act = "ssp",
        .practices_rrtype = 65280,
        .parent_labels = 1,
        .internal = LIST(example_internal),
        .keep_results = LIST(example_keep),
        .clock_skew_us = 300 * (int64_t)1000000,
        .sign = example_sign,
        .sign_n = sizeof example_sign / sizeof *example_sign,
        .sign_for = CONF_SIGN_FOR_AUTHENTICATED | CONF_SIGN_FOR_INTERNAL,
        .sign_daemons = LIST(example_daemons),
        .lists = example_lists,
        .lists_n = sizeof example_lists / sizeof *example_lists,
        .limits = { .connections = 10, .header = 1024 * 1024, .message_wait_us = 10000000 },
        .timeouts = { .idle_us = 3600 * (int64_t)1000000, .drain_us = 30000000 },
    };
}
