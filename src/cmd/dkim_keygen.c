/* SPDX-License-Identifier: ISC
 *
 * postern dkim keygen: a new key in a file, and the line that publishes it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"
#include "cmd/cmd.h"
#include "cmd/dkim.h"
#include "message/domain.h"

#define RSA_BITS 2048 /* RFC 8301 §3.2: signers SHOULD use at least 2048 */

/* Never over a file that is there: that would be somebody's key. Half a key does not stay. */
static int write_key(const char *path, struct slice pem)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    int error = 0;
    for (ssize_t n; !error && pem.n; pem = slice_from(pem, (size_t)n)) {
        n = write(fd, pem.p, pem.n);
        if (n < 0) {
            error = -errno;
            n = 0;
        }
    }
    if (!error && fsync(fd))
        error = -errno;
    if (close(fd) && !error)
        error = -errno;
    if (error)
        (void)unlink(path); /* was made here, a moment ago */
    return error;
}

static int generate(struct dkim_command *c, char **out)
{
    const char *type = c->type ? c->type : "rsa", *why = NULL;
    bool rsa = strcmp(type, "rsa") == 0;
    if ((!rsa && strcmp(type, "ed25519") != 0) || (!rsa && c->bits)) {
        (void)tool_say(&c->tool, "--type is rsa or ed25519, --bits is of rsa");
        return CMD_USAGE;
    }
    *out = postern_dkim_private_generate(type, c->bits ? c->bits : RSA_BITS, &why);
    return *out ? CMD_OK : tool_say(&c->tool, "%s", why);
}

static int keep(struct dkim_command *c, struct slice pem)
{
    const char *file = c->out;
    struct domain name;
    if (!domain_parse(slice_of_str(c->domains.at[0]), &name) ||
        !domain_parse(slice_of_str(c->selectors.at[0]), &name))
        return tool_say(&c->tool, "a domain or selector is no DNS name");
    int error = write_key(file, pem);
    if (error == -EEXIST)
        return tool_say(&c->tool, "%s: is there already; a key is never overwritten", file);
    return error ? tool_error(&c->tool, file, error) : CMD_OK;
}

int cmd_dkim_keygen(struct dkim_command *c)
{
    struct postern_dkim_private *key = NULL;
    const char *why = NULL;
    char *pem = NULL;
    int code = generate(c, &pem);
    if (code != CMD_OK)
        return code;
    code = keep(c, slice_of_str(pem));
    if (code == CMD_OK) {
        key = postern_dkim_private_new(pem, strlen(pem), &why);
        code = key ? cmd_dkim_print_record(c, key) : tool_say(&c->tool, "%s", why);
    }
    secret_wipe(pem, strlen(pem));
    free(pem);
    postern_dkim_private_free(key);
    return code;
}
