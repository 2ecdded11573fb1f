/* SPDX-License-Identifier: ISC
 *
 * privacy/pseudonym: a keyed hash that stands for an identifier (BLAKE2b, 128 bits, kind mixed in).
 *
 * The secret file holds keys by number, newest last; it is never in the store. A pseudonym's text
 * is "~" key-number "." 26 characters of lower-case base32 ("~1.k3v..."), so that after a rotation
 * old ones stay readable while their key is kept.
 */
#pragma once

#include "base/buf.h"
#include "base/log.h"
#include "privacy/identifier.h"

#define PSEUDONYM_BYTES    16
#define PSEUDONYM_TEXT_MAX 40
#define SECRET_KEYS_MAX    16

struct pseudonym {
    uint32_t key; /* its number, from 1 */
    uint8_t bytes[PSEUDONYM_BYTES];
};

struct privacy; /* the keys, and which kinds are shown in clear */

/* Reads the secret file, or creates it (0600, one random key, fsynced) when it is not there.
 * Refuses one that others can read. On NULL *why has a line for the operator. clear: names of
 * kinds for the log, `clear_n` of them. */
struct privacy *privacy_open(const char *path, const char *const *clear, size_t clear_n,
                             struct buf *why);
/* With one random key that nobody keeps: what it makes can be compared with nothing made before or after.
 * Nothing is shown in clear. NULL: *why has a line. */
struct privacy *privacy_open_random(struct buf *why);
void privacy_free(struct privacy *privacy); /* wipes; NULL is fine */

/* With the newest key. context separates what must not be comparable, such as CLIENTID types (give
 * the type in upper case); may be empty. */
struct pseudonym pseudonym_of(const struct privacy *privacy, enum identifier_kind kind,
                              struct slice context, struct slice value);
/* Under each key, the newest first, as far as max: what records made before a rotation are found by.
 * Returns how many; at most SECRET_KEYS_MAX. */
size_t pseudonyms_of(const struct privacy *privacy, enum identifier_kind kind, struct slice context,
                     struct slice value, struct pseudonym *out, size_t max);
bool pseudonym_equal(const struct pseudonym *a, const struct pseudonym *b);
/* Returns out, NUL-terminated. */
const char *pseudonym_text(const struct pseudonym *p, char out[PSEUDONYM_TEXT_MAX]);
MUST_USE bool pseudonym_parse(struct slice text, struct pseudonym *out);

/* A log field of an identifier: clear when its kind may be, else its pseudonym. text must live as
 * long as the field. The only way an identifier gets into a log. */
struct log_field identifier_field(const struct privacy *privacy, enum identifier_kind kind,
                                  const char *name, struct slice value,
                                  char text[PSEUDONYM_TEXT_MAX]);

/* 32 bytes derived from the newest key for another purpose ("scram-salt", ...): stable while the
 * key is. purpose: static text, at most 32 bytes. */
void privacy_derive(const struct privacy *privacy, const char *purpose, uint8_t out[32]);
