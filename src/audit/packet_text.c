/* SPDX-License-Identifier: ISC */
#include "audit/packet_print.h"
#include "base/clock.h"
#include "dhcp/name.h"
#include "dhcp/text.h"

#define NS_PER_US 1000

static void put_end(struct buf *out, uint32_t address, uint16_t port)
{
    char text[16];
    buf_printf(out, "%s:%u", dhcp_address_text(address, text), (unsigned)port);
}

static void put_head(struct buf *out, const char *file, const struct capture_message *captured,
                     const struct dhcp_packet *packet)
{
    char type[4];
    dhcp_octets_text(out, slice_of_str(file));
    buf_printf(out, ":%llu: ", (unsigned long long)captured->frame);
    if (captured->time_ns != CAPTURE_NO_TIME) {
        clock_write_rfc3339(out, captured->time_ns / NS_PER_US);
        buf_append_byte(out, ' ');
    }
    put_end(out, captured->source, captured->source_port);
    buf_append_str(out, " > ");
    put_end(out, captured->destination, captured->destination_port);
    buf_printf(out, "%s %s\n", captured->kind == CAPTURE_TCP ? " TCP" : "",
               audit_packet_type(packet, type));
}

static void put_hardware(struct buf *out, const struct dhcp_packet *packet)
{
    const char *name = dhcp_hardware_name(packet->htype);
    if (!packet->hlen && !packet->htype)
        return;
    buf_append_str(out, " chaddr ");
    dhcp_colon_text(out, packet->chaddr);
    if (name)
        buf_printf(out, " (%s)", name);
    else
        buf_printf(out, " (hardware type %u)", (unsigned)packet->htype);
}

static void put_address(struct buf *out, const char *name, uint32_t address)
{
    char text[16];
    if (address)
        buf_printf(out, " %s %s", name, dhcp_address_text(address, text));
}

static void put_number(struct buf *out, const char *name, unsigned number)
{
    if (number)
        buf_printf(out, " %s %u", name, number);
}

static const char *op_text(uint8_t op)
{
    return op == DHCP_BOOTREQUEST ? "request" : op == DHCP_BOOTREPLY ? "reply" : "unknown op";
}

static void put_fixed(struct buf *out, const struct dhcp_packet *packet)
{
    buf_printf(out, "  %s xid 0x%08x", op_text(packet->op), (unsigned)packet->xid);
    put_hardware(out, packet);
    put_address(out, "ciaddr", packet->ciaddr);
    put_address(out, "yiaddr", packet->yiaddr);
    put_address(out, "siaddr", packet->siaddr);
    put_address(out, "giaddr", packet->giaddr);
    put_number(out, "hops", packet->hops);
    put_number(out, "secs", packet->secs);
    if (packet->flags == DHCP_BROADCAST)
        buf_append_str(out, " broadcast");
    else if (packet->flags)
        buf_printf(out, " flags 0x%04x", (unsigned)packet->flags);
    buf_append_byte(out, '\n');
}

/* The text of a field that ends at its first NUL; nothing for an empty or an overloaded one. */
static void put_field(struct buf *out, const char *name, struct slice field)
{
    struct slice text, rest;
    (void)slice_cut(field, 0, &text, &rest);
    if (!text.n)
        return;
    buf_printf(out, "  %s ", name);
    dhcp_octets_text(out, text);
    buf_append_byte(out, '\n');
}

static void put_option(struct buf *out, const struct dhcp_option *option)
{
    buf_printf(out, "  %3u %-28s ", (unsigned)option->code, dhcp_option_name(option->code));
    dhcp_option_text(out, option->code, option->value);
    if (option->area != DHCP_IN_OPTIONS)
        buf_printf(out, " (in %s)", option->area == DHCP_IN_FILE ? "file" : "sname");
    buf_append_byte(out, '\n');
}

void audit_packet_text(struct buf *out, const char *file, const struct capture_message *captured,
                       const struct dhcp_packet *packet)
{
    struct fault faults[AUDIT_PACKET_FAULTS_MAX];
    put_head(out, file, captured, packet);
    put_fixed(out, packet);
    if (!(packet->overload & 2))
        put_field(out, "sname", packet->sname);
    if (!(packet->overload & 1))
        put_field(out, "file", packet->file);
    for (size_t i = 0; i < packet->options_n; i++)
        put_option(out, &packet->options[i]);
    size_t n = audit_packet_faults(captured, packet, faults);
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "  malformed: %s at %zu\n", faults[i].what, faults[i].at);
}

void audit_packet_text_loss(struct buf *out, const char *file,
                            const struct capture_message *captured)
{
    dhcp_octets_text(out, slice_of_str(file));
    buf_printf(out, ":%llu: lost: %s\n", (unsigned long long)captured->frame, captured->what);
}
