/* SPDX-License-Identifier: ISC
 *
 * smtp/parameter: ESMTP parameters of MAIL and RCPT. Pure; results point into the argument.
 */
#pragma once

#include "base/buf.h"

enum smtp_body { SMTP_BODY_NONE, SMTP_BODY_7BIT, SMTP_BODY_8BITMIME, SMTP_BODY_BINARYMIME };
enum smtp_ret { SMTP_RET_NONE, SMTP_RET_FULL, SMTP_RET_HDRS };

struct smtp_mail_parameters {
    bool size_given;
    uint64_t size;       /* RFC 1870; UINT64_MAX for more than that */
    enum smtp_body body; /* RFC 6152, RFC 3030 */
    bool smtputf8;       /* RFC 6531 */
    enum smtp_ret ret;   /* RFC 3461 §4.3 */
    struct slice envid;  /* xtext as sent, RFC 3461 §4.4; p NULL: absent */
    struct slice auth;   /* xtext or "<>" as sent, RFC 4954 §5; p NULL: absent */
};

enum smtp_notify { /* RFC 3461 §4.1 */
                   SMTP_NOTIFY_NEVER = 1,
                   SMTP_NOTIFY_SUCCESS = 2,
                   SMTP_NOTIFY_FAILURE = 4,
                   SMTP_NOTIFY_DELAY = 8,
};

struct smtp_rcpt_parameters {
    unsigned notify;    /* of enum smtp_notify; 0: absent */
    struct slice orcpt; /* "rfc822;xtext" as sent, RFC 3461 §4.2; p NULL: absent */
};

enum smtp_parameter_result {
    SMTP_PARAMETER_OK,
    SMTP_PARAMETER_SYNTAX,  /* 501 5.5.4: malformed, repeated, or a bad value */
    SMTP_PARAMETER_UNKNOWN, /* 555 5.5.4: a keyword nobody advertised */
};

/* text: what smtp_path_parse left in *rest. */
enum smtp_parameter_result
smtp_mail_parameters_parse(struct slice text, struct smtp_mail_parameters *out, struct fault *why);
enum smtp_parameter_result
smtp_rcpt_parameters_parse(struct slice text, struct smtp_rcpt_parameters *out, struct fault *why);

/* xtext (RFC 3461 §4): well-formed? And its encoding of any bytes, appended to out. */
bool smtp_is_xtext(struct slice text);
void smtp_write_xtext(struct buf *out, struct slice bytes);
