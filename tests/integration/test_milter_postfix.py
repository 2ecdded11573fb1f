# SPDX-License-Identifier: ISC
"""Postfix with our milter, from a client's SMTP to the mailbox."""
import json
import re
import shutil
import smtplib
import subprocess

import pytest

from conftest import new_directory
from harness import free_port, until
from peers import Postfix
from signing import STRANGERS_ONLY, STRICT, Key, results, sign, unfolded, verify

PLAIN = b"From: Jo <jo@acme.example>\r\nTo: box@example.com\r\nSubject: hello\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\n" \
        b"Message-ID: <1@acme.example>\r\n\r\nOne line.\r\n"
AWKWARD = {
    "plain": PLAIN,
    "spaces": b"From:  Jo <jo@acme.example> \r\nTo:box@example.com\r\nSubject:   three   spaces \r\nX-Tab:\ta\t\tb\r\n"
              b"Date: Sat, 21 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@acme.example>\r\n\r\n a  b \r\n\r\n\r\nc\t\r\n",
    "folds": b"From: Jo\r\n <jo@acme.example>\r\nTo: box@example.com,\r\n\tother@example.com\r\nSubject: a\r\n  b\r\n\tc\r\n"
             b"Message-ID:\r\n <1@acme.example>\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\n\r\nx\r\n",
    "empty values": b"From: jo@acme.example\r\nTo: box@example.com\r\nSubject:\r\nX-A: \r\n"
                    b"Date: Sat, 21 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@acme.example>\r\n\r\n\r\n\r\n",
    "8-bit": "From: Jörg <jo@acme.example>\r\nTo: box@example.com\r\nSubject: grün\r\nMIME-Version: 1.0\r\n"
             "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
             "Date: Sat, 21 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@acme.example>\r\n\r\nGrüße\r\n".encode(),
    "60 KB of header": b"From: jo@acme.example\r\nTo: box@example.com\r\nSubject: x\r\nReferences: " +
                       b"\r\n ".join(b"<%056d@acme.example>" % i for i in range(800)) +
                       b"\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@acme.example>\r\n\r\nx\r\n",
    "no body": b"From: jo@acme.example\r\nTo: box@example.com\r\nSubject: x\r\n"
               b"Date: Sat, 21 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@acme.example>\r\n\r\n",
}


class House:
    """A milter, and the Postfix of all tests before it."""

    def __init__(self, postfix, milter, **settings):
        self.service = milter(listen=[f"inet:{postfix.milter_port}@127.0.0.1"], **settings)
        self.postfix, self.old = postfix, set(postfix.messages())

    def session(self):
        return smtplib.SMTP("127.0.0.1", self.postfix.port, "client.example", timeout=20)

    def send(self, message, sender="jo@acme.example", smtp=None):
        """The reply to the content."""
        one = smtp or self.session()
        try:
            one.ehlo_or_helo_if_needed()
            assert one.mail(sender, ["BODY=8BITMIME"])[0] == 250 and one.rcpt("box@example.com")[0] == 250
            return one.data(message)
        finally:
            if not smtp:
                one.quit()

    def new(self):
        return set(self.postfix.messages()) - self.old

    def delivered(self, n=1):
        """The next n messages."""
        until(lambda: len(self.new()) >= n, "it was not delivered")
        found = self.new()
        self.old |= found
        assert len(found) == n
        return sorted(found)

    def pass_on(self, message, **options):
        code, text = self.send(message, **options)
        assert code == 250, text
        return self.delivered()[0]


@pytest.fixture(scope="module")
def postfix(base):
    port = free_port()
    one = Postfix(new_directory(base), main=f"smtpd_milters = inet:127.0.0.1:{port}\n"
                                            "milter_default_action = tempfail\nheader_size_limit = 200000\n")
    one.milter_port = port
    yield one.start()
    one.stop()


@pytest.fixture
def house(postfix, milter):
    return lambda **settings: House(postfix, milter, **settings)


@pytest.fixture(scope="module")
def key(base):
    folder = base / "postfix-keys"
    folder.mkdir()
    return Key(folder, "acme.example", "s1")


@pytest.fixture(scope="module")
def second_key(key):
    return Key(key.path.parent, "acme.example", "e1", "ed25519")


# --- signing -------------------------------------------------------------------------------------

@pytest.mark.parametrize("canonicalization", ["simple/simple", "relaxed/relaxed"])
def test_what_postfix_delivers_verifies(house, key, second_key, canonicalization):
    one = house(sign={"acme.example": [key.row(), second_key.row()]}, canonicalization=canonicalization,
                dns=[key.record, second_key.record])
    for name, message in AWKWARD.items():
        mail = one.pass_on(message)
        found = verify(one.service, mail.replace(b"\n", b"\r\n"))
        assert [s["result"] for s in found["signatures"]] == ["pass", "pass"], (name, found, mail[:3000])
        event = one.service.log.wait("milter.message", queue=event_queue(mail))
        assert event["signed"] == "acme.example/s1 acme.example/e1" and "not_signed" not in event
        assert not unfolded(mail, "Authentication-Results")


def event_queue(mail):
    return re.search(r"\bid (\w+)", unfolded(mail, "Received")[0]).group(1)


def test_others_can_verify_it(house, key):
    dkim = pytest.importorskip("dkim", reason="dkimpy is not installed (package python3-dkim)")
    one = house(sign={"acme.example": key.row()}, dns=[key.record])
    mail = one.pass_on(AWKWARD["spaces"])
    text = "".join(part for part in key.record.split('"')[1::2]).encode()
    assert dkim.verify(mail.replace(b"\n", b"\r\n"), dnsfunc=lambda name, **_: text)


def test_a_client_that_postfix_calls_authenticated_is_signed_for_wherever_it_is(house, key):
    """The login comes by XCLIENT, as from `postern submit`."""
    one = house(sign={"acme.example": key.row()}, dns=[key.record], internal=STRANGERS_ONLY)
    with one.session() as smtp:
        smtp.ehlo()
        assert smtp.docmd("XCLIENT", "ADDR=127.0.0.5 LOGIN=jo@acme.example")[0] == 220
        smtp.ehlo()
        mail = one.pass_on(PLAIN, smtp=smtp)
    assert unfolded(mail, "DKIM-Signature")
    assert one.service.log.wait("milter.message")["role"] == "ours"


@pytest.mark.skipif(not shutil.which("swaks"), reason="swaks is not installed (package swaks)")
def test_swaks_is_verified_and_marked(house, key):
    one = house(dns=[key.record, STRICT], internal=STRANGERS_ONLY)
    done = subprocess.run(["swaks", "--server", f"127.0.0.1:{one.postfix.port}", "--from", "jo@acme.example", "--to",
                           "box@example.com", "--header", "Subject: from swaks"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout
    assert results(one.delivered()[0]) == {"dkim": ["none"], "x-dkim-ssp": ["fail"]}


def test_an_8_bit_body_and_a_long_line_are_told(house, key):
    one = house(sign={"acme.example": key.row()}, dns=[key.record])
    one.pass_on(AWKWARD["8-bit"])
    assert one.service.log.wait("milter.hazard")["reason"] == "8-bit body"


def test_a_stranger_with_our_from_is_not_signed_and_the_log_says_why(house, key):
    one = house(sign={"acme.example": key.row()}, dns=[key.record, STRICT], internal=STRANGERS_ONLY)
    mail = one.pass_on(PLAIN)
    assert not unfolded(mail, "DKIM-Signature")
    event = one.service.log.wait("milter.message")
    assert event["role"] == "inbound" and "neither authenticated nor internal" in event["not_signed"]


# --- verifying -----------------------------------------------------------------------------------

@pytest.mark.parametrize("canonicalization", ["simple/simple", "relaxed/relaxed"])
def test_what_was_signed_outside_passes_through_postfix(house, key, canonicalization):
    one = house(dns=[key.record, STRICT], internal=STRANGERS_ONLY)
    for name, message in AWKWARD.items():
        mail = one.pass_on(sign(key, message, canonicalization))
        assert results(mail) == {"dkim": ["pass"], "x-dkim-ssp": ["pass"]}, (name, mail[:3000])


def test_a_changed_body_fails_and_is_suspicious(house, key):
    one = house(dns=[key.record, STRICT], internal=STRANGERS_ONLY)
    mail = one.pass_on(sign(key, PLAIN).replace(b"One line", b"Two lines"))
    assert results(mail) == {"dkim": ["fail"], "x-dkim-ssp": ["fail"]}
    top = mail.split(b"Authentication-Results:")[0]
    assert b"Received: from" not in top, "it stands above what Postfix adds"


def test_unsigned_mail_of_a_strict_domain_is_rejected(house):
    one = house(dns=[STRICT], internal=STRANGERS_ONLY, suspicious="reject")
    code, text = one.send(PLAIN)
    assert code == 550 and text.startswith(b"5.7.1 "), (code, text)
    assert not one.new()


def test_unsigned_mail_of_a_strict_domain_is_quarantined(house):
    one = house(dns=[STRICT], internal=STRANGERS_ONLY, suspicious="quarantine")
    assert one.send(PLAIN)[0] == 250

    def held():
        run = subprocess.run(["postqueue", "-c", one.postfix.dir / "etc", "-j"], capture_output=True)
        return [json.loads(line)["queue_name"] for line in run.stdout.splitlines()] == ["hold"]
    until(held, "it is not on hold")
    assert not one.new()


def test_unsigned_mail_of_a_strict_domain_is_deferred(house):
    one = house(dns=[STRICT], internal=STRANGERS_ONLY, suspicious="tempfail")
    code, text = one.send(PLAIN)
    assert code == 451 and text.startswith(b"4.7.1 "), (code, text)


@pytest.mark.parametrize("temporary, expected", [("accept", 250), ("tempfail", 451)])
def test_a_key_that_dns_cannot_say_now(house, key, temporary, expected):
    one = house(dns=["s1._domainkey.acme.example TXT !servfail", STRICT], internal=STRANGERS_ONLY, temporary=temporary)
    code, text = one.send(sign(key, PLAIN))
    assert code == expected, text
    if code == 250:
        assert results(one.delivered()[0]) == {"dkim": ["temperror"], "x-dkim-ssp": ["temperror"]}


def test_forged_results_do_not_arrive(house):
    one = house(dns=["nobody.example A 192.0.2.1"], internal=STRANGERS_ONLY)
    forged = [b"mail.example.com; dkim=pass", b"other.example; dkim=pass", b"MAIL.example.com 1; dkim=pass",
              b"(x) mail.example.com (y); dkim=pass", b"\"mail.example.com\"; dkim=pass", b"mail.example.net; dkim=pass",
              b"mail.example.com\r\n ; dkim=pass", b"mail.example.com"]
    mail = one.pass_on(b"".join(b"Authentication-Results: " + f + b"\r\n" for f in forged) + PLAIN)
    assert results(mail)["dkim"] == ["none"]
    assert unfolded(mail, "Authentication-Results")[1:] == ["other.example; dkim=pass", "mail.example.net; dkim=pass"]
    assert one.service.log.wait("milter.message")["forged"] == 6


def test_several_from_fields_are_no_pass(house, key):
    one = house(dns=[key.record, STRICT], internal=STRANGERS_ONLY)
    mail = one.pass_on(b"From: evil@other.example\r\n" + sign(key, PLAIN))
    assert results(mail)["x-dkim-ssp"] == ["permerror"]


def test_a_line_that_is_no_field_ends_the_header_for_all(house, key):
    """Exim bug 3036: what is body for the MTA is body for us, From and signature too. (Postfix gives the message
    a From of its own, of the envelope's sender, where the client is local.)"""
    one = house(dns=[key.record, STRICT], internal=STRANGERS_ONLY)
    mail = one.pass_on(b"Subject: x\r\nthis is no field\r\n" + sign(key, PLAIN))
    assert results(mail) == {"dkim": ["none"], "x-dkim-ssp": ["fail"]}


# --- connections ---------------------------------------------------------------------------------

def test_messages_of_one_session_have_nothing_to_do_with_each_other(house, key):
    one = house(dns=[key.record, STRICT], internal=STRANGERS_ONLY)
    with one.session() as smtp:
        assert one.send(sign(key, PLAIN), smtp=smtp)[0] == 250
        smtp.mail("someone@else.example")
        smtp.rset()
        assert one.send(PLAIN, smtp=smtp)[0] == 250
        assert one.send(sign(key, PLAIN), smtp=smtp)[0] == 250
    found = sorted(results(m)["x-dkim-ssp"][0] for m in one.delivered(3))
    assert found == ["fail", "pass", "pass"]


def test_a_client_that_leaves_in_the_middle_harms_nobody(house, key):
    one = house(sign={"acme.example": key.row()}, dns=[key.record])
    smtp = one.session()
    smtp.ehlo()
    smtp.mail("jo@acme.example")
    smtp.rcpt("box@example.com")
    smtp.docmd("DATA")
    smtp.send(b"From: jo@acme.example\r\n\r\nhalf")
    smtp.close()
    assert unfolded(one.pass_on(PLAIN), "DKIM-Signature")


def test_own_mail_is_refused_for_now_while_the_milter_is_away(house, key):
    one = house(sign={"acme.example": key.row()}, dns=[key.record])
    one.service.stop()
    with one.session() as smtp:
        smtp.ehlo()
        assert smtp.mail("jo@acme.example")[0] == 451
