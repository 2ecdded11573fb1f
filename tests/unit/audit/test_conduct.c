/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdio.h>

#include "audit/audit.h"

#define DISCOVER "\x35\1\1"
#define REQUEST  "\x35\1\3"
#define DECLINE  "\x35\1\4"
#define RELEASE  "\x35\1\7"
#define INFORM   "\x35\1\x08"
#define OFFER    "\x35\1\2"
#define ACK      "\x35\1\5"
#define OWN_ID   "\x3d\7\1\2\0\0\0\0\1"
#define LIST     "\x37\4\1\3\6\x0f"
#define ASKED    "\x32\4\xc0\0\2\7"
#define SERVER   "\x36\4\xc0\0\2\1"
#define END      "\xff"

static const uint8_t local[6] = { 2, 0, 0, 0, 0, 1 }, universal[6] = { 0, 0x11, 0x22, 0, 0, 1 };

struct said { /* one message */
    struct slice options;
    uint32_t ciaddr;
    uint32_t yiaddr; /* a server's when it is set */
    bool relayed, same_xid, other_source;
};

struct stage {
    struct audit *audit;
    struct audit_client client;
    uint32_t xid;
    uint8_t message[600], room[600];
    struct dhcp_packet packet;
    struct capture_message captured;
};

static void stage_open(struct stage *s, const uint8_t hardware[6])
{
    struct audit_options options;
    memset(s, 0, sizeof *s);
    audit_options_init(&options);
    s->audit = audit_new(&options);
    assert_non_null(s->audit);
    s->client.htype = 1;
    s->client.hlen = 6;
    memcpy(s->client.hardware, hardware, 6);
    s->xid = 0x1000;
}

static void stage_close(struct stage *s)
{
    audit_free(s->audit);
}

static void put32(uint8_t *at, uint32_t value)
{
    for (size_t i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void say(struct stage *s, const struct said *said)
{
    struct audit_message m = { .captured = &s->captured,
                               .packet = &s->packet,
                               .time_us = AUDIT_NO_TIME,
                               .sender = said->yiaddr ? AUDIT_FROM_SERVER : AUDIT_FROM_CLIENT };
    if (!said->same_xid && !said->yiaddr)
        s->xid += 77;
    memset(s->message, 0, sizeof s->message);
    s->message[0] = said->yiaddr ? 2 : 1;
    s->message[1] = 1;
    s->message[2] = 6;
    put32(s->message + 4, s->xid);
    put32(s->message + 12, said->ciaddr);
    put32(s->message + 16, said->yiaddr);
    put32(s->message + 24, said->relayed ? 0xc0000201 : 0);
    memcpy(s->message + 28, s->client.hardware, 6);
    put32(s->message + 236, DHCP_COOKIE);
    memcpy(s->message + 240, said->options.p, said->options.n);
    s->captured.frame++;
    s->captured.has_hardware = true;
    memcpy(s->captured.source_hardware, s->client.hardware, 6);
    s->captured.source_hardware[5] ^= said->other_source;
    dhcp_packet_parse((struct slice){ s->message, 240 + said->options.n }, s->room, &s->packet);
    assert_int_equal(audit_conduct_see(s->audit, &s->client, &m), 0);
}

struct rule_case {
    const char *name;
    size_t rule; /* A1 is 1 here, as in the texts */
    enum audit_conformance result;
    const uint8_t *hardware;
    struct said said[6];
};

#define SAID(text)                      \
    {                                   \
        .options = SLICE_INIT(text END) \
    }
#define SAID_FROM(ip, text)                             \
    {                                                   \
        .options = SLICE_INIT(text END), .ciaddr = (ip) \
    }
#define AGAIN(text)                                       \
    {                                                     \
        .options = SLICE_INIT(text END), .same_xid = true \
    }
#define RELAYED(text)                                    \
    {                                                    \
        .options = SLICE_INIT(text END), .relayed = true \
    }
#define ANSWER(text)                                          \
    {                                                         \
        .options = SLICE_INIT(text END), .yiaddr = 0xc0000207 \
    }

static const struct rule_case rule_cases[] = {
    /* clang-format off */
    { "A1: one message with an order of its own", 1, AUDIT_CANNOT_TELL, local, { SAID(DISCOVER "\x3c\1x" OWN_ID LIST "\x0c\1x") } },
    { "A1: ascending", 1, AUDIT_CONFORMS, local, { SAID(DISCOVER LIST OWN_ID), SAID(DISCOVER LIST OWN_ID) } },
    { "A1: only the message type", 1, AUDIT_CONFORMS, local, { SAID(DISCOVER) } },
    { "A1: 50 and 54 are not counted", 1, AUDIT_CONFORMS, local, { SAID(REQUEST SERVER ASKED LIST OWN_ID) } },
    { "A1: the same order of four in two exchanges", 1, AUDIT_VIOLATES, local,
      { SAID(DISCOVER OWN_ID "\x39\2\2\x40" "\x3c\1x" LIST), SAID(DISCOVER OWN_ID "\x39\2\2\x40" "\x3c\1x" LIST) } },
    { "A1: a retransmission is no second exchange", 1, AUDIT_CANNOT_TELL, local,
      { SAID(DISCOVER OWN_ID "\x39\2\2\x40" "\x3c\1x" LIST), AGAIN(DISCOVER OWN_ID "\x39\2\2\x40" "\x3c\1x" LIST) } },
    { "A1: another order", 1, AUDIT_CONFORMS, local,
      { SAID(DISCOVER OWN_ID "\x39\2\2\x40" "\x3c\1x" LIST), SAID(DISCOVER OWN_ID LIST "\x3c\1x" "\x39\2\2\x40") } },
    { "A1: two options in one order may be chance", 1, AUDIT_CANNOT_TELL, local, { SAID(DISCOVER OWN_ID LIST), SAID(DISCOVER OWN_ID LIST) } },
    { "A1: two options in one order six times are not", 1, AUDIT_VIOLATES, local,
      { SAID(DISCOVER OWN_ID LIST), SAID(DISCOVER OWN_ID LIST), SAID(DISCOVER OWN_ID LIST), SAID(DISCOVER OWN_ID LIST),
        SAID(DISCOVER OWN_ID LIST), SAID(DISCOVER OWN_ID LIST) } },
    { "A1: other options are not compared", 1, AUDIT_CANNOT_TELL, local,
      { SAID(DISCOVER OWN_ID "\x39\2\2\x40" "\x3c\1x" LIST), SAID(DISCOVER OWN_ID "\x39\2\2\x40" LIST) } },

    { "A2: the profile", 2, AUDIT_CONFORMS, local, { SAID(DISCOVER LIST OWN_ID) } },
    { "A2: a REQUEST with what A3 demands", 2, AUDIT_CONFORMS, local, { SAID(REQUEST SERVER ASKED LIST OWN_ID) } },
    { "A2: a host name", 2, AUDIT_VIOLATES, local, { SAID(DISCOVER "\x0c\1x" LIST) } },
    { "A2: a server identifier in a DISCOVER", 2, AUDIT_VIOLATES, local, { SAID(DISCOVER SERVER) } },
    { "A2: 82 is the relay agent's", 2, AUDIT_CONFORMS, local, { RELAYED(DISCOVER LIST "\x52\3\1\1x") } },
    { "A2: an INFORM is A5's", 2, AUDIT_CANNOT_TELL, local, { SAID(INFORM "\x0c\1x") } },

    { "A3: SELECTING with both", 3, AUDIT_CONFORMS, local, { SAID(REQUEST SERVER ASKED) } },
    { "A3: SELECTING without 50", 3, AUDIT_VIOLATES, local, { SAID(REQUEST SERVER) } },
    { "A3: SELECTING without 54, which the OFFER shows", 3, AUDIT_VIOLATES, local,
      { SAID(DISCOVER), ANSWER(OFFER SERVER), AGAIN(REQUEST ASKED) } },
    { "A3: INIT-REBOOT is A7's", 3, AUDIT_CONFORMS, local, { SAID(REQUEST ASKED) } },
    { "A3: RENEWING with neither", 3, AUDIT_CONFORMS, local, { SAID_FROM(0xc0000207, REQUEST LIST) } },
    { "A3: RENEWING with 50", 3, AUDIT_VIOLATES, local, { SAID_FROM(0xc0000207, REQUEST ASKED) } },
    { "A3: RENEWING with 54", 3, AUDIT_VIOLATES, local, { SAID_FROM(0xc0000207, REQUEST SERVER) } },
    { "A3: none of the four kinds", 3, AUDIT_CANNOT_TELL, local, { SAID(REQUEST) } },

    { "A4: DECLINE with both", 4, AUDIT_CONFORMS, local, { SAID(DECLINE SERVER ASKED) } },
    { "A4: DECLINE without 54", 4, AUDIT_VIOLATES, local, { SAID(DECLINE ASKED) } },
    { "A4: DECLINE without 50", 4, AUDIT_VIOLATES, local, { SAID(DECLINE SERVER) } },
    { "A4: RELEASE with 54", 4, AUDIT_CONFORMS, local, { SAID_FROM(0xc0000207, RELEASE SERVER) } },
    { "A4: RELEASE without 54", 4, AUDIT_VIOLATES, local, { SAID_FROM(0xc0000207, RELEASE OWN_ID) } },
    { "A4: says nothing of others", 4, AUDIT_CANNOT_TELL, local, { SAID(DISCOVER) } },

    { "A5: INFORM as the profile has it", 5, AUDIT_CONFORMS, local, { SAID_FROM(0xc0000207, INFORM LIST OWN_ID) } },
    { "A5: INFORM with a vendor class", 5, AUDIT_VIOLATES, local, { SAID_FROM(0xc0000207, INFORM "\x3c\1x") } },
    { "A5: INFORM with a requested address", 5, AUDIT_VIOLATES, local, { SAID(INFORM ASKED) } },

    { "A6: an address that it was given here", 6, AUDIT_CONFORMS, local,
      { SAID(REQUEST SERVER ASKED), ANSWER(ACK SERVER), SAID_FROM(0xc0000207, REQUEST) } },
    { "A6: an address that was never seen", 6, AUDIT_CANNOT_TELL, local, { SAID_FROM(0xc0000207, REQUEST) } },
    { "A6: one address of two was never seen", 6, AUDIT_CANNOT_TELL, local,
      { SAID(REQUEST SERVER ASKED), ANSWER(ACK SERVER), SAID_FROM(0xc0000207, REQUEST), SAID_FROM(0xc0000208, REQUEST) } },
    { "A6: says nothing without a client address", 6, AUDIT_CANNOT_TELL, local, { SAID(DISCOVER) } },

    { "A7: DISCOVER without 50", 7, AUDIT_CONFORMS, local, { SAID(DISCOVER) } },
    { "A7: DISCOVER with 50", 7, AUDIT_VIOLATES, local, { SAID(DISCOVER ASKED) } },
    { "A7: SELECTING needs it", 7, AUDIT_CANNOT_TELL, local, { SAID(REQUEST SERVER ASKED) } },
    { "A7: INIT-REBOOT", 7, AUDIT_VIOLATES, local, { SAID(REQUEST ASKED) } },
    { "A7: INIT-REBOOT on the same network with the same hardware address", 7, AUDIT_CONFORMS, local,
      { SAID(REQUEST SERVER ASKED), ANSWER(ACK SERVER), SAID(REQUEST ASKED) } },

    { "A8: the one in use, made up", 8, AUDIT_CONFORMS, local, { SAID(DISCOVER) } },
    { "A8: its maker's", 8, AUDIT_VIOLATES, universal, { SAID(DISCOVER) } },
    { "A8: its maker's, behind a relay agent", 8, AUDIT_VIOLATES, universal, { RELAYED(DISCOVER) } },
    { "A8: behind a relay agent the one in use is not seen", 8, AUDIT_CANNOT_TELL, local, { RELAYED(DISCOVER) } },
    { "A8: not the one in use", 8, AUDIT_VIOLATES, local, { { .options = SLICE_INIT(DISCOVER END), .other_source = true } } },
    { "A8: a frame that another forwarded", 8, AUDIT_CANNOT_TELL, local,
      { { .options = SLICE_INIT(DISCOVER END), .other_source = true, .relayed = true } } },

    { "A9: none", 9, AUDIT_CONFORMS, local, { SAID(DISCOVER) } },
    { "A9: 01 and its own hardware address", 9, AUDIT_CONFORMS, local, { SAID(DISCOVER OWN_ID) } },
    { "A9: 01 and another hardware address", 9, AUDIT_VIOLATES, local, { SAID(DISCOVER "\x3d\7\1\0\x11\x22\x33\x44\x55") } },
    { "A9: an opaque one cannot be judged", 9, AUDIT_CANNOT_TELL, local, { SAID(DISCOVER "\x3d\5\0abcd") } },
    { "A9: one that can and one that cannot", 9, AUDIT_CANNOT_TELL, local, { SAID(DISCOVER OWN_ID), SAID(DISCOVER "\x3d\5\0abcd") } },
    { "A9: a DUID-LL of the hardware address in use cannot be judged", 9, AUDIT_CANNOT_TELL, local,
      { SAID(DISCOVER "\x3d\x0f\xff\0\0\0\1\0\3\0\1\2\0\0\0\0\1") } },
    { "A9: a DUID-LL of another", 9, AUDIT_VIOLATES, local, { SAID(DISCOVER "\x3d\x0f\xff\0\0\0\1\0\3\0\1\0\x11\x22\x33\x44\x55") } },
    { "A9: a DUID-LLT, of its own address even", 9, AUDIT_VIOLATES, local,
      { SAID(DISCOVER "\x3d\x13\xff\0\0\0\1\0\1\0\1\1\2\3\4\2\0\0\0\0\1") } },
    { "A9: a DUID-EN", 9, AUDIT_VIOLATES, local, { SAID(DISCOVER "\x3d\x0f\xff\0\0\0\1\0\2\0\0\xab\x11\1\2\3\4") } },
    { "A9: a DUID-UUID", 9, AUDIT_VIOLATES, local, { SAID(DISCOVER "\x3d\x17\xff\0\0\0\1\0\4" "0123456789abcdef") } },
    { "A9: empty", 9, AUDIT_CANNOT_TELL, local, { SAID(DISCOVER "\x3d\0") } },

    { "A10: none", 10, AUDIT_CONFORMS, local, { SAID(DISCOVER) } },
    { "A10: ascending", 10, AUDIT_CONFORMS, local, { SAID(DISCOVER LIST) } },
    { "A10: an order of its own once", 10, AUDIT_CANNOT_TELL, local, { SAID(DISCOVER "\x37\4\1\6\3\x0f") } },
    { "A10: an order of its own twice", 10, AUDIT_VIOLATES, local, { SAID(DISCOVER "\x37\4\1\6\3\x0f"), SAID(DISCOVER "\x37\4\1\6\3\x0f") } },
    { "A10: shuffled", 10, AUDIT_CONFORMS, local, { SAID(DISCOVER "\x37\4\1\6\3\x0f"), SAID(DISCOVER "\x37\4\6\3\x0f\1") } },
    { "A10: sixteen codes are few", 10, AUDIT_CONFORMS, local, { SAID(DISCOVER "\x37\x10\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10") } },
    { "A10: seventeen are not", 10, AUDIT_VIOLATES, local, { SAID(DISCOVER "\x37\x11\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11") } },

    { "A11: none", 11, AUDIT_CONFORMS, local, { SAID(DISCOVER) } },
    { "A11: a name", 11, AUDIT_VIOLATES, local, { SAID(DISCOVER "\x0c\6laptop") } },
    { "A11: its own hardware address", 11, AUDIT_CONFORMS, local, { SAID(DISCOVER "\x0c\x0c" "020000000001") } },
    { "A11: hexadecimal that may be a hash", 11, AUDIT_CANNOT_TELL, local, { SAID(DISCOVER "\x0c\x0c" "0a1b2c3d4e5f") } },
    { "A11: too short for a hash", 11, AUDIT_VIOLATES, local, { SAID(DISCOVER "\x0c\4" "cafe") } },

    { "A12: none", 12, AUDIT_CONFORMS, local, { SAID(DISCOVER) } },
    { "A12: a name", 12, AUDIT_VIOLATES, local, { SAID(DISCOVER "\x51\x0a\0\0\0laptop.") } },
    { "A12: a name in wire form", 12, AUDIT_VIOLATES, local, { SAID(DISCOVER "\x51\x0b\4\0\0\6laptop\0") } },
    { "A12: the name of A11 in wire form", 12, AUDIT_CONFORMS, local, { SAID(DISCOVER "\x51\x11\4\0\0\x0c" "020000000001\0") } },
    { "A12: cut short", 12, AUDIT_VIOLATES, local, { SAID(DISCOVER "\x51\1\4") } },

    { "A13: none", 13, AUDIT_CONFORMS, local, { SAID(DISCOVER) } },
    { "A13: the architecture", 13, AUDIT_VIOLATES, local, { SAID(DISCOVER "\x5d\2\0\7") } },
    { "A13: the interface", 13, AUDIT_VIOLATES, local, { SAID(DISCOVER "\x5e\3\1\3\x10") } },
    { "A13: the UUID", 13, AUDIT_VIOLATES, local, { SAID(DISCOVER "\x61\x11\0" "0123456789abcdef") } },
    { "A13: the vendor class", 13, AUDIT_VIOLATES, local, { SAID(DISCOVER "\x3c\x09PXEClient") } },

    { "A14: none", 14, AUDIT_CONFORMS, local, { SAID(DISCOVER) } },
    { "A14: 43", 14, AUDIT_VIOLATES, local, { SAID(DISCOVER "\x2b\1x") } },
    { "A14: 60", 14, AUDIT_VIOLATES, local, { SAID(DISCOVER "\x3c\1x") } },
    { "A14: 77", 14, AUDIT_VIOLATES, local, { SAID(DISCOVER "\x4d\1x") } },
    { "A14: 124", 14, AUDIT_VIOLATES, local, { SAID(DISCOVER "\x7c\5\0\0\0\1\0") } },
    { "A14: 125", 14, AUDIT_VIOLATES, local, { SAID(DISCOVER "\x7d\5\0\0\0\1\0") } },

    { "A15: none", 15, AUDIT_CONFORMS, local, { SAID(DISCOVER) } },
    { "A15: 51", 15, AUDIT_VIOLATES, local, { SAID(DISCOVER "\x33\4\0\0\1\0") } },
    { "A15: 57", 15, AUDIT_VIOLATES, local, { SAID(DISCOVER "\x39\2\2\x40") } },
    { "A15: 80", 15, AUDIT_VIOLATES, local, { SAID(DISCOVER "\x50\0") } },
    { "A15: 116", 15, AUDIT_VIOLATES, local, { SAID(DISCOVER "\x74\1\1") } },
    { "A15: 145", 15, AUDIT_VIOLATES, local, { SAID(DISCOVER "\x91\1\1") } },
    { "A15: 161", 15, AUDIT_VIOLATES, local, { SAID(DISCOVER "\xa1\7https:/") } },
    { "A16: is never more than a note", 16, AUDIT_CANNOT_TELL, local, { SAID(DISCOVER) } },
    /* clang-format on */
};

static void test_each_rule_of_rfc_7844_section_3(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rule_cases); i++) {
        const struct rule_case *c = &rule_cases[i];
        struct stage s;
        struct audit_rule_result result;
        stage_open(&s, c->hardware);
        for (size_t k = 0; k < ARRAY_SIZE(c->said) && c->said[k].options.n; k++)
            say(&s, &c->said[k]);
        audit_conduct_result(&s.client, c->rule - 1, &result);
        if (result.result != c->result)
            fail_msg("%s: %s", c->name, audit_conformance_text(result.result));
        if ((result.evidence.n > 0) != (c->result == AUDIT_VIOLATES))
            fail_msg("%s: %u items of evidence", c->name, result.evidence.n);
        stage_close(&s);
    }
}

static void test_evidence_points_at_the_option_of_the_first_message(void **state)
{
    (void)state;
    static const struct said said = SAID(DISCOVER LIST "\x0c\6laptop");
    struct stage s;
    struct audit_rule_result result;
    stage_open(&s, local);
    say(&s, &said);
    say(&s, &said);
    audit_conduct_result(&s.client, 10, &result);
    assert_int_equal(result.violating, 2);
    assert_int_equal(result.evidence.n, 1);
    assert_int_equal(result.evidence.at[0].place.frame, 1);
    assert_int_equal(result.evidence.at[0].place.at, 240 + 3 + 6);
    assert_int_equal(result.evidence.at[0].place.n, 8);
    assert_string_equal(result.evidence.at[0].what, "a host name");
    stage_close(&s);
}

static void test_what_is_no_clients_message_is_not_judged(void **state)
{
    (void)state;
    static const struct said others[] = { SAID(OFFER), SAID("\x35\1\x0a"), SAID(""),
                                          ANSWER(ACK SERVER) };
    struct stage s;
    struct audit_rule_result result;
    struct buf text CLEANUP(buf_clear);
    buf_init(&text, 1000);
    stage_open(&s, local);
    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        say(&s, &others[i]);
    assert_null(s.client.conduct);
    assert_int_equal(audit_grade(&s.client), '-');
    audit_grade_text(&s.client, &text);
    expect_slice("text", buf_slice(&text), SLICE("-: sent nothing that can be judged"));
    audit_conduct_result(&s.client, 1, &result);
    assert_int_equal(result.result, AUDIT_CANNOT_TELL);
    assert_int_equal(result.evidence.n, 0);
    stage_close(&s);
}

static void test_without_memory_it_says_so(void **state)
{
    (void)state;
    struct stage s;
    struct audit_message m = { .captured = &s.captured,
                               .packet = &s.packet,
                               .sender = AUDIT_FROM_CLIENT };
    stage_open(&s, universal);
    s.packet.type = DHCP_DISCOVER;
    s.audit->memory.max = 0;
    assert_true(audit_conduct_see(s.audit, &s.client, &m) < 0);
    stage_close(&s);
}

/* Two clients of one device: b uses as its own an address that only a was given. */
static void test_a6_an_address_obtained_with_another_hardware_address(void **state)
{
    (void)state;
    static const struct said renews = SAID_FROM(0xc0000207, REQUEST LIST);
    struct stage s;
    struct audit_lease lease = { .address = 0xc0000207 };
    struct audit_stay stay = { .leases = &lease, .leases_n = 1 };
    struct audit_client a = { .stays = &stay };
    struct audit_client *both[] = { &a, &s.client };
    struct audit_link link = { .a = 0, .b = 1, .kinds = 1 << AUDIT_LINK_ADDRESS };
    struct audit_rule_result result;
    stage_open(&s, local);
    say(&s, &renews);
    struct audit judged = { .clients = both, .clients_n = 2, .links = &link, .links_n = 1 };
    arena_init(&judged.memory, 1 << 16);
    assert_int_equal(audit_conduct_judge(&judged), 0);
    audit_conduct_result(&s.client, 5, &result);
    assert_int_equal(result.result, AUDIT_CANNOT_TELL);
    link.kinds |= 1 << AUDIT_LINK_NAME;
    for (size_t again = 0; again < 2; again++) {
        assert_int_equal(audit_conduct_judge(&judged), 0);
        audit_conduct_result(&s.client, 5, &result);
        assert_int_equal(result.result, AUDIT_VIOLATES);
        assert_int_equal(result.violating, 1);
        assert_int_equal(result.evidence.n, 1);
        assert_int_equal(result.evidence.at[0].place.at, 12);
        assert_int_equal(judged.tallies[5].violating, 1);
        assert_ptr_equal(judged.tallies[5].client, &s.client);
    }
    assert_int_equal(audit_grade(&s.client), 'E');
    arena_clear(&judged.memory);
    stage_close(&s);
}

static void test_a11_a_name_in_hexadecimal_that_others_have_is_no_hash(void **state)
{
    (void)state;
    static const struct said named = SAID(DISCOVER "\x0c\x0c"
                                                   "0a1b2c3d4e5f");
    struct stage s;
    struct audit_value value = { .kind = ID_HOST_NAME, .clients = 2 };
    struct audit_trait trait = { .kind = ID_HOST_NAME, .value = &value, .client = &s.client };
    struct audit_client *one[] = { &s.client };
    struct audit_rule_result result;
    stage_open(&s, local);
    say(&s, &named);
    s.client.traits = &trait;
    struct audit judged = { .clients = one, .clients_n = 1 };
    arena_init(&judged.memory, 1 << 16);
    assert_int_equal(audit_conduct_judge(&judged), 0);
    audit_conduct_result(&s.client, 10, &result);
    assert_int_equal(result.result, AUDIT_VIOLATES);
    assert_int_equal(judged.tallies[10].violating, 1);
    assert_int_equal(judged.tallies[10].clients, 1);
    arena_clear(&judged.memory);
    stage_close(&s);
}

struct client_case {
    const char *name;
    const uint8_t *hardware;
    struct said said[3];
    char grade;
    const char *text;
};

#define WINDOWS_LIST "\x37\x0e\1\3\6\x0f\x1f\x21\x2b\x2c\x2e\x2f\x77\x79\xf9\xfc"
#define PROFILE_LIST "\x37\x0d\1\3\6\x0f\x1f\x21\x2b\x2c\x2e\x2f\x79\xf9\xfc"
#define MSFT         "\x3c\x08MSFT 5.0"
#define MAKERS_ID    "\x3d\7\1\0\x11\x22\0\0\1"
#define NAME         "\x0c\6laptop"

/* Facts §3.2: what their sources send. */
static const struct client_case clients[] = {
    /* clang-format off */
    { "systemd-networkd with Anonymize=yes and a random address", local,
      { SAID(DISCOVER OWN_ID PROFILE_LIST), SAID(DISCOVER OWN_ID PROFILE_LIST), AGAIN(REQUEST OWN_ID PROFILE_LIST SERVER ASKED) },
      'A', "A: follows the profile; its client-id is its hardware address" },
    { "systemd-networkd with Anonymize=yes alone", universal, { SAID(DISCOVER MAKERS_ID PROFILE_LIST) },
      'B', "B: follows the profile; its hardware address is its maker's; its client-id is its hardware address" },
    { "systemd-networkd", universal,
      { SAID(DISCOVER "\x3d\x13\xff\1\2\3\4\0\2\0\0\xab\x11" "12345678" "\x37\6\1\3\6\x0c\x0f\x1a" "\x39\2\2\x40" NAME) },
      'F', "F: sends its host name; its hardware address is its maker's; its client-id outlives its hardware address" },
    { "dhcpcd with anonymous and a random address", local,
      { SAID(DISCOVER "\x37\6\1\3\x1c\x21\x3a\x3b" OWN_ID), SAID(REQUEST SERVER ASKED "\x37\6\1\3\x1c\x21\x3a\x3b" OWN_ID) },
      'A', "A: follows the profile; its client-id is its hardware address" },
    { "dhcpcd as Debian has it, with its DUID-LLT", universal,
      { SAID(DISCOVER "\x37\x0e\1\x79\3\6\x0c\x0f\x1a\x1c\x21\x33\x36\x3a\x3b\x77" "\x39\2\5\xc0"
             "\x3d\x13\xff\1\2\3\4\0\1\0\1\1\2\3\4\0\x11\x22\0\0\1" "\x50\0" "\x91\1\1") },
      'F', "F: is told apart by its options; its hardware address is its maker's; its client-id outlives its hardware address" },
    { "dhclient", universal, { SAID(DISCOVER NAME "\x37\x0d\1\x1c\2\3\x0f\6\x77\x0c\x2c\x2f\x1a\x79\x2a") },
      'C', "C: sends its host name; its hardware address is its maker's; it has no client-id" },
    { "Android with a random address", local,
      { SAID(DISCOVER OWN_ID "\x39\2\5\xdc" "\x3c\x0f" "android-dhcp-14" "\x37\x0a\1\3\6\x0f\x1a\x1c\x33\x3a\x3b\x2b"),
        SAID(DISCOVER OWN_ID "\x39\2\5\xdc" "\x3c\x0f" "android-dhcp-14" "\x37\x0a\1\3\6\x0f\x1a\x1c\x33\x3a\x3b\x2b") },
      'C', "C: sends its vendor class; its client-id is its hardware address" },
    { "iOS with a private address", local,
      { SAID(DISCOVER "\x37\x09\1\x79\3\6\x0f\x6c\x72\x77\xfc" "\x39\2\5\xdc" OWN_ID "\x0c\6iPhone"),
        SAID(DISCOVER "\x37\x09\1\x79\3\6\x0f\x6c\x72\x77\xfc" "\x39\2\5\xdc" OWN_ID "\x0c\6iPhone") },
      'C', "C: sends its host name; its client-id is its hardware address" },
    { "iOS with a private address and no name", local,
      { SAID(DISCOVER "\x37\x09\1\x79\3\6\x0f\x6c\x72\x77\xfc" "\x39\2\5\xdc" OWN_ID),
        SAID(DISCOVER "\x37\x09\1\x79\3\6\x0f\x6c\x72\x77\xfc" "\x39\2\5\xdc" OWN_ID) },
      'B', "B: is told apart by its options; its client-id is its hardware address" },
    { "Windows 11", universal,
      { SAID(DISCOVER MAKERS_ID ASKED NAME MSFT WINDOWS_LIST), SAID(DISCOVER MAKERS_ID ASKED NAME MSFT WINDOWS_LIST),
        AGAIN(REQUEST MAKERS_ID ASKED SERVER NAME "\x51\x0a\0\0\0laptop." MSFT WINDOWS_LIST) },
      'D', "D: sends its host name, FQDN, vendor class and former address; its hardware address is its maker's; "
           "its client-id is its hardware address" },
    { "Windows 10 with random hardware addresses", local, { SAID(DISCOVER OWN_ID PROFILE_LIST) },
      'A', "A: follows the profile; its client-id is its hardware address" },
    { "udhcpc in a socket with its maker's name", universal,
      { SAID(DISCOVER "\x39\2\2\x40" "\x37\7\1\3\6\x0c\x0f\x1c\x2a" "\x3c\x0budhcp 1.2.3" MAKERS_ID "\x0c\7HS110EU") },
      'C', "C: sends its host name and vendor class; its hardware address is its maker's; its client-id is its hardware address" },
    { "PXE firmware", universal,
      { SAID(DISCOVER "\x5d\2\0\7" "\x5e\3\1\3\x10" "\x61\x11\0" "0123456789abcdef" "\x3c\x09PXEClient") },
      'F', "F: sends its vendor class, machine's UUID and architecture; its hardware address is its maker's; it has no client-id" },
    { "PXE firmware without a UUID", local, { SAID(DISCOVER "\x5d\2\0\7") },
      'E', "E: sends its architecture; it has no client-id" },
    { "an opaque client-id", local, { SAID(DISCOVER "\x3d\5\0abcd" LIST) },
      'A', "A: follows the profile; its client-id cannot be judged" },
    /* clang-format on */
};

static void test_grades_of_real_clients(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(clients); i++) {
        const struct client_case *c = &clients[i];
        struct stage s;
        struct buf text CLEANUP(buf_clear);
        buf_init(&text, 1000);
        stage_open(&s, c->hardware);
        for (size_t k = 0; k < ARRAY_SIZE(c->said) && c->said[k].options.n; k++)
            say(&s, &c->said[k]);
        audit_grade_text(&s.client, &text);
        expect_slice(c->name, buf_slice(&text), slice_of_str(c->text));
        if (audit_grade(&s.client) != c->grade)
            fail_msg("%s: %c", c->name, audit_grade(&s.client));
        stage_close(&s);
    }
}

static void test_every_rule_has_its_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < AUDIT_RULES; i++) {
        char id[8];
        (void)snprintf(id, sizeof id, "A%zu", i + 1); /* always fits */
        assert_string_equal(audit_rule(i)->id, id);
        assert_non_null(strstr(audit_rule(i)->where, "RFC 78"));
        assert_non_null(audit_level_text(audit_rule(i)->level));
    }
    assert_null(audit_rule(AUDIT_RULES));
    assert_string_equal(audit_conformance_text(AUDIT_CANNOT_TELL), "cannot tell");
    assert_string_equal(audit_conformance_text(AUDIT_CONFORMS), "conforms");
    assert_string_equal(audit_conformance_text(AUDIT_VIOLATES), "violates");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_rule_of_rfc_7844_section_3),
        cmocka_unit_test(test_evidence_points_at_the_option_of_the_first_message),
        cmocka_unit_test(test_what_is_no_clients_message_is_not_judged),
        cmocka_unit_test(test_without_memory_it_says_so),
        cmocka_unit_test(test_a6_an_address_obtained_with_another_hardware_address),
        cmocka_unit_test(test_a11_a_name_in_hexadecimal_that_others_have_is_no_hash),
        cmocka_unit_test(test_grades_of_real_clients),
        cmocka_unit_test(test_every_rule_has_its_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
