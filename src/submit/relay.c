/* SPDX-License-Identifier: ISC */
#include "submit/relay.h"

#include <stdlib.h>

#include "base/attribute.h"
#include "smtp/data.h"

#define COMMAND_MAX    8192        /* MAIL or RCPT with all its parameters */
#define CHUNK_BYTES    (64 * 1024) /* of one BDAT to the upstream */
#define RECIPIENTS_MAX (64 * 1024) /* bytes of recipient addresses kept for LMTP's replies */

enum relay_step {
    RELAY_IDLE,
    RELAY_LINK, /* waits for a link */
    RELAY_MAIL,
    RELAY_RCPT,
    RELAY_CONTENT, /* DATA sent */
    RELAY_WRITING,
    RELAY_END, /* the last byte sent */
    RELAY_LOST,
};

struct relay {
    struct delivery delivery;
    struct upstream_borrower borrower;
    struct loop_task later; /* brings own_answer, where nobody needs to be asked */
    struct smtp_reply own_answer;
    struct loop *loop;
    struct upstreams *ups;
    const struct conf_timeouts *timeouts;
    struct upstream_link *link;
    enum relay_step step;
    bool closed;    /* freed when its task has run */
    bool mail_open; /* the upstream has a transaction of ours */
    bool retried;   /* MAIL was sent again on a fresh link */
    bool leaving;   /* the upstream said 421: its link serves nobody any more */
    bool binary;    /* content goes by BDAT */
    bool lmtp;
    struct smtp_stuff stuff;
    struct buf chunk;
    unsigned needs;   /* capabilities that MAIL's parameters need */
    struct buf mail;  /* the MAIL command without its AUTH=, for a second try */
    struct buf login; /* the AUTH= value */
    bool size_given;
    uint64_t size;
    struct buf recipients;  /* LMTP: accepted ones, each with a LF behind it */
    struct buf asked_about; /* LMTP: the recipient of the open RCPT */
    struct upstream_client client;
    char hello[256];
    char account[256];
    unsigned accepted;    /* recipients */
    unsigned chunks_open; /* BDAT replies that have not come yet */
    /* LMTP: one reply a recipient at the end (RFC 2033 §4.2), gathered into one */
    unsigned answered, failed, deferred;
    struct slice unread; /* of recipients: those whose reply has not come */
    struct buf got, missed;
};

static struct relay *relay_of(struct delivery *d)
{
    return CONTAINER_OF(d, struct relay, delivery);
}

static void say(struct relay *r, const struct smtp_reply *reply)
{
    r->delivery.owner->on_reply(r->delivery.owner, reply);
}

static struct smtp_reply temporary(const char *text, uint16_t subject, uint16_t detail)
{
    return (struct smtp_reply){
        .code = 451,
        .enhanced = { 4, subject, detail },
        .text = slice_of_str(text),
    };
}

static void on_later(struct loop_task *task)
{
    struct relay *r = CONTAINER_OF(task, struct relay, later);
    if (r->closed)
        free(r);
    else if (r->step != RELAY_LOST)
        say(r, &r->own_answer);
}

static void answer_later(struct relay *r, struct smtp_reply reply)
{
    r->own_answer = reply;
    loop_defer(r->loop, &r->later);
}

static void lose(struct relay *r, const struct smtp_reply *reply)
{
    bool asked = r->step != RELAY_IDLE && r->step != RELAY_WRITING;
    r->step = RELAY_LOST;
    if (asked)
        say(r, reply);
    else
        r->delivery.owner->on_lost(r->delivery.owner, reply);
}

static void send_command(struct relay *r, const struct buf *command, int64_t timeout_us)
{
    upstream_send(r->link, buf_slice(command), 1, timeout_us);
}

/* MAIL: the parameters that the upstream can take; what it cannot and would change the message's
 * meaning has been asked for in `needs`. */
static void write_mail(struct relay *r, const struct delivery_mail *mail)
{
    static const char *const bodies[] = { "", " BODY=7BIT", " BODY=8BITMIME", " BODY=BINARYMIME" };
    const struct smtp_mail_parameters *p = mail->parameters;
    buf_printf(&r->mail, "MAIL FROM:<%.*s>", SLICE_ARG(mail->sender));
    if (p->body != SMTP_BODY_7BIT)
        buf_append_str(&r->mail, bodies[p->body]);
    if (p->smtputf8)
        buf_append_str(&r->mail, " SMTPUTF8");
    if (p->ret != SMTP_RET_NONE)
        buf_append_str(&r->mail, p->ret == SMTP_RET_FULL ? " RET=FULL" : " RET=HDRS");
    if (p->envid.p)
        buf_printf(&r->mail, " ENVID=%.*s", SLICE_ARG(p->envid));
    r->needs = (p->body == SMTP_BODY_8BITMIME ? SMTP_CAP_8BITMIME : 0u) |
               (p->body == SMTP_BODY_BINARYMIME ? SMTP_CAP_BINARYMIME | SMTP_CAP_CHUNKING : 0u) |
               (p->smtputf8 ? SMTP_CAP_SMTPUTF8 : 0u) |
               (p->ret != SMTP_RET_NONE || p->envid.p ? SMTP_CAP_DSN : 0u);
    r->binary = p->body == SMTP_BODY_BINARYMIME;
}

/* RFC 4954 §5: who authenticated, to an upstream that trusts us; <> when we cannot name him. */
static void write_login(struct relay *r, const struct delivery_mail *mail)
{
    bool named = slice_has(mail->account, '@');
    if (named || mail->realm.n) {
        smtp_write_xtext(&r->login, mail->account);
        if (!named) {
            buf_append_byte(&r->login, '@');
            smtp_write_xtext(&r->login, mail->realm);
        }
    } else {
        buf_append_str(&r->login, "<>");
    }
}

static void relay_mail(struct delivery *d, const struct delivery_mail *mail)
{
    struct relay *r = relay_of(d);
    write_mail(r, mail);
    write_login(r, mail);
    r->size_given = mail->parameters->size_given;
    r->size = mail->parameters->size;
    r->client.peer = *mail->peer;
    r->client.hello = slice_keep(mail->hello, r->hello, sizeof r->hello);
    r->client.login = slice_keep(mail->account, r->account, sizeof r->account);
    r->step = RELAY_LINK;
    upstream_borrow(r->ups, &r->borrower, &r->client, false);
}

static void send_mail(struct relay *r)
{
    const struct smtp_capabilities *caps = upstream_capabilities(r->link);
    struct buf line;
    buf_init(&line, COMMAND_MAX);
    buf_append(&line, buf_slice(&r->mail));
    if (r->size_given && caps->offered & SMTP_CAP_SIZE)
        buf_printf(&line, " SIZE=%llu", (unsigned long long)r->size);
    if (caps->offered & SMTP_CAP_AUTH && !upstream_login_told(r->link))
        buf_printf(&line, " AUTH=%.*s", SLICE_ARG(buf_slice(&r->login)));
    buf_append_str(&line, "\r\n");
    r->step = RELAY_MAIL;
    send_command(r, &line, r->timeouts->upstream_us);
    buf_clear(&line);
}

static void on_link(struct upstream_borrower *b, struct upstream_link *link)
{
    struct relay *r = CONTAINER_OF(b, struct relay, borrower);
    r->link = link;
    r->lmtp = upstream_is_lmtp(link);
    if (r->needs & ~upstream_capabilities(link)->offered) {
        struct smtp_reply reply = temporary("The extension asked for is not available now", 3, 0);
        upstream_return(TAKE(r->link), UPSTREAM_CLEAN);
        r->step = RELAY_IDLE;
        say(r, &reply);
        return;
    }
    send_mail(r);
}

static void on_none(struct upstream_borrower *b, const char *reason)
{
    struct relay *r = CONTAINER_OF(b, struct relay, borrower);
    struct smtp_reply reply = temporary("No mail server is reachable now, try again later", 4, 1);
    (void)reason; /* the upstreams have logged it */
    lose(r, &reply);
}

static void relay_rcpt(struct delivery *d, const struct smtp_path *path,
                       const struct smtp_rcpt_parameters *p)
{
    /* clang-format off */
    static const struct { enum smtp_notify flag; const char *name; } names[] = {
        { SMTP_NOTIFY_NEVER, "NEVER" },     { SMTP_NOTIFY_SUCCESS, "SUCCESS" },
        { SMTP_NOTIFY_FAILURE, "FAILURE" }, { SMTP_NOTIFY_DELAY, "DELAY" },
    };
    /* clang-format on */
    struct relay *r = relay_of(d);
    struct buf line;
    if ((p->notify || p->orcpt.p) && !(upstream_capabilities(r->link)->offered & SMTP_CAP_DSN)) {
        answer_later(r, temporary("The extension asked for is not available now", 3, 0));
        return;
    }
    buf_init(&line, COMMAND_MAX);
    buf_printf(&line, "RCPT TO:<%.*s>", SLICE_ARG(path->mailbox));
    const char *before = " NOTIFY=";
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (p->notify & names[i].flag) {
            buf_printf(&line, "%s%s", before, names[i].name);
            before = ",";
        }
    }
    if (p->orcpt.p)
        buf_printf(&line, " ORCPT=%.*s", SLICE_ARG(p->orcpt));
    buf_append_str(&line, "\r\n");
    r->step = RELAY_RCPT;
    buf_clear(&r->asked_about);
    if (r->lmtp)
        buf_append(&r->asked_about, path->mailbox);
    send_command(r, &line, r->timeouts->upstream_us);
    buf_clear(&line);
}

static void write_stuffed(struct relay *r, struct slice content)
{
    while (content.n) {
        bool dot;
        size_t n = smtp_stuff_next(&r->stuff, content, &dot);
        if (dot)
            upstream_write(r->link, SLICE("."));
        upstream_write(r->link, slice_first(content, n));
        content = slice_from(content, n);
    }
}

static void send_chunk(struct relay *r, bool last)
{
    struct buf head;
    unsigned replies = last && r->lmtp ? r->accepted : 1;
    buf_init(&head, 64);
    buf_printf(&head, "BDAT %zu%s\r\n", buf_size(&r->chunk), last ? " LAST" : "");
    upstream_send(r->link, buf_slice(&head), replies,
                  last ? r->timeouts->upstream_end_us : r->timeouts->upstream_data_us);
    buf_clear(&head);
    upstream_write(r->link, buf_slice(&r->chunk));
    buf_clear(&r->chunk);
    if (!last)
        r->chunks_open++;
}

static void write_chunked(struct relay *r, struct slice content)
{
    while (content.n) {
        struct slice part = slice_first(content, CHUNK_BYTES - buf_size(&r->chunk));
        buf_append(&r->chunk, part);
        content = slice_from(content, part.n);
        if (buf_size(&r->chunk) == CHUNK_BYTES)
            send_chunk(r, false);
    }
}

static void relay_write(struct delivery *d, struct slice content)
{
    struct relay *r = relay_of(d);
    if (r->step != RELAY_WRITING)
        return; /* lost: the owner has heard of it or will */
    if (r->binary)
        write_chunked(r, content);
    else
        write_stuffed(r, content);
}

static void relay_content(struct delivery *d)
{
    struct relay *r = relay_of(d);
    if (r->binary) { /* BDAT asks nothing beforehand */
        r->step = RELAY_WRITING;
        answer_later(r, (struct smtp_reply){ .code = 354 });
        return;
    }
    r->step = RELAY_CONTENT;
    upstream_send(r->link, SLICE("DATA\r\n"), 1, r->timeouts->upstream_data_us);
}

static void relay_end(struct delivery *d)
{
    struct relay *r = relay_of(d);
    if (r->step != RELAY_WRITING)
        return;
    r->step = RELAY_END;
    r->unread = buf_slice(&r->recipients);
    if (r->binary)
        send_chunk(r, true);
    else
        upstream_send(r->link, smtp_stuff_end(&r->stuff), r->lmtp ? r->accepted : 1,
                      r->timeouts->upstream_end_us);
}

static bool relay_is_full(struct delivery *d)
{
    const struct relay *r = relay_of(d);
    return r->link && upstream_is_full(r->link);
}

/* The link can serve another message when no transaction of ours is left open on it. */
static void give_link_back(struct relay *r)
{
    if (!r->link)
        return;
    bool quiet = r->step == RELAY_IDLE && !r->leaving;
    upstream_return(TAKE(r->link), !quiet         ? UPSTREAM_BROKEN
                                   : r->mail_open ? UPSTREAM_RESET
                                                  : UPSTREAM_CLEAN);
}

static void relay_close(struct delivery *d)
{
    struct relay *r = relay_of(d);
    if (r->step == RELAY_LINK)
        upstream_forget(r->ups, &r->borrower);
    give_link_back(r);
    buf_clear(&r->mail);
    buf_clear(&r->login);
    buf_clear(&r->chunk);
    buf_clear(&r->recipients);
    buf_clear(&r->asked_about);
    buf_clear(&r->got);
    buf_clear(&r->missed);
    r->closed = true;
    if (!r->later.queued)
        free(r);
}

static void mail_replied(struct relay *r, const struct smtp_reply *reply)
{
    if (reply->code == 421 && upstream_was_kept(r->link) && !r->retried) {
        r->retried = true; /* it was about to close anyway: nothing was lost yet */
        upstream_return(TAKE(r->link), UPSTREAM_BROKEN);
        r->step = RELAY_LINK;
        upstream_borrow(r->ups, &r->borrower, &r->client, true);
        return;
    }
    r->step = RELAY_IDLE;
    r->mail_open = reply->code / 100 == 2;
    say(r, reply);
}

static void rcpt_replied(struct relay *r, const struct smtp_reply *reply)
{
    r->step = RELAY_IDLE;
    if (reply->code / 100 == 2) {
        r->accepted++;
        if (r->lmtp) {
            buf_append(&r->recipients, buf_slice(&r->asked_about));
            buf_append_byte(&r->recipients, '\n');
        }
    }
    say(r, reply);
}

static void content_replied(struct relay *r, const struct smtp_reply *reply)
{
    r->step = reply->code == 354 ? RELAY_WRITING : RELAY_IDLE;
    say(r, reply);
}

static void end_replied(struct relay *r, const struct smtp_reply *reply)
{
    r->step = RELAY_IDLE;
    r->mail_open = false;
    say(r, reply);
}

/* RFC 2033 knows no way to tell an SMTP client that some recipients got the message: all or not is
 * the reply, and its text says who did. */
static void gathered(struct relay *r, const struct smtp_reply *last)
{
    struct buf text;
    if (r->failed == 0) {
        end_replied(r, last);
        return;
    }
    buf_init(&text, 65536);
    if (buf_size(&r->got))
        buf_printf(&text, "Delivered to%.*s, but not to", SLICE_ARG(buf_slice(&r->got)));
    else
        buf_append_str(&text, "Not delivered to");
    buf_append(&text, buf_slice(&r->missed));
    struct smtp_reply reply = {
        .code = r->deferred ? 451 : 554,
        .enhanced = { r->deferred ? 4 : 5, 0, 0 },
        .text = buf_slice(&text),
    };
    end_replied(r, &reply);
    buf_clear(&text);
}

static void recipient_replied(struct relay *r, const struct smtp_reply *reply)
{
    struct slice who;
    (void)slice_cut(r->unread, '\n', &who, &r->unread);
    struct buf *list = reply->code / 100 == 2 ? &r->got : &r->missed;
    buf_printf(list, " %.*s", SLICE_ARG(who));
    if (list == &r->missed) {
        buf_printf(list, " (%u %.*s)", reply->code, SLICE_ARG(slice_first(reply->text, 80)));
        r->failed++;
        r->deferred += reply->code / 100 != 5;
    }
    if (++r->answered == r->accepted)
        gathered(r, reply);
}

/* A refused chunk decides the message at once (RFC 3030 §2). */
static void chunk_replied(struct relay *r, const struct smtp_reply *reply)
{
    r->chunks_open--;
    if (reply->code / 100 == 2)
        return;
    upstream_return(TAKE(r->link), UPSTREAM_BROKEN);
    lose(r, reply);
}

static void early_reply(struct relay *r, const struct smtp_reply *reply)
{
    struct smtp_reply broken = temporary("The mail server broke off, try again later", 4, 2);
    upstream_return(TAKE(r->link), UPSTREAM_BROKEN);
    lose(r, reply->code >= 400 ? reply : &broken);
}

static void on_reply(struct upstream_borrower *b, const struct smtp_reply *reply)
{
    struct relay *r = CONTAINER_OF(b, struct relay, borrower);
    r->leaving = reply->code == 421;
    if (r->chunks_open) {
        chunk_replied(r, reply);
        return;
    }
    switch (r->step) {
    case RELAY_MAIL: mail_replied(r, reply); break;
    case RELAY_RCPT: rcpt_replied(r, reply); break;
    case RELAY_CONTENT: content_replied(r, reply); break;
    case RELAY_END:
        if (!upstream_has_all(r->link)) /* it cannot have read what we still hold */
            early_reply(r, reply);
        else if (r->lmtp)
            recipient_replied(r, reply);
        else
            end_replied(r, reply);
        break;
    case RELAY_IDLE:
    case RELAY_WRITING: early_reply(r, reply); break;
    case RELAY_LINK:
    case RELAY_LOST: break;
    }
}

static void on_gone(struct upstream_borrower *b, const char *reason)
{
    struct relay *r = CONTAINER_OF(b, struct relay, borrower);
    struct smtp_reply reply = temporary("The mail server went away, try again later", 4, 2);
    bool kept = upstream_was_kept(r->link);
    (void)reason; /* logged by the upstreams */
    r->link = NULL;
    if (r->step == RELAY_MAIL && kept && !r->retried) {
        r->retried = true; /* closed while it idled: a fresh link knows better */
        r->step = RELAY_LINK;
        upstream_borrow(r->ups, &r->borrower, &r->client, true);
        return;
    }
    if (r->step == RELAY_END && r->answered) { /* LMTP: some have their message already */
        for (unsigned left = r->accepted - r->answered; left; left--)
            recipient_replied(r, &reply);
        return;
    }
    lose(r, &reply);
}

static void on_room(struct upstream_borrower *b)
{
    struct relay *r = CONTAINER_OF(b, struct relay, borrower);
    r->delivery.owner->on_room(r->delivery.owner);
}

static const struct delivery_class relay_class = {
    .mail = relay_mail,
    .rcpt = relay_rcpt,
    .content = relay_content,
    .write = relay_write,
    .end = relay_end,
    .is_full = relay_is_full,
    .close = relay_close,
};

struct delivery *relay_new(struct upstreams *ups, struct loop *loop,
                           const struct conf_timeouts *timeouts, struct delivery_owner *owner)
{
    struct relay *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->delivery = (struct delivery){ .class = &relay_class, .owner = owner };
    r->borrower = (struct upstream_borrower){ on_link, on_none, on_reply, on_gone, on_room };
    r->later.run = on_later;
    r->loop = loop;
    r->ups = ups;
    r->timeouts = timeouts;
    buf_init(&r->mail, COMMAND_MAX);
    buf_init(&r->login, COMMAND_MAX);
    buf_init(&r->chunk, CHUNK_BYTES);
    buf_init(&r->recipients, RECIPIENTS_MAX);
    buf_init(&r->asked_about, SMTP_PATH_MAX);
    buf_init(&r->got, RECIPIENTS_MAX);
    buf_init(&r->missed, RECIPIENTS_MAX);
    return &r->delivery;
}
