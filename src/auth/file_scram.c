/* SPDX-License-Identifier: ISC
 *
 * SCRAM against the account file. A name without a verifier gets an invented one and fails at the
 * end, like a wrong password.
 */
#include <stdlib.h>
#include <string.h>

#include "auth/file_internal.h"
#include "base/secret.h"
#include "net/tls.h"

enum exchange_step { EXCHANGE_FIRST, EXCHANGE_PROOF, EXCHANGE_END };

struct exchange {
    struct scram *scram;
    enum exchange_step step; /* the client's message that is awaited */
    bool known;              /* an account with a verifier */
    uint8_t name[AUTH_NAME_MAX], account[AUTH_NAME_MAX];
    size_t name_n, account_n;
};

static void exchange_free(struct exchange *x)
{
    scram_free(x->scram);
    free(x);
}

static void finish(struct file_backend *f, struct auth_question *q, struct auth_answer answer)
{
    struct exchange *x = TAKE(q->backend_data);
    answer.name = (struct slice){ x->name, x->name_n };
    auth_answer_later(&f->base, q, &answer);
    exchange_free(x);
}

static void refuse(struct file_backend *f, struct auth_question *q, const char *reason)
{
    finish(f, q, (struct auth_answer){ .outcome = AUTH_FAILED, .reason = reason });
}

static void challenge(struct file_backend *f, struct auth_question *q, struct slice bytes)
{
    auth_answer_later(&f->base, q,
                      &(struct auth_answer){ .outcome = AUTH_CHALLENGE, .challenge = bytes });
}

static void find_verifier(struct file_backend *f, struct exchange *x, struct slice name,
                          struct scram_verifier *out)
{
    const struct passwd_entry *entry = file_find(f, name);
    struct slice account = entry ? entry->name : name;
    memcpy(x->name, name.p, name.n);
    x->name_n = name.n;
    memcpy(x->account, account.p, account.n);
    x->account_n = account.n;
    x->known = entry && entry->scram.present;
    if (x->known)
        *out = entry->scram;
    else
        scram_verifier_invent(out, f->salt_key, auth_bare_name(&f->base, name));
}

/* Returns why not, or NULL. */
static const char *begin(struct file_backend *f, struct exchange *x, struct slice first,
                         struct buf *out)
{
    struct scram_verifier verifier;
    const char *reason = "bad client-first-message";
    CLEANUP(buf_clear) struct buf name;
    buf_init(&name, AUTH_NAME_MAX);
    if (!scram_name(first, &name))
        return reason;
    find_verifier(f, x, buf_slice(&name), &verifier);
    bool good = scram_begin(x->scram, first, &verifier, out, &reason);
    secret_wipe(&verifier, sizeof verifier);
    if (!good)
        return reason;
    struct slice authorize = slice_of_str(scram_authorize(x->scram));
    return file_may_act_as(f, buf_slice(&name), authorize) ? NULL
                                                           : "may not act as another account";
}

static void on_first(struct file_backend *f, struct auth_question *q, struct slice first)
{
    struct exchange *x = q->backend_data;
    CLEANUP(buf_clear) struct buf out;
    buf_init(&out, AUTH_MESSAGE_MAX);
    const char *reason = begin(f, x, first, &out);
    if (reason) {
        refuse(f, q, reason);
        return;
    }
    x->step = EXCHANGE_PROOF;
    challenge(f, q, buf_slice(&out));
}

static void on_proof(struct file_backend *f, struct auth_question *q, struct slice message)
{
    struct exchange *x = q->backend_data;
    const char *reason;
    CLEANUP(buf_clear) struct buf out;
    buf_init(&out, AUTH_MESSAGE_MAX);
    bool good = scram_prove(x->scram, message, &out, &reason);
    if (!x->known) {
        refuse(f, q, "no such account, or one without a SCRAM verifier");
    } else if (!good) {
        refuse(f, q, reason);
    } else {
        x->step = EXCHANGE_END;
        challenge(f, q, buf_slice(&out)); /* RFC 4954 §4: the server's last word is a 334 too */
    }
}

static void on_end(struct file_backend *f, struct auth_question *q, struct slice response)
{
    struct exchange *x = q->backend_data;
    if (response.n)
        refuse(f, q, "bytes after the end of SCRAM");
    else
        finish(f, q,
               (struct auth_answer){ .outcome = AUTH_OK, .account = { x->account, x->account_n } });
}

void file_exchange_proceed(struct auth_backend *b, struct auth_question *q, struct slice response)
{
    struct file_backend *f = file_of(b);
    struct exchange *x = q->backend_data;
    switch (x->step) {
    case EXCHANGE_FIRST: on_first(f, q, response); break;
    case EXCHANGE_PROOF: on_proof(f, q, response); break;
    case EXCHANGE_END: on_end(f, q, response); break;
    }
}

static struct exchange *exchange_new(struct file_backend *f, bool plus, const uint8_t *binding)
{
    struct exchange *x = calloc(1, sizeof *x);
    if (!x)
        return NULL;
    x->scram = scram_new(f->scram, plus, binding);
    if (x->scram)
        return x;
    free(x);
    return NULL;
}

void file_exchange(struct auth_backend *b, struct auth_question *q, const struct auth_facts *facts,
                   struct slice mechanism, struct slice initial)
{
    struct file_backend *f = file_of(b);
    uint8_t binding[SCRAM_BINDING];
    bool bound = facts->ssl && tls_exporter(facts->ssl, binding);
    bool plus = slice_ends_nocase(mechanism, SLICE("-PLUS"));
    if (plus && !bound) {
        auth_fail_later(b, q, "-PLUS without channel binding on this connection");
        return;
    }
    file_look(f);
    struct exchange *x = exchange_new(f, plus, bound ? binding : NULL);
    if (!x) {
        auth_unavailable_later(b, q, "out of memory");
        return;
    }
    q->id = FILE_EXCHANGE;
    q->backend_data = x;
    if (initial.p)
        on_first(f, q, initial);
    else
        challenge(f, q, (struct slice){ 0 });
}

void file_exchange_cancel(struct auth_question *q)
{
    exchange_free(q->backend_data);
}
