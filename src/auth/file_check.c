/* SPDX-License-Identifier: ISC
 *
 * PLAIN and LOGIN against the account file: the cache first, then the hash on the pool.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <crypt.h>
#include <sodium.h>

#include "auth/file_internal.h"
#include "auth/verifier.h"
#include "base/secret.h"

/* What a stranger's guess costs while the file has no account to copy the price from. */
#define STAND_IN_SETTING "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$"
#define STAND_IN_TRIES   16

struct file_check {
    struct thread_job job;
    struct file_backend *backend;
    struct auth_question *question; /* NULL: cancelled */
    const char *reason;
    bool known; /* checked against its own account, not a stand-in */
    bool right, broken;
    uint8_t cache_key[CACHE_KEY];
    uint8_t account[AUTH_NAME_MAX];
    size_t account_n;
    struct scram_verifier scram; /* used when there is no hash */
    char *hash;
    char password[SASL_PASSWORD_MAX + 1];
};

static void check_free(struct file_check *check)
{
    if (check->hash)
        secret_wipe(check->hash, strlen(check->hash));
    free(check->hash);
    secret_wipe(check, sizeof *check);
    free(check);
}

static void check_crypt(struct file_check *check)
{
    struct crypt_data *data = calloc(1, sizeof *data);
    errno = 0;
    const char *hash = data ? crypt_r(check->password, check->hash, data) : NULL;
    check->broken = !data || errno == ENOMEM;
    check->right =
        hash && hash[0] != '*' && secret_equal(slice_of_str(hash), slice_of_str(check->hash));
    if (data)
        secret_wipe(data, sizeof *data);
    free(data);
}

/* On a pool thread. */
static void check_work(struct thread_job *job)
{
    struct file_check *check = CONTAINER_OF(job, struct file_check, job);
    if (check->hash)
        check_crypt(check);
    else
        check->right = scram_verifier_check(&check->scram, check->password);
    secret_wipe(check->password, sizeof check->password);
}

static void check_answer(struct file_check *check)
{
    struct auth_answer answer = { .outcome = AUTH_FAILED, .reason = check->reason };
    if (check->broken) {
        answer.outcome = AUTH_UNAVAILABLE;
        answer.reason = "no memory for a password hash";
    } else if (check->right && check->known) {
        answer = (struct auth_answer){ .outcome = AUTH_OK,
                                       .account = { check->account, check->account_n } };
    }
    auth_answer_now(check->question, &answer);
}

static void check_done(struct thread_job *job)
{
    struct file_check *check = CONTAINER_OF(job, struct file_check, job);
    struct file_backend *f = check->backend;
    f->jobs--;
    if (!f->closed && check->right && check->known)
        cache_put(f->cache, check->cache_key, loop_now_us(f->base.loop));
    if (!f->closed && check->question)
        check_answer(check);
    check_free(check);
    file_free_if_done(f);
}

/* A name without an account costs the hash of some account, always the same one for that name, so
 * that time does not tell whether it has one. */
static const struct passwd_entry *find_stand_in(const struct file_backend *f, struct slice name)
{
    uint8_t digest[crypto_generichash_BYTES_MIN];
    uint64_t at;
    size_t count = passwd_count(f->accounts);
    (void)crypto_generichash(digest, sizeof digest, name.p, name.n, f->salt_key,
                             sizeof f->salt_key); /* the sizes are legal */
    memcpy(&at, digest, sizeof at);
    for (size_t i = 0; i < count && i < STAND_IN_TRIES; i++) {
        const struct passwd_entry *entry = passwd_at(f->accounts, (size_t)((at + i) % count));
        if (entry->hash || entry->scram.present)
            return entry;
    }
    return NULL;
}

static struct file_check *check_new(const struct passwd_entry *against, struct slice password)
{
    struct file_check *check = calloc(1, sizeof *check);
    if (!check)
        return NULL;
    if (against && !against->hash)
        check->scram = against->scram;
    else
        check->hash = strdup(against ? against->hash : STAND_IN_SETTING);
    memcpy(check->password, password.p, password.n);
    check->job = (struct thread_job){ .work = check_work, .done = check_done };
    if (check->hash || check->scram.present)
        return check;
    check_free(check);
    return NULL;
}

static struct slice stored_of(const struct passwd_entry *entry)
{
    if (entry->hash)
        return slice_of_str(entry->hash);
    return (struct slice){ entry->scram.stored_key, sizeof entry->scram.stored_key };
}

/* entry NULL: no account to log in to. */
static struct file_check *check_prepare(struct file_backend *f, const struct passwd_entry *entry,
                                        const struct auth_password *p)
{
    struct file_check *check = check_new(entry ? entry : find_stand_in(f, p->name), p->password);
    if (!check)
        return NULL;
    check->backend = f;
    check->known = entry != NULL;
    check->reason = entry ? "wrong password" : "no such account, or a locked one";
    if (entry) {
        cache_key(f->cache, entry->name, p->password, stored_of(entry), check->cache_key);
        memcpy(check->account, entry->name.p, entry->name.n);
        check->account_n = entry->name.n;
    }
    return check;
}

static void check_start(struct file_backend *f, struct auth_question *q, struct file_check *check)
{
    if (thread_pool_submit(f->base.threads, &check->job) != 0) {
        check_free(check);
        auth_unavailable_later(&f->base, q, "too many password checks wait");
        return;
    }
    f->jobs++;
    check->question = q;
    q->id = FILE_CHECK;
    q->backend_data = check;
}

static bool is_cached(struct file_backend *f, const struct passwd_entry *entry,
                      struct slice password)
{
    uint8_t key[CACHE_KEY];
    if (!f->cache)
        return false;
    cache_key(f->cache, entry->name, password, stored_of(entry), key);
    bool cached = cache_has(f->cache, key, loop_now_us(f->base.loop));
    secret_wipe(key, sizeof key);
    return cached;
}

void file_password(struct auth_backend *b, struct auth_question *q,
                   const struct auth_facts *facts UNUSED, const struct auth_password *p)
{
    struct file_backend *f = file_of(b);
    file_look(f);
    const struct passwd_entry *entry = file_find(f, p->name);
    if (entry && !entry->hash && !entry->scram.present)
        entry = NULL;
    if (!file_may_act_as(f, p->name, p->authorize)) {
        auth_fail_later(b, q, "may not act as another account");
    } else if (entry && is_cached(f, entry, p->password)) {
        auth_answer_later(b, q,
                          &(struct auth_answer){ .outcome = AUTH_OK, .account = entry->name });
    } else {
        struct file_check *check = check_prepare(f, entry, p);
        if (check)
            check_start(f, q, check);
        else
            auth_unavailable_later(b, q, "out of memory");
    }
}

void file_password_cancel(struct auth_question *q)
{
    struct file_check *check = q->backend_data;
    check->question = NULL; /* freed when the pool is through with it */
}
