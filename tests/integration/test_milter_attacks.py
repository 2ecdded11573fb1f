# SPDX-License-Identifier: ISC
"""What an attacker sends through an MTA to the milter, and what the operator sees of it."""
import re

import pytest

from conftest import new_directory
from harness import MilterService, free_port, is_sanitized, resident_kib, until
from peers import Postfix
from signing import STRANGERS_ONLY, STRICT, Key, results, sign, verify
from test_milter_postfix import AWKWARD, PLAIN, House
from test_milter_slow_dns import Dns, message, start, verdict


# --- descriptors ---------------------------------------------------------------------------------

def test_a_low_limit_on_open_files_is_raised_to_what_is_allowed(base):
    """Each question that waits for DNS holds a socket: with the 1024 of a shell, none would be left to accept."""
    service = MilterService(new_directory(base))
    service.take_ports()
    service.write_config()
    service.launch(wrap=lambda argv: ["bash", "-c", 'ulimit -Sn 256; ulimit -Hn 4096; exec "$@"', "bash", *argv])
    try:
        assert service.wait_ready()
        service.first_children = service.children()
        for pid in service.children():
            limits = open(f"/proc/{pid}/limits").read()
            assert re.search(r"^Max open files +4096 +4096", limits, re.M), limits
    finally:
        service.stop()


class HeldDns(Dns):
    """Answers for names with "held" in them wait for release(). Whoever waits may ask again."""

    def __init__(self, texts):
        self.held, self.holds = [], True
        super().__init__(texts)

    def serve(self):
        while True:
            try:
                query, client = self.socket.recvfrom(4096)
            except OSError:
                return
            reply = self.answer(query)
            if reply and self.holds and "held" in self.asked[-1]:
                self.held.append((reply, client))
            elif reply:
                self.socket.sendto(reply, client)

    def release(self):
        self.holds = False
        for reply, client in self.held:
            self.socket.sendto(reply, client)


@pytest.fixture
def held(base, workdir):
    """A service whose keys of held.example come when they are let go."""
    key = Key(workdir, "held.example", "s1")
    service = MilterService(new_directory(base), internal=STRANGERS_ONLY, practices=[])
    service.dns, service.key = HeldDns({"s1._domainkey.held.example": "".join(key.record.split('"')[1::2]).encode()}), key
    service.settings["dns"] = {"resolver": [f"127.0.0.1@{service.dns.port}"], "trust-anchor": "none", "timeout": "15s"}
    service.settings["milter"]["limits"] = {"message-wait": "15s"}
    yield service.start()
    service.stop()
    service.dns.close()


# --- DNS -----------------------------------------------------------------------------------------

def flood(n, signatures):
    """A message whose every signature names another silent domain."""
    fields = "".join(f"DKIM-Signature: v=1; a=rsa-sha256; d=silent.d{n}-{i}.example; s=s; h=from; bh={'A' * 43}=; b={'A' * 344}\r\n"
                     for i in range(signatures))
    return fields.encode() + message("acme.example", n)


def test_a_flood_of_silent_signatures_does_not_keep_good_keys_out(base, workdir):
    """A hundred messages of ten signatures: as many questions as may be in flight at all."""
    key = Key(workdir, "good.example", "s1")
    dns = Dns({"s1._domainkey.good.example": "".join(key.record.split('"')[1::2]).encode()})
    service = MilterService(new_directory(base), internal=STRANGERS_ONLY, practices=[], log_level="notice")
    service.settings["dns"] = {"resolver": [f"127.0.0.1@{dns.port}"], "trust-anchor": "none", "timeout": "5s"}
    try:
        service.start()
        for n in range(110):
            start(service.mta(), flood(n, 10))
        mta = service.mta()
        start(mta, sign(key, message("good.example", 0)))
        assert b"dkim=pass" in verdict(mta)[0]
    finally:
        service.stop()
        dns.close()


def waiting(service, n=0):
    """An MTA that waits for the verdict of a message whose key is held."""
    mta = service.mta()
    start(mta, sign(service.key, message("held.example", n)))
    until(lambda: service.dns.held)
    return mta


def test_who_goes_while_a_key_is_awaited_takes_nothing_from_who_stays(held):
    """One question for all that ask for the key; the one that asked first goes, in each way there is."""
    mtas = [waiting(held, n) for n in range(6)]
    mtas[0].send("A")
    mtas[1].send("Q")
    mtas[2].send("K")
    mtas[3].close()
    mtas[4].send("E")  # out of its order: ends it
    for mta in (mtas[1], mtas[4]):
        assert mta.is_closed()
    held.log.wait("milter.aborted", count=5)
    held.dns.release()
    assert b"dkim=pass" in verdict(mtas[5])[0]
    for mta in (mtas[0], mtas[2]):
        start(mta, sign(held.key, message("held.example", 7)))
        assert b"dkim=pass" in verdict(mta)[0]


def test_an_answer_for_nobody_harms_nobody(held):
    mta = waiting(held)
    mta.close()
    held.log.wait("milter.disconnect")
    held.dns.release()
    other = held.mta()
    start(other, sign(held.key, message("held.example", 1)))
    assert b"dkim=pass" in verdict(other)[0]


@pytest.mark.parametrize("event", ["SIGHUP", "SIGTERM"])
def test_a_message_that_waits_for_dns_is_answered_by_the_worker_that_has_it(held, event):
    held.settings["milter"]["timeouts"] = {"drain": "20s"}
    held.reload()
    mta = waiting(held)
    held.expect_same_children = False
    if event == "SIGHUP":
        held.reload()
    else:
        held.process.terminate()
        held.log.wait("service.stop")
    held.dns.release()
    assert b"dkim=pass" in verdict(mta)[0]


def test_sigterm_twice_does_not_wait_for_dns(held):
    mta = waiting(held)
    held.expect_same_children = False
    for _ in range(2):
        held.process.terminate()
        held.log.wait("service.stop")
        until(lambda: not held.socket.exists())
    assert mta.is_closed()
    assert held.process.wait(20) == 0


# --- memory --------------------------------------------------------------------------------------

@pytest.mark.skipif(is_sanitized(), reason="a sanitizer's memory is not ours")
def test_a_message_in_flight_takes_less_than_64_kib_whatever_its_chunks(milter):
    """Bodies come in packets of 64 KiB: they are not held back until they are whole."""
    service = milter(internal=STRANGERS_ONLY, log_level="notice")
    (worker,) = service.children()
    before = resident_kib(worker)
    mtas = [service.mta(service.socket) for _ in range(200)]
    for mta in mtas:
        mta.connect()
        mta.envelope()
        mta.header("From: a@acme.example")
        mta.socket.sendall(b"\0\1\0\0B" + b"x" * 60000)
    one = service.mta(service.socket)
    one.connect()
    one.message()  # by now the worker has read all that came before
    assert resident_kib(worker) - before < 200 * 64
    for mta in mtas:
        mta.socket.sendall(b"x" * 5535)
        mta.send("E")
        assert [mta.receive()[0] for _ in "ic"] == ["i", "c"]


# --- an MTA of old -------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def old_postfix(base):
    """Speaks version 2: it takes a space behind each colon away, and waits for every reply."""
    port = free_port()
    one = Postfix(new_directory(base), main=f"smtpd_milters = inet:127.0.0.1:{port}\nmilter_protocol = 2\n"
                                            "milter_default_action = tempfail\nheader_size_limit = 200000\n")
    one.milter_port = port
    yield one.start()
    one.stop()


@pytest.mark.parametrize("canonicalization", ["simple/simple", "relaxed/relaxed"])
def test_what_an_old_postfix_delivers(old_postfix, milter, workdir, canonicalization):
    """With a space behind each colon, as everybody writes them, even simple canonicalization survives."""
    key = Key(workdir, "acme.example", "s1")
    own = House(old_postfix, milter, sign={"acme.example": key.row()}, canonicalization=canonicalization, dns=[key.record])
    for name, mail in AWKWARD.items():
        found = verify(own.service, own.pass_on(mail).replace(b"\n", b"\r\n"))
        spaced = name not in ("spaces", "folds", "empty values")
        if spaced or canonicalization == "relaxed/relaxed":
            assert found["result"] == "pass", (name, found)
    own.service.stop()
    other = House(old_postfix, milter, internal=STRANGERS_ONLY, dns=[key.record, STRICT], suspicious="reject")
    forged = b"Authentication-Results: mail.example.com; x=y\r\n"
    assert results(other.pass_on(forged + sign(key, PLAIN, canonicalization))) == {"dkim": ["pass"], "x-dkim-ssp": ["pass"]}
    assert other.send(PLAIN)[0] == 550
