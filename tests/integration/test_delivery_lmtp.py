# SPDX-License-Identifier: ISC
"""lmtp:// and lmtp:/socket: as many replies as recipients, one honest reply to the client."""
import pytest

from client import message, stuffed
from peers import Dovecot
from sink import CLOSE, RESET, SILENT

FAST = {"upstream": "1s", "upstream-data": "1s", "upstream-end": "1s", "connect": "1s"}


def answers(**by_name):
    """A reply for each recipient by its local part."""
    return lambda session, line: next((said for name, said in by_name.items() if f"<{name}@" in line), None)


def send(gate, recipients):
    c = gate.session()
    c.mail().expect(250)
    for r in recipients:
        c.rcpt(f"{r}@example.com").expect(250)
    return c, c.data(message())


def test_lmtp_over_tcp(gate, sink):
    upstream = sink(lmtp=True)
    c, reply = send(gate(deliver=upstream.url), ["a", "b", "c"])
    reply.expect(250)
    assert upstream.message.session.lines[0].startswith("LHLO ") and len(upstream.message.rcpts) == 3
    c.submit(message("again")).expect(250)


def test_lmtp_over_a_socket(gate, sink, workdir):
    upstream = sink(lmtp=True, path=workdir / "lmtp")
    assert upstream.url == f"lmtp:{workdir}/lmtp"
    send(gate(deliver=upstream.url), ["a"])[1].expect(250)
    assert upstream.message.rcpts == ["RCPT TO:<a@example.com>"]


def test_content_goes_on_octet_for_octet(gate, sink):
    upstream = sink(lmtp=True)
    c = gate(deliver=upstream.url).session()
    content = b"Subject: x\r\n\r\n.\r\n..\r\n" + bytes(range(128, 256)) + b"\r\n"
    c.submit(content).expect(250)
    assert upstream.message.content.endswith(b"\r\n" + content)


def test_all_2yz_is_250(gate, sink):
    upstream = sink(lmtp=True, script={"end": answers(a="250 2.1.5 saved <id1>", b="251 ok", c="250 ok")})
    assert send(gate(deliver=upstream.url), ["a", "b", "c"])[1].expect(250)


@pytest.mark.parametrize("b, code", [("450 4.2.1 busy", 451), ("452 4.2.2 full", 451), ("550 5.1.1 gone", 554), ("552 5.2.2 over quota", 554)])
def test_replies_that_disagree_become_one_that_names_who_got_it(gate, sink, b, code):
    upstream = sink(lmtp=True, script={"end": answers(b=b)})
    _, reply = send(gate(deliver=upstream.url), ["a", "b", "c"])
    reply.expect(code)
    assert "a@example.com" in reply.text and "c@example.com" in reply.text
    assert "b@example.com" not in reply.text or reply.text.index("a@example.com") != reply.text.index("b@example.com")


def test_a_4yz_among_5yz_is_worth_another_try(gate, sink):
    upstream = sink(lmtp=True, script={"end": answers(a="550 5.1.1 gone", b="450 4.2.1 busy")})
    assert send(gate(deliver=upstream.url), ["a", "b"])[1].code in (451, 554)


@pytest.mark.parametrize("said, codes", [("450 4.2.1 busy", (450, 451)), ("550 5.1.1 gone", (550, 554)), ("421 4.3.2 going", (451,))])
def test_all_failed_is_a_failure(gate, sink, said, codes):
    upstream = sink(lmtp=True, script={"end": said})
    assert send(gate(deliver=upstream.url, timeouts=FAST), ["a", "b"])[1].code in codes


def test_one_recipient_gets_the_upstreams_own_words(gate, sink):
    upstream = sink(lmtp=True, script={"end": "552 5.2.2 over quota"})
    reply = send(gate(deliver=upstream.url), ["a"])[1]
    assert reply.code in (552, 554) and "quota" in reply.text


def test_a_recipient_refused_at_rcpt_counts_not(gate, sink):
    upstream = sink(lmtp=True, script={"rcpt": answers(bad="550 5.1.1 no")})
    c = gate(deliver=upstream.url).session()
    c.mail().expect(250)
    c.rcpt("bad@example.com").expect(550)
    c.rcpt("good@example.com").expect(250)
    c.data(message()).expect(250)
    c.submit(message("again")).expect(250)


@pytest.mark.parametrize("how", [CLOSE, RESET, SILENT])
def test_the_upstream_gone_between_two_of_the_replies_is_451(gate, sink, how):
    upstream = sink(lmtp=True, script={"end": answers(b=how)})
    c, reply = send(gate(deliver=upstream.url, timeouts=FAST), ["a", "b", "c"])
    reply.expect(451)
    upstream.script.clear()
    c.submit(message("again")).expect(250)
    assert b"again" in upstream.messages[-1].content


def test_long_lists_of_names_are_cut_to_one_reply(gate, sink):
    upstream = sink(lmtp=True, script={"end": answers(r99="550 5.1.1 no")})
    _, reply = send(gate(deliver=upstream.url), [f"r{n}" for n in range(100)])
    reply.expect(554)


def test_a_client_that_vanishes_leaves_no_message(gate, sink):
    upstream = sink(lmtp=True)
    g = gate(deliver=upstream.url)
    c = g.session()
    c.mail().expect(250)
    c.rcpt().expect(250)
    c.cmd("DATA").expect(354)
    c.send(message(body="half\r\n" * 1000)[:3000])
    c.reset()
    assert g.log.wait("submit.message")["outcome"] == "aborted"
    upstream.wait_idle()
    assert not upstream.messages


# --- a real Dovecot ------------------------------------------------------------------------------

@pytest.mark.parametrize("where", ["socket", "tcp"])
def test_dovecot_lmtp_and_auth_together(gate, peer, where):
    dovecot = peer(Dovecot, lmtp=True)
    url = f"lmtp:{dovecot.lmtp_socket}" if where == "socket" else f"lmtp://127.0.0.1:{dovecot.lmtp_port}"
    g = gate(deliver=url, auth=f"dovecot:{dovecot.auth_socket}")
    c = g.session()
    c.submit(message("to dovecot", body="line\r\n.dot\r\n")).expect(250)
    c.submit(message("to two"), recipients=["demo@example.com", "test@example.com"]).expect(250)
    assert len(dovecot.messages("demo")) == 2 and len(dovecot.messages("test")) == 1
    assert b"\n\nline\n.dot\n" in [m for m in dovecot.messages("demo") if b"to dovecot" in m][0]


def test_dovecot_lmtp_with_an_unknown_recipient(gate, peer):
    dovecot = peer(Dovecot, lmtp=True, anybody=False)
    c = gate(deliver=f"lmtp:{dovecot.lmtp_socket}").session()
    c.mail().expect(250)
    c.rcpt("stranger@example.com").expect(550)
    c.rcpt("demo@example.com").expect(250)
    c.data(message()).expect(250)
    assert len(dovecot.messages()) == 1
