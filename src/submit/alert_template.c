/* SPDX-License-Identifier: ISC */
#include "submit/alert_internal.h"

#include "base/clock.h"

#define SUBJECT_MAX 200

#define FACTS              \
    "Account: {account}\n" \
    "Time:    {time}\n"    \
    "Device:  {device}\n"  \
    "Place:   {place}\n"

#define NOT_YOU "If this was not you, change your password now and tell your postmaster.\n"

/* clang-format off */
static const char *const builtin[DEVICE_ALERT_COUNT] = {
    [DEVICE_ALERT_NEW_DEVICE] =
        "Subject: A new device signed in to {account}\n\n"
        "A device or a place that was not known before has signed in to your mail account:\n\n"
        FACTS "\nIf this was you, there is nothing to do.\n" NOT_YOU,
    [DEVICE_ALERT_WRONG_DEVICE] =
        "Subject: Somebody has the password of {account}\n\n"
        "Somebody gave the right password of your mail account, from a device that may not use it,\n"
        "and was turned away:\n\n"
        FACTS "\nIf this was you, ask your postmaster to approve the device.\n" NOT_YOU,
    [DEVICE_ALERT_ATTACK] =
        "Subject: Attempts to break into {account}\n\n"
        "Somebody guesses the password of your mail account. Until it ends, only devices and places\n"
        "that were used before can sign in. Yours are not affected.\n\n"
        FACTS "\nThere is nothing to do. A long password that is used nowhere else stays safe.\n",
    [DEVICE_ALERT_REVOKED] =
        "Subject: A device of {account} was locked out\n\n"
        "A device can no longer use your mail account:\n\n"
        FACTS "Reason:  {reason}\n\nIf it is yours, ask your postmaster.\n",
    [DEVICE_ALERT_TWO_PLACES] =
        "Subject: A device of {account} in two places\n\n"
        "The same device seems to use your mail account from two places at a time. Its identity may\n"
        "have been copied.\n\n"
        FACTS "\n" NOT_YOU,
    [DEVICE_ALERT_MANY_ACCOUNTS] =
        "Subject: A device uses {account} and others\n\n"
        "A device that used your mail account has used those of others too:\n\n"
        FACTS "\nThat is normal for a computer that is shared.\n" NOT_YOU,
    [DEVICE_ALERT_LIMIT] =
        "Subject: Unusual use of {account}\n\n"
        "There is more going on at your mail account than is usual:\n\n"
        FACTS "Reason:  {reason}\n\n" NOT_YOU,
};
/* clang-format on */

struct slice alert_template_builtin(enum device_alert kind)
{
    const char *text = (unsigned)kind < DEVICE_ALERT_COUNT ? builtin[kind] : NULL;
    return slice_of_str(text ? text : builtin[DEVICE_ALERT_LIMIT]);
}

/* ---- values ---- */

static bool is_control(uint8_t c)
{
    return c < 0x20 || c == 0x7f;
}

void alert_append_clean(struct buf *out, struct slice text)
{
    bool utf8 = slice_is_utf8(text);
    for (size_t i = 0; i < text.n; i++)
        buf_append_byte(out,
                        is_control(text.p[i]) || (!utf8 && text.p[i] >= 0x80) ? '?' : text.p[i]);
}

static void write_account(struct buf *out, const struct alert *a)
{
    alert_append_clean(out, a->account.n ? a->account : SLICE("all accounts"));
}

static void write_time(struct buf *out, const struct alert *a)
{
    clock_write_mail_date(out, a->wall_us);
}

static void write_device(struct buf *out, const struct alert *a)
{
    alert_append_clean(out, a->label.n  ? a->label
                            : a->type.n ? a->type
                                        : SLICE("one that does not identify itself"));
}

static void write_place(struct buf *out, const struct alert *a)
{
    char text[DEVICE_NETWORK_TEXT_MAX];
    const char *place = a->location.name[0]      ? a->location.name
                        : a->location.country[0] ? a->location.country
                                                 : device_network_text(&a->network, text);
    alert_append_clean(out, slice_of_str(place));
}

static void write_reason(struct buf *out, const struct alert *a)
{
    alert_append_clean(out, a->reason);
}

static void write_kind(struct buf *out, const struct alert *a)
{
    buf_append_str(out, device_alert_text(a->kind));
}

static const struct placeholder {
    struct slice name;
    void (*write)(struct buf *, const struct alert *);
} placeholders[] = {
    { SLICE_INIT("account"), write_account }, { SLICE_INIT("time"), write_time },
    { SLICE_INIT("device"), write_device },   { SLICE_INIT("place"), write_place },
    { SLICE_INIT("reason"), write_reason },   { SLICE_INIT("kind"), write_kind },
};

static const struct placeholder *find(struct slice name)
{
    for (size_t i = 0; i < ARRAY_SIZE(placeholders); i++)
        if (slice_equal(placeholders[i].name, name))
            return &placeholders[i];
    return NULL;
}

/* ---- templates ---- */

static struct slice line_of(struct slice text, struct slice *rest)
{
    struct slice line;
    (void)slice_cut(text, '\n', &line, rest);
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    return line;
}

void alert_template_split(struct slice text, struct slice *subject, struct slice *body)
{
    struct slice rest;
    *subject = slice_trim(slice_from(line_of(text, &rest), sizeof "Subject:" - 1));
    (void)line_of(rest, body);
}

static bool fault(struct fault *why, size_t at, const char *what)
{
    *why = (struct fault){ at, what };
    return false;
}

static bool check_bytes(struct slice text, struct fault *why)
{
    if (text.n > ALERT_TEMPLATE_MAX)
        return fault(why, 0, "too long");
    for (size_t i = 0; i < text.n; i++) {
        bool end =
            text.p[i] == '\n' || (text.p[i] == '\r' && i + 1 < text.n && text.p[i + 1] == '\n');
        if (is_control(text.p[i]) && !end && text.p[i] != '\t')
            return fault(why, i, "a control character");
    }
    return slice_is_utf8(text) || fault(why, 0, "not UTF-8");
}

static bool check_braces(struct slice text, struct fault *why)
{
    for (size_t i = 0; i < text.n; i++) {
        struct slice name, rest;
        if (text.p[i] != '{')
            continue;
        if (i + 1 < text.n && text.p[i + 1] == '{') {
            i++;
            continue;
        }
        if (!slice_cut(slice_from(text, i + 1), '}', &name, &rest) || !find(name))
            return fault(why, i,
                         "no placeholder; there are {account} {time} {device} {place} {reason} "
                         "{kind}, and {{ for a brace");
        i += name.n + 1;
    }
    return true;
}

bool alert_template_check(struct slice text, struct fault *why)
{
    struct slice rest, body, subject = line_of(text, &rest);
    if (!check_bytes(text, why))
        return false;
    if (!slice_starts_nocase(subject, SLICE("Subject:")) ||
        slice_trim(slice_from(subject, sizeof "Subject:" - 1)).n == 0)
        return fault(why, 0, "the first line is not \"Subject: ...\"");
    if (subject.n > SUBJECT_MAX)
        return fault(why, SUBJECT_MAX, "the subject is too long");
    if (line_of(rest, &body).n || body.n == 0)
        return fault(why, text.n - rest.n, "not an empty line and a text behind the subject");
    return check_braces(text, why);
}

void alert_template_fill(struct buf *out, struct slice part, const struct alert *alert)
{
    struct slice head, name;
    while (slice_cut(part, '{', &head, &part)) {
        buf_append(out, head);
        if (part.n && part.p[0] == '{') {
            buf_append_byte(out, '{');
            part = slice_from(part, 1);
            continue;
        }
        (void)slice_cut(part, '}', &name, &part);
        const struct placeholder *p = find(name);
        if (p)
            p->write(out, alert);
    }
    buf_append(out, head);
}
