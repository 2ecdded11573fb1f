/* SPDX-License-Identifier: ISC
 *
 * milter/wire: the packets of the milter protocol, versions 2 to 6 (no RFC: Sendmail's mfdef.h).
 *
 * A packet is a length (4 octets, of what follows), a letter, and a payload of numbers and of strings
 * that end with NUL. Pure: results point into the input. Lengths are on the wire, so that a NUL inside
 * the last string of a packet is seen, where readers of C strings stop.
 */
#pragma once

#include "base/buf.h"

#define WIRE_LENGTH 4

enum wire_command { /* of the MTA */
                    WIRE_ABORT = 'A',
                    WIRE_BODY = 'B',
                    WIRE_CONNECT = 'C',
                    WIRE_MACROS = 'D',
                    WIRE_END = 'E',
                    WIRE_HELO = 'H',
                    WIRE_QUIT_NEXT = 'K', /* the client is gone; another may follow */
                    WIRE_HEADER = 'L',
                    WIRE_MAIL = 'M',
                    WIRE_HEADER_END = 'N',
                    WIRE_NEGOTIATE = 'O',
                    WIRE_QUIT = 'Q',
                    WIRE_RCPT = 'R',
                    WIRE_DATA = 'T',
                    WIRE_UNKNOWN = 'U',
};

enum wire_reply { /* those without a payload */
                  WIRE_REPLY_ACCEPT = 'a',
                  WIRE_REPLY_CONTINUE = 'c',
                  WIRE_REPLY_PROGRESS = 'p',
                  WIRE_REPLY_REJECT = 'r',
                  WIRE_REPLY_TEMPFAIL = 't',
};

enum wire_action { /* what a filter may do */
                   WIRE_ADD_HEADERS = 1 << 0,
                   WIRE_CHANGE_HEADERS = 1 << 4,
                   WIRE_QUARANTINE = 1 << 5,
                   WIRE_SET_SYMBOLS = 1 << 8,
};

enum wire_step { /* what the MTA leaves out, and what it need not wait for */
                 WIRE_NO_HELO = 1 << 1,
                 WIRE_NO_RCPT = 1 << 3,
                 WIRE_NO_REPLY_HEADER = 1 << 7,
                 WIRE_NO_UNKNOWN = 1 << 8,
                 WIRE_NO_DATA = 1 << 9,
                 WIRE_NO_REPLY_CONNECT = 1 << 12,
                 WIRE_NO_REPLY_HELO = 1 << 13,
                 WIRE_NO_REPLY_MAIL = 1 << 14,
                 WIRE_NO_REPLY_RCPT = 1 << 15,
                 WIRE_NO_REPLY_DATA = 1 << 16,
                 WIRE_NO_REPLY_UNKNOWN = 1 << 17,
                 WIRE_NO_REPLY_HEADER_END = 1 << 18,
                 WIRE_NO_REPLY_BODY = 1 << 19,
                 WIRE_LEADING_SPACE = 1 << 20, /* values begin right behind the colon */
};

enum wire_stage { /* of symbol lists */
                  WIRE_STAGE_CONNECT = 0,
                  WIRE_STAGE_MAIL = 2,
                  WIRE_STAGE_END = 5,
                  WIRE_STAGE_HEADER_END = 6,
};

/* ---- from the MTA ---- */

struct wire_packet {
    uint8_t command; /* also one that nobody knows */
    struct slice payload;
};

enum wire_framing {
    WIRE_WHOLE,
    WIRE_PARTIAL, /* more must come; WIRE_LENGTH + 1 octets tell the size and the command */
    WIRE_TOO_BIG, /* out->command holds, out->payload.n is its size, p is NULL */
    WIRE_EMPTY,   /* a length of 0: no protocol of ours */
};

/* max: of a payload. WHOLE: *used is the size of the packet in bytes. */
enum wire_framing wire_packet_parse(struct slice bytes, size_t max, struct wire_packet *out,
                                    size_t *used);

struct wire_negotiation {
    uint32_t version, actions, steps;
};
/* What follows the three numbers is left alone. */
MUST_USE bool wire_negotiation_parse(struct slice payload, struct wire_negotiation *out,
                                     struct fault *why);

struct wire_connect {
    struct slice host;
    uint8_t family; /* '4', '6', 'L' or 'U' */
    uint16_t port;
    struct slice address; /* of 'U': empty */
};
MUST_USE bool wire_connect_parse(struct slice payload, struct wire_connect *out, struct fault *why);

struct wire_header {
    struct slice name, value; /* a NUL inside the value is kept */
};
MUST_USE bool wire_header_parse(struct slice payload, struct wire_header *out, struct fault *why);

/* The next string of a payload, without its NUL; one that is cut short is none. */
MUST_USE bool wire_string_next(struct slice *rest, struct slice *out);

/* ---- to the MTA ---- */

/* symbols: of wire_symbols_append, or empty. */
void wire_write_negotiation(struct buf *out, const struct wire_negotiation *agreed,
                            struct slice symbols);
void wire_symbols_append(struct buf *symbols, enum wire_stage stage, const char *names);
void wire_write_reply(struct buf *out, enum wire_reply reply);
/* "550 5.7.1 text": no CR, LF or NUL. */
void wire_write_code(struct buf *out, struct slice text);
void wire_write_quarantine(struct buf *out, struct slice reason);
/* Values: what behind the colon is to stand; CRs are left out, and a NUL ends it. */
void wire_write_insert(struct buf *out, uint32_t at, const char *name, struct slice value);
/* The index-th field of that name, from 1. An empty value deletes it. */
void wire_write_change(struct buf *out, uint32_t index, const char *name, struct slice value);
