/* SPDX-License-Identifier: ISC */
#include "conf/read.h"

#include <netdb.h>
#include <string.h>
#include <sys/utsname.h>

/* As `hostname -f`: the canonical name that the resolver (most often /etc/hosts) has for it. */
static const char *full_name(struct arena *arena, const char *name)
{
    struct addrinfo *found = NULL, hints = { .ai_flags = AI_CANONNAME, .ai_socktype = SOCK_STREAM };
    const char *full = NULL;
    if (getaddrinfo(name, NULL, &hints, &found) != 0)
        return NULL;
    struct slice canonical = slice_of_str(found->ai_canonname);
    if (slice_has(canonical, '.') && !form_host.check(canonical)) /* "localhost" is no fuller */
        full = arena_str(arena, canonical);
    freeaddrinfo(found);
    return full;
}

const char *hostname_of_system(struct arena *arena, bool lookup)
{
    struct utsname host;
    if (uname(&host) != 0 || form_host.check(slice_of_str(host.nodename)))
        return arena_str(arena, SLICE("localhost"));
    const char *full =
        lookup && !strchr(host.nodename, '.') ? full_name(arena, host.nodename) : NULL;
    return full ? full : arena_str(arena, slice_of_str(host.nodename));
}
