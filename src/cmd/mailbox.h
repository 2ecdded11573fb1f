/* SPDX-License-Identifier: ISC
 *
 * cmd/mailbox: the messages of files, Maildirs, mboxes and folders, one after the other.
 *
 * Names are taken in the order given; in a folder by name (the octets of it), first what is new in a
 * Maildir, then the rest. Names that begin with "." are passed over in folders, and so are all that
 * are neither files nor folders. Files are read in blocks: a message that changes meanwhile is read as
 * it then is. What has no size (standard input, pipes) goes through a nameless file.
 *
 * One thread at a time asks for messages; messages themselves may be read by any thread.
 */
#pragma once

#include "base/buf.h"
#include "cmd/mbox.h"

#define MAILBOX_BLOCK ((size_t)64 * 1024)
#define MAILBOX_DEPTH 32 /* folders in folders */

struct mailbox;
struct mailbox_file; /* open, counted */

struct mailbox_message {
    char *name;                /* of the file; owned */
    uint64_t number;           /* in an mbox, from 1; 0: the file is the message */
    struct mailbox_file *file; /* a hold */
    uint64_t at, end;          /* octets of it; end: UINT64_MAX: all that there is */
};

struct mailbox *mailbox_new(char *const *names, size_t n); /* NULL: no memory */
void mailbox_free(struct mailbox *m);
/* 1: the next message; 0: the end; negative: out->name, or its part, cannot be read (and the next call
 * goes on behind it). mailbox_message_clear in each case but 0. */
MUST_USE int mailbox_next(struct mailbox *m, struct mailbox_message *out);
void mailbox_message_clear(struct mailbox_message *message);

struct mailbox_reader {
    const struct mailbox_message *message;
    uint64_t at;
    bool ended;
    struct mbox_unquote unquote;
    struct buf text; /* what is given */
    uint8_t *block;  /* owned */
};
void mailbox_read_start(struct mailbox_reader *r, const struct mailbox_message *message);
/* 1: *out is what comes next, until the next call; 0: the end; negative. */
MUST_USE int mailbox_read(struct mailbox_reader *r, struct slice *out);
void mailbox_read_end(struct mailbox_reader *r);
