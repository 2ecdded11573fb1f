/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "audit/packet_option.h"
#include "audit/packet_print.h"
#include "dhcp/name.h"

const char *audit_packet_type(const struct dhcp_packet *packet, char out[4])
{
    const struct dhcp_option *option = dhcp_packet_option(packet, DHCP_O_TYPE);
    if (!packet->cookie || !option || !option->value.n)
        return "BOOTP";
    uint8_t type = option->value.p[0];
    const char *name =
        type ? dhcp_type_name(type) : NULL; /* 0 is ours for BOOTP, nobody's on the wire */
    if (name)
        return name;
    (void)snprintf(out, 4, "%u", (unsigned)type);
    return out;
}

static void insert(struct fault *list, size_t n, struct fault one)
{
    for (; n && list[n - 1].at > one.at; n--)
        list[n] = list[n - 1];
    list[n] = one;
}

size_t audit_packet_faults(const struct capture_message *captured, const struct dhcp_packet *packet,
                           struct fault out[AUDIT_PACKET_FAULTS_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < packet->flaws_n && i < DHCP_FLAWS_MAX; i++, n++)
        insert(out, n, packet->flaws[i]);
    for (size_t i = 0; i < captured->faults_n && i < CAPTURE_FAULTS_MAX; i++, n++)
        insert(out, n, captured->faults[i]);
    return n;
}

static void put_address(struct audit_json *j, const char *key, uint32_t address)
{
    char text[16];
    audit_json_key(j, key);
    audit_json_str(j, dhcp_address_text(address, text));
}

static void put_number(struct audit_json *j, const char *key, uint64_t number)
{
    audit_json_key(j, key);
    audit_json_uint(j, number);
}

static void put_hex_number(struct audit_json *j, const char *key, int digits, uint32_t number)
{
    char text[16];
    (void)snprintf(text, sizeof text, "0x%0*x", digits, (unsigned)number);
    audit_json_key(j, key);
    audit_json_str(j, text);
}

static void put_where(struct audit_json *j, const char *file,
                      const struct capture_message *captured)
{
    audit_json_key(j, "file");
    audit_json_str(j, file);
    put_number(j, "frame", captured->frame);
    audit_json_key(j, "time");
    if (captured->time_ns == CAPTURE_NO_TIME)
        audit_json_null(j);
    else
        audit_json_seconds(j, captured->time_ns);
    put_address(j, "src", captured->source);
    put_address(j, "dst", captured->destination);
}

static void put_chaddr(struct audit_json *j, struct slice chaddr)
{
    struct buf text;
    buf_init(&text, 64);
    dhcp_colon_text(&text, chaddr);
    audit_json_key(j, "chaddr");
    audit_json_text(j, buf_slice(&text));
    buf_clear(&text);
}

static void put_fixed(struct audit_json *j, const struct dhcp_packet *packet)
{
    put_number(j, "op", packet->op);
    put_number(j, "htype", packet->htype);
    put_number(j, "hlen", packet->hlen);
    put_number(j, "hops", packet->hops);
    put_hex_number(j, "xid", 8, packet->xid);
    put_number(j, "secs", packet->secs);
    put_hex_number(j, "flags", 4, packet->flags);
    put_address(j, "ciaddr", packet->ciaddr);
    put_address(j, "yiaddr", packet->yiaddr);
    put_address(j, "siaddr", packet->siaddr);
    put_address(j, "giaddr", packet->giaddr);
    put_chaddr(j, packet->chaddr);
}

static void put_options(struct audit_json *j, const struct dhcp_packet *packet)
{
    audit_json_key(j, "options");
    audit_json_array(j);
    for (size_t i = 0; i < packet->options_n; i++) {
        const struct dhcp_option *option = &packet->options[i];
        audit_json_object(j);
        put_number(j, "code", option->code);
        audit_json_key(j, "name");
        audit_json_str(j, dhcp_option_name(option->code));
        audit_json_key(j, "hex");
        audit_json_hex(j, option->value);
        audit_option_json(j, option->code, option->value);
        audit_json_end(j);
    }
    audit_json_end(j);
}

static void put_faults(struct audit_json *j, const struct capture_message *captured,
                       const struct dhcp_packet *packet)
{
    struct fault faults[AUDIT_PACKET_FAULTS_MAX];
    size_t n = audit_packet_faults(captured, packet, faults);
    audit_json_key(j, "malformed");
    audit_json_array(j);
    for (size_t i = 0; i < n; i++) {
        audit_json_object(j);
        put_number(j, "offset", faults[i].at);
        audit_json_key(j, "what");
        audit_json_str(j, faults[i].what);
        audit_json_end(j);
    }
    audit_json_end(j);
}

void audit_packet_json(struct buf *out, const char *file, const struct capture_message *captured,
                       const struct dhcp_packet *packet)
{
    struct audit_json j;
    char type[4];
    audit_json_init(&j, out, false);
    audit_json_object(&j);
    put_where(&j, file, captured);
    put_fixed(&j, packet);
    audit_json_key(&j, "type");
    audit_json_str(&j, audit_packet_type(packet, type));
    put_options(&j, packet);
    put_faults(&j, captured, packet);
    audit_json_end(&j);
    buf_append_byte(out, '\n');
}
