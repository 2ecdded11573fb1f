/* SPDX-License-Identifier: ISC
 *
 * What is taken as a target is one of the forms, whole and bounded; a refusal says why.
 */
#include <string.h>

#include "property.h"
#include "submit/target.h"

static void check(const char *spec, const struct target *t)
{
    must(t->name == spec && (t->lmtp ? !t->maildir : true));
    if (t->maildir) {
        must(t->path >= spec && t->path[0]);
    } else if (t->local) {
        must(t->lmtp && t->address.n <= sizeof t->address.un && t->address.un.sun_path[0]);
    } else {
        must(t->port && t->host[0] && memchr(t->host, 0, sizeof t->host));
        must(strstr(spec, t->host) && !strpbrk(t->host, "/@ []\r\n"));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct target t;
    struct buf why;
    char *spec = strndup((const char *)data, size);
    if (!spec)
        return 0;
    buf_init(&why, size + 1024);
    bool ok = target_parse(spec, &t, &why);
    must(ok == (buf_size(&why) == 0) && !why.failed);
    if (ok)
        check(spec, &t);
    buf_clear(&why);
    free(spec);
    return 0;
}
