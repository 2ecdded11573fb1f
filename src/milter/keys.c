/* SPDX-License-Identifier: ISC */
#include "milter/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

#define KEY_FILE_MAX ((size_t)64 * 1024)

static void close_fd(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd); /* only read from */
}

/* Whoever can read it can sign as the domain. */
static int check_mode(int fd)
{
    struct stat s;
    if (fstat(fd, &s))
        return -errno;
    return s.st_mode & (S_IROTH | S_IWOTH) ? ERR_OPEN_MODE : 0;
}

static int read_file(const char *path, struct buf *out)
{
    CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    uint8_t *room = fd < 0 ? NULL : buf_reserve(out, KEY_FILE_MAX);
    int error = fd < 0 ? -errno : check_mode(fd);
    if (error)
        return error;
    while (room && buf_size(out) < KEY_FILE_MAX) {
        ssize_t n = read(fd, room + buf_size(out), KEY_FILE_MAX - buf_size(out));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            return 0;
        buf_grew(out, (size_t)n);
    }
    return room ? ERR_TOO_BIG : -ENOMEM;
}

static struct postern_dkim_private *read_key(const struct conf_sign *sign, struct buf *why)
{
    CLEANUP(buf_wipe) struct buf pem;
    const char *what = "out of memory";
    struct postern_dkim_private *key = NULL;
    buf_init(&pem, KEY_FILE_MAX + 1);
    int error = read_file(sign->key, &pem);
    if (!error)
        key = postern_dkim_private_new(buf_slice(&pem).p, buf_size(&pem), &what);
    if (error)
        what = err_text(error);
    if (error == ERR_OPEN_MODE)
        (void)conf_fault(why, &sign->place, "milter.sign.key",
                         "%s: open to others; run: chmod o-rwx %s", sign->key, sign->key);
    else if (!key)
        (void)conf_fault(why, &sign->place, "milter.sign.key", "%s: %s", sign->key,
                         what); /* both false by design */
    return key;
}

bool milter_keys_open(struct milter_keys *out, const struct conf_milter *conf, struct buf *why)
{
    struct milter_keys keys = { .at = calloc(conf->sign_n + 1,
                                             sizeof(struct postern_dkim_private *)) };
    if (!keys.at) {
        buf_append_str(why, "out of memory");
        return false;
    }
    while (keys.n < conf->sign_n) {
        keys.at[keys.n] = read_key(&conf->sign[keys.n], why);
        if (!keys.at[keys.n]) {
            milter_keys_close(&keys);
            return false;
        }
        keys.n++;
    }
    *out = keys;
    return true;
}

void milter_keys_close(struct milter_keys *keys)
{
    for (size_t i = 0; i < keys->n; i++)
        postern_dkim_private_free(keys->at[i]);
    free(keys->at);
    *keys = (struct milter_keys){ 0 };
}
