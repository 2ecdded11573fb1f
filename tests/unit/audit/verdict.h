/* SPDX-License-Identifier: ISC
 *
 * A client's life in a line, and what the audit comes to. check.h before.
 */
#pragma once

#include "audit/attack.h"
#include "base/buf.h"

#include "saying.h"

/* 3c:07:54:00:00:WHO is Apple's, 02:07:54:00:00:WHO is locally administered. */
struct life {
    const char *name; /* for a failure to say */
    uint8_t who;
    bool universal;
    uint32_t xid, address;
    struct slice discover, client,
        server; /* options as on the wire: of DISCOVER, of both questions, of both answers */
};

static inline void put_options(struct saying *s, struct slice options)
{
    if (options.n)
        memcpy(s->octets + s->n, options.p, options.n);
    s->n += options.n;
}

static inline struct saying of(const struct life *life, struct saying s)
{
    if (!life->universal)
        s.octets[28] = 0x02;
    return s;
}

/* A question with the client's options. */
static inline struct saying asks(const struct life *life, uint8_t type)
{
    struct saying s = of(life, ask(type, life->who, life->xid));
    put_options(&s, life->client);
    return s;
}

static inline struct saying gives(const struct life *life, uint8_t type)
{
    struct saying s = of(life, give(type, life->who, life->xid, life->address));
    put_options(&s, life->server);
    return s;
}

/* DISCOVER to ACK. */
static inline void live(struct audit *audit, uint32_t file, struct life life)
{
    struct saying discover = asks(&life, DHCP_DISCOVER), request = asks(&life, DHCP_REQUEST);
    put_options(&discover, life.discover);
    option32(&request, DHCP_O_REQUESTED_ADDRESS, life.address);
    option32(&request, DHCP_O_SERVER_ID, (life.address & 0xffffff00) | 1);
    see(audit, file, discover);
    see(audit, file, gives(&life, DHCP_OFFER));
    see(audit, file, request);
    see(audit, file, gives(&life, DHCP_ACK));
}

static inline struct audit_client *life_of(const struct audit *audit, struct life life)
{
    const uint8_t hardware[6] = { life.universal ? 0x3c : 0x02, 0x07, 0x54, 0, 0, life.who };
    struct audit_client *client = audit_client_find(audit, 1, (struct slice){ hardware, 6 });
    assert_non_null(client);
    return client;
}

/* `what: value (other)` of all evidence, a line each. */
static inline void write_evidence(const struct audit_attack *attack, struct buf *out)
{
    for (size_t i = 0; i < attack->evidence.n; i++) {
        const struct audit_evidence *e = &attack->evidence.at[i];
        buf_printf(out, "%s: %.*s (%.*s)\n", e->what, SLICE_ARG(e->value.text),
                   SLICE_ARG(e->other.text));
    }
    buf_append_byte(out, 0);
}

/* The verdict, and that the evidence has this text ("": any). An exposed one is proved by octets of a frame. */
static inline void expect(const struct audit *audit, struct life life, enum audit_attack_id id,
                          enum audit_verdict verdict, const char *text)
{
    const struct audit_attack *attack = &life_of(audit, life)->attacks[id];
    struct buf all;
    buf_init(&all, 1 << 20);
    write_evidence(attack, &all);
    const char *said = (const char *)buf_slice(&all).p;
    if (attack->verdict != verdict)
        fail_msg("%s: %s is %s, not %s: %s", life.name ? life.name : "", audit_attack_section(id),
                 audit_verdict_text(attack->verdict), audit_verdict_text(verdict), said);
    if (!strstr(said, text))
        fail_msg("%s: %s does not say %s: %s", life.name ? life.name : "", audit_attack_section(id),
                 text, said);
    if (verdict == AUDIT_EXPOSED)
        assert_true(attack->evidence.n > 0);
    if (verdict == AUDIT_NOT_SEEN)
        assert_int_equal(attack->evidence.n, 0);
    for (size_t i = 0; i < attack->evidence.n && verdict == AUDIT_EXPOSED; i++) {
        assert_true(attack->evidence.at[i].place.frame > 0);
        assert_true(attack->evidence.at[i].place.n > 0);
    }
    buf_clear(&all);
}

static inline void finish(struct audit *audit)
{
    assert_int_equal(audit_finish(audit), 0);
}

/* One client, one network, one exchange: its verdict. */
static inline void expect_of_one(struct life life, enum audit_attack_id id,
                                 enum audit_verdict verdict, const char *text)
{
    struct audit *audit = new_audit(0);
    live(audit, add_file(audit, "a.pcap", "office"), life);
    finish(audit);
    expect(audit, life, id, verdict, text);
    audit_free(audit);
}

#define LIFE(...)     ((struct life){ .who = 1, .xid = 7, .address = 0xc0000232, __VA_ARGS__ })
#define OPTIONS(text) SLICE_INIT(text)
