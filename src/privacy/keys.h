/* SPDX-License-Identifier: ISC
 *
 * privacy/keys: the text of the secret file, and the file itself.
 *
 * One key a line, "NUMBER 64-HEX-DIGITS", numbers rising from line to line; the last is the newest.
 * Empty lines and lines that begin with "#" say nothing.
 */
#pragma once

#include "base/buf.h"
#include "privacy/pseudonym.h"

#define SECRET_KEY_BYTES 32
#define SECRET_FILE_MAX  8192 /* bytes */

struct secret_key {
    uint32_t number; /* from 1 */
    uint8_t bytes[SECRET_KEY_BYTES];
};

struct secret_keys {
    struct secret_key at[SECRET_KEYS_MAX]; /* the last is the newest */
    size_t n;                              /* at least 1 */
};

/* Pure. On false *out may hold part of what was read: wipe it. */
MUST_USE bool secret_keys_parse(struct slice text, struct secret_keys *out, struct fault *why);
/* The inverse, with a comment on top that tells people what the file is. */
void secret_keys_write(struct buf *out, const struct secret_keys *keys);

/* Reads path, or creates it with one random key when it is not there. Refuses a file that others
 * can read. text: SECRET_FILE_MAX bytes of scratch in locked memory, wiped by the caller. On false
 * *why has a line for the operator. */
MUST_USE bool secret_file_open(const char *path, uint8_t *text, struct secret_keys *out,
                               struct buf *why);
