# SPDX-License-Identifier: ISC
"""The PROXY protocol, v1 and v2, from networks that the operator names, and from nobody else."""
import socket
import struct

import pytest

from client import Client, message

V2 = b"\r\n\r\n\0\r\nQUIT\n"


def v2(command, family, body):
    return V2 + bytes([0x20 | command, family]) + struct.pack(">H", len(body)) + body


def v2_tcp4(source, port=4321, extra=b""):
    return v2(1, 0x11, socket.inet_aton(source) + socket.inet_aton("192.0.2.2") + struct.pack(">HH", port, 587) + extra)


def v2_tcp6(source, port=4321):
    return v2(1, 0x21, socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, "2001:db8::2") + struct.pack(">HH", port, 587))


@pytest.fixture(scope="module")
def shared(module_gate):
    return module_gate(proxy_from=["127.0.0.64/26"], trace="full")


def connect(gate, header, source="127.0.0.65", tls=False):
    c = Client("127.0.0.1", gate.tls_port if tls else gate.port, source=source, timeout=10)
    gate.clients.append(c)
    c.send(header)
    if tls:
        c.wrap(gate.pki.context())
    return c


GOOD = {
    "v1 tcp4": (b"PROXY TCP4 192.0.2.77 192.0.2.2 4321 587\r\n", "192.0.2.77"),
    "v1 tcp6": (b"PROXY TCP6 2001:db8::77 2001:db8::2 4321 587\r\n", "2001:db8::77"),
    "v2 tcp4": (v2_tcp4("192.0.2.78"), "192.0.2.78"),
    "v2 tcp6": (v2_tcp6("2001:db8::78"), "2001:db8::78"),
    "v2 tlv": (v2_tcp4("192.0.2.79", extra=b"\x04\x00\x05hello\x02\x00\x07example"), "192.0.2.79"),
}


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("name", GOOD)
def test_the_client_is_whom_the_header_names(shared, name, tls):
    header, address = GOOD[name]
    c = connect(shared, header, tls=tls)
    c.greeting()
    c.ehlo()
    if not tls:
        c.starttls(shared.pki.context())
        c.ehlo()
    c.auth_plain("demo", "demo").expect(235)
    c.submit(message(name)).expect(250)
    got = [m for m in shared.delivered() if f"Subject: {name}\n".encode() in m][-1]
    assert address.encode() in got and b"127.0.0.65" not in got
    shared.log.wait("submit.connect", client=address)


LOCAL = {"v1 unknown": b"PROXY UNKNOWN\r\n", "v1 unknown with words": b"PROXY UNKNOWN 1 2 3 4\r\n", "v2 local": v2(0, 0, b""),
         "v2 local with addresses": v2(0, 0x11, b"x" * 12), "v2 unspecified": v2(1, 0, b"")}


@pytest.mark.parametrize("number, name", enumerate(LOCAL))
def test_local_and_unknown_keep_the_real_address(shared, number, name):
    connect(shared, LOCAL[name], source=f"127.0.0.{70 + number}").greeting()
    shared.log.wait("submit.connect", client=f"127.0.0.{70 + number}")


@pytest.mark.parametrize("size", [1, 3, 7])
@pytest.mark.parametrize("name", ["v1 tcp4", "v2 tcp4"])
def test_a_header_in_pieces(shared, name, size):
    header = GOOD[name][0]
    c = connect(shared, header[:size])
    for at in range(size, len(header), size):
        c.send(header[at:at + size])
    c.greeting()


@pytest.mark.parametrize("header", [
    b"EHLO client.example.net\r\n", b"PROXY TCP4 192.0.2.1\r\n", b"PROXY TCP4 999.0.2.1 192.0.2.2 1 2\r\n", b"PROXY TCP4 192.0.2.1 192.0.2.2 1 99999\r\n",
    b"PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n", b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n", b"PROXY " + b"x" * 200, V2 + b"\x31\x11\x00\x0c" + b"x" * 12,
    V2 + b"\x21\x11\x00\x04abcd", V2 + b"\x2f\x11\x00\x0c" + b"x" * 12, V2[:11] + b"X" + b"\x21\x11\x00\x0c" + b"x" * 12, b"\0" * 40,
    v2(1, 0x11, b"x" * 60000)],
    ids=lambda h: repr(h)[:30])
def test_a_broken_header_ends_the_connection_without_a_word(shared, header):
    c = connect(shared, header)
    try:
        c.sock.shutdown(socket.SHUT_WR)
    except OSError:
        pass
    assert not c.rest().startswith(b"220")


def test_no_header_ends_with_the_time_to_authenticate(gate):
    g = gate(proxy_from=["127.0.0.64/26"], timeouts={"authenticate": "1s", "command": "1s"})
    c = Client("127.0.0.1", g.port, source="127.0.0.65")
    assert not c.rest().startswith(b"220")
    c.close()


@pytest.mark.parametrize("number, name", enumerate(GOOD))
def test_from_anybody_else_it_is_no_header(shared, number, name):
    c = connect(shared, GOOD[name][0], source=f"127.0.0.{10 + number}")
    c.greeting()
    assert c.reply().code in (500, 501, 421)
    shared.log.wait("submit.connect", client=f"127.0.0.{10 + number}")


def test_limits_count_the_client_not_the_proxy(gate):
    g = gate(proxy_from=["127.0.0.64/26"], limits={"prefix-connections": 2})
    old = [connect(g, v2_tcp4("192.0.2.1", 1000 + n)) for n in range(2)]
    others = [connect(g, v2_tcp4(f"198.51.100.{n}")) for n in range(1, 6)]
    for c in old + others:
        c.greeting()
    new = connect(g, v2_tcp4("192.0.2.1", 3000))
    new.greeting()
    assert old[0].reply().code == 421
    for c in [old[1], *others]:
        c.cmd("NOOP").expect(250)


def test_commands_in_the_segment_of_the_header_are_heard(shared):
    c = connect(shared, GOOD["v1 tcp4"][0] + b"EHLO early.example.net\r\n")
    c.greeting()
    c.reply().expect(250)


@pytest.mark.parametrize("name", ["v1 tcp4", "v2 tcp6"])
def test_a_client_hello_in_the_segment_of_the_header_is_heard(shared, name):
    c = Client("127.0.0.1", shared.tls_port, source="127.0.0.65", timeout=5)
    shared.clients.append(c)
    c.wrap_behind(GOOD[name][0], shared.pki.context())
    c.greeting()
    c.ehlo()
    c.auth_plain("demo", "demo").expect(235)
