/* SPDX-License-Identifier: ISC */
#include "net/notify.h"

#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "net/address.h"

void notify_systemd(const char *state)
{
    struct address to;
    if (!address_of_path(slice_of_str(getenv("NOTIFY_SOCKET")), &to))
        return;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return; /* as for any failure here: systemd's own timeout tells the operator */
    /* A receiver that does not read must not hold up who respawns the workers. */
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &(struct timeval){ .tv_usec = 200000 },
                     sizeof(struct timeval));
    (void)sendto(fd, state, strlen(state), MSG_NOSIGNAL, &to.any, to.n);
    (void)close(fd);
}
