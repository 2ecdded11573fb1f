/* SPDX-License-Identifier: ISC */
#include "property.h"

#include "smtp/path.h"

static void check_parts(struct slice in, const struct smtp_path *path)
{
    uint8_t room[SMTP_LOCAL_MAX + 2];
    must(inside(in, path->mailbox) && inside(in, path->local) && inside(in, path->domain));
    must(path->mailbox.n <= SMTP_PATH_MAX - 2 && path->local.n <= SMTP_LOCAL_MAX);
    must(path->domain.n <= SMTP_DOMAIN_MAX && slice_is_utf8(path->mailbox));
    must(path->utf8 == !slice_is_ascii(path->mailbox));
    must(path->domain.n == 0 || smtp_is_domain(path->domain));
    must(smtp_local_unquote(path->local, room).n <= path->local.n);
    must(smtp_mailbox_equal(path, path, false));
    for (size_t i = 0; i < path->mailbox.n; i++)
        must(path->mailbox.p[i] >= 0x20 && path->mailbox.p[i] != 0x7f);
}

/* What a path holds is a mailbox, and reads as the same one alone. */
static void check_mailbox(const struct smtp_path *path)
{
    struct smtp_path again;
    struct fault why;
    must(smtp_mailbox_parse(path->mailbox, &again, &why));
    must(slice_equal(again.local, path->local) && slice_equal(again.domain, path->domain));
    must(smtp_mailbox_equal(path, &again, false));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size }, rest = { 0 };
    struct smtp_path path;
    struct fault why = { 0 };
    enum smtp_path_kind kind = choice(&in) & 1 ? SMTP_FORWARD : SMTP_REVERSE;
    if (smtp_path_parse(in, kind, &path, &rest, &why)) {
        check_parts(in, &path);
        must(inside(in, rest) && (rest.n == 0 || rest.p[0] == ' '));
        must(path.mailbox.n || kind == SMTP_REVERSE);
        if (path.domain.n)
            check_mailbox(&path);
    } else {
        must(is_fault(in, &why));
    }
    if (smtp_mailbox_parse(in, &path, &why))
        check_parts(in, &path);
    else
        must(is_fault(in, &why));
    (void)smtp_is_domain(in); /* any answer, no over-read */
    return 0;
}
