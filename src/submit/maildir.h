/* SPDX-License-Identifier: ISC
 *
 * submit/maildir: a delivery into Maildirs: tmp, fsync, rename, fsync of the directory. Line ends
 * become LF, as in every Maildir; Return-Path stands first (RFC 5321 §4.4).
 */
#pragma once

#include "auth/auth.h"
#include "net/threads.h"
#include "submit/delivery.h"

struct maildir_setup {
    struct loop *loop;
    struct thread_pool *threads;
    struct auth_backend *auth; /* who says whether an account exists */
    const char *path;          /* "/path/%u": %u is the recipient's local part */
    const char *hostname;
    bool trusting; /* without auth: every recipient has an account */
};

/* NULL without memory. setup must outlive it. */
struct delivery *maildir_new(const struct maildir_setup *setup, struct delivery_owner *owner);
/* What a Maildir takes. */
struct smtp_capabilities maildir_capabilities(void);
/* A local part that may name a folder: no "/", no leading ".", letters, digits and "._+-=" only. */
bool maildir_name_is_safe(struct slice local);
