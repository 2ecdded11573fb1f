/* SPDX-License-Identifier: ISC
 *
 * message/scan: the header of a message while it streams by (RFC 5322 §2.2). Pure.
 *
 * Nothing is held back: the scanner looks on, counts what it was asked to, and keeps a copy of the
 * From fields, bounded. It ends at the first empty line.
 */
#pragma once

#include "base/buf.h"

#define MESSAGE_FROM_MAX ((size_t)64 * 1024) /* bytes kept of all From fields together */
#define MESSAGE_NAME_MAX 77                  /* of a field name looked at */

struct message_scan {
    struct buf from;      /* values of From fields, unfolding not done, one after the other, each
                           * with its CRLF; `failed`: more than MESSAGE_FROM_MAX, none kept */
    unsigned from_fields; /* how many From fields; above 1 the message breaks RFC 5322 §3.6 */
    unsigned received;    /* how many Received fields */
    bool date, message_id, sender;
    bool malformed; /* a line that is neither a field, a continuation nor empty, or a bare CR or LF
                     * in one (BODY=BINARYMIME can bring it) */
    bool ended;     /* the empty line was seen */
    /* the scanner's own */
    char name[MESSAGE_NAME_MAX + 1];
    size_t name_n;
    uint8_t state;
    bool cr; /* the last byte was CR */
};

void message_scan_init(struct message_scan *scan);
void message_scan_clear(struct message_scan *scan);
/* content: the next bytes, CRLF line ends. Returns bytes that belong to the header; fewer than n
 * when it ended within (the empty line is counted). After the end it returns 0. */
size_t message_scan(struct message_scan *scan, struct slice content);
