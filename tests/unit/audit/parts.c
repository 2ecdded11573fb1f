/* SPDX-License-Identifier: ISC
 *
 * The parts of an audit that judge, left out: the tests of what is noted do without them.
 */
#include "audit/audit.h"

#define PART __attribute__((weak))

PART int audit_attacks_see(struct audit *audit, struct audit_client *client,
                           const struct audit_message *message)
{
    (void)audit, (void)client, (void)message;
    return 0;
}

PART int audit_conduct_see(struct audit *audit, struct audit_client *client,
                           const struct audit_message *message)
{
    (void)audit, (void)client, (void)message;
    return 0;
}

PART int audit_servers_see(struct audit *audit, struct audit_client *client,
                           const struct audit_message *message)
{
    (void)audit, (void)client, (void)message;
    return 0;
}

PART int audit_links_judge(struct audit *audit)
{
    (void)audit;
    return 0;
}

PART int audit_attacks_judge(struct audit *audit)
{
    (void)audit;
    return 0;
}

PART int audit_conduct_judge(struct audit *audit)
{
    (void)audit;
    return 0;
}

PART int audit_servers_judge(struct audit *audit)
{
    (void)audit;
    return 0;
}
