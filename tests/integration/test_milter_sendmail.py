# SPDX-License-Identifier: ISC
"""Sendmail with our milter."""
import smtplib

import pytest

from harness import until
from peers import Sendmail
from signing import STRANGERS_ONLY, STRICT, Key, results, sign, unfolded, verify

PLAIN = b"From: Jo <jo@acme.example>\r\nTo: box@example.com\r\nSubject: hello\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\n" \
        b"Message-ID: <1@acme.example>\r\n\r\nOne line.\r\n"
# What Sendmail keeps as it is; it writes address fields anew (From, To), so they are in its own form here.
AWKWARD = {
    "plain": PLAIN,
    "spaces": PLAIN.replace(b"Subject: hello", b"Subject:   three   spaces\r\nX-Tab:\ta\t\tb"),
    "folds": PLAIN.replace(b"Subject: hello", b"Subject: a\r\n  b\r\n\tc"),
    "8-bit": PLAIN.replace(b"hello", "grün".encode()).replace(b"One line", "Grüße".encode()),
    "60 KB of header": PLAIN.replace(b"Subject: hello", b"Subject: x\r\nX-List: " +
                                     b"\r\n ".join(b"<%056d@acme.example>" % i for i in range(800))),
    "dots and no last line": PLAIN + b".\r\n..\r\nend\r\n\r\n\r\n",
}


class House:
    def __init__(self, milter, peer, **settings):
        self.service = milter(**settings)
        self.sendmail = peer(Sendmail, self.service.port)

    def session(self):
        return smtplib.SMTP("127.0.0.1", self.sendmail.port, "client.example", timeout=20)

    def send(self, message, smtp=None):
        one = smtp or self.session()
        try:
            one.ehlo_or_helo_if_needed()
            assert one.mail("jo@acme.example", ["BODY=8BITMIME"])[0] == 250 and one.rcpt("box@example.com")[0] == 250
            return one.data(message)
        finally:
            if not smtp:
                one.quit()

    def pass_on(self, message):
        before = set(self.sendmail.messages())
        code, text = self.send(message)
        assert code == 250, text
        until(lambda: set(self.sendmail.messages()) - before, "it was not delivered")
        (mail,) = set(self.sendmail.messages()) - before
        return mail


@pytest.fixture
def house(milter, peer):
    return lambda **settings: House(milter, peer, **settings)


@pytest.fixture(scope="module")
def key(base):
    folder = base / "sendmail-keys"
    folder.mkdir()
    return Key(folder, "acme.example", "s1")


def names(mail):
    """Of the fields, in order. (Position 0 is below what Sendmail puts on top itself.)"""
    header = mail.decode("utf-8", "replace").split("\n\n")[0]
    return [line.split(":")[0] for line in header.split("\n") if line[:1] not in " \t"]


@pytest.mark.parametrize("canonicalization", ["simple/simple", "relaxed/relaxed"])
def test_what_sendmail_delivers_verifies(house, key, canonicalization):
    one = house(sign={"acme.example": key.row()}, canonicalization=canonicalization, dns=[key.record])
    for name, message in AWKWARD.items():
        mail = one.pass_on(message)
        found = verify(one.service, mail.replace(b"\n", b"\r\n"))
        assert [s["result"] for s in found["signatures"]] == ["pass"], (name, found, mail[:3000])
        assert names(mail)[:2] == ["Received", "DKIM-Signature"], mail[:500]


@pytest.mark.parametrize("canonicalization", ["simple/simple", "relaxed/relaxed"])
def test_what_was_signed_outside_passes_through_sendmail(house, key, canonicalization):
    one = house(dns=[key.record, STRICT], internal=STRANGERS_ONLY)
    for name, message in AWKWARD.items():
        mail = one.pass_on(sign(key, message, canonicalization))
        assert results(mail) == {"dkim": ["pass"], "x-dkim-ssp": ["pass"]}, (name, mail[:3000])
        assert names(mail)[:2] == ["Received", "Authentication-Results"], mail[:500]


@pytest.mark.parametrize("suspicious, code, begin", [("reject", 550, b"5.7.1 "), ("tempfail", 451, b"4.7.1 "), ("mark", 250, b"")])
def test_unsigned_mail_of_a_strict_domain(house, suspicious, code, begin):
    one = house(dns=[STRICT], internal=STRANGERS_ONLY, suspicious=suspicious)
    got, text = one.send(PLAIN)
    assert got == code and text.startswith(begin), (got, text)


def test_unsigned_mail_of_a_strict_domain_is_quarantined(house):
    one = house(dns=[STRICT], internal=STRANGERS_ONLY, suspicious="quarantine")
    assert one.send(PLAIN)[0] == 250
    until(lambda: [f.name[:2] for f in (one.sendmail.dir / "queue").iterdir() if f.name[:2] in ("hf", "qf")] == ["hf"])
    assert not one.sendmail.messages()


def test_forged_results_do_not_arrive(house):
    one = house(dns=["nobody.example A 192.0.2.1"], internal=STRANGERS_ONLY)
    forged = [b"mail.example.com; dkim=pass", b"other.example; dkim=pass", b"MAIL.example.com 1; dkim=pass",
              b"(x) mail.example.com (y); dkim=pass", b"\"mail.example.com\"; dkim=pass", b"mail.example.net; dkim=pass",
              b"mail.example.com\r\n ; dkim=pass", b"mail.example.com"]
    mail = one.pass_on(b"".join(b"Authentication-Results: " + f + b"\r\n" for f in forged) + PLAIN)
    assert results(mail)["dkim"] == ["none"]
    assert unfolded(mail, "Authentication-Results")[1:] == ["other.example; dkim=pass", "mail.example.net; dkim=pass"]


def test_messages_of_one_session_have_nothing_to_do_with_each_other(house, key):
    one = house(dns=[key.record, STRICT], internal=STRANGERS_ONLY)
    with one.session() as smtp:
        assert one.send(sign(key, PLAIN), smtp=smtp)[0] == 250
        smtp.mail("someone@else.example")
        smtp.rset()
        assert one.send(PLAIN, smtp=smtp)[0] == 250
    until(lambda: len(one.sendmail.messages()) == 2)
    assert sorted(results(m)["x-dkim-ssp"][0] for m in one.sendmail.messages()) == ["fail", "pass"]
