/* SPDX-License-Identifier: ISC
 *
 * bench_handshake: accept, TLS 1.3 handshake, close: what no server can be cheaper than.
 * usage: bench_handshake PORT CERTIFICATE KEY PROCESSES
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/slice.h"

static SSL_CTX *tls_context(const char *certificate, const char *key)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    if (tls == NULL || SSL_CTX_set_min_proto_version(tls, TLS1_3_VERSION) != 1 ||
        SSL_CTX_use_certificate_chain_file(tls, certificate) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1) {
        ERR_print_errors_fp(stderr);
        return NULL;
    }
    return tls;
}

static int listen_at(uint32_t port)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(fd, (const struct sockaddr *)&at, sizeof(at)) != 0 || listen(fd, 1024) != 0)
        return -1;
    return fd;
}

NORETURN static void serve(int listener, SSL_CTX *tls)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        SSL *ssl = SSL_new(tls);
        if (ssl != NULL && SSL_set_fd(ssl, fd) == 1 && SSL_accept(ssl) == 1)
            (void)SSL_shutdown(ssl);
        SSL_free(ssl);
        ERR_clear_error();
        (void)close(fd);
    }
}

int main(int argc, char **argv)
{
    uint32_t port = 0, processes = 0;
    if (argc != 5 || !slice_to_u32(slice_of_str(argv[1]), 1, UINT16_MAX, &port) ||
        !slice_to_u32(slice_of_str(argv[4]), 1, 64, &processes)) {
        (void)fputs("usage: bench_handshake PORT CERTIFICATE KEY PROCESSES\n", stderr);
        return 2;
    }
    SSL_CTX *tls = tls_context(argv[2], argv[3]);
    int listener = listen_at(port);
    if (tls == NULL || listener < 0)
        return 1;
    (void)signal(SIGPIPE, SIG_IGN);
    for (uint32_t i = 0; i < processes; i++)
        if (fork() == 0)
            serve(listener, tls);
    (void)wait(NULL);
    return 1;
}
