# SPDX-License-Identifier: ISC
"""The practices through a whole `postern milter`: what Authentication-Results and the log say, and what a list does."""
import re

import pytest

from signing import STRANGERS_ONLY, Key, sign

MESSAGE = b"From: jo@acme.example\r\nTo: b@example.net\r\nSubject: x\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\n" \
          b"Message-ID: <1@acme.example>\r\n\r\nbody\r\n"
LIST = {"*-bounces@lists.example": {"kind": "resending", "sender": "talk@lists.example", "reject-strict": True}}


@pytest.fixture(scope="module")
def keys(base):
    folder = base / "practices-keys"
    folder.mkdir()
    return {domain: Key(folder, domain, "s1", "ed25519") for domain in ("acme.example", "lists.example")}


def deliver(service, message, address="192.0.2.1", **envelope):
    """What the milter answers to it."""
    header, _, body = message.partition(b"\r\n\r\n")
    mta = service.mta()
    mta.connect(address)
    mta.envelope(**envelope)
    mta.header(*header.decode("latin-1").replace("\r\n\t", "\n\t").replace("\r\n ", "\n ").split("\r\n"))
    return mta.finish(body)


def results(answers):
    """The Authentication-Results that is put in, unfolded."""
    (value,) = [p[4:].split(b"\0")[1] for letter, p in answers if letter == "i" and b"Authentication-Results\0" in p]
    return re.sub(r"\s+", " ", value.decode())


# --- six answers of DNS ---

ANSWERS = {
    "data": ("TXT x", "permerror", "x-dkim-ssp=unknown"),
    "nodata": ("!nodata", "permerror", "x-dkim-ssp=unknown"),
    "nxdomain": ("!nxdomain", "permerror", "x-dkim-ssp=fail"),
    "servfail": ("!servfail", "temperror", "x-dkim-ssp=temperror"),
    "bogus": ("!bogus", "temperror", "x-dkim-ssp=temperror"),
    "timeout": ("!timeout", "temperror", "x-dkim-ssp=temperror"),
}


def test_six_answers_of_dns_are_six_answers_in_the_results(milter, keys):
    said = {"key": set(), "practices": set()}
    for answer, (line, dkim, ssp) in ANSWERS.items():
        service = milter(internal=STRANGERS_ONLY, dns=[f"s1._domainkey.acme.example {line}", f"acme.example {line}", "example TXT x"])
        text = results(deliver(service, sign(keys["acme.example"], MESSAGE)))
        first, second = text.split("; ")[1:]
        assert first.startswith(f"dkim={dkim} ")
        said["key"].add(re.search(r'reason="([^"]*)"', first)[1])
        text = results(deliver(service, MESSAGE))
        assert ssp in text, (answer, text)
        said["practices"].add((ssp, *re.findall(r"dkim=none; .*(?:timeout|servfail|bogus|does not exist)", text)))
    assert len(said["key"]) == len(ANSWERS), said["key"]
    assert len(said["practices"]) == len(ANSWERS) - 1, said["practices"]  # a name without the record, whatever else it has


# --- the log ---

def test_records_that_nobody_can_go_by_are_logged(milter):
    service = milter(internal=STRANGERS_ONLY, practices=["ssp", "adsp"],
                     dns=['acme.example DKIMP "p=strict;; t=y"', 'example DKIMP "p=all; t=y:1z"', '_adsp._domainkey.acme.example TXT "dkim=odd"'])
    deliver(service, MESSAGE, queue="Q7")
    notes = [service.log.wait("milter.practices", queue="Q7", practices=kind)["note"] for kind in ("ssp", "adsp")]
    assert "acme.example" in notes[0] and "ignored" in notes[0] and "odd" in notes[1]
    assert service.log.wait("milter.message", queue="Q7")["ssp"] == "unknown"


def test_why_a_query_failed_is_logged(milter):
    service = milter(internal=STRANGERS_ONLY, dns=["acme.example !bogus"])
    deliver(service, MESSAGE, queue="Q8")
    assert "bogus" in service.log.wait("milter.practices", queue="Q8")["note"]


def test_what_makes_readers_disagree_is_logged(milter, keys):
    service = milter(internal=STRANGERS_ONLY, dns=[keys["acme.example"].record])
    deliver(service, sign(keys["acme.example"], MESSAGE).replace(b"body\r\n", b"bo\ndy\0\r\n"), queue="Q9")
    assert service.log.wait("milter.message", queue="Q9")["faults"] == "bare-lf,nul"
    deliver(service, MESSAGE, queue="Q10")
    assert "faults" not in service.log.wait("milter.message", queue="Q10")


def test_dmarc_that_does_not_pass_says_that_spf_was_not_checked(milter, keys):
    service = milter(internal=STRANGERS_ONLY, practices=["dmarc"],
                     dns=[keys["acme.example"].record, '_dmarc.acme.example TXT "v=DMARC1; p=reject"'])
    assert "dmarc=none (SPF not checked)" in results(deliver(service, MESSAGE))
    assert "dmarc=pass header.from=acme.example" in results(deliver(service, sign(keys["acme.example"], MESSAGE)))


# --- lists ---

@pytest.mark.parametrize("record, last", [("p=strict", "y"), ("p=all", "c")])
def test_a_list_refuses_signed_mail_of_strict_domains_where_it_is_to(milter, keys, record, last):
    """Such mail verifies, and ends the check before anything is asked: so it is asked for."""
    service = milter(sign={"lists.example": keys["lists.example"].row()}, lists=LIST,
                     dns=[keys["acme.example"].record, f'acme.example DKIMP "{record}"'])
    answers = deliver(service, sign(keys["acme.example"], MESSAGE), "127.0.0.1", sender="<talk-bounces@lists.example>")
    assert answers[-1][0] == last
    assert any(b"DKIM-Signature" in payload for _, payload in answers) == (last == "c")
    assert any(b"Sender\0" in payload for _, payload in answers) == (last == "c")
