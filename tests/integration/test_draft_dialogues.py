# SPDX-License-Identifier: ISC
"""draft-storey-smtp-client-id-13 §8: the client's lines verbatim, the server's replies by code.

Three deviations are pinned. 8.1: AUTH is not offered or heard in clear; and what the draft sends
behind AUTH LOGIN is a PLAIN message, which is taken as such. 8.2: MAIL before authentication is
530, not 250. 8.3: the draft sends 235 and then, unasked, 550, which would desynchronise every
client: nothing unasked is ever sent, a refusal by policy is the reply to MAIL."""
import base64

import pytest

from sink import Sink

ACCOUNTS = {"test": "1234"}


@pytest.fixture(scope="module")
def server(module_gate):
    with Sink() as upstream:
        gate = module_gate(accounts=ACCOUNTS, deliver=upstream.url, hostname="server.example.com")
        gate.upstream = upstream
        yield gate


def connected(server):
    c = server.connect()
    c.greeting()
    return c


def encrypted(server):
    c = connected(server)
    reply = c.cmd("EHLO client.example.net").expect(250)
    assert "STARTTLS" in reply.lines and "CLIENTID" not in reply.lines
    c.cmd("STARTTLS").expect(220)
    c.wrap(server.pki.context())
    reply = c.cmd("EHLO client.example.net").expect(250)
    assert "CLIENTID" in reply.lines and "STARTTLS" not in reply.lines
    return c


def test_8_1_uuid_as_client_identity(server):
    c = encrypted(server)
    c.cmd("CLIENTID UUID 23bf83be-aad7-46aa-9e0f-39191ccf402f").expect(250)
    c.cmd("AUTH LOGIN dGVzdAB0ZXN0ADEyMzQ=").expect(235)
    c.cmd("MAIL FROM:<sender@example.net>").expect(250)
    c.cmd("RCPT TO:<receiver@example.com>").expect(250)
    c.cmd("DATA").expect(354)
    c.send(b"Subject: 8.1\r\n\r\n<body>\r\n.\r\n")
    c.reply().expect(250)
    c.cmd("QUIT").expect(221)
    c.expect_closed()
    assert server.upstream.messages[-1].content.endswith(b"\r\n\r\n<body>\r\n")


def test_8_1_deviation_auth_is_neither_offered_nor_heard_in_clear(server):
    c = connected(server)
    reply = c.cmd("EHLO client.example.net").expect(250)
    assert not any(line.startswith("AUTH") for line in reply.lines)
    reply = c.cmd("AUTH LOGIN dGVzdAB0ZXN0ADEyMzQ=").expect(530)
    assert "Must issue a STARTTLS command first" in reply.text


def test_8_1_deviation_a_login_initial_response_with_two_nuls_is_plain(server):
    assert base64.b64decode("dGVzdAB0ZXN0ADEyMzQ=") == b"test\0test\x001234"
    c = encrypted(server)
    reply = c.cmd("AUTH LOGIN dGVzdAB0ZXN0ADk5OTk=")  # the same with another password
    reply.expect(535)
    c.cmd("AUTH LOGIN dGVzdAB0ZXN0ADEyMzQ=").expect(235)


def test_8_2_client_identity_without_tls(server):
    c = connected(server)
    c.cmd("EHLO client.example.net").expect(250)
    c.cmd("CLIENTID MAC 08:9e:01:70:f6:46").expect(500)
    c.cmd("MAIL FROM:<sender@example.net>").expect(530)  # the draft has 250
    c.cmd("QUIT").expect(221)
    c.expect_closed()


def test_8_3_no_reply_is_unasked(server):
    c = encrypted(server)
    c.cmd("CLIENTID MAC 08:9e:01:70:f6:46").expect(250)
    c.cmd("AUTH LOGIN dGVzdAB0ZXN0ADEyMzQ=").expect(235)
    c.cmd("QUIT").expect(221)  # were there a 550 behind the 235, it would be read here
    c.expect_closed()


def test_8_4_malformed_clientid(server):
    c = encrypted(server)
    c.cmd("CLIENTID MAC").expect(501)
    c.cmd("QUIT").expect(221)
    c.expect_closed()
