# SPDX-License-Identifier: ISC
"""Which command is heard when, and what it is answered (RFC 5321 §4.1, RFC 6409 §4)."""
import pytest

from client import message
from sink import Sink

KNOWN_BEFORE_AUTH_530 = ["MAIL FROM:<a@example.net>", "RCPT TO:<b@example.com>", "DATA", "VRFY someone", "MAIL", "RCPT x"]
UNKNOWN = ["XYZZY", "FROBNICATE all of it", "GET / HTTP/1.1", "HELOO x", "MAILFROM:<a@b>", "", "   ", "250 OK", "XCLIENT ADDR=192.0.2.1",
           "XFORWARD NAME=x", "TURN", "\u00fcbel", "QUIT:", "STARTTLS;"]


@pytest.fixture(scope="module")
def shared(module_gate):
    with Sink() as upstream:
        gate = module_gate(deliver=upstream.url)
        gate.upstream = upstream
        yield gate


def start(gate, tls):
    c = gate.client(tls=tls)
    return c


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("line", KNOWN_BEFORE_AUTH_530)
def test_known_verbs_before_authentication_530(shared, tls, line):
    c = start(shared, tls)
    c.cmd(line).expect(530, enhanced="5.7.0")
    c.quit()


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("line, code", [("NOOP", 250), ("NOOP ignored words", 250), ("RSET", 250), ("HELP", 214), ("HELP MAIL", 214),
                                        ("EHLO again", 250), ("HELO again", 250), ("QUIT", 221)])
def test_verbs_heard_before_authentication(shared, tls, line, code):
    start(shared, tls).cmd(line).expect(code)


@pytest.mark.parametrize("line, code", [("NOOP", 250), ("RSET", 250), ("HELP", 214), ("QUIT", 221), ("MAIL FROM:<a@b>", 530)])
def test_verbs_heard_before_ehlo(shared, line, code):
    c = shared.connect(tls=True)
    c.greeting()
    c.cmd(line).expect(code)


@pytest.mark.parametrize("when", ["clear", "tls", "authenticated", "in transaction"])
@pytest.mark.parametrize("line", UNKNOWN, ids=ascii)
def test_unknown_verbs_500_always(shared, when, line):
    c = shared.client(tls=when != "clear")
    if when in ("authenticated", "in transaction"):
        c.auth_plain("demo", "demo").expect(235)
    if when == "in transaction":
        c.mail().expect(250)
    c.cmd(line).expect(500, enhanced="5.5.2")
    c.quit()


@pytest.mark.parametrize("line", ["AUTH PLAIN AGRlbW8AZGVtbw==", "AUTH LOGIN", "AUTH X-NONE", "AUTH", "auth plain"])
def test_auth_in_clear_530_must_issue_a_starttls_command_first(shared, line):
    c = shared.client(tls=False)
    reply = c.cmd(line).expect(530)
    assert "Must issue a STARTTLS command first" in reply.text
    c.cmd("NOOP").expect(250)


@pytest.mark.parametrize("argument", ["demo", "<demo@example.com>", "root", "nobody"])
def test_vrfy_252_and_tells_nothing(shared, argument):
    assert shared.session().cmd(f"VRFY {argument}").expect(252).text == shared.session().cmd("VRFY x").text


@pytest.mark.parametrize("line", ["EXPN list", "ETRN example.com"])
def test_verbs_we_do_not_have_are_5yz(shared, line):
    assert shared.session().cmd(line).code in (500, 502)


def test_help_names_the_verbs(shared):
    text = shared.session().cmd("HELP").expect(214).text
    assert all(verb in text for verb in ("EHLO", "STARTTLS", "CLIENTID", "AUTH", "MAIL", "RCPT", "DATA"))


def test_rcpt_before_mail_503(shared):
    shared.session().cmd("RCPT TO:<demo@example.com>").expect(503)


def test_data_before_mail_503(shared):
    shared.session().cmd("DATA").expect(503)


def test_data_without_a_recipient_503(shared):
    c = shared.session()
    c.mail().expect(250)
    c.cmd("DATA").expect(503, 554)
    c.rcpt().expect(250)


def test_nested_mail_503_and_the_transaction_goes_on(shared):
    c = shared.session()
    c.mail("first@example.net").expect(250)
    c.mail("second@example.net").expect(503)
    c.rcpt().expect(250)
    c.data(message()).expect(250)
    assert shared.upstream.messages[-1].mail.startswith("MAIL FROM:<first@example.net>")


@pytest.mark.parametrize("reset, code", [("RSET", 250), ("EHLO again", 250), ("HELO again", 250)])
def test_rset_and_a_greeting_end_the_transaction_not_the_authentication(shared, reset, code):
    c = shared.session()
    c.mail("dropped@example.net").expect(250)
    c.rcpt("dropped@example.com").expect(250)
    c.cmd(reset).expect(code)
    c.cmd("DATA").expect(503)
    c.submit(message()).expect(250)
    assert shared.upstream.messages[-1].rcpts == ["RCPT TO:<demo@example.com>"]


def test_auth_stays_over_a_second_ehlo(shared):
    c = shared.session()
    c.ehlo()
    c.mail().expect(250)


@pytest.mark.parametrize("line", ["MAIL", "MAIL FROM", "MAIL FROM:", "MAIL TO:<a@b.example>", "MAIL FROM:<a@b.example",
                                  "MAIL FROM:a b", "MAIL FROM:<a@b.example>SIZE=1", "MAIL FROM:<a@@b.example>", "MAIL FROM:<@>",
                                  "MAIL FROM:<a b@c.example>", "MAIL FROM:<a@b.example> SIZE=x", "MAIL FROM:<a@b.example> BODY=9BIT",
                                  "MAIL FROM:<" + "a" * 300 + "@b.example>"])
def test_bad_mail_501(shared, line):
    c = shared.session()
    assert c.cmd(line).code in (501, 553)
    c.mail().expect(250)


@pytest.mark.parametrize("line", ["RCPT", "RCPT TO", "RCPT TO:", "RCPT FROM:<a@b.example>", "RCPT TO:<>", "RCPT TO:<a@b.example",
                                  "RCPT TO:<a@b.example>x", "RCPT TO:<a@b.example> NOTIFY=SOMETIMES", "RCPT TO:<a,b@c.example>"])
def test_bad_rcpt_501(shared, line):
    c = shared.session()
    c.mail().expect(250)
    assert c.cmd(line).code in (501, 553, 550)
    c.rcpt().expect(250)


@pytest.mark.parametrize("line", ["MAIL FROM:<a@b.example> X-UNHEARD-OF=1", "MAIL FROM:<a@b.example> REQUIRETLS", "MAIL FROM:<a@b.example> NOTIFY=NEVER"])
def test_unknown_mail_parameters_555(shared, line):
    assert shared.session().cmd(line).code in (555, 501)


def test_unknown_rcpt_parameters_555(shared):
    c = shared.session()
    c.mail().expect(250)
    assert c.rcpt(parameters="X-UNHEARD-OF=1").code in (555, 501)


@pytest.mark.parametrize("line", ["mail from:<a@b.example>", "MaIl FrOm:<a@b.example> size=10", "MAIL FROM:<a@b.example> ",
                                  "MAIL FROM:<>", "MAIL FROM:<\"quoted local\"@b.example>", "MAIL FROM:<a@[192.0.2.1]>",
                                  "MAIL FROM:<@relay.example,@other.example:a@b.example>"])
def test_good_mail_250(shared, line):
    c = shared.session()
    c.cmd(line).expect(250)
    c.cmd("RSET").expect(250)


def test_null_sender_goes_to_the_upstream_as_it_is(shared):
    shared.session().submit(message(), sender="").expect(250)
    assert shared.upstream.messages[-1].mail.startswith("MAIL FROM:<>")


def test_pipelined_transaction_is_answered_in_order(shared):
    """RFC 2920."""
    c = shared.session()
    c.send(b"MAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.com>\r\nRCPT TO:<c@example.com>\r\nDATA\r\n")
    assert [r.code for r in c.replies(4)] == [250, 250, 250, 354]
    c.send(message() + b".\r\nMAIL FROM:<a@example.net>\r\nNOOP\r\nQUIT\r\n")
    assert [r.code for r in c.replies(4)] == [250, 250, 250, 221]
    c.expect_closed()


def test_quit_pipelined_behind_the_end_of_data_is_answered_too(shared):
    """libetpan does."""
    c = shared.session()
    c.mail().expect(250)
    c.rcpt().expect(250)
    c.cmd("DATA").expect(354)
    c.send(message() + b".\r\nQUIT\r\n")
    assert [r.code for r in c.replies(2)] == [250, 221]


def test_commands_in_pieces_of_one_octet(shared):
    c = shared.client()
    for octet in b"NOOP\r\nRSET\r\n":
        c.send(bytes([octet]))
    assert [r.code for r in c.replies(2)] == [250, 250]


def test_many_messages_in_one_session(shared):
    c = shared.session()
    for n in range(10):
        c.submit(message(f"number {n}")).expect(250)
    assert b"number 9" in shared.upstream.messages[-1].content


@pytest.mark.parametrize("line", [b"NOOP\nNOOP\r\n", b"NOOP\rNOOP\r\n", b"NOOP\r\r\n", b"NOOP\n\r\n"])
def test_a_bare_cr_or_lf_in_a_command_500(shared, line):
    c = shared.client()
    c.send(line)
    c.reply().expect(500)
    c.send(b"NOOP\r\n")
    first = c.reply()
    assert first.code == 250 or (first.code == 500 and c.reply().code == 250)


@pytest.mark.parametrize("line", [b"MAIL FROM:<a@b.example>\nRCPT TO:<evil@b.example>\r\n", b"MAIL FROM:<a@b.example\r>\r\n",
                                  b"MAIL FROM:<a\0@b.example>\r\n", b"MAIL FROM:<a@b.example> SIZE=1\0\r\n"])
def test_control_bytes_never_reach_the_upstream(shared, line):
    before = len(shared.upstream.lines("MAIL"))
    c = shared.session()
    c.send(line)
    assert c.reply().code in (500, 501, 553)
    c.cmd("QUIT")
    assert len(shared.upstream.lines("MAIL")) == before


@pytest.mark.parametrize("line, code", [("STARTTLS", 503), ("STARTTLS now", 503)])
def test_starttls_inside_tls_503(shared, line, code):
    assert shared.client().cmd(line).code in (code, 501, 502, 554)


def test_starttls_with_an_argument_501(shared):
    c = shared.client(tls=False)
    c.cmd("STARTTLS now").expect(501)
    c.starttls(shared.pki.context())
    c.ehlo()


def test_quit_drops_an_open_transaction(shared):
    count = len(shared.upstream.messages)
    c = shared.session()
    c.mail().expect(250)
    c.rcpt().expect(250)
    c.quit()
    assert len(shared.upstream.messages) == count


def test_every_reply_has_an_enhanced_code_of_its_class(shared):
    """RFC 2034 §4: all but the greeting, EHLO's and 3yz."""
    c = shared.session()
    lines = ["NOOP", "RSET", "HELP", "VRFY x", "XYZZY", "RCPT TO:<a@b.example>", "DATA", "AUTH PLAIN", "CLIENTID UUID x",
             "MAIL FROM:<a@b.example>", "MAIL FROM:<a@b.example>", "RCPT TO:<x", "RCPT TO:<demo@example.com>", "RSET", "STARTTLS", "QUIT"]
    for line in lines:
        reply = c.cmd(line)
        assert reply.enhanced and reply.enhanced[0] == str(reply.code)[0], f"{line}: {reply}"
