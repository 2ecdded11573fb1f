/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "conf/form.h"

#define LABEL_63 "abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-123456789"

/* clang-format off */
static const struct {
    const struct form *form;
    const char *text, *what; /* what: of the fault, NULL when it is fine */
} cases[] = {
    { &form_path, "/a", NULL },
    { &form_path, "a b", NULL },
    { &form_path, "", "the path is empty" },

    { &form_host, "mail.example.com", NULL },
    { &form_host, "localhost", NULL },
    { &form_host, "3com.example", NULL },
    { &form_host, LABEL_63 ".example", NULL },
    { &form_host, LABEL_63 "0.example", "a label of more than 63 characters" },
    { &form_host, LABEL_63 "." LABEL_63 "." LABEL_63 "." "abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-1234567", NULL },
    { &form_host, LABEL_63 "." LABEL_63 "." LABEL_63 "." "abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-12345678", "more than 253 characters" },
    { &form_host, "", "the name is empty" },
    { &form_host, "a..b", "an empty label (two dots, or one at an end)" },
    { &form_host, "a.", "an empty label (two dots, or one at an end)" },
    { &form_host, ".a", "an empty label (two dots, or one at an end)" },
    { &form_host, "a_b.example", "a character that is no letter, digit or hyphen" },
    { &form_host, "b\xc3\xbc" "cher.example", "a character that is no letter, digit or hyphen" },
    { &form_host, "-a.example", "a hyphen at the end of a label" },
    { &form_host, "a-.example", "a hyphen at the end of a label" },
    { &form_host, "192.0.2.1", "an address is not a host name" },

    { &form_word, "example.com", NULL },
    { &form_word, "", "not 1 to 255 characters" },
    { &form_word, "a b", "a space or \"@\"" },
    { &form_word, "a@b", "a space or \"@\"" },

    { &form_user, "postern", NULL },
    { &form_user, "_x-1", NULL },
    { &form_user, "1000", NULL },
    { &form_user, "", "not 1 to 32 characters" },
    { &form_user, "abcdefghijklmnopqrstuvwxyz123456", NULL },
    { &form_user, "abcdefghijklmnopqrstuvwxyz1234567", "not 1 to 32 characters" },
    { &form_user, "-x", "a character that no user name has" },
    { &form_user, "a/b", "a character that no user name has" },

    { &form_name, "stranger-guesses", NULL },
    { &form_name, "printers at the office_1.2", NULL },
    { &form_name, LABEL_63 "0", NULL },
    { &form_name, LABEL_63 "01", "not 1 to 64 characters" },
    { &form_name, "", "not 1 to 64 characters" },
    { &form_name, "a/b", "a character that no name has" },
    { &form_name, "b\xc3\xbc" "ro", "a character that no name has" },
    { &form_name, " a", "a space at an end" },
    { &form_name, "a ", "a space at an end" },

    { &form_account, "*@example.com", NULL },
    { &form_account, "****************", NULL },
    { &form_account, "*****************", "more than 16 \"*\"" },
    { &form_account, "", "not 1 to 255 characters" },
    { &form_account, LABEL_63 LABEL_63 LABEL_63 LABEL_63 "012", NULL },
    { &form_account, LABEL_63 LABEL_63 LABEL_63 LABEL_63 "0123", "not 1 to 255 characters" },

    { &form_type, "*-UUID", NULL },
    { &form_type, "DEVICE_I?", NULL },
    { &form_type, "", "the pattern is empty" },
    { &form_type, "A B", "a character that no type or pattern has" },
    { &form_type, "ABCDEFGHIJKLMNOP*", NULL },
    { &form_type, "ABCDEFGHIJKLMNOPQ", "longer than any type: 16 characters" },

    { &form_token, "~1.abcdefghijklmnopqrstuvwxya", NULL },
    { &form_token, "~4294967295.22222222222222222222222224", NULL },
    { &form_token, "", "not a pseudonym" },
    { &form_token, "~1", "not a pseudonym" },
    { &form_token, "1.abcdefghijklmnopqrstuvwxya", "not a pseudonym" },
    { &form_token, "~.abcdefghijklmnopqrstuvwxya", "no number of a key behind the \"~\"" },
    { &form_token, "~0.abcdefghijklmnopqrstuvwxya", "no number of a key behind the \"~\"" },
    { &form_token, "~01.abcdefghijklmnopqrstuvwxya", "no number of a key behind the \"~\"" },
    { &form_token, "~4294967296.abcdefghijklmnopqrstuvwxya", "no number of a key behind the \"~\"" },
    { &form_token, "~1.Abcdefghijklmnopqrstuvwxya", "a character that no pseudonym has" },
    { &form_token, "~1.1bcdefghijklmnopqrstuvwxya", "a character that no pseudonym has" },
    { &form_token, "~1.abcdefghijklmnopqrstuvwxyb", "cut, or not a pseudonym" },
    { &form_token, "~1.abcdefghijklmnopqrstuvwxy", "cut, or not a pseudonym" },
    { &form_token, "~1.abcdefghijklmnopqrstuvwxyaa", "cut, or not a pseudonym" },

    { &form_label, "Building 7", NULL },
    { &form_label, "abcdefghijklmnopqrstuvwxyz12345", NULL },
    { &form_label, "abcdefghijklmnopqrstuvwxyz123456", "not 1 to 31 octets" },
    { &form_label, "", "not 1 to 31 octets" },

    { &form_nonce, "a b", NULL },
    { &form_nonce, "", "not 1 to 255 octets" },

    { &form_mailbox, "post.master+x@example.com", NULL },
    { &form_mailbox, "postmaster@localhost", NULL },
    { &form_mailbox, "postmaster", "no \"@\"" },
    { &form_mailbox, "@example.com", "a character before the \"@\" that would need quotes" },
    { &form_mailbox, "a..b@example.com", "a character before the \"@\" that would need quotes" },
    { &form_mailbox, "a b@example.com", "a character before the \"@\" that would need quotes" },
    { &form_mailbox, "a@b@example.com", "a character before the \"@\" that would need quotes" },
    { &form_mailbox, "a@example..com", "an empty label (two dots, or one at an end)" },
    { &form_mailbox, LABEL_63 "0@a", NULL },
    { &form_mailbox, LABEL_63 "01@a", "more than 64 characters before the \"@\"" },

    { &form_url, "https://a.example", NULL },
    { &form_url, "http://192.0.2.1:8084/x?y=z#a", NULL },
    { &form_url, "https://[::1]/", NULL },
    { &form_url, "https://[::1]:443/", NULL },
    { &form_url, "ftp://a.example/", "no \"https://\" or \"http://\" in front" },
    { &form_url, "", "no \"https://\" or \"http://\" in front" },
    { &form_url, "https://", "the name is empty" },
    { &form_url, "https:///x", "the name is empty" },
    { &form_url, "https://[::1/", "the port is missing or not 1 to 65535" },
    { &form_url, "https://[]/", "not an IPv6 address between the brackets" },
    { &form_url, "https://[/", "a character that is no letter, digit or hyphen" },
    { &form_url, "https://a.example:0/", "the port is missing or not 1 to 65535" },
    { &form_url, "https://u@a.example/", "a character that is no letter, digit or hyphen" },
    { &form_url, "https://a.example/x y", "a character that no URL has" },
    { &form_url, "https://a.example/\xc3\xa9", "a character that no URL has" },

    { &form_alert, "mail", NULL },
    { &form_alert, "command:/usr/bin/x", NULL },
    { &form_alert, "https://a.example/x", NULL },
    { &form_alert, "http://a.example/x", NULL },
    { &form_alert, "mailx", "no such way to tell" },
    { &form_alert, "", "no such way to tell" },
    { &form_alert, "command:x", "the path does not begin with \"/\"" },
    { &form_alert, "command:", "the path does not begin with \"/\"" },
    { &form_alert, "httpx", "no \"https://\" or \"http://\" in front" },

    { &form_kind, "client-address", NULL },
    { &form_kind, "", "the name is empty" },
    { &form_kind, "Account", "a character that is no lower-case letter or hyphen" },

    { &form_address, "127.0.0.1:9587", NULL },
    { &form_address, "[::1]:1", NULL },
    { &form_address, "[::1]:65535", NULL },
    { &form_address, "127.0.0.1:0", "the port is missing or not 1 to 65535" },
    { &form_address, "127.0.0.1:65536", "the port is missing or not 1 to 65535" },
    { &form_address, "127.0.0.1:000025", "the port is missing or not 1 to 65535" },
    { &form_address, "127.0.0.1:", "the port is missing or not 1 to 65535" },
    { &form_address, "127.0.0.1", "the port is missing or not 1 to 65535" },
    { &form_address, "", "the port is missing or not 1 to 65535" },
    { &form_address, "[::1]", "the port is missing or not 1 to 65535" },
    { &form_address, "[::1", "the port is missing or not 1 to 65535" },
    { &form_address, "[", "the port is missing or not 1 to 65535" },
    { &form_address, "[]:1", "not an IPv6 address between the brackets" },
    { &form_address, "[127.0.0.1]:1", "not an IPv6 address between the brackets" },
    { &form_address, "::1:25", "an IPv6 address stands in brackets" },
    { &form_address, ":25", "not an IP address" },
    { &form_address, "*:25", "not an IP address" },
    { &form_address, "256.0.0.1:25", "not an IP address" },
    { &form_address, "localhost:25", "not an IP address" },
    { &form_address, "127.0.0.1:25/tls", "the port is missing or not 1 to 65535" },

    { &form_listen, "0.0.0.0:587", NULL },
    { &form_listen, "[::]:465/tls", NULL },
    { &form_listen, "0.0.0.0:587/", "what follows the slash is not \"tls\"" },
    { &form_listen, "0.0.0.0:587/TLS", "what follows the slash is not \"tls\"" },
    { &form_listen, "0.0.0.0/tls", "the port is missing or not 1 to 65535" },

    { &form_network, "192.0.2.1", NULL },
    { &form_network, "192.0.2.0/24", NULL },
    { &form_network, "0.0.0.0/0", NULL },
    { &form_network, "2001:db8::/32", NULL },
    { &form_network, "::1/128", NULL },
    { &form_network, "192.0.2.1/24", "bits are set behind those of the network" },
    { &form_network, "192.0.2.128/24", "bits are set behind those of the network" },
    { &form_network, "2001:db8::1/64", "bits are set behind those of the network" },
    { &form_network, "192.0.2.0/33", "not a number of bits behind the slash" },
    { &form_network, "::/129", "not a number of bits behind the slash" },
    { &form_network, "192.0.2.0/", "not a number of bits behind the slash" },
    { &form_network, "192.0.2.0/0024", "not a number of bits behind the slash" },
    { &form_network, "", "not an IP address" },
    { &form_network, "example.com", "not an IP address" },

    { &form_auth, "dovecot:/run/dovecot/auth-client", NULL },
    { &form_auth, "file:users", NULL },
    { &form_auth, "saslauthd:/run/saslauthd/mux", NULL },
    { &form_auth, "", "no \"dovecot:\", \"file:\" or \"saslauthd:\" in front" },
    { &form_auth, "/run/x", "no \"dovecot:\", \"file:\" or \"saslauthd:\" in front" },
    { &form_auth, "pam:x", "no such backend" },
    { &form_auth, "file:", "the path is empty" },

    { &form_deliver, "smtp://127.0.0.1:25", NULL },
    { &form_deliver, "smtp://mx.example.com:25", NULL },
    { &form_deliver, "smtp://[2001:db8::1]:25", NULL },
    { &form_deliver, "lmtp://localhost:24", NULL },
    { &form_deliver, "lmtp:/run/dovecot/lmtp", NULL },
    { &form_deliver, "maildir:/var/mail/%u", NULL },
    { &form_deliver, "maildir:/var/mail/%u/Maildir", NULL },
    { &form_deliver, "", "no \"smtp:\", \"lmtp:\" or \"maildir:\" in front" },
    { &form_deliver, "http://x:1", "no such way of delivery" },
    { &form_deliver, "smtp:127.0.0.1:25", "\"//\" is missing behind \"smtp:\"" },
    { &form_deliver, "smtp://mx.example.com", "the port is missing or not 1 to 65535" },
    { &form_deliver, "smtp://mx.example.com:25/", "the port is missing or not 1 to 65535" },
    { &form_deliver, "smtp://mx_1.example.com:25", "a character that is no letter, digit or hyphen" },
    { &form_deliver, "smtp://300.0.2.1:25", "an address is not a host name" },
    { &form_deliver, "smtp://:25", "the name is empty" },
    { &form_deliver, "lmtp:run/lmtp", "the path does not begin with \"/\"" },
    { &form_deliver, "maildir:", "the path does not begin with \"/\"" },
    { &form_deliver, "maildir:/var/%d", "a \"%\" that is not \"%u\"" },
    { &form_deliver, "maildir:/var/%", "a \"%\" that is not \"%u\"" },
};
/* clang-format on */

static void each_form_takes_its_own_and_names_the_fault(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        expect_slice(cases[i].text,
                     slice_of_str(cases[i].form->check(guarded(slice_of_str(cases[i].text)))),
                     slice_of_str(cases[i].what));
}

static void a_path_has_at_most_4095_bytes(void **state)
{
    static char text[FORM_TEXT_MAX + 1];
    (void)state;
    memset(text, 'a', sizeof text);
    assert_null(form_path.check((struct slice){ (uint8_t *)text, FORM_TEXT_MAX }));
    assert_non_null(form_path.check((struct slice){ (uint8_t *)text, FORM_TEXT_MAX + 1 }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_form_takes_its_own_and_names_the_fault),
        cmocka_unit_test(a_path_has_at_most_4095_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
