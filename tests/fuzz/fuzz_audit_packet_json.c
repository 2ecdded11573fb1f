/* SPDX-License-Identifier: ISC
 *
 * Any octets are a message, and each message is one line of JSON that a reader can take, and lines of text that a
 * terminal can bear.
 */
#include "property.h"

#include "audit/packet_print.h"

static struct dhcp_packet packet;
static uint8_t room[65536];

/* Strings closed, brackets in pairs, nothing but printable UTF-8. */
static void check_json(struct slice s)
{
    char open[AUDIT_JSON_DEPTH];
    size_t depth = 0;
    bool string = false;
    must(slice_is_utf8(s) && s.n && s.p[s.n - 1] == '\n');
    for (size_t i = 0; i + 1 < s.n; i++) {
        char c = (char)s.p[i];
        must(s.p[i] >= 0x20 && s.p[i] != 0x7f);
        if (string && c == '\\') {
            i++;
        } else if (c == '"') {
            string = !string;
        } else if (!string && (c == '{' || c == '[')) {
            must(depth < sizeof open);
            open[depth++] = c == '{' ? '}' : ']';
        } else if (!string && (c == '}' || c == ']')) {
            must(depth && open[--depth] == c);
        }
    }
    must(!string && !depth);
}

static void check_text(struct slice s)
{
    must(slice_is_utf8(s));
    for (size_t i = 0; i < s.n; i++)
        must(s.p[i] == '\n' || (s.p[i] >= 0x20 && s.p[i] != 0x7f));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    uint8_t how = choice(&in);
    struct capture_message captured = { .frame = 1, .kind = how & 1 ? CAPTURE_TCP : CAPTURE_UDP };
    struct buf out;
    if (in.n > UINT16_MAX)
        return 0;
    captured.time_ns = how & 2 ? CAPTURE_NO_TIME : INT64_C(-1234567890123);
    buf_init(&out, AUDIT_PACKET_LINE_MAX);
    dhcp_packet_parse(in, room, &packet);
    audit_packet_json(&out, "file", &captured, &packet);
    must(!out.failed);
    check_json(buf_slice(&out));
    buf_clear(&out);
    audit_packet_text(&out, "file", &captured, &packet);
    must(!out.failed);
    check_text(buf_slice(&out));
    buf_clear(&out);
    return 0;
}
