# SPDX-License-Identifier: ISC
"""One slow DNS answer delays one message and no other."""
import select
import socket
import struct
import threading

import pytest

from conftest import new_directory
from harness import MilterService
from signing import STRANGERS_ONLY, Key, sign

TXT, MANY = 16, 10


class Dns:
    """A server of TXT records that never answers for a name with "silent" in it."""

    def __init__(self, texts):
        self.texts, self.asked = {name.lower(): text for name, text in texts.items()}, []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                query, client = self.socket.recvfrom(4096)
            except OSError:
                return
            reply = self.answer(query)
            if reply:
                self.socket.sendto(reply, client)

    def answer(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
            at += 1 + query[at]
        (kind,) = struct.unpack("!H", query[at + 1:at + 3])
        name = ".".join(labels)
        self.asked.append(name)
        if "silent" in name:
            return None
        text = self.texts.get(name) if kind == TXT else None
        rdata = b"".join(bytes([len(text[i:i + 255])]) + text[i:i + 255] for i in range(0, len(text), 255)) if text else b""
        record = b"\xc0\x0c" + struct.pack("!HHIH", TXT, 1, 300, len(rdata)) + rdata if text else b""
        code = 0 if text else 3
        return query[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, 1 if text else 0, 0, 0) + query[12:at + 5] + record

    def close(self):
        self.socket.close()


def message(domain, n):
    return (f"From: jo@{domain}\r\nTo: b@example.net\r\nSubject: {n}\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\n"
            f"Message-ID: <{n}@{domain}>\r\n\r\nbody\r\n").encode()


def start(mta, signed):
    """All of a message up to its end; the answer is not awaited."""
    header, _, body = signed.partition(b"\r\n\r\n")
    mta.connect()
    mta.envelope()
    for field in header.replace(b"\r\n\t", b"\n\t").replace(b"\r\n ", b"\n ").split(b"\r\n"):
        name, _, value = field.partition(b":")
        mta.command("L", name + b"\0" + value + b"\0")
    mta.command("N")
    mta.command("B", body)
    mta.send("E")


def verdict(mta):
    """The Authentication-Results that is inserted, and the last answer."""
    answers = [mta.receive()]
    while answers[-1][0] not in "acdrty":
        answers.append(mta.receive())
    (inserted,) = [payload for letter, payload in answers if letter == "i"]
    return inserted, answers[-1][0]


@pytest.fixture
def service(base, milter):
    """One worker, and keys of good.example and silent.example at a server of ours."""
    folder = new_directory(base)
    good, silent = (Key(folder, domain, "s1") for domain in ("good.example", "silent.example"))
    text = "".join(good.record.split('"')[1::2]).encode()
    dns = Dns({"s1._domainkey.good.example": text, **{f"s1._domainkey.d{n}.good.example": text for n in range(MANY)}})
    one = MilterService(new_directory(base), internal=STRANGERS_ONLY, practices=[], limits={"message-wait": "3s"})
    one.settings["dns"] = {"resolver": [f"127.0.0.1@{dns.port}"], "trust-anchor": "none", "timeout": "2s"}
    one.dns, one.good, one.silent = dns, good, silent
    yield one.start()
    one.stop()
    dns.close()


def domain_key(key, domain):
    other = object.__new__(Key)
    other.domain, other.selector, other.path = domain, key.selector, key.path
    return other


def test_ten_silent_keys_do_not_hold_ten_good_ones(service):
    slow, quick = [], []
    for n in range(MANY):
        domain = f"d{n}.silent.example"
        slow.append((service.mta(), sign(domain_key(service.silent, domain), message(domain, n))))
        domain = f"d{n}.good.example"
        quick.append((service.mta(), sign(domain_key(service.good, domain), message(domain, n))))
    for mta, signed in slow + quick:
        start(mta, signed)
    for mta, _ in quick:
        assert b"dkim=pass" in verdict(mta)[0]
    waiting = [mta.socket for mta, _ in slow]
    assert select.select(waiting, [], [], 0)[0] == [], "the silent ones had their verdict before the good ones"
    assert len({name for name in service.dns.asked if "silent" in name}) == MANY
    for mta, _ in slow:
        inserted, last = verdict(mta)
        assert b"dkim=temperror" in inserted and last == "c"


def test_an_abort_while_a_key_is_awaited_frees_the_connection(service):
    mta = service.mta()
    start(mta, sign(service.silent, message("silent.example", 1)))
    mta.send("A")
    start(mta, sign(service.good, message("good.example", 2)))
    assert b"dkim=pass" in verdict(mta)[0]
    service.log.wait("milter.aborted")


def test_one_message_waits_no_longer_than_message_wait(base, service):
    """Ten signatures with silent keys wait side by side, not one behind the other."""
    text = message("silent.example", 1)
    for n in range(MANY):
        text = sign(domain_key(service.silent, f"d{n}.silent.example"), text)
    mta = service.mta(timeout=15)
    start(mta, text)
    inserted, last = verdict(mta)
    assert inserted.count(b"dkim=temperror") == MANY and last == "c"


def test_a_forwarder_on_this_host_without_dnssec_is_believed_and_told_of_once(service):
    del service.settings["dns"]["trust-anchor"]
    service.reload()
    for n in range(2):
        mta = service.mta()
        start(mta, sign(service.good, message("good.example", n)))
        assert b"dkim=pass" in verdict(mta)[0]
        mta.close()
    service.log.wait("milter.unvalidated")
    assert len(service.log.events("milter.unvalidated")) == 1


def test_message_wait_ends_before_the_queries_do(service):
    """Nobody answers for a minute; the message is answered long before."""
    service.stop()
    service.settings["dns"]["timeout"] = "60s"
    service.settings["milter"]["limits"]["message-wait"] = "1s"
    mta = service.start().mta(timeout=20)
    start(mta, sign(service.silent, message("silent.example", 1)))
    inserted, last = verdict(mta)
    assert b"dkim=temperror" in inserted and last == "c"
