# SPDX-License-Identifier: ISC
"""AUTH (RFC 4954, 4616, 5802, 7677, 9266) and the habits of real clients."""
import base64
import select
import shutil
import subprocess
import threading
import time

import pytest

from authd import DovecotAuth
from client import Closed, Reply, b64, message, plain_message
from scram import Scram, login

ACCOUNTS = {"demo": "demo", "test": "1234", "m\u00fcller": "gr\u00fc\u00df", "latin": "gr\u00fc\u00df", "long": "p" * 200,
            "user@example.com": "secret", "odd": "pass word=with,all:of'it\""}
FAILED_TEXT = set()


@pytest.fixture(scope="module")
def shared(module_gate):
    return module_gate(accounts=ACCOUNTS, sender="any", extra={"log": {"to": "stderr", "format": "json", "level": "debug"}})


def works(c):
    c.mail().expect(250)


# --- PLAIN and LOGIN -----------------------------------------------------------------------------

@pytest.mark.parametrize("name, password", ACCOUNTS.items())
def test_plain_with_an_initial_response(shared, name, password):
    c = shared.client()
    c.auth_plain(name, password).expect(235, enhanced="2.7.0")
    works(c)


def test_plain_without_an_initial_response_gets_an_empty_challenge(shared):
    c = shared.client()
    assert c.cmd("AUTH PLAIN").raw == b"334 \r\n"
    c.cmd(plain_message("demo", "demo")).expect(235)


def test_mechanisms_compare_without_case(shared):
    shared.client().cmd("auth plain " + plain_message("demo", "demo")).expect(235)
    shared.client().cmd("AUTH Login " + b64("demo")).expect(334)


def test_two_spaces_before_the_initial_response_are_tolerated(shared):
    """Windows Mail."""
    shared.client().cmd("AUTH PLAIN  " + plain_message("demo", "demo")).expect(235)


def test_white_space_at_the_end_is_tolerated(shared):
    shared.client().cmd("AUTH PLAIN " + plain_message("demo", "demo") + " ").expect(235)


@pytest.mark.parametrize("initial", [False, True])
@pytest.mark.parametrize("name, password", ACCOUNTS.items())
def test_login_with_exactly_these_challenges(shared, name, password, initial):
    """Thunderbird wants just `334 VXNlcm5hbWU6` and `334 UGFzc3dvcmQ6`: auth_login asserts them."""
    c = shared.client()
    c.auth_login(name, password, initial).expect(235)
    works(c)


def test_login_password_in_latin_1_is_transcoded_and_is_one_guess(shared):
    """Thunderbird sends LOGIN passwords so by default."""
    c = shared.client()
    c.auth_login("latin", "gr\u00fc\u00df".encode("latin-1")).expect(235)
    c = shared.client()
    for _ in range(2):
        c.auth_login("latin", "gr\u00f6\u00df".encode("latin-1")).expect(535)
        c.auth_login("latin", "gr\u00f6\u00df").expect(535)
    c.auth_login("latin", "gr\u00fc\u00df").expect(235)


def test_login_whose_initial_response_holds_two_nuls_is_plain(shared):
    shared.client().cmd("AUTH LOGIN dGVzdAB0ZXN0ADEyMzQ=").expect(235)


def test_login_name_with_a_nul_is_no_account(shared):
    c = shared.client()
    reply = c.cmd("AUTH LOGIN " + b64(b"demo\0x"))
    if reply.code == 334:
        reply = c.cmd(b64("demo"))
    assert reply.code in (535, 501)


def test_plain_authzid_equal_to_the_account_is_fine_another_535(shared):
    shared.client().auth_plain("demo", "demo", "demo").expect(235)
    shared.client().auth_plain("demo", "demo", "test").expect(535)


def test_equals_sign_is_an_empty_initial_response(shared):
    c = shared.client()
    assert c.cmd("AUTH PLAIN =").code in (535, 501)
    assert c.cmd("AUTH LOGIN =").code in (535, 501, 334)


@pytest.mark.parametrize("raw", [b"", b"demo", b"\0demo", b"demo\0demo", b"\0demo\0", b"\0\0demo", b"\0\0", b"\0demo\0demo\0", b"\0\0demo\0demo",
                                 b"\0demo\0de\0mo", b"\0dem\xff\0demo", b"\0" + b"n" * 300 + b"\0demo", b"\0demo\0" + b"p" * 5000])
def test_broken_plain_messages_are_failures_like_all_others(shared, raw):
    c = shared.client()
    reply = c.cmd("AUTH PLAIN " + (b64(raw) or "="))
    assert reply.code in (535, 501)
    c.auth_plain("demo", "demo").expect(235)


# --- what ends an exchange -----------------------------------------------------------------------

@pytest.mark.parametrize("start", ["AUTH PLAIN", "AUTH LOGIN", "AUTH LOGIN " + b64("demo"), "AUTH SCRAM-SHA-256"])
def test_star_cancels_501(shared, start):
    c = shared.client()
    c.cmd(start).expect(334)
    c.cmd("*").expect(501)
    c.cmd("NOOP").expect(250)
    c.auth_plain("demo", "demo").expect(235)


@pytest.mark.parametrize("bad", ["???", "AGRl bW8=", "AGRlbW8AZGVtbw=", "AGRlbW8AZGVtbw", "=AAA", "AA=A", "A", "AGRlbW8AZGVtbw==x", "\u00fc"])
def test_bad_base64_501(shared, bad):
    c = shared.client()
    c.cmd("AUTH PLAIN " + bad).expect(501)
    c.cmd("AUTH PLAIN").expect(334)
    c.cmd(bad).expect(501)
    c.cmd("AUTH LOGIN").expect(334)
    c.cmd(bad).expect(501)
    c.auth_plain("demo", "demo").expect(235)


@pytest.mark.parametrize("mechanism", ["CRAM-MD5", "DIGEST-MD5", "GSSAPI", "X-UNHEARD-OF", "EXTERNAL", "ANONYMOUS", "XOAUTH2"])
def test_unknown_mechanisms_504(shared, mechanism):
    c = shared.client()
    c.cmd("AUTH " + mechanism).expect(504, enhanced="5.5.4")
    c.cmd("AUTH " + mechanism + " AAAA").expect(504)


def test_auth_without_a_mechanism_501(shared):
    shared.client().cmd("AUTH").expect(501)


def test_auth_after_success_503(shared):
    c = shared.session()
    c.auth_plain("demo", "demo").expect(503)
    c.cmd("AUTH X-UNHEARD-OF").expect(503)
    works(c)


def test_auth_inside_a_transaction_503(shared):
    c = shared.session()
    c.mail().expect(250)
    c.auth_plain("demo", "demo").expect(503)
    c.rcpt("demo@example.com").expect(250)
    c.data(message()).expect(250)


def test_auth_before_ehlo_503(shared):
    c = shared.connect(tls=True)
    c.greeting()
    c.auth_plain("demo", "demo").expect(503)


def test_overlong_response_500_5_5_6(shared):
    c = shared.client()
    c.cmd("AUTH PLAIN").expect(334)
    c.cmd("A" * 13000).expect(500, enhanced="5.5.6")
    c.cmd("AUTH PLAIN " + "A" * 13000).expect(500, enhanced="5.5.6")
    c.auth_plain("demo", "demo").expect(235)


def test_a_bare_lf_inside_the_exchange_ends_it(shared):
    c = shared.client()
    c.cmd("AUTH PLAIN").expect(334)
    c.send(plain_message("demo", "demo").encode() + b"\nNOOP\r\n")
    assert c.reply().code in (500, 501)


# --- failures ------------------------------------------------------------------------------------

FAILURES = {
    "wrong password": lambda c: c.auth_plain("demo", "wrong"),
    "unknown account": lambda c: c.auth_plain("nobody-at-all", "wrong"),
    "wrong password by LOGIN": lambda c: c.auth_login("demo", "wrong"),
    "unknown account by LOGIN": lambda c: c.auth_login("nobody-at-all", "wrong"),
    "another's name": lambda c: c.auth_plain("demo", "demo", "test"),
    "wrong password by SCRAM": lambda c: login(c, Scram("demo", "wrong")),
    "unknown account by SCRAM": lambda c: login(c, Scram("nobody-at-all", "wrong")),
}


@pytest.mark.parametrize("how", FAILURES)
def test_every_failure_is_535_5_7_8_with_one_text(shared, how):
    reply = FAILURES[how](shared.client()).expect(535, enhanced="5.7.8")
    FAILED_TEXT.add(reply.raw)
    assert len(FAILED_TEXT) == 1


def test_log_tells_mechanism_account_and_outcome(gate):
    g = gate(accounts=ACCOUNTS)
    c = g.client()
    c.auth_plain("demo", "wrong").expect(535)
    c.auth_login("demo", "demo").expect(235)
    failed, ok = g.log.wait("submit.auth", count=1), g.log.wait("submit.auth", count=2)
    assert (failed["mechanism"], failed["account"], failed["outcome"]) == ("PLAIN", "demo", "failed")
    assert (ok["mechanism"], ok["account"], ok["outcome"]) == ("LOGIN", "demo", "ok")
    assert failed["session"] == ok["session"]


def test_passwords_are_never_logged(shared):
    c = shared.client()
    c.auth_plain("demo", "pa55word-in-a-log").expect(535)
    c.auth_login("demo", "pa55word-in-a-log").expect(535)
    c.cmd("AUTH PLAIN pa55word-in-a-log!").expect(501)
    c.cmd("NOOP")
    shared.client().close()
    shared.log.wait("submit.auth")
    assert b"pa55word" not in shared.log.text() and b64("pa55word-in-a-log")[:-2].encode() not in shared.log.text()


def drained(c, attempt):
    """The reply of an attempt; 421 also when the connection is closed already."""
    try:
        return attempt().code
    except (Closed, ConnectionError):
        return 421


def test_three_distinct_failures_then_421(shared):
    c = shared.client()
    for n in range(3):
        c.auth_plain("demo", f"wrong{n}").expect(535)
    assert drained(c, lambda: c.auth_plain("demo", "demo")) == 421
    assert c.rest() == b""


def test_the_same_wrong_password_as_plain_and_then_login_is_one_guess(shared):
    """Thunderbird tries one bad password by both, and again."""
    c = shared.client()
    for _ in range(3):
        c.auth_plain("demo", "mistyped").expect(535)
        c.auth_login("demo", "mistyped").expect(535)
    c.auth_plain("demo", "second").expect(535)
    c.auth_login("demo", "second").expect(535)
    c.auth_plain("demo", "demo").expect(235)


def test_the_same_password_for_other_accounts_is_another_guess(shared):
    c = shared.client()
    for name in ("demo", "test", "nobody-at-all"):
        c.auth_plain(name, "spray").expect(535)
    assert drained(c, lambda: c.auth_plain("demo", "demo")) == 421


def test_failures_is_configurable(gate):
    c = gate(limits={"failures": 1}).client()
    c.auth_plain("demo", "wrong").expect(535)
    assert drained(c, lambda: c.auth_plain("demo", "demo")) == 421


def test_a_failure_leaves_after_the_delay_and_other_sessions_do_not_wait(gate):
    g = gate(failure_delay="2s")
    waiting = g.client()
    began = time.monotonic()
    waiting.line("AUTH PLAIN " + plain_message("demo", "wrong"))
    g.session().submit(message()).expect(250)
    assert not waiting.is_readable()
    waiting.reply().expect(535)
    assert time.monotonic() - began >= 2.0


def test_failures_leave_in_the_order_of_their_auth_whatever_the_backends_time(gate, workdir):
    """The instant is fixed by the AUTH: the first, judged last, is answered first."""
    second_judged = threading.Event()

    def answer(request):
        if request.plain[1] == b"slow":
            threading.Thread(target=lambda: (second_judged.wait(10), request.fail())).start()
        else:
            request.fail()
            second_judged.set()

    daemon = DovecotAuth(workdir / "auth", answer=answer)
    g = gate(auth=f"dovecot:{workdir}/auth", failure_delay="1s")
    slow, fast = g.client(), g.client()
    slow.line("AUTH PLAIN " + plain_message("slow", "wrong"))
    daemon.wait_requests(1)
    fast.line("AUTH PLAIN " + plain_message("fast", "wrong"))
    daemon.wait_requests(2)
    ready, _, _ = select.select([slow.sock, fast.sock], [], [], 10)
    assert slow.sock in ready
    slow.reply().expect(535)
    fast.reply().expect(535)
    daemon.close()


def test_waiting_sessions_are_bounded(gate):
    g = gate(failure_delay="5s", limits={"waiting": 2})
    held = [g.client() for _ in range(2)]
    for c in held:
        c.line("AUTH PLAIN " + plain_message("demo", "wrong"))
    g.log.wait("submit.auth", count=2)
    third = g.client()
    began = time.monotonic()
    assert third.auth_plain("demo", "wrong").code in (421, 454, 535)
    assert time.monotonic() - began < 4


def test_a_session_is_not_heard_while_its_failure_waits(gate):
    g = gate(failure_delay="300ms")
    c = g.client()
    c.send(f"AUTH PLAIN {plain_message('demo', 'wrong')}\r\nAUTH PLAIN {plain_message('demo', 'wrong')}\r\nNOOP\r\n")
    assert [r.code for r in c.replies(3)] == [535, 535, 250]


# --- SCRAM ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("initial", [True, False])
@pytest.mark.parametrize("name", ["demo", "user@example.com", "odd"])
def test_scram_sha_256(shared, name, initial):
    c = shared.client()
    login(c, Scram(name, ACCOUNTS[name]), initial=initial).expect(235)
    works(c)


def test_scram_where_the_client_could_bind_but_the_server_was_not_seen_to_offer_it_is_a_downgrade(shared):
    """RFC 5802 §6: "y" though -PLUS is offered means someone took it out."""
    assert login(shared.client(), Scram("demo", "demo", gs2="y,,")).code == 535


def test_scram_without_the_right_proof_535(shared):
    c = shared.client()
    login(c, Scram("demo", "wrong")).expect(535)
    login(c, Scram("demo", "demo")).expect(235)


@pytest.mark.parametrize("first", ["n,,n=demo", "n,,r=abc", "x,,n=demo,r=abc", "n=demo,r=abc", "n,,n=de=mo,r=abc", "p=tls-unique,,n=demo,r=abc",
                                   "n,a=other,n=demo,r=abc", "n,,m=x,n=demo,r=abc", "", "\0\0", "n,,n=,r=abc"])
def test_broken_scram_messages_never_succeed(shared, first):
    c = shared.client()
    reply = c.cmd("AUTH SCRAM-SHA-256 " + (b64(first) or "="))
    if reply.code == 334:
        reply = c.cmd(b64("c=biws,r=abc,p=AAAA"))
    assert reply.code in (535, 501)
    c.cmd("NOOP").expect(250)


def server_first(c, name):
    reply = c.cmd("AUTH SCRAM-SHA-256 " + b64(f"n,,n={name},r=abcdefgh")).expect(334)
    parts = dict(p.split("=", 1) for p in base64.b64decode(reply.lines[0]).decode().split(","))
    c.cmd("*").expect(501)
    return parts["s"], parts["i"]


def test_scram_unknown_users_get_a_stable_salt_of_their_own(shared):
    c = shared.client()
    first, again, other = (server_first(c, n) for n in ("ghost", "ghost", "phantom"))
    assert first == again and first[0] != other[0] and int(first[1]) >= 4096
    assert server_first(shared.client(), "ghost") == first


def test_scram_salt_of_unknown_users_is_stable_over_a_restart(gate):
    g = gate()
    before = server_first(g.client(), "ghost")
    g.stop()
    g.start()
    assert server_first(g.client(), "ghost") == before


def test_scram_is_offered_only_where_somebody_has_a_verifier_or_never_succeeds(gate):
    g = gate(scram=False)
    c = g.client()
    if "SCRAM-SHA-256" in c.capabilities["AUTH"].split(" "):
        assert login(c, Scram("demo", "demo")).code == 535
    c.auth_plain("demo", "demo").expect(235)


GSASL = shutil.which("gsasl")


@pytest.mark.skipif(not GSASL, reason="gsasl is not installed (package gsasl)")
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "SCRAM-SHA-256-PLUS"])
def test_gsasl_authenticates(shared, mechanism):
    """GNU SASL's own client, with STARTTLS and its own tls-exporter. (It will not do SCRAM-SHA-256
    where it could bind the channel.)"""
    for password, code in (("demo", 0), ("wrong", 1)):
        run = subprocess.run([GSASL, "--smtp", f"--connect=localhost:{shared.port}", "--starttls", f"--x509-ca-file={shared.pki.certificate}",
                              f"--mechanism={mechanism}", "--authentication-id=demo", f"--password={password}"],
                             input=b"", capture_output=True, timeout=20)
        assert run.returncode == code, (run.stdout + run.stderr).decode()
    shared.log.wait("submit.auth", mechanism=mechanism, outcome="ok", account="demo")


class Piped:
    """A session through `openssl s_client`, which prints the exporter's bytes; Python's ssl has none."""

    def __init__(self, gate):
        self.process = subprocess.Popen(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{gate.tls_port}", "-servername", "mail.example.com", "-CAfile",
             str(gate.pki.certificate), "-keymatexport", "EXPORTER-Channel-Binding", "-keymatexportlen", "32", "-crlf",
             "-ign_eof", "-nocommands", "-tls1_3"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.binding = None
        for line in self.process.stdout:
            if b"Keying material:" in line:
                self.binding = bytes.fromhex(line.split(b":")[1].strip().decode())
            if line.startswith(b"220 "):
                break

    def cmd(self, text):
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            line = line.rstrip(b"\r\n")
            if line[:3].isdigit() and line[3:4] in (b" ", b""):
                return Reply(int(line[:3]), [line[4:].decode()], line + b"\r\n")
        raise Closed("s_client ended")

    def close(self):
        self.process.kill()
        self.process.communicate()


def test_scram_sha_256_plus_with_tls_exporter(shared):
    s = Piped(shared)
    try:
        assert s.binding and len(s.binding) == 32
        s.cmd("EHLO client.example.net").expect(250)
        login(s, Scram("demo", "demo", binding=bytes(32)), "SCRAM-SHA-256-PLUS").expect(535)
        login(s, Scram("demo", "demo", binding=s.binding), "SCRAM-SHA-256-PLUS").expect(235)
    finally:
        s.close()


def test_scram_plus_with_no_binding_in_its_message_535(shared):
    c = shared.client()
    assert login(c, Scram("demo", "demo"), "SCRAM-SHA-256-PLUS").code in (535, 501)


def test_backend_time_is_that_of_a_question_and_0_when_none_was_asked(gate):
    g = gate(failure_delay="300ms")
    c = g.client()
    c.auth_plain("demo", "demo" * 2).expect(535)
    c.cmd("AUTH PLAIN " + base64.b64encode(b"\0\xff\0pw").decode()).expect(535)
    assert g.log.wait("submit.auth", account="demo")["backend_ms"] < 300
    assert g.log.wait("submit.auth", reason="name is not UTF-8")["backend_ms"] == 0
