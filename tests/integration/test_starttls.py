# SPDX-License-Identifier: ISC
"""STARTTLS (RFC 3207): nothing said in clear counts afterwards, nothing sent with it is heard."""
import socket
import ssl

import pytest

from client import Client, message, plain_message

INJECTIONS = [b"EHLO injected\r\n", b"NOOP\r\n", b"CLIENTID UUID x\r\n", b"RSET\r\n" * 50,
              b"AUTH PLAIN " + plain_message("demo", "demo").encode() + b"\r\nMAIL FROM:<evil@example.net>\r\n", b"x", b"\r\n", b"\n", b"\0"]


@pytest.fixture(scope="module")
def shared(module_gate):
    return module_gate()


def try_tls(c, context):
    """Whether a handshake comes about."""
    try:
        c.sock = context.wrap_socket(c.sock, server_hostname="mail.example.com")
        return True
    except (ssl.SSLError, OSError):
        return False


@pytest.mark.parametrize("junk", INJECTIONS, ids=lambda junk: repr(junk)[:30])
def test_bytes_behind_starttls_in_one_segment_are_dropped_with_the_connection(shared, junk):
    c = shared.client(tls=False)
    c.send(b"STARTTLS\r\n" + junk)
    reply = c.reply()
    assert reply.code in (220, 501, 503, 554, 421)
    if reply.code == 220:
        assert not try_tls(c, shared.pki.context()), "a session came about behind an injection"
    assert c.rest() == b"", "what was injected was answered"


def test_the_gate_goes_on_after_injections(shared):
    shared.session(tls="starttls").submit(message()).expect(250)


def test_bytes_in_clear_behind_the_220_end_the_connection(shared):
    c = shared.client(tls=False)
    c.cmd("STARTTLS").expect(220)
    c.send(b"EHLO injected\r\nNOOP\r\n")
    rest = c.rest()
    assert b"250" not in rest


def test_nothing_follows_the_220(shared):
    """libetpan aborts if bytes follow it in the same read: wrap() asserts it."""
    c = shared.client(tls=False)
    c.starttls(shared.pki.context())
    c.ehlo()


def test_state_of_the_clear_session_is_forgotten(shared):
    c = shared.client(tls=False)
    c.starttls(shared.pki.context())
    c.cmd("MAIL FROM:<a@example.net>").expect(530, 503)
    c.cmd("AUTH PLAIN " + plain_message("demo", "demo")).expect(503)  # RFC 3207 §4.2: EHLO again
    c.ehlo()
    c.auth_plain("demo", "demo").expect(235)


def test_starttls_before_ehlo_works(shared):
    c = shared.connect()
    c.greeting()
    reply = c.cmd("STARTTLS")
    if reply.code == 220:
        c.wrap(shared.pki.context())
        c.ehlo()
    else:
        reply.expect(503)


def test_tls_record_split_over_segments_is_no_injection(shared):
    """A client hello in pieces of one octet."""
    c = shared.client(tls=False)
    c.cmd("STARTTLS").expect(220)
    sendall = c.sock.sendall

    class Pieces:
        settimeout, close, recv = c.sock.settimeout, c.sock.close, c.sock.recv

        @staticmethod
        def sendall(data):
            for octet in data:
                sendall(bytes([octet]))

    c.sock = Pieces
    c.wrap_behind(b"", shared.pki.context())
    c.ehlo()
    assert "CLIENTID" in c.capabilities


def test_a_client_that_goes_away_within_the_handshake_harms_nobody(shared):
    for _ in range(20):
        c = shared.client(tls=False)
        c.cmd("STARTTLS").expect(220)
        c.send(b"\x16\x03\x01\x02\x00\x01")
        c.close()
        direct = Client("127.0.0.1", shared.tls_port)
        direct.sock.shutdown(socket.SHUT_WR)
        direct.close()
    shared.session().submit(message()).expect(250)


def test_smtp_in_clear_on_the_tls_port_gets_no_session(shared):
    c = Client("127.0.0.1", shared.tls_port)
    c.send(b"EHLO x\r\n")
    assert b"220" not in c.rest()
