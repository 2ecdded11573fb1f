/* SPDX-License-Identifier: ISC
 *
 * The map file, and the From fields against it: "map NUL account NUL From". A refused map names a
 * line; what every policy allows of a From each of its addresses is allowed.
 */
#include "property.h"
#include "submit/sender.h"

static void check_from(const struct sender_policy *policy, struct slice account, struct slice from)
{
    bool allowed = sender_from_allowed(policy, account, from, 1);
    must(sender_from_allowed(policy, account, from, 0));
    if (sender_is_restricted(policy, account))
        must(!sender_from_allowed(policy, account, from, 2));
    else
        must(allowed);
}

static void check_address(const struct sender_policy *policy, struct slice account,
                          struct slice address)
{
    struct smtp_path path;
    struct fault why;
    if (!smtp_mailbox_parse(address, &path, &why))
        return;
    bool allowed = sender_allowed(policy, account, &path);
    /* A From of one plain address is judged as the envelope is. */
    if (slice_has(path.local, '"') || path.utf8 || slice_has(path.domain, '['))
        return;
    must(sender_from_allowed(policy, account, address, 1) == allowed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text, account, from, all = { data, size };
    struct buf why;
    (void)slice_cut(all, 0, &text, &all);
    (void)slice_cut(all, 0, &account, &from);
    buf_init(&why, 1024);
    struct sender_map *map = sender_map_parse("map", text, &why);
    must((map == NULL) == slice_starts(buf_slice(&why), SLICE("map:")));
    for (int mode = CONF_SENDER_AUTO; mode <= CONF_SENDER_MAP; mode++) {
        struct sender_policy policy = { (enum conf_sender)mode, map, SLICE("example.net") };
        check_from(&policy, account, from);
        check_address(&policy, account, from);
    }
    sender_map_free(map);
    buf_clear(&why);
    return 0;
}
