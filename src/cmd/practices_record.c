/* SPDX-License-Identifier: ISC
 *
 * postern practices record: the zone line that publishes practices (draft-allman-dkim-ssp-02 §4).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "cmd/cmd.h"
#include "cmd/practices.h"
#include "message/domain.h"

/* Of a domain its own; of an address "<user>._user.<domain>" (§4.1). malloc'ed; NULL: none. */
static char *owner_name(const char *text)
{
    struct slice local, tail;
    struct domain domain;
    bool user = slice_cut_last(slice_of_str(text), '@', &local, &tail);
    struct arena arena;
    char *name = NULL;
    if (!domain_parse(user ? tail : local, &domain))
        return NULL;
    arena_init(&arena, local.n + 64);
    const char *part = user ? arena_str(&arena, local) : "";
    if (part)
        name = user ? postern_practices_user_name(part, domain.text) : strdup(domain.text);
    arena_clear(&arena);
    return name;
}

static int print(const struct practices_command *c, const char *name, const char *line)
{
    if (c->tool.json)
        return tool_json(&c->tool, json_pack("{s:s, s:I, s:s}", "name", name, "rrtype",
                                             (json_int_t)c->judging.rrtype, "line", line));
    (void)printf("%s\n", line);
    return tool_end(&c->tool, CMD_OK);
}

int cmd_practices_record(struct practices_command *c)
{
    const char *why = "out of memory";
    char *name = owner_name(c->argument[0]);
    if (!name)
        return tool_say(&c->tool, "%s: no DNS name comes of that", c->argument[0]);
    char *line =
        postern_practices_record(name, (uint16_t)c->judging.rrtype, c->p, c->u, c->t, &why);
    int code = line ? print(c, name, line) : tool_say(&c->tool, "%s", why);
    free(line);
    free(name);
    return code;
}
