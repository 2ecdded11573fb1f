# SPDX-License-Identifier: ISC
"""Who checks a password: Dovecot (real, and scripted for what a real one seldom does), saslauthd,
and the file with its tool."""
import base64
import hmac
import os
import subprocess
import threading

import pytest

from authd import DovecotAuth, Saslauthd
from client import b64, message, plain_message
from harness import crypt_hash, scram_verifier, until, write_accounts
from peers import Dovecot
from scram import Scram, login

# --- a real Dovecot ------------------------------------------------------------------------------


@pytest.fixture
def dovecot(peer):
    return peer(Dovecot, mechanisms="plain login scram-sha-256 cram-md5", accounts={"demo": "demo", "dane": "gr\u00f8d"})


def test_dovecot_offers_its_mechanisms_and_authenticates(gate, dovecot):
    g = gate(auth=f"dovecot:{dovecot.auth_socket}")
    c = g.client()
    assert {"PLAIN", "LOGIN", "SCRAM-SHA-256", "CRAM-MD5"} <= set(c.capabilities["AUTH"].split(" "))
    assert "SCRAM-SHA-256-PLUS" not in c.capabilities["AUTH"].split(" ")
    c.auth_plain("demo", "demo").expect(235)
    g.client().auth_login("demo", "demo").expect(235)
    g.client().auth_plain("demo", "wrong").expect(535)
    g.client().auth_plain("dane", "gr\u00f8d").expect(235)
    g.client().auth_login("dane", "gr\u00f8d".encode("latin-1")).expect(235)
    login(g.client(), Scram("demo", "demo")).expect(235)
    login(g.client(), Scram("demo", "wrong")).expect(535)
    assert g.log.wait("submit.auth", count=6)["mechanism"] == "SCRAM-SHA-256"


def test_dovecot_cram_md5_led_by_the_backend(gate, dovecot):
    c = gate(auth=f"dovecot:{dovecot.auth_socket}").client()
    challenge = base64.b64decode(c.cmd("AUTH CRAM-MD5").expect(334).lines[0])
    c.cmd(b64("demo " + hmac.new(b"demo", challenge, "md5").hexdigest())).expect(235)


def test_dovecot_gets_session_facts_and_the_identity(gate, dovecot):
    g = gate(auth=f"dovecot:{dovecot.auth_socket}")
    c = g.client()
    c.clientid("UUID", "the-clear-token").expect(250)
    c.auth_plain("demo", "demo").expect(235)
    identity = g.log.wait("submit.clientid")["identity"]
    said = dovecot.log_text()
    assert f"client_id={identity}" in said and "the-clear-token" not in said
    assert "service=smtp" in said and "secured" in said and "rip=127.0.0.1" in said


def test_dovecot_restarted_is_found_again(gate, dovecot):
    g = gate(auth=f"dovecot:{dovecot.auth_socket}")
    g.client().auth_plain("demo", "demo").expect(235)
    dovecot.kill()
    c = g.connect(tls=True)
    c.greeting()
    c.ehlo()
    c.auth_plain("demo", "demo").expect(454)
    dovecot.start()
    until(lambda: g.client().auth_plain("demo", "demo").code == 235)


# --- Dovecot's protocol, scripted ----------------------------------------------------------------

@pytest.fixture
def daemon(workdir):
    made = []

    def make(kind=DovecotAuth, **options):
        made.append(kind(workdir / "socket", **options))
        return made[-1]

    yield make
    for one in made:
        if one.listener:
            one.close()


def test_version_and_cpid_come_first(gate, daemon):
    d = daemon()
    gate(auth=f"dovecot:{d.path}").session()
    words = [line.split("\t") for line in d.lines[:2]]
    assert words[0][:2] == ["VERSION", "1"] and words[1][0] == "CPID" and words[1][1].isdigit()


def test_auth_carries_the_facts_of_the_session(gate, daemon):
    d = daemon()
    g = gate(auth=f"dovecot:{d.path}")
    c = g.client(source="127.0.0.7")
    c.clientid("UUID", "token").expect(250)
    c.auth_plain("demo", "demo").expect(235)
    p = d.requests[0].parameters
    assert d.requests[0].mechanism == "PLAIN" and p["service"] == "smtp" and "secured" in p
    assert p["rip"] == "127.0.0.7" and p["lip"] == "127.0.0.1" and p["lport"] == str(g.tls_port)
    assert p["rport"] == str(c.address[1])
    assert p["session"] == g.log.wait("submit.connect")["session"]
    assert p["client_id"].startswith("UUID:~") and "token" not in p["client_id"]
    assert list(p)[-1] == "resp"  # Dovecot wants it last


def test_the_backends_spelling_of_the_account_counts(gate, daemon, sink):
    d = daemon(answer=lambda r: r.ok("demo@example.com"))
    upstream = sink(capabilities=("AUTH PLAIN", "8BITMIME"))
    g = gate(auth=f"dovecot:{d.path}", deliver=upstream.url)
    c = g.client()
    c.auth_plain("Demo", "demo").expect(235)
    c.submit(message(sender="demo@example.com"), sender="demo@example.com").expect(250)
    assert g.log.wait("submit.auth")["account"] == "demo@example.com"
    assert "AUTH=demo@example.com" in upstream.message.mail


@pytest.mark.parametrize("extra, code", [("\ttemp", 454), ("\tcode=temp_fail", 454), ("\tuser=demo\ttemp\treason=database", 454),
                                         ("", 535), ("\treason=no such user", 535), ("\tuser=demo\tcode=user_disabled", 535),
                                         ("\tcode=pass_expired", 535), ("\tauthz", 535)])
def test_fail_and_temp_fail(gate, daemon, extra, code):
    d = daemon(answer=lambda r: r.fail(extra))
    g = gate(auth=f"dovecot:{d.path}")
    reply = g.client().auth_plain("demo", "demo").expect(code)
    assert "database" not in reply.text and "no such" not in reply.text
    assert g.log.wait("submit.auth")["outcome"] == {454: "unavailable", 535: "failed"}[code]


@pytest.mark.parametrize("extra", ["\tproxy\thost=192.0.2.1", "\tproxy_maybe\tproxy\tport=25", "\tnologin"])
def test_an_ok_that_carries_proxy_is_refused(gate, daemon, extra):
    d = daemon(answer=lambda r: r.ok("demo", extra))
    assert gate(auth=f"dovecot:{d.path}").client().auth_plain("demo", "demo").code in (454, 535)


@pytest.mark.parametrize("user", ["", "a\x01nb", "x" * 3000], ids=["empty", "control", "long"])
def test_an_ok_with_an_account_that_cannot_be_is_refused(gate, daemon, user):
    d = daemon(answer=lambda r: r.ok(user))
    assert gate(auth=f"dovecot:{d.path}").client().auth_plain("demo", "demo").code in (454, 535)


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_oauth_is_the_backends_and_its_error_is_a_challenge(gate, daemon, mechanism):
    """RFC 7628 §3.2.2: an error comes as 334, the client sends a dummy, then 535."""
    error = b'{"status":"invalid_token"}'

    def answer(r):
        token = base64.b64decode(r.parameters["resp"])
        r.ok("demo") if b"good" in token else r.challenge(error)

    d = daemon(mechanisms=(mechanism,), answer=answer, on_continue=lambda r, data: r.fail())
    g = gate(auth=f"dovecot:{d.path}")
    c = g.client()
    assert c.capabilities["AUTH"] == mechanism
    initial = {"XOAUTH2": b"user=demo\1auth=Bearer %s\1\1", "OAUTHBEARER": b"n,a=demo,\1auth=Bearer %s\1\1"}[mechanism]
    c.cmd(f"AUTH {mechanism} " + b64(initial % b"good")).expect(235)
    c = g.client()
    assert base64.b64decode(c.cmd(f"AUTH {mechanism} " + b64(initial % b"bad")).expect(334).lines[0]) == error
    c.cmd("" if mechanism == "XOAUTH2" else "AQ==").expect(535)
    assert g.log.wait("submit.auth", count=2)["account"] == "demo"


def test_only_what_the_backend_offers_is_offered(gate, daemon):
    d = daemon(mechanisms=("PLAIN\tplaintext", "ANONYMOUS\tanonymous", "X-PRIVATE\tprivate"))
    words = gate(auth=f"dovecot:{d.path}").client().capabilities["AUTH"].split(" ")
    assert "PLAIN" in words and "X-PRIVATE" not in words and "ANONYMOUS" not in words


def test_many_requests_are_in_flight_on_one_connection_and_answered_out_of_order(gate, daemon):
    held = []
    d = daemon(answer=held.append, accounts={})
    g = gate(auth=f"dovecot:{d.path}")
    clients = [g.client() for _ in range(10)]
    for n, c in enumerate(clients):
        c.line("AUTH PLAIN " + plain_message(f"user{n}", "x"))
    d.wait_requests(10)
    assert d.connections == 1
    for request in reversed(held):
        request.ok(request.plain[1].decode())
    for n, c in enumerate(clients):
        c.reply().expect(235)
    accounts = {e["account"] for e in [g.log.wait("submit.auth", count=k) for k in range(1, 11)]}
    assert accounts == {f"user{n}" for n in range(10)}


def test_answers_go_to_the_session_that_asked(gate, daemon):
    held = []
    d = daemon(answer=held.append)
    g = gate(auth=f"dovecot:{d.path}")
    right, wrong = g.client(), g.client()
    right.line("AUTH PLAIN " + plain_message("right", "x"))
    d.wait_requests(1)
    wrong.line("AUTH PLAIN " + plain_message("wrong", "x"))
    d.wait_requests(2)
    held[1].fail()
    held[0].ok("right")
    right.reply().expect(235)
    wrong.reply().expect(535)


def test_a_client_that_left_gets_nobody_elses_answer(gate, daemon):
    held = []
    d = daemon(answer=held.append)
    g = gate(auth=f"dovecot:{d.path}")
    gone = g.client()
    gone.line("AUTH PLAIN " + plain_message("gone", "x"))
    d.wait_requests(1)
    gone.close()
    g.log.wait("submit.disconnect")
    held[0].ok("gone")
    c = g.client()
    c.line("AUTH PLAIN " + plain_message("here", "x"))
    d.wait_requests(2)
    held[1].ok("here")
    c.reply().expect(235)
    assert g.log.wait("submit.auth", outcome="ok")["account"] == "here"


def test_the_backend_gone_while_it_was_asked_454_and_it_is_found_again(gate, daemon):
    d = daemon(answer=lambda r: d.drop() if r.plain[1] == b"crash" else r.ok("demo"))
    g = gate(auth=f"dovecot:{d.path}")
    g.client().auth_plain("crash", "x").expect(454, enhanced="4.7.0")
    until(lambda: g.client().auth_plain("demo", "demo").code == 235)


@pytest.mark.parametrize("kind", [DovecotAuth, Saslauthd])
def test_backend_down_454_and_up_again(gate, daemon, sink, kind):
    d = daemon(kind)
    g = gate(auth=f"{'dovecot' if kind is DovecotAuth else 'saslauthd'}:{d.path}", deliver=sink().url, auth_cache="0s")
    c = g.session()
    d.down()
    c.submit(message()).expect(250)
    reply = g.client().auth_plain("demo", "demo").expect(454, enhanced="4.7.0")
    assert d.path not in reply.text
    d.up()
    until(lambda: g.client().auth_plain("demo", "demo").code == 235)


@pytest.mark.parametrize("kind", ["dovecot", "saslauthd"])
def test_backend_not_there_at_the_start_454_and_found_later(gate, workdir, kind):
    g = gate(auth=f"{kind}:{workdir}/socket")
    g.client().auth_plain("demo", "demo").expect(454)
    d = (DovecotAuth if kind == "dovecot" else Saslauthd)(workdir / "socket")
    until(lambda: g.client().auth_plain("demo", "demo").code == 235)
    d.close()


@pytest.mark.parametrize("greeting", [["VERSION\t2\t0", "MECH\tPLAIN", "DONE"], ["HELLO"], ["MECH\tPLAIN", "DONE"], ["VERSION\tx"], ["\0\1\2"],
                                      ["VERSION\t1\t2", "MECH\t" + "X" * 100000]],
                         ids=lambda lines: repr(lines)[:30])
def test_a_daemon_that_speaks_something_else_is_no_backend(gate, daemon, greeting):
    d = daemon(greeting=greeting)
    g = gate(auth=f"dovecot:{d.path}")
    c = g.client()
    assert c.auth_plain("demo", "demo").code in (454, 235 if greeting[0] == "MECH\tPLAIN" else 454)


@pytest.mark.parametrize("line", ["OK", "OK\t", "OK\t999999\tuser=demo", "CONT\tx\ty", "FAIL", "NONSENSE\t1", "\t\t\t", "OK\t-1\tuser=demo", "x" * 200000],
                         ids=lambda line: repr(line)[:30])
def test_lines_that_answer_no_question_authenticate_nobody(gate, daemon, line):
    d = daemon(answer=lambda r: (r.send(line), r.fail()))
    g = gate(auth=f"dovecot:{d.path}")
    assert g.client().auth_plain("demo", "demo").code in (535, 454)


def test_a_response_cannot_add_fields_to_the_request(gate, daemon):
    """Names with TAB or LF are validated before they are forwarded."""
    d = daemon()
    g = gate(auth=f"dovecot:{d.path}")
    for name in ("demo\tvalid-client-cert", "demo\nAUTH\t9\tPLAIN", "a\x01b"):
        g.client().auth_plain(name, "x").expect(535)
        g.client().auth_login(name, "x").expect(535)
    assert all(set(line.split("\t")[0] for line in d.lines) <= {"VERSION", "CPID", "AUTH", "CANCEL"} for _ in d.lines)
    assert not any("valid-client-cert" in r.parameters for r in d.requests)


# --- saslauthd -----------------------------------------------------------------------------------

def test_saslauthd_gets_user_password_service_and_realm(gate, daemon):
    d = daemon(Saslauthd)
    g = gate(auth=f"saslauthd:{d.path}")
    c = g.client()
    assert set(c.capabilities["AUTH"].split(" ")) == {"PLAIN", "LOGIN"}
    c.auth_plain("demo", "demo").expect(235)
    user, password, service, _ = d.requests[0]
    assert (user, password, service) == (b"demo", b"demo", b"smtp")
    g.client().auth_login("demo", "wrong").expect(535)


@pytest.mark.parametrize("answer, code", [(b"OK", 235), (b"OK success", 235), (b"NO", 535), (b"NO authentication failed", 535), (b"", (454, 535)),
                                          (b"OKAY", (454, 535, 235)), (b"BAD", (454, 535)), (None, 454)])
def test_saslauthd_answers(gate, daemon, answer, code):
    d = daemon(Saslauthd, answer=lambda *_: answer)
    reply = gate(auth=f"saslauthd:{d.path}").client().auth_plain("demo", "demo")
    assert reply.code in (code if isinstance(code, tuple) else (code,))


def test_saslauthd_slow_for_one_stalls_nobody_else(gate, daemon, sink):
    slow = threading.Event()
    d = daemon(Saslauthd, answer=lambda user, *_: (user != b"slow" or slow.wait(15)) and b"OK")
    g = gate(auth=f"saslauthd:{d.path}", deliver=sink().url)
    waiting = g.client()
    waiting.line("AUTH PLAIN " + plain_message("slow", "x"))
    d.wait(lambda: d.requests)
    for _ in range(3):
        g.session(password="demo").submit(message()).expect(250)
    slow.set()
    waiting.reply().expect(235)


# --- the file ------------------------------------------------------------------------------------

def passwd(g, name, password, *options):
    return g.run("passwd", "-c", g.config, "--stdin", *options, name, input=password.encode() + b"\n")


def test_postern_passwd_takes_effect_while_the_gate_runs(gate):
    g = gate()
    g.client().auth_plain("newcomer", "first").expect(535)
    assert passwd(g, "newcomer", "first").returncode == 0
    until(lambda: g.client().auth_plain("newcomer", "first").code == 235)
    assert passwd(g, "newcomer", "second").returncode == 0
    until(lambda: g.client().auth_plain("newcomer", "first").code == 535)
    g.client().auth_plain("newcomer", "second").expect(235)
    login(g.client(), Scram("newcomer", "second")).expect(235)
    g.client().auth_plain("demo", "demo").expect(235)


def test_postern_passwd_keeps_the_others_and_the_files_owner_and_mode(gate):
    g = gate()
    before, lines = os.stat(g.accounts), g.accounts.read_text().splitlines()
    assert passwd(g, "newcomer", "first").returncode == 0
    after = os.stat(g.accounts)
    assert (before.st_mode, before.st_uid, before.st_gid) == (after.st_mode, after.st_uid, after.st_gid)
    text = g.accounts.read_text()
    assert all(line in text.splitlines() for line in lines) and "first" not in text
    assert before.st_ino != after.st_ino, "the file is replaced whole, not written over"


@pytest.mark.parametrize("name", ["", "a:b", "a\nb:x", "a/../b\n"])
def test_postern_passwd_refuses_names_that_would_break_the_file(gate, name):
    g = gate()
    before = g.accounts.read_text()
    assert passwd(g, name, "x").returncode in (1, 2)
    assert g.accounts.read_text() == before


CRYPT = {"sha512": ["-6"], "sha256": ["-5"], "md5": ["-1"]}


@pytest.mark.parametrize("form", CRYPT)
def test_any_crypt_format_is_verified(gate, form):
    g = gate()
    made = subprocess.run(["openssl", "passwd", *CRYPT[form], "-stdin"], input=b"s3cret\n", capture_output=True, check=True)
    with g.accounts.open("a") as file:
        file.write(f"other:{made.stdout.decode().strip()}\n# a comment\n\n")
    g.reload()
    g.client().auth_plain("other", "s3cret").expect(235)
    g.client().auth_plain("other", "s3cre").expect(535)


def test_an_account_with_only_a_verifier_has_no_password_but_scram(gate):
    g = gate()
    with g.accounts.open("a") as file:
        file.write(f"scramonly:{scram_verifier('pw')}\nlocked:*\n")
    g.reload()
    login(g.client(), Scram("scramonly", "pw")).expect(235)
    assert g.client().auth_plain("locked", "*").code == 535
    assert g.client().auth_plain("locked", "").code in (535, 501)


def test_a_verified_password_is_remembered_but_not_after_it_was_changed(gate):
    g = gate(auth_cache="5m")
    for _ in range(3):
        g.client().auth_plain("demo", "demo").expect(235)
    write_accounts(g.accounts, {"demo": "changed"})
    g.reload()
    until(lambda: g.client().auth_plain("demo", "demo").code == 535)
    g.client().auth_plain("demo", "changed").expect(235)


def test_the_cache_can_be_turned_off(gate):
    g = gate(auth_cache="0s")
    for _ in range(2):
        g.client().auth_plain("demo", "demo").expect(235)
        g.client().auth_plain("demo", "wrong").expect(535)


def test_a_slow_hash_stalls_nobody(gate):
    """Hashing runs beside the loop: sessions go on while many slow hashes are computed."""
    g = gate(auth_cache="0s")
    rounds = "$6$rounds=400000$saltsalt$" + crypt_hash("x").rsplit("$", 1)[1]
    with g.accounts.open("a") as file:
        file.write(f"slow:{rounds}\n")
    g.reload()
    busy = [g.client() for _ in range(6)]
    idle = g.session()
    for c in busy:
        c.line("AUTH PLAIN " + plain_message("slow", "whatever"))
    idle.submit(message()).expect(250)
    assert not all(c.is_readable() for c in busy)
    for c in busy:
        c.reply().expect(535)


def test_account_names_compare_without_ascii_case(gate):
    gate().client().auth_plain("DEMO", "demo").expect(235)
