# SPDX-License-Identifier: ISC
"""smtp:// upstreams: 250 means that someone else has the message, and nobody speaks as another."""
import socket

import pytest

from client import message, stuffed
from harness import free_port
from peers import Postfix, SmtpSink
from sink import CLOSE, EVERYTHING, RESET, SILENT, USUAL

ACCOUNTS = {"demo": "demo", "test": "1234", "alice@example.com": "a", "bob@example.com": "b", "odd+name=x@example.com": "o", "pl+us": "p"}
XCLIENT = "XCLIENT NAME ADDR PORT PROTO HELO LOGIN"
FAST = {"upstream": "1s", "upstream-data": "1s", "upstream-end": "1s", "connect": "1s"}


def open_transaction(c, sender="sender@example.net", recipients=("demo@example.com",)):
    c.mail(sender).expect(250)
    for r in recipients:
        c.rcpt(r).expect(250)
    return c


# --- the upstream's word is the client's ---------------------------------------------------------

@pytest.mark.parametrize("said, code, enhanced", [
    ("250 2.0.0 Ok: queued as 4AbCdE", 250, "2.0.0"), ("250 queued", 250, None), ("550 5.7.1 spam", 550, "5.7.1"),
    ("554 5.6.0 no", 554, "5.6.0"), ("451 4.3.0 later", 451, "4.3.0"), ("452 4.3.1 full", 452, "4.3.1"),
    ("552 5.2.2 over quota", 552, "5.2.2"), ("421 4.3.2 shutting down", 451, None), ("251 2.1.5 ok", 251, None)])
def test_the_final_reply_is_the_upstreams(gate, sink, said, code, enhanced):
    upstream = sink(script={"end": said})
    g = gate(deliver=upstream.url)
    c = g.session()
    reply = c.submit(message())
    assert reply.code == code or (code // 100 == 2 and reply.code == 250), reply
    if enhanced:
        assert reply.enhanced == enhanced
    if code == 250 and "4AbCdE" in said:
        assert "4AbCdE" in reply.text
        assert "4AbCdE" in g.log.wait("submit.message")["upstream"]
    c.cmd("NOOP").expect(250)


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
@pytest.mark.parametrize("said, code", [("550 5.7.1 not here", 550), ("450 4.2.0 busy", 450), ("421 4.3.2 going", 451), ("553 5.1.8 bad", 553)])
def test_a_refusal_at_each_stage_is_the_clients(gate, sink, stage, said, code):
    upstream = sink(script={stage: [said]})
    c = gate(deliver=upstream.url).session()
    replies = [c.mail()]
    if replies[-1].code == 250:
        replies.append(c.rcpt())
    if replies[-1].code == 250:
        replies.append(c.cmd("DATA"))
        if replies[-1].code == 354:
            c.send(stuffed(message()))
            replies.append(c.reply())
    assert all(r.code in (250, 354) for r in replies[:-1]), replies
    if said.startswith("421") and replies[-1].code == 250:
        return  # a 421 may also be reason enough to try another connection at once
    assert replies[-1].code == code, replies
    c.cmd("RSET").expect(250)
    c.submit(message("again")).expect(250)
    assert len(upstream.messages) == 1


def test_some_recipients_refused_the_others_get_it(gate, sink):
    upstream = sink(script={"rcpt": lambda s, line: "550 5.1.1 no such user" if "bad" in line else None})
    c = gate(deliver=upstream.url).session()
    c.mail().expect(250)
    c.rcpt("good@example.com").expect(250)
    c.rcpt("bad@example.com").expect(550, enhanced="5.1.1")
    c.rcpt("fine@example.com").expect(250)
    c.data(message()).expect(250)
    assert upstream.message.rcpts == ["RCPT TO:<good@example.com>", "RCPT TO:<fine@example.com>"]


def test_a_multiline_reply_and_bytes_that_no_client_should_see(gate, sink):
    upstream = sink(script={"end": "250-first\r\n250-second \x1b[31m\r\n250 2.0.0 last \u00fc"})
    c = gate(deliver=upstream.url).session()
    reply = c.submit(message()).expect(250)
    assert b"\x1b" not in reply.raw and reply.raw.isascii()
    c.cmd("NOOP").expect(250)


@pytest.mark.parametrize("said", ["hello", "99 x", "2x0 ok", "250-never ends\r\n550 codes differ", "354 what", "250 " + "x" * 70000, "\0\0\0"])
def test_an_upstream_that_speaks_no_smtp_is_451(gate, sink, said):
    upstream = sink(script={"end": [said]})
    c = gate(deliver=upstream.url, timeouts=FAST).session()
    reply = c.submit(message())
    assert reply.code == 451 or (reply.code == 250 and said.startswith("250 x")), reply
    c.cmd("NOOP").expect(250)


# --- down, closing, silent -----------------------------------------------------------------------

def test_upstream_down_451_and_the_session_goes_on(gate, sink):
    upstream = sink()
    upstream.down()
    g = gate(deliver=upstream.url, timeouts=FAST)
    c = g.session()
    assert c.submit_to_code(message()) == 451
    c.cmd("RSET").expect(250)
    upstream.up()
    c.submit(message()).expect(250)


def test_upstream_down_from_the_start_is_no_reason_not_to_start(gate):
    g = gate(deliver=f"smtp://127.0.0.1:{free_port()}", timeouts=FAST)
    assert g.session().submit_to_code(message()) == 451


@pytest.mark.parametrize("how", [CLOSE, RESET, SILENT])
@pytest.mark.parametrize("stage", ["connect", "ehlo", "mail", "rcpt", "data", "content", "end"])
def test_upstream_closing_or_silent_at_any_stage_451_and_the_client_still_has_its_message(gate, sink, stage, how):
    upstream = sink(script={stage: how})
    g = gate(deliver=upstream.url, timeouts=FAST)
    c = g.session()
    codes = [c.mail().code]
    if codes[-1] == 250:
        codes.append(c.rcpt().code)
    if codes[-1] == 250:
        codes.append(c.cmd("DATA").code)
        if codes[-1] == 354:
            c.send(stuffed(message(body="line\r\n" * 1000)))
            codes.append(c.reply().code)
    assert codes[-1] == 451, codes
    assert not upstream.messages
    upstream.script.clear()
    c.cmd("RSET").expect(250)
    c.submit(message("again")).expect(250)
    assert b"again" in upstream.message.content


def test_upstream_goes_between_two_messages_of_a_session(gate, sink):
    """An idle connection that the upstream closed is no fault of the client's."""
    upstream = sink()
    c = gate(deliver=upstream.url).session()
    for n in range(3):
        c.submit(message(f"number {n}")).expect(250)
        upstream.drop(CLOSE)
        upstream.wait_idle()
    assert len(upstream.messages) == 3


def test_upstream_closes_in_the_middle_of_a_long_message(gate, sink):
    upstream = sink(script={"content": [CLOSE]}, content_after=300_000)
    c = gate(deliver=upstream.url).session()
    open_transaction(c)
    c.cmd("DATA").expect(354)
    c.send(stuffed(message(body="x" * 70 + "\r\n" + "0123456789\r\n" * 200_000)))
    c.reply().expect(451)
    c.submit(message()).expect(250)
    assert len(upstream.messages) == 1


def test_an_upstream_that_answers_before_the_end_of_data_is_not_believed(gate, sink):
    """250 in the middle of the content is not the reply to its end."""
    upstream = sink(script={"content": ["250 2.0.0 too early", CLOSE]}, content_after=300_000)
    c = gate(deliver=upstream.url).session()
    open_transaction(c)
    c.cmd("DATA").expect(354)
    c.send(stuffed(message(body="0123456789\r\n" * 1_000_000)))
    c.reply().expect(451)


# --- failover ------------------------------------------------------------------------------------

def test_the_next_upstream_when_one_is_down(gate, sink):
    first, second = sink(), sink()
    g = gate(deliver=[first.url, second.url], timeouts=FAST)
    g.session().submit(message("one")).expect(250)
    assert len(first.messages) == 1 and not second.messages
    first.down()
    g.session().submit(message("two")).expect(250)
    assert b"two" in second.message.content
    first.up()
    second.down()
    g.session().submit(message("three")).expect(250)
    assert b"three" in first.messages[-1].content


@pytest.mark.parametrize("stage, how", [("connect", "421 4.3.2 no"), ("connect", "554 no"), ("connect", CLOSE), ("connect", SILENT), ("ehlo", CLOSE)])
def test_the_next_upstream_when_one_will_not_talk(gate, sink, stage, how):
    first, second = sink(script={stage: how}), sink()
    g = gate(deliver=[first.url, second.url], timeouts=FAST)
    g.session().submit(message()).expect(250)
    assert len(second.messages) == 1


def test_a_5yz_of_the_first_upstream_is_an_answer_and_no_reason_to_ask_another(gate, sink):
    first, second = sink(script={"mail": "550 5.7.1 never"}), sink()
    gate(deliver=[first.url, second.url]).session().mail().expect(550)
    assert not second.sessions or not second.lines("MAIL")


def test_all_upstreams_down_451(gate, sink):
    g = gate(deliver=[f"smtp://127.0.0.1:{free_port()}", f"smtp://127.0.0.1:{free_port()}"], timeouts=FAST)
    assert g.session().submit_to_code(message()) == 451


# --- whose identity ------------------------------------------------------------------------------

def test_xclient_says_who_the_client_is(gate, sink):
    upstream = sink(capabilities=USUAL + (XCLIENT,))
    g = gate(deliver=upstream.url, accounts=ACCOUNTS, sender="any")
    c = g.client(source="127.0.0.7")
    c.ehlo("laptop.example.net")
    c.auth_plain("alice@example.com", "a").expect(235)
    c.submit(message()).expect(250)
    x = {}
    for more in upstream.message.session.xclient:
        x.update(more)
    assert x["ADDR"] == "127.0.0.7" and x["PORT"] == str(c.address[1]) and x["PROTO"] == "ESMTP"
    assert x["LOGIN"] == "alice@example.com" and x["HELO"] == "laptop.example.net"
    assert x["NAME"].upper() in ("[UNAVAILABLE]", "[TEMPUNAVAIL]")
    lines = [line.split(" ")[0].upper() for line in upstream.message.session.lines]
    assert lines[:lines.index("MAIL")].count("EHLO") == 2, "EHLO again behind XCLIENT"
    assert "AUTH=" not in upstream.message.mail or "AUTH=alice@example.com" in upstream.message.mail


def test_xclient_sends_only_the_attributes_that_are_offered(gate, sink):
    upstream = sink(capabilities=USUAL + ("XCLIENT ADDR LOGIN",))
    g = gate(deliver=upstream.url, accounts=ACCOUNTS)
    c = g.session()
    c.submit(message()).expect(250)
    keys = {key for more in upstream.message.session.xclient for key in more}
    assert keys == {"ADDR", "LOGIN"}


def test_xclient_values_are_xtext(gate, sink):
    upstream = sink(capabilities=USUAL + (XCLIENT,))
    g = gate(deliver=upstream.url, accounts=ACCOUNTS, sender="any")
    c = g.client()
    c.ehlo("two words LOGIN=root +41")
    c.auth_plain("odd+name=x@example.com", "o").expect(235)
    c.submit(message()).expect(250)
    c = g.client()
    c.auth_plain("pl+us", "p").expect(235)
    c.submit(message()).expect(250)
    for session in upstream.sessions:
        for line in session.said("XCLIENT"):
            words = line.split(" ")[1:]
            assert all("=" in w and w.split("=", 1)[0] in ("NAME", "ADDR", "PORT", "PROTO", "HELO", "LOGIN") for w in words), line
            assert sum(w.startswith("LOGIN=") for w in words) <= 1, line
    logins = [more["LOGIN"] for m in upstream.messages for more in m.session.xclient if "LOGIN" in more]
    assert logins == ["odd+2Bname+3Dx@example.com", "pl+2Bus"]


def test_xclient_connection_is_not_reused_by_another_session(gate, sink):
    upstream = sink(capabilities=USUAL + (XCLIENT,))
    g = gate(deliver=upstream.url, accounts=ACCOUNTS, sender="any")
    for name, password in (("alice@example.com", "a"), ("bob@example.com", "b"), ("demo", "demo")) * 3:
        c = g.session(name, password)
        c.submit(message()).expect(250)
        c.quit()
        logins = {more["LOGIN"] for more in upstream.messages[-1].session.xclient if "LOGIN" in more}
        assert logins == {name.replace("+", "+2B")}
    by_session = {}
    for m in upstream.messages:
        by_session.setdefault(m.session.number, set()).add(str(m.session.xclient))
    assert all(len(who) == 1 for who in by_session.values()) and len(by_session) == 9


def test_xclient_refused_is_no_delivery_as_the_gate_itself(gate, sink):
    upstream = sink(capabilities=USUAL + (XCLIENT,), script={"xclient": "550 5.7.0 insufficient authorization"})
    c = gate(deliver=upstream.url, timeouts=FAST).session()
    assert c.submit_to_code(message()) in (250, 451)
    for m in upstream.messages:
        assert "AUTH=" in m.mail, "who it was must be said in some way"


def test_xclient_can_be_turned_off(gate, sink):
    upstream = sink(capabilities=USUAL + (XCLIENT,))
    gate(deliver=upstream.url, xclient=False).session().submit(message()).expect(250)
    assert not upstream.lines("XCLIENT")


@pytest.mark.parametrize("name, password, said", [("alice@example.com", "a", "AUTH=alice@example.com"), ("demo", "demo", "AUTH=<>"),
                                                  ("odd+name=x@example.com", "o", "AUTH=odd+2Bname+3Dx@example.com"), ("pl+us", "p", "AUTH=<>")])
def test_auth_on_mail_where_there_is_no_xclient(gate, sink, name, password, said):
    upstream = sink(capabilities=USUAL + ("AUTH PLAIN LOGIN",))
    g = gate(deliver=upstream.url, accounts=ACCOUNTS, sender="any")
    g.session(name, password).submit(message()).expect(250)
    assert said in upstream.message.mail.split(" ")


def test_no_auth_on_mail_where_the_upstream_does_not_offer_auth(gate, sink):
    upstream = sink()
    g = gate(deliver=upstream.url, accounts=ACCOUNTS)
    g.session("alice@example.com", "a").submit(message(sender="alice@example.com"), sender="alice@example.com").expect(250)
    assert "AUTH=" not in upstream.message.mail


def test_realm_gives_an_account_without_a_domain_its_own(gate, sink):
    upstream = sink(capabilities=USUAL + ("AUTH PLAIN",))
    g = gate(deliver=upstream.url, realm="example.org", sender="any")
    g.session().submit(message()).expect(250)
    assert "AUTH=demo@example.org" in upstream.message.mail


def test_connections_are_kept_and_reused(gate, sink):
    upstream = sink()
    g = gate(deliver=upstream.url)
    for n in range(5):
        c = g.session()
        c.submit(message(f"number {n}")).expect(250)
        c.submit(message(f"number {n} again")).expect(250)
        c.quit()
    used = {m.session.number for m in upstream.messages}
    assert len(upstream.messages) == 10 and len(used) < 5, f"{len(used)} connections for 5 sessions"


def test_a_reused_connection_carries_nothing_of_the_last_user(gate, sink):
    upstream = sink(capabilities=USUAL + ("AUTH PLAIN",))
    g = gate(deliver=upstream.url, accounts=ACCOUNTS, sender="any")
    half = g.session("alice@example.com", "a")
    half.mail("alice@example.com").expect(250)
    half.rcpt("for-alice@example.com").expect(250)
    half.quit()  # a transaction is left open
    c = g.session("bob@example.com", "b")
    c.submit(message(), sender="bob@example.com", recipients=["for-bob@example.com"]).expect(250)
    m = upstream.message
    assert m.rcpts == ["RCPT TO:<for-bob@example.com>"] and "bob" in m.mail and "alice" not in m.mail


def test_sessions_at_the_same_time_do_not_mix(gate, sink):
    upstream = sink()
    g = gate(deliver=upstream.url, accounts=ACCOUNTS, sender="any", workers=2)
    clients = [g.session("alice@example.com", "a") for _ in range(20)]
    for n, c in enumerate(clients):
        c.mail(f"s{n}@example.net").expect(250)
    for n, c in enumerate(clients):
        c.rcpt(f"r{n}@example.com").expect(250)
    for c in clients:
        c.cmd("DATA").expect(354)
    for n, c in reversed(list(enumerate(clients))):
        c.send(stuffed(message(f"number {n} of many")))
    for c in clients:
        c.reply().expect(250)
    for m in upstream.messages:
        n = m.mail.split("<s")[1].split("@")[0]
        assert m.rcpts == [f"RCPT TO:<r{n}@example.com>"] and f"number {n} of many".encode() in m.content


# --- parameters ----------------------------------------------------------------------------------

def test_dsn_8bitmime_smtputf8_and_size_are_passed_on(gate, sink):
    upstream = sink(EVERYTHING)
    g = gate(deliver=upstream.url)
    c = g.session()
    c.submit(message()).expect(250)  # the upstream is known now
    c = g.session()
    c.cmd("MAIL FROM:<j\u00fcrgen@example.net> BODY=8BITMIME SMTPUTF8 SIZE=200 RET=HDRS ENVID=id+2B1").expect(250)
    c.cmd("RCPT TO:<demo@example.com> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;d+2Bx@example.com").expect(250)
    c.cmd("RCPT TO:<m\u00fcller@example.com> NOTIFY=NEVER").expect(250)
    c.data(message(body="gr\u00fc\u00df\r\n")).expect(250)
    m = upstream.messages[-1]
    words = m.mail.split(" ")
    assert words[1] == "FROM:<j\u00fcrgen@example.net>" and {"BODY=8BITMIME", "SMTPUTF8", "RET=HDRS", "ENVID=id+2B1"} <= set(words)
    size = [w for w in words if w.startswith("SIZE=")]
    assert size and int(size[0][5:]) >= 200
    assert m.rcpts == ["RCPT TO:<demo@example.com> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;d+2Bx@example.com",
                       "RCPT TO:<m\u00fcller@example.com> NOTIFY=NEVER"]


def test_an_address_that_is_not_ascii_without_smtputf8_is_refused(gate, sink):
    upstream = sink()
    c = gate(deliver=upstream.url).session()
    assert c.cmd("MAIL FROM:<j\u00fcrgen@example.net>").code in (550, 553, 501)
    c.mail().expect(250)
    assert c.cmd("RCPT TO:<m\u00fcller@example.com>").code in (550, 553, 501)


@pytest.mark.parametrize("path", ['"quoted local"@example.com', '"a\\"b"@example.com', "a+b@example.com", "a@[192.0.2.1]", "a@[IPv6:2001:db8::1]", '"@"@example.com'])
def test_paths_are_passed_on_as_they_were_given(gate, sink, path):
    upstream = sink()
    gate(deliver=upstream.url).session().submit(message(), sender=path, recipients=[path]).expect(250)
    assert upstream.message.mail.startswith(f"MAIL FROM:<{path}>") and upstream.message.rcpts == [f"RCPT TO:<{path}>"]


def test_a_source_route_is_not_passed_on(gate, sink):
    """RFC 5321 §4.1.1.3 and appendix C: it SHOULD be stripped."""
    upstream = sink()
    c = gate(deliver=upstream.url).session()
    c.mail().expect(250)
    c.cmd("RCPT TO:<@one.example,@two.example:demo@example.com>").expect(250)
    c.data(message()).expect(250)
    assert upstream.message.rcpts == ["RCPT TO:<demo@example.com>"]


def test_bdat_goes_to_an_upstream_with_chunking(gate, sink):
    upstream = sink(EVERYTHING)
    g = gate(deliver=upstream.url)
    g.session().submit(message()).expect(250)
    c = open_transaction(g.session())
    text = message(body="..\r\n.\r\nchunks\r\n")
    c.bdat(text[:20]).expect(250)
    c.bdat(text[20:], last=True).expect(250)
    assert upstream.messages[-1].content.endswith(text)


def test_bdat_goes_to_an_upstream_without_chunking_as_data(gate, sink):
    upstream = sink()
    g = gate(deliver=upstream.url)
    g.session().submit(message()).expect(250)
    c = open_transaction(g.session())
    if "CHUNKING" not in c.ehlo().text:
        pytest.skip("CHUNKING is offered only with the upstream's")
    open_transaction(c)
    text = message(body="..\r\n.\r\nchunks\r\n")
    c.bdat(text[:20]).expect(250)
    c.bdat(text[20:], last=True).expect(250)
    assert upstream.messages[-1].content.endswith(text) and not upstream.lines("BDAT")


# --- clients that vanish -------------------------------------------------------------------------

@pytest.mark.parametrize("how", ["close", "reset", "half-close", "quit in the data"])
@pytest.mark.parametrize("sent", [0, 30, 100_000])
def test_a_client_vanishing_in_the_data_leaves_no_message(gate, sink, how, sent):
    upstream = sink()
    g = gate(deliver=upstream.url)
    c = open_transaction(g.session())
    c.cmd("DATA").expect(354)
    c.send(message(body="half\r\n" * 20_000)[:sent])
    if how == "reset":
        c.reset()
    elif how == "half-close":
        c.sock.shutdown(socket.SHUT_WR)
        c.rest()
    else:
        if how == "quit in the data":
            c.send(b"\r\nQUIT\r\n")
        c.close()
    assert g.log.wait("submit.message")["outcome"] == "aborted"
    upstream.wait_idle()
    assert not upstream.messages and not any(m.whole for s in upstream.sessions for m in s.messages)


@pytest.mark.parametrize("chunks", [1, 2])
def test_a_client_vanishing_between_bdat_chunks_leaves_no_message(gate, sink, chunks):
    upstream = sink(EVERYTHING)
    g = gate(deliver=upstream.url)
    g.session().submit(message()).expect(250)
    c = open_transaction(g.session())
    for _ in range(chunks):
        c.bdat(message()).expect(250)
    c.send(b"BDAT 100 LAST\r\nhalf")
    c.reset()
    g.log.wait("submit.message", outcome="aborted")
    g.close_clients()
    upstream.drop(CLOSE)
    upstream.wait_idle()
    assert len(upstream.messages) == 1


def test_rset_between_bdat_chunks_leaves_no_message(gate, sink):
    upstream = sink(EVERYTHING)
    g = gate(deliver=upstream.url)
    g.session().submit(message()).expect(250)
    c = open_transaction(g.session())
    c.bdat(message()).expect(250)
    c.cmd("RSET").expect(250)
    c.submit(message("after")).expect(250)
    assert len(upstream.messages) == 2 and upstream.messages[-1].content.count(b"Subject:") == 1


def test_a_client_that_left_before_the_reply_does_not_spoil_the_next(gate, sink):
    """The message is the upstream's by then: it may arrive, whole; its late 250 is nobody else's."""
    upstream = sink()
    upstream.answering.clear()
    g = gate(deliver=upstream.url)
    gone = open_transaction(g.session())
    gone.cmd("DATA").expect(354)
    gone.send(stuffed(message("gone")))
    upstream.wait(lambda: any(m.whole for s in upstream.sessions for m in s.messages))
    gone.reset()
    upstream.script["end"] = ["550 5.7.1 for the one who left"]
    upstream.answering.set()
    g.log.wait("submit.disconnect")
    g.session().submit(message("next")).expect(250)
    assert b"next" in upstream.messages[-1].content


# --- TLS to the upstream -------------------------------------------------------------------------

def test_tls_is_used_where_offered_whatever_the_certificate(gate, sink, pki):
    upstream = sink(tls=pki.server_context(pki.other_certificate, pki.other_key))
    gate(deliver=upstream.url).session().submit(message()).expect(250)
    assert upstream.message.session.tls
    lines = [line.split(" ")[0].upper() for line in upstream.message.session.lines]
    assert lines[:3] == ["EHLO", "STARTTLS", "EHLO"]


def test_clear_where_tls_is_not_offered(gate, sink):
    upstream = sink()
    gate(deliver=upstream.url).session().submit(message()).expect(250)
    assert not upstream.message.session.tls


def test_tls_required_and_verified(gate, sink, pki):
    upstream = sink(tls=pki.server_context())
    g = gate(deliver=f"smtp://localhost:{upstream.port}", upstream_tls="required", upstream_ca=str(pki.certificate))
    g.session().submit(message()).expect(250)
    assert upstream.message.session.tls


@pytest.mark.parametrize("case", ["not offered", "wrong authority", "wrong name", "refused"])
def test_tls_required_and_not_to_be_had_451_and_nothing_is_sent_in_clear(gate, sink, pki, case):
    context = pki.server_context(pki.other_certificate, pki.other_key) if case in ("wrong authority", "wrong name") else pki.server_context()
    trusted = pki.other_certificate if case == "wrong name" else pki.certificate
    upstream = sink(tls=None if case == "not offered" else context, script={"starttls": "454 4.7.0 not now"} if case == "refused" else {})
    g = gate(deliver=f"smtp://localhost:{upstream.port}", upstream_tls="required", upstream_ca=str(trusted), timeouts=FAST)
    assert g.session().submit_to_code(message()) == 451
    assert not upstream.lines("MAIL") and not upstream.lines("XCLIENT")


def test_tls_off_is_off(gate, sink, pki):
    upstream = sink(tls=pki.server_context())
    gate(deliver=upstream.url, upstream_tls="off").session().submit(message()).expect(250)
    assert not upstream.message.session.tls


def test_capabilities_from_before_the_upstreams_tls_are_forgotten(gate, sink, pki):
    """RFC 3207 §4.2: what an attacker in between added in clear must not count."""
    upstream = sink(tls=pki.server_context(), capabilities=USUAL)

    def both(session, line):
        upstream.capabilities = list(USUAL) if session.tls else list(USUAL) + [XCLIENT, "BINARYMIME", "CHUNKING"]

    upstream.script["ehlo"] = both
    g = gate(deliver=upstream.url)
    g.session().submit(message()).expect(250)
    assert not upstream.lines("XCLIENT") and "BINARYMIME" not in g.client().capabilities


def test_replies_injected_before_the_upstreams_tls_are_not_read_after_it(gate, sink, pki):
    upstream = sink(tls=pki.server_context(), script={"starttls": "220 go\r\n250 injected"})
    c = gate(deliver=upstream.url, timeouts=FAST).session()
    assert c.submit_to_code(message()) == 451


# --- real upstreams ------------------------------------------------------------------------------

def test_smtp_sink_gets_it_whole(gate, peer):
    upstream = peer(SmtpSink)
    gate(deliver=upstream.url).session().submit(message(body="..\r\nto smtp-sink\r\n")).expect(250)
    (got,) = upstream.messages()
    assert b"\n\n..\nto smtp-sink\n" in got and b"X-Rcpt-Args: <demo@example.com>" in got


@pytest.mark.parametrize("options", [["-r", "RCPT"], ["-r", "DATA"], ["-r", "."], ["-r", "MAIL"], ["-f", "RCPT"], ["-f", "."], ["-q", "."], ["-Q", "DATA"]])
def test_smtp_sink_that_fails(gate, peer, options):
    """-r soft error, -f hard error, -q disconnect after, -Q 421 and disconnect."""
    upstream = peer(SmtpSink, options=options)
    code = gate(deliver=upstream.url, timeouts=FAST).session().submit_to_code(message())
    assert code // 100 == (5 if options[0] == "-f" else 4)


def test_postfix_with_tls_and_xclient(gate, peer, pki):
    upstream = peer(Postfix, pki, main="smtpd_sasl_auth_enable = no\nheader_checks =\nsmtpd_delay_reject = no\n")
    g = gate(deliver=upstream.url, accounts=ACCOUNTS, sender="any")
    c = g.session("alice@example.com", "a", source="127.0.0.7")
    reply = c.submit(message("to postfix", body="line\r\n.dot\r\n")).expect(250)
    queue_id = reply.text.split("queued as ")[1].split()[0]
    assert queue_id in g.log.wait("submit.message")["upstream"]
    log = (upstream.dir / "log").read_text()
    assert f"{queue_id}: client=" in log and "[127.0.0.7]" in log
    assert f"{queue_id}: client=" in log and "sasl_username=alice@example.com" in log


def test_postfix_refusing_is_the_clients_refusal(gate, peer):
    upstream = peer(Postfix, main="smtpd_recipient_restrictions = check_recipient_access static:{550 5.7.1 not from here}, permit\n")
    c = gate(deliver=upstream.url).session()
    c.mail().expect(250)
    c.rcpt().expect(550, enhanced="5.7.1")
