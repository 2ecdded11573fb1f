/* SPDX-License-Identifier: ISC */
#include "cmd/feed.h"

#include <errno.h>

#include "base/err.h"
#include "message/split.h"

static int give_part(enum message_part part, struct slice text, const struct feed *to, void *owner)
{
    switch (part) {
    case MESSAGE_FIELD: return to->field(owner, text);
    case MESSAGE_HEADER_END: return to->header_end ? to->header_end(owner) : 0;
    case MESSAGE_BODY: return to->body(owner, text);
    case MESSAGE_TOO_BIG: return ERR_TOO_BIG;
    case MESSAGE_MORE: break;
    }
    return 0;
}

static int give_parts(struct message_split *split, const struct feed *to, void *owner)
{
    struct slice text = { 0 };
    enum message_part part;
    int error = 0;
    while (!error && (part = message_split_next(split, &text)) != MESSAGE_MORE)
        error = give_part(part, text, to, owner);
    return error;
}

int feed_message(const struct mailbox_message *message, const struct feed *to, void *owner)
{
    struct mailbox_reader reader;
    struct message_split split;
    struct slice block;
    int error = 0, more;
    mailbox_read_start(&reader, message);
    message_split_init(&split, true);
    while (!error && (more = mailbox_read(&reader, &block)) != 0) {
        if (more > 0)
            message_split_feed(&split, block);
        error = more < 0 ? more : give_parts(&split, to, owner);
    }
    if (!error) {
        message_split_end(&split);
        error = give_parts(&split, to, owner);
    }
    if (!error && to->end)
        error = to->end(owner);
    message_split_clear(&split);
    mailbox_read_end(&reader);
    return error;
}

static int verify_field(void *v, struct slice field)
{
    return verification_field(v, field);
}

static int verify_header_end(void *v)
{
    return verification_header_end(v);
}

static int verify_body(void *v, struct slice octets)
{
    return verification_body(v, octets);
}

static int verify_end(void *v)
{
    return verification_end(v);
}

int feed_verification(const struct mailbox_message *message, struct verification *v)
{
    static const struct feed to = { verify_field, verify_header_end, verify_body, verify_end };
    return feed_message(message, &to, v);
}

static void stop_loop(struct verification *v, void *loop)
{
    (void)v;
    loop_stop(loop);
}

int feed_judge(struct judge *judge, const struct judging *j, const struct mailbox_message *message,
               struct verification **out)
{
    struct verification *v = verification_new(&judge->setup, j->at, stop_loop, judge->loop);
    int error = v ? feed_verification(message, v) : -ENOMEM;
    if (error) {
        verification_free(v);
        return error;
    }
    loop_run(judge->loop);
    *out = v;
    return 0;
}
