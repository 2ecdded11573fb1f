# SPDX-License-Identifier: ISC
"""Who may use which MAIL FROM and From: any, own, map; 553 5.7.1."""
import pytest

from client import message
from harness import give
from sink import Sink

ACCOUNTS = {"demo": "demo", "alice@example.com": "a", "bob@example.com": "b"}


def make(gate, sender=None, **more):
    settings = {"sender": sender} if sender else {}
    return gate(accounts=ACCOUNTS, **settings, **more)


def with_map(gate, text, sender, upstream):
    g = gate.prepare(accounts=ACCOUNTS, sender=sender, deliver=upstream.url)
    path = g.dir / "senders"
    path.write_text(text)
    give(path)
    g.settings["submission"]["sender-map"] = str(path)
    return g.start()


@pytest.fixture
def upstream():
    with Sink() as one:
        yield one


def mail_code(g, account, address):
    c = g.session(account, ACCOUNTS[account])
    reply = c.mail(address)
    if reply.code != 250:
        reply.expect(553, enhanced="5.7.1")
    return reply.code


def from_code(g, account, sender, header):
    c = g.session(account, ACCOUNTS[account])
    text = f"{header}\r\nSubject: x\r\n\r\nbody\r\n".encode()
    reply = c.submit(text, sender=sender)
    if reply.code != 250:
        reply.expect(553, 550, enhanced="5.7.1")
    return reply.code


@pytest.mark.parametrize("account, address, code", [
    ("alice@example.com", "alice@example.com", 250), ("alice@example.com", "Alice@Example.COM", 250), ("alice@example.com", "bob@example.com", 553),
    ("alice@example.com", "alice@example.org", 553), ("alice@example.com", "", 250),
    ("alice@example.com", "alice@example.com.evil.example", 553), ("alice@example.com", '"alice"@example.com', 250),
    ("demo", "anyone@example.net", 250)])
def test_default_own_where_the_account_has_a_domain(gate, upstream, account, address, code):
    assert mail_code(make(gate, deliver=upstream.url), account, address) == code


@pytest.mark.parametrize("header, code", [
    ("From: alice@example.com", 250), ("From: Alice A <alice@example.com>", 250), ("From: \"bob@example.com\" <alice@example.com>", 250),
    ("from: <ALICE@example.com>", 250), ("From: =?utf-8?q?b=C3=B6b?= <alice@example.com>", 250), ("From: A\r\n <alice@example.com>", 250),
    ("From: bob@example.com", 553), ("From: alice@example.com, bob@example.com", 553), ("From: alice@example.com <bob@example.com>", 553),
    ("From: alice@example.com\r\nFrom: bob@example.com", 553), ("From: <alice@example.com> (comment) <bob@example.com>", 553),
    ("From: group: alice@example.com, bob@example.com;", 553), ("FROM : bob@example.com", 553), ("From: x\r\n\t<bob@example.com>", 553),
    ("Sender: alice@example.com\r\nFrom: bob@example.com", 553)])
def test_own_looks_at_from_too(gate, upstream, header, code):
    assert from_code(make(gate, deliver=upstream.url), "alice@example.com", "alice@example.com", header) == code
    assert len(upstream.messages) == (code == 250)


def test_a_refused_from_is_refused_for_bdat_too(gate, upstream):
    g = make(gate, deliver=upstream.url)
    c = g.session("alice@example.com", "a")
    if "CHUNKING" not in c.capabilities:
        pytest.skip("CHUNKING is not offered")
    c.mail("alice@example.com").expect(250)
    c.rcpt().expect(250)
    first = c.bdat(b"From: bob@exa")
    last = c.bdat(b"mple.com\r\n\r\nx\r\n", last=True)
    assert 553 in (first.code, last.code) or 550 in (first.code, last.code)
    assert not upstream.messages


@pytest.mark.parametrize("text", ["From: bob@example.com\r\n", "From: bob@example.com", "From: bob@example.com\r\n\r\n"], ids=repr)
@pytest.mark.parametrize("how", ["data", "bdat"])
def test_a_message_of_nothing_but_its_header_is_judged_too(gate, upstream, text, how):
    c = make(gate, deliver=upstream.url).session("alice@example.com", "a")
    for _ in range(5):
        c.mail("alice@example.com").expect(250)
        c.rcpt().expect(250)
        if how == "data":
            c.cmd("DATA").expect(354)
            c.send(text.removesuffix("\r\n") + "\r\n.\r\n")
            c.reply().expect(553, 550)
        else:
            c.bdat(text.encode(), last=True).expect(553, 550)
    assert not upstream.messages


def test_a_long_header_is_no_way_around(gate, upstream):
    filler = "".join(f"X-Filler-{n}: {'y' * 900}\r\n" for n in range(300))
    g = make(gate, deliver=upstream.url)
    assert from_code(g, "alice@example.com", "alice@example.com", filler + "From: bob@example.com") in (553, 550)
    assert not upstream.messages


def test_any_lets_any(gate, upstream):
    g = make(gate, "any", deliver=upstream.url)
    assert mail_code(g, "alice@example.com", "bob@example.com") == 250
    assert from_code(g, "alice@example.com", "bob@example.com", "From: carol@example.org") == 250


def test_own_for_an_account_without_a_domain_takes_the_realm(gate, upstream):
    g = make(gate, "own", realm="example.org", deliver=upstream.url)
    assert mail_code(g, "demo", "demo@example.org") == 250
    assert mail_code(g, "demo", "other@example.org") == 553


def test_own_has_the_listed_aliases(gate, upstream):
    g = with_map(gate, "# aliases\nalice@example.com sales@example.com, @lists.example.com\n\n", "own", upstream)
    for address, code in (("alice@example.com", 250), ("sales@example.com", 250), ("x@lists.example.com", 250),
                          ("x@sub.lists.example.com", 553), ("bob@example.com", 553)):
        assert mail_code(g, "alice@example.com", address) == code, address
    assert mail_code(g, "bob@example.com", "sales@example.com") == 553
    assert from_code(g, "alice@example.com", "alice@example.com", "From: sales@example.com") == 250


def test_map_is_the_file_and_nothing_else(gate, upstream):
    g = with_map(gate, "alice@example.com shared@example.com\ndemo *\n", "map", upstream)
    for account, address, code in (("alice@example.com", "shared@example.com", 250), ("alice@example.com", "alice@example.com", 553),
                                   ("bob@example.com", "bob@example.com", 553), ("demo", "whoever@example.net", 250), ("bob@example.com", "", 250)):
        assert mail_code(g, account, address) == code, (account, address)


def test_map_is_read_again_at_sighup(gate, upstream):
    g = with_map(gate, "alice@example.com one@example.com\n", "map", upstream)
    assert mail_code(g, "alice@example.com", "two@example.com") == 553
    (g.dir / "senders").write_text("alice@example.com two@example.com\n")
    g.reload()
    assert mail_code(g, "alice@example.com", "two@example.com") == 250
    assert mail_code(g, "alice@example.com", "one@example.com") == 553


def test_the_refusal_is_in_the_log(gate, upstream):
    g = make(gate, deliver=upstream.url)
    assert mail_code(g, "alice@example.com", "bob@example.com") == 553
    assert g.log.wait("submit.refused", reply=553)["reason"]
