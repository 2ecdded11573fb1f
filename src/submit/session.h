/* SPDX-License-Identifier: ISC
 *
 * submit/session: one submission session, from the greeting to the last reply (RFC 6409, 5321).
 *
 * A pure state machine: bytes, answers and time go in; replies go into a buffer of the caller's,
 * and questions, content and events come out of submit_next. It never blocks, logs or reads a
 * clock. While a question is open it takes no input: that is the back-pressure, and why bytes sent
 * ahead of STARTTLS are never read as commands.
 *
 * Files: session.c (the table of commands and the loop), hello.c, identity.c (CLIENTID),
 * authenticate.c, envelope.c, content.c, answer.c (replies), trace.c, sender.c.
 */
#pragma once

#include "base/buf.h"
#include "conf/conf.h"
#include "device/device.h"
#include "message/scan.h"
#include "net/address.h"
#include "privacy/pseudonym.h"
#include "smtp/capability.h"
#include "smtp/clientid.h"
#include "smtp/command.h"
#include "smtp/data.h"
#include "smtp/parameter.h"
#include "smtp/path.h"
#include "smtp/reply.h"

#define SUBMIT_ID_MAX      17  /* 16 hex digits and a NUL */
#define SUBMIT_ACCOUNT_MAX 256 /* with a NUL */
#define SUBMIT_OLDER_MAX   3   /* pseudonyms of a token under older keys */
#define SUBMIT_GUESSES_MAX 16  /* distinct failures remembered: a larger limits.failures is this */
#define SUBMIT_LINE_MAX    (32 * 1024) /* what the shell can hold: a longer limit of a line is this */

struct sender_map; /* submit/sender.h */

enum submit_state {
    SUBMIT_CONNECTED, /* nothing said yet */
    SUBMIT_GREETED,   /* EHLO or HELO, not authenticated */
    SUBMIT_SASL,      /* inside AUTH: the next line is a response */
    SUBMIT_READY,     /* authenticated, no transaction */
    SUBMIT_MAIL,      /* sender accepted */
    SUBMIT_RCPT,      /* at least one recipient accepted */
    SUBMIT_DATA,      /* content until CRLF.CRLF */
    SUBMIT_BDAT,      /* the octets of one chunk */
    SUBMIT_CLOSING,   /* nothing more is heard */
    SUBMIT_STATE_COUNT,
};

/* What is fixed for a process; outlives its sessions. */
struct submit_setup {
    const struct conf *conf;
    const struct privacy *privacy;
    const struct sender_map *senders; /* NULL: none */
    uint8_t guess_key[16];            /* SipHash: which failures are the same guess */
    bool policed; /* policy is asked, before the password is looked at and after */
};

/* What is known when a session starts. */
struct submit_start {
    struct address peer, local;
    char id[SUBMIT_ID_MAX];
    bool tls;                /* implicit TLS, and its handshake is done */
    int64_t now_us;          /* monotonic */
    int64_t authenticate_us; /* time left to authenticate: the cap, less under load */
};

enum submit_question { /* asked of the shell; one at a time, each answered with submit_answer */
                       SUBMIT_ASK_NOTHING,
                       SUBMIT_ASK_TLS,      /* send what was written, then the handshake */
                       SUBMIT_ASK_POLICY,   /* may tried go on? plain.password where it shows */
                       SUBMIT_ASK_PASSWORD, /* plain.name, plain.password */
                       SUBMIT_ASK_SASL,     /* mechanism, with message when initial_given */
                       SUBMIT_ASK_RESPONSE, /* message: the response to the last challenge */
                       SUBMIT_ASK_VERDICT,  /* the backend said yes to message, an account */
                       SUBMIT_ASK_MAIL,     /* open a delivery: session's sender and mail */
                       SUBMIT_ASK_RCPT,     /* recipient and rcpt */
                       SUBMIT_ASK_CONTENT,  /* DATA or the first BDAT */
                       SUBMIT_ASK_END,      /* the content is whole: the final reply is wanted */
};

enum submit_event { /* for the log and the counters; details stand in the session */
                    SUBMIT_EVENT_TLS,
                    SUBMIT_EVENT_CLIENTID, /* code: the reply */
                    SUBMIT_EVENT_AUTH,     /* outcome in auth_outcome, reason */
                    SUBMIT_EVENT_MESSAGE, /* a transaction that had content has ended: outcome, code */
                    SUBMIT_EVENT_REFUSED, /* a command was refused: code, reason */
};

enum submit_auth_outcome {
    SUBMIT_AUTH_OK,
    SUBMIT_AUTH_FAILED,
    SUBMIT_AUTH_UNAVAILABLE,
    SUBMIT_AUTH_CANCELLED,
    SUBMIT_AUTH_REFUSED, /* by policy; for the client the same as FAILED */
};

enum submit_message_outcome {
    SUBMIT_MESSAGE_ACCEPTED,
    SUBMIT_MESSAGE_REFUSED,  /* 5yz */
    SUBMIT_MESSAGE_DEFERRED, /* 4yz */
    SUBMIT_MESSAGE_ABORTED,  /* the client went away */
};

enum submit_want_kind {
    SUBMIT_WANT_EVENT,
    SUBMIT_WANT_CONTENT, /* the next bytes of the message, dots removed; valid until submit_input */
    SUBMIT_WANT_ANSWER,  /* a question */
    SUBMIT_WANT_CANCEL,  /* the open SASL exchange is given up; no answer is wanted */
    SUBMIT_WANT_ABORT,   /* the open delivery is given up; nothing of it may arrive */
    SUBMIT_WANT_CLOSE,   /* send what was written, then close */
};

struct submit_want {
    enum submit_want_kind kind;
    enum submit_question question;
    enum submit_event event;
    uint16_t code;
    const char *reason; /* static text or NULL */
    struct slice content;
};

struct submit_answer {
    enum submit_question question;
    /* PASSWORD, SASL, RESPONSE */
    enum {
        SUBMIT_SASL_OK,
        SUBMIT_SASL_CHALLENGE,
        SUBMIT_SASL_FAILED,
        SUBMIT_SASL_UNAVAILABLE
    } sasl;
    struct slice account;   /* OK */
    struct slice challenge; /* CHALLENGE: raw */
    const char *reason;     /* FAILED, UNAVAILABLE: static text for the log */
    bool crowded;           /* FAILED, POLICY: too many sessions wait out their delay already */
    /* POLICY, VERDICT: with a reason when refused */
    enum { SUBMIT_POLICY_ACCEPT, SUBMIT_POLICY_REFUSE_AUTH, SUBMIT_POLICY_REFUSE_MAIL } policy;
    int64_t delay_us; /* POLICY: before the password is looked at */
    /* MAIL, RCPT, CONTENT, END */
    struct smtp_reply reply;
    int64_t wall_us; /* CONTENT: the wall clock, for the trace field */
};

#define SUBMIT_TRACE_MAX        4096
#define SUBMIT_WANTS_MAX        16
#define SUBMIT_SASL_MESSAGE_MAX (64 * 1024) /* auth-line's largest value, decoded */

struct submit_transaction {
    /* Slices point into the input and are gone after the submit_next that brings the question. */
    struct smtp_path sender;
    struct smtp_mail_parameters mail;
    struct smtp_path recipient;
    struct smtp_rcpt_parameters rcpt;
    uint32_t recipients; /* accepted */
    bool content;        /* DATA or BDAT has begun */
    bool chunked;        /* by BDAT */
    bool opened;         /* a delivery was asked for and not given up */
    struct smtp_data_scan scan;
    struct smtp_chunk_check chunk;
    struct message_scan header;
    bool traced;   /* the trace field has been handed on */
    uint64_t size; /* octets of content, dots removed */
    bool header_checked;
    struct smtp_reply refusal; /* code 0: none; else what the content will be answered with */
    char refusal_text[SMTP_REPLY_TEXT_MAX];
    int64_t started_us;
};

struct submit_session {
    const struct submit_setup *setup;
    struct submit_start start;
    struct buf *out; /* the caller's: replies */
    enum submit_state state;
    enum submit_question asked;
    int64_t now_us;
    int64_t state_due_us; /* of the state; 0: none */

    bool tls, esmtp, skip_line;
    bool more_follows;   /* bytes came behind the line that is handled */
    bool content_wanted; /* content is out that the caller has not fetched */
    bool judged;         /* policy has been asked in this AUTH */
    bool mail_refused;   /* it may authenticate, and every MAIL is refused (draft -13 §8.3) */
    uint8_t clientid_older_n;
    uint64_t chunk_left; /* octets of the open BDAT chunk */
    bool chunk_last;
    bool chunk_stray;             /* it belongs to no transaction: read, then refused */
    enum submit_state chunk_from; /* where a stray one came */
    bool clientid_advertised, clientid_given, auth_seen;
    bool failures_over;
    unsigned advertised;               /* capabilities in the last EHLO, of enum smtp_capability */
    struct smtp_capabilities upstream; /* set by the caller whenever it learns them */
    bool upstream_known;
    struct slice mechanisms; /* set by the caller before each submit_input */
    char hello[256];         /* what the client calls itself, cut, escaped when used */
    size_t hello_n;

    char clientid_type[CLIENTID_TYPE_MAX + 1]; /* upper case; "" when none is kept */
    struct pseudonym clientid;
    struct pseudonym clientid_older[SUBMIT_OLDER_MAX]; /* of the same token */
    enum device_shape clientid_shape;                  /* what the clear token looked like */
    unsigned clientid_flags;                           /* of enum conf_clientid_flag */

    char account[SUBMIT_ACCOUNT_MAX]; /* once authenticated */
    char tried[SUBMIT_ACCOUNT_MAX];   /* the name of the last AUTH, where it showed */
    char mechanism[24];
    enum { SASL_PLAIN, SASL_LOGIN_NAME, SASL_LOGIN_PASSWORD, SASL_OTHER } sasl;
    enum submit_question resume;                              /* what policy interrupted */
    struct buf message;                                       /* a decoded SASL message; wiped */
    struct slice plain_name, plain_password, plain_authorize; /* into message */
    bool initial_given;
    bool last_word_said; /* the client has it, and message is the account */
    enum submit_auth_outcome auth_outcome;
    int64_t auth_started_us;
    int64_t release_us;   /* when the 535 that waits may leave; 0: none waits */
    int64_t resume_us;    /* when it may go on; 0: it does not wait */
    const char *doom;     /* why policy will have this AUTH fail, static text; NULL: it will not */
    struct buf last_word; /* of a SCRAM server, kept back until the verdict */
    uint64_t guesses[SUBMIT_GUESSES_MAX];
    uint32_t guesses_n;

    uint32_t errors, commands, messages;
    enum submit_message_outcome message_outcome;
    const char *close_reason; /* static text */
    char last_reply[128];     /* of the message that ended last: the reply's text, its size, ... */
    uint64_t last_size;
    uint32_t last_recipients;
    uint32_t message_number;
    int64_t last_message_us; /* from MAIL to the final reply */

    struct submit_transaction *transaction; /* owned; NULL outside one */
    struct buf trace; /* the Received field; may be fetched when its transaction is over */

    struct submit_want wants[SUBMIT_WANTS_MAX];
    uint8_t wants_first, wants_n;
    uint8_t clientid_oui[3]; /* where the token looked like a hardware address */
};

/* Writes the greeting. out must stay the session's until submit_clear. */
void submit_init(struct submit_session *s, const struct submit_setup *setup,
                 const struct submit_start *start, struct buf *out);
/* Frees and wipes. Emits nothing: when a delivery or exchange is open, the caller gives it up. */
void submit_clear(struct submit_session *s);

/* Takes what it can from bytes and returns how many; fewer means: not now (a question is open, or a
 * line is not whole). Call submit_next until it is false before the next call. */
size_t submit_input(struct submit_session *s, struct slice bytes, int64_t now_us);
void submit_answer(struct submit_session *s, const struct submit_answer *answer, int64_t now_us);
/* The delivery failed while nobody asked: what the client will hear at the end of its content. */
void submit_delivery_lost(struct submit_session *s, const struct smtp_reply *reply, int64_t now_us);
void submit_tick(struct submit_session *s, int64_t now_us);
/* When submit_tick is wanted next; 0: not at all. */
int64_t submit_deadline(const struct submit_session *s);
bool submit_next(struct submit_session *s, struct submit_want *out);

/* The client must go: 421 with this text, unless content or a question is under way: then it is
 * only closed. reason: static text for the log. */
void submit_shed(struct submit_session *s, const char *text, const char *reason);
/* The client's connection ended: what is open is given up. */
void submit_hangup(struct submit_session *s, const char *reason);

bool submit_authenticated(const struct submit_session *s);
/* No transaction, nothing asked: may be closed without a loss. */
bool submit_idle(const struct submit_session *s);
/* Idle, or in an AUTH exchange that waits for the client: who would hang there to keep others out
 * must not be safer than who says nothing. */
bool submit_may_shed(const struct submit_session *s);
