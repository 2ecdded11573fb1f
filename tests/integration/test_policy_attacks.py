# SPDX-License-Identifier: ISC
"""Ways round the policy that somebody may try, and ways to turn it against the owner."""
import base64
import json

from authd import DovecotAuth
from policy import FAR, HOME, WRONG_535, enrol, login, settings, tool
from scram import Scram, login as scram_login
from test_alerts import NONCE, pwhash, server  # noqa: F401

import pytest

GRIND = {"failures": 16, "errors": 1000, "waiting": 1000}


@pytest.fixture
def daemon(workdir):
    running = []

    def start(**options):
        running.append(DovecotAuth(workdir / "auth-client", **options))
        return running[-1]

    yield start
    for one in running:
        one.close()


def backend(workdir):
    return f"dovecot:{workdir / 'auth-client'}"


def nickname(request):
    """One account behind any name that begins with its own."""
    _, name, password = request.plain
    if name.startswith(b"demo") and password == b"demo":
        request.ok("demo")
    else:
        request.fail()


def test_another_name_of_the_account_does_not_pass_its_attack_mode(gate, daemon, workdir):
    daemon(answer=nickname)
    g = gate(auth=backend(workdir), extra=settings({}))
    enrol(g, source=HOME)
    tool(g, "policy", "attack", "on", "--account", "demo")
    assert login(g, "demo", source=FAR).raw == WRONG_535
    assert login(g, "demo+nick", source=FAR).raw == WRONG_535
    login(g, "demo+home", source=HOME).expect(235)


def test_another_name_of_the_account_does_not_pass_its_rules(gate, daemon, workdir):
    daemon(answer=nickname)
    g = gate(auth=backend(workdir), extra=settings({"rules": [{"name": "closed", "then": "deny", "account": "demo"}]}))
    assert login(g, "demo").raw == WRONG_535
    assert login(g, "demo+nick").raw == WRONG_535
    assert g.log.wait("submit.auth", outcome="refused", count=2)["policy"] == "closed"


def hidden(request):
    request.ok("demo") if b"right" in base64.b64decode(request.parameters["resp"]) else request.fail()


def bearer(client, word):
    initial = base64.b64encode(b"n,,\1auth=Bearer %s\1\1" % word).decode()
    return client.cmd(f"AUTH OAUTHBEARER {initial}")


def test_strangers_who_hide_the_name_lock_nobody_out_who_does(gate, daemon, workdir):
    daemon(mechanisms=("OAUTHBEARER",), answer=hidden)
    g = gate(auth=backend(workdir), limits=GRIND, extra=settings({}))
    for n in range(12):
        bearer(g.client(source=f"127.9.{n}.1"), b"wrong").expect(535)
    bearer(g.client(source=HOME), b"right").expect(235)


def test_who_hides_the_name_does_not_pass_attack_mode(gate, daemon, workdir):
    daemon(mechanisms=("OAUTHBEARER",), answer=hidden)
    g = gate(auth=backend(workdir), limits=GRIND, extra=settings({}))
    bearer(g.client(source=HOME), b"right").expect(235)
    tool(g, "policy", "attack", "on", "--account", "demo")
    assert bearer(g.client(source=FAR), b"right").raw == WRONG_535
    bearer(g.client(source=HOME), b"right").expect(235)


def test_a_malformed_auth_is_no_failure_of_the_account_before_it(gate):
    limit = {"name": "mine", "count": "failures", "per": ["account"], "of": "all", "above": 3, "within": "1h",
             "then": "refuse", "for": "1h"}
    g = gate(limits=GRIND, extra=settings({"limits": [limit]}))
    client = g.client()
    client.auth_plain("demo", "wrong").expect(535)
    for _ in range(6):
        client.cmd("AUTH PLAIN AGRlbW8=").expect(535)
    assert g.log.events("policy.tripped") == []
    client.auth_plain("demo", "demo").expect(235)


def test_an_alert_of_a_limit_on_connections_is_raised(gate):
    limit = {"name": "many", "count": "connections", "per": ["account"], "of": "all", "above": 1, "then": ["alert"]}
    g = gate(extra=settings({"limits": [limit]}))
    enrol(g)
    held = [login(g), login(g)]
    assert all(reply.code == 235 for reply in held)
    assert g.log.wait("device.alert")["kind"] == "limit"


def test_the_policy_server_knows_the_guess_in_all_it_is_told(gate, server, workdir):  # noqa: F811
    server.answer = lambda path, body: {"status": 0, "msg": ""}
    g = gate(extra=settings({}, auth_policy={"url": server.url, "nonce": NONCE}))
    login(g, password="wrong").expect(535)
    login(g).expect(235)
    told = [json.loads(server.next()[2]) for _ in range(5)]
    assert [t["pwhash"] for t in told] == [pwhash("demo", "wrong")] * 2 + [pwhash("demo", "demo")] * 3


def test_refused_at_mail_is_told_the_policy_server_as_such(gate, server, workdir):  # noqa: F811
    server.answer = lambda path, body: {"status": 0, "msg": ""}
    policy = {"refuse-at": "mail", "rules": [{"name": "r", "then": "deny", "account": "demo"}]}
    conf = {"url": server.url, "nonce": NONCE, "before": "no", "after": "no"}
    g = gate(extra=settings(policy, auth_policy=conf))
    login(g).expect(235)
    told = json.loads(server.next()[2])
    assert told["success"] is True and told["policy_reject"] is True


def test_a_stolen_password_is_not_confirmed_by_the_last_word_of_a_scram(gate):
    g = gate(extra=settings({"unknown-device": "refuse"}))
    enrol(g, source=HOME)
    replies = []
    for password in ("demo", "wrong"):
        replies.append(scram_login(g.client(source=FAR), Scram("demo", password)).raw)
    assert replies == [WRONG_535, WRONG_535]
    client = g.client(source=FAR)
    scram = Scram("demo", "demo")
    first = client.cmd("AUTH SCRAM-SHA-256 " + base64.b64encode(scram.first()).decode())
    final = scram.final(base64.b64decode(first.lines[0]))
    assert client.cmd(base64.b64encode(final).decode()).raw == WRONG_535
    scram_login(g.client(source=HOME), Scram("demo", "demo")).expect(235)
