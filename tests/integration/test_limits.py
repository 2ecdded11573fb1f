# SPDX-License-Identifier: ISC
"""Every bound is hit, and answered with its own reply (issue: bounds)."""
import socket
import time

import pytest

from client import Client, Closed, message, plain_message
from harness import is_sanitized, resident_kib
from sink import Sink

SMALL = {"command-line": 512, "auth-line": 2048, "message-size": 100000, "recipients": 3, "errors": 5, "commands": 30, "received": 10}


@pytest.fixture(scope="module")
def small(module_gate):
    with Sink() as upstream:
        gate = module_gate(deliver=upstream.url, limits=SMALL)
        gate.upstream = upstream
        yield gate


@pytest.fixture(scope="module")
def default(module_gate):
    with Sink() as upstream:
        gate = module_gate(deliver=upstream.url)
        gate.upstream = upstream
        yield gate


# --- lines ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind, limit", [("small", 512), ("default", 2048)])
def test_command_line_of_the_limit_is_heard_and_one_more_octet_500(request, kind, limit):
    c = request.getfixturevalue(kind).client()
    c.cmd("NOOP " + "x" * (limit - 7)).expect(250)
    c.cmd("NOOP " + "x" * (limit - 6)).expect(500)
    c.cmd("NOOP").expect(250)


def test_an_overlong_line_gets_one_reply_and_is_skipped_to_its_end(default):
    c = default.client()
    for size in (3000, 40000, 300000):
        c.send(b"NOOP " + b"x" * size)
        c.send(b"MAIL FROM:<evil@example.net>\r\n")
        c.reply().expect(500)
        c.cmd("NOOP").expect(250)


def test_a_line_without_end_is_bounded(default):
    """Megabytes without a line end cost the gate nothing and do not end in a buffer."""
    c = default.client()
    before = sum(map(resident_kib, default.tree()))
    c.send(b"x" * 20_000_000)
    c.send(b"\r\n")
    c.reply().expect(500)
    assert is_sanitized() or sum(map(resident_kib, default.tree())) - before < 4096


@pytest.mark.parametrize("kind, limit", [("small", 2048), ("default", 12288)])
def test_auth_line_of_the_limit_is_read_and_one_more_octet_500_5_5_6(request, kind, limit):
    gate = request.getfixturevalue(kind)
    room = limit - len("AUTH PLAIN \r\n")
    c = gate.client()
    c.cmd("AUTH PLAIN " + "A" * (room // 4 * 4)).expect(535, 501)
    c.cmd("AUTH PLAIN " + "A" * (room + 1)).expect(500, enhanced="5.5.6")
    c.cmd("NOOP").expect(250)
    c.cmd("AUTH PLAIN").expect(334)
    c.cmd("A" * (limit - 1)).expect(500, enhanced="5.5.6")
    c.cmd("AUTH PLAIN " + plain_message("demo", "demo")).expect(235)


def test_message_lines_of_any_length_are_the_upstreams_affair(default):
    content = b"Subject: long\r\n\r\n" + b"y" * 2_000_000 + b"\r\n"
    default.session().submit(content).expect(250)
    assert default.upstream.messages[-1].content.endswith(content)


# --- size ----------------------------------------------------------------------------------------

def test_size_at_mail_552(small):
    c = small.session()
    c.mail(parameters="SIZE=100000").expect(250)
    c.cmd("RSET")
    c.mail(parameters="SIZE=100001").expect(552, enhanced="5.3.4")
    c.mail(parameters="SIZE=18446744073709551616").expect(552, 501)
    c.mail().expect(250)


def body(size):
    head = b"Subject: size\r\n\r\n"
    lines = b"0123456789abcde\r\n" * (size // 17)
    return (head + lines)[:size - 2] + b"\r\n"


def test_size_while_streaming_552_and_nothing_arrives(small):
    before = len(small.upstream.messages)
    c = small.session()
    c.submit(body(100001)).expect(552, enhanced="5.3.4")
    c.submit(body(1000000)).expect(552)
    c.mail(parameters="SIZE=10").expect(250)
    c.rcpt().expect(250)
    c.data(body(150000)).expect(552)
    assert len(small.upstream.messages) == before
    c.submit(body(100000).replace(b"\r\n0", b"\r\n.")).expect(250)  # the octets of the message count, not its dots


def test_size_over_bdat_552(small):
    before = len(small.upstream.messages)
    c = small.session()
    if "CHUNKING" not in c.capabilities:
        pytest.skip("CHUNKING is not offered")
    c.mail().expect(250)
    c.rcpt().expect(250)
    codes = [c.bdat(body(45010), last=n == 3).code for n in range(4)]
    assert codes[0] == codes[1] == 250 and 552 in codes[2:]
    c.cmd("NOOP").expect(250)
    assert len(small.upstream.messages) == before


def test_a_chunk_larger_than_any_message_is_refused_without_reading_it_all(small):
    c = small.session()
    if "CHUNKING" not in c.capabilities:
        pytest.skip("CHUNKING is not offered")
    c.mail().expect(250)
    c.rcpt().expect(250)
    c.timeout = 3
    c.send(b"BDAT 9223372036854775807 LAST\r\n")
    try:
        for _ in range(200):
            c.send(b"x" * 65536)
    except OSError:
        pass
    said = b""
    try:
        said = c.reply().raw
    except (Closed, TimeoutError, OSError):
        pass
    assert said == b"" or said[:3] in (b"552", b"421", b"501")


# --- counts --------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind, limit", [("small", 3), ("default", 100)])
def test_recipients_of_the_limit_are_taken_and_one_more_452(request, kind, limit):
    gate = request.getfixturevalue(kind)
    c = gate.session()
    c.mail().expect(250)
    for n in range(limit):
        c.rcpt(f"r{n}@example.com").expect(250)
    c.rcpt("one.more@example.com").expect(452, enhanced="4.5.3")
    c.data(message()).expect(250)
    assert len(gate.upstream.messages[-1].rcpts) == limit


def errors_until_421(c, line, most):
    for n in range(1, most + 1):
        if c.cmd(line).code == 421:
            return n
    return None


@pytest.mark.parametrize("kind, limit", [("small", 5), ("default", 20)])
@pytest.mark.parametrize("line", ["XYZZY", "MAIL FROM:<a@b", "CLIENTID nonsense"])
def test_errors_over_the_limit_421_and_the_end(request, kind, limit, line):
    c = request.getfixturevalue(kind).client()
    assert errors_until_421(c, line, limit + 1) in (limit, limit + 1)
    c.expect_closed()


def test_refused_recipients_do_not_end_a_session_too_early(default):
    """An upstream's no to some recipients of a long list is no attack."""
    default.upstream.script["rcpt"] = lambda session, line: "550 5.1.1 no such user" if "bad" in line else None
    try:
        c = default.session()
        c.mail().expect(250)
        for n in range(18):
            c.rcpt(f"bad{n}@example.com").expect(550)
        c.rcpt("good@example.com").expect(250)
        c.data(message()).expect(250)
    finally:
        default.upstream.script.clear()


def test_commands_without_a_message_421(small):
    c = small.client()
    codes = [c.cmd("NOOP").code]
    try:
        while codes[-1] == 250 and len(codes) < 40:
            codes.append(c.cmd("NOOP").code)
    except Closed:
        pass
    assert codes[-1] == 421 and 25 <= len(codes) <= 31


def test_a_message_starts_the_count_of_commands_anew(small):
    c = small.session()
    for _ in range(4):
        for _ in range(15):
            c.cmd("NOOP").expect(250)
        c.submit(message()).expect(250)


def test_received_fields_of_the_limit_pass_and_more_554_5_4_6(small):
    before = len(small.upstream.messages)
    c = small.session()
    trace = "Received: from a by b; Sat, 1 Jan 2022 00:00:00 +0000\r\n"
    c.submit(message(extra=trace * 10)).expect(250)
    c.submit(message(extra=trace * 11)).expect(554, enhanced="5.4.6")
    c.submit(message(extra=trace.lower() * 6 + trace.upper().replace("; ", ";\r\n\t") * 5)).expect(554)
    c.submit(message(body=trace * 20)).expect(250)  # in the body it is text
    assert len(small.upstream.messages) == before + 2


def test_50_received_fields_by_default(default):
    trace = "Received: from a by b; Sat, 1 Jan 2022 00:00:00 +0000\r\n"
    c = default.session()
    c.submit(message(extra=trace * 50)).expect(250)
    c.submit(message(extra=trace * 51)).expect(554, enhanced="5.4.6")


# --- connections ---------------------------------------------------------------------------------

def hello(c):
    c.greeting()
    c.ehlo()
    return c


def is_over(c):
    """421 and the end, for a session that was shed."""
    try:
        reply = c.reply()
    except (Closed, ConnectionError):
        return True
    return reply.code == 421


def test_a_full_prefix_sheds_its_oldest_unauthenticated_not_the_newcomer(gate):
    g = gate(limits={"prefix-connections": 3})
    old = [hello(g.connect(tls=True, source="127.0.0.9")) for _ in range(3)]
    other = hello(g.connect(tls=True, source="127.0.0.8"))
    new = hello(g.connect(tls=True, source="127.0.0.9"))
    new.auth_plain("demo", "demo").expect(235)
    assert old[0].reply().code == 421
    old[0].expect_closed()
    for c in (old[1], old[2], other, new):
        c.cmd("NOOP").expect(250)


def test_authenticated_sessions_do_not_count_for_their_prefix(gate):
    g = gate(limits={"prefix-connections": 2})
    known = [g.session(source="127.0.0.9") for _ in range(6)]
    for c in known:
        c.cmd("NOOP").expect(250)


def test_ipv6_counts_by_64(gate):
    g = gate(limits={"prefix-connections": 2}, ipv6=True)
    old = [hello(g.connect(host="::1", port=g.port6)) for _ in range(2)]
    hello(g.connect(host="::1", port=g.port6))
    assert is_over(old[0])
    old[1].cmd("NOOP").expect(250)


def test_when_all_is_full_the_oldest_unauthenticated_of_all_is_shed(gate):
    g = gate(limits={"connections": 4, "prefix-connections": 100})
    known = g.session(source="127.0.0.2")
    old = [hello(g.connect(tls=True, source=f"127.0.0.{n}")) for n in (3, 4, 5)]
    new = g.session(source="127.0.0.6")
    assert is_over(old[0])
    for c in (known, old[1], old[2], new):
        c.cmd("NOOP").expect(250)


def test_shedding_waits_for_nobody_in_the_handshake(gate):
    g = gate(limits={"prefix-connections": 2})
    silent = [Client("127.0.0.1", g.tls_port, source="127.0.0.9") for _ in range(4)]
    g.session(source="127.0.0.9").submit(message()).expect(250)
    silent[0].expect_closed()
    for c in silent:
        c.close()


def test_shedding_waits_for_nobody_in_an_auth_exchange(gate):
    g = gate(limits={"prefix-connections": 2})
    silent = [hello(g.connect(tls=True, source="127.0.0.9")) for _ in range(2)]
    for c in silent:
        c.cmd("AUTH LOGIN").expect(334)
    g.session(source="127.0.0.9").submit(message()).expect(250)
    assert silent[0].reply().code == 421
    silent[0].expect_closed()
    silent[1].cmd("*").expect(501)


def test_many_connections_and_none_is_left_behind(gate):
    g = gate(metrics=True)
    crowd = [Client("127.0.0.1", g.port, source=f"127.0.1.{n % 50 + 1}") for n in range(400)]
    for c in crowd:
        c.greeting()
    for c in crowd:
        c.close()
    g.session().submit(message()).expect(250)
    g.log.wait("submit.disconnect", count=400)


# --- time ----------------------------------------------------------------------------------------

def test_time_to_authenticate_ends_a_session_that_talks_but_never_succeeds(gate):
    g = gate(timeouts={"authenticate": "1s"}, limits={"commands": 1000000})
    c = g.client()
    began = time.monotonic()
    try:
        while time.monotonic() - began < 10:
            if c.cmd("NOOP").code == 421:
                break
    except (Closed, ConnectionError):
        pass
    assert time.monotonic() - began < 5
    assert g.log.wait("submit.disconnect")["reason"]


def test_time_to_authenticate_counts_the_handshake_too(gate):
    g = gate(timeouts={"authenticate": "1s"})
    Client("127.0.0.1", g.tls_port).expect_closed()
    c = Client("127.0.0.1", g.port)
    c.greeting()
    c.cmd("STARTTLS").expect(220)
    c.rest()


def test_authenticated_sessions_outlive_the_time_to_authenticate(gate):
    g = gate(timeouts={"authenticate": "1s"})
    c = g.session()
    silent = g.connect(tls=True)
    silent.greeting()
    is_over(silent)  # a second has passed
    silent = g.connect(tls=True)
    silent.greeting()
    is_over(silent)
    c.submit(message()).expect(250)


def test_silence_between_commands_421(gate):
    g = gate(timeouts={"command": "1s"})
    c = g.session()
    c.reply().expect(421)
    c.expect_closed()


def test_silence_in_the_data_ends_the_session_and_nothing_arrives(gate, sink):
    upstream = sink()
    g = gate(deliver=upstream.url, timeouts={"data": "1s"})
    c = g.session()
    c.mail().expect(250)
    c.rcpt().expect(250)
    c.cmd("DATA").expect(354)
    c.send(b"Subject: half\r\n\r\nhalf a message\r\n")
    rest = c.rest()
    assert rest == b"" or rest.startswith(b"421")
    assert g.log.wait("submit.message")["outcome"] == "aborted"
    assert not upstream.messages


def test_a_client_that_does_not_read_is_bounded(gate):
    """Replies that nobody reads stop the reading of commands, and in the end the session."""
    g = gate(timeouts={"command": "2s", "authenticate": "3s"}, limits={"commands": 1000000})
    c = Client("127.0.0.1", g.port, rcvbuf=2048)
    g.clients.append(c)
    c.sock.settimeout(1)
    sent = 0
    try:
        while sent < 64_000_000:
            c.sock.sendall(b"HELP\r\n" * 5000)
            sent += 30000
    except (socket.timeout, OSError):
        pass
    assert sent < 64_000_000
    g.log.wait("submit.disconnect")
    g.session().submit(message()).expect(250)
