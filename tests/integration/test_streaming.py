# SPDX-License-Identifier: ISC
"""The message is streamed: memory is bounded by small buffers whatever its size, and a slow
upstream slows its client and no one else."""
import hashlib
import threading

import pytest

from client import message, stuffed
from harness import is_sanitized, resident_kib
from sink import EVERYTHING, USUAL

MIB = 1024 * 1024
HEAD = b"From: <sender@example.net>\r\nSubject: large\r\n\r\n"
LINE = b"0123456789012345678901234567890123456789012345678901234567890123456789012345\r\n"
GROWTH_KIB = 4096


class Memory:
    """The most that the gate's processes held, less what they held at first."""

    def __init__(self, gate):
        self.gate = gate
        self.first = self.most = self.now()

    def now(self):
        return sum(map(resident_kib, self.gate.tree()))

    def look(self):
        self.most = max(self.most, self.now())

    def check(self, bound=GROWTH_KIB):
        self.look()
        if not is_sanitized():
            assert self.most - self.first <= bound, f"memory grew by {self.most - self.first} KiB"


def large(size):
    """Pieces of a message of about that size."""
    piece = LINE * 840  # 64 KiB
    yield HEAD
    for _ in range(size // len(piece)):
        yield piece


def send_large(c, memory, size):
    digest, total = hashlib.sha256(), 0
    for n, piece in enumerate(large(size)):
        c.send(piece)
        digest.update(piece)
        total += len(piece)
        if n % 64 == 0:
            memory.look()
    return digest, total


@pytest.mark.parametrize("workers", [1])
def test_a_message_of_100_mb_passes_with_no_growth(gate, sink, workers):
    upstream = sink(("SIZE 0",), keep=False)
    g = gate(deliver=upstream.url, workers=workers, limits={"message-size": 200 * MIB}, trace="none")
    c = g.session()
    c.submit(message()).expect(250)
    memory = Memory(g)
    c.mail().expect(250)
    c.rcpt().expect(250)
    c.cmd("DATA").expect(354)
    digest, total = send_large(c, memory, 100 * MIB)
    c.send(b".\r\n")
    digest.update(b".\r\n")
    c.reply().expect(250)
    memory.check()
    m = upstream.messages[-1]
    assert (m.size, m.digest.hexdigest()) == (total + 3, digest.hexdigest())
    assert g.log.wait("submit.message", count=2)["size"] == total


def test_a_chunk_of_40_mb_passes_with_no_growth(gate, sink):
    upstream = sink(EVERYTHING)
    g = gate(deliver=upstream.url, trace="none")
    c = g.session()
    c.submit(message()).expect(250)
    if "CHUNKING" not in c.ehlo().text:
        pytest.skip("CHUNKING is not offered")
    memory = Memory(g)
    content = b"".join(large(40 * MIB))
    c.mail().expect(250)
    c.rcpt().expect(250)
    c.send(b"BDAT %d LAST\r\n" % len(content))
    for at in range(0, len(content), MIB):
        c.send(content[at:at + MIB])
        memory.look()
    c.reply().expect(250)
    memory.check()
    assert hashlib.sha256(upstream.messages[-1].content).digest() == hashlib.sha256(content).digest()


def test_a_message_of_40_mb_goes_into_a_maildir_with_no_growth(gate):
    g = gate(trace="none")
    c = g.session()
    c.submit(message()).expect(250)
    memory = Memory(g)
    c.mail().expect(250)
    c.rcpt().expect(250)
    c.cmd("DATA").expect(354)
    _, total = send_large(c, memory, 40 * MIB)
    c.send(b".\r\n")
    c.reply().expect(250)
    memory.check()
    (got,) = [m for m in g.delivered() if b"large" in m]
    body = got[got.index(b"From: "):]
    assert hashlib.sha256(body.replace(b"\n", b"\r\n")).hexdigest() == hashlib.sha256(b"".join(large(40 * MIB))).hexdigest()


@pytest.mark.parametrize("lines", ["one long line", "only dots", "one octet each"])
def test_awkward_lines_are_streamed_too(gate, sink, lines):
    upstream = sink(("SIZE 0",), keep=False)
    g = gate(deliver=upstream.url, trace="none")
    content = HEAD + {"one long line": b"x" * 8 * MIB + b"\r\n", "only dots": b".\r\n" * (2 * MIB), "one octet each": b"y\r\n" * (2 * MIB)}[lines]
    c = g.session()
    c.submit(message()).expect(250)
    memory = Memory(g)
    c.submit(content).expect(250)
    memory.check()
    assert upstream.messages[-1].digest.digest() == hashlib.sha256(stuffed(content)).digest()


class Slow:
    """An upstream whose reading of one session's content stops until it is let go."""

    def __init__(self, sink, sessions=1, capabilities=USUAL):
        self.go, self.held, self.changed = threading.Event(), set(), threading.Condition()
        self.sessions = sessions
        self.upstream = sink(capabilities, keep=False, rcvbuf=16384, script={"content": self.hold}, content_after=1)

    def hold(self, session, _line):
        with self.changed:
            if session.number >= self.sessions:
                return None
            self.held.add(session.number)
            self.changed.notify_all()
        self.go.wait(60)
        return None

    def wait_held(self, n):
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.held) >= n, 20)


def test_a_slow_upstream_slows_its_client_and_no_one_else(gate, sink):
    slow = Slow(sink)
    g = gate(deliver=slow.upstream.url, trace="none", limits={"message-size": 100 * MIB})
    c = g.session()
    c.mail().expect(250)
    c.rcpt().expect(250)
    c.cmd("DATA").expect(354)
    memory = Memory(g)
    sent = []

    def pour():
        c.timeout = 60
        for piece in large(30 * MIB):
            c.send(piece)
            sent.append(len(piece))
        c.send(b".\r\n")

    thread = threading.Thread(target=pour, daemon=True)
    thread.start()
    slow.wait_held(1)
    for n in range(10):
        g.session().submit(message(f"number {n}")).expect(250)
    memory.look()
    assert thread.is_alive() and sum(sent) < 25 * MIB, "the client was not slowed"
    slow.go.set()
    thread.join(60)
    c.reply().expect(250)
    memory.check(GROWTH_KIB)
    assert sorted(m.size for m in slow.upstream.messages)[-1] == sum(sent) + 3


def test_many_clients_of_a_slow_upstream_cost_little_each(gate, sink):
    count = 100
    slow = Slow(sink, sessions=count + 1)
    slow.go.set()
    g = gate(deliver=slow.upstream.url, trace="none", limits={"prefix-connections": 1000})
    g.session().submit(message()).expect(250)
    slow.go.clear()
    clients = [g.session() for _ in range(count)]
    for c in clients:
        c.mail().expect(250)
        c.rcpt().expect(250)
        c.cmd("DATA").expect(354)
    memory = Memory(g)
    piece = HEAD + LINE * 3000  # 230 KiB: more than any buffer should hold
    threads = [threading.Thread(target=c.send, args=(piece,), daemon=True) for c in clients]
    for t in threads:
        t.start()
    slow.wait_held(count // 2)
    for t in threads:
        t.join(0.05)
    memory.check(count * 100)
    slow.go.set()
    for t in threads:
        t.join(30)
    for c in clients:
        c.send(b".\r\n")
    for c in clients:
        c.reply().expect(250)
    assert all(m.size == len(piece) + 3 for m in slow.upstream.messages[1:]) and len(slow.upstream.messages) == count + 1


def test_many_messages_one_after_another_leave_nothing_behind(gate, sink):
    upstream = sink(keep=False)
    g = gate(deliver=upstream.url, workers=1)
    c = g.session()
    for n in range(300):
        c.submit(message(f"number {n}")).expect(250)
    memory = Memory(g)
    for n in range(1200):
        c.submit(message(f"number {n}")).expect(250)
    memory.check(512)


def test_many_sessions_one_after_another_leave_nothing_behind(gate):
    g = gate(workers=1)

    def one(n):
        c = g.client()
        c.clientid("UUID", f"token-{n % 10}").expect(250)
        c.auth_plain("demo", "demo").expect(235)
        c.quit()
        c.close()

    for n in range(100):
        one(n)
    memory = Memory(g)
    for n in range(400):
        one(n)
    memory.check(1024)


def test_slow_clients_that_trickle_hold_up_nobody(gate, sink):
    upstream = sink()
    g = gate(deliver=upstream.url, limits={"prefix-connections": 1000})
    slow = [g.session() for _ in range(50)]
    for c in slow:
        c.mail().expect(250)
        c.rcpt().expect(250)
        c.cmd("DATA").expect(354)
    wire = stuffed(message("slow"))
    for octet in wire[:30]:
        for c in slow:
            c.send(bytes([octet]))
    g.session().submit(message("fast")).expect(250)
    for c in slow:
        c.send(wire[30:])
    for c in slow:
        c.reply().expect(250)
    assert len(upstream.messages) == 51
