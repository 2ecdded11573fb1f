/* SPDX-License-Identifier: ISC
 *
 * One letter and one line for what the rules found of a client.
 */
#include "audit/conduct_internal.h"

enum { MOST_A = 5, MOST_B = 25, MOST_C = 65 };

static bool broken(const struct audit_conduct *c, enum conduct_rule rule)
{
    return c->count[rule][AUDIT_VIOLATES] > 0;
}

static int points(const struct audit_conduct *c)
{
    int sum = 0;
    sum += broken(c, A9_CLIENT_ID) ? 40 : 0;
    sum += broken(c, A6_CLIENT_ADDRESS) ? 40 : 0;
    sum += broken(c, A13_PXE) ? 40 : 0;
    sum += broken(c, A11_HOST_NAME) || broken(c, A12_FQDN) ? 20 : 0;
    sum += broken(c, A14_CLASSES) ? 15 : 0;
    sum += broken(c, A8_HARDWARE_ADDRESS) ? 15 : 0;
    sum += broken(c, A7_REQUESTED_ADDRESS) ? 10 : 0;
    sum +=
        broken(c, A2_NOTHING_ELSE) || broken(c, A5_INFORM) || broken(c, A15_OTHER_OPTIONS) ? 5 : 0;
    sum += broken(c, A10_PARAMETER_LIST) ? 5 : 0;
    sum += broken(c, A3_REQUEST) || broken(c, A4_DECLINE_RELEASE) ? 5 : 0;
    sum += broken(c, A1_OPTION_ORDER) ? 3 : 0;
    return sum;
}

/* What stays when the hardware address changes. */
static bool stays(const struct audit_conduct *c)
{
    return broken(c, A9_CLIENT_ID) || broken(c, A11_HOST_NAME) || broken(c, A12_FQDN) ||
           conduct_proved(c, PXE_UUID);
}

char audit_grade(const struct audit_client *client)
{
    const struct audit_conduct *c = client->conduct;
    int sum;
    if (!c)
        return '-';
    if (broken(c, A9_CLIENT_ID))
        return 'F';
    if (broken(c, A6_CLIENT_ADDRESS) || broken(c, A13_PXE))
        return stays(c) ? 'F' : 'E';
    sum = points(c);
    if (sum <= MOST_A)
        return 'A';
    if (sum <= MOST_B)
        return 'B';
    return sum <= MOST_C ? 'C' : 'D';
}

struct thing {
    bool sent;
    const char *name;
};

/* "sends its host name, FQDN and vendor class" */
static bool say_sent(const struct thing *things, size_t n, struct buf *out)
{
    size_t last = n, said = 0;
    for (size_t i = 0; i < n; i++)
        if (things[i].sent)
            last = i;
    for (size_t i = 0; i < n; i++) {
        if (!things[i].sent)
            continue;
        buf_append_str(out, said == 0 ? "sends its " : i == last ? " and " : ", ");
        buf_append_str(out, things[i].name);
        said++;
    }
    return said > 0;
}

static bool say_identifiers(const struct audit_conduct *c, struct buf *out)
{
    const struct thing things[] = {
        { broken(c, A11_HOST_NAME), "host name" },
        { broken(c, A12_FQDN), "FQDN" },
        { conduct_proved(c, VENDOR_CLASS) || conduct_proved(c, VI_CLASS), "vendor class" },
        { conduct_proved(c, USER_CLASS), "user class" },
        { conduct_proved(c, VENDOR_INFORMATION) || conduct_proved(c, VI_INFORMATION),
          "vendor information" },
        { conduct_proved(c, PXE_UUID), "machine's UUID" },
        { conduct_proved(c, PXE_ARCHITECTURE) || conduct_proved(c, PXE_INTERFACE), "architecture" },
        { conduct_proved(c, MUD_URL_SENT), "MUD URL" },
        { broken(c, A7_REQUESTED_ADDRESS) || broken(c, A6_CLIENT_ADDRESS), "former address" },
    };
    return say_sent(things, ARRAY_SIZE(things), out);
}

static const char *client_id_words(const struct audit_conduct *c)
{
    if (broken(c, A9_CLIENT_ID))
        return "its client-id outlives its hardware address";
    if (!c->has_client_id)
        return "it has no client-id";
    if (c->count[A9_CLIENT_ID][AUDIT_CANNOT_TELL])
        return "its client-id cannot be judged";
    return "its client-id is its hardware address";
}

static bool told_apart(const struct audit_conduct *c)
{
    return broken(c, A1_OPTION_ORDER) || broken(c, A2_NOTHING_ELSE) || broken(c, A5_INFORM) ||
           broken(c, A10_PARAMETER_LIST) || broken(c, A15_OTHER_OPTIONS);
}

void audit_grade_text(const struct audit_client *client, struct buf *out)
{
    const struct audit_conduct *c = client->conduct;
    char grade = audit_grade(client);
    buf_printf(out, "%c: ", grade);
    if (!c) {
        buf_append_str(out, "sent nothing that can be judged");
        return;
    }
    if (say_identifiers(c, out))
        buf_append_str(out, "; ");
    else if (told_apart(c))
        buf_append_str(out, "is told apart by its options; ");
    else
        buf_append_str(out, "follows the profile; ");
    if (conduct_proved(c, HARDWARE_UNIVERSAL))
        buf_append_str(out, "its hardware address is its maker's; ");
    if (conduct_proved(c, HARDWARE_NOT_IN_USE))
        buf_append_str(out, "its hardware address is not the one in use; ");
    buf_append_str(out, client_id_words(c));
}
