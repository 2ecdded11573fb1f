/* SPDX-License-Identifier: ISC
 *
 * Account files: every entry is found under its own name, and a verifier that was read is written
 * as one that reads the same.
 */
#include <stdlib.h>
#include <string.h>

#include "auth/passwd.h"
#include "auth/verifier.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static void check_verifier(const struct scram_verifier *v)
{
    struct scram_verifier back;
    struct fault why;
    struct buf out;
    buf_init(&out, 1024);
    scram_verifier_write(v, &out);
    expect(!out.failed && scram_verifier_parse(buf_slice(&out), &back, &why));
    expect(back.iterations == v->iterations && back.salt_n == v->salt_n &&
           memcmp(back.salt, v->salt, v->salt_n) == 0 &&
           memcmp(back.stored_key, v->stored_key, sizeof v->stored_key) == 0 &&
           memcmp(back.server_key, v->server_key, sizeof v->server_key) == 0);
    buf_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf why;
    struct scram_verifier v;
    struct fault fault = { 0 };
    struct slice text = { data, size };
    buf_init(&why, 4096);
    struct passwd_file *file = passwd_parse("f", text, &why);
    expect((file != NULL) == (buf_size(&why) == 0));
    for (size_t i = 0; file && i < passwd_count(file); i++) {
        const struct passwd_entry *entry = passwd_at(file, i);
        expect(passwd_find(file, entry->name) == entry);
        expect(!entry->hash || strlen(entry->hash) <= size);
        if (entry->scram.present)
            check_verifier(&entry->scram);
    }
    passwd_free(file);
    buf_clear(&why);
    if (scram_verifier_parse(text, &v, &fault))
        check_verifier(&v);
    else
        expect(fault.what && fault.at <= size);
    return 0;
}
