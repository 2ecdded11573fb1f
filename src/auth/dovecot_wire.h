/* SPDX-License-Identifier: ISC
 *
 * auth/dovecot_wire: the lines of Dovecot's auth-client protocol, version 1 (its "Authentication
 * Protocol" design page). Pure: no I/O, no clock; results point into the line.
 *
 * A line is a command and parameters between tabs; in a value %x01 escapes: "t" tab, "n" line feed,
 * "r" carriage return, "0" NUL, anything else itself.
 */
#pragma once

#include "base/buf.h"
#include "net/address.h"

#define DOVECOT_LINE_MAX 16384 /* AUTH_CLIENT_MAX_LINE_LENGTH, with its line feed */

enum dovecot_command {
    DOVECOT_VERSION,
    DOVECOT_MECH,
    DOVECOT_SPID,
    DOVECOT_CUID,
    DOVECOT_COOKIE,
    DOVECOT_DONE,
    DOVECOT_OK,
    DOVECOT_CONT,
    DOVECOT_FAIL,
    DOVECOT_OTHER, /* to be ignored */
};

enum dovecot_failure { /* FAIL's flag of old servers, or its code= */
                       DOVECOT_WRONG,
                       DOVECOT_TEMPORARY,
                       DOVECOT_NOT_AUTHORIZED,
                       DOVECOT_DISABLED,
                       DOVECOT_EXPIRED,
                       DOVECOT_BASE64,
};

struct dovecot_line {
    enum dovecot_command command;
    uint32_t major;                    /* VERSION */
    uint32_t id;                       /* OK, CONT, FAIL */
    struct slice mechanism;            /* MECH */
    bool anonymous, private;           /* MECH's flags */
    struct slice user;                 /* OK, FAIL: still escaped; empty when it is not there */
    bool proxy, nologin, is_anonymous; /* OK */
    struct slice challenge;            /* CONT: base64 */
    enum dovecot_failure failure;
};

/* line: without its line feed. On false *why says what and where, and *out is untouched. */
MUST_USE bool dovecot_line_parse(struct slice line, struct dovecot_line *out, struct fault *why);

void dovecot_escape(struct slice value, struct buf *out);
/* False: ends inside an escape, or does not fit. */
MUST_USE bool dovecot_unescape(struct slice text, struct buf *out);

struct dovecot_request {
    struct slice mechanism; /* sasl_is_mechanism; sent in upper case */
    struct slice service;
    struct slice session, client_id; /* empty: not sent */
    const struct address *local, *remote;
    bool tls;
    bool has_response;
    struct slice response; /* raw; may be empty */
};

void dovecot_hello_write(uint32_t pid, struct buf *out);
/* What follows "AUTH" and the id, up to the line feed: the id is known only when it is sent. */
void dovecot_request_write(const struct dovecot_request *request, struct buf *out);
void dovecot_auth_write(uint32_t id, struct slice request, struct buf *out);
void dovecot_continue_write(uint32_t id, struct slice response, struct buf *out);
void dovecot_cancel_write(uint32_t id, struct buf *out);
