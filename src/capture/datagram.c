/* SPDX-License-Identifier: ISC */
#include "capture/datagram.h"

enum { HEADER = 8 };

static uint16_t be16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

bool capture_datagram_ports(struct slice ip_payload, uint16_t *out_source,
                            uint16_t *out_destination)
{
    if (ip_payload.n < 4)
        return false;
    *out_source = be16(ip_payload.p);
    *out_destination = be16(ip_payload.p + 2);
    return true;
}

void capture_message_fault(struct capture_message *message, const char *what, size_t at)
{
    if (message->faults_n < CAPTURE_FAULTS_MAX)
        message->faults[message->faults_n++] = (struct fault){ .at = at, .what = what };
}

/* A length that is too small says nothing about where the message ends: all that is there is given. One that
 * is smaller than the IP payload is obeyed, as every receiver does. */
void capture_datagram_read(const struct capture_packet *packet, struct capture_message *out)
{
    struct slice ip_payload = packet->payload;
    size_t whole = ip_payload.n + packet->missing;
    size_t length = ip_payload.n >= 6 ? be16(ip_payload.p + 4) : whole;
    size_t end = length < HEADER || length > whole ? whole : length;
    out->payload = slice_from(slice_first(ip_payload, end), HEADER);
    if (out->payload.n == 0)
        out->payload = (struct slice){ ip_payload.p, 0 };
    if (packet->length_wrong)
        capture_message_fault(out, "IP length does not fit", out->payload.n);
    if (length < HEADER || length > whole)
        capture_message_fault(out, "UDP length does not fit", length < HEADER ? 0 : out->payload.n);
    if (packet->cut)
        capture_message_fault(out, "frame cut by the snap length", out->payload.n);
}
