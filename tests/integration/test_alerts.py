# SPDX-License-Identifier: ISC
"""Alerts (draft -13 §7, flags 6 and 7): by mail through the gate's own delivery, by a command, by a
signed webhook; and a site's auth-policy server (weakforced's protocol, §6.3-8)."""
import hashlib
import hmac
import http.server
import json
import os
import queue
import threading

import pytest

from harness import DEADLINE, fields, give, give_directory, split_message, until
from policy import AWAY, FAR, HOME, WRONG_535, device_of, enrol, login, settings, token, tool

NONCE = "a nonce of the tests"


class Server:
    """An HTTP server of the tests: what it is sent comes out of .requests; .answer gives the reply."""

    def __init__(self):
        self.requests, self.answer = queue.Queue(), lambda path, body: {}
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.requests.put((self.path, dict(self.headers), body))
                reply = json.dumps(outer.answer(self.path, body)).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    url = property(lambda self: f"http://127.0.0.1:{self.server.server_port}/")

    def next(self):
        return self.requests.get(timeout=DEADLINE)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def server():
    s = Server()
    yield s
    s.close()


def secret_file(workdir, name, text):
    path = workdir / name
    path.write_text(text)
    path.chmod(0o600)
    return give(path)


def stranger_succeeds(g, account="demo", password="demo"):
    """A first success at HOME, then one by a new device from elsewhere: the alert's plain case."""
    enrol(g, account, password, ("UUID", token()), HOME)
    thief = ("APP-UUID", token())
    login(g, account, password, thief, AWAY).expect(235)
    return thief


def test_an_alert_is_mailed_to_the_account_by_the_gates_own_delivery(gate, sink):
    upstream = sink()
    g = gate(deliver=upstream.url, realm="example.com", sender="any",
             extra=settings({}, alerts={"to": ["mail"], "from": "postmaster@example.com"}))
    thief = stranger_succeeds(g)
    (mail,) = upstream.wait_messages(1)
    assert ["<demo@example.com>" in line for line in mail.rcpts] == [True]
    head, body = split_message(mail.content)
    assert fields(mail.content, "Auto-Submitted") == ["auto-generated"]
    assert fields(mail.content, "From") and fields(mail.content, "Message-ID") and fields(mail.content, "Date")
    assert b"APP-UUID" in body and b"127.2.0.0/24" in body
    assert thief[1].encode() not in mail.content


def test_an_alert_is_mailed_into_a_maildir(gate):
    g = gate(realm="example.com", extra=settings({}, alerts={"to": ["mail"]}))
    stranger_succeeds(g)
    g.log.wait("device.alert", kind="new-device")
    until(lambda: g.delivered("demo"), "no mail")
    (mail,) = g.delivered("demo")
    assert fields(mail, "Auto-Submitted") == ["auto-generated"]


def test_an_alert_is_given_to_a_command_as_json(gate, workdir):
    folder = give_directory(workdir / "alert-command")
    command, out = folder / "tell", folder / "event"
    os.mkfifo(out)
    out.chmod(0o666)
    command.write_text(f"#!/bin/sh\ncat >{out}\n")
    command.chmod(0o755)
    g = gate(extra=settings({}, alerts={"to": [f"command:{command}"]}))
    thief = stranger_succeeds(g)
    event = json.loads(out.read_text())
    assert event["kind"] == "new-device" and event["account"] == "demo" and event["type"] == "APP-UUID"
    assert event["network"] == "127.2.0.0/24" and thief[1] not in json.dumps(event)


def test_an_alert_is_sent_to_a_webhook_signed_with_hmac(gate, server, workdir):
    key = secret_file(workdir, "webhook", "a shared secret of the tests\n")
    g = gate(extra=settings({}, alerts={"to": [server.url], "webhook-secret": str(key)}))
    thief = stranger_succeeds(g)
    _, headers, body = server.next()
    signed = headers["X-Postern-Timestamp"].encode() + b"." + body
    want = hmac.new(b"a shared secret of the tests", signed, hashlib.sha256).hexdigest()
    assert headers["X-Postern-Signature"] == "sha256=" + want
    event = json.loads(body)
    assert event["kind"] == "new-device" and event["account"] == "demo" and thief[1] not in body.decode()


def test_at_most_one_alert_of_a_kind_per_account_and_hour(gate, server, workdir):
    key = secret_file(workdir, "webhook", "another secret of the tests\n")
    g = gate(extra=settings({"two-places": {"then": ["log"]}}, alerts={"to": [server.url], "webhook-secret": str(key)}),
             accounts={"demo": "demo", "test": "1234"})
    stranger_succeeds(g)
    login(g, identity=("X-UUID", token()), source=FAR).expect(235)
    g.log.wait("device.alert", kind="new-device", count=2)
    stranger_succeeds(g, "test", "1234")
    told = [json.loads(server.next()[2])["account"] for _ in range(2)]
    assert sorted(told) == ["demo", "test"]


def test_a_template_of_the_operators_words_the_mail(gate, workdir):
    folder = give_directory(workdir / "templates")
    (folder / "new-device.txt").write_text("Subject: Hello {account}\n\nSeen: {device} at {place}, {kind}.\n")
    g = gate(realm="example.com", extra=settings({}, alerts={"to": ["mail"], "templates": str(folder)}))
    stranger_succeeds(g)
    until(lambda: g.delivered("demo"), "no mail")
    (mail,) = g.delivered("demo")
    assert fields(mail, "Subject") == ["Hello demo@example.com"]
    assert b"Seen: APP-UUID at 127.2.0.0/24, new-device." in mail


def test_a_device_that_the_operator_revoked_stays_out_and_the_log_says_who_asked(gate):
    g, mine = gate(extra=settings({})), ("UUID", token())
    enrol(g, identity=mine)
    tool(g, "device", "revoke", "demo", device_of(g, "demo", "UUID"))
    g.log.wait("keeper.asked", do="device.revoke", outcome="done")
    assert login(g, identity=mine).raw == WRONG_535


# --- the auth-policy server ---


def policy_server(server, workdir, **more):
    header = secret_file(workdir, "header", "X-API-Key: of the tests\n")
    return {"url": server.url, "nonce": NONCE, "api-header": str(header), **more}


def pwhash(name, password):
    digest = hashlib.sha256(NONCE.encode() + name.encode() + b"\0" + password.encode()).digest()
    return f"{(digest[0] << 8 | digest[1]) >> 4:04x}"


def test_the_policy_server_is_asked_before_and_after_and_told_the_outcome(gate, server, workdir):
    server.answer = lambda path, body: {"status": 0, "msg": ""}
    g = gate(extra=settings({}, auth_policy=policy_server(server, workdir)))
    login(g, identity=("UUID", token()), source=AWAY).expect(235)
    before, after, report = (server.next() for _ in range(3))
    for (path, headers, body), command in ((before, "allow"), (after, "allow"), (report, "report")):
        asked = json.loads(body)
        assert path.endswith(f"?command={command}") and headers["X-API-Key"] == "of the tests"
        assert headers["Content-Type"] == "application/json"
        assert asked["login"] == "demo" and asked["remote"] == AWAY and asked["protocol"] == "smtp"
        assert asked["device_id"].startswith("UUID:~") and asked["tls"] is True and asked["session_id"]
    assert json.loads(before[2])["pwhash"] == pwhash("demo", "demo")
    assert json.loads(report[2])["success"] is True and json.loads(report[2])["policy_reject"] is False


def test_the_policy_server_may_refuse(gate, server, workdir):
    server.answer = lambda path, body: {"status": -1, "msg": "no"}
    g = gate(extra=settings({}, auth_policy=policy_server(server, workdir)))
    assert login(g).raw == WRONG_535
    assert g.log.wait("submit.auth", outcome="refused")["policy"] == "auth-policy"


def test_a_failure_is_reported_with_its_type(gate, server, workdir):
    server.answer = lambda path, body: {"status": 0, "msg": ""}
    g = gate(extra=settings({}, auth_policy=policy_server(server, workdir, before="no", after="no")))
    assert login(g, password="wrong").raw == WRONG_535
    path, _, body = server.next()
    told = json.loads(body)
    assert path.endswith("?command=report") and told["success"] is False and told["fail_type"] == "credentials"


@pytest.mark.parametrize("on_failure, code", [("accept", 235), ("refuse", 535)])
def test_a_policy_server_that_is_away(gate, workdir, on_failure, code):
    conf = {"url": "http://127.0.0.1:9/", "nonce": NONCE, "on-failure": on_failure}
    assert login(gate(extra=settings({}, auth_policy=conf))).code == code


def test_log_only_lets_everybody_in(gate, server, workdir):
    server.answer = lambda path, body: {"status": -1, "msg": "no"}
    conf = policy_server(server, workdir)
    conf["log-only"] = "yes"
    login(gate(extra=settings({}, auth_policy=conf))).expect(235)
