/* SPDX-License-Identifier: ISC */
#include "auth/auth.h"

#include <stdlib.h>
#include <string.h>

#include "auth/backend.h"
#include "base/check.h"
#include "base/secret.h"

#define SPARE_MAX \
    64 /* answer records kept for the next turn, so that a cache hit allocates nothing */

struct auth_later {
    struct auth_later *next;
    struct auth_question *question; /* NULL: cancelled */
    struct auth_answer answer;      /* its slices point below, or into challenge */
    uint8_t account[AUTH_NAME_MAX], name[AUTH_NAME_MAX];
    struct buf challenge;
};

static struct auth_later *later_take(struct auth_backend *b)
{
    struct auth_later *later = b->spare;
    if (!later)
        return calloc(1, sizeof *later);
    b->spare = later->next;
    b->spare_n--;
    return later;
}

static void later_give(struct auth_backend *b, struct auth_later *later)
{
    buf_wipe(&later->challenge);
    if (b->spare_n >= SPARE_MAX) {
        free(later);
        return;
    }
    later->next = b->spare;
    b->spare = later;
    b->spare_n++;
}

static void later_free_all(struct auth_later *list)
{
    while (list) {
        struct auth_later *next = list->next;
        buf_wipe(&list->challenge);
        free(list);
        list = next;
    }
}

static void answer_all(struct loop_task *task)
{
    struct auth_backend *b = CONTAINER_OF(task, struct auth_backend, answer_task);
    while (b->first) {
        struct auth_later *later = b->first;
        b->first = later->next;
        if (!b->first)
            b->last = NULL;
        if (later->question)
            auth_answer_now(later->question, &later->answer);
        later_give(b, later);
    }
}

void auth_answer_now(struct auth_question *q, const struct auth_answer *answer)
{
    CHECK(q->open);
    q->open = false;
    if (answer->outcome != AUTH_CHALLENGE)
        q->backend_data = NULL;
    q->on_answer(q, answer);
}

static struct slice keep_name(uint8_t out[AUTH_NAME_MAX], struct slice name)
{
    name = slice_first(name, AUTH_NAME_MAX);
    if (name.n)
        memcpy(out, name.p, name.n);
    return (struct slice){ out, name.n };
}

void auth_answer_later(struct auth_backend *b, struct auth_question *q,
                       const struct auth_answer *answer)
{
    struct auth_later *later = later_take(b);
    CHECK(later); /* 600 bytes: a process without them cannot answer anything */
    later->next = NULL;
    later->question = q;
    later->answer = *answer;
    later->answer.account = keep_name(later->account, answer->account);
    later->answer.name = keep_name(later->name, answer->name);
    buf_init(&later->challenge, AUTH_MESSAGE_MAX);
    buf_append(&later->challenge, answer->challenge);
    later->answer.challenge = buf_slice(&later->challenge);
    if (b->last)
        b->last->next = later;
    else
        b->first = later;
    b->last = later;
    loop_defer(b->loop, &b->answer_task);
}

void auth_fail_later(struct auth_backend *b, struct auth_question *q, const char *reason)
{
    auth_answer_later(b, q, &(struct auth_answer){ .outcome = AUTH_FAILED, .reason = reason });
}

void auth_unavailable_later(struct auth_backend *b, struct auth_question *q, const char *reason)
{
    auth_answer_later(b, q, &(struct auth_answer){ .outcome = AUTH_UNAVAILABLE, .reason = reason });
}

bool auth_backend_init(struct auth_backend *b, const struct auth_ops *ops,
                       const struct auth_setup *setup, const char *path)
{
    *b = (struct auth_backend){
        .ops = ops, .loop = setup->loop, .threads = setup->threads, .answer_task.run = answer_all
    };
    b->path = strdup(path);
    b->realm = setup->realm && *setup->realm ? strdup(setup->realm) : NULL;
    b->service = strdup(setup->service ? setup->service : "smtp");
    return b->path && b->service && (b->realm || !setup->realm || !*setup->realm);
}

void auth_backend_clear(struct auth_backend *b)
{
    if (b->answer_task.queued)
        loop_undefer(b->loop, &b->answer_task);
    later_free_all(b->first);
    later_free_all(b->spare);
    b->first = b->last = b->spare = NULL;
    free(TAKE(b->path));
    free(TAKE(b->realm));
    free(TAKE(b->service));
}

struct slice auth_bare_name(const struct auth_backend *b, struct slice name)
{
    struct slice local, domain;
    if (b->realm && slice_cut_last(name, '@', &local, &domain) && local.n &&
        slice_equal_nocase(domain, slice_of_str(b->realm)))
        return local;
    return name;
}

bool auth_same_name(const struct auth_backend *b, struct slice x, struct slice y)
{
    return slice_equal_nocase(auth_bare_name(b, x), auth_bare_name(b, y));
}

struct auth_backend *auth_open(const struct auth_setup *setup, struct buf *why)
{
    static const struct {
        struct slice prefix;
        struct auth_backend *(*open)(const struct auth_setup *, const char *, struct buf *);
    } kinds[] = {
        { SLICE_INIT("dovecot:"), dovecot_open },
        { SLICE_INIT("file:"), file_open },
        { SLICE_INIT("saslauthd:"), saslauthd_open },
    };
    struct slice spec = slice_of_str(setup->spec);
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        if (slice_starts(spec, kinds[i].prefix) && spec.n > kinds[i].prefix.n)
            return kinds[i].open(setup, setup->spec + kinds[i].prefix.n, why);
    buf_printf(why, "auth: \"%s\" is none of dovecot:PATH, file:PATH, saslauthd:PATH",
               setup->spec ? setup->spec : "");
    return NULL;
}

void auth_close(struct auth_backend *backend)
{
    if (backend)
        backend->ops->close(backend);
}

struct slice auth_mechanisms(struct auth_backend *backend, bool channel_binding)
{
    return backend->ops->mechanisms(backend, channel_binding);
}

static bool is_name(struct slice name)
{
    return name.n > 0 && name.n <= AUTH_NAME_MAX && !slice_has(name, 0) && slice_is_utf8(name);
}

int auth_account_exists(struct auth_backend *backend, struct slice name)
{
    return is_name(name) ? backend->ops->exists(backend, name) : 0;
}

static void open_question(struct auth_question *q)
{
    CHECK(!q->open);
    q->open = true;
}

void auth_check(struct auth_backend *backend, struct auth_question *q,
                const struct auth_facts *facts, struct slice mechanism UNUSED,
                struct slice authorize, struct slice name, struct slice password)
{
    open_question(q);
    q->backend_data = NULL;
    if (!is_name(name) || (authorize.n && !is_name(authorize)))
        auth_fail_later(backend, q, "bad account name");
    else if (password.n == 0 || password.n > SASL_PASSWORD_MAX || slice_has(password, 0))
        auth_fail_later(backend, q, "empty, over-long or malformed password");
    else
        backend->ops->check(backend, q, facts,
                            &(struct auth_password){ authorize, name, password });
}

static bool has_word(struct slice words, struct slice wanted)
{
    struct slice word;
    while (words.n) {
        (void)slice_cut(words, ' ', &word, &words); /* the last one has no space behind it */
        if (slice_equal_nocase(word, wanted))
            return true;
    }
    return false;
}

static bool is_exchange(struct auth_backend *backend, struct slice mechanism)
{
    return backend->ops->exchange && sasl_is_mechanism(mechanism) &&
           !slice_equal_nocase(mechanism, SLICE("PLAIN")) &&
           !slice_equal_nocase(mechanism, SLICE("LOGIN")) &&
           has_word(backend->ops->mechanisms(backend, true), mechanism);
}

void auth_exchange(struct auth_backend *backend, struct auth_question *q,
                   const struct auth_facts *facts, struct slice mechanism, struct slice initial)
{
    open_question(q);
    q->backend_data = NULL;
    if (!is_exchange(backend, mechanism))
        auth_fail_later(backend, q, "mechanism not offered");
    else if (initial.n > AUTH_MESSAGE_MAX)
        auth_fail_later(backend, q, "over-long message");
    else
        backend->ops->exchange(backend, q, facts, mechanism, initial);
}

void auth_continue(struct auth_backend *backend, struct auth_question *q, struct slice response)
{
    CHECK(q->backend_data);
    open_question(q);
    backend->ops->proceed(backend, q, response);
}

void auth_cancel(struct auth_backend *backend, struct auth_question *q)
{
    for (struct auth_later *later = backend->first; q->open && later; later = later->next)
        if (later->question == q)
            later->question = NULL;
    if (q->backend_data)
        backend->ops->cancel(backend, q);
    q->backend_data = NULL;
    q->open = false;
}
