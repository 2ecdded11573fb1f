/* SPDX-License-Identifier: ISC
 *
 * auth/passwd: the account file of the file backend: one account a line,
 *
 *     name:crypt-hash[:scram-verifier]
 *
 * crypt-hash in any form crypt(3) knows ("*" or empty: none); scram-verifier as
 * "SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey" (base64; RFC 5803's content). A line may
 * have only a verifier, as its second field. Lines that start with "#" and empty ones are skipped.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

#define PASSWD_FILE_MAX (256 * 1024 * 1024)

struct scram_verifier {
    bool present;
    uint32_t iterations;
    uint8_t salt[64];
    size_t salt_n;
    uint8_t stored_key[32], server_key[32];
};

struct passwd_entry {
    struct slice name;
    const char *hash; /* NUL-terminated; NULL: none */
    struct scram_verifier scram;
};

struct passwd_file;

/* Parses text into entries sorted by name. NULL: *why has "file:line: what". */
struct passwd_file *passwd_parse(const char *name, struct slice text, struct buf *why);
struct passwd_file *passwd_load(const char *path,
                                struct buf *why); /* refuses one others can read */
void passwd_free(struct passwd_file *file);       /* wipes; NULL is fine */
/* NULL when there is none. Names compare without ASCII case. */
const struct passwd_entry *passwd_find(const struct passwd_file *file, struct slice name);
size_t passwd_count(const struct passwd_file *file);
const struct passwd_entry *passwd_at(const struct passwd_file *file, size_t i); /* by name */
bool passwd_has_scram(const struct passwd_file *file); /* at least one account has a verifier */

/* Sets (or, with an empty password, removes) an account: reads, changes, writes beside, fsyncs and
 * renames, under a lock; owner and mode are kept (new: 0600). 0 or negative, *why for people. */
MUST_USE int passwd_set(const char *path, struct slice name, struct slice password,
                        struct buf *why);
MUST_USE int passwd_remove(const char *path, struct slice name, struct buf *why);
