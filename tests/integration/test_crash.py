# SPDX-License-Identifier: ISC
"""1,000 messages through each kind of upstream with kills -9 of gate and upstream at random (but
seeded) moments: every message that a client saw acknowledged is there once or more, whole and
octet for octet; none is there that is cut."""
import contextlib
import hashlib
import os
import random
import re
import ssl
import threading

import pytest

from client import Closed, stuffed
from harness import kill_hard, until
from peers import Dovecot, Postfix, SmtpSink

COUNT = int(os.environ.get("POSTERN_TEST_CRASH_MESSAGES", "1000"))
SEED = int(os.environ.get("POSTERN_TEST_SEED", "3"))
CLIENTS = 4
TIMEOUTS = {"upstream": "5s", "upstream-data": "5s", "upstream-end": "5s", "connect": "2s"}


def content_of(number):
    """The message of that number: its own seed makes it, so that it can be made again."""
    dice = random.Random(f"{SEED}/{number}")
    size = dice.choice([0, 200, 2_000, 20_000, 60_000])
    lines = [dice.choice(["", ".", "..", "." + "x" * 10, "y" * dice.randrange(200)]) for _ in range(size // 50)]
    body = "".join(line + "\r\n" for line in lines)
    digest = hashlib.sha256(body.encode()).hexdigest()
    return (f"From: <sender@example.net>\r\nTo: <demo@example.com>\r\nSubject: crash\r\nMessage-ID: <{number}@client.example.net>\r\n"
            f"Date: Sat, 1 Jan 2022 00:00:00 +0000\r\nX-Number: {number}\r\n\r\n{body}END {number} {digest}\r\n").encode()


class Crowd:
    """Clients that send until enough messages were acknowledged."""

    def __init__(self, gate, count):
        self.gate, self.count = gate, count
        self.acknowledged, self.tried = set(), 0
        self.up = threading.Event()
        self.up.set()
        self.changed = threading.Condition()
        self.faults = []
        self.threads = [threading.Thread(target=self.run, args=(n,), daemon=True) for n in range(CLIENTS)]
        for t in self.threads:
            t.start()

    def done(self):
        return len(self.acknowledged) >= self.count or bool(self.faults)

    @contextlib.contextmanager
    def paused(self):
        """Nobody starts a session; those under way go on until they fail."""
        self.up.clear()
        yield
        self.up.set()

    def next_number(self):
        with self.changed:
            self.tried += 1
            self.changed.notify_all()
            return self.tried

    def wait_tried(self, n):
        with self.changed:
            self.changed.wait_for(lambda: self.tried >= n or self.done(), 30)

    def run(self, thread):
        dice = random.Random(f"{SEED}/client/{thread}")
        try:
            while not self.done():
                self.up.wait(10)
                try:
                    self.session(dice)
                except (Closed, OSError, ssl.SSLError, TimeoutError, Refused):
                    pass
        except BaseException as fault:
            self.faults.append(fault)
            raise

    def session(self, dice):
        c = self.gate.connect(tls=True, timeout=10)
        try:
            c.greeting()
            c.ehlo()
            if c.auth_plain("demo", "demo").code != 235:
                return
            for _ in range(dice.randrange(1, 30)):
                if self.done():
                    break
                self.one(c, self.next_number(), dice)
        finally:
            c.close()
            self.gate.clients.remove(c)

    def one(self, c, number, dice):
        text = content_of(number)
        usual(c.mail(), 250)
        usual(c.rcpt(), 250)
        if "CHUNKING" in c.capabilities and dice.random() < 0.3:
            cut = dice.randrange(len(text))
            usual(c.bdat(text[:cut]), 250)
            reply = c.bdat(text[cut:], last=True)
        else:
            usual(c.cmd("DATA"), 354)
            wire = stuffed(text)
            cut = dice.randrange(len(wire))
            c.send(wire[:cut])
            c.send(wire[cut:])
            reply = c.reply()
        if reply.code == 250:
            with self.changed:
                self.acknowledged.add(number)
                self.changed.notify_all()
        else:
            assert reply.code // 100 == 4, f"a refusal for good: {reply}"

    def join(self):
        for t in self.threads:
            t.join(60)
        assert not self.faults, self.faults[0]


class Refused(Exception):
    pass


def usual(reply, code):
    if reply.code != code:
        assert reply.code // 100 == 4, f"a refusal for good: {reply}"
        raise Refused(reply)


def kill_worker(gate, crowd, dice):
    family = gate.children()
    if family:
        kill_hard([dice.choice(family)])


def kill_gate(gate, crowd, dice):
    with crowd.paused():
        gate.kill()
        gate.start(keep_ports=True)


def is_whole(m):
    """Every peer here stores lines with LF; smtp-sink adds an empty one at the end."""
    number = number_of(m)
    return number is not None and m.rstrip(b"\n").endswith(content_of(number).replace(b"\r\n", b"\n").rstrip(b"\n"))


def judge(got, crowd):
    """got: the messages found. Each must be one of ours, whole; each acknowledged one must be there."""
    found = set()
    for m in got:
        assert is_whole(m), f"message {number_of(m)} is cut or not as it was sent: {m[-300:]!r} (seed {SEED})"
        found.add(number_of(m))
    lost = crowd.acknowledged - found
    assert not lost, f"{len(lost)} messages were acknowledged and lost: {sorted(lost)[:20]} (seed {SEED})"


def number_of(m):
    match = re.search(rb"^X-Number: (\d+)\r?$", m, re.M)
    return int(match[1]) if match else None


def storm(gate_object, count, kills, step):
    crowd = Crowd(gate_object, count)
    dice = random.Random(SEED)
    done, round_ = [], []
    while not crowd.done():
        crowd.wait_tried(crowd.tried + dice.randrange(*step))
        if crowd.done():
            break
        threading.Event().wait(dice.random() * 0.02)  # somewhere inside the next messages, not between them
        round_ = round_ or dice.sample(kills, len(kills))
        kill = round_.pop()
        kill(gate_object, crowd, dice)
        done.append(kill.__name__)
    crowd.join()
    assert len(crowd.acknowledged) >= count and len(set(done)) == len(kills), (len(crowd.acknowledged), done)
    return crowd


@pytest.mark.seconds(240)
def test_maildir(gate):
    g = gate(workers=2, timeouts=TIMEOUTS)
    g.expect_same_children = False
    crowd = storm(g, COUNT, [kill_worker, kill_gate], (10, 40))
    g.stop()
    judge(g.delivered(), crowd)


@pytest.mark.seconds(240)
def test_smtp_sink(gate, peer):
    upstream = peer(SmtpSink)
    g = gate(workers=2, deliver=upstream.url, timeouts=TIMEOUTS)
    g.expect_same_children = False

    def kill_upstream(gate_object, crowd, dice):
        with crowd.paused():
            upstream.kill()
            # What a killed smtp-sink was writing is its own affair: it had not acknowledged it.
            for path in upstream.mail.iterdir():
                if not is_whole(path.read_bytes()):
                    path.unlink()
            upstream.start()

    crowd = storm(g, COUNT, [kill_worker, kill_gate, kill_upstream], (10, 40))
    g.stop()
    judge(upstream.messages(), crowd)


@pytest.mark.seconds(240)
def test_dovecot_lmtp(gate, peer):
    upstream = peer(Dovecot, lmtp=True)
    g = gate(workers=2, deliver=f"lmtp:{upstream.lmtp_socket}", timeouts=TIMEOUTS)
    g.expect_same_children = False

    def kill_upstream(gate_object, crowd, dice):
        with crowd.paused():
            upstream.kill()
            upstream.start()

    crowd = storm(g, COUNT, [kill_worker, kill_gate, kill_upstream], (20, 60))
    g.stop()
    judge(upstream.messages(), crowd)


@pytest.mark.seconds(240)
def test_postfix(gate, peer):
    upstream = peer(Postfix)
    g = gate(workers=2, deliver=upstream.url, timeouts=TIMEOUTS)
    g.expect_same_children = False

    def kill_smtpd(gate_object, crowd, dice):
        kill_hard(upstream.smtpds())

    def kill_upstream(gate_object, crowd, dice):
        with crowd.paused():
            upstream.kill()
            upstream.start()

    crowd = storm(g, COUNT, [kill_worker, kill_gate, kill_smtpd, kill_upstream], (40, 100))
    g.stop()
    until(lambda: crowd.acknowledged <= {number_of(m) for m in upstream.messages()}, "Postfix's queue was not delivered")
    judge(upstream.messages(), crowd)
