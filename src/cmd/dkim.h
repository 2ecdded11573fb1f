/* SPDX-License-Identifier: ISC
 *
 * cmd/dkim: the commands of `postern dkim`, one function each; exit codes.
 */
#pragma once

#include "cmd/judging.h"
#include "cmd/tool.h"

#define DKIM_KEYS_MAX 8

struct dkim_names { /* of an option that may be given several times */
    const char *at[DKIM_KEYS_MAX];
    size_t n;
};

struct dkim_command {
    struct tool tool; /* its name, and --json */
    struct judging judging;
    char **argument; /* behind the verb; NULL after the last */
    int arguments;
    bool brief;
    struct dkim_names domains, selectors, keys;
    const char *out;  /* keygen: the file */
    const char *type; /* keygen; NULL: RSA */
    uint32_t bits, ttl;
    bool text;                            /* the record alone, no line of a zone */
    bool testing, exact_domain;           /* t=y, t=s of a record */
    enum postern_dkim_canon header, body; /* sign */
    const char *identity, *fields, *oversign;
    bool no_timestamp, copy_fields, only_header;
    int64_t expire_us;
    const char *list; /* the list's address; NULL: no list manager */
    enum postern_list_kind list_kind;
    bool reject_suspicious, reject_strict;
};

int cmd_dkim_verify(struct dkim_command *c);
int cmd_dkim_sign(struct dkim_command *c);
int cmd_dkim_keygen(struct dkim_command *c);
int cmd_dkim_record(struct dkim_command *c);
int cmd_dkim_check_key(struct dkim_command *c);
int cmd_dkim_import(struct dkim_command *c);

/* A file, as far as out has room. 0 or negative. */
MUST_USE int cmd_dkim_read(const char *path, struct buf *out);
/* The private key in a file. Exit code, after saying why there is none. */
MUST_USE int cmd_dkim_key(const struct tool *t, const char *file,
                          struct postern_dkim_private **out);
/* Prints the record of a key as a line of a zone, or as JSON. Exit code. */
MUST_USE int cmd_dkim_print_record(struct dkim_command *c, const struct postern_dkim_private *key);
