/* SPDX-License-Identifier: ISC
 *
 * A masked report is safe to send: whoever has it and not the key can try no value. Equal things stay equal:
 * all that is an IP address has one domain of pseudonyms, so that an address given and the same one asked for
 * on another network are seen to be one; hardware addresses have theirs, wherever they stood.
 */
#include "audit/mask.h"

#include <stdlib.h>

#define SHOWN 16 /* characters of a pseudonym: 80 bits */

struct audit_mask {
    struct privacy *privacy;
    bool reveal;
};

struct audit_mask *audit_mask_open(const char *secret, bool reveal, struct buf *why)
{
    struct audit_mask *mask = calloc(1, sizeof *mask);
    if (!mask) {
        buf_append_str(why, "no memory for the mask");
        return NULL;
    }
    mask->reveal = reveal;
    mask->privacy = secret ? privacy_open(secret, NULL, 0, why) : privacy_open_random(why);
    if (mask->privacy)
        return mask;
    free(mask);
    return NULL;
}

void audit_mask_free(struct audit_mask *mask)
{
    if (!mask)
        return;
    privacy_free(mask->privacy);
    free(mask);
}

bool audit_mask_reveals(const struct audit_mask *mask)
{
    return mask->reveal;
}

static enum identifier_kind domain_of(enum identifier_kind kind)
{
    switch ((unsigned)kind) {
    case ID_ASSIGNED_ADDRESS:
    case ID_CURRENT_ADDRESS:
    case ID_REQUESTED_ADDRESS:
    case ID_LINK_SELECTION:
    case ID_SERVER_ADDRESS: return ID_CLIENT_ADDRESS;
    case ID_CLIENT_FQDN: return ID_HOST_NAME;
    default: return kind;
    }
}

/* "~1.k3v...": the key's number says nothing here. The context keeps these apart from the pseudonyms in logs
 * and stores that the same secret may have made. */
static void write_pseudonym(const struct audit_mask *mask, enum identifier_kind kind,
                            const char *prefix, struct slice text, struct buf *out)
{
    char letters[PSEUDONYM_TEXT_MAX];
    struct slice number, rest;
    struct pseudonym p = pseudonym_of(mask->privacy, kind,
                                      slice_of_str(prefix[0] == 'c' ? "audit-id" : "audit"), text);
    (void)slice_cut(slice_of_str(pseudonym_text(&p, letters)), '.', &number, &rest);
    buf_append_str(out, prefix);
    buf_append(out, slice_first(rest, SHOWN));
}

void audit_mask_write(const struct audit_mask *mask, enum identifier_kind kind, struct slice text,
                      struct buf *out)
{
    if (mask->reveal)
        buf_append(out, text);
    else if (text.n)
        write_pseudonym(mask, domain_of(kind), "~", text, out);
}

void audit_mask_id(const struct audit_mask *mask, struct slice hardware, struct buf *out)
{
    write_pseudonym(mask, ID_HARDWARE_ADDRESS, "c-", hardware, out);
}
