/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>

#include "dkim/encoding.h"
#include "dkim/signature.h"
#include "dkim/signer_internal.h"

#define LIST_MAX      256 /* names in a list of the caller's */
#define NAME_MAX_N    128 /* octets of one */
#define KEY_NAME_MORE (sizeof "._domainkey." - 1)

/* RFC 6376 §5.4.1; Sender, draft-allman-dkim-ssp-02 §5.2; List-Unsubscribe-Post, RFC 8058 §4; and what
 * decides how a body is shown. */
static const char *const default_fields[] = {
    "From",
    "Sender",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "To",
    "Cc",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Content-ID",
    "Content-Description",
    "Content-Disposition",
    "Content-Language",
    "Resent-Date",
    "Resent-From",
    "Resent-Sender",
    "Resent-To",
    "Resent-Cc",
    "Resent-Message-ID",
    "In-Reply-To",
    "References",
    "List-Id",
    "List-Help",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Subscribe",
    "List-Post",
    "List-Owner",
    "List-Archive",
    NULL,
};

/* What a second one of misleads (RFC 6376 §8.15). */
static const char *const default_oversign[] = {
    "From", "To", "Cc", "Subject", "Date", "Message-ID", "Content-Type", "MIME-Version", NULL,
};

const char *const *postern_dkim_sign_fields(void)
{
    return default_fields;
}

const char *const *postern_dkim_sign_oversign(void)
{
    return default_oversign;
}

void postern_dkim_sign_options_init(struct postern_dkim_sign_options *out)
{
    *out = (struct postern_dkim_sign_options){ .header = POSTERN_DKIM_RELAXED,
                                               .body = POSTERN_DKIM_RELAXED,
                                               .timestamp = 1 };
}

/* A field's name that a tag list can hold, and z= too. */
static bool is_name(struct slice name)
{
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] <= 0x20 || name.p[i] >= 0x7f || slice_has(SLICE(":;|"), name.p[i]))
            return false;
    return name.n > 0 && name.n <= NAME_MAX_N;
}

static bool has_name(const struct slice *names, size_t n, struct slice name)
{
    for (size_t i = 0; i < n; i++)
        if (slice_equal_nocase(names[i], name))
            return true;
    return false;
}

/* Each name once. 0, -EINVAL or -ENOMEM. */
static int copy_names(const char *const *names, size_t n, struct arena *arena,
                      const struct slice **out, size_t *out_n)
{
    if (n > LIST_MAX)
        return -EINVAL;
    struct slice *list = arena_alloc(arena, (n + 1) * sizeof *list);
    size_t copied = 0;
    for (size_t i = 0; list && i < n; i++) {
        struct slice name = slice_of_str(names[i]);
        if (!is_name(name))
            return -EINVAL;
        if (has_name(list, copied, name))
            continue;
        if (!arena_copy(arena, name, list + copied++))
            return -ENOMEM;
    }
    *out = list;
    *out_n = copied;
    return list ? 0 : -ENOMEM;
}

static size_t count(const char *const *names)
{
    size_t n = 0;
    while (names[n])
        n++;
    return n;
}

static int copy_lists(struct task *t, const struct postern_dkim_sign_options *o,
                      struct arena *arena)
{
    const char *const *fields = o->fields ? o->fields : default_fields;
    const char *const *oversign = o->oversign ? o->oversign : default_oversign;
    int error = copy_names(fields, o->fields ? o->fields_n : count(fields), arena, &t->fields,
                           &t->fields_n);
    if (error)
        return error;
    return copy_names(oversign, o->oversign ? o->oversign_n : count(oversign), arena, &t->oversign,
                      &t->oversign_n);
}

/* As verifiers read them: domain-name has two labels at least (RFC 6376 §3.5). */
static bool read_names(struct task *t, const struct postern_dkim_sign_options *o)
{
    return domain_parse(slice_of_str(o->domain), &t->domain) && domain_labels(&t->domain) > 1 &&
           domain_parse(slice_of_str(o->selector), &t->selector) &&
           t->domain.n + t->selector.n + KEY_NAME_MORE <= DOMAIN_MAX;
}

static bool is_printable(struct slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < 0x20 || text.p[i] == 0x7f)
            return false;
    return slice_is_utf8(text);
}

/* [ Local-part ] "@" domain-name, under d=. */
static int copy_identity(struct task *t, const char *identity, struct arena *arena)
{
    struct slice local, domain;
    struct domain at;
    struct buf text;
    if (!identity)
        return 0;
    if (!slice_cut_last(slice_of_str(identity), '@', &local, &domain) || !is_printable(local) ||
        !domain_parse(domain, &at) || !domain_within(&at, &t->domain))
        return -EINVAL;
    buf_init(&text, DKIM_SIGNATURE_I_MAX);
    dkim_quoted_encode(&text, local, 0);
    buf_append_byte(&text, '@');
    buf_append(&text, (struct slice){ (const uint8_t *)at.text, at.n });
    int error = text.failed ? -EINVAL : 0;
    if (!error && !arena_copy(arena, buf_slice(&text), &t->identity))
        error = -ENOMEM;
    buf_clear(&text);
    return error;
}

static bool set_times(struct task *t, const struct postern_dkim_sign_options *o)
{
    t->signed_at = o->timestamp ? o->now : -1;
    t->expires_at = -1;
    if (o->lifetime)
        return o->now >= 0 && o->lifetime > 0 &&
               !__builtin_add_overflow(o->now, o->lifetime, &t->expires_at);
    return o->now >= 0 || !o->timestamp;
}

int task_init(struct task *t, const struct postern_dkim_sign_options *options, struct arena *arena)
{
    t->header = options->header;
    t->body = options->body;
    t->copy_fields = options->copy_fields;
    if (!read_names(t, options) || !set_times(t, options))
        return -EINVAL;
    int error = copy_identity(t, options->identity, arena);
    return error ? error : copy_lists(t, options, arena);
}

/* ---- h= ---- */

static bool is_listed(const struct task *t, struct slice name)
{
    size_t n = t->names_n < DKIM_SIGNATURE_NAMES_MAX ? t->names_n : DKIM_SIGNATURE_NAMES_MAX;
    return has_name(t->names, n, name);
}

/* Each field of this name that is there, and one more where it is oversigned. */
static void list(struct task *t, const struct header *h, struct slice name)
{
    size_t n = header_count(h, name) + has_name(t->oversign, t->oversign_n, name);
    for (size_t i = 0; i < n; i++, t->names_n++)
        if (t->names_n < DKIM_SIGNATURE_NAMES_MAX)
            t->names[t->names_n] = name;
}

static void list_all(struct task *t, const struct header *h, const struct slice *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!is_listed(t, names[i]))
            list(t, h, names[i]);
}

int task_choose(struct task *t, const struct header *h, struct arena *arena)
{
    static const struct slice from = SLICE_INIT("From");
    t->names = arena_alloc(arena, DKIM_SIGNATURE_NAMES_MAX * sizeof *t->names);
    if (!t->names)
        return -ENOMEM;
    list(t, h, from);
    if (!t->names_n) /* RFC 6376 §5.4: MUST be signed. There is none, and none shall be added */
        t->names[t->names_n++] = from;
    list_all(t, h, t->fields, t->fields_n);
    list_all(t, h, t->oversign, t->oversign_n);
    return t->names_n > DKIM_SIGNATURE_NAMES_MAX ? -E2BIG : 0;
}
