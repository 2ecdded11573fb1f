/* SPDX-License-Identifier: ISC
 *
 * A real CLIENTID client for the tests: libetpan sends one message, as a mail program would.
 * etpan_client PORT starttls|tls ACCOUNT PASSWORD MECHANISM TYPE TOKEN < message
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libetpan/libetpan.h>

static int failed(mailsmtp *smtp, const char *step, int code)
{
    (void)fprintf(stderr, "%s: error %d, the server said: %s\n", step, code,
                  smtp->response ? smtp->response : "nothing");
    return 1;
}

#define STEP(name, call)                        \
    do {                                        \
        int code_ = (call);                     \
        if (code_ != MAILSMTP_NO_ERROR)         \
            return failed(smtp, (name), code_); \
    } while (0)

static uint16_t port_of(const char *digits)
{
    unsigned port = 0;
    for (; *digits >= '0' && *digits <= '9'; digits++)
        port = port * 10 + (unsigned)(*digits - '0');
    return (uint16_t)port;
}

static int talk(mailsmtp *smtp, char **argv, const char *text, size_t size)
{
    uint16_t port = port_of(argv[1]);
    clist *recipients = esmtp_address_list_new();
    if (strcmp(argv[2], "tls") == 0) {
        STEP("connect", mailsmtp_ssl_connect(smtp, "127.0.0.1", port));
    } else {
        STEP("connect", mailsmtp_socket_connect(smtp, "127.0.0.1", port));
        STEP("ehlo in clear", mailesmtp_ehlo(smtp));
        STEP("starttls", mailsmtp_socket_starttls(smtp));
    }
    STEP("ehlo", mailesmtp_ehlo(smtp));
    STEP("clientid", mailesmtp_clientid(smtp, argv[6], argv[7]));
    STEP("auth", mailesmtp_auth_sasl(smtp, argv[5], "mail.example.com", NULL, NULL, argv[3],
                                     argv[3], argv[4], NULL));
    if (!recipients || esmtp_address_list_add(recipients, "demo@example.com", 0, NULL))
        return failed(smtp, "memory", MAILSMTP_ERROR_MEMORY);
    STEP("send", mailesmtp_send_quit(smtp, "sender@example.net", 0, NULL, recipients, text, size));
    esmtp_address_list_free(recipients);
    return 0;
}

int main(int argc, char **argv)
{
    static char text[1 << 20];
    mailsmtp *smtp = mailsmtp_new(0, NULL);
    if (argc != 8 || !smtp)
        return 2;
    int result = talk(smtp, argv, text, fread(text, 1, sizeof text, stdin));
    mailsmtp_free(smtp);
    return result;
}
